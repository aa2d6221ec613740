//! What must hold between the tables of a programme.

use std::cell::RefCell;
use std::collections::HashMap;

use super::fault::{Fault, Problem};
use super::priors::Quotas;
use super::table::{Faults, Row, Table};
use super::{Bundle, Programme};
use crate::element::{ElementIx, Kind};
use crate::formula::{Aspect, Expr, Operator, Term};
use crate::quantity::Quantity;
use crate::target::{Comparator, Target};
use crate::unit::UnitIx;

/// Successors exist when they are needed and never lead in a circle.
pub(super) fn successors(programme: &Programme, table: &Table<'_>) {
    for (row, ix) in table.rows().zip(programme.unit_places()) {
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
pub(super) fn units(programme: &Programme, found: &RefCell<Vec<Fault>>) {
    let faults = Faults::new("units.csv", found);
    let bearers = programme.index.codes.values().filter(|bearers| bearers.len() > 1);
    for bearers in bearers {
        for (place, ix) in bearers.iter().enumerate() {
            let unit = programme.unit(*ix);
            let meets = |other: &&UnitIx| {
                let other = programme.unit(**other);
                unit.valid_from.zip(other.valid_to).is_none_or(|(from, to)| from <= to)
                    && other.valid_from.zip(unit.valid_to).is_none_or(|(from, to)| from <= to)
            };
            if let Some(other) = bearers[..place].iter().find(meets) {
                let line = 2 + u64::from(ix.0);
                let other = programme.unit(*other).id.to_string();
                faults.add(Some(line), "code", Problem::CodeShared(unit.code.clone(), other));
            }
        }
    }
}

/// A target's parts fit each other.
pub(super) fn target(programme: &Programme, target: &Target, row: Row<'_>) {
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
    if target.doubt {
        row.fault("doubt", Problem::Doubt(target.reference.clone(), target.note.clone()));
    }
    if let Some(formula) = &target.formula {
        formula_fits(programme, target, &formula.expr, &formula.terms, row);
    }
}

fn formula_fits(programme: &Programme, target: &Target, expr: &Expr, terms: &[Term], row: Row<'_>) {
    for term in terms {
        let element = programme.element(term.element);
        let must_be_flag = term.aspect == Aspect::Kept || target.comparator == Comparator::Achieved;
        if must_be_flag && element.kind != Kind::Flag {
            row.fault("formula", Problem::NotAFlag(element.key.clone()));
        }
    }
    if divides_by_zero(expr) {
        row.fault("formula", Problem::DividesByZero);
    }
    let reports = |unit: UnitIx| {
        target.scope.admits(unit, programme.unit(unit))
            && terms.iter().any(|term| programme.asks(term.element, unit))
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

/// Quotas add up to their targets, and parts to their wholes.
pub(super) fn sums(programme: &Programme, quotas: Option<&Quotas>, found: &RefCell<Vec<Fault>>) {
    if let Some(quotas) = quotas {
        quota_sums(programme, quotas, found);
    }
    let faults = Faults::new("targets.csv", found);
    let parts: HashMap<ElementIx, &Target> =
        programme.targets.iter().filter_map(|target| Some((only_element(target)?, target))).collect();
    for (target, line) in programme.targets.iter().zip(2..) {
        let whole = target.value.filter(|_| target.comparator == Comparator::AtLeast);
        let (Some(whole), Some(elements)) = (whole, target.formula.as_ref().and_then(|f| summands(&f.expr)))
        else {
            continue;
        };
        let values: Option<Vec<Quantity>> = elements
            .iter()
            .map(|element| {
                parts.get(element).filter(|part| part.scope == target.scope)?.value.map(Quantity::from)
            })
            .collect();
        let Some(values) = values.filter(|values| values.len() > 1) else { continue };
        let sum = values.iter().fold(Quantity::zero(), |sum, value| &sum + value);
        if sum != Quantity::from(whole) {
            let problem = Problem::PartsDoNotAddUp(trimmed(&sum), trimmed(&whole.into()));
            faults.add(Some(line), "value", problem);
        }
    }
}

/// Quotas add up to the target that counts just their element.
pub(super) fn quota_sums(programme: &Programme, quotas: &Quotas, found: &RefCell<Vec<Fault>>) {
    let faults = Faults::new(Bundle::QUOTAS, found);
    for target in programme.targets.iter().filter(|target| target.scope.0.is_empty()) {
        let (Some(element), Some(value)) = (only_element(target), target.value) else { continue };
        let rows = quotas.rows.iter().filter(|row| row.element == element);
        let allotted: Vec<i128> = rows.map(|row| row.value.into()).collect();
        let sum = Quantity::scaled(allotted.iter().sum(), programme.element(element).scale);
        if !allotted.is_empty() && sum != Quantity::from(value) {
            let (sum, value) = (trimmed(&sum), trimmed(&value.into()));
            let key = programme.element(element).key.clone();
            faults.add(None, &key, Problem::QuotasDoNotAddUp(sum, value, target.reference.clone()));
        }
    }
}

fn trimmed(quantity: &Quantity) -> String {
    quantity.shown(6, crate::Lang::Vi)
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
