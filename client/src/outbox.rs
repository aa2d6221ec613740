//! The outbox: drafts are examined, sealed and queued, in the order in which the district will judge them.
//!
//! Sealing and queuing are one transaction: either the report is queued and its draft gone, or nothing has happened.

use gom_domain::Period;
use gom_domain::calendar::vietnam_day;
use gom_domain::examine::{Finding, Matter};
use gom_domain::greeting::fingerprint;
use gom_domain::rule::Level;
use gom_domain::ruling::is_future;
use gom_domain::sheet::SheetProblem;
use gom_domain::submission::Submission;
use gom_domain::world::World;
use gom_domain::text;
use gom_proto::submission::encode;

use crate::drafts::sketch;
use crate::failure::{Failure, Mistake};
use crate::history::History;
use crate::programme::{Place, Programmes};
use crate::record::UnitCells;
use crate::store::{DraftRow, Head, OperationRow, Rows};

/// The longest note that travels with a report, in characters.
const LONGEST_NOTE: usize = 2_000;

/// Which drafts are to be handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every draft that has no errors.
    All,
    /// The draft of a form and period, as they were typed. Where there is none, a report that was rejected is sealed
    /// again.
    One(String, String),
}

/// What handing in has come to.
#[derive(Clone, Debug, Default)]
pub struct Submitted {
    /// What is queued now.
    pub sealed: Vec<Sealed>,
    /// What could not be queued.
    pub blocked: Vec<Blocked>,
}

/// A report that was sealed and queued.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The form and period.
    pub place: Place,
    /// Its number in the outbox.
    pub sequence: u64,
    /// Its body's SHA-256.
    pub fingerprint: [u8; 32],
    /// What was found odd.
    pub warnings: Vec<Finding>,
}

/// A draft that could not be handed in.
#[derive(Clone, Debug)]
pub struct Blocked {
    /// The form's key.
    pub form: String,
    /// Its period.
    pub period: Period,
    /// Why.
    pub why: Obstacle,
}

/// What keeps a draft from being handed in.
#[derive(Clone, Debug)]
pub enum Obstacle {
    /// Errors in its figures, with what else was found.
    Findings(Place, Vec<Finding>),
    /// The programme of today has no place for it.
    NoPlace(SheetProblem),
}

/// Seals drafts and queues them.
pub(crate) fn submit(
    rows: &Rows<'_>,
    programmes: &Programmes,
    world: &World,
    epoch: u32,
    which: &Which,
    note: Option<&str>,
) -> Result<Submitted, Failure> {
    let note = checked(note)?;
    let drafts = candidates(rows, programmes, which)?;
    let cells = UnitCells::load(rows, programmes)?;
    let mut desk = Desk { rows, programmes, world, epoch, head: rows.head(epoch)?, note, cells };
    let mut submitted = Submitted::default();
    for draft in drafts {
        let blocked = |why| Blocked { form: draft.form.clone(), period: draft.period, why };
        match programmes.place(&draft.form, draft.period) {
            Err(problem) => submitted.blocked.push(blocked(Obstacle::NoPlace(problem))),
            Ok(place) => match desk.hand_in(place, &draft)? {
                Ok(sealed) => submitted.sealed.push(sealed),
                Err(why) => submitted.blocked.push(blocked(why)),
            },
        }
    }
    Ok(submitted)
}

fn checked(note: Option<&str>) -> Result<Option<String>, Failure> {
    let note = note.map(|note| text::nfc(note.trim())).filter(|note| !note.is_empty());
    match &note {
        Some(note) if note.chars().count() > LONGEST_NOTE => {
            Err(Failure::Mistakes(vec![Mistake::NoteTooLong(LONGEST_NOTE)]))
        }
        _ => Ok(note),
    }
}

