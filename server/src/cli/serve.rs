//! `serve`: the server, until it is told to stop.

use gom_domain::world::World;
use std::net::{Ipv4Addr, SocketAddr};

use gom_terminal::{Setting, Settings, put};

use super::Done;
use crate::backup::schedule::{Schedule, hours_ms};
use crate::folder::Folder;
use crate::serve as server;
use crate::wording::Trouble;

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

/// Where the server puts the backups that it makes by itself, in the settings file; without it, it makes none.
pub(super) const BACKUP_FOLDER: Setting = Setting {
    key: "backup_folder",
    fits: |text| !text.trim().is_empty(),
    allowed: [r#"thư mục, như "/mnt/usb/gom""#, r#"a folder, such as "/mnt/usb/gom""#],
};

/// How old the last verified backup may become.
pub(super) const BACKUP_HOURS: Setting = Setting {
    key: "backup_hours",
    fits: |text| hours_ms(text).is_some(),
    allowed: [r#"số giờ như "24" hoặc "0.5""#, r#"hours, such as "24" or "0.5""#],
};

/// How many of its own backups the server keeps.
pub(super) const BACKUP_KEEP: Setting = Setting {
    key: "backup_keep",
    fits: |text| kept(text).is_some(),
    allowed: [r#"số bản giữ lại, từ 1, như "14""#, r#"how many to keep, from 1, such as "14""#],
};

const DAY_MS: i64 = 86_400_000;
const KEPT: usize = 14;

fn kept(text: &str) -> Option<usize> {
    text.trim().parse().ok().filter(|kept| *kept > 0)
}

/// When the server makes backups, by the settings.
fn schedule(folder: &Folder, settings: &Settings) -> Option<Schedule> {
    let place = settings.get(BACKUP_FOLDER.key)?.trim();
    Some(Schedule {
        place: folder.path().join(place),
        every_ms: settings.get(BACKUP_HOURS.key).and_then(hours_ms).unwrap_or(DAY_MS),
        keep: settings.get(BACKUP_KEEP.key).and_then(kept).unwrap_or(KEPT),
    })
}

/// Serves until SIGINT or SIGTERM.
pub(super) fn serve(folder: &Folder, listen: Option<&str>, settings: &Settings, world: &World) -> Done {
    let listen = listen.or(settings.get(LISTEN.key)).unwrap_or(DEFAULT);
    let listen = address(listen).ok_or_else(|| vec![Trouble::NotAnAddress(listen.to_owned())])?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| vec![Trouble::Books(error.to_string())])?;
    let done = runtime.block_on(async {
        let started = server::start(folder, listen, world.clone()).await;
        let mut running = started.map_err(|trouble| vec![trouble])?;
        if let Some(schedule) = schedule(folder, settings) {
            running.keep_backups(schedule, folder.clone(), world.clone());
        }
        put(&format!("ready {}", running.address));
        told_to_stop().await;
        running.stop().await;
        Ok(())
    });
    // A backup that is just being made is not waited for: it has no name yet, and is cleared away by the next one.
    runtime.shutdown_background();
    done
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
