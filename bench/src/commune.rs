//! Communes with queued reports, filled by the real client: sheets imported, drafts sealed.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::ensure;
use gom::{Commune, Which};
use gom_domain::world::World;
use tokio::runtime::Builder;

use crate::district::{District, Server};
use crate::programme::{Unit, Version, empty_sheet, sheet};
use crate::step::Step;

/// Over how many milliseconds ids are spread: thirty days without a line.
const OFFLINE_MS: i64 = 30 * 86_400_000;

/// What a commune queues.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    /// How many reports.
    pub(crate) reports: u64,
    /// How many forms the programme has.
    pub(crate) forms: u64,
}

impl Queue {
    /// How many forms and months there are; what is queued beyond them revises it.
    pub(crate) fn places(self) -> u64 {
        self.forms * 12
    }

    /// The queued reports in their order: every form of every month, then their next versions.
    pub(crate) fn versions(self, unit: u64) -> impl Iterator<Item = Version> {
        let places = self.places();
        (0..self.reports).map(move |number| {
            let (place, before) = (number % places, number / places);
            Version { unit, form: place % self.forms, month: place / self.forms + 1, before }
        })
    }
}

/// A world whose clock goes through the last thirty days while so many reports are sealed.
pub(crate) fn offline_world(reports: u64) -> World {
    let real = gom_server::clock::real();
    let begin = real.now_ms() - OFFLINE_MS;
    // Sealing a report looks at the clock about three times.
    let tick = OFFLINE_MS / (3 * reports.max(1)).cast_signed();
    let passed = AtomicI64::new(0);
    let clock = move || begin + passed.fetch_add(tick, Ordering::Relaxed).min(OFFLINE_MS);
    World::new(clock, move |bytes| {
        for chunk in bytes.chunks_mut(16) {
            let drawn: [u8; 16] = real.random();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
    })
}

/// Enrols a unit's computer over the network.
pub(crate) async fn enrol(
    folder: &Path,
    district: &District,
    server: &Server,
    unit: &str,
) -> anyhow::Result<Commune> {
    let code = district.code(unit)?;
    Ok(Commune::enroll(folder, gom_server::clock::real(), &server.address, &code).await?.0)
}

/// Hands in all that is queued in a folder, as the program `gom` does; how many reports were accepted.
pub(crate) fn hand_in(folder: &Path, district: &District) -> anyhow::Result<u64> {
    let server = district.serve()?;
    let commune = Commune::open(folder, gom_server::clock::real())?.at(&server.address);
    let report = Builder::new_current_thread().enable_all().build()?.block_on(commune.sync())?;
    ensure!(report.is_settled(), "not all is settled: {report:?}");
    server.stop()?;
    Ok(report.accepted)
}

/// Queues reports in an enrolled folder.
pub(crate) fn queue(folder: &Path, place: u64, unit: &Unit, queue: Queue, step: &Step) -> anyhow::Result<()> {
    let commune = Commune::open(folder, offline_world(queue.reports))?;
    let versions: Vec<Version> = queue.versions(place).collect();
    // All that are of the same number of versions are one sheet.
    for round in versions.chunk_by(|a, b| a.before == b.before) {
        let mut figures = empty_sheet()?;
        round.iter().try_for_each(|version| sheet(&mut figures, &unit.id, *version))?;
        commune.import(&figures.into_inner()?)?;
        let submitted = commune.submit(&Which::All, None)?;
        ensure!(submitted.blocked.is_empty(), "reports were blocked: {:?}", submitted.blocked.first());
        ensure!(submitted.sealed.len() == round.len(), "only {} reports were sealed", submitted.sealed.len());
        step.advance(round.len() as u64);
    }
    Ok(())
}
