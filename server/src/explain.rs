//! Explaining a figure down to the submissions that it is made of. The parts make the figure.

use std::sync::Arc;

use gom_domain::element::{ElementIx, Kind};
use gom_domain::formula::{Aspect, Expr, Term};
use gom_domain::programme::Programme;
use gom_domain::progress::{Assembly, Progress, of_target};
use gom_domain::target::{Comparator, Formula, Pace, Scope, Target};
use gom_domain::totals::View;
use gom_domain::unit::UnitIx;
use gom_domain::{Bilingual, Period, Quantity};
use gom_proto::submission::Envelope;

use crate::memory::Memory;
use crate::store::{Journal, Place, Stored};
use crate::wording::Trouble;

/// An explained figure.
#[derive(Debug)]
pub struct Explanation {
    /// The year's programme.
    pub programme: Arc<Programme>,
    /// The target, or the element seen as one.
    pub target: Target,
    /// How it stands.
    pub progress: Progress,
    /// The month up to which flows are added; 0 if nothing is due.
    pub due: u8,
    /// The formula's terms with their sums.
    pub terms: Vec<(Term, Option<Quantity>)>,
    /// What each unit has of each term.
    pub units: Vec<UnitPart>,
}

/// A unit's part.
#[derive(Debug)]
pub struct UnitPart {
    /// The unit.
    pub unit: UnitIx,
    /// Whether everything due has come in.
    pub reported: bool,
    /// Whether its figures are in the sums.
    pub counted: bool,
    /// Its value of each term.
    pub values: Vec<Option<i128>>,
    /// The figures behind them.
    pub sources: Vec<Source>,
}

/// One figure, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The unit that reported it: the unit itself, or one that it came from.
    pub unit: UnitIx,
    /// The element.
    pub element: ElementIx,
    /// The period.
    pub period: Period,
    /// The figure.
    pub value: i64,
    /// The submission, or none where it is a figure of the baseline.
    pub submission: Option<Filed>,
}

/// A submission as an explanation names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Its number in the journal, which is the receipt's.
    pub commit: u64,
    /// Its id's last digits.
    pub id: String,
    /// Its revision.
    pub revision: u32,
    /// When the district had it.
    pub at_ms: i64,
    /// Whether the district entered it on the unit's behalf.
    pub by_district: bool,
}

/// Explains a target, by its reference or key, or an element, by its key.
pub fn explain(
    journal: &mut dyn Journal,
    memory: &Memory,
    name: &str,
    as_of: Period,
) -> Result<Stored<Explanation>, Trouble> {
    let (programme, _) = memory.year(as_of.year()).ok_or(Trouble::NoProgramme)?;
    let target = match (programme.target_named(name), programme.element_named(name)) {
        (Some(target), _) => target.clone(),
        (None, Some(element)) => as_target(&programme, element),
        (None, None) => return Err(Trouble::UnknownTargetOrElement(name.to_owned())),
    };
    let by_hand = memory.by_hand(as_of.year()).remove(&target.key);
    let explained = memory.view(as_of, |view| {
        let progress = of_target(view, &target, by_hand.as_ref());
        let Some(formula) = &target.formula else {
            return Ok(Explanation::bare(&programme, &target, progress));
        };
        let assembly = Assembly::new(view, &target, formula);
        let units = units(journal, memory, view, &assembly)?;
        let terms = assembly.terms.iter().copied().zip(assembly.sums.iter().cloned()).collect();
        Ok(Explanation {
            programme: Arc::clone(&programme),
            target: target.clone(),
            progress,
            due: assembly.due,
            terms,
            units,
        })
    });
    explained.ok_or(Trouble::NoProgramme)
}

impl Explanation {
    fn bare(programme: &Arc<Programme>, target: &Target, progress: Progress) -> Self {
        let (terms, units) = (Vec::new(), Vec::new());
        Self { programme: Arc::clone(programme), target: target.clone(), progress, due: 0, terms, units }
    }
}

