//! What must hold between the tables of a programme.

use super::fault::Problem;
use super::found::Found;
use super::priors::{Quotas, TornRows};
use super::table::{Faults, Row, Table};
use super::{Bundle, Programme};
use crate::element::{ElementIx, Kind};
use crate::formula::{Aspect, Expr, Operator, Term};
use crate::quantity::Quantity;
use crate::target::{Comparator, Formula, Target};
use crate::unit::{Unit, UnitIx};

/// Successors exist when they are needed and never lead in a circle.
pub(super) fn successors(programme: &Programme, table: &Table<'_>) {
    for (row, ix) in table.rows().zip(programme.unit_places()) {
        if row.cell("successor").is_empty() && leaves_the_year(programme, ix) {
            row.fault("successor", Problem::EndsWithoutSuccessor(programme.unit(ix).id.to_string()));
        }
        let Some(heir) = programme.unit(ix).successor else { continue };
        let day_after = programme.unit(ix).valid_to.and_then(|last| last.tomorrow().ok());
        if day_after.is_none_or(|day| !programme.unit(heir).exists_on(day)) {
            row.fault("successor", Problem::SuccessorNotThere(programme.unit(heir).id.to_string()));
        }
        if leads_back(programme, ix) {
            row.fault("successor", Problem::SuccessorCircle);
        }
    }
}

/// Whether the unit ends before the programme's year does, so that totals of the year go on without it.
fn leaves_the_year(programme: &Programme, ix: UnitIx) -> bool {
    let (year, last) = (programme.year, programme.unit(ix).valid_to);
    last.is_some_and(|last| last.year() == year && (last.month(), last.day()) < (12, 31))
}

fn leads_back(programme: &Programme, start: UnitIx) -> bool {
    let mut at = programme.unit(start).successor;
    for _ in 0..programme.units.len() {
        match at {
            None => return false,
            Some(ix) if ix == start => return true,
            Some(ix) => at = programme.unit(ix).successor,
        }
    }
    true
}

/// No code belongs to two units at the same time.
pub(super) fn codes(programme: &Programme, table: &Table<'_>) {
    for (row, ix) in table.rows().zip(programme.unit_places()) {
        let unit = programme.unit(ix);
        let bearers = programme.index.codes.get(&unit.code).filter(|_| !unit.code.is_empty());
        let mut earlier = bearers.into_iter().flatten().filter(|bearer| **bearer < ix);
        if let Some(other) = earlier.find(|other| meet(unit, programme.unit(**other))) {
            let other = programme.unit(*other).id.to_string();
            row.fault("code", Problem::CodeShared(unit.code.clone(), other));
        }
    }
}

/// Whether there is a day on which both units exist.
fn meet(one: &Unit, other: &Unit) -> bool {
    let begins_in_time =
        |late: &Unit, early: &Unit| late.valid_from.zip(early.valid_to).is_none_or(|(from, to)| from <= to);
    begins_in_time(one, other) && begins_in_time(other, one)
}

/// A target's parts fit each other.
pub(super) fn target(programme: &Programme, target: &Target, row: Row<'_>) {
    if Comparator::from_key(row.cell("comparator")).is_some() {
        comparator_fits(programme, target, row);
    }
    if target.doubt {
        row.fault("doubt", Problem::Doubt(target.reference.clone(), target.note.clone()));
    }
    if let Some(formula) = &target.formula {
        formula_fits(programme, target, formula, row);
    }
}

/// Value and formula are what the comparator needs, no less and no more.
fn comparator_fits(programme: &Programme, target: &Target, row: Row<'_>) {
    let comparator = target.comparator;
    if comparator == Comparator::Guideline && target.formula.is_some() {
        row.fault("formula", Problem::FormulaUnused);
    }
    let written = !row.cell("value").is_empty();
    if comparator.needs_value() && !written {
        row.fault("value", Problem::ValueOpen);
    }
    if !comparator.needs_value() && comparator != Comparator::Reference && written {
        row.fault("value", Problem::ValueUnused);
    }
    let is_one_flag = |formula: &Formula| match &formula.expr {
        Expr::Term(Term { element, aspect: Aspect::Now }) => programme.element(*element).kind == Kind::Flag,
        _ => false,
    };
    if comparator == Comparator::Achieved && !target.formula.as_ref().is_none_or(is_one_flag) {
        row.fault("formula", Problem::AchievedNotOneFlag);
    }
}

