//! `serve`: the server, until it is told to stop.

use std::net::{Ipv4Addr, SocketAddr};

use gom_terminal::{Setting, Settings, put};

use super::Done;
use crate::folder::Folder;
use crate::wording::Trouble;
use crate::{clock, serve as server};

/// Where the server listens unless told otherwise.
const DEFAULT: &str = "127.0.0.1:7443";

/// Where the server listens, in the settings file.
pub(super) const LISTEN: Setting = Setting {
    key: "listen",
    fits: |text| address(text).is_some(),
    allowed: [
        r#"địa chỉ và cổng như "127.0.0.1:7443", "localhost:7443" hoặc "[::1]:7443""#,
        r#"an address with its port, such as "127.0.0.1:7443", "localhost:7443" or "[::1]:7443""#,
    ],
};

/// Serves until SIGINT or SIGTERM.
pub(super) fn serve(folder: &Folder, listen: Option<&str>, settings: &Settings) -> Done {
    let listen = listen.or(settings.get(LISTEN.key)).unwrap_or(DEFAULT);
    let listen = address(listen).ok_or_else(|| vec![Trouble::NotAnAddress(listen.to_owned())])?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| vec![Trouble::Books(error.to_string())])?;
    runtime.block_on(async {
        let running = server::start(folder, listen, clock::real()).await.map_err(|trouble| vec![trouble])?;
        put(&format!("ready {}", running.address));
        told_to_stop().await;
        running.stop().await;
        Ok(())
    })
}

/// An address with its port; `localhost` is 127.0.0.1, and no other name is looked up.
fn address(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    match text.strip_prefix("localhost:") {
        Some(port) => port.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        None => text.parse().ok(),
    }
}

/// Waits for SIGINT or SIGTERM.
#[cfg(unix)]
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be caught");
            _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn told_to_stop() {
    _ = tokio::signal::ctrl_c().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port() {
        assert_eq!(address("localhost:7443"), address("127.0.0.1:7443"));
        assert!(address(" [::1]:0 ").is_some());
        for bad in ["", "7443", "127.0.0.1", "localhost", "localhost:x", "localhost:99999", "huyen.vn:7443"] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}
