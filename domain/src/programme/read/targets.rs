//! The tables of groups and targets: what the year's document promises.

use super::super::fault::Problem;
use super::super::found::Found;
use super::super::table::Row;
use super::super::{Bundle, Group, Programme, checks};
use super::{bilingual, open, open_with, remark};
use crate::element::Kind;
use crate::formula::{Dialect, SyntaxFault, parse_formula};
use crate::number::{Decimal, Notation};
use crate::target::{Comparator, Formula, Pace, Scope, ScopeCondition, Target};
use crate::unit::UnitId;
use crate::{Period, Quantity};

pub(super) fn groups(programme: &mut Programme, bundle: &Bundle, found: &Found) {
    let mut table = open(bundle, "groups.csv", &["group", "label_vi", "label_en"], found);
    table.check_unique(&["group"]);
    programme.groups = table
        .rows()
        .map(|row| Group { key: row.text("group"), label: bilingual(row, "label_vi", "label_en") })
        .collect();
}

pub(super) fn targets(programme: &mut Programme, bundle: &Bundle, found: &Found) {
    let columns = [
        "ref",
        "group",
        "key",
        "label_vi",
        "label_en",
        "comparator",
        "value",
        "printed",
        "unit_vi",
        "unit",
        "scope",
        "formula",
        "pace",
        "from",
        "doubt",
        "note",
    ];
    let mut table = open_with(bundle, "targets.csv", &columns, &["note_vi"], found);
    table.check_unique(&["ref", "key"]);
    let read: Vec<Target> = table.rows().map(|row| target(programme, row)).collect();
    for (row, target) in table.rows().zip(&read) {
        checks::target(programme, target, row);
    }
    programme.targets = read;
    checks::parts(programme, &table);
}

const COMPARATORS: &str =
    ">=, <=, =, range, falls, rises, falls by >=, achieved, each >, each >=, reference, guideline";

fn target(programme: &Programme, row: Row<'_>) -> Target {
    let group = row.text("group");
    if !programme.groups.iter().any(|known| known.key == group) {
        row.fault("group", Problem::Unknown("groups", group.clone()));
    }
    let comparator = row.one_of("comparator", COMPARATORS, Comparator::from_key);
    let (value, upper) = comparator.map_or((None, None), |comparator| values(row, comparator));
    let pace = match row.cell("pace") {
        "" => Pace::Level,
        _ => row.one_of("pace", "linear, level", Pace::from_key).unwrap_or(Pace::Level),
    };
    let scope_text = row.text("scope");
    Target {
        reference: row.text("ref"),
        group,
        key: row.key("key"),
        label: bilingual(row, "label_vi", "label_en"),
        comparator: comparator.unwrap_or(Comparator::Guideline),
        value,
        upper,
        printed: row.cell("printed").to_owned(),
        unit: remark(row, "unit_vi", "unit"),
        scope: scope(programme, row, &scope_text),
        scope_text,
        formula: formula(programme, row, comparator),
        pace,
        from: from(programme, row),
        doubt: row.yes("doubt"),
        note: remark(row, "note_vi", "note"),
    }
}

fn values(row: Row<'_>, comparator: Comparator) -> (Option<Decimal>, Option<Decimal>) {
    if comparator != Comparator::Range {
        return (row.decimal("value"), None);
    }
    let text = row.cell("value");
    let number = |text: &str| Decimal::parse(text, Notation::Plain).ok();
    let ends = text.split_once("..").and_then(|(low, high)| number(low).zip(number(high)));
    match ends {
        Some((low, high)) if Quantity::from(low) <= Quantity::from(high) => (Some(low), Some(high)),
        None if text.is_empty() => (None, None),
        _ => {
            row.fault("value", Problem::BadRange(text.to_owned()));
            (None, None)
        }
    }
}

fn from(programme: &Programme, row: Row<'_>) -> Option<Period> {
    let text = row.cell("from");
    if text.is_empty() {
        return None;
    }
    let period = text.parse::<Period>().ok();
    match period {
        None => row.fault("from", Problem::NotAPeriod(text.to_owned())),
        Some(period) if period.year() != programme.year => {
            row.fault("from", Problem::WrongYear(text.to_owned(), programme.year));
        }
        Some(_) => {}
    }
    period
}

fn formula(programme: &Programme, row: Row<'_>, comparator: Option<Comparator>) -> Option<Formula> {
    let text = row.cell("formula");
    if text.is_empty() {
        if comparator.is_some_and(|comparator| comparator != Comparator::Guideline) {
            row.fault("formula", Problem::FormulaMissing);
        }
        return None;
    }
    match parse_formula(text, Dialect::Target, &|name| programme.element_named(name)) {
        Ok(expr) => Some(Formula::from(expr)),
        Err(SyntaxFault { at, problem }) => {
            row.fault("formula", Problem::Formula(at, problem));
            None
        }
    }
}

fn scope(programme: &Programme, row: Row<'_>, text: &str) -> Scope {
    if text == "all" || text.is_empty() {
        return Scope::default();
    }
    Scope(text.split(" and ").filter_map(|part| condition(programme, row, part.trim())).collect())
}

fn condition(programme: &Programme, row: Row<'_>, text: &str) -> Option<ScopeCondition> {
    let refuse = |problem| {
        row.fault("scope", problem);
        None
    };
    let (left, is, right) = match (text.split_once("!="), text.split_once('=')) {
        (Some((left, right)), _) => (left.trim(), false, right.trim()),
        (None, Some((left, right))) => (left.trim(), true, right.trim()),
        (None, None) => return refuse(Problem::Scope(text.to_owned())),
    };
    let flag = left.strip_prefix("prev(").and_then(|rest| rest.strip_suffix(')'));
    match (left, flag, right) {
        ("kind", _, kind) if programme.units.iter().any(|unit| unit.kind == kind) => {
            Some(ScopeCondition::Kind { is, kind: kind.to_owned() })
        }
        ("kind", _, kind) => refuse(Problem::Unknown("units (kind)", kind.to_owned())),
        ("unit", _, id) => match programme.unit_of(&UnitId::from(id)) {
            Some(unit) => Some(ScopeCondition::Unit { is, unit }),
            None => refuse(Problem::Unknown("units (id)", id.to_owned())),
        },
        (_, Some(name), "yes" | "no") => match programme.element_named(name) {
            Some(flag) if programme.element(flag).kind == Kind::Flag => {
                Some(ScopeCondition::Prev { flag, is: is == (right == "yes") })
            }
            Some(_) => refuse(Problem::NotAFlag(name.to_owned())),
            None => refuse(Problem::Unknown("elements", name.to_owned())),
        },
        _ => refuse(Problem::Scope(text.to_owned())),
    }
}
