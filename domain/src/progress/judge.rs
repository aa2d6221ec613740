//! From a figure to a status.

use super::assembly::{Assembly, Part};
use super::{ByHand, Decided, Progress, Status};
use crate::element::Kind;
use crate::formula::{Aspect, Comparison};
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
    progress.expected = assembly.expected();
    progress.reported = assembly.reported();
    progress.missing = assembly.parts.iter().filter(|part| !part.reported).map(|part| part.unit).collect();
    progress.expected_by_now = progress.value.as_ref().map(|value| case.expected_by_now(value));
    if target.comparator.is_each() {
        return case.each(progress);
    }
    progress.actual = assembly.value(formula, false);
    if target.comparator.looks_back() {
        progress.previous = assembly.value(formula, true);
        if target.comparator == Comparator::FallsBy {
            progress.actual =
                progress.previous.as_ref().zip(progress.actual.as_ref()).map(|(then, now)| then - now);
        }
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
        let Some(value) = progress.value.clone() else {
            progress.status = if self.is_early() { Status::NotDue } else { Status::NoTarget };
            return progress;
        };
        let comparison = match self.target.comparator {
            Comparator::EachAbove => Comparison::Greater,
            _ => Comparison::AtLeast,
        };
        let reported = self.assembly.parts.iter().filter(|part| part.reported);
        let of = |part: &Part| Some((part.unit, self.assembly.value_of(self.view, self.formula, part)?));
        let values: Vec<(UnitIx, Quantity)> = reported.filter_map(of).collect();
        let failing =
            values.iter().filter(|(_, own)| !comparison.holds(own.cmp(&value))).map(|(unit, _)| *unit);
        progress.failing = failing.collect();
        progress.failing.sort_by_key(|unit| &self.view.programme.unit(*unit).id);
        let all_good = progress.failing.is_empty();
        progress.status = match (values.is_empty(), self.is_final(&progress), all_good) {
            _ if self.is_early() => Status::NotDue,
            (true, ..) => Status::NoData,
            (_, true, true) => Status::Met,
            (_, true, false) => Status::Missed,
            (_, false, true) => Status::OnTrack,
            (_, false, false) => Status::Pending,
        };
        progress
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
            (Comparator::Falls | Comparator::Rises, _, None) => Status::NoData,
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

    /// What is certain: a sum of figures that are never below zero can only grow, whoever is still missing.
    /// Levels may fall in the course of the year, so theirs is certain only at its end.
    fn decided(&self, progress: &Progress) -> Option<Decided> {
        let actual = progress.actual.as_ref()?;
        let grows =
            self.is_cumulative() || (self.additive && self.is_never_negative() && self.view.month == 12);
        match (self.target.comparator, &progress.value) {
            (Comparator::AtLeast | Comparator::Range, Some(value)) if grows && actual >= value => {
                Some(Decided::Met)
            }
            (Comparator::AtMost | Comparator::Equal, Some(value)) if grows && actual > value => {
                Some(Decided::Missed)
            }
            (Comparator::Falls, _) if self.is_past_whole_year_before() => Some(Decided::Missed),
            _ => None,
        }
    }

    /// Whether a sum of flows has reached in the months so far what all units had in the whole year before.
    fn is_past_whole_year_before(&self) -> bool {
        let flows = self.formula.additive
            && self.is_never_negative()
            && self.elements().all(|element| element.kind == Kind::Flow);
        if !flows {
            return false;
        }
        let total = |aspect: Aspect| {
            self.formula.expr.eval(&|term| {
                let series = self.view.series(term.element);
                let asked =
                    self.assembly.parts.iter().filter(|p| self.view.programme.asks(term.element, p.unit));
                let sum: Option<i128> = match aspect {
                    Aspect::Prev => asked.map(|part| series.before(part.unit, 12)).sum(),
                    _ => Some(asked.filter_map(|part| series.now(part.unit, self.assembly.due).value).sum()),
                };
                sum.map(|sum| Quantity::scaled(sum, series.element.scale))
            })
        };
        total(Aspect::Now).zip(total(Aspect::Prev)).is_some_and(|(now, then)| now >= then)
    }
}

/// The flag of every unit of the scope, which in practice is one.
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
