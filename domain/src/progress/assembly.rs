//! What a target's figure is put together from: its units, what each of them has, and the sums.

use super::gathering::Gathering;
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
    /// What the sums over all units cannot fall below any more, if no figure is ever below zero.
    pub(super) least: Vec<Quantity>,
    /// What all units had in the whole year before, where that is asked for and known of every one.
    pub(super) year_before: Vec<Option<Quantity>>,
    /// Of an `each` target, what the formula gives for every unit that has reported.
    pub(super) each: Vec<(UnitIx, Quantity)>,
    /// Units whose silence leaves the target without data.
    pub silent: Vec<UnitIx>,
    /// Whether the scope itself hangs on something unknown.
    pub scope_unknown: bool,
    /// Whether units count that have not reported everything.
    pub(super) counts_all: bool,
}

impl Assembly {
    /// Puts a target's figure together as of the view's month.
    pub fn new(view: &View<'_>, target: &Target, formula: &Formula) -> Self {
        let mut gathering = Gathering::new(view, target, formula);
        view.units().iter().for_each(|unit| gathering.ask(*unit));
        gathering.finish()
    }

    /// Takes the sums apart again: what each unit that is asked has in them.
    pub fn parts<'a>(&'a self, view: &'a View<'a>) -> impl Iterator<Item = Part> + 'a {
        let series: Vec<Series<'_>> = self.terms.iter().map(|term| view.series(term.element)).collect();
        self.units.iter().map(move |unit| self.part(&series, *unit))
    }

    fn part(&self, series: &[Series<'_>], unit: UnitIx) -> Part {
        let terms = self.terms.iter().zip(series);
        let held: Vec<Option<Holding>> =
            terms.map(|(term, series)| held(series, term.aspect, unit, self.due)).collect();
        let reported = held.iter().flatten().all(|held| held.complete);
        let values = held.into_iter().map(|held| held?.value).collect();
        Part { unit, reported, counted: self.counts_all || reported, values }
    }

    /// The formula's value over the sums. `back` takes every figure of the year before instead.
    pub fn value(&self, formula: &Formula, back: bool) -> Option<Quantity> {
        formula.expr.eval(&|term| {
            let aspect = if back && term.aspect == Aspect::Now { Aspect::Prev } else { term.aspect };
            let place = self.terms.iter().position(|own| *own == Term { aspect, ..term })?;
            self.sums.get(place).cloned().flatten()
        })
    }

    /// The formula's value over other sums of the same terms.
    pub(super) fn value_over<'a>(
        &self,
        formula: &Formula,
        sum: impl Fn(usize) -> Option<&'a Quantity>,
    ) -> Option<Quantity> {
        formula.expr.eval(&|term| sum(self.terms.iter().position(|own| *own == term)?).cloned())
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

/// What a unit has of a term; none where it does not fill in the element.
pub(super) fn held(series: &Series<'_>, aspect: Aspect, unit: UnitIx, due: u8) -> Option<Holding> {
    let of = || match aspect {
        Aspect::Now => series.now(unit, due),
        Aspect::Kept => kept(series.now(unit, due), series.before(unit, due)),
        Aspect::Prev => prev(series.now(unit, due), series.before(unit, due)),
        _ => Holding { value: series.quota(unit), complete: true },
    };
    series.asks(unit).then(of)
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
