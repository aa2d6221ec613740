//! The vocabulary of the stories: a district, its communes, the line between them, and the programs themselves.
//!
//! Everything is real but the clock and the dice: servers, clients, files, sockets. What a story waits for has a time
//! limit, so a story ends by itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::large_futures,
    reason = "in a test, a panic is the report"
)]

pub mod browser;
pub mod caller;
pub mod clock;
pub mod commune;
#[cfg(target_os = "linux")]
pub mod disk;
pub mod district;
pub mod edit;
pub mod encrypted;
pub mod fuzzed;
pub mod line;
pub mod planted;
pub mod program;
pub mod proof;
pub mod serving;
pub mod sheet;
pub mod small_disk;
pub mod soak;

pub use caller::Caller;
pub use clock::Clock;
pub use commune::Commune;
pub use district::District;
pub use line::{Direction, Line};
pub use program::{Program, Said};
pub use serving::Serving;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How long anything may take that a story waits for. Nothing comes near it but a program that hangs.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Any free port of this computer.
pub const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Waits for something that must end.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it should have ended by now")
}

/// Looks again and again until something is so.
pub async fn until(what: &str, limit: Duration, mut is_so: impl FnMut() -> bool) {
    let since = std::time::Instant::now();
    while !is_so() {
        assert!(since.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A folder of the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
