//! Scope, coverage, and which units a figure adds up.

use gom_domain::element::{ElementIx, Kind};
use gom_domain::formula::{Aspect, Expr, Operator, Term};
use gom_domain::target::{Comparator, ScopeCondition, Target};
use gom_domain::unit::UnitIx;
use num_rational::BigRational;
use num_traits::Zero;

use super::{Model, Twist, decimal, fraction};

/// A formula in its surroundings.
#[derive(Clone, Debug)]
pub(super) struct Case<'a> {
    pub(super) expr: &'a Expr,
    pub(super) comparator: Comparator,
    /// The formula's D.
    pub(super) through: u8,
    pub(super) scope: Vec<UnitIx>,
}

/// Which year's figures stand for the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Now,
    Before,
}

/// All mentions of elements in a formula.
pub(super) fn mentions(expr: &Expr) -> Vec<Term> {
    match expr {
        Expr::Number(_) | Expr::Flag(_) => Vec::new(),
        Expr::Term(term) => vec![*term],
        Expr::Negative(inner) => mentions(inner),
        Expr::Binary(_, left, right) => [mentions(left), mentions(right)].concat(),
    }
}

/// Elements, +, × by a constant; no −, no /, no prev, no kept.
fn adds_up(expr: &Expr) -> bool {
    match expr {
        Expr::Term(term) => term.aspect == Aspect::Now,
        Expr::Binary(Operator::Add, left, right) => adds_up(left) && adds_up(right),
        Expr::Binary(Operator::Multiply, left, right) => {
            is_number(left) && adds_up(right) || adds_up(left) && is_number(right)
        }
        _ => false,
    }
}

fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Number(_) => true,
        Expr::Binary(Operator::Multiply, left, right) => is_number(left) && is_number(right),
        _ => false,
    }
}

fn compute(expr: &Expr, figure: &dyn Fn(Term) -> Option<BigRational>) -> Option<BigRational> {
    match expr {
        Expr::Number(number) => Some(decimal(number.digits, number.scale)),
        Expr::Flag(flag) => Some(fraction(i64::from(*flag), 1)),
        Expr::Term(term) => figure(*term),
        Expr::Negative(inner) => Some(-compute(inner, figure)?),
        Expr::Binary(operator, left, right) => {
            let (left, right) = (compute(left, figure)?, compute(right, figure)?);
            match operator {
                Operator::Add => Some(left + right),
                Operator::Subtract => Some(left - right),
                Operator::Multiply => Some(left * right),
                Operator::Divide if right.is_zero() => None,
                Operator::Divide => Some(left / right),
            }
        }
    }
}

pub(super) fn looks_back(comparator: Comparator) -> bool {
    [Comparator::Falls, Comparator::Rises, Comparator::FallsBy].contains(&comparator)
}

impl Case<'_> {
    /// Additive, and compared with no other year.
    pub(super) fn is_additive(&self) -> bool {
        adds_up(self.expr) && !looks_back(self.comparator)
    }
}

/// Elements that are asked for at all; `quota(x)` asks nobody.
fn asked(expr: &Expr) -> Vec<Term> {
    mentions(expr).into_iter().filter(|term| term.aspect != Aspect::Quota).collect()
}

