//! Gathering a target's figure, one unit after another.
//!
//! All targets are asked of a unit before the next one, for its figures lie together. Nothing of a unit is kept but
//! what it adds to the sums, and its name where something is missing.

use super::assembly::{Assembly, held};
use crate::element::Kind;
use crate::formula::{Aspect, Term};
use crate::quantity::Quantity;
use crate::target::{Comparator, Formula, Target};
use crate::totals::{Holding, Series, View};
use crate::unit::UnitIx;

/// A target's figure while units are asked.
pub(super) struct Gathering<'a> {
    view: &'a View<'a>,
    target: &'a Target,
    formula: &'a Formula,
    tallies: Vec<Tally<'a>>,
    /// The flags of the year before that the scope asks for, with the answer wanted.
    flags: Vec<(Series<'a>, bool)>,
    only_quotas: bool,
    /// Units of which it is not known whether they belong to the target.
    unknown: Vec<UnitIx>,
    assembly: Assembly,
}

/// One term's tally: what the unit asked has of it, and the sums so far.
struct Tally<'a> {
    term: Term,
    series: Series<'a>,
    held: Option<Holding>,
    sum: Option<i128>,
    /// Whether the sum lacks something without which it means nothing.
    broken: bool,
    least: i128,
    /// None where it is not asked for, or not known of every unit.
    year_before: Option<i128>,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(view: &'a View<'a>, target: &'a Target, formula: &'a Formula) -> Self {
        let terms = terms_of(target, formula);
        let whole_year = formula.additive && target.comparator == Comparator::Falls;
        let year_before = whole_year.then_some(0);
        let tallies: Vec<Tally<'_>> = terms.iter().map(|term| Tally::new(view, *term, year_before)).collect();
        let counts_all = formula.additive && !target.comparator.looks_back();
        Self {
            view,
            target,
            formula,
            flags: target.scope.flags().map(|(flag, is)| (view.series(flag), is)).collect(),
            only_quotas: terms.iter().all(|term| term.aspect == Aspect::Quota),
            unknown: Vec::new(),
            assembly: Assembly { due: due(&tallies), terms, counts_all, ..Assembly::default() },
            tallies,
        }
    }

    /// Adds a unit, if it belongs to the target.
    pub(super) fn ask(&mut self, unit: UnitIx) {
        if self.assembly.due == 0 || !self.is_asked(unit) {
            return;
        }
        match self.has_flags(unit) {
            Some(true) => self.add(unit),
            Some(false) => {}
            None => self.unknown.push(unit),
        }
    }

    /// What has come together. A scope that hangs on something unknown leaves nothing to add up.
    pub(super) fn finish(self) -> Assembly {
        let Assembly { due, terms, .. } = self.assembly;
        if due == 0 {
            return Assembly { due, terms, ..Assembly::default() };
        }
        if !self.unknown.is_empty() {
            return Assembly { due, terms, silent: self.unknown, scope_unknown: true, ..Assembly::default() };
        }
        let sums =
            self.tallies.iter().map(|tally| tally.amount(tally.sum.filter(|_| !tally.broken))).collect();
        let least = self.tallies.iter().filter_map(|tally| tally.amount(Some(tally.least))).collect();
        let year_before = self.tallies.iter().map(|tally| tally.amount(tally.year_before)).collect();
        Assembly { terms, sums, least, year_before, ..self.assembly }
    }

    /// Whether the scope lets the unit in, flags aside, and it fills in at least one element of the formula.
    fn is_asked(&self, unit: UnitIx) -> bool {
        let counts = |tally: &&Tally<'_>| self.only_quotas || tally.term.aspect != Aspect::Quota;
        self.target.scope.admits(unit, self.view.programme.unit(unit))
            && self.tallies.iter().filter(counts).any(|tally| tally.series.asks(unit))
    }

    /// Whether it had the flags that the scope asks for. One that is otherwise leaves a unit out, even where
    /// another is unknown.
    fn has_flags(&self, unit: UnitIx) -> Option<bool> {
        let mut all = Some(true);
        for (series, is) in &self.flags {
            let had = series.asks(unit).then(|| series.before(unit, self.assembly.due));
            match had {
                Some(None) => all = None,
                Some(Some(had)) if (had == 1) == *is => {}
                _ => return Some(false),
            }
        }
        all
    }

    fn add(&mut self, unit: UnitIx) {
        let (mut reported, mut breaks) = (true, false);
        for tally in &mut self.tallies {
            tally.held = held(&tally.series, tally.term.aspect, unit, self.assembly.due);
            reported &= tally.held.is_none_or(|held| held.complete);
            breaks |= tally.breaks_what_is_kept();
        }
        self.note(unit, reported, breaks);
        let counted = reported || self.assembly.counts_all;
        self.tallies.iter_mut().for_each(|tally| tally.add(counted));
        if self.formula.additive {
            let last_month = self.view.month == 12;
            self.tallies.iter_mut().for_each(|tally| tally.add_certain(unit, last_month));
        }
    }

    /// Notes who was asked, and what is to be said of it by name.
    fn note(&mut self, unit: UnitIx, reported: bool, breaks: bool) {
        self.assembly.units.push(unit);
        if !reported {
            self.assembly.missing.push(unit);
        }
        if breaks {
            self.assembly.silent.push(unit);
        }
        if reported && self.target.comparator.is_each() {
            self.assembly.each.extend(self.value_of_one().map(|value| (unit, value)));
        }
    }

    /// The formula's value for the unit that is asked.
    fn value_of_one(&self) -> Option<Quantity> {
        self.formula.expr.eval(&|term| {
            let tally = self.tallies.iter().find(|tally| tally.term == term)?;
            tally.amount(tally.held?.value)
        })
    }
}

