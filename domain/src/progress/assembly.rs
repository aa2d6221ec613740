//! What a target's figure is put together from: its units, what each of them has, and the sums.

use super::gathering::Gathering;
use super::readings::{Readings, held};
use crate::element::Value;
use crate::formula::{Aspect, Term};
use crate::quantity::Quantity;
use crate::target::{Formula, Target};
use crate::totals::{Constituent, Holding, Series, Subject, View};
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
    pub values: Vec<Option<Value>>,
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
    pub fn new<'a>(view: &'a View<'a>, target: &'a Target, formula: &'a Formula) -> Self {
        let mut readings = Readings::new(view);
        let mut gathering = Gathering::new(view, target, formula, &mut readings);
        for unit in view.units() {
            readings.read(&view.subject(*unit));
            gathering.ask(*unit, &readings);
        }
        gathering.finish()
    }

    /// Takes the sums apart again: what each unit that is asked has in them.
    pub fn parts<'a>(&'a self, view: &'a View<'a>) -> impl Iterator<Item = Part> + 'a {
        let series: Vec<Series<'_>> = self.terms.iter().map(|term| view.series(term.element)).collect();
        self.units.iter().map(move |unit| self.part(&series, &view.subject(*unit)))
    }

    fn part<'a>(&self, series: &[Series<'a>], subject: &Subject<'a>) -> Part {
        let terms = self.terms.iter().zip(series);
        let held: Vec<Option<Holding>> =
            terms.map(|(term, series)| held(series, term.aspect, subject, self.due)).collect();
        let reported = held.iter().flatten().all(|held| held.complete);
        let values = held.into_iter().map(|held| held?.value).collect();
        Part { unit: subject.unit, reported, counted: self.counts_all || reported, values }
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
        let (series, subject) = (view.series(term.element), &view.subject(unit));
        let before = || series.before_of(subject, self.due).unwrap_or_default();
        match term.aspect {
            Aspect::Now => series.now_of(subject, self.due),
            Aspect::Kept => [series.now_of(subject, self.due), before()].concat(),
            Aspect::Prev => before(),
            _ => series.quota_of(subject).unwrap_or_default(),
        }
    }
}
