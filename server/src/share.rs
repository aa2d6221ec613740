//! How each unit's own part of a target stands: against what it was allotted, or against the aim where each unit can be
//! held to that.

use gom_domain::formula::{Aspect, Expr, Operator, Term};
use gom_domain::progress::{Progress, Status};
use gom_domain::target::{Comparator, Pace, Target};
use gom_domain::totals::View;
use gom_domain::unit::UnitIx;
use gom_domain::{Period, Quantity};

use crate::explain::{Explanation, UnitPart, outline};
use crate::memory::Memory;

/// What the units' own figures are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// What each was allotted.
    Quota,
    /// The target's aim: the figure is a rate, which each unit can reach by itself.
    Aim,
    /// Nothing: the units' figures only add up.
    None,
}

/// The units' shares, in the order of the explanation's units.
#[derive(Debug)]
pub struct Shares {
    /// What they are held against.
    pub measure: Measure,
    /// Each unit's.
    pub units: Vec<Share>,
}

/// A unit's own part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The target's formula with the unit's figures alone; none where one is missing, or where it counts units.
    pub own: Option<Quantity>,
    /// What it is held against at the year's end.
    pub whole: Option<Quantity>,
    /// What of that is expected by now.
    pub by_now: Option<Quantity>,
    /// How it stands.
    pub standing: Standing,
}

/// How a unit's own part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Less than is expected by now; for what is to stay low, more.
    Short,
    /// As much as is expected by now.
    Enough,
    /// Not all that is due has come in.
    Missing,
    /// There is nothing to hold it against.
    Open,
}

/// Each unit's share of an explained target.
pub fn shares(memory: &Memory, explanation: &Explanation, as_of: Period) -> Shares {
    let quotas = memory.view(as_of, |view| quotas(view, explanation)).unwrap_or_default();
    let measure = measure(explanation, &quotas);
    let share = |(nth, part): (usize, &UnitPart)| {
        let whole = match measure {
            Measure::Quota => quotas.get(nth).cloned().flatten(),
            Measure::Aim => explanation.progress.value.clone(),
            Measure::None => None,
        };
        let by_now =
            whole.as_ref().filter(|_| is_judged(explanation)).map(|whole| by_now(explanation, whole));
        let own = own(explanation, part);
        let standing = standing(explanation, part, own.as_ref(), by_now.as_ref());
        Share { own, whole, by_now, standing }
    };
    let units = explanation.units.iter().enumerate().map(share).collect();
    Shares { measure, units }
}

/// The units that lag behind with a target.
pub fn short(memory: &Memory, target: &Target, progress: &Progress, as_of: Period) -> Vec<UnitIx> {
    let Some(outline) = outline(memory, target, progress, as_of) else { return Vec::new() };
    let shares = shares(memory, &outline, as_of);
    let of_units = outline.units.iter().zip(shares.units);
    of_units.filter(|(_, share)| share.standing == Standing::Short).map(|(part, _)| part.unit).collect()
}

fn is_judged(explanation: &Explanation) -> bool {
    !matches!(explanation.progress.status, Status::NotDue | Status::NoTarget)
}

/// The term whose sum the target is, if it is that alone.
fn only_term(explanation: &Explanation) -> Option<Term> {
    match explanation.target.formula.as_ref()?.expr {
        Expr::Term(term) if term.aspect == Aspect::Now && !explanation.target.comparator.is_each() => {
            Some(term)
        }
        _ => None,
    }
}

/// Whether a formula is a rate, which a unit has by itself as the district has: a division, perhaps times a number.
fn is_rate(expr: &Expr) -> bool {
    match expr {
        Expr::Binary(Operator::Divide, _, divisor) => {
            !divisor.terms().is_empty() && expr.terms().iter().all(|term| term.aspect != Aspect::Kept)
        }
        Expr::Binary(Operator::Multiply, left, right) => match (&**left, &**right) {
            (Expr::Number(_), rate) | (rate, Expr::Number(_)) => is_rate(rate),
            _ => false,
        },
        _ => false,
    }
}