fn formula_fits(programme: &Programme, target: &Target, formula: &Formula, row: Row<'_>) {
    for term in formula.terms.iter().filter(|term| term.aspect == Aspect::Kept) {
        let element = programme.element(term.element);
        if element.kind != Kind::Flag {
            row.fault("formula", Problem::NotAFlag(element.key.clone()));
        }
    }
    if divides_by_zero(&formula.expr) {
        row.fault("formula", Problem::DividesByZero);
    }
    let reports = |unit: UnitIx| {
        target.scope.admits(unit, programme.unit(unit))
            && formula.terms.iter().any(|term| programme.asks(term.element, unit))
    };
    if !programme.unit_places().any(reports) {
        row.fault("scope", Problem::NobodyReports);
    }
}

fn divides_by_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Binary(operator, left, right) => {
            let zero = *operator == Operator::Divide
                && right.terms().is_empty()
                && right.eval(&|_| None).is_none_or(|divisor| divisor.is_zero());
            zero || divides_by_zero(left) || divides_by_zero(right)
        }
        Expr::Negative(inner) => divides_by_zero(inner),
        Expr::Number(_) | Expr::Flag(_) | Expr::Term(_) => false,
    }
}

/// The values of a sum's parts add up to the value of the whole.
pub(super) fn parts(programme: &Programme, table: &Table<'_>) {
    for (row, target) in table.rows().zip(&programme.targets) {
        let whole = target.value.filter(|_| target.comparator == Comparator::AtLeast);
        let elements = target.formula.as_ref().and_then(|formula| summands(&formula.expr));
        let (Some(whole), Some(elements)) = (whole, elements.filter(|elements| elements.len() > 1)) else {
            continue;
        };
        let part = |element: &ElementIx| {
            let is_part = |part: &&Target| only_element(part) == Some(*element) && part.scope == target.scope;
            programme.targets.iter().find(is_part)?.value.map(Quantity::from)
        };
        let Some(values) = elements.iter().map(part).collect::<Option<Vec<_>>>() else { continue };
        let sum = values.iter().fold(Quantity::zero(), |sum, value| &sum + value);
        if sum != Quantity::from(whole) {
            row.fault("value", Problem::PartsDoNotAddUp(trimmed(&sum), trimmed(&whole.into())));
        }
    }
}

/// Quotas add up to the target that counts just their element, as far as all rows of the element could be read.
pub(super) fn quota_sums(programme: &Programme, quotas: &Quotas, torn: &TornRows, found: &Found) {
    let faults = Faults::new(Bundle::QUOTAS, found);
    for target in programme.targets.iter().filter(|target| target.scope.0.is_empty()) {
        let (Some(element), Some(value)) = (only_element(target), target.value) else { continue };
        let rows = quotas.rows.iter().filter(|row| row.element == element);
        let allotted: Vec<i128> = rows.map(|row| row.value.into()).collect();
        let sum = Quantity::scaled(allotted.iter().sum(), programme.element(element).scale);
        if !allotted.is_empty() && !torn.may_hold(element) && sum != Quantity::from(value) {
            let (sum, value) = (trimmed(&sum), trimmed(&value.into()));
            let key = programme.element(element).key.clone();
            faults.add(None, &key, Problem::QuotasDoNotAddUp(sum, value, target.reference.clone()));
        }
    }
}

fn trimmed(quantity: &Quantity) -> String {
    crate::number::trimmed(&quantity.rounded(6)).to_owned()
}

/// The element of a target that is nothing but at least so much of one element.
fn only_element(target: &Target) -> Option<ElementIx> {
    match (target.comparator, &target.formula.as_ref()?.expr) {
        (Comparator::AtLeast, Expr::Term(Term { element, aspect: Aspect::Now })) => Some(*element),
        _ => None,
    }
}

/// The elements of a plain sum.
fn summands(expr: &Expr) -> Option<Vec<ElementIx>> {
    match expr {
        Expr::Term(Term { element, aspect: Aspect::Now }) => Some(vec![*element]),
        Expr::Binary(Operator::Add, left, right) => {
            let mut elements = summands(left)?;
            elements.extend(summands(right)?);
            Some(elements)
        }
        _ => None,
    }
}
