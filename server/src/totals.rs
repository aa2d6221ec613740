//! Totals of a period: every element, over all units, each kind of unit and each unit, never without coverage.

use std::sync::Arc;

use gom_domain::Period;
use gom_domain::element::{ElementIx, Kind};
use gom_domain::programme::Programme;
use gom_domain::totals::{Series, View};
use gom_domain::unit::UnitIx;

use gom_proto::planted;

use crate::memory::Memory;
use crate::wording::Trouble;

/// Over which units a total goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// All units that fill the element in.
    All,
    /// Those of a kind.
    Kind(String),
    /// One unit.
    Unit(UnitIx),
}

/// One total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// Over which units.
    pub over: Over,
    /// Of which element.
    pub element: ElementIx,
    /// The sum, at the element's scale; none where nothing was reported. Of a flag: the units that say yes.
    pub value: Option<i128>,
    /// How many units should have reported.
    pub expected: usize,
    /// How many have.
    pub reported: usize,
    /// Who has not.
    pub missing: Vec<UnitIx>,
}

/// The totals of a period.
#[derive(Debug)]
pub struct Totals {
    /// The year's programme.
    pub programme: Arc<Programme>,
    /// The totals, by element and then by scope.
    pub rows: Vec<Total>,
}

/// Adds up a period by itself, or from January to its end.
pub fn totals(memory: &Memory, period: Period, cumulative: bool) -> Result<Totals, Trouble> {
    let none = || Trouble::no_programme(memory, Some(period.year()));
    let (programme, _) = memory.year(period.year()).ok_or_else(none)?;
    let rows = memory.view(period, |view| {
        programme.element_places().flat_map(|element| of_element(view, element, period, cumulative)).collect()
    });
    Ok(Totals { programme: Arc::clone(&programme), rows: rows.ok_or_else(none)? })
}

fn of_element<'v>(view: &'v View<'v>, element: ElementIx, period: Period, cumulative: bool) -> Vec<Total> {
    let programme = view.programme;
    let series = view.series(element);
    // Nothing of the element falls into the period, such as a half-year's figure into a month.
    let first_due = if cumulative { 1 } else { period.first_month() };
    if series.due < first_due {
        return Vec::new();
    }
    let units: Vec<UnitIx> =
        view.units().iter().copied().filter(|unit| programme.asks(element, *unit)).collect();
    let mut kinds: Vec<&String> = units.iter().map(|unit| &programme.unit(*unit).kind).collect();
    kinds.sort();
    kinds.dedup();
    let add = |over: Over, units: &[UnitIx]| total(view, &series, element, over, units, period, cumulative);
    let mut rows = vec![add(Over::All, &units)];
    for kind in kinds {
        let own: Vec<UnitIx> =
            units.iter().copied().filter(|unit| programme.unit(*unit).kind == *kind).collect();
        rows.push(add(Over::Kind(kind.clone()), &own));
    }
    rows.extend(units.iter().map(|unit| add(Over::Unit(*unit), &[*unit])));
    rows
}

fn total<'v>(
    view: &View<'v>,
    series: &Series<'v>,
    element: ElementIx,
    over: Over,
    units: &[UnitIx],
    period: Period,
    cumulative: bool,
) -> Total {
    let mut total =
        Total { over, element, value: None, expected: units.len(), reported: 0, missing: Vec::new() };
    for unit in units {
        let subject = view.subject(*unit);
        let holding = if cumulative || series.element.kind != Kind::Flow {
            series.now(&subject, series.due)
        } else {
            series.within(&subject, period)
        };
        let zero = planted::is("missing-counts-as-zero").then_some(0);
        if let Some(value) = holding.value.or(zero) {
            let value = if planted::is("rounded-totals") { value / 10 * 10 } else { value };
            total.value = Some(total.value.unwrap_or(0) + i128::from(value));
        }
        if holding.complete {
            total.reported += 1;
        } else {
            total.missing.push(*unit);
        }
    }
    total
}
