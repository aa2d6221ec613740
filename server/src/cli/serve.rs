//! `serve`: the server, until it is told to stop.

use std::net::SocketAddr;

use gom_domain::Lang;
use gom_terminal::{Settings, put};

use super::Done;
use crate::folder::Folder;
use crate::wording::Trouble;
use crate::{clock, serve as server};

/// Where the server listens unless told otherwise.
const DEFAULT: &str = "127.0.0.1:7443";

/// Serves until SIGINT or SIGTERM.
pub(super) fn serve(folder: &Folder, listen: Option<SocketAddr>, settings: &Settings, _lang: Lang) -> Done {
    let from_file = settings.get("listen").unwrap_or(DEFAULT);
    let wrong = |_| vec![Trouble::CannotListen(from_file.to_owned(), "?".to_owned())];
    let listen = listen.map_or_else(|| from_file.parse().map_err(wrong), Ok)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| vec![Trouble::Books(error.to_string())])?;
    runtime.block_on(async {
        let running = server::start(folder, listen, clock::real()).await.map_err(|trouble| vec![trouble])?;
        put(&format!("ready {}", running.address));
        told_to_stop().await;
        running.stop().await;
        Ok(())
    })
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
