//! One form and period, with all that an officer compares it with.

use gom_domain::Quantity;
use gom_domain::calendar::{Window, vietnam_day};
use gom_domain::element::{Element, Value};
use gom_domain::examine::{Finding, Record};
use gom_domain::ruling::is_future;
use gom_domain::submission::{Figures, Note, SubmissionId};
use gom_domain::wording::Remark;

use super::CellState;
use crate::drafts::sketch;
use crate::failure::Failure;
use crate::history::{History, Origin, Report};
use crate::programme::{Filled, Place, Programmes};
use crate::record::UnitCells;
use crate::store::{DraftNotes, DraftRow, Rows};

/// One report of a form and period, as it can be read.
#[derive(Clone, Debug)]
pub struct Revision {
    /// The report.
    pub report: Report,
    /// Its figures, in the form's order.
    pub figures: Figures,
    /// Who handed it in, as he has named himself.
    pub officer: String,
    /// Why the district entered it.
    pub reason: String,
    /// What the officer said to what was found odd.
    pub notes: Vec<Note>,
    /// What the district found.
    pub remarks: Vec<Remark>,
}

/// One form and period.
#[derive(Clone, Debug)]
pub struct FormView {
    /// The form and period.
    pub place: Place,
    /// When its figures are gathered and sent.
    pub window: Window,
    /// Its figures, one line an element.
    pub lines: Vec<Line>,
    /// What is to be said of them.
    pub findings: Vec<Finding>,
    /// What the officer has said to them.
    pub notes: DraftNotes,
    /// How it stands.
    pub state: CellState,
    /// The submission that the shown figures were made from.
    pub base: Option<SubmissionId>,
    /// Whether something else stands than what the draft was made from, so that handing it in will conflict.
    pub base_is_outdated: bool,
    /// All reports of it, the district's commits first.
    pub revisions: Vec<Revision>,
    /// Which of them stands.
    pub stands: Option<SubmissionId>,
    /// Which of them a new draft starts from: our own newest queued one, else the one that stands.
    pub newest: Option<SubmissionId>,
    /// A rejected report or one in conflict beside what stands.
    pub comparison: Option<Comparison>,
}

/// One element with all that its figure is compared with.
#[derive(Clone, Debug)]
pub struct Line {
    /// The element.
    pub element: Element,
    /// The same period of the year before.
    pub year_before: Option<Value>,
    /// The period before.
    pub last: Option<Value>,
    /// This period.
    pub now: Option<Value>,
    /// The year so far.
    pub so_far: Level,
    /// The year's quota.
    pub quota: Option<Value>,
}

/// What the year has come to so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The sum or the latest level.
    pub value: Option<Value>,
    /// Whether every period that is due has its figure.
    pub is_complete: bool,
}

/// Two versions of a report, side by side.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What was refused.
    pub refused: Report,
    /// Its figures, in the form's order.
    pub mine: Figures,
    /// The figures that stand, in the form's order.
    pub standing: Figures,
}

impl FormView {
    /// A report of it by its id.
    pub fn revision(&self, id: Option<SubmissionId>) -> Option<&Revision> {
        self.revisions.iter().find(|revision| Some(revision.report.id) == id)
    }
}

impl Line {
    /// The year so far as a percentage of the quota.
    pub fn percent_of_quota(&self) -> Option<Quantity> {
        let amount = |value: Value| Quantity::scaled(value.into(), self.element.scale);
        let share = amount(self.so_far.value?).checked_div(&amount(self.quota?))?;
        Some(share * Quantity::from(100))
    }
}

