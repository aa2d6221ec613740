//! `serve`: the server, until it is told to stop.

use gom_domain::Lang;
use gom_domain::world::World;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;
use gom_terminal::{Setting, Settings, put};

use super::Done;
use crate::backup::schedule::{Schedule, hours_ms};
use crate::folder::Folder;
use crate::serve::{self as server, Listen};
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

/// Whether lines are encrypted also where they do not leave this computer, in the settings file.
pub(super) const TLS: Setting = Setting {
    key: "tls",
    fits: |text| matches!(text.trim(), "true" | "false"),
    allowed: [r#""true" hoặc "false""#, r#""true" or "false""#],
};

/// Whether tools may ask the server to describe its service, in the settings file.
pub(super) const REFLECTION: Setting = Setting { key: "reflection", ..TLS };

/// Where metrics are shown, in the settings file; without it, nowhere.
pub(super) const METRICS: Setting = Setting {
    key: "metrics",
    fits: |text| address(text).is_some_and(|address| address.ip().is_loopback()),
    allowed: [
        r#"địa chỉ của chính máy này, như "127.0.0.1:9464""#,
        r#"an address of this computer, such as "127.0.0.1:9464""#,
    ],
};

/// Where the district's pages are shown, in the settings file; without it, nowhere.
pub(super) const WEB: Setting = Setting {
    key: "web",
    fits: |text| address(text).is_some(),
    allowed: [
        r#"địa chỉ và cổng như "127.0.0.1:8080" hoặc "0.0.0.0:8443""#,
        r#"an address with its port, such as "127.0.0.1:8080" or "0.0.0.0:8443""#,
    ],
};

/// Where communes reach the server, in the settings file, if that is not where it listens.
pub(super) const ADDRESS: Setting = Setting {
    key: "address",
    fits: is_reachable,
    allowed: [
        r#"địa chỉ và cổng mà xã gọi tới, như "10.0.0.5:7443" hoặc "huyen.vn:7443""#,
        r#"the address and port that communes call, such as "10.0.0.5:7443" or "huyen.vn:7443""#,
    ],
};

/// Whether communes can call an address: it has a host and a port, and names one computer.
pub(super) fn is_reachable(text: &str) -> bool {
    let Some((host, port)) = text.trim().rsplit_once(':') else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let nobody = bare.is_empty() || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    !nobody && host.chars().all(plain) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Where the server listens by the flags and the settings.
pub(super) fn listen(asked: &Listening, settings: &Settings) -> Result<Listen, Vec<Trouble>> {
    let text = asked.listen.as_deref().or(settings.get(LISTEN.key)).unwrap_or(DEFAULT);
    let listen = asked.at(text, settings)?;
    Ok(Listen { reflection: asked.reflection || is_on(settings, &REFLECTION), ..listen })
}

fn is_on(settings: &Settings, setting: &Setting) -> bool {
    settings.get(setting.key).is_some_and(|text| text.trim() == "true")
}

impl Listening {
    /// An address as it was typed, and whether lines to it are encrypted.
    fn at(&self, text: &str, settings: &Settings) -> Result<Listen, Vec<Trouble>> {
        let address = address(text).ok_or_else(|| vec![Trouble::NotAnAddress(text.to_owned())])?;
        let asked = self.tls || is_on(settings, &TLS);
        Ok(if asked { Listen::encrypted(address) } else { address.into() })
    }
}

/// Where to listen, as it was typed.
#[derive(Debug, Default, Args)]
pub(super) struct Listening {
    /// Địa chỉ nghe / Address to listen on [default: 127.0.0.1:7443]
    #[arg(long, env = "GOM_LISTEN", value_name = "ADDRESS")]
    listen: Option<String>,
    /// Mã hóa đường truyền cả trong máy này; ngoài máy này thì luôn mã hóa / Encrypt lines also within this computer; beyond it they always are
    #[arg(long)]
    tls: bool,
    /// Cho công cụ như grpcurl hỏi máy chủ có những lời gọi nào / Let tools such as grpcurl ask which calls the server has
    #[arg(long)]
    reflection: bool,
    /// Mở số đo cho Prometheus ở địa chỉ này của máy / Show metrics for Prometheus at this address of the computer
    #[arg(long, env = "GOM_METRICS", value_name = "ADDRESS")]
    metrics: Option<String>,
    /// Mở trang xem của huyện ở địa chỉ này; ngoài máy này thì mã hóa / Show the district's pages at this address; encrypted beyond this computer
    #[arg(long, env = "GOM_WEB", value_name = "ADDRESS")]
    web: Option<String>,
}

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
pub(super) fn serve(
    folder: &Folder,
    asked: &Listening,
    settings: &Settings,
    world: &World,
    lang: Lang,
) -> Done {
    let listen = listen(asked, settings)?;
    let metrics = asked.metrics.as_deref().or(settings.get(METRICS.key)).map(|text| {
        let not_one = || vec![Trouble::NotAnAddress(text.to_owned())];
        address(text).ok_or_else(not_one)
    });
    let metrics = metrics.transpose()?;
    let web = asked.web.as_deref().or(settings.get(WEB.key));
    let web = web.map(|text| asked.at(text, settings)).transpose()?;
    gom_terminal::tell_open(lang, folder.path(), &folder.close());
    let runtime = tokio::runtime::Runtime::new().map_err(|error| vec![Trouble::Books(error.to_string())])?;
    let done = runtime.block_on(async {
        let started = server::start(folder, listen, world.clone()).await;
        let mut running = started.map_err(|trouble| vec![trouble])?;
        if let Some(address) = metrics
            && let Err(trouble) = running.show_metrics(address, folder, world).await
        {
            running.stop().await;
            return Err(vec![trouble]);
        }
        let names = settings.get(ADDRESS.key).and_then(|text| text.trim().rsplit_once(':'));
        let names = names.map(|(host, _)| host.trim_matches(['[', ']']).to_owned()).into_iter().collect();
        let shown = web.map(|listen| running.show_pages(listen, names, folder, world)).transpose();
        let shown = match shown {
            Ok(shown) => shown,
            Err(trouble) => {
                running.stop().await;
                return Err(vec![trouble]);
            }
        };
        if let Some(schedule) = schedule(folder, settings) {
            running.keep_backups(schedule, folder.clone(), world.clone());
        }
        put(&format!("ready {}", running.address));
        if let Some(address) = shown {
            put(&format!("web {address}"));
        }
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
    fn communes_call_one_computer_at_one_port() {
        for good in ["10.0.0.5:7443", "[fe80::1]:7443", "huyen-phung-hiep.vn:443"] {
            assert!(is_reachable(good), "{good}");
        }
        for bad in
            ["10.0.0.5", ":7443", "0.0.0.0:7443", "[::]:7443", "huyen.vn:0", "https://huyen.vn:443", "a b:1"]
        {
            assert!(!is_reachable(bad), "{bad}");
        }
    }

    #[test]
    fn an_address_has_a_port() {
        assert_eq!(address("localhost:7443"), address("127.0.0.1:7443"));
        assert!(address(" [::1]:0 ").is_some());
        for bad in ["", "7443", "127.0.0.1", "localhost", "localhost:x", "localhost:99999", "huyen.vn:7443"] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}
