//! Explaining a figure down to the submissions that it is made of. The parts make the figure.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use gom_domain::element::{ElementIx, Value};
use gom_domain::formula::{Aspect, Expr, Term};
use gom_domain::programme::Programme;
use gom_domain::progress::{Assembly, Part, Progress, of_target};
use gom_domain::target::{Comparator, Formula, Pace, Scope, Target};
use gom_domain::totals::{Constituent, Origin, View};
use gom_domain::unit::UnitIx;
use gom_domain::{Bilingual, Period, Quantity};

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
    pub values: Vec<Option<Value>>,
    /// The figures behind them, where they were asked for.
    pub sources: Vec<Source>,
}

/// One figure, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The element.
    pub element: ElementIx,
    /// The figure, and the unit that has it: the unit itself, or one that it came from.
    pub figure: Constituent,
    /// The submission of a figure that was reported.
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
    explain_some(journal, memory, name, as_of, 0..usize::MAX)
}

/// The same, with the figures behind some of the units only, by their places.
pub fn explain_some(
    journal: &mut dyn Journal,
    memory: &Memory,
    name: &str,
    as_of: Period,
    named: Range<usize>,
) -> Result<Stored<Explanation>, Trouble> {
    let (programme, _) =
        memory.year(as_of.year()).ok_or_else(|| Trouble::no_programme(memory, Some(as_of.year())))?;
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
        let filed = HashMap::new();
        let mut explanation = Explanation::outlined(&programme, &target, progress, view, &assembly);
        let mut sources = Sources { journal, memory, view, assembly: &assembly, filed };
        for (_, part) in explanation.units.iter_mut().enumerate().filter(|(place, _)| named.contains(place)) {
            part.sources = sources.of(part.unit)?;
        }
        Ok(explanation)
    });
    explained.ok_or_else(|| Trouble::no_programme(memory, Some(as_of.year())))
}

/// A target with its units' parts, and nothing of where these come from.
pub fn outline(memory: &Memory, target: &Target, progress: &Progress, as_of: Period) -> Option<Explanation> {
    let (programme, _) = memory.year(as_of.year())?;
    let formula = target.formula.as_ref()?;
    memory.view(as_of, |view| {
        let assembly = Assembly::new(view, target, formula);
        Explanation::outlined(&programme, target, progress.clone(), view, &assembly)
    })
}

impl Explanation {
    fn outlined(
        programme: &Arc<Programme>,
        target: &Target,
        progress: Progress,
        view: &View<'_>,
        assembly: &Assembly,
    ) -> Self {
        let bare = |Part { unit, reported, counted, values }| {
            let sources = Vec::new();
            UnitPart { unit, reported, counted, values, sources }
        };
        Self {
            programme: Arc::clone(programme),
            target: target.clone(),
            progress,
            due: assembly.due,
            terms: assembly.terms.iter().copied().zip(assembly.sums.iter().cloned()).collect(),
            units: assembly.parts(view).map(bare).collect(),
        }
    }

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
        unit: of.measure.clone(),
        scope: Scope::default(),
        scope_text: "all".to_owned(),
        formula: Some(Formula::from(expr)),
        pace: Pace::Level,
        from: None,
        doubt: false,
        note: Bilingual::default(),
    }
}

/// What the figures of an assembly come from.
struct Sources<'a> {
    journal: &'a mut dyn Journal,
    memory: &'a Memory,
    view: &'a View<'a>,
    assembly: &'a Assembly,
    /// Submissions that have been read: one has figures of several terms.
    filed: HashMap<u64, Filed>,
}

impl Sources<'_> {
    /// The figures that a unit's values are made of; one that goes into two terms is named once.
    fn of(&mut self, unit: UnitIx) -> Stored<Vec<Source>> {
        let mut sources: Vec<Source> = Vec::new();
        for term in self.assembly.terms.iter().copied() {
            for figure in self.assembly.constituents(self.view, unit, term) {
                if sources.iter().any(|own| (own.element, own.figure) == (term.element, figure)) {
                    continue;
                }
                let submission = match figure.origin {
                    Origin::Report => self.filed(term.element, &figure)?,
                    Origin::Baseline | Origin::RunningSum | Origin::Quota => None,
                };
                sources.push(Source { element: term.element, figure, submission });
            }
        }
        Ok(sources)
    }

    /// The submission that a reported figure stands in.
    fn filed(&mut self, element: ElementIx, figure: &Constituent) -> Stored<Option<Filed>> {
        let (programme, memory) = (self.view.programme, self.memory);
        let form = programme.form(programme.element(element).form);
        let numbers = memory.unit_number(&programme.unit(figure.unit).id).zip(memory.form_number(&form.key));
        let place = numbers.map(|(unit, form)| Place { unit, form, period: figure.period });
        let Some(stands) = place.and_then(|place| memory.latest.get(&place)?.stands) else { return Ok(None) };
        if let Some(known) = self.filed.get(&stands.seq) {
            return Ok(Some(known.clone()));
        }
        let row = self.journal.submission(stands.seq)?;
        let filed = Filed {
            commit: stands.seq,
            id: stands.standing.id.short(),
            revision: stands.standing.revision,
            at_ms: self.journal.commit_of(stands.seq)?.at_ms,
            by_district: memory.device(row.device).is_some_and(|device| device.district),
        };
        self.filed.insert(stands.seq, filed.clone());
        Ok(Some(filed))
    }
}
