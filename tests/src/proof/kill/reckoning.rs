//! What officers were told, held against their folders; their receipts, held against the books; and in the end the
//! district's totals against a plain map of what was typed.

use std::collections::BTreeMap;

use gom::show::CellState;
use gom_domain::greeting::fingerprint;
use gom_proto::pass::hex;
use gom_server::memory::Memory;
use gom_server::store::{Journal as _, SubmissionRow};
use rusqlite::{Connection, OpenFlags};

use super::officer::{Journal, PERIODS, Pc, Queued};
use crate::District;

/// A report in a folder.
struct Operation {
    number: u64,
    fingerprint: String,
    is_queued: bool,
    has_receipt: bool,
}

/// What was acknowledged so far is there, whatever goes on meanwhile: folders are looked at after what was said of them,
/// and the books after the folders.
pub(super) fn assert_kept(district: &District, pcs: &[Pc]) {
    let said: Vec<Journal> = pcs.iter().map(|pc| pc.journal.lock().unwrap().clone()).collect();
    let opened: Vec<_> = pcs.iter().map(|pc| open(district, pc)).collect();
    for (pc, said) in pcs.iter().zip(&said).filter(|(_, said)| !said.queued.is_empty()) {
        assert_queued(pc, said);
    }
    let receipts: Vec<_> = opened.iter().flatten().map(|gom| gom.receipts().unwrap()).collect();
    let (memory, books) = (district.memory(), by_number(district));
    let mut journal = district.folder().read().unwrap();
    for (gom, receipts) in opened.iter().flatten().zip(receipts) {
        let device = memory.device_called(gom.status().unwrap().device).unwrap().number;
        for view in receipts {
            let row = books.get(&(device, view.sequence));
            let row = row.unwrap_or_else(|| panic!("not in the books: {view:?}"));
            assert_eq!(hex(&fingerprint(&row.body)), hex(&view.fingerprint), "{view:?}");
            assert_eq!((row.seq, &row.ruling), (view.receipt.commit, &view.receipt.ruling), "{view:?}");
            assert_eq!(journal.commit_of(row.seq).unwrap().at_ms, view.receipt.at_ms, "{view:?}");
        }
    }
}

/// A PC's folder; none while it is being enrolled.
fn open(district: &District, pc: &Pc) -> Option<gom::Commune> {
    gom::Commune::open(pc.program.folder(), district.clock.world()).ok()
}

/// What was said to be queued is in the folder, either queued or with a receipt.
fn assert_queued(pc: &Pc, said: &Journal) {
    let kept: BTreeMap<u64, Operation> =
        operations(pc).into_iter().map(|operation| (operation.number, operation)).collect();
    for (number, queued) in &said.queued {
        let Some(operation) = kept.get(number) else { panic!("{pc}: number {number} is lost: {queued:?}") };
        assert!(operation.fingerprint.starts_with(&queued.fingerprint), "{pc}: {number}: {queued:?}");
    }
    for operation in kept.values() {
        assert!(operation.is_queued != operation.has_receipt, "{pc}: number {}", operation.number);
    }
}

fn operations(pc: &Pc) -> Vec<Operation> {
    let file = pc.program.folder().join("gom.db");
    let folder = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sql = "select sequence, fingerprint, id in (select operation from outbox),
                 id in (select operation from receipt) from operation order by id";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Operation {
            number: row.get::<_, i64>(0)?.unsigned_abs(),
            fingerprint: hex(&row.get::<_, Vec<u8>>(1)?),
            is_queued: row.get(2)?,
            has_receipt: row.get(3)?,
        })
    };
    let mut rows = folder.prepare(sql).unwrap();
    rows.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The books by device and number. That both are there twice cannot be.
fn by_number(district: &District) -> BTreeMap<(u32, u64), SubmissionRow> {
    let mut books = BTreeMap::new();
    for row in district.submissions() {
        let key = (row.device, row.sequence);
        assert!(books.insert(key, row).is_none(), "twice in the books: {key:?}");
    }
    books
}

