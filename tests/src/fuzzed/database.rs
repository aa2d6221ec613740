//! Database files that were changed by something else than the programs: opened, read to their end and written to, as the
//! programs would. An error or an answer, and never a panic. Whether an answer is right is another proof's matter.

use std::path::Path;
use std::time::{Duration, Instant};

use gom::Commune;
use gom_server::books::{Answer, Books, Job, Push};
use gom_server::explain::explain;
use gom_server::export::export;
use gom_server::folder::Folder;
use gom_server::operation::Operation;
use gom_server::progress::year_report;
use gom_server::totals::totals;
use gom_server::verify::verify;

use super::commune::{Pc, shows};
use super::sample::{Laid, SAMPLE, impatient, queue, world};
use super::tape::Tape;

/// Nothing that is read here takes longer by far, unless it goes round in a circle.
const LONG: Duration = Duration::from_mins(1);

/// Changes a file in place: single bytes, in the heads of its pages more often than elsewhere; runs of them; its end.
fn damage(tape: &mut Tape<'_>, file: &Path) {
    const PAGE: usize = 4096;
    let mut bytes = std::fs::read(file).unwrap();
    for _ in 0..=tape.below(6) {
        let page = tape.below(bytes.len() / PAGE) * PAGE;
        let within = if tape.one_in(2) { tape.below(16) } else { tape.below(PAGE) };
        let at = page + within;
        match tape.below(8) {
            0 => bytes.truncate(at.max(PAGE)),
            1 => bytes[at..].iter_mut().take(64).for_each(|byte| *byte = 0),
            2 => bytes.copy_within(0..PAGE, page),
            _ => bytes[at] = tape.byte(),
        }
        if bytes.len() < PAGE {
            break;
        }
    }
    std::fs::write(file, bytes).unwrap();
}

/// Any file as a district's books.
pub fn books_file(data: &[u8]) {
    let mut tape = Tape::new(data);
    let laid = Laid::out(&SAMPLE.district);
    damage(&mut tape, &laid.folder().books());
    let since = Instant::now();
    // Who asks gets an answer or an error; which of the two, nobody can say here.
    _ = reads(&laid.folder());
    _ = writes(&laid.folder());
    _ = reads(&laid.folder());
    _ = gom_server::backup::backup(&laid.folder(), &laid.path().join("backup.db"));
    assert!(since.elapsed() < LONG, "{:?}", since.elapsed());
}

/// Asks all that commands ask.
fn reads(folder: &Folder) -> Option<()> {
    let mut journal = folder.read().ok()?;
    _ = folder.prove(&mut journal);
    _ = verify(&mut journal);
    _ = export(
        &mut journal,
        &gom_server::memory::Memory::default(),
        None,
        true,
        &mut csv::Writer::from_writer(std::io::sink()),
    );
    let (mut journal, memory) = folder.recall(None).ok()?;
    let as_of = "2024-09".parse().unwrap();
    _ = year_report(&memory, as_of, memory.last.map_or(0, |last| last.last_seq));
    _ = totals(&memory, as_of, true);
    _ = explain(&mut journal, &memory, "births", as_of);
    _ = export(&mut journal, &memory, None, true, &mut csv::Writer::from_writer(std::io::sink()));
    _ = gom_server::status::status(folder, &mut journal, &memory);
    let last = memory.last.map_or(0, |last| last.last_seq);
    _ = folder.recall(Some(last / 2));
    Some(())
}

/// Lets the books take in what they have and what they do not have.
fn writes(folder: &Folder) -> Option<()> {
    let (ledger, _lock) = folder.open().ok()?;
    let mut books = Books::open(Box::new(ledger)).ok()?;
    let operations = vec![Operation::from(vec![0xff; 9])];
    let push = Push { device: 1, epoch: 1, first_sequence: 1, operations };
    for job in [Job::Push(push), Job::Queue(queue(SAMPLE.queue.clone(), false))] {
        if let Answer::Failed(trouble) = books.commit(vec![job], world().now_ms()).remove(0) {
            let said = format!("{trouble:?}");
            assert!(!said.contains("panic"), "{said}");
        }
    }
    Some(())
}

/// Any file as a commune's database.
pub fn commune_file(data: &[u8]) {
    let mut tape = Tape::new(data);
    let pc = Pc::new();
    damage(&mut tape, &pc.laid.path().join("gom.db"));
    let since = Instant::now();
    uses(&pc);
    let district = Laid::out(&SAMPLE.district);
    impatient().block_on(super::line::with(&district, &[], async |means| {
        if let Ok(gom) = Commune::open_to_sync(&pc.laid.path(), world()) {
            _ = gom.by(means).sync().await;
        }
    }));
    uses(&pc);
    _ = gom::backup::backup(&pc.laid.path(), &pc.laid.path().join("backup.db"));
    assert!(since.elapsed() < LONG, "{:?}", since.elapsed());
}

/// Looks at all of it, fills in a form, and hands in what there is.
fn uses(pc: &Pc) {
    let Ok(gom) = Commune::open(&pc.laid.path(), world()) else { return };
    _ = shows(&gom);
    _ = gom.set("society", "2024-08", &[("births", "3")]);
    _ = gom.submit(&gom::Which::All, None);
    _ = gom.import_receipts(&SAMPLE.answers);
}