/// The drafts that are meant, the earlier periods first, forms of one period in the programme's order.
fn candidates(rows: &Rows<'_>, programmes: &Programmes, which: &Which) -> Result<Vec<DraftRow>, Failure> {
    match which {
        Which::All => {
            let mut drafts = rows.drafts()?;
            drafts.sort_by_key(|draft| {
                let programme = programmes.editions.for_year(draft.period.year());
                let form = programme.and_then(|programme| programme.form_named(&draft.form));
                (draft.period.year(), draft.period.last_month(), form)
            });
            Ok(drafts)
        }
        Which::One(form, period) => {
            let place = programmes.place_typed(form, period).map_err(|problems| {
                Failure::Mistakes(problems.into_iter().map(Mistake::from).collect())
            })?;
            let found = match rows.draft(place.key(), place.period)? {
                None => again(rows, programmes, &place)?,
                found => found,
            };
            let none = || Failure::Mistakes(vec![Mistake::NoDraft(form.clone(), period.clone())]);
            Ok(vec![found.ok_or_else(none)?])
        }
    }
}

/// A rejected report as a draft on what stands now, to be sealed again.
fn again(rows: &Rows<'_>, programmes: &Programmes, place: &Place) -> Result<Option<DraftRow>, Failure> {
    let history = History::load(rows, programmes, place.key(), place.period)?;
    let Some(refused) = history.refused().filter(|report| is_rejected(report)) else { return Ok(None) };
    let cells = programmes.filled(&refused.body).ok_or(Failure::UpdateNeeded)?;
    let base = history.newest().map(|report| report.id);
    Ok(Some(DraftRow { form: place.key().to_owned(), period: place.period, base, cells }))
}

fn is_rejected(report: &crate::history::Report) -> bool {
    use gom_domain::ruling::Verdict;
    report.receipt.as_ref().is_some_and(|receipt| matches!(receipt.ruling.verdict, Verdict::Rejected(_)))
}

/// The desk at which drafts are sealed, one after the other.
struct Desk<'a> {
    rows: &'a Rows<'a>,
    programmes: &'a Programmes,
    world: &'a World,
    epoch: u32,
    head: Head,
    note: Option<String>,
    cells: UnitCells,
}

impl Desk<'_> {
    fn hand_in(&mut self, place: Place, row: &DraftRow) -> Result<Result<Sealed, Obstacle>, Failure> {
        let draft = sketch(&place, row);
        let record = self.cells.seen_from(&place);
        let mut findings =
            record.map(|record| draft.examine(place.programme(), place.unit, &record)).unwrap_or_default();
        if is_future(place.form(), place.period, vietnam_day(self.world.now_ms())) {
            findings.push(Finding { level: Level::Warning, key: String::new(), matter: Matter::Future });
        }
        let id = self.world.submission_id();
        let Some(submission) = draft.seal(id, place.edition.version, self.note.as_deref(), &findings) else {
            return Ok(Err(Obstacle::Findings(place, findings)));
        };
        let operation = self.append(&place, &submission)?;
        self.cells.stand(self.programmes, &submission);
        let (sequence, fingerprint) = (operation.sequence, operation.fingerprint);
        Ok(Ok(Sealed { place, sequence, fingerprint, warnings: findings }))
    }

    /// Puts a sealed report in the outbox, under the next number, and forgets its draft.
    fn append(&mut self, place: &Place, submission: &Submission) -> Result<OperationRow, Failure> {
        let body = encode(submission);
        let operation = OperationRow {
            epoch: self.epoch,
            sequence: self.head.sequence + 1,
            submission: submission.id,
            form: place.key().to_owned(),
            period: place.period,
            fingerprint: fingerprint(&body),
            chain: self.head.chain.then(&body),
            body,
            sealed_at_ms: self.world.now_ms(),
            receipt: None,
        };
        self.rows.append(&operation)?;
        self.rows.delete_draft(&operation.form, operation.period)?;
        self.head = Head { sequence: operation.sequence, chain: operation.chain };
        Ok(operation)
    }
}
