//! Figures that come with a programme: quotas, and last year's figures.

use std::collections::{HashMap, HashSet};

use super::Programme;
use super::fault::{Fault, Problem};
use super::found::Found;
use super::table::{Faults, Row, Table};
use super::{Bundle, checks};
use crate::element::{ElementIx, Value};
use crate::number::Notation;
use crate::period::Period;
use crate::unit::UnitIx;

/// One unit's quota of an element for the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaRow {
    /// Whose it is.
    pub unit: UnitIx,
    /// Of what.
    pub element: ElementIx,
    /// How much, at the element's scale.
    pub value: Value,
}

/// The quotas of a year.
#[derive(Clone, Debug, Default)]
pub struct Quotas {
    /// In the table's order.
    pub rows: Vec<QuotaRow>,
}

/// One figure of the year before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaselineRow {
    /// Whose it is.
    pub unit: UnitIx,
    /// Of what.
    pub element: ElementIx,
    /// Its first month of the year before; January for a cumulative row.
    pub from: u8,
    /// Its period; for a cumulative row the month it ends with.
    pub period: Period,
    /// Whether it is a sum from January to the period's end, rather than the period's own figure.
    pub cumulative: bool,
    /// The figure, at the element's scale.
    pub value: Value,
}

/// The figures of the year before.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// In the table's order.
    pub rows: Vec<BaselineRow>,
}

impl Quotas {
    /// Reads a table of quotas for a programme, or says everything that is wrong with it.
    ///
    /// Sums that differ from their target come back as doubts: an allotment may be under way.
    pub fn read(programme: &Programme, bytes: &[u8]) -> Result<(Self, Vec<Fault>), Vec<Fault>> {
        let found = Found::default();
        let (read, torn) = quotas(programme, bytes, &found);
        let faults = found.into_faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let found = Found::default();
        checks::quota_sums(programme, &read, &torn, &found);
        Ok((read, found.into_faults()))
    }
}

impl Baseline {
    /// Reads a table of the prior year's figures, or says everything that is wrong with it.
    pub fn read(programme: &Programme, bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        let found = Found::default();
        let read = baseline(programme, bytes, &found);
        let faults = found.into_faults();
        if faults.is_empty() { Ok(read) } else { Err(faults) }
    }
}

/// Rows of a table of quotas that could not be read, so that a sum without them proves nothing.
#[derive(Debug, Default)]
pub(super) struct TornRows {
    elements: HashSet<ElementIx>,
    of_anything: bool,
}

impl TornRows {
    /// Whether one of them may be a quota of the element.
    pub(super) fn may_hold(&self, element: ElementIx) -> bool {
        self.of_anything || self.elements.contains(&element)
    }

    fn add(&mut self, element: Option<ElementIx>) {
        self.elements.extend(element);
        self.of_anything |= element.is_none();
    }
}

pub(super) fn quotas(programme: &Programme, bytes: &[u8], found: &Found) -> (Quotas, TornRows) {
    let faults = Faults::new(Bundle::QUOTAS, found);
    let table = Table::read(Some(bytes), &["unit", "element", "value"], &[], faults);
    let mut seen = HashMap::new();
    let (mut quotas, mut torn) = (Quotas::default(), TornRows::default());
    torn.of_anything = table.has_broken_rows();
    for row in table.rows() {
        let element = known_element(programme, row);
        match quota_row(programme, row, element) {
            None => torn.add(element),
            Some(read) => match seen.insert((read.unit, read.element), row.line) {
                None => quotas.rows.push(read),
                Some(first) => {
                    row.fault("element", Problem::Twice(row.cell("element").to_owned(), first));
                    torn.add(element);
                }
            },
        }
    }
    (quotas, torn)
}

fn quota_row(programme: &Programme, row: Row<'_>, element: Option<ElementIx>) -> Option<QuotaRow> {
    let (unit, element) = (year_unit(programme, row)?, element?);
    Some(QuotaRow { unit, element, value: figure(programme, row, unit, element)? })
}