/// An element seen as a target without a value: its total over all units.
fn as_target(programme: &Programme, element: ElementIx) -> Target {
    let of = programme.element(element);
    let expr = Expr::Term(Term { element, aspect: Aspect::Now });
    Target {
        reference: String::new(),
        group: String::new(),
        key: of.key.clone(),
        label: of.label.clone(),
        comparator: Comparator::Reference,
        value: None,
        upper: None,
        printed: String::new(),
        unit: Bilingual { vi: of.measure.clone(), en: of.measure.clone() },
        scope: Scope::default(),
        scope_text: "all".to_owned(),
        formula: Some(Formula::from(expr)),
        pace: Pace::Level,
        from: None,
        doubt: false,
        note: String::new(),
    }
}

fn units(
    journal: &mut dyn Journal,
    memory: &Memory,
    view: &View<'_>,
    assembly: &Assembly,
) -> Stored<Vec<UnitPart>> {
    let mut units = Vec::with_capacity(assembly.parts.len());
    for part in &assembly.parts {
        let mut sources = Vec::new();
        let mut seen = Vec::new();
        for term in assembly.terms.iter().copied().filter(|term| term.aspect != Aspect::Quota) {
            let back = matches!(term.aspect, Aspect::Prev);
            if !seen.contains(&(term.element, back)) && view.programme.asks(term.element, part.unit) {
                seen.push((term.element, back));
                sources.extend(sources_of(journal, memory, view, part.unit, term, assembly.due)?);
            }
        }
        units.push(UnitPart {
            unit: part.unit,
            reported: part.reported,
            counted: part.counted,
            values: part.values.clone(),
            sources,
        });
    }
    Ok(units)
}

/// The figures of a unit and of those it came from that go into a term.
fn sources_of(
    journal: &mut dyn Journal,
    memory: &Memory,
    view: &View<'_>,
    unit: UnitIx,
    term: Term,
    due: u8,
) -> Stored<Vec<Source>> {
    let programme = view.programme;
    let element = programme.element(term.element);
    let year = if term.aspect == Aspect::Prev { programme.year - 1 } else { programme.year };
    let by = match (element.kind, term.aspect) {
        (Kind::Flow, _) => due,
        (_, Aspect::Prev) => 12,
        _ => view.month,
    };
    let frequency = programme.form(element.form).frequency;
    let mut sources = Vec::new();
    for unit in lineage(programme, unit, element.kind) {
        let periods = (1..=by).filter_map(|month| frequency.period_ending(year, month));
        let mut own = Vec::new();
        for period in periods.filter(|period| programme.unit(unit).counts_for(*period)) {
            let (number, row) = (view.numbering.element(term.element), view.numbering.unit(unit));
            if let Some(value) = view.cells.figure(number, row, period) {
                let submission = filed(journal, memory, programme, unit, element.form, period)?;
                own.push(Source { unit, element: term.element, period, value, submission });
            }
        }
        if element.kind != Kind::Flow {
            own.drain(..own.len().saturating_sub(1));
        }
        let settled = element.kind != Kind::Flow && !own.is_empty();
        sources.append(&mut own);
        if settled {
            break;
        }
    }
    Ok(sources)
}

/// Flags do not merge, so only the unit's own counts.
fn lineage(programme: &Programme, unit: UnitIx, kind: Kind) -> Vec<UnitIx> {
    if kind == Kind::Flag { vec![unit] } else { programme.lineage(unit) }
}

fn filed(
    journal: &mut dyn Journal,
    memory: &Memory,
    programme: &Programme,
    unit: UnitIx,
    form: gom_domain::form::FormIx,
    period: Period,
) -> Stored<Option<Filed>> {
    let numbers =
        memory.unit_number(&programme.unit(unit).id).zip(memory.form_number(&programme.form(form).key));
    let place = numbers.map(|(unit, form)| Place { unit, form, period });
    let Some(commit) = place.and_then(|place| memory.sources.get(&place).copied()) else { return Ok(None) };
    let row = journal.submission(commit)?;
    let gom_domain::ruling::Verdict::Accepted { revision } = row.ruling.verdict else { return Ok(None) };
    let id = Envelope::decode(&row.body).map(|envelope| envelope.id.short()).unwrap_or_default();
    let by_district = memory.device(row.device).is_some_and(|device| device.district);
    Ok(Some(Filed { commit, id, revision, at_ms: journal.commit_of(commit)?.at_ms, by_district }))
}
