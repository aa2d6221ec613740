//! What a district promises, looked at in its books after whatever has come.

use std::collections::{BTreeMap, HashMap};

use gom_domain::ruling::Verdict;
use gom_server::books::{Answer, Books, Job, Push};
use gom_server::memory::Memory;
use gom_server::operation::Operation;
use gom_server::store::{Journal, Place, SubmissionRow};
use gom_server::verify::verify;

use super::super::sample::{Laid, world};
use super::talk::Told;

/// Nothing that was in the journal has changed, it has no gaps and recounts to what the books come to, totals are the
/// sums of what was accepted, and what was told is what is in it, once more.
pub(in super::super) fn promises(laid: &Laid, before: &[SubmissionRow], told: &Told) {
    let journal = laid.journal();
    assert_eq!(&journal[..before.len()], before, "the journal is only ever added to");
    let mut ledger = laid.folder().read().unwrap();
    let verified = verify(&mut ledger).unwrap();
    assert_eq!(verified.differences, [], "a recount");
    let last = ledger.last_commit().unwrap().map_or(0, |last| last.last_seq);
    assert_eq!(verified.submissions + verified.changes, last, "numbers without gaps");
    let mut books = laid.books();
    let shared = books.shared();
    adds_up(&shared.read().unwrap(), &journal);
    is_as_told(&shared.read().unwrap(), &journal, told);
    repeats_are_told_the_same(&mut books, &journal);
    assert_eq!(laid.journal().len(), journal.len(), "a repeat is nothing new");
}

/// Every figure of what was accepted last at its place is in the cells, and no other.
fn adds_up(memory: &Memory, journal: &[SubmissionRow]) {
    let mut standing: HashMap<Place, (u32, &SubmissionRow)> = HashMap::new();
    for row in journal.iter().filter(|row| row.repeats.is_none()) {
        let (Some(place), Verdict::Accepted { revision }) = (row.place, &row.ruling.verdict) else {
            continue;
        };
        let known = standing.get(&place).map_or(0, |(revision, _)| *revision);
        if *revision > known {
            standing.insert(place, (*revision, row));
        }
    }
    let mut sums: BTreeMap<_, i128> = BTreeMap::new();
    for (place, (_, row)) in &standing {
        let submission = memory.open(&row.body).unwrap();
        let edition = memory.published(submission.programme_version).unwrap();
        let elements = &edition.programme.form(submission.form).elements;
        for (element, figure) in elements.iter().zip(&submission.figures) {
            *sums.entry((place.period, edition.numbering.element(*element))).or_default() +=
                i128::from(figure.unwrap_or(0));
        }
    }
    for ((period, element), sum) in sums {
        let of_year = memory.cells.of_year(period.year());
        let figures = of_year.iter().filter_map(|unit| unit.reported(element)?.get(period.last_month()));
        assert_eq!(figures.map(i128::from).sum::<i128>(), sum, "element {element} of {period}");
    }
}

/// What a device was told of an operation is what the journal has of it.
fn is_as_told(memory: &Memory, journal: &[SubmissionRow], told: &Told) {
    let rows: BTreeMap<_, _> = journal
        .iter()
        .map(|row| ((memory.device(row.device).unwrap().id, row.epoch, row.sequence), row))
        .collect();
    assert_eq!(rows.len(), journal.len(), "each operation is entered once");
    for (number, receipt) in told {
        let row = rows.get(number).unwrap_or_else(|| panic!("{number:?} was told and is not there"));
        assert_eq!((&receipt.ruling, receipt.commit), (&row.ruling, row.seq), "{number:?}");
    }
}

/// Whoever lost its receipts hands all of its epoch in again.
fn repeats_are_told_the_same(books: &mut Books, journal: &[SubmissionRow]) {
    let epochs: HashMap<u32, u32> = {
        let shared = books.shared();
        let memory = shared.read().unwrap();
        memory.devices().map(|device| (device.number, device.reached.epoch)).collect()
    };
    for row in journal.iter().filter(|row| epochs[&row.device] == row.epoch) {
        let operations = vec![Operation::from(row.body.clone())];
        let push = Push { device: row.device, epoch: row.epoch, first_sequence: row.sequence, operations };
        match &books.commit(vec![Job::Push(push)], world().now_ms())[..] {
            [Answer::Receipts(receipts, None)] => {
                let told: Vec<_> = receipts.iter().map(|(_, told)| (&told.ruling, told.commit)).collect();
                assert_eq!(told, [(&row.ruling, row.seq)]);
            }
            other => panic!("{other:?}"),
        }
    }
}