impl Model<'_> {
    /// The smallest due month of the flows; without flows, of the stocks and flags; 0 if any element's is 0.
    pub(super) fn due(&self, expr: &Expr) -> u8 {
        if self.bent(Twist::DueIsNow) {
            return self.month;
        }
        let counts = |term: &Term| term.aspect != Aspect::Quota || self.bent(Twist::QuotaHasADueMonth);
        let elements: Vec<ElementIx> =
            mentions(expr).into_iter().filter(counts).map(|term| term.element).collect();
        if elements.iter().any(|element| self.due_month(*element) == 0) {
            return 0;
        }
        let flows = elements.iter().filter(|element| self.kind(**element) == Kind::Flow);
        let of_flows = flows.map(|element| self.due_month(*element)).min();
        of_flows.or_else(|| elements.iter().map(|element| self.due_month(*element)).min()).unwrap()
    }

    /// The units valid at M that meet every condition; none where an unknown prev leaves it open.
    ///
    /// A unit to which nothing of the formula applies is out, whatever its prev.
    pub(super) fn scope(&self, target: &Target, expr: &Expr) -> Option<Vec<UnitIx>> {
        let mut scope = Vec::new();
        for unit in self.valid() {
            if !asked(expr).iter().any(|term| self.applies(term.element, unit)) {
                continue;
            }
            let answers: Vec<Option<bool>> = target.scope.0.iter().map(|is| self.meets(unit, is)).collect();
            if answers.contains(&Some(false)) && !self.bent(Twist::OutsidersPrevCounts) {
                continue;
            }
            if answers.contains(&None) {
                return None;
            }
            if !answers.contains(&Some(false)) {
                scope.push(unit);
            }
        }
        Some(scope)
    }

    fn meets(&self, unit: UnitIx, condition: &ScopeCondition) -> Option<bool> {
        match condition {
            ScopeCondition::Kind { is, kind } => {
                Some((self.programme.units[unit.get()].kind == *kind) == *is)
            }
            ScopeCondition::Unit { is, unit: named } => Some((unit == *named) == *is),
            ScopeCondition::Prev { flag, .. } if !self.applies(*flag, unit) => Some(false),
            ScopeCondition::Prev { flag, is } => {
                let before = self.before(unit, *flag, 12);
                let before = before.or(self.bent(Twist::UnknownPrevIsNo).then(BigRational::zero))?;
                Some((before == fraction(1, 1)) == *is)
            }
        }
    }

    /// The units of the scope to which at least one element of the formula applies.
    pub(super) fn expected(&self, case: &Case<'_>) -> Vec<UnitIx> {
        let asked = |unit: &UnitIx| asked(case.expr).iter().any(|term| self.applies(term.element, *unit));
        case.scope.iter().copied().filter(asked).collect()
    }

    /// Those of them that have told all that is due.
    pub(super) fn reported(&self, case: &Case<'_>) -> Vec<UnitIx> {
        let all_told =
            |unit: &UnitIx| asked(case.expr).into_iter().all(|term| self.has_told(case, *unit, term));
        self.expected(case).into_iter().filter(all_told).collect()
    }

    /// A term `prev(x)` and a comparison with the year before ask for both years, all others for this one.
    fn has_told(&self, case: &Case<'_>, unit: UnitIx, term: Term) -> bool {
        let wants_now = term.aspect != Aspect::Prev || !self.bent(Twist::PrevAloneIsEnough);
        let wants_prev = term.aspect == Aspect::Prev || looks_back(case.comparator);
        let wants_prev = wants_prev && !self.bent(Twist::PrevIsNotAskedOfReporters);
        !self.applies(term.element, unit)
            || (!wants_now || self.is_in(unit, term.element, case.through))
                && (!wants_prev || self.before(unit, term.element, case.through).is_some())
    }

    /// The figure of all units together.
    pub(super) fn together(&self, case: &Case<'_>, side: Side) -> Option<BigRational> {
        let everyone = match self.twist {
            Some(Twist::RatiosOverAllUnits) => true,
            Some(Twist::AdditiveOverReporters) => false,
            _ => case.is_additive(),
        };
        let units = if everyone { case.scope.clone() } else { self.reported(case) };
        compute(case.expr, &|term| self.total(case, &units, term, side))
    }

    /// The figure of one unit by itself.
    pub(super) fn alone(&self, case: &Case<'_>, unit: UnitIx) -> Option<BigRational> {
        let case = Case { scope: vec![unit], ..case.clone() };
        compute(case.expr, &|term| self.total(&case, &[unit], term, Side::Now))
    }

    fn total(&self, case: &Case<'_>, units: &[UnitIx], term: Term, side: Side) -> Option<BigRational> {
        let of: Vec<UnitIx> =
            units.iter().copied().filter(|unit| self.applies(term.element, *unit)).collect();
        let sum = |values: Vec<BigRational>| values.into_iter().reduce(|sum, value| sum + value);
        match (term.aspect, side) {
            (Aspect::Kept, _) => self.kept(case, term.element),
            (Aspect::Quota, _) => {
                let nothing = self.bent(Twist::MissingQuotaIsZero).then(BigRational::zero);
                let quotas = of.into_iter().map(|unit| self.quota(unit, term.element).or(nothing.clone()));
                sum(quotas.collect::<Option<_>>()?)
            }
            (Aspect::Prev, _) | (_, Side::Before) => {
                let before = of.into_iter().map(|unit| self.before(unit, term.element, case.through));
                sum(before.collect::<Option<_>>()?)
            }
            _ => sum(of.into_iter().filter_map(|unit| self.now(unit, term.element, case.through)).collect()),
        }
    }

    /// How many units have the flag now that had it in the year before.
    fn kept(&self, case: &Case<'_>, flag: ElementIx) -> Option<BigRational> {
        let yes = fraction(1, 1);
        let units: Vec<UnitIx> =
            case.scope.iter().copied().filter(|unit| self.applies(flag, *unit)).collect();
        let mut kept = 0;
        for unit in &units {
            let forgiven = self.bent(Twist::KeptForgivesSilence);
            let had = match self.before(*unit, flag, 12) {
                None if forgiven => continue,
                before => before? == yes,
            };
            if had && !self.flag_is_current(*unit, flag) && !forgiven {
                return None;
            }
            kept += i64::from(had && self.now(*unit, flag, case.through) == Some(yes.clone()));
        }
        (!units.is_empty()).then(|| fraction(kept, 1))
    }
}