/// Once everything is handed in: nothing waits, each report is in the books once and in order, and what the district adds
/// up is what was typed last.
pub(super) fn assert_all(district: &District, pcs: &[Pc]) {
    let (memory, books) = (district.memory(), by_number(district));
    assert_eq!(memory.devices().count(), pcs.len(), "each PC is one device, however often it was enrolled");
    let mut sums: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut count = 0;
    for pc in pcs {
        let gom = open(district, pc).unwrap();
        let device = memory.device_called(gom.status().unwrap().device).unwrap().number;
        let own: Vec<_> = books.values().filter(|row| row.device == device).collect();
        let revisions = assert_in_order(pc, &memory, &own);
        count += own.len();
        assert_settled(pc, &gom, own.len() as u64);
        for (period, (revision, figure)) in revisions {
            *sums.entry((pc.element, period)).or_default() += figure;
            assert_shown(district, pcs, pc, period, revision);
        }
    }
    assert_eq!(books.len(), count, "nothing is in the books that nobody handed in");
    for ((element, period), sum) in sums {
        let decimals = if element == "domestic_revenue" { ".000" } else { "" };
        assert_eq!(district.total(element, period), format!("{sum}{decimals}"), "{element} {period}");
    }
}

/// A PC's reports, in the order in which they were queued: each stands on the one before it. Returns for each period the
/// last revision and its figure.
fn assert_in_order(pc: &Pc, memory: &Memory, own: &[&SubmissionRow]) -> BTreeMap<&'static str, (u32, u64)> {
    let said = pc.journal.lock().unwrap();
    let kept = operations(pc);
    assert_eq!(own.len(), kept.len(), "{pc}: everything is handed in, once");
    let mut standing: BTreeMap<&str, (u32, u64)> = BTreeMap::new();
    let mut commit = 0;
    for ((number, row), operation) in (1..).zip(own).zip(kept) {
        assert_eq!((row.sequence, row.epoch, row.repeats), (number, 1, None), "{pc}: without gaps");
        assert_eq!(hex(&fingerprint(&row.body)), operation.fingerprint, "{pc}: {number}");
        assert!(row.seq > commit, "{pc}: {number} is out of order");
        commit = row.seq;
        let (period, figure) = figure_of(pc, memory, row);
        assert!(said.typed.contains(&(period, figure)), "{pc}: {figure} for {period} was never typed");
        if let Some(Queued { period: told, figure: typed, .. }) = said.queued.get(&number) {
            assert_eq!((period, figure), (*told, *typed), "{pc}: {number} is another report");
        }
        let (revision, last) = standing.entry(period).or_default();
        assert!(figure > *last, "{pc}: {figure} for {period} after {last}");
        (*revision, *last) = (*revision + 1, figure);
        let accepted = gom_domain::ruling::Verdict::Accepted { revision: *revision };
        assert_eq!(row.ruling.verdict, accepted, "{pc}: {number}");
    }
    standing
}

/// What a report in the books says.
fn figure_of(pc: &Pc, memory: &Memory, row: &SubmissionRow) -> (&'static str, u64) {
    let submission = memory.open(&row.body).unwrap();
    let programme = &memory.editions.newest().unwrap().programme;
    let element = programme.element_named(pc.element).unwrap();
    let place = programme.form(submission.form).elements.iter().position(|own| *own == element).unwrap();
    let scale = 10_i64.pow(programme.element(element).scale.into());
    let period = PERIODS.into_iter().find(|period| submission.period == period.parse().unwrap()).unwrap();
    (period, u64::try_from(submission.figures[place].unwrap() / scale).unwrap())
}

/// Nothing waits at a PC. A draft whose queuing was killed is still a draft.
fn assert_settled(pc: &Pc, gom: &gom::Commune, accepted: u64) {
    let status = gom.status().unwrap();
    let stuck = (status.queued, status.rejected, status.conflicts);
    assert_eq!((stuck, status.accepted), ((0, 0, 0), accepted), "{pc}: nothing is stuck");
}

/// Every PC of the unit shows what stands, unless it is being filled in again.
fn assert_shown(district: &District, pcs: &[Pc], pc: &Pc, period: &str, revision: u32) {
    for other in pcs.iter().filter(|other| other.unit == pc.unit) {
        let state = open(district, other).unwrap().form(pc.form, period).unwrap().state;
        let is_draft = state == CellState::Draft;
        assert!(state == CellState::Accepted(revision) || is_draft, "{other}: {state:?}");
    }
}
