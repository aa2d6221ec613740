//! The eight rules of status, in their order.

use gom_domain::element::Kind;
use gom_domain::progress::Status;
use gom_domain::target::{Comparator, Pace, Target};
use gom_domain::unit::UnitIx;
use num_rational::BigRational;

use super::figures::{Case, Side, looks_back, mentions};
use super::{Answer, Model, Twist, decimal, fraction};

/// What has been found out of a target on the way to its status.
struct Finding<'a> {
    case: Case<'a>,
    target: &'a Target,
    provisional: bool,
    /// M is December and reported = expected.
    last_word: bool,
}

fn answer(status: Status, coverage: Option<(usize, usize)>, actual: Option<BigRational>) -> Answer {
    Answer { status, actual, coverage, failing: None, over: None, expected_by_now: None }
}

fn met_or_missed(reached: bool) -> Status {
    if reached { Status::Met } else { Status::Missed }
}

impl Model<'_> {
    pub(crate) fn answer(&self, target: &Target) -> Answer {
        // 1
        let Some(formula) = &target.formula else { return answer(Status::Manual, None, None) };
        let through = self.due(&formula.expr);
        if through == 0 {
            return answer(Status::NotDue, Some((0, 0)), None);
        }
        let Some(scope) = self.scope(target, &formula.expr) else {
            return answer(Status::NoData, Some((0, 0)), None);
        };
        let case = Case { expr: &formula.expr, comparator: target.comparator, through, scope };
        let (reported, expected) = (self.reported(&case).len(), self.expected(&case).len());
        let provisional = reported < expected;
        let last_word =
            self.month == 12 && (!provisional || self.bent(Twist::FinalInDecemberWhoeverIsMissing));
        let finding = Finding { case, target, provisional, last_word };
        let found = match target.comparator {
            Comparator::EachAbove | Comparator::EachAtLeast => self.each(&finding),
            _ => self.one_figure(&finding),
        };
        Answer { coverage: Some((reported, expected)), ..found }
    }

    fn is_before_its_time(&self, target: &Target) -> bool {
        let from = target.from.map_or(1, gom_domain::Period::last_month);
        self.month < from && !self.bent(Twist::FromIsIgnored)
    }

    /// 2: every unit by itself.
    fn each(&self, finding: &Finding<'_>) -> Answer {
        if self.is_before_its_time(finding.target) {
            return answer(Status::NotDue, None, None);
        }
        let units = self.reported(&finding.case).into_iter();
        let values: Vec<(String, BigRational)> =
            units.filter_map(|unit| Some((self.id(unit), self.alone(&finding.case, unit)?))).collect();
        let wanted = finding.target.value.map(|value| decimal(value.digits, value.scale));
        if values.is_empty() && !(wanted.is_none() && self.bent(Twist::EachNeedsItsValueFirst)) {
            return answer(Status::NoData, None, None);
        }
        let Some(wanted) = wanted else { return answer(Status::NoTarget, None, None) };
        let above = finding.target.comparator == Comparator::EachAbove;
        let fails = |value: &BigRational| if above { *value <= wanted } else { *value < wanted };
        let mut failing: Vec<String> =
            values.into_iter().filter(|(_, value)| fails(value)).map(|(id, _)| id).collect();
        failing.sort();
        let status = match (finding.last_word || self.bent(Twist::EachIsMissedAtOnce), failing.is_empty()) {
            (true, none) => met_or_missed(none),
            (false, true) => Status::OnTrack,
            (false, false) => Status::Pending,
        };
        Answer { failing: Some(failing), ..answer(status, None, None) }
    }

    /// 3, and what follows it.
    fn one_figure(&self, finding: &Finding<'_>) -> Answer {
        let target = finding.target;
        let now = self.together(&finding.case, Side::Now);
        let looks_back = looks_back(target.comparator);
        let before = if looks_back { self.together(&finding.case, Side::Before) } else { None };
        let actual = match target.comparator {
            Comparator::FallsBy => before.clone().zip(now).map(|(before, now)| before - now),
            _ if looks_back && !self.bent(Twist::FallsWithoutTheYearBefore) => before.as_ref().and(now),
            _ => now,
        };
        if target.comparator == Comparator::Reference {
            return answer(Status::Manual, None, actual);
        }
        if self.is_before_its_time(target) {
            return answer(Status::NotDue, None, actual);
        }
        let Some(figure) = actual.clone() else { return answer(Status::NoData, None, None) };
        if before.is_none() && looks_back {
            return answer(Status::NoData, None, actual);
        }
        let needs_none = [Comparator::Falls, Comparator::Rises, Comparator::Achieved];
        let wanted = match target.value {
            Some(value) => decimal(value.digits, value.scale),
            None if needs_none.contains(&target.comparator) => fraction(0, 1),
            None => return answer(Status::NoTarget, None, actual),
        };
        let judged = match target.comparator {
            Comparator::AtLeast | Comparator::FallsBy | Comparator::Range => {
                self.at_least(finding, &figure, &wanted)
            }
            Comparator::AtMost => self.at_most(finding, &figure, &wanted),
            Comparator::Falls => direction(finding, before.is_some_and(|before| figure < before)),
            Comparator::Rises => direction(finding, before.is_some_and(|before| figure > before)),
            Comparator::Equal => equal(finding, figure == wanted),
            Comparator::Achieved => achieved(finding, self.all_say_yes(&finding.case)),
            _ => unreachable!("judged before"),
        };
        Answer { actual, ..judged }
    }

    fn by_now(&self, finding: &Finding<'_>, wanted: &BigRational) -> BigRational {
        let linear = finding.target.pace == Pace::Linear || self.bent(Twist::PaceIsAlwaysLinear);
        if linear { wanted * fraction(finding.case.through.into(), 12) } else { wanted.clone() }
    }

    /// A yes of every unit that is asked for the one flag that the formula is.
    fn all_say_yes(&self, case: &Case<'_>) -> bool {
        let flag = mentions(case.expr)[0].element;
        let says_yes = |unit: UnitIx| self.now(unit, flag, case.through) == Some(fraction(1, 1));
        let mut units = self.expected(case).into_iter();
        if self.bent(Twist::OneYesIsEnough) { units.any(says_yes) } else { units.all(says_yes) }
    }

    /// Additive and of non-negative flows only: it cannot fall.
    fn is_cumulative(&self, finding: &Finding<'_>) -> bool {
        let grows = |element: gom_domain::element::ElementIx| {
            let flow = self.kind(element) == Kind::Flow || self.bent(Twist::StocksAreCumulative);
            flow && self.programme.elements[element.get()].min >= 0
        };
        finding.case.is_additive() && mentions(finding.case.expr).iter().all(|term| grows(term.element))
    }

    /// 4 and 5
    fn at_least(&self, finding: &Finding<'_>, actual: &BigRational, wanted: &BigRational) -> Answer {
        let by_now = self.by_now(finding, wanted);
        let level = finding.target.pace == Pace::Level && !self.bent(Twist::MissingUnitsAreBehind);
        let risk = if self.bent(Twist::RiskIsEightTenths) { fraction(8, 10) } else { fraction(9, 10) };
        let certain = self.is_cumulative(finding) && !self.bent(Twist::MetOnlyAtTheEnd);
        let status = if actual >= wanted {
            if finding.last_word || certain { Status::Met } else { Status::OnTrack }
        } else if finding.last_word {
            Status::Missed
        } else if level && finding.case.is_additive() && finding.provisional {
            Status::Pending
        } else if *actual >= by_now {
            Status::OnTrack
        } else if *actual >= &by_now * risk {
            Status::AtRisk
        } else {
            Status::Behind
        };
        let upper = finding.target.upper.filter(|_| finding.target.comparator == Comparator::Range);
        let over = upper.map(|upper| *actual > decimal(upper.digits, upper.scale));
        Answer { over, expected_by_now: Some(by_now), ..answer(status, None, None) }
    }

    /// 6
    fn at_most(&self, finding: &Finding<'_>, actual: &BigRational, wanted: &BigRational) -> Answer {
        let by_now = self.by_now(finding, wanted);
        let slack = if self.bent(Twist::CeilingHasNoSlack) { fraction(1, 1) } else { fraction(11, 10) };
        let status = if finding.last_word {
            met_or_missed(actual <= wanted)
        } else if *actual <= by_now {
            Status::OnTrack
        } else if *actual <= &by_now * slack {
            Status::AtRisk
        } else {
            Status::Behind
        };
        Answer { expected_by_now: Some(by_now), ..answer(status, None, None) }
    }
}

/// 7
fn direction(finding: &Finding<'_>, as_wanted: bool) -> Answer {
    let status = match (finding.last_word, as_wanted) {
        (true, reached) => met_or_missed(reached),
        (false, true) => Status::OnTrack,
        (false, false) => Status::Behind,
    };
    answer(status, None, None)
}

/// 8
fn equal(finding: &Finding<'_>, as_wanted: bool) -> Answer {
    let status = match (finding.last_word, as_wanted) {
        (true, reached) => met_or_missed(reached),
        (false, true) => Status::OnTrack,
        (false, false) => Status::Pending,
    };
    answer(status, None, None)
}

fn achieved(finding: &Finding<'_>, yes: bool) -> Answer {
    let status = match (yes, finding.last_word) {
        (true, _) => Status::Met,
        (false, true) => Status::Missed,
        (false, false) => Status::Pending,
    };
    answer(status, None, None)
}
