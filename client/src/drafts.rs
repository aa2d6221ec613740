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
use gom_domain::submission::{Draft, SubmissionId};
use gom_domain::text;

use crate::failure::{Failure, Mistake};
use crate::history::History;
use crate::outbox::checked;
use crate::programme::{Filled, Place, Programmes};
use crate::record::UnitCells;
use crate::store::{DraftNotes, DraftRow, Rows};

/// What filling in a form has come to.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The form and period.
    pub place: Place,
    /// Whether there is a draft now; without one the figures are those of the report it would have been made from.
    pub is_draft: bool,
    /// Whether there was a draft on nothing that stood, and its last cell was cleared.
    pub is_emptied: bool,
    /// Of a report in conflict: how many of its cells are still as they stand in the draft, not as it has them.
    pub left_out: u64,
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
    /// How many figures were laid that were not there already.
    pub figures: u64,
    /// How many were there already.
    pub same: u64,
    /// How many lines were other units'.
    pub others: u64,
}

/// Figures to be laid over a form; `None` clears.
type Changes = BTreeMap<String, Option<Value>>;

/// The changes of each period and form.
type Forms = BTreeMap<(Period, String), Changes>;

/// Fills in cells of one form, as they were typed. An entry without a value lacks its `=`.
pub(crate) fn set(
    rows: &Rows<'_>,
    programmes: &Programmes,
    form: &str,
    period: &str,
    entries: &[(&str, Option<&str>)],
) -> Result<Entered, Failure> {
    let place = programmes.place_typed(form, period).map_err(mistakes)?;
    let changes = typed(&place, entries).map_err(Failure::Mistakes)?;
    let Laid { draft, is_emptied, left_out, .. } = lay(rows, programmes, &place, changes)?;
    let mut findings = Vec::new();
    if let Some(draft) = &draft {
        let cells = UnitCells::load(rows, programmes)?;
        if let Some(record) = cells.seen_from(&place) {
            findings = sketch(&place, draft).examine(place.programme(), place.unit, &record);
        }
    }
    Ok(Entered { place, is_draft: draft.is_some(), is_emptied, left_out, findings })
}

/// Keeps what the officer says to warnings of a draft, each by the keys of its rule and its element; nothing said takes back
/// what was.
pub(crate) fn explain(
    rows: &Rows<'_>,
    programmes: &Programmes,
    (form, period): (&str, &str),
    notes: &[(&str, &str, &str)],
) -> Result<(), Failure> {
    let place = programmes.place_typed(form, period).map_err(mistakes)?;
    let none = || Failure::Mistakes(vec![Mistake::NoDraft(form.to_owned(), period.to_owned())]);
    let mut draft = rows.draft(place.key(), place.period)?.ok_or_else(none)?;
    for (rule, element, text) in notes {
        let name = ((*rule).to_owned(), (*element).to_owned());
        match checked(Some(*text))? {
            Some(text) => _ = draft.notes.insert(name, text),
            None => _ = draft.notes.remove(&name),
        }
    }
    Ok(rows.put_draft(&draft)?)
}

fn mistakes(problems: Vec<SheetProblem>) -> Failure {
    Failure::Mistakes(problems.into_iter().map(Mistake::from).collect())
}

/// Reads entries as people type them, or says everything that is wrong with them.
fn typed(place: &Place, entries: &[(&str, Option<&str>)]) -> Result<Changes, Vec<Mistake>> {
    let mut changes = Changes::new();
    let mut mistakes = Vec::new();
    for (key, text) in entries {
        let Some(text) = text else {
            mistakes.push(Mistake::NoEquals((*key).to_owned()));
            continue;
        };
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
        let figures = changes.len() as u64;
        let laid = lay(rows, programmes, &place, changes)?;
        imported.figures += laid.altered;
        imported.same += figures - laid.altered;
        let list = if laid.draft.is_some() { &mut imported.drafts } else { &mut imported.unchanged };
        list.push((form, period));
    }
    Ok(imported)
}

