//! Drafts: forms being filled in, saved at every field.
//!
//! A draft starts from the unit's newest report of the form and period, and remembers it as its base. Figures that
//! come to the same as the base's leave no draft behind.

use std::collections::{BTreeMap, BTreeSet};

use gom_domain::Period;
use gom_domain::element::Value;
use gom_domain::examine::Finding;
use gom_domain::number::Notation;
use gom_domain::sheet::{self, SheetFault, SheetProblem};
use gom_domain::submission::Draft;
use gom_domain::text;

use crate::failure::{Failure, Mistake};
use crate::history::History;
use crate::programme::{Filled, Place, Programmes};
use crate::record::UnitCells;
use crate::store::{DraftRow, Rows};

/// What filling in a form has come to.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The form and period.
    pub place: Place,
    /// Whether there is a draft now; without one the figures are those of the report it would have been made from.
    pub is_draft: bool,
    /// What is to be said of the figures so far.
    pub findings: Vec<Finding>,
}

/// What an import has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The forms and periods that have a draft now.
    pub drafts: Vec<(String, Period)>,
    /// The forms and periods whose figures are those of what is queued or stands already.
    pub unchanged: Vec<(String, Period)>,
    /// How many figures were laid.
    pub figures: u64,
    /// How many lines were other units'.
    pub others: u64,
}

/// Figures to be laid over a form; `None` clears.
type Changes = BTreeMap<String, Option<Value>>;

/// Fills in cells of one form, as they were typed.
pub(crate) fn set(
    rows: &Rows<'_>,
    programmes: &Programmes,
    form: &str,
    period: &str,
    entries: &[(&str, &str)],
) -> Result<Entered, Failure> {
    let place = programmes.place_typed(form, period).map_err(mistakes)?;
    let changes = typed(&place, entries).map_err(Failure::Mistakes)?;
    let draft = lay(rows, programmes, &place, changes)?;
    let mut findings = Vec::new();
    if let Some(draft) = &draft {
        let cells = UnitCells::load(rows, programmes)?;
        if let Some(record) = cells.seen_from(&place) {
            findings = sketch(&place, draft).examine(place.programme(), place.unit, &record);
        }
    }
    Ok(Entered { place, is_draft: draft.is_some(), findings })
}

fn mistakes(problems: Vec<SheetProblem>) -> Failure {
    Failure::Mistakes(problems.into_iter().map(Mistake::from).collect())
}

/// Reads entries as people type them, or says everything that is wrong with them.
fn typed(place: &Place, entries: &[(&str, &str)]) -> Result<Changes, Vec<Mistake>> {
    let mut changes = Changes::new();
    let mut mistakes = Vec::new();
    for (key, text) in entries {
        match figure(place, key, &text::nfc(text)) {
            Err(problem) => mistakes.push(problem.into()),
            Ok(value) if changes.insert((*key).to_owned(), value).is_some() => {
                mistakes.push(Mistake::Twice((*key).to_owned()));
            }
            Ok(_) => {}
        }
    }
    if mistakes.is_empty() { Ok(changes) } else { Err(mistakes) }
}

fn figure(place: &Place, key: &str, text: &str) -> Result<Option<Value>, SheetProblem> {
    let programme = place.programme();
    let ix = programme.element_named(key).ok_or_else(|| SheetProblem::UnknownElement(key.to_owned()))?;
    let element = programme.element(ix);
    if element.form != place.form {
        return Err(SheetProblem::NotInForm(key.to_owned(), place.key().to_owned()));
    }
    if !programme.asks(ix, place.unit) {
        return Err(SheetProblem::ElementNotForUnit(key.to_owned()));
    }
    let wrong = |fault| SheetProblem::Figure(key.to_owned(), text.to_owned(), fault);
    element.read(text, Notation::Vietnamese).map_err(wrong)
}

/// Lays a sheet's figures for the own unit over what stands. A blank lays nothing and clears nothing.
pub(crate) fn import(rows: &Rows<'_>, programmes: &Programmes, bytes: &[u8]) -> Result<Imported, Failure> {
    let (forms, others) = read(programmes, bytes)
        .map_err(|faults| Failure::Mistakes(faults.into_iter().map(Mistake::Line).collect()))?;
    let mut imported = Imported { others, ..Imported::default() };
    for ((period, form), changes) in forms {
        let place = programmes.place(&form, period).map_err(|problem| mistakes(vec![problem]))?;
        imported.figures += changes.len() as u64;
        let left = lay(rows, programmes, &place, changes)?;
        let list = if left.is_some() { &mut imported.drafts } else { &mut imported.unchanged };
        list.push((form, period));
    }
    Ok(imported)
}

/// The sheet's figures by period and form, and how many of its lines are other units'.
fn read(programmes: &Programmes, bytes: &[u8]) -> Result<(BTreeMap<(Period, String), Changes>, u64), Vec<SheetFault>> {
    let sheet = sheet::read(&programmes.editions, &programmes.unit, bytes)?;
    let mut forms: BTreeMap<(Period, String), Changes> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut ended = BTreeSet::new();
    for cell in sheet.cells {
        let Some(programme) = programmes.editions.for_year(cell.period.year()) else { continue };
        let form = &programme.form(cell.form).key;
        if ended.contains(&cell.period) {
            continue;
        }
        if let Err(problem) = programmes.place(form, cell.period) {
            ended.insert(cell.period);
            faults.push(SheetFault { line: Some(cell.line), problem });
            continue;
        }
        let changes = forms.entry((cell.period, form.clone())).or_default();
        if cell.value.is_some() {
            changes.insert(programme.element(cell.element).key.clone(), cell.value);
        }
    }
    if faults.is_empty() { Ok((forms, sheet.others)) } else { Err(faults) }
}

/// Lays changes over the draft, or over what a new one starts from. What comes to the same as the base is no draft.
fn lay(rows: &Rows<'_>, programmes: &Programmes, place: &Place, changes: Changes) -> Result<Option<DraftRow>, Failure> {
    let (form, period) = (place.key().to_owned(), place.period);
    let history = History::load(rows, programmes, &form, period)?;
    let filled = |report: Option<&crate::history::Report>| match report {
        None => Ok(Filled::new()),
        Some(report) => programmes.filled(&report.body).ok_or(Failure::UpdateNeeded),
    };
    let (mut draft, origin) = match rows.draft(&form, period)? {
        Some(draft) => {
            let origin = match draft.base {
                None => Some(Filled::new()),
                Some(base) => history.find(base).map(|report| filled(Some(report))).transpose()?,
            };
            (draft, origin)
        }
        None => {
            let newest = history.newest();
            let cells = filled(newest)?;
            let base = newest.map(|report| report.id);
            (DraftRow { form, period, base, cells: cells.clone() }, Some(cells))
        }
    };
    for (key, value) in changes {
        match value {
            Some(value) => _ = draft.cells.insert(key, value),
            None => _ = draft.cells.remove(&key),
        }
    }
    if origin.as_ref() == Some(&draft.cells) {
        rows.delete_draft(&draft.form, draft.period)?;
        return Ok(None);
    }
    rows.put_draft(&draft)?;
    Ok(Some(draft))
}

/// A draft as the domain knows it.
pub(crate) fn sketch(place: &Place, draft: &DraftRow) -> Draft {
    Draft { form: place.form, period: place.period, base: draft.base, figures: place.figures(&draft.cells) }
}