pub(crate) fn form(
    rows: &Rows<'_>,
    programmes: &Programmes,
    form: &str,
    period: &str,
    now_ms: i64,
) -> Result<FormView, Failure> {
    let place = programmes
        .place_typed(form, period)
        .map_err(|problems| Failure::Mistakes(problems.into_iter().map(Into::into).collect()))?;
    let history = History::load(rows, programmes, place.key(), place.period)?;
    let draft = rows.draft(place.key(), place.period)?;
    let filled = |report: Option<&Report>| {
        report.and_then(|report| programmes.filled(&report.body)).unwrap_or_default()
    };
    let shown = match &draft {
        Some(draft) => draft.clone(),
        None => DraftRow {
            form: form.to_owned(),
            period: place.period,
            base: history.newest().and_then(Report::base),
            cells: filled(history.newest()),
            notes: DraftNotes::new(),
        },
    };
    let (lines, findings) = compared(rows, programmes, &place, &shown, now_ms)?;
    let is_blank = draft.is_none() && history.newest().is_none();
    let comparison = compare(&place, &history, draft.is_some(), &filled);
    Ok(FormView {
        window: place.form().window(place.period),
        lines,
        findings: if is_blank { Vec::new() } else { findings },
        state: state(&history, draft.is_some()),
        base: shown.base,
        notes: shown.notes,
        base_is_outdated: draft.is_some_and(|draft| draft.base != history.newest().map(|report| report.id)),
        comparison,
        stands: history.standing().map(|report| report.id),
        newest: history.newest().map(|report| report.id),
        revisions: history.0.into_iter().map(|report| revision(programmes, &place, report)).collect(),
        place,
    })
}

fn revision(programmes: &Programmes, place: &Place, report: Report) -> Revision {
    let filled = programmes.filled(&report.body).unwrap_or_default();
    let said = programmes.open(&report.body);
    let receipt = report.receipt.as_ref();
    let remarks = receipt.map(|receipt| programmes.remarks(&report.body, &receipt.ruling));
    let (officer, reason, notes) =
        said.map_or_else(Default::default, |said| (said.officer, said.reason, said.notes));
    let (figures, remarks) = (place.figures(&filled), remarks.unwrap_or_default());
    Revision { report, figures, officer, reason, notes, remarks }
}

fn state(history: &History, is_draft: bool) -> CellState {
    use gom_domain::ruling::Verdict;
    let refused = history.refused().and_then(|report| report.receipt.as_ref());
    match (refused.map(|receipt| &receipt.ruling.verdict), history.standing()) {
        _ if is_draft => CellState::Draft,
        _ if history.newest_queued().is_some() => CellState::Queued,
        (Some(Verdict::Rejected(_)), _) => CellState::Rejected,
        (Some(Verdict::Conflict { .. }), _) => CellState::Conflict,
        (_, Some(report)) if report.origin == Origin::District => {
            CellState::District(report.revision().unwrap_or(0))
        }
        (_, Some(report)) => CellState::Accepted(report.revision().unwrap_or(0)),
        (_, None) => CellState::Blank,
    }
}

/// The figures beside the ones they are compared with, and what is to be said of them.
fn compared(
    rows: &Rows<'_>,
    programmes: &Programmes,
    place: &Place,
    shown: &DraftRow,
    now_ms: i64,
) -> Result<(Vec<Line>, Vec<Finding>), Failure> {
    let mut cells = UnitCells::load(rows, programmes)?;
    let draft = sketch(place, shown);
    cells.stand_at(place, &draft.figures);
    let record = cells.seen_from(place).ok_or(Failure::NoProgramme)?;
    let mut findings = draft.examine(place.programme(), place.unit, &record);
    if is_future(place.form(), place.period, vietnam_day(now_ms)) {
        findings.push(Finding::future());
    }
    let view = record.view();
    let (subject, frequency) = (view.subject(place.unit), place.form().frequency);
    let year_before = frequency.period_ending(place.period.year() - 1, place.period.last_month());
    let line = |(ix, element): (_, &Element)| {
        let series = view.series(ix);
        let so_far = series.now(&subject, place.period.last_month());
        Line {
            year_before: year_before.and_then(|period| record.figure(ix, period)),
            last: record.figure(ix, place.period.before()),
            now: shown.cells.get(&element.key).copied(),
            so_far: Level { value: so_far.value, is_complete: so_far.complete },
            quota: series.quota(&subject),
            element: element.clone(),
        }
    };
    let asked = place.elements().filter(|(ix, _)| place.programme().asks(*ix, place.unit));
    let lines = asked.map(line).collect();
    Ok((lines, findings))
}

/// A refused report beside what stands: one in conflict until that is settled, one that was rejected until the officer is
/// at work on it.
fn compare(
    place: &Place,
    history: &History,
    is_draft: bool,
    filled: &dyn Fn(Option<&Report>) -> Filled,
) -> Option<Comparison> {
    let refused = history.refused().filter(|report| !is_draft || report.is_conflict())?;
    Some(Comparison {
        mine: place.figures(&filled(Some(refused))),
        standing: place.figures(&filled(history.standing())),
        refused: refused.clone(),
    })
}