/// The sheet's figures by period and form, and how many of its lines are other units'.
fn read(programmes: &Programmes, bytes: &[u8]) -> Result<(Forms, u64), Vec<SheetFault>> {
    let sheet = sheet::read(&programmes.editions, &programmes.unit, bytes)?;
    let mut forms = Forms::new();
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

/// What laying changes has come to.
struct Laid {
    /// The draft, if there is one now.
    draft: Option<DraftRow>,
    /// How many cells were changed.
    altered: u64,
    is_emptied: bool,
    left_out: u64,
}

/// Lays changes over the draft, or over what a new one starts from. What comes to the same as the base is no draft.
fn lay(rows: &Rows<'_>, programmes: &Programmes, place: &Place, changes: Changes) -> Result<Laid, Failure> {
    let (form, period) = (place.key(), place.period);
    let history = History::load(rows, programmes, form, period)?;
    let found = rows.draft(form, period)?;
    let was_draft = found.is_some();
    let mut draft = if let Some(draft) = found {
        draft
    } else {
        let base = history.newest().map(|report| report.id);
        let cells = cells_of(programmes, &history, base)?.unwrap_or_default();
        DraftRow { form: form.to_owned(), period, base, cells, notes: DraftNotes::new() }
    };
    let mut altered = 0;
    for (key, value) in changes {
        let before = draft.cells.get(&key).copied();
        altered += u64::from(before != value);
        put(&mut draft.cells, key, value);
    }
    let left_out = left_out(programmes, &history, &draft)?;
    if keep(rows, programmes, &history, &draft)? {
        return Ok(Laid { draft: Some(draft), altered, is_emptied: false, left_out });
    }
    let is_emptied = was_draft && draft.cells.is_empty() && draft.base.is_none();
    Ok(Laid { draft: None, altered, is_emptied, left_out })
}

fn put(cells: &mut Filled, key: String, value: Option<Value>) {
    match value {
        Some(value) => _ = cells.insert(key, value),
        None => _ = cells.remove(&key),
    }
}

/// Keeps a draft, unless it comes to the same as its base; whether it was kept.
pub(crate) fn keep(
    rows: &Rows<'_>,
    programmes: &Programmes,
    history: &History,
    draft: &DraftRow,
) -> Result<bool, Failure> {
    if cells_of(programmes, history, draft.base)?.as_ref() == Some(&draft.cells) {
        rows.delete_draft(&draft.form, draft.period)?;
        return Ok(false);
    }
    rows.put_draft(draft)?;
    Ok(true)
}

/// How many cells of the own report in conflict are not in a draft made from what stands.
fn left_out(programmes: &Programmes, history: &History, draft: &DraftRow) -> Result<u64, Failure> {
    let Some(conflict) = history.conflict() else { return Ok(0) };
    let standing = history.standing().map(|report| report.id);
    if draft.base != standing {
        return Ok(0);
    }
    let mine = programmes.filled(&conflict.body).ok_or(Failure::UpdateNeeded)?;
    let stands = cells_of(programmes, history, standing)?.unwrap_or_default();
    let untouched = changes(&stands, &mine).filter(|(key, _)| draft.cells.get(*key) == stands.get(*key));
    Ok(untouched.count() as u64)
}

/// The cells that differ, as they came to be.
fn changes<'a>(from: &'a Filled, to: &'a Filled) -> impl Iterator<Item = (&'a String, Option<Value>)> {
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    keys.into_iter().filter(|key| from.get(*key) != to.get(*key)).map(|key| (key, to.get(key).copied()))
}

/// Lays what a draft has changed of its base over other figures.
pub(crate) fn lay_changes(
    programmes: &Programmes,
    history: &History,
    draft: &DraftRow,
    over: &mut Filled,
) -> Result<(), Failure> {
    let base = cells_of(programmes, history, draft.base)?.unwrap_or_default();
    for (key, value) in changes(&base, &draft.cells) {
        put(over, key.clone(), value);
    }
    Ok(())
}

/// The figures that a draft was made from; none where its base is not known here any more.
fn cells_of(
    programmes: &Programmes,
    history: &History,
    base: Option<SubmissionId>,
) -> Result<Option<Filled>, Failure> {
    let Some(base) = base else { return Ok(Some(Filled::new())) };
    let Some(report) = history.find(base) else { return Ok(None) };
    programmes.filled(&report.body).map(Some).ok_or(Failure::UpdateNeeded)
}

/// A draft as the domain knows it.
pub(crate) fn sketch(place: &Place, draft: &DraftRow) -> Draft {
    Draft { form: place.form, period: place.period, base: draft.base, figures: place.figures(&draft.cells) }
}

#[cfg(test)]
mod tests {
    use gom_domain::ruling::{RejectionCode, Ruling, Verdict};

    use super::*;
    use crate::fixture::{commune, folder, rule};
    use crate::outbox::Which;

    const HEAD: &str = "unit,form,period,element,value\n";

    fn budget() -> Which {
        Which::One("budget".into(), "2024-05".into())
    }

    fn cells(commune: &crate::Commune) -> Vec<(String, Value)> {
        commune.drafts().unwrap().into_iter().flat_map(|draft| draft.cells).collect()
    }

    #[test]
    fn a_draft_is_saved_at_every_field() {
        let folder = folder();
        assert!(commune(&folder).set("budget", "2024-05", &[("domestic_revenue", "8,5")]).unwrap().is_draft);
        commune(&folder).set("budget", "2024-05", &[("tax_revenue", "1.234,25")]).unwrap();
        let expected = [("domestic_revenue".to_owned(), 8_500), ("tax_revenue".to_owned(), 1_234_250)];
        assert_eq!(cells(&commune(&folder)), expected);
        let entered = commune(&folder).set("budget", "2024-05", &[("tax_revenue", "")]).unwrap();
        assert!(entered.is_draft);
        assert_eq!(cells(&commune(&folder)), expected[..1]);
    }

