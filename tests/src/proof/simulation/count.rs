//! What must hold once all is quiet: the district's books against a plain map of what the officers were told.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use gom::Commune;
use gom_domain::greeting::fingerprint;
use gom_domain::ruling::{Receipt, RejectionCode, Verdict};
use gom_domain::submission::SubmissionId;
use gom_proto::submission::Envelope;
use gom_server::folder::Folder;
use gom_server::memory::Memory;
use gom_server::store::{Journal, SubmissionRow};
use gom_server::totals::{Over, totals};
use gom_server::verify::verify;
use jiff::Timestamp;

use super::desk::Desk;
use super::officer::{Cell, FORMS, Figures, Officer, PERIODS, Queued};

/// What stands there: which submission, as which revision, with which figures.
type Standing = (SubmissionId, u32, Figures);

/// The books as they should be.
#[derive(Default)]
struct Count {
    standing: BTreeMap<Cell, Standing>,
    /// What rejected submissions were made from.
    rejected: BTreeMap<SubmissionId, Option<SubmissionId>>,
    receipts: BTreeMap<(u32, u64), Receipt>,
    /// The bodies that the district has entered.
    entered: BTreeSet<[u8; 32]>,
    accepted: u64,
    conflicts: u64,
}

/// Compares everything with everything; returns how many were accepted, rejected and in conflict.
pub(super) fn count(desk: &Desk, officers: &[Rc<Officer>]) -> [u64; 3] {
    let folder = Folder::new(&desk.district.folder);
    let differences = verify(&mut folder.read().unwrap()).unwrap().differences;
    assert!(differences.is_empty(), "verify: {differences:?}");
    let (mut books, memory) = folder.recall(None).unwrap();
    let mut count = Count::default();
    let senders: Vec<u32> = officers.iter().map(|officer| number(&memory, officer)).collect();
    for row in submissions(&mut books) {
        let at_ms = books.commit_of(row.seq).unwrap().at_ms;
        match senders.iter().position(|sender| *sender == row.device) {
            Some(sender) => count.handed_in(&officers[sender], &row, at_ms),
            None => count.entered(desk, &row, at_ms),
        }
    }
    count.compare_desk(desk);
    for (officer, sender) in officers.iter().zip(senders) {
        count.compare(officer, sender);
    }
    count.compare_totals(&memory);
    [count.accepted, count.rejected.len() as u64, count.conflicts]
}

fn submissions(books: &mut dyn Journal) -> Vec<SubmissionRow> {
    let mut rows = Vec::new();
    let mut keep = |row| {
        rows.push(row);
        Ok(())
    };
    books.each_submission(u64::MAX, &mut keep).unwrap();
    rows
}

/// The number of an officer's computer in the district's books.
fn number(memory: &Memory, officer: &Officer) -> u32 {
    memory.device_called(opened(officer).status().unwrap().device).unwrap().number
}

fn opened(officer: &Officer) -> Commune {
    Commune::open(&officer.pc.folder, officer.pc.world()).unwrap()
}

impl Count {
    /// A unit's own report: the one that was queued under that number, after all those before it.
    fn handed_in(&mut self, officer: &Officer, row: &SubmissionRow, at_ms: i64) {
        let own = format!("{}, operation {}", officer.pc.name, row.sequence);
        let known = self.receipts.range((row.device, 0)..=(row.device, u64::MAX)).count();
        assert_eq!(row.sequence, known as u64 + 1, "{own}: once, and in the officer's order");
        let queued = officer.queued.lock().unwrap().get(known).cloned();
        let Queued { sequence, form, period, figures, fingerprint: sealed } = queued.expect("it was queued");
        assert_eq!((sequence, sealed), (row.sequence, fingerprint(&row.body)), "{own}: as it was queued");
        self.judge(row, (officer.unit, form, period), figures, at_ms, &own);
        let receipt = Receipt { ruling: row.ruling.clone(), commit: row.seq, at_ms };
        self.receipts.insert((row.device, sequence), receipt);
    }

    /// A report that the district entered for a unit: once, and only because it was accepted.
    fn entered(&mut self, desk: &Desk, row: &SubmissionRow, at_ms: i64) {
        let hash = fingerprint(&row.body);
        let tried = desk.tried.lock().unwrap().get(&hash).cloned().expect("the district has entered it");
        assert!(self.entered.insert(hash), "{tried:?} once");
        assert!(row.ruling.is_accepted(), "{tried:?}: {:?}", row.ruling);
        self.judge(row, tried.cell, tried.figures, at_ms, "the district's entry");
    }

    /// What the district's officer was told is in the books.
    fn compare_desk(&self, desk: &Desk) {
        let tried = desk.tried.lock().unwrap();
        let lost = tried.iter().find(|(hash, tried)| tried.is_entered && !self.entered.contains(*hash));
        assert!(lost.is_none(), "lost: {lost:?}");
    }

