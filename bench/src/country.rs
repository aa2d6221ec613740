//! The real programme of a district over as many units as are asked for, up to all of the country's, with everything
//! handed in that was due. Its targets, forms and rules are the district's own; units' figures are synthetic.

mod books;
mod tables;

use std::collections::HashMap;
use std::ops::RangeInclusive;

use anyhow::{Context, anyhow};
use gom_domain::Period;
use gom_domain::cells::{Cells, Numbering};
use gom_domain::element::{ElementIx, Kind, Value};
use gom_domain::form::FormIx;
use gom_domain::programme::{self, Baseline, Programme, Quotas};
use gom_domain::progress::{Progress, progress};
use gom_domain::submission::Figures;
use gom_domain::totals::View;
use gom_domain::unit::UnitIx;

use crate::programme::{Unit, scatter};
use tables::Tables;

pub(crate) use books::found;

/// All years end with it.
const DECEMBER: u8 = 12;

/// How large a country is.
#[derive(Clone, Debug)]
pub(crate) struct Extent {
    /// How many units report.
    pub(crate) units: usize,
    /// For which years.
    pub(crate) years: RangeInclusive<i16>,
    /// How many times the programme has each of its targets.
    pub(crate) targets: usize,
}

/// A country with what stands in it.
#[derive(Debug)]
pub(crate) struct Country {
    units: Vec<Unit>,
    years: Vec<Year>,
    cells: Cells,
}

#[derive(Debug)]
struct Year {
    tables: Tables,
    programme: Programme,
    numbering: Numbering,
}

/// A report that is due.
#[derive(Clone, Copy, Debug)]
struct Due {
    unit: UnitIx,
    form: FormIx,
    period: Period,
}

impl Country {
    /// A country in which nothing has been handed in yet.
    pub(crate) fn new(extent: &Extent) -> anyhow::Result<Self> {
        let mut country =
            Self { units: tables::units(extent.units)?, years: Vec::new(), cells: Cells::default() };
        extent.years.clone().try_for_each(|year| country.begin(year, extent.targets))?;
        Ok(country)
    }

    fn begin(&mut self, year: i16, targets: usize) -> anyhow::Result<()> {
        let mut tables = Tables::new(&self.units, year, targets)?;
        let reading = programme::read(&tables.bundle);
        let programme = reading.map_err(|faults| anyhow!("{:?}", faults.first()))?.programme;
        tables.add_priors(&programme)?;
        let fault = |faults: Vec<programme::Fault>| anyhow!("{:?}", faults.first());
        let (quotas, _) = Quotas::read(&programme, &tables.quotas).map_err(fault)?;
        let baseline = Baseline::read(&programme, &tables.baseline).map_err(fault)?;
        let numbering = self.cells.number(&programme);
        self.cells.set_quotas(&programme, &numbering, &quotas);
        self.cells.set_baseline(&programme, &numbering, &baseline);
        self.years.push(Year { tables, programme, numbering });
        Ok(())
    }

    /// Lets everything stand that was due by a month of each year, in a version of its own; how many reports it was.
    pub(crate) fn hand_in(&mut self, through: u8, version: u64) -> u64 {
        let mut count = 0;
        for Year { programme, numbering, .. } in &self.years {
            for due in due(programme, through) {
                let figures = figures(programme, due, version);
                self.cells.stand(programme, numbering, due.unit, due.form, due.period, &figures);
                count += 1;
            }
        }
        count
    }

    /// How every target of the last year stands at its end.
    pub(crate) fn progress(&self) -> Vec<Progress> {
        let Some(Year { programme, numbering, .. }) = self.years.last() else { return Vec::new() };
        let view = View::new(programme, numbering, &self.cells, DECEMBER);
        progress(&view, &HashMap::new())
    }

    /// The end of the last year.
    pub(crate) fn as_of(&self) -> anyhow::Result<Period> {
        let year = self.years.last().context("no year")?.programme.year;
        Period::month(year, DECEMBER).context("no December")
    }

    /// How many units report.
    pub(crate) fn units(&self) -> usize {
        self.units.len()
    }

    /// How many targets the last year has.
    pub(crate) fn targets(&self) -> usize {
        self.years.last().map_or(0, |year| year.programme.targets.len())
    }
}

/// What all units owe by a month of the programme's year, unit by unit.
fn due(programme: &Programme, through: u8) -> impl Iterator<Item = Due> {
    let units = programme.unit_places().filter(|unit| programme.exists_in_year(*unit));
    units.flat_map(move |unit| due_from(programme, unit, through))
}

fn due_from(programme: &Programme, unit: UnitIx, through: u8) -> impl Iterator<Item = Due> {
    programme.form_places().flat_map(move |form| {
        programme.due(form, unit, through).into_iter().map(move |period| Due { unit, form, period })
    })
}

/// The figures of a report; each follows from what it is about and the report's version.
fn figures(programme: &Programme, due: Due, version: u64) -> Figures {
    let elements = programme.form(due.form).elements.iter();
    elements.map(|element| figure(programme, due, *element, version)).collect()
}

fn figure(programme: &Programme, due: Due, element: ElementIx, version: u64) -> Option<Value> {
    if !programme.asks(element, due.unit) {
        return None;
    }
    let of = programme.element(element);
    let (unit, month) = (due.unit.get() as u64, u64::from(due.period.last_month()));
    let seed = [unit, element.get() as u64, version].into_iter().fold(0, scatter);
    let value = match (of.kind, of.part_of) {
        // A part of nine tenths, so that targets of a hundred per cent are not all reached.
        (_, Some(whole)) => return figure(programme, due, whole, version).map(|whole| whole * 9 / 10),
        (Kind::Flag, _) => seed % 2,
        (Kind::Flow, _) => 80 + scatter(seed, month) % 40,
        // Four people a household, so that there are no more households than people.
        (Kind::Stock, _) if of.key == "population" => 4_000 + seed % 400,
        (Kind::Stock, _) => 1_000 + seed % 100,
    };
    Some(of.max.map_or(value.cast_signed(), |most| most.min(value.cast_signed())))
}
