//! What a target's figure is put together from: its units, what each of them has, and the sums.

use crate::element::Kind;
use crate::formula::{Aspect, Term};
use crate::quantity::Quantity;
use crate::target::{Formula, Target};
use crate::totals::{Constituent, Holding, Series, View};
use crate::unit::UnitIx;

/// One unit's part in a target.
#[derive(Clone, Debug)]
pub struct Part {
    /// The unit.
    pub unit: UnitIx,
    /// Whether all of its figures that are due have come in, and those asked of the year before are known.
    pub reported: bool,
    /// Whether its figures go into the sums.
    pub counted: bool,
    /// What it has, term by term.
    pub values: Vec<Option<i128>>,
}

/// A target's units and sums, before they are judged.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    /// D: the month up to which flows are added; 0 before the first period has ended.
    pub due: u8,
    /// The terms, in the order of the sums and the parts' values.
    pub terms: Vec<Term>,
    /// The units that are asked, in the programme's order.
    pub units: Vec<UnitIx>,
    /// Those of them that have not reported all that is due.
    pub missing: Vec<UnitIx>,
    /// The sums, term by term; none: no data.
    pub sums: Vec<Option<Quantity>>,
    /// Units whose silence leaves the target without data.
    pub silent: Vec<UnitIx>,
    /// Whether the scope itself hangs on something unknown.
    pub scope_unknown: bool,
    /// Whether units count that have not reported everything.
    counts_all: bool,
}

/// The terms of a target's formula; a comparison with the year before asks for each figure twice.
fn terms_of(target: &Target, formula: &Formula) -> Vec<Term> {
    let mut terms = formula.terms.clone();
    if target.comparator.looks_back() {
        let back = |term: &Term| Term { aspect: Aspect::Prev, ..*term };
        let now = formula.terms.iter().filter(|term| term.aspect == Aspect::Now);
        terms.extend(now.map(back).filter(|term| !formula.terms.contains(term)).collect::<Vec<_>>());
    }
    terms
}

impl Assembly {
    /// Puts a target's figure together as of the view's month.
    pub fn new(view: &View<'_>, target: &Target, formula: &Formula) -> Self {
        let terms = terms_of(target, formula);
        let series: Vec<Series<'_>> = terms.iter().map(|term| view.series(term.element)).collect();
        let mut assembly = Self { due: due(&terms, &series), terms, ..Self::default() };
        if assembly.due == 0 {
            return assembly;
        }
        let scope = scope(view, target, &assembly.terms, assembly.due);
        if !scope.unknown.is_empty() {
            assembly.silent = scope.unknown;
            assembly.scope_unknown = true;
            return assembly;
        }
        assembly.counts_all = formula.additive && !target.comparator.looks_back();
        assembly.units = scope.units;
        assembly.add_up(&series);
        assembly
    }

    /// Takes the sums apart again: what each unit that is asked has in them.
    pub fn parts<'a>(&'a self, view: &'a View<'a>) -> impl Iterator<Item = Part> + 'a {
        let series: Vec<Series<'_>> = self.terms.iter().map(|term| view.series(term.element)).collect();
        self.units.iter().map(move |unit| {
            let held = self.held(&series, *unit).map(|(_, held)| held);
            let held: Vec<Option<Holding>> = held.collect();
            let reported = held.iter().flatten().all(|held| held.complete);
            let values = held.into_iter().map(|held| held?.value).collect();
            Part { unit: *unit, reported, counted: self.counts_all || reported, values }
        })
    }

    /// What a unit has of each term; none of what it does not fill in.
    fn held<'a>(
        &'a self,
        series: &'a [Series<'a>],
        unit: UnitIx,
    ) -> impl Iterator<Item = (Aspect, Option<Holding>)> + 'a {
        let due = self.due;
        let of = move |series: &Series<'_>, aspect| match aspect {
            Aspect::Now => series.now(unit, due),
            Aspect::Kept => kept(series.now(unit, due), series.before(unit, due)),
            Aspect::Prev => prev(series.now(unit, due), series.before(unit, due)),
            _ => Holding { value: series.quota(unit), complete: true },
        };
        let aspects = self.terms.iter().map(|term| term.aspect);
        aspects
            .zip(series)
            .map(move |(aspect, series)| (aspect, series.asks(unit).then(|| of(series, aspect))))
    }

    /// Adds up all units in one pass, which keeps nothing of a unit: there may be ten thousand of them.
    fn add_up(&mut self, series: &[Series<'_>]) {
        let mut sums = vec![Sum::default(); series.len()];
        let mut held = Vec::with_capacity(series.len());
        for unit in self.units.iter().copied() {
            held.clear();
            held.extend(self.held(series, unit));
            let asked = || held.iter().filter_map(|(aspect, held)| Some((*aspect, (*held)?)));
            let reported = asked().all(|(_, held)| held.complete);
            if !reported {
                self.missing.push(unit);
            }
            if asked().any(|(aspect, held)| aspect == Aspect::Kept && held.value.is_none()) {
                self.silent.push(unit);
            }
            for (sum, (aspect, held)) in sums.iter_mut().zip(&held) {
                if let Some(held) = held.filter(|_| *aspect == Aspect::Kept || self.counts_all || reported) {
                    sum.add(*aspect, held.value);
                }
            }
        }
        let amount =
            |(sum, series): (Sum, &Series<'_>)| Some(Quantity::scaled(sum.known()?, series.element.scale));
        self.sums = sums.into_iter().zip(series).map(amount).collect();
    }

    /// The formula's value over the sums. `back` takes every figure of the year before instead.
    pub fn value(&self, formula: &Formula, back: bool) -> Option<Quantity> {
        formula.expr.eval(&|term| {
            let aspect = if back && term.aspect == Aspect::Now { Aspect::Prev } else { term.aspect };
            let place = self.terms.iter().position(|own| *own == Term { aspect, ..term })?;
            self.sums.get(place).cloned().flatten()
        })
    }

    /// The formula's value for one unit by itself.
    pub fn value_of(&self, view: &View<'_>, formula: &Formula, part: &Part) -> Option<Quantity> {
        formula.expr.eval(&|term| {
            let place = self.terms.iter().position(|own| *own == term)?;
            let scale = view.programme.element(term.element).scale;
            part.values[place].map(|value| Quantity::scaled(value, scale))
        })
    }

    /// The figures that make a unit's value of a term; none where it has no value. Of `kept`, which is a judgement and
    /// no sum, the flag now and the year before.
    pub fn constituents(&self, view: &View<'_>, unit: UnitIx, term: Term) -> Vec<Constituent> {
        if !view.programme.asks(term.element, unit) {
            return Vec::new();
        }
        let series = view.series(term.element);
        let before = || series.before_of(unit, self.due).unwrap_or_default();
        match term.aspect {
            Aspect::Now => series.now_of(unit, self.due),
            Aspect::Kept => [series.now_of(unit, self.due), before()].concat(),
            Aspect::Prev => before(),
            _ => series.quota_of(unit).unwrap_or_default(),
        }
    }
}

/// What units have of a term, added up.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    value: Option<i128>,
    /// Whether it lacks something without which it means nothing.
    broken: bool,
}

