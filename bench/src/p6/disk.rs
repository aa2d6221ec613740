//! What a submission of forty figures takes on the district's disk, with its ruling and all that finds it again.

use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};
use gom_domain::submission::SubmissionId;
use gom_domain::world::World;
use gom_server::books::{Answer, Books, Job, Push};
use gom_server::folder::Folder;

use crate::commune::Queue;
use crate::district::District;
use crate::founding::{self, Device};
use crate::goal::Goal;
use crate::place;
use crate::programme;
use crate::report::{Row, thousands};
use crate::sender;

const FORMS: u64 = 6;
const UNITS: usize = 250;
/// A year of all forms, and revisions of a third of it.
const EACH: u64 = 96;
/// The goal, in bytes.
const MOST: f64 = 230.0;

/// Fills books and looks how much they have grown.
pub(super) fn measure(quick: bool) -> anyhow::Result<Row> {
    let home = place::on_disk()?;
    let folder = home.path().join("district");
    let units = programme::units(if quick { 15 } else { UNITS })?;
    let devices = founding::found(&folder, programme::bundle(&units, FORMS)?, &units)?;
    let empty = size(&folder)?;
    fill(&folder, &devices)?;
    let full = size(&folder)?;
    let reports = devices.len() as u64 * EACH;
    District::at(&folder).verify(reports)?;
    let each = (full - empty) as f64 / reports as f64;
    let what = format!("books with {} submissions of 40 figures", thousands(reports));
    Ok(Row::new(Goal::P6, what, each, "bytes/report").wanted(&format!("≤ {MOST}"), each <= MOST))
}

/// The books' file, with everything that was beside it put back into it.
fn size(folder: &Path) -> anyhow::Result<u64> {
    // Whoever closes the books last leaves one file behind.
    let (books, lock) = Folder::new(folder).open().map_err(|trouble| anyhow!(trouble.message().en))?;
    drop((books, lock));
    let beside = std::fs::metadata(folder.join("books.db-wal")).map_or(0, |file| file.len());
    ensure!(beside == 0, "the books are still being written");
    Ok(std::fs::metadata(folder.join("books.db"))?.len())
}

/// Hands in month after month, as it goes through the year: all units' reports of one place, then of the next.
fn fill(folder: &Path, devices: &[Device]) -> anyhow::Result<()> {
    let (ledger, _lock) = Folder::new(folder).open().map_err(|trouble| anyhow!(trouble.message().en))?;
    let (mut books, world) = (Books::open(Box::new(ledger))?, gom_server::clock::real());
    let numbers = numbers(&books, devices)?;
    let queued: Vec<Vec<Vec<u8>>> =
        (0..devices.len() as u64).map(|unit| bodies(unit, &world)).collect::<Result<_, _>>()?;
    for sequence in 1..=EACH {
        let push = |(device, bodies): (&u32, &Vec<Vec<u8>>)| {
            let operations = vec![bodies[sequence as usize - 1].clone().into()];
            Job::Push(Push { device: *device, epoch: 1, first_sequence: sequence, operations })
        };
        for answer in books.commit(numbers.iter().zip(&queued).map(push).collect(), world.now_ms()) {
            let Answer::Receipts(receipts, None) = answer else { bail!("not taken: {answer:?}") };
            ensure!(receipts.iter().all(|(_, receipt)| receipt.ruling.is_accepted()), "not accepted");
        }
    }
    Ok(())
}

fn numbers(books: &Books, devices: &[Device]) -> anyhow::Result<Vec<u32>> {
    let memory = books.shared();
    let memory = memory.read().map_err(|_| anyhow!("the memory cannot be read"))?;
    let number = |device: &Device| memory.device_called(device.id).map(|device| device.number);
    devices.iter().map(number).collect::<Option<_>>().context("a device is missing")
}

/// What a unit hands in; each revision is made from what it revises.
fn bodies(unit: u64, world: &World) -> anyhow::Result<Vec<Vec<u8>>> {
    let queue = Queue { reports: EACH, forms: FORMS };
    let ids: Vec<SubmissionId> = (0..EACH).map(|_| world.submission_id()).collect();
    let first_versions = usize::try_from(queue.places())?;
    let bases = std::iter::repeat_n(None, first_versions).chain(ids.iter().copied().map(Some));
    let reports = queue.versions(unit).zip(&ids).zip(bases);
    reports.map(|((version, id), base)| sender::body(*id, base, version)).collect()
}
