//! From a figure to a status.

use super::assembly::Assembly;
use super::{ByHand, Decided, Progress, Status};
use crate::element::Kind;
use crate::formula::Comparison;
use crate::quantity::Quantity;
use crate::target::{Comparator, Formula, Pace, Target};
use crate::totals::View;
use crate::unit::UnitIx;

/// Judges a target. The order of the questions is the definition.
pub(super) fn judge(
    view: &View<'_>,
    target: &Target,
    assembly: Option<&Assembly>,
    by_hand: Option<&ByHand>,
) -> Progress {
    let mut progress = bare(target, by_hand);
    let (Some(assembly), Some(formula)) = (assembly, &target.formula) else { return progress };
    progress.status = Status::NotDue;
    if assembly.due == 0 {
        return progress;
    }
    progress.silent.clone_from(&assembly.silent);
    if assembly.scope_unknown {
        progress.status = Status::NoData;
        return progress;
    }
    let case = Case {
        view,
        target,
        formula,
        assembly,
        additive: formula.additive && !target.comparator.looks_back(),
    };
    progress.expected = assembly.units.len();
    progress.reported = assembly.units.len() - assembly.missing.len();
    progress.missing.clone_from(&assembly.missing);
    progress.expected_by_now = progress.value.as_ref().map(|value| case.expected_by_now(value));
    if target.comparator.is_each() {
        return case.each(progress);
    }
    progress.actual = assembly.value(formula, false);
    if target.comparator.looks_back() {
        progress.previous = assembly.value(formula, true);
        let years = progress.previous.as_ref().zip(progress.actual.take());
        let falls_by = target.comparator == Comparator::FallsBy;
        progress.actual = years.map(|(then, now)| if falls_by { then - &now } else { now });
    }
    let above = |upper: &Quantity| progress.actual.as_ref().is_some_and(|actual| actual > upper);
    progress.over = progress.upper.as_ref().is_some_and(above);
    progress.status = case.status(&progress);
    progress.decided = case.decided(&progress);
    progress
}

/// A target before anything is known of its figures, which is all that there is of a guideline.
fn bare(target: &Target, by_hand: Option<&ByHand>) -> Progress {
    let set = by_hand.and_then(|by_hand| by_hand.value);
    Progress {
        status: Status::Manual,
        actual: None,
        previous: None,
        value: set.or(target.value).map(Quantity::from),
        upper: target.upper.map(Quantity::from),
        expected_by_now: None,
        expected: 0,
        reported: 0,
        missing: Vec::new(),
        silent: Vec::new(),
        failing: Vec::new(),
        over: false,
        decided: None,
        by_hand: by_hand.cloned(),
    }
}

struct Case<'a> {
    view: &'a View<'a>,
    target: &'a Target,
    formula: &'a Formula,
    assembly: &'a Assembly,
    /// Whether the figure adds up over units and is compared with no other year.
    additive: bool,
}

