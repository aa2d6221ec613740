//! The standing figures in memory: one column for each element and year, one row for each unit, twelve months.
//!
//! Totals read these columns from end to end, so they lie in memory by element. What stands follows the commits of
//! the books and carries their sequence; nothing here is ever the only copy.
//!
//! **Invariant:** a figure is only in the cells of a month with which a period of its form ends.

use std::collections::HashMap;

use crate::element::{ElementIx, Value};
use crate::form::FormIx;
use crate::period::Period;
use crate::programme::{Baseline, Programme, Quotas};
use crate::unit::UnitIx;

/// The months of one element and year, for all units.
#[derive(Clone, Debug, Default)]
pub struct Column {
    present: Vec<u16>,
    values: Vec<[Value; 12]>,
}

impl Column {
    /// The months for which a unit has a figure, January in bit 0.
    pub fn present(&self, unit: u32) -> u16 {
        self.present.get(unit as usize).copied().unwrap_or(0)
    }

    /// The sum over some months, all of which are present.
    pub fn sum(&self, unit: u32, months: u16) -> i128 {
        let row = self.values.get(unit as usize);
        row.map_or(0, |row| {
            (0..12).filter(|month| months >> month & 1 == 1).map(|month| i128::from(row[month])).sum()
        })
    }

    /// The figure of a month, 1 to 12.
    pub fn get(&self, unit: u32, month: u8) -> Option<Value> {
        let slot = usize::from(month).checked_sub(1).filter(|slot| *slot < 12)?;
        let present = self.present(unit) >> slot & 1 == 1;
        present.then(|| self.values[unit as usize][slot])
    }

    fn put(&mut self, unit: u32, month: u8, value: Option<Value>) {
        let (row, slot) = (unit as usize, usize::from(month - 1));
        if self.present.len() <= row {
            if value.is_none() {
                return;
            }
            self.present.resize(row + 1, 0);
            self.values.resize(row + 1, [0; 12]);
        }
        match value {
            Some(value) => {
                self.present[row] |= 1 << slot;
                self.values[row][slot] = value;
            }
            None => self.present[row] &= !(1 << slot),
        }
    }
}

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
    reported: HashMap<(i16, u16), Column>,
    baseline: HashMap<(i16, u16), Column>,
    sums: HashMap<(i16, u16, u32), Vec<RunningSum>>,
    quotas: HashMap<(i16, u16, u32), Value>,
    handed_in: HashMap<(i16, u16), Column>,
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
        let columns = programme.form(form).elements.iter().map(|element| numbering.element(*element));
        for (column, figure) in columns.zip(figures) {
            self.reported.entry((period.year(), column)).or_default().put(row, month, *figure);
        }
        let handed_in = self.handed_in.entry((period.year(), numbering.form(form))).or_default();
        handed_in.put(row, month, Some(1));
    }

    /// Clears a figure that no report asks for any more.
    pub fn clear(&mut self, element: u16, unit: u32, period: Period) {
        if let Some(column) = self.reported.get_mut(&(period.year(), element)) {
            column.put(unit, period.last_month(), None);
        }
    }

    /// Replaces the quotas of the programme's year.
    pub fn set_quotas(&mut self, programme: &Programme, numbering: &Numbering, quotas: &Quotas) {
        let year = programme.year;
        self.quotas.retain(|(of, ..), _| *of != year);
        let rows = quotas.rows.iter();
        self.quotas.extend(
            rows.map(|row| ((year, numbering.element(row.element), numbering.unit(row.unit)), row.value)),
        );
    }

    /// Replaces the baseline of the year before the programme's.
    pub fn set_baseline(&mut self, programme: &Programme, numbering: &Numbering, baseline: &Baseline) {
        let year = programme.year - 1;
        self.baseline.retain(|(of, _), _| *of != year);
        self.sums.retain(|(of, ..), _| *of != year);
        for row in &baseline.rows {
            let (element, unit) = (numbering.element(row.element), numbering.unit(row.unit));
            let to = row.period.last_month();
            if row.cumulative {
                let sums = self.sums.entry((year, element, unit)).or_default();
                sums.push(RunningSum { to, value: row.value });
            } else {
                self.baseline.entry((year, element)).or_default().put(unit, to, Some(row.value));
            }
        }
    }

    /// What units reported of an element in a year.
    pub fn reported(&self, year: i16, element: u16) -> Option<&Column> {
        self.reported.get(&(year, element))
    }

    /// What the baseline says of an element in a year.
    pub fn baseline(&self, year: i16, element: u16) -> Option<&Column> {
        self.baseline.get(&(year, element))
    }

    /// A unit's sums from January to some months of a year, instead of the months.
    pub fn sums(&self, year: i16, element: u16, unit: u32) -> &[RunningSum] {
        self.sums.get(&(year, element, unit)).map_or(&[], Vec::as_slice)
    }

    /// A unit's quota.
    pub fn quota(&self, year: i16, element: u16, unit: u32) -> Option<Value> {
        self.quotas.get(&(year, element, unit)).copied()
    }

    /// The figure that stands for a period: what was reported, or else the baseline's.
    pub fn figure(&self, element: u16, unit: u32, period: Period) -> Option<Value> {
        let key = (period.year(), element);
        let read = |column: Option<&Column>| column?.get(unit, period.last_month());
        read(self.reported.get(&key)).or_else(|| read(self.baseline.get(&key)))
    }

    /// Whether a report stands for a unit, form and period.
    pub fn is_handed_in(&self, numbering: &Numbering, form: FormIx, unit: UnitIx, period: Period) -> bool {
        let column = self.handed_in.get(&(period.year(), numbering.form(form)));
        column.is_some_and(|column| column.get(numbering.unit(unit), period.last_month()).is_some())
    }
}