fn quotas(view: &View<'_>, explanation: &Explanation) -> Vec<Option<Quantity>> {
    let Some(term) = only_term(explanation) else { return Vec::new() };
    let scale = explanation.programme.element(term.element).scale;
    let series = view.series(term.element);
    let quota =
        |part: &UnitPart| Some(Quantity::scaled(series.quota(&view.subject(part.unit))?.into(), scale));
    explanation.units.iter().map(quota).collect()
}

fn measure(explanation: &Explanation, quotas: &[Option<Quantity>]) -> Measure {
    let target = &explanation.target;
    let is_rate = target.formula.as_ref().is_some_and(|formula| is_rate(&formula.expr));
    let compares =
        matches!(target.comparator, Comparator::AtLeast | Comparator::AtMost | Comparator::FallsBy);
    if quotas.iter().flatten().count() > 0 {
        Measure::Quota
    } else if explanation.progress.value.is_some() && (target.comparator.is_each() || (is_rate && compares)) {
        Measure::Aim
    } else {
        Measure::None
    }
}

fn by_now(explanation: &Explanation, whole: &Quantity) -> Quantity {
    match explanation.target.pace {
        Pace::Linear => (whole * &Quantity::from(i64::from(explanation.due)))
            .checked_div(&Quantity::from(12))
            .unwrap_or_else(Quantity::zero),
        Pace::Level => whole.clone(),
    }
}

/// The formula with a unit's figures alone; where the fall counts, by how much it has fallen.
fn own(explanation: &Explanation, part: &UnitPart) -> Option<Quantity> {
    let now = level(explanation, part, false)?;
    match explanation.target.comparator {
        Comparator::FallsBy => Some(level(explanation, part, true)? - now),
        _ => Some(now),
    }
}

/// The formula with a unit's figures, or `back` with those of the year before.
fn level(explanation: &Explanation, part: &UnitPart, back: bool) -> Option<Quantity> {
    let formula = explanation.target.formula.as_ref()?;
    formula.expr.eval(&|term| {
        let aspect = if back && term.aspect == Aspect::Now { Aspect::Prev } else { term.aspect };
        let term = Term { aspect, ..term };
        let place = explanation.terms.iter().position(|(own, _)| *own == term)?;
        if term.aspect == Aspect::Kept {
            return None;
        }
        let scale = explanation.programme.element(term.element).scale;
        Some(Quantity::scaled(part.values.get(place).copied().flatten()?.into(), scale))
    })
}

fn standing(
    explanation: &Explanation,
    part: &UnitPart,
    own: Option<&Quantity>,
    by_now: Option<&Quantity>,
) -> Standing {
    if explanation.progress.failing.contains(&part.unit) {
        return Standing::Short;
    }
    if !part.reported {
        return Standing::Missing;
    }
    match (explanation.target.comparator, own.zip(by_now)) {
        (_, None) => Standing::Open,
        (Comparator::AtMost, Some((own, by_now))) if own > by_now => Standing::Short,
        (comparator, Some((own, by_now))) if comparator != Comparator::AtMost && own < by_now => {
            Standing::Short
        }
        _ => Standing::Enough,
    }
}

#[cfg(test)]
mod tests {
    use gom_domain::element::ElementIx;
    use gom_domain::formula::{Dialect, parse_formula};

    use super::*;

    #[test]
    fn a_rate_is_what_a_unit_has_by_itself_as_the_district_has() {
        let names = |name: &str| "ab".find(name).and_then(|at| u16::try_from(at).ok()).map(ElementIx);
        let is = |text| is_rate(&parse_formula(text, Dialect::Target, &names).unwrap());
        for rate in ["100 * a / b", "a / b", "1000 * (a - b) / b", "100 * (a / quota(a))"] {
            assert!(is(rate), "{rate}");
        }
        for sum in [
            "a",
            "a + b",
            "a - b",
            "0.5 * a",
            "a / 1000",
            "(a + b) / 2",
            "a / b - 1",
            "kept(a) / b",
            "a - prev(a)",
        ] {
            assert!(!is(sum), "{sum}");
        }
    }
}