impl Case<'_> {
    fn expected_by_now(&self, value: &Quantity) -> Quantity {
        match self.target.pace {
            Pace::Level => value.clone(),
            Pace::Linear => value * &share(self.assembly.due.into(), 12),
        }
    }

    /// Whether the target is not judged yet.
    fn is_early(&self) -> bool {
        self.target.from.is_some_and(|from| self.view.month < from.last_month())
    }

    /// Whether the year is over and everyone has reported.
    fn is_final(&self, progress: &Progress) -> bool {
        self.view.month == 12 && progress.reported == progress.expected
    }

    /// Whether all of it comes from figures that are never below zero.
    fn is_never_negative(&self) -> bool {
        self.elements().all(crate::element::Element::never_negative)
    }

    /// Whether it can only grow in the course of the year.
    fn is_cumulative(&self) -> bool {
        self.additive && self.is_never_negative() && self.elements().all(|element| element.kind == Kind::Flow)
    }

    fn elements(&self) -> impl Iterator<Item = &crate::element::Element> {
        self.formula.terms.iter().map(|term| self.view.programme.element(term.element))
    }

    /// `each > v`, `each >= v`: every reported unit by itself.
    fn each(&self, mut progress: Progress) -> Progress {
        let values = &self.assembly.each;
        if let Some(value) = &progress.value {
            progress.failing = self.failing(values, value);
        }
        progress.status = if self.is_early() {
            Status::NotDue
        } else if values.is_empty() {
            Status::NoData
        } else if progress.value.is_none() {
            Status::NoTarget
        } else {
            outcome(progress.failing.is_empty(), self.is_final(&progress), Status::Pending)
        };
        progress
    }

    /// Who does not satisfy an `each` target, by id. Shown before the target is judged, too.
    fn failing(&self, values: &[(UnitIx, Quantity)], value: &Quantity) -> Vec<UnitIx> {
        let comparison = match self.target.comparator {
            Comparator::EachAbove => Comparison::Greater,
            _ => Comparison::AtLeast,
        };
        let short = values.iter().filter(|(_, own)| !comparison.holds(own.cmp(value)));
        let mut failing: Vec<UnitIx> = short.map(|(unit, _)| *unit).collect();
        failing.sort_by_key(|unit| &self.view.programme.unit(*unit).id);
        failing
    }

    fn status(&self, progress: &Progress) -> Status {
        if self.target.comparator == Comparator::Reference {
            return Status::Manual;
        }
        if self.is_early() {
            return Status::NotDue;
        }
        let Some(actual) = &progress.actual else { return Status::NoData };
        let is_final = self.is_final(progress);
        match (self.target.comparator, &progress.value, &progress.previous) {
            (Comparator::AtLeast | Comparator::Range | Comparator::FallsBy, Some(value), _) => {
                self.at_least(progress, actual, value)
            }
            (Comparator::AtMost, Some(value), _) => self.at_most(actual, value, is_final),
            (Comparator::Equal, Some(value), _) => outcome(actual == value, is_final, Status::Pending),
            (Comparator::Falls, _, Some(then)) => outcome(actual < then, is_final, Status::Behind),
            (Comparator::Rises, _, Some(then)) => outcome(actual > then, is_final, Status::Behind),
            (Comparator::Achieved, ..) => achieved(actual, progress.expected, is_final),
            _ => Status::NoTarget,
        }
    }

    fn at_least(&self, progress: &Progress, actual: &Quantity, value: &Quantity) -> Status {
        let is_final = self.is_final(progress);
        if actual >= value {
            return if is_final || self.is_cumulative() { Status::Met } else { Status::OnTrack };
        }
        if is_final {
            return Status::Missed;
        }
        if self.target.pace == Pace::Level && self.additive && progress.is_provisional() {
            return Status::Pending;
        }
        let expected = self.expected_by_now(value);
        if *actual >= expected {
            Status::OnTrack
        } else if *actual >= &expected * &share(9, 10) {
            Status::AtRisk
        } else {
            Status::Behind
        }
    }

    fn at_most(&self, actual: &Quantity, value: &Quantity, is_final: bool) -> Status {
        if is_final {
            return if actual <= value { Status::Met } else { Status::Missed };
        }
        let expected = self.expected_by_now(value);
        if *actual <= expected {
            Status::OnTrack
        } else if *actual <= &expected * &share(11, 10) {
            Status::AtRisk
        } else {
            Status::Behind
        }
    }

    /// What is certain, whoever is still missing.
    fn decided(&self, progress: &Progress) -> Option<Decided> {
        progress.actual.as_ref()?;
        let (least, value) = (self.least()?, progress.value.as_ref());
        let (outcome, is_certain) = match self.target.comparator {
            Comparator::AtLeast | Comparator::Range => (Decided::Met, least >= *value?),
            Comparator::AtMost | Comparator::Equal => (Decided::Missed, least > *value?),
            Comparator::Falls => (Decided::Missed, least >= self.whole_year_before()?),
            _ => return None,
        };
        is_certain.then_some(outcome)
    }

    /// What a sum of figures that are never below zero cannot fall below any more by the end of the year: its flows
    /// can only grow. A level may still fall to nothing, unless it is December's.
    fn least(&self) -> Option<Quantity> {
        if !self.formula.additive || !self.is_never_negative() {
            return None;
        }
        self.assembly.value_over(self.formula, |place| self.assembly.least.get(place))
    }

    /// What all units together had in the year before, its last month included.
    fn whole_year_before(&self) -> Option<Quantity> {
        self.assembly.value_over(self.formula, |place| self.assembly.year_before.get(place)?.as_ref())
    }
}

/// Whether every unit that is asked has the flag; `actual` is how many have.
fn achieved(actual: &Quantity, expected: usize, is_final: bool) -> Status {
    let wanted = i64::try_from(expected).unwrap_or(i64::MAX);
    match (*actual >= wanted, is_final) {
        (true, _) => Status::Met,
        (false, true) => Status::Missed,
        (false, false) => Status::Pending,
    }
}

fn share(numerator: i64, denominator: i64) -> Quantity {
    Quantity::ratio(numerator, denominator).unwrap_or_else(Quantity::zero)
}

/// `met` or `missed` at the end of the year, `on_track` or `otherwise` before it.
fn outcome(good: bool, is_final: bool, otherwise: Status) -> Status {
    match (good, is_final) {
        (true, true) => Status::Met,
        (false, true) => Status::Missed,
        (true, false) => Status::OnTrack,
        (false, false) => otherwise,
    }
}
