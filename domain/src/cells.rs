//! The standing figures in memory: one column for each element and year, one row for each unit, twelve months.
//!
//! Totals read these columns from end to end, so they lie in memory by element. What stands follows the commits of
//! the books and carries their sequence; nothing here is ever the only copy.
//!
//! **Invariant:** a figure is only in the cells of a month with which a period of its form ends.

mod column;

pub use column::{Column, Months};

use std::collections::{BTreeMap, HashMap};

use crate::element::{ElementIx, Value};
use crate::form::FormIx;
use crate::period::Period;
use crate::programme::{Baseline, Programme, Quotas};
use crate::unit::UnitIx;

/// A sum from January to a month, instead of the months themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningSum {
    /// The last month, 1 to 12.
    pub to: u8,
    /// The sum.
    pub value: Value,
}

/// Where a programme's units, elements and forms have their rows and columns.
#[derive(Clone, Debug, Default)]
pub struct Numbering {
    units: Vec<u32>,
    elements: Vec<u16>,
    forms: Vec<u16>,
}

impl Numbering {
    /// A unit's row.
    pub fn unit(&self, ix: UnitIx) -> u32 {
        self.units[ix.get()]
    }

    /// An element's number.
    pub fn element(&self, ix: ElementIx) -> u16 {
        self.elements[ix.get()]
    }

    fn form(&self, ix: FormIx) -> u16 {
        self.forms[ix.get()]
    }
}

/// All standing figures, quotas and baselines.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    names: Names,
    years: BTreeMap<i16, Year>,
}

/// What stands of a year. Numbers are given without gaps, so they are places in lists, which are found without a
/// search: a report lays dozens of figures and looks up as many.
#[derive(Clone, Debug, Default)]
struct Year {
    /// By element.
    reported: Vec<Column>,
    /// By element.
    baseline: Vec<Column>,
    /// By element and unit.
    sums: Vec<Vec<Vec<RunningSum>>>,
    /// By element and unit.
    quotas: Vec<Vec<Option<Value>>>,
    /// By form and unit.
    handed_in: Vec<Vec<Months>>,
}

#[derive(Clone, Debug, Default)]
struct Names {
    units: HashMap<String, u32>,
    elements: HashMap<String, u16>,
    forms: HashMap<String, u16>,
}

fn intern<N: Copy + TryFrom<usize>>(names: &mut HashMap<String, N>, name: &str) -> Option<N> {
    let next = N::try_from(names.len()).ok()?;
    Some(*names.entry(name.to_owned()).or_insert(next))
}

impl Cells {
    /// Gives a programme's names their numbers; the same name keeps its number in every programme.
    pub fn number(&mut self, programme: &Programme) -> Numbering {
        let names = &mut self.names;
        let units = programme.units.iter().filter_map(|u| intern(&mut names.units, u.id.as_str())).collect();
        let elements =
            programme.elements.iter().filter_map(|e| intern(&mut names.elements, &e.key)).collect();
        let forms = programme.forms.iter().filter_map(|f| intern(&mut names.forms, &f.key)).collect();
        Numbering { units, elements, forms }
    }

    /// Lets a unit's report stand: its figures take the place of the ones before, blanks included.
    pub fn stand(
        &mut self,
        programme: &Programme,
        numbering: &Numbering,
        unit: UnitIx,
        form: FormIx,
        period: Period,
        figures: &[Option<Value>],
    ) {
        let (row, month) = (numbering.unit(unit), period.last_month());
        let year = self.years.entry(period.year()).or_default();
        for (element, figure) in programme.form(form).elements.iter().zip(figures) {
            slot(&mut year.reported, numbering.element(*element).into()).put(row, month, *figure);
        }
        let handed_in = slot(&mut year.handed_in, numbering.form(form).into());
        *slot(handed_in, row as usize) |= 1 << (month - 1);
    }

    /// Clears a figure that no report asks for any more.
    pub fn clear(&mut self, element: u16, unit: u32, period: Period) {
        let column =
            self.years.get_mut(&period.year()).and_then(|year| year.reported.get_mut(usize::from(element)));
        if let Some(column) = column {
            column.put(unit, period.last_month(), None);
        }
    }

    /// Replaces the quotas of the programme's year.
    pub fn set_quotas(&mut self, programme: &Programme, numbering: &Numbering, quotas: &Quotas) {
        let year = self.years.entry(programme.year).or_default();
        year.quotas.clear();
        for row in &quotas.rows {
            let of_element = slot(&mut year.quotas, numbering.element(row.element).into());
            *slot(of_element, numbering.unit(row.unit) as usize) = Some(row.value);
        }
    }

    /// Replaces the baseline of the year before the programme's.
    pub fn set_baseline(&mut self, programme: &Programme, numbering: &Numbering, baseline: &Baseline) {
        let year = self.years.entry(programme.year - 1).or_default();
        year.baseline.clear();
        year.sums.clear();
        for row in &baseline.rows {
            let (element, unit) = (numbering.element(row.element).into(), numbering.unit(row.unit));
            let to = row.period.last_month();
            if row.cumulative {
                let of_element = slot(&mut year.sums, element);
                slot(of_element, unit as usize).push(RunningSum { to, value: row.value });
            } else {
                slot(&mut year.baseline, element).put(unit, to, Some(row.value));
            }
        }
    }

    /// What units reported of an element in a year.
    pub fn reported(&self, year: i16, element: u16) -> Option<&Column> {
        self.years.get(&year)?.reported.get(usize::from(element))
    }

    /// What the baseline says of an element in a year.
    pub fn baseline(&self, year: i16, element: u16) -> Option<&Column> {
        self.years.get(&year)?.baseline.get(usize::from(element))
    }

    /// The sums from January to some months of a year, instead of the months, each unit's in its row.
    pub fn sums(&self, year: i16, element: u16) -> &[Vec<RunningSum>] {
        let of_element = self.years.get(&year).and_then(|year| year.sums.get(usize::from(element)));
        of_element.map_or(&[], Vec::as_slice)
    }

    /// The quotas of an element in a year, each unit's in its row.
    pub fn quotas(&self, year: i16, element: u16) -> &[Option<Value>] {
        let of_element = self.years.get(&year).and_then(|year| year.quotas.get(usize::from(element)));
        of_element.map_or(&[], Vec::as_slice)
    }

    /// A unit's quota.
    pub fn quota(&self, year: i16, element: u16, unit: u32) -> Option<Value> {
        self.quotas(year, element).get(unit as usize).copied().flatten()
    }

    /// The figure that stands for a period: what was reported, or else the baseline's.
    pub fn figure(&self, element: u16, unit: u32, period: Period) -> Option<Value> {
        let year = self.years.get(&period.year())?;
        let read = |columns: &[Column]| columns.get(usize::from(element))?.get(unit, period.last_month());
        read(&year.reported).or_else(|| read(&year.baseline))
    }

    /// Whether a report stands for a unit, form and period.
    pub fn is_handed_in(&self, numbering: &Numbering, form: FormIx, unit: UnitIx, period: Period) -> bool {
        let months = || {
            let of_form = self.years.get(&period.year())?.handed_in.get(usize::from(numbering.form(form)))?;
            of_form.get(numbering.unit(unit) as usize).copied()
        };
        months().unwrap_or(0) >> (period.last_month() - 1) & 1 == 1
    }
}

/// The entry at a place of a list, which grows up to it.
fn slot<T: Default>(list: &mut Vec<T>, place: usize) -> &mut T {
    if list.len() <= place {
        list.resize_with(place + 1, T::default);
    }
    &mut list[place]
}