    /// Rules on a submission by the plain map, and compares.
    fn judge(&mut self, row: &SubmissionRow, cell: Cell, figures: Figures, at_ms: i64, own: &str) {
        let envelope = Envelope::decode(&row.body).unwrap();
        let stands = self.standing.get(&cell);
        let revision = stands.map_or(0, |stands| stands.1);
        let wanted = if is_future(cell.1, cell.2, at_ms) {
            self.rejected.insert(envelope.id, envelope.base);
            Verdict::Rejected(RejectionCode::Future.into())
        } else if stands.map(|stands| stands.0) == self.base(envelope.base) {
            self.accepted += 1;
            self.standing.insert(cell, (envelope.id, revision + 1, figures));
            Verdict::Accepted { revision: revision + 1 }
        } else {
            self.conflicts += 1;
            Verdict::Conflict { current: revision }
        };
        assert_eq!(row.ruling.verdict, wanted, "{own}");
    }

    /// What a submission was made from, with rejected ones in between left out: they never stood.
    fn base(&self, mut base: Option<SubmissionId>) -> Option<SubmissionId> {
        while let Some(before) = base.and_then(|id| self.rejected.get(&id)) {
            base = *before;
        }
        base
    }

    /// What an officer sees, against the books.
    fn compare(&self, officer: &Officer, sender: u32) {
        let name = &officer.pc.name;
        let commune = opened(officer);
        let own = self.receipts.range((sender, 0)..=(sender, u64::MAX));
        let own: BTreeMap<_, _> = own.map(|(key, receipt)| (*key, receipt.clone())).collect();
        let status = commune.status().unwrap();
        assert_eq!(status.queued, 0, "{name}: the outbox is empty");
        let queued = officer.queued.lock().unwrap().len();
        assert_eq!(own.len(), queued, "{name}: each report counts once");
        let seen = commune.receipts().unwrap().into_iter();
        let seen: BTreeMap<_, _> = seen.map(|view| ((sender, view.sequence), view.receipt)).collect();
        assert_eq!(seen, own, "{name}: every receipt is as the books have it");
        let attention: BTreeSet<u64> = status.attention.iter().map(|item| item.receipt.commit).collect();
        assert_eq!(attention, self.unsettled(officer, sender), "{name}: what waits for the officer");
        for cell in cells(officer.unit) {
            let view = commune.form(cell.1, cell.2).unwrap();
            let reports = view.revisions.iter().rev().map(|revision| &revision.report);
            let stands = reports.clone().find(|report| report.revision().is_some());
            let stands = stands.map(|report| (report.id, report.revision().unwrap()));
            let wanted = self.standing.get(&cell).map(|stands| (stands.0, stands.1));
            assert_eq!(stands, wanted, "{name}: what stands for {cell:?}");
        }
    }

    /// The commits of the refused reports that nothing has replaced, and in whose place nobody has accepted what stands.
    fn unsettled(&self, officer: &Officer, sender: u32) -> BTreeSet<u64> {
        let (queued, given_up) = (officer.queued.lock().unwrap(), officer.given_up.lock().unwrap());
        let receipt = |queued: &Queued| &self.receipts[&(sender, queued.sequence)];
        let replaced = |refused: &&Queued| {
            let place = |queued: &Queued| (queued.form, queued.period);
            let later = queued.iter().filter(|queued| queued.sequence > refused.sequence);
            later
                .filter(|later| place(later) == place(refused))
                .any(|later| receipt(later).ruling.is_accepted())
        };
        let refused = queued.iter().filter(|queued| !receipt(queued).ruling.is_accepted());
        let left = refused.filter(|refused| !given_up.contains(&refused.sequence));
        left.filter(|refused| !replaced(refused)).map(|refused| receipt(refused).commit).collect()
    }

    /// Every unit's total of every element and period, and the district's.
    fn compare_totals(&self, memory: &Memory) {
        for period in PERIODS {
            let totals = totals(memory, period.parse().unwrap(), false).unwrap();
            let mut told = BTreeMap::new();
            for total in totals.rows {
                let element = totals.programme.element(total.element).key.clone();
                let unit = match total.over {
                    Over::Unit(unit) => totals.programme.unit(unit).id.to_string(),
                    Over::All => String::new(),
                    Over::Kind(_) => continue,
                };
                if let Some(value) = total.value {
                    told.insert((element, unit), value);
                }
            }
            assert_eq!(told, self.sums(period), "the totals of {period}");
        }
    }

    /// The sums of a period by the plain map: each unit's, and under no name the district's.
    fn sums(&self, period: &str) -> BTreeMap<(String, String), i128> {
        let mut sums = BTreeMap::new();
        let standing = self.standing.iter().filter(|((_, _, of), _)| *of == period);
        for ((unit, ..), (_, _, figures)) in standing {
            for (element, value) in figures {
                for unit in [*unit, ""] {
                    *sums.entry((element.clone(), unit.to_owned())).or_insert(0) += i128::from(*value);
                }
            }
        }
        sums
    }
}

fn cells(unit: &'static str) -> impl Iterator<Item = Cell> {
    let forms = FORMS.into_iter().map(|(form, _)| form);
    forms.flat_map(move |form| PERIODS.map(|period| (unit, form, period)))
}

/// Whether a month's figures are not asked for yet: revenue from its first day, all else from the 15th of the month before.
fn is_future(form: &str, period: &str, at_ms: i64) -> bool {
    let hanoi = jiff::tz::Offset::constant(7);
    let today = hanoi.to_datetime(Timestamp::from_millisecond(at_ms).unwrap()).date();
    let first: jiff::civil::Date = format!("{period}-01").parse().unwrap();
    let opens =
        if form == "budget" { first } else { first.yesterday().unwrap().with().day(15).build().unwrap() };
    opens > today
}