impl Sum {
    /// This year's figures add up as far as there are any; of all else, what is missing breaks the sum.
    fn add(&mut self, aspect: Aspect, value: Option<i128>) {
        match value {
            Some(value) => self.value = Some(self.value.unwrap_or(0) + value),
            None => self.broken |= aspect != Aspect::Now,
        }
    }

    fn known(self) -> Option<i128> {
        self.value.filter(|_| !self.broken)
    }
}

/// A figure of the year before; a unit has reported with it when it is known and this year's has come in too.
fn prev(now: Holding, before: Option<i128>) -> Holding {
    Holding { value: before, complete: now.complete && before.is_some() }
}

/// Whether one unit has a flag and had it the year before; it has reported with the flag of now alone.
fn kept(now: Holding, before: Option<i128>) -> Holding {
    let value = match before {
        Some(0) => Some(0),
        Some(_) => now.value.filter(|_| now.complete),
        None => None,
    };
    Holding { value, complete: now.complete }
}

/// D: the smallest due month of the flows, else of the stocks and flags; 0 if any is not due yet.
fn due(terms: &[Term], series: &[Series<'_>]) -> u8 {
    let asked: Vec<&Series<'_>> =
        terms.iter().zip(series).filter(|(term, _)| term.aspect != Aspect::Quota).map(|(_, s)| s).collect();
    let asked = if asked.is_empty() { series.iter().collect() } else { asked };
    if asked.iter().any(|series| series.due == 0) {
        return 0;
    }
    let flows =
        asked.iter().filter(|series| series.element.kind == Kind::Flow).map(|series| series.due).min();
    flows.or_else(|| asked.iter().map(|series| series.due).min()).unwrap_or(0)
}

struct ScopeUnits {
    units: Vec<UnitIx>,
    unknown: Vec<UnitIx>,
}

/// The units of the scope to which at least one element of the formula applies. A unit that one condition leaves
/// out is out, even where another hangs on something unknown.
fn scope(view: &View<'_>, target: &Target, terms: &[Term], through: u8) -> ScopeUnits {
    let programme = view.programme;
    let flags: Vec<(Series<'_>, bool, crate::element::ElementIx)> =
        target.scope.flags().map(|(flag, is)| (view.series(flag), is, flag)).collect();
    let only_quotas = terms.iter().all(|term| term.aspect == Aspect::Quota);
    let asked = |unit: UnitIx| {
        let mut counted = terms.iter().filter(|term| only_quotas || term.aspect != Aspect::Quota);
        counted.any(|term| programme.asks(term.element, unit))
    };
    let mut scope = ScopeUnits { units: Vec::new(), unknown: Vec::new() };
    for unit in view.units().iter().copied() {
        if !target.scope.admits(unit, programme.unit(unit)) || !asked(unit) {
            continue;
        }
        let answers: Vec<Option<bool>> = flags
            .iter()
            .map(|(series, is, flag)| {
                let asks = programme.asks(*flag, unit);
                if asks { series.before(unit, through).map(|had| (had == 1) == *is) } else { Some(false) }
            })
            .collect();
        if answers.contains(&Some(false)) {
            continue;
        }
        if answers.contains(&None) { scope.unknown.push(unit) } else { scope.units.push(unit) }
    }
    scope
}
