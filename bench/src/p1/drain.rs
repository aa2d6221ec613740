//! Clients with queued reports, drained by the real client into a real server, or the same by the plain ones.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use anyhow::{Context, anyhow, ensure};
use gom::Commune;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::commune::{self, Queue};
use crate::district::{District, Server, Usage, program};
use crate::goal::Goal;
use crate::peers::{plain, void};
use crate::place::{self, all_there};
use crate::programme;
use crate::report::Row;
use crate::step::Step;

/// A district and its clients as they are before a drain; every drain works on a copy.
pub(super) struct Prepared {
    home: TempDir,
    runtime: Runtime,
    clients: u64,
    queue: Queue,
}

impl Prepared {
    /// Founds, enrols and queues with the real commands and the real client.
    pub(super) fn new(clients: u64, queue: Queue) -> anyhow::Result<Self> {
        let (home, runtime) = (place::on_disk()?, Runtime::new()?);
        let step = Step::begin("queueing reports", clients * queue.reports);
        let units = programme::units(15)?;
        let district =
            District::found(&home.path().join("district"), &programme::bundle(&units, queue.forms)?)?;
        let server = district.serve()?;
        let prepared = Self { home, runtime, clients, queue };
        for (place, unit) in (0..clients).zip(&units) {
            let folder = commune_in(prepared.home.path(), place);
            prepared.runtime.block_on(commune::enrol(&folder, &district, &server, &unit.id))?;
            commune::queue(&folder, place, unit, queue, &step)?;
            plain::queue(&plain_in(prepared.home.path(), place), place, queue)?;
        }
        server.stop()?;
        step.done();
        Ok(prepared)
    }

    fn reports(&self) -> u64 {
        self.clients * self.queue.reports
    }

    /// Drains all clients at once; how many reports a second.
    pub(super) fn drain(&self, usages: &mut Vec<Used>) -> anyhow::Result<f64> {
        let copy = place::on_disk()?;
        place::copy(self.home.path(), copy.path())?;
        let district = District::at(&copy.path().join("district"));
        let server = district.serve()?;
        let before = server.usage()?;
        let communes = (0..self.clients).map(|place| {
            let commune = Commune::open(&commune_in(copy.path(), place), gom_server::clock::real())?;
            Ok(commune.at(&server.address))
        });
        let communes = communes.collect::<anyhow::Result<Vec<_>>>()?;
        let start = Instant::now();
        let accepted = sync_all(&communes)?;
        let took = start.elapsed();
        usages.push(Used { before, after: server.stop()? });
        all_there("accepted reports", accepted, self.reports())?;
        district.verify(self.reports())?;
        Ok(self.reports() as f64 / took.as_secs_f64())
    }

    /// Drains the first client into a server that keeps nothing.
    pub(super) fn drain_into_void(&self) -> anyhow::Result<f64> {
        let copy = place::on_disk()?;
        let folder = commune_in(copy.path(), 0);
        place::copy(&commune_in(self.home.path(), 0), &folder)?;
        let commune = Commune::open(&folder, gom_server::clock::real())?;
        let commune = commune.at(&self.runtime.block_on(void::start())?);
        let start = Instant::now();
        let accepted = sync(&commune)?;
        let took = start.elapsed();
        all_there("reports that the void accepted", accepted, self.queue.reports)?;
        Ok(accepted as f64 / took.as_secs_f64())
    }

    /// The same with the plain client and server, each with the threads that tokio gives them.
    pub(super) fn drain_plain(&self) -> anyhow::Result<f64> {
        let copy = place::on_disk()?;
        let clients: Vec<PathBuf> = (0..self.clients).map(|place| plain_in(copy.path(), place)).collect();
        for (place, folder) in (0..).zip(&clients) {
            place::copy(&plain_in(self.home.path(), place), folder)?;
        }
        let mut command = program(plain::NAME);
        command.arg(copy.path());
        let server = Server::start(command)?;
        let start = Instant::now();
        let settled = self.runtime.block_on(drain_all(clients, &server.address))?;
        let took = start.elapsed();
        server.stop()?;
        all_there("settled reports", settled, self.reports())?;
        all_there("reports in the plain database", plain::count(copy.path())?, self.reports())?;
        Ok(self.reports() as f64 / took.as_secs_f64())
    }
}

fn commune_in(home: &Path, place: u64) -> PathBuf {
    home.join(format!("commune-{place}"))
}

fn plain_in(home: &Path, place: u64) -> PathBuf {
    home.join(format!("plain-{place}"))
}

/// Syncs all at once; how many reports were accepted.
fn sync_all(communes: &[Commune]) -> anyhow::Result<u64> {
    thread::scope(|scope| {
        let syncs: Vec<_> = communes.iter().map(|commune| scope.spawn(|| sync(commune))).collect();
        let accepted = syncs.into_iter().map(|sync| sync.join().map_err(|_| anyhow!("a client panicked"))?);
        accepted.sum()
    })
}

/// Syncs as the program `gom` does: one thread talks.
fn sync(commune: &Commune) -> anyhow::Result<u64> {
    let report = Builder::new_current_thread().enable_all().build()?.block_on(commune.sync())?;
    ensure!(report.is_settled(), "not all is settled: {report:?}");
    Ok(report.accepted)
}

async fn drain_all(clients: Vec<PathBuf>, server: &str) -> anyhow::Result<u64> {
    let mut drains = JoinSet::new();
    for folder in clients {
        let server = server.to_owned();
        drains.spawn(async move { plain::drain(&folder, &server).await });
    }
    let mut settled = 0;
    while let Some(drained) = drains.join_next().await {
        settled += drained?.context("a plain client")?;
    }
    Ok(settled)
}

/// What the server's process used before and after a drain.
pub(super) struct Used {
    before: Usage,
    after: Usage,
}

impl Used {
    /// Its memory, and its processor time for each report.
    pub(super) fn rows(&self, what: &str, reports: u64) -> [Row; 2] {
        let processor = self.after.processor.saturating_sub(self.before.processor);
        let each = processor.as_secs_f64() * 1e6 / reports as f64;
        let memory = self.after.memory / 1e6;
        [
            Row::new(Goal::P1, format!("{what}: the server's memory at most"), memory, "MB"),
            Row::new(Goal::P1, format!("{what}: the server's processor time"), each, "µs/report"),
        ]
    }
}