impl<'a> Tally<'a> {
    fn new(view: &'a View<'a>, term: Term, year_before: Option<i128>) -> Self {
        let series = view.series(term.element);
        Self { term, series, held: None, sum: None, broken: false, least: 0, year_before }
    }

    /// This year's figures add up as far as there are any; of all else, what is missing breaks the sum. What is kept
    /// must be known of every unit, reported or not.
    fn add(&mut self, counted: bool) {
        let Some(held) = self.held.filter(|_| counted || self.term.aspect == Aspect::Kept) else { return };
        match held.value {
            Some(value) => self.sum = Some(self.sum.unwrap_or(0) + value),
            None => self.broken |= self.term.aspect != Aspect::Now,
        }
    }

    /// Adds what a unit has for certain, which is its flows, as they only grow, and the levels that are December's own;
    /// and what it had in the whole year before.
    fn add_certain(&mut self, unit: UnitIx, last_month: bool) {
        let Some(held) = self.held else { return };
        if self.series.element.kind == Kind::Flow || last_month && held.complete {
            self.least += held.value.unwrap_or(0);
        }
        self.year_before = self.year_before.and_then(|sum| Some(sum + self.series.before(unit, 12)?));
    }

    fn breaks_what_is_kept(&self) -> bool {
        self.term.aspect == Aspect::Kept && self.held.is_some_and(|held| held.value.is_none())
    }

    fn amount(&self, value: Option<i128>) -> Option<Quantity> {
        value.map(|value| Quantity::scaled(value, self.series.element.scale))
    }
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

/// D: the smallest due month of the flows, else of the stocks and flags; 0 if any is not due yet.
fn due(tallies: &[Tally<'_>]) -> u8 {
    let asked: Vec<&Series<'_>> = tallies
        .iter()
        .filter(|tally| tally.term.aspect != Aspect::Quota)
        .map(|tally| &tally.series)
        .collect();
    let asked = if asked.is_empty() { tallies.iter().map(|tally| &tally.series).collect() } else { asked };
    if asked.iter().any(|series| series.due == 0) {
        return 0;
    }
    let flows =
        asked.iter().filter(|series| series.element.kind == Kind::Flow).map(|series| series.due).min();
    flows.or_else(|| asked.iter().map(|series| series.due).min()).unwrap_or(0)
}