    #[test]
    fn every_mistake_is_told_at_once_and_nothing_is_saved() {
        let folder = folder();
        let commune = commune(&folder);
        let entries = [("domestic_revenue", "8.5"), ("births", "1"), ("nonsense", "1"), ("tax_revenue", "1")];
        match commune.set("budget", "2024-05", &entries) {
            Err(Failure::Mistakes(mistakes)) => assert_eq!(mistakes.len(), 3, "{mistakes:?}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(commune.drafts().unwrap(), []);
        assert!(
            matches!(commune.set("nonsense", "2024-5", &[]), Err(Failure::Mistakes(both)) if both.len() == 2)
        );
    }

    #[test]
    fn figures_that_come_to_the_same_leave_no_draft() {
        let folder = folder();
        let commune = commune(&folder);
        let cleared = commune.set("budget", "2024-05", &[("tax_revenue", "")]).unwrap();
        assert!(!cleared.is_draft && !cleared.is_emptied, "there was nothing to empty");
        commune.set("budget", "2024-05", &[("tax_revenue", "1")]).unwrap();
        let cleared = commune.set("budget", "2024-05", &[("tax_revenue", "")]).unwrap();
        assert!(!cleared.is_draft && cleared.is_emptied);
        commune.set("budget", "2024-05", &[("tax_revenue", "1"), ("domestic_revenue", "2")]).unwrap();
        commune.submit(&budget(), None).unwrap();
        assert!(!commune.set("budget", "2024-05", &[("tax_revenue", "1,0")]).unwrap().is_draft, "as queued");
        assert!(commune.set("budget", "2024-05", &[("tax_revenue", "1,5")]).unwrap().is_draft);
        assert!(!commune.set("budget", "2024-05", &[("tax_revenue", "1")]).unwrap().is_draft, "changed back");
        assert_eq!(commune.drafts().unwrap(), []);
    }

    #[test]
    fn a_new_draft_is_made_from_what_is_queued_then_from_what_stands() {
        let folder = folder();
        let commune = commune(&folder);
        let change = |text| {
            commune.set("budget", "2024-05", &[("tax_revenue", text)]).unwrap();
            commune.drafts().unwrap().remove(0).base
        };
        assert_eq!(change("1"), None);
        commune.submit(&budget(), None).unwrap();
        let queued = change("2").unwrap();
        commune.submit(&budget(), None).unwrap();
        rule(&folder, 1, Verdict::Accepted { revision: 1 });
        assert_ne!(change("3"), Some(queued), "the second is still queued");
        commune.set("budget", "2024-05", &[("tax_revenue", "2")]).unwrap();
        rule(&folder, 2, Ruling::rejected(RejectionCode::Future).verdict);
        assert_eq!(change("3"), Some(queued), "the first stands");
    }

    #[test]
    fn an_import_lays_the_own_units_figures_and_counts_the_others() {
        let folder = folder();
        let commune = commune(&folder);
        commune.set("budget", "2024-05", &[("tax_revenue", "1")]).unwrap();
        let sheet = format!(
            "{HEAD}31420,budget,2024-05,domestic_revenue,8.5\n31420,budget,2024-05,tax_revenue,\n\
             31423,budget,2024-05,tax_revenue,3\n31420,society,2024-05,births,\n"
        );
        let imported = commune.import(sheet.as_bytes()).unwrap();
        assert_eq!((imported.figures, imported.others), (1, 1));
        assert_eq!(imported.drafts.len(), 1);
        assert_eq!(imported.unchanged.len(), 1, "nothing but blanks makes no draft");
        assert_eq!(
            cells(&commune),
            [("domestic_revenue".to_owned(), 8_500), ("tax_revenue".to_owned(), 1_000)]
        );
        let again = commune.import(sheet.as_bytes()).unwrap();
        assert_eq!((again.figures, again.same), (0, 1));
    }

    #[test]
    fn an_import_is_taken_whole_or_not_at_all() {
        let folder = folder();
        let commune = commune(&folder);
        let sheet = format!(
            "{HEAD}31420,budget,2024-05,tax_revenue,1\n31420,budget,2024-05,x,1\n31420,budget,May,x,1\n"
        );
        match commune.import(sheet.as_bytes()) {
            Err(Failure::Mistakes(mistakes)) => {
                let lines = mistakes.iter().map(|mistake| match mistake {
                    Mistake::Line(fault) => fault.line,
                    other => panic!("{other:?}"),
                });
                assert_eq!(lines.collect::<Vec<_>>(), [Some(3), Some(4)]);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(commune.drafts().unwrap(), []);
    }
}
