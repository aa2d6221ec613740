//! A country's books, filled by the real use cases: devices enrolled, reports judged, appended and committed.

use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};
use gom_domain::submission::Submission;
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_server::books::{Answer, Books, Job, Push};
use gom_server::folder::Folder;
use gom_server::publish::Load;

use super::{Country, DECEMBER, Due, due_from, figures};
use crate::founding::{self, Device};
use crate::place::all_there;
use crate::programme::Unit;
use crate::step::Step;

/// How many units' reports share a commit.
const UNITS: usize = 64;

/// Founds books in which everything of all years stands, the last of so many versions; how many submissions they hold.
pub(crate) fn found(folder: &Path, country: &Country, versions: u64) -> anyhow::Result<u64> {
    let first = country.years.first().context("no year")?;
    let devices = founding::found(folder, first.tables.bundle.clone(), &country.units)?;
    let (ledger, _lock) = Folder::new(folder).open().map_err(|trouble| anyhow!(trouble.message().en))?;
    let (mut books, world) = (Books::open(Box::new(ledger))?, gom_server::clock::real());
    publish(&mut books, country, &world)?;
    let senders: Vec<(&Unit, &Device)> = country.units.iter().zip(&devices).collect();
    let step = Step::begin("filling the books", senders.len() as u64);
    let mut count = 0;
    for group in senders.chunks(UNITS) {
        count += hand_in(&mut books, country, group, versions, &world)?;
        step.advance(group.len() as u64);
    }
    step.done();
    Ok(count)
}

/// Publishes the years after the first, then what goes with each year.
fn publish(books: &mut Books, country: &Country, world: &World) -> anyhow::Result<()> {
    let programmes = country
        .years
        .iter()
        .skip(1)
        .map(|year| Load { programme: Some(year.tables.bundle.clone()), ..Load::default() });
    let priors = country.years.iter().map(|year| Load {
        year: Some(year.programme.year),
        quotas: Some(year.tables.quotas.clone()),
        baseline: Some(year.tables.baseline.clone()),
        ..Load::default()
    });
    for load in programmes.chain(priors) {
        match books.commit(vec![Job::Load(load)], world.now_ms()).pop() {
            Some(Answer::Changed(_)) => {}
            other => bail!("not published: {other:?}"),
        }
    }
    Ok(())
}

/// Commits all that some units hand in, of which every report must be accepted.
fn hand_in(
    books: &mut Books,
    country: &Country,
    senders: &[(&Unit, &Device)],
    versions: u64,
    world: &World,
) -> anyhow::Result<u64> {
    let (mut jobs, mut count) = (Vec::new(), 0);
    for (unit, device) in senders {
        let operations: Vec<_> =
            bodies(country, unit, versions, world)?.into_iter().map(Into::into).collect();
        count += operations.len() as u64;
        let memory = books.shared();
        let memory = memory.read().map_err(|_| anyhow!("the memory cannot be read"))?;
        let device = memory.device_called(device.id).context("a device is missing")?.number;
        jobs.push(Job::Push(Push { device, epoch: 1, first_sequence: 1, operations }));
    }
    let mut accepted = 0;
    for answer in books.commit(jobs, world.now_ms()) {
        let Answer::Receipts(receipts, None) = answer else { bail!("not taken: {answer:?}") };
        let refused = receipts.iter().find(|(_, receipt)| !receipt.ruling.is_accepted());
        ensure!(refused.is_none(), "not accepted: {refused:?}");
        accepted += receipts.len() as u64;
    }
    all_there("receipts", accepted, count)?;
    Ok(count)
}

/// The bodies of a unit's reports, year by year, each report's versions one after the other. The last one is that which
/// stands in the country.
fn bodies(country: &Country, unit: &Unit, versions: u64, world: &World) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut bodies = Vec::new();
    for (version, year) in (1..).zip(&country.years) {
        let place = year.programme.unit_of(&UnitId::from(unit.id.as_str()));
        let place = place.with_context(|| format!("{} is no unit", unit.id))?;
        let body = |due: Due, id, base, before| {
            gom_proto::submission::encode(&Submission {
                id,
                programme_version: version,
                form: due.form,
                period: due.period,
                base,
                figures: figures(&year.programme, due, before),
                notes: Vec::new(),
                reason: String::new(),
                officer: String::new(),
            })
        };
        for due in due_from(&year.programme, place, DECEMBER) {
            let mut base = None;
            for before in (0..versions).rev() {
                let id = world.submission_id();
                bodies.push(body(due, id, base.replace(id), before));
            }
        }
    }
    Ok(bodies)
}
