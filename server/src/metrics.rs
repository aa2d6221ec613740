//! What a running server counts, for Prometheus, on a port of this computer of its own.
//!
//! Nothing in it names a unit, a device or a figure.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use gom_domain::ruling::{Ruling, Verdict};
use gom_domain::world::World;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::backup::noted;
use crate::books::Answer;
use crate::folder::Folder;
use crate::serve::until;
use crate::wording::Trouble;
use crate::writer::Writer;

type Labels = [(&'static str, &'static str); 1];

/// What has happened since the server started.
#[derive(Debug)]
pub struct Metrics {
    commits: Histogram,
    rulings: Family<Labels, Counter>,
    connections: Gauge,
    turned_away: Family<Labels, Counter>,
    wrong_codes: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            commits: Histogram::new(exponential_buckets(0.000_25, 2.0, 16)),
            rulings: Family::default(),
            connections: Gauge::default(),
            turned_away: Family::default(),
            wrong_codes: Counter::default(),
        }
    }
}

/// Why somebody was not let in, or shown out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Away {
    /// His address has too many connections.
    TooMany,
    /// Strangers have all the seats that they may have.
    TooManyStrangers,
    /// The system has nothing left to let anybody in with.
    NoneLeft,
    /// No line could be agreed on.
    NoAgreement,
}

impl Metrics {
    /// A group was committed, and took so long.
    pub(crate) fn committed<'a>(&self, took: Duration, answers: impl Iterator<Item = &'a Answer>) {
        self.commits.observe(took.as_secs_f64());
        for answer in answers {
            match answer {
                Answer::Receipts(receipts, _) => {
                    receipts.iter().for_each(|(_, receipt)| self.ruled(&receipt.ruling));
                }
                Answer::Queue(answered) => answered.rulings.iter().for_each(|ruling| self.ruled(ruling)),
                _ => {}
            }
        }
    }

    fn ruled(&self, ruling: &Ruling) {
        let verdict = match ruling.verdict {
            Verdict::Accepted { .. } => "accepted",
            Verdict::Conflict { .. } => "conflict",
            Verdict::Rejected(_) => "rejected",
        };
        self.rulings.get_or_create(&[("verdict", verdict)]).inc();
    }

    /// Somebody was let in.
    pub(crate) fn came(&self) {
        self.connections.inc();
    }

    /// Somebody has gone.
    pub(crate) fn went(&self) {
        self.connections.dec();
    }

    /// Somebody was not let in, or shown out.
    pub(crate) fn turned_away(&self, why: Away) {
        let why = match why {
            Away::TooMany => "address",
            Away::TooManyStrangers => "strangers",
            Away::NoneLeft => "system",
            Away::NoAgreement => "handshake",
        };
        self.turned_away.get_or_create(&[("why", why)]).inc();
    }

    /// Somebody has shown a wrong code.
    pub(crate) fn wrong_code(&self) {
        self.wrong_codes.inc();
    }

    /// Everything in Prometheus' words, with what is so at this moment.
    fn text(&self, now: &Now) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("gom");
        let mut gauge = |name: &str, help: &str, value: i64| {
            let gauge = Gauge::<i64>::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        };
        gauge("commit", "The last commit of the books", now.commit);
        gauge("devices", "Computers that are enrolled and not revoked", now.devices);
        gauge("devices_revoked", "Computers that were revoked", now.revoked);
        gauge("restored", "1 while the books wait for what a restored backup lacks", now.restored);
        gauge("waiting", "Jobs that wait for the writer", now.waiting);
        if let Some(age) = now.backup_age_seconds {
            gauge("backup_age_seconds", "Age of the last verified backup", age);
        }
        let help = "How long commits took, the disk included";
        registry.register_with_unit("commit", help, Unit::Seconds, self.commits.clone());
        registry.register("rulings", "Submissions that were ruled on", self.rulings.clone());
        registry.register("connections", "Connections inside", self.connections.clone());
        let help = "Connections that were turned away or shown out";
        registry.register("connections_turned_away", help, self.turned_away.clone());
        registry.register("wrong_codes", "Enrolments with a wrong code", self.wrong_codes.clone());
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// What is so at a moment.
struct Now {
    commit: i64,
    devices: i64,
    revoked: i64,
    restored: i64,
    waiting: i64,
    backup_age_seconds: Option<i64>,
}

impl Now {
    fn look(folder: &Folder, writer: &Writer, now_ms: i64) -> Self {
        let waiting = count(writer.waiting());
        // A note that cannot be read is no backup.
        let backup = noted::newest(folder).ok().flatten();
        let memory = writer.memory();
        let (revoked, devices): (Vec<_>, Vec<_>) = memory
            .devices()
            .filter(|device| !device.district)
            .partition(|device| device.revoked_ms.is_some());
        Self {
            commit: memory.last.map_or(0, |last| last.last_seq).cast_signed(),
            devices: count(devices.len()),
            revoked: count(revoked.len()),
            restored: memory.restored.into(),
            waiting,
            backup_age_seconds: backup.map(|backup| now_ms.saturating_sub(backup.at_ms).max(0) / 1_000),
        }
    }
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Shows the metrics at an address of this computer, until the server is told to stop.
pub(crate) async fn show(
    address: SocketAddr,
    (folder, writer, world): (Folder, Writer, World),
    stopped: watch::Receiver<bool>,
) -> Result<(SocketAddr, impl Future<Output = ()>), Trouble> {
    let cannot = |error: std::io::Error| Trouble::CannotListen(address.to_string(), error.to_string());
    if !address.ip().is_loopback() {
        return Err(Trouble::NotLoopback(address.to_string()));
    }
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let scraped = Arc::new(move || {
        let now = Now::look(&folder, &writer, world.now_ms());
        let text = writer.metrics().text(&now).unwrap_or_default();
        ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
    });
    let router = Router::new().route("/metrics", get(move || async move { scraped() }));
    let served = async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until(stopped)).await {
            tracing::error!(%error, "the metrics ended");
        }
    };
    Ok((address, served))
}
