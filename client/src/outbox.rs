//! The outbox: drafts are examined, sealed and queued, in the order in which the district will judge them.
//!
//! Sealing and queuing are one transaction: either the report is queued and its draft gone, or nothing has happened.

use gom_domain::Period;
use gom_domain::calendar::vietnam_day;
use gom_domain::examine::Finding;
use gom_domain::greeting::fingerprint;
use gom_domain::ruling::is_future;
use gom_domain::sheet::SheetProblem;
use gom_domain::submission::Submission;
use gom_domain::text;
use gom_domain::world::World;
use gom_proto::planted;
use gom_proto::submission::encode;

use crate::drafts::sketch;
use crate::failure::{Failure, Mistake};
use crate::history::History;
use crate::programme::{Place, Programmes};
use crate::record::UnitCells;
use crate::store::{DraftNotes, DraftRow, Head, OperationRow, Rows};

/// The longest note that travels with a report, in characters.
pub(crate) const LONGEST_NOTE: usize = 2_000;

/// Which drafts are to be handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every draft that has no errors.
    All,
    /// The draft of a form and period, as they were typed. Where there is none, a report that was rejected is sealed
    /// again.
    One(String, String),
    /// Several such, all or none.
    These(Vec<(String, String)>),
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
    /// How many of them nobody has explained.
    pub unanswered: usize,
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
    let officer = rows.folder()?.map(|row| row.officer).unwrap_or_default();
    let head = head(rows, epoch)?;
    let mut desk = Desk { rows, programmes, world, epoch, head, officer, note, cells };
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

fn head(rows: &Rows<'_>, epoch: u32) -> Result<Head, Failure> {
    Ok(if planted::is("sequence-reused") { Head::default() } else { rows.head(epoch)? })
}

/// A note as it is kept; none if it says nothing.
pub(crate) fn checked(note: Option<&str>) -> Result<Option<String>, Failure> {
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
        Which::One(form, period) => Ok(vec![candidate(rows, programmes, form, period)?]),
        Which::These(all) => {
            all.iter().map(|(form, period)| candidate(rows, programmes, form, period)).collect()
        }
    }
}

fn candidate(
    rows: &Rows<'_>,
    programmes: &Programmes,
    form: &str,
    period: &str,
) -> Result<DraftRow, Failure> {
    let place = programmes
        .place_typed(form, period)
        .map_err(|problems| Failure::Mistakes(problems.into_iter().map(Mistake::from).collect()))?;
    let found = match rows.draft(place.key(), place.period)? {
        None => again(rows, programmes, &place)?,
        found => found,
    };
    found.ok_or_else(|| Failure::Mistakes(vec![Mistake::NoDraft(form.to_owned(), period.to_owned())]))
}

/// A rejected report as a draft on what stands now, to be sealed again.
fn again(rows: &Rows<'_>, programmes: &Programmes, place: &Place) -> Result<Option<DraftRow>, Failure> {
    let history = History::load(rows, programmes, place.key(), place.period)?;
    let Some(refused) = history.refused().filter(|report| is_rejected(report)) else { return Ok(None) };
    let cells = programmes.filled(&refused.body).ok_or(Failure::UpdateNeeded)?;
    let base = history.newest().map(|report| report.id);
    let notes = DraftNotes::new();
    Ok(Some(DraftRow { form: place.key().to_owned(), period: place.period, base, cells, notes }))
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
    officer: String,
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
            findings.push(Finding::future());
        }
        let id = self.world.submission_id();
        // What was said to a warning goes before what is said to all.
        let answer = |rule: &str, element: &str| {
            let own = row.notes.get(&(rule.to_owned(), element.to_owned()));
            own.or(self.note.as_ref()).cloned()
        };
        let (programme, version) = (place.programme(), place.edition.version);
        let Some(submission) = draft.seal(programme, id, version, &self.officer, &answer, &findings) else {
            return Ok(Err(Obstacle::Findings(place, findings)));
        };
        let operation = self.append(&place, &submission)?;
        self.cells.stand(self.programmes, &submission);
        let (sequence, fingerprint) = (operation.sequence, operation.fingerprint);
        let unanswered = findings.len() - submission.notes.len();
        Ok(Ok(Sealed { place, sequence, fingerprint, warnings: findings, unanswered }))
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