/// The unit meant by a row without a period: the one that bears the name in the programme's year.
fn year_unit(programme: &Programme, row: Row<'_>) -> Option<UnitIx> {
    let name = row.cell("unit");
    let mut called = programme.units_called(name);
    match called.len() {
        1 => called.pop(),
        0 => {
            row.fault("unit", Problem::UnknownUnit(name.to_owned()));
            None
        }
        _ => {
            let ids = called.iter().map(|ix| programme.unit(*ix).id.to_string()).collect();
            row.fault("unit", Problem::AmbiguousUnit(name.to_owned(), ids));
            None
        }
    }
}

fn known_element(programme: &Programme, row: Row<'_>) -> Option<ElementIx> {
    let name = row.cell("element");
    let element = programme.element_named(name);
    if element.is_none() {
        row.fault("element", Problem::Unknown("elements", name.to_owned()));
    }
    element
}

fn figure(programme: &Programme, row: Row<'_>, unit: UnitIx, element: ElementIx) -> Option<Value> {
    if !programme.asks(element, unit) {
        let (element, unit) = (row.cell("element").to_owned(), programme.unit(unit).id.to_string());
        row.fault("element", Problem::NotForUnit(element, unit));
        return None;
    }
    match programme.element(element).read(row.cell("value"), Notation::Plain) {
        Ok(Some(value)) => Some(value),
        Ok(None) => {
            row.fault("value", Problem::Missing);
            None
        }
        Err(fault) => {
            row.fault("value", Problem::Figure(row.cell("value").to_owned(), fault));
            None
        }
    }
}

pub(super) fn baseline(programme: &Programme, bytes: &[u8], found: &Found) -> Baseline {
    let faults = Faults::new(Bundle::BASELINE, found);
    let table = Table::read(Some(bytes), &["unit", "element", "period", "value"], &[], faults);
    let mut seen = HashMap::new();
    let mut baseline = Baseline::default();
    for row in table.rows() {
        let Some(read) = baseline_row(programme, row) else { continue };
        match seen.insert((read.unit, read.element, read.period, read.cumulative), row.line) {
            None => baseline.rows.push(read),
            Some(first) => row.fault("period", Problem::Twice(row.cell("period").to_owned(), first)),
        }
    }
    baseline
}

fn baseline_row(programme: &Programme, row: Row<'_>) -> Option<BaselineRow> {
    let (period, from, cumulative) = baseline_period(programme, row)?;
    let element = known_element(programme, row)?;
    let name = row.cell("unit");
    let Some(unit) = programme.unit_named(name, period.last_day()) else {
        row.fault("unit", Problem::UnknownUnit(name.to_owned()));
        return None;
    };
    let form = programme.form(programme.element(element).form);
    let fits = if cumulative {
        programme.element(element).kind == crate::element::Kind::Flow
            && period.last_month().is_multiple_of(form.frequency.months())
    } else {
        form.takes(period)
    };
    if !fits {
        row.fault("period", Problem::WrongFrequency(row.cell("period").to_owned(), form.key.clone()));
        return None;
    }
    let value = figure(programme, row, unit, element)?;
    Some(BaselineRow { unit, element, from, period, cumulative, value })
}

/// The row's period, its first month, and whether it is a sum of several: `2023-01..2023-06`.
fn baseline_period(programme: &Programme, row: Row<'_>) -> Option<(Period, u8, bool)> {
    let text = row.cell("period");
    let year = programme.year - 1;
    let read = match text.split_once("..") {
        None => text.parse::<Period>().ok().map(|period| (period, period.first_month(), false)),
        Some((from, to)) => {
            from.parse::<Period>().ok().zip(to.parse::<Period>().ok()).and_then(|(from, to)| {
                let months = from.months() == 1 && to.months() == 1;
                (months && from.year() == to.year() && from <= to).then_some((to, from.first_month(), true))
            })
        }
    };
    match read {
        None => {
            row.fault("period", Problem::NotAPeriod(text.to_owned()));
            None
        }
        Some((period, ..)) if period.year() != year => {
            row.fault("period", Problem::WrongYear(text.to_owned(), year));
            None
        }
        Some((_, from, true)) if from != 1 => {
            row.fault("period", Problem::NotFromJanuary(text.to_owned()));
            None
        }
        read => read,
    }
}
