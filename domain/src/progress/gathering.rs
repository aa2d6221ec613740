//! Gathering a target's figure, one unit after another.
//!
//! All targets are asked of a unit before the next one, for its figures lie together and are read once for all. Nothing
//! of a unit is kept but what it adds to the sums, and its name where something is missing.

use super::assembly::Assembly;
use super::readings::Readings;
use crate::element::{Element, Kind};
use crate::formula::{Aspect, Term};
use crate::quantity::Quantity;
use crate::target::{Comparator, Formula, Target};
use crate::totals::{Holding, View};
use crate::unit::UnitIx;

/// A target's figure while units are asked.
pub(super) struct Gathering<'a> {
    view: &'a View<'a>,
    target: &'a Target,
    formula: &'a Formula,
    tallies: Vec<Tally<'a>>,
    /// Where the flags of the year before are read that the scope asks for, with the answer wanted.
    flags: Vec<(usize, bool)>,
    only_quotas: bool,
    /// Units of which it is not known whether they belong to the target.
    unknown: Vec<UnitIx>,
    assembly: Assembly,
}

/// One term's tally: where it is read, and the sums so far.
struct Tally<'a> {
    term: Term,
    element: &'a Element,
    reading: usize,
    /// Where the whole year before is read, if it is asked for.
    whole_year_before: Option<usize>,
    sum: Option<i128>,
    /// Whether the sum lacks something without which it means nothing.
    broken: bool,
    least: i128,
    /// None where it is not asked for, or not known of every unit.
    year_before: Option<i128>,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(
        view: &'a View<'a>,
        target: &'a Target,
        formula: &'a Formula,
        readings: &mut Readings<'a>,
    ) -> Self {
        let terms = terms_of(target, formula);
        let due = due(view, &terms);
        let whole_year_before = formula.additive && target.comparator == Comparator::Falls;
        let tally = |term: &Term| Tally::new(view, *term, due, whole_year_before, readings);
        let tallies = terms.iter().map(tally).collect();
        let flags = target.scope.flags();
        let flags = flags.map(|(flag, is)| (readings.place_of(flag, Aspect::Prev, due), is)).collect();
        let counts_all = formula.additive && !target.comparator.looks_back();
        Self {
            view,
            target,
            formula,
            tallies,
            flags,
            only_quotas: terms.iter().all(|term| term.aspect == Aspect::Quota),
            unknown: Vec::new(),
            assembly: Assembly { due, terms, counts_all, ..Assembly::default() },
        }
    }

    /// Adds a unit, whose figures have been read, if it belongs to the target.
    pub(super) fn ask(&mut self, unit: UnitIx, readings: &Readings<'a>) {
        if self.assembly.due == 0 || !self.target.scope.admits(unit, self.view.programme.unit(unit)) {
            return;
        }
        if !self.is_asked(readings) {
            return;
        }
        match self.has_flags(readings) {
            Some(true) => self.add(unit, readings),
            Some(false) => {}
            None => self.unknown.push(unit),
        }
    }

    /// Adds what came together from the units after those that were asked here.
    pub(super) fn add_up(&mut self, more: Self) {
        self.unknown.extend(more.unknown);
        self.assembly.units.extend(more.assembly.units);
        self.assembly.missing.extend(more.assembly.missing);
        self.assembly.silent.extend(more.assembly.silent);
        self.assembly.each.extend(more.assembly.each);
        self.tallies.iter_mut().zip(&more.tallies).for_each(|(tally, more)| tally.add_up(more));
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

    /// Whether the unit fills in at least one element of the formula.
    fn is_asked(&self, readings: &Readings<'a>) -> bool {
        let counts = |tally: &&Tally<'_>| self.only_quotas || tally.term.aspect != Aspect::Quota;
        self.tallies.iter().filter(counts).any(|tally| readings.held(tally.reading).is_some())
    }

    /// Whether it had the flags that the scope asks for. One that is otherwise leaves a unit out, even where
    /// another is unknown.
    fn has_flags(&self, readings: &Readings<'a>) -> Option<bool> {
        let mut all = Some(true);
        for (flag, is) in &self.flags {
            match readings.held(*flag).map(|held| held.value) {
                Some(None) => all = None,
                Some(Some(had)) if (had == 1) == *is => {}
                _ => return Some(false),
            }
        }
        all
    }

    fn add(&mut self, unit: UnitIx, readings: &Readings<'a>) {
        let held = |tally: &Tally<'_>| readings.held(tally.reading);
        let reported = self.tallies.iter().all(|tally| held(tally).is_none_or(|held| held.complete));
        let breaks = self.tallies.iter().any(|tally| tally.is_broken_by(held(tally)));
        self.note(unit, reported, breaks);
        if reported && self.target.comparator.is_each() {
            self.assembly.each.extend(self.value_of_one(readings).map(|value| (unit, value)));
        }
        let counted = reported || self.assembly.counts_all;
        let (certain, last_month) = (self.formula.additive, self.view.month == 12);
        for tally in &mut self.tallies {
            let Some(held) = readings.held(tally.reading) else { continue };
            tally.add(held, counted);
            if certain {
                tally.add_certain(held, last_month, readings);
            }
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
    }

    /// The formula's value for the unit that is asked.
    fn value_of_one(&self, readings: &Readings<'a>) -> Option<Quantity> {
        self.formula.expr.eval(&|term| {
            let tally = self.tallies.iter().find(|tally| tally.term == term)?;
            tally.amount(readings.held(tally.reading)?.value.map(i128::from))
        })
    }
}

impl<'a> Tally<'a> {
    fn new(
        view: &View<'a>,
        term: Term,
        due: u8,
        whole_year_before: bool,
        readings: &mut Readings<'a>,
    ) -> Self {
        Self {
            term,
            element: view.programme.element(term.element),
            reading: readings.place(term, due),
            whole_year_before: whole_year_before.then(|| readings.place_of(term.element, Aspect::Prev, 12)),
            sum: None,
            broken: false,
            least: 0,
            year_before: whole_year_before.then_some(0),
        }
    }

    /// This year's figures add up as far as there are any; of all else, what is missing breaks the sum. What is kept
    /// must be known of every unit, reported or not.
    fn add(&mut self, held: &Holding, counted: bool) {
        if !counted && self.term.aspect != Aspect::Kept {
            return;
        }
        match held.value {
            Some(value) => self.sum = Some(self.sum.unwrap_or(0) + i128::from(value)),
            None => self.broken |= self.term.aspect != Aspect::Now,
        }
    }

    /// Adds what a unit has for certain, which is its flows, as they only grow, and the levels that are December's own;
    /// and what it had in the whole year before.
    fn add_certain(&mut self, held: &Holding, last_month: bool, readings: &Readings<'a>) {
        if self.element.kind == Kind::Flow || last_month && held.complete {
            self.least += i128::from(held.value.unwrap_or(0));
        }
        if let Some(reading) = self.whole_year_before {
            let before = readings.held(reading).and_then(|held| held.value);
            self.year_before = self.year_before.zip(before).map(|(sum, before)| sum + i128::from(before));
        }
    }

    fn add_up(&mut self, more: &Self) {
        self.sum = match (self.sum, more.sum) {
            (Some(sum), Some(more)) => Some(sum + more),
            (sum, more) => sum.or(more),
        };
        self.broken |= more.broken;
        self.least += more.least;
        self.year_before = self.year_before.zip(more.year_before).map(|(sum, more)| sum + more);
    }

    /// Whether a unit leaves what is kept unknown.
    fn is_broken_by(&self, held: Option<&Holding>) -> bool {
        self.term.aspect == Aspect::Kept && held.is_some_and(|held| held.value.is_none())
    }

    fn amount(&self, value: Option<i128>) -> Option<Quantity> {
        value.map(|value| Quantity::scaled(value, self.element.scale))
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
fn due(view: &View<'_>, terms: &[Term]) -> u8 {
    let of = |term: &Term| (view.programme.element(term.element).kind, view.due(term.element));
    let mut asked: Vec<(Kind, u8)> =
        terms.iter().filter(|term| term.aspect != Aspect::Quota).map(of).collect();
    if asked.is_empty() {
        asked = terms.iter().map(of).collect();
    }
    if asked.iter().any(|(_, due)| *due == 0) {
        return 0;
    }
    let flows = asked.iter().filter(|(kind, _)| *kind == Kind::Flow).map(|(_, due)| *due).min();
    flows.or_else(|| asked.iter().map(|(_, due)| *due).min()).unwrap_or(0)
}