#[cfg(test)]
mod tests {
    use gom_domain::examine::Check;
    use gom_domain::greeting::Chain;
    use gom_domain::ruling::{RejectionCode, Ruling, Verdict};
    use gom_proto::submission::Envelope;

    use super::*;
    use crate::fixture::{commune, folder, rule, world};
    use crate::programme::KnownTables;
    use crate::store::Store;

    fn queued(folder: &tempfile::TempDir) -> Vec<OperationRow> {
        fn newest(rows: &Rows<'_>) -> Result<Vec<OperationRow>, crate::StoreError> {
            rows.newest_queued()
        }
        Store::open(folder.path()).unwrap().read(newest).unwrap()
    }

    #[test]
    fn what_was_sealed_is_queued_and_survives() {
        let folder = folder();
        let office = commune(&folder);
        office.set("budget", "2024-05", &[("tax_revenue", "1"), ("domestic_revenue", "2")]).unwrap();
        office.set("budget", "2024-04", &[("tax_revenue", "1"), ("domestic_revenue", "2")]).unwrap();
        let submitted = office.submit(&Which::All, None).unwrap();
        assert_eq!(submitted.sealed.iter().map(|sealed| sealed.sequence).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(submitted.sealed[0].place.period.to_string(), "2024-04", "the earlier period first");
        drop(office);
        assert_eq!(commune(&folder).status().unwrap().queued, 2);
        assert_eq!(commune(&folder).drafts().unwrap(), []);
        let operations = queued(&folder);
        let chain = operations.iter().fold(Chain::default(), |chain, operation| chain.then(&operation.body));
        assert_eq!(operations[1].chain, chain);
    }

    #[test]
    fn an_error_blocks_its_report_and_no_other() {
        let folder = folder();
        let office = commune(&folder);
        office.set("budget", "2024-05", &[("tax_revenue", "3"), ("domestic_revenue", "2")]).unwrap();
        office.set("budget", "2024-04", &[("tax_revenue", "1"), ("domestic_revenue", "2")]).unwrap();
        let submitted = office.submit(&Which::All, None).unwrap();
        assert_eq!((submitted.sealed.len(), submitted.blocked.len()), (1, 1));
        assert_eq!(office.drafts().unwrap().len(), 1, "what is blocked stays a draft");
    }

    #[test]
    fn a_note_answers_every_warning() {
        let folder = folder();
        let office = commune(&folder);
        office.set("society", "2024-05", &[("births", "3")]).unwrap();
        let sealed = office.submit(&Which::All, Some(" do mất điện ")).unwrap().sealed.remove(0);
        assert!(!sealed.warnings.is_empty(), "blank cells are warnings");
        let programme = sealed.place.programme();
        let submission = Envelope::decode(&queued(&folder)[0].body).unwrap().open(programme).unwrap();
        assert_eq!(submission.notes.len(), sealed.warnings.len());
        assert_eq!(submission.notes[0].text, "do mất điện");
    }

    #[test]
    fn what_was_said_to_a_warning_goes_before_what_is_said_to_all() {
        let folder = folder();
        let office = commune(&folder);
        office.set("society", "2024-05", &[("births", "3")]).unwrap();
        let warned = office.form("society", "2024-05").unwrap();
        let programme = warned.place.programme();
        let (rule, element) = warned.findings.last().unwrap().named(programme);
        office.explain("society", "2024-05", &[(rule, element, " do mất điện ")]).unwrap();
        office.set("society", "2024-05", &[("deaths", "1")]).unwrap();
        let warned = office.form("society", "2024-05").unwrap();
        assert_eq!(warned.notes[&(rule.to_owned(), element.to_owned())], "do mất điện", "cells come and go");
        let sealed = office.submit(&Which::All, None).unwrap().sealed.remove(0);
        assert_eq!(sealed.unanswered, sealed.warnings.len() - 1);
        let submission = Envelope::decode(&queued(&folder)[0].body).unwrap().open(programme).unwrap();
        assert_eq!(submission.notes.len(), 1);
        assert_eq!(
            (submission.notes[0].rule.as_str(), submission.notes[0].text.as_str()),
            (rule, "do mất điện")
        );
        office.set("society", "2024-05", &[("deaths", "2")]).unwrap();
        assert!(office.form("society", "2024-05").unwrap().notes.is_empty(), "it went with its report");
    }

    #[test]
    fn nothing_said_takes_back_what_was_and_too_much_is_refused() {
        let folder = folder();
        let office = commune(&folder);
        let explain = |text: &str| office.explain("society", "2024-05", &[("limits", "births", text)]);
        assert!(matches!(explain("a"), Err(Failure::Mistakes(_))), "there is no draft");
        office.set("society", "2024-05", &[("births", "3")]).unwrap();
        explain("a").unwrap();
        assert!(matches!(explain(&"a".repeat(LONGEST_NOTE + 1)), Err(Failure::Mistakes(_))));
        assert_eq!(office.drafts().unwrap()[0].notes.len(), 1);
        explain("  ").unwrap();
        assert!(office.drafts().unwrap()[0].notes.is_empty());
    }

    #[test]
    fn a_period_in_the_future_is_a_warning() {
        let folder = folder();
        let office = commune(&folder);
        office.set("budget", "2024-12", &[("tax_revenue", "1"), ("domestic_revenue", "2")]).unwrap();
        let sealed = office.submit(&Which::All, None).unwrap().sealed;
        assert!(sealed[0].warnings.iter().any(|finding| finding.check == Check::Future));
    }

    #[test]
    fn a_rejected_report_is_sealed_again_where_it_is_named() {
        let folder = folder();
        let office = commune(&folder);
        let which = Which::One("budget".into(), "2024-05".into());
        office.set("budget", "2024-05", &[("tax_revenue", "1")]).unwrap();
        office.submit(&which, None).unwrap();
        rule(&folder, 1, Ruling::rejected(RejectionCode::Future).verdict);
        assert_eq!(office.status().unwrap().rejected, 1);
        assert!(office.submit(&Which::All, None).unwrap().sealed.is_empty());
        assert_eq!(office.submit(&which, None).unwrap().sealed[0].sequence, 2);
        let status = office.status().unwrap();
        assert_eq!((status.rejected, status.queued), (0, 1), "a queued one replaces the rejected one");
        rule(&folder, 2, Verdict::Accepted { revision: 1 });
        assert!(matches!(office.submit(&which, None), Err(Failure::Mistakes(_))));
    }

    #[test]
    fn a_conflict_waits_for_the_officer() {
        let folder = folder();
        let office = commune(&folder);
        office.set("budget", "2024-05", &[("tax_revenue", "1")]).unwrap();
        office.submit(&Which::All, None).unwrap();
        rule(&folder, 1, Verdict::Conflict { current: 2 });
        let status = office.status().unwrap();
        assert_eq!((status.conflicts, status.attention.len()), (1, 1));
        let view = office.form("budget", "2024-05").unwrap();
        assert_eq!(view.comparison.unwrap().mine, [None, Some(1_000)]);
    }

    #[test]
    fn nothing_is_queued_unless_all_of_it_is() {
        let folder = folder();
        let office = commune(&folder);
        office.set("budget", "2024-05", &[("tax_revenue", "1")]).unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let failed: Result<(), Failure> = store.write(|rows| {
            let own = rows.folder()?.unwrap().enrolled.unwrap();
            let programmes = Programmes::load(rows, &own.unit, &KnownTables::default())?;
            submit(rows, &programmes, &world(), 1, &Which::All, None)?;
            Err(Failure::NoProgramme)
        });
        assert!(failed.is_err());
        let status = office.status().unwrap();
        assert_eq!((status.drafts, status.queued), (1, 0));
    }
}
