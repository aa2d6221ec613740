//! A unit's value of an element, as of a month: what totals are made of.
//!
//! Flows add up over the year's periods; of stocks and flags the latest stands. Where units have merged, the flows
//! and the last stocks of the old units count for the new one; flags do not merge. What is missing is never zero.

use crate::cells::{Cells, Column, Numbering, RunningSum};
use crate::element::{Element, ElementIx, Kind, Value};
use crate::period::Period;
use crate::programme::Programme;
use crate::unit::UnitIx;

/// A set of months of a year, January in bit 0.
type Months = u16;

/// The standing figures seen as of a month of a programme's year.
#[derive(Debug)]
pub struct View<'a> {
    /// The year's programme.
    pub programme: &'a Programme,
    /// Its rows and columns.
    pub numbering: &'a Numbering,
    /// What stands.
    pub cells: &'a Cells,
    /// The month M, 1 to 12.
    pub month: u8,
    valid: Vec<UnitIx>,
    counted: Vec<Months>,
    counted_before: Vec<Months>,
}

/// What a unit has of an element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Its value; none if it has never reported one.
    pub value: Option<i128>,
    /// Whether all that is due has come in: every period of a flow, the due period of a stock or flag.
    pub complete: bool,
}

impl<'a> View<'a> {
    /// Sees the cells as of `month` of the programme's year.
    pub fn new(programme: &'a Programme, numbering: &'a Numbering, cells: &'a Cells, month: u8) -> Self {
        let counted = |year: i16| -> Vec<Months> {
            let ends: Vec<Period> = (1..=12).filter_map(|month| Period::month(year, month)).collect();
            programme.units.iter().map(|unit| months(&ends, |period| unit.counts_for(period))).collect()
        };
        let as_of = Period::month(programme.year, month);
        let exists = |ix: &UnitIx| as_of.is_some_and(|as_of| programme.unit(*ix).counts_for(as_of));
        Self {
            programme,
            numbering,
            cells,
            month,
            valid: programme.unit_places().filter(exists).collect(),
            counted: counted(programme.year),
            counted_before: counted(programme.year - 1),
        }
    }

    /// The units that exist at the month's end.
    pub fn units(&self) -> &[UnitIx] {
        &self.valid
    }

    /// Whether the unit's last day is before the month's end.
    fn has_ended(&self, unit: UnitIx) -> bool {
        let last = self.programme.unit(unit).valid_to;
        let as_of = Period::month(self.programme.year, self.month);
        last.zip(as_of).is_some_and(|(last, as_of)| last < as_of.last_day())
    }

    /// An element's columns, ready to be read for many units.
    pub fn series(&'a self, element: ElementIx) -> Series<'a> {
        let number = self.numbering.element(element);
        let year = self.programme.year;
        let of = self.programme.element(element);
        let frequency = self.programme.form(of.form).frequency;
        Series {
            view: self,
            element: of,
            place: element,
            number,
            step: frequency.months(),
            due: frequency.due_month(self.month),
            now: self.cells.reported(year, number),
            before: self.cells.reported(year - 1, number),
            baseline: self.cells.baseline(year - 1, number),
        }
    }
}

fn months(ends: &[Period], counts: impl Fn(Period) -> bool) -> Months {
    ends.iter().enumerate().filter(|(_, period)| counts(**period)).fold(0, |set, (slot, _)| set | 1 << slot)
}

/// The months up to `through`.
fn up_to(through: u8) -> Months {
    if through >= 12 { 0x0fff } else { (1 << through) - 1 }
}

/// The months with which periods of `step` months end, up to `through`.
fn ends(step: u8, through: u8) -> Months {
    (1..=through.min(12))
        .filter(|month| month.is_multiple_of(step))
        .fold(0, |set, month| set | 1 << (month - 1))
}

fn latest(months: Months) -> Option<u8> {
    (months != 0).then(|| u8::try_from(16 - months.leading_zeros()).unwrap_or(0))
}

/// One element's columns of this year and the last.
#[derive(Debug)]
pub struct Series<'a> {
    view: &'a View<'a>,
    /// The element.
    pub element: &'a Element,
    place: ElementIx,
    number: u16,
    step: u8,
    /// The end of the last period that has ended; 0 if none has.
    pub due: u8,
    now: Option<&'a Column>,
    before: Option<&'a Column>,
    baseline: Option<&'a Column>,
}

impl Series<'_> {
    /// What a unit has by now; flows are added up to the month `through`.
    pub fn now(&self, unit: UnitIx, through: u8) -> Holding {
        match self.element.kind {
            Kind::Flow => self.flow(unit, ends(self.step, through)),
            Kind::Stock | Kind::Flag => self.level(unit),
        }
    }

    fn row(&self, unit: UnitIx) -> u32 {
        self.view.numbering.unit(unit)
    }

    /// The units that this one goes on for: those that have ended by the month and were asked for the element.
    /// One that is still there counts for itself.
    fn ended(&self, unit: UnitIx) -> Vec<UnitIx> {
        let programme = self.view.programme;
        let old = programme.predecessors(unit).iter().copied();
        old.filter(|old| self.view.has_ended(*old) && programme.asks(self.place, *old)).collect()
    }

    /// The unit and all that it goes on for.
    fn line(&self, unit: UnitIx) -> Vec<UnitIx> {
        let old = self.ended(unit).into_iter().flat_map(|old| self.line(old));
        std::iter::once(unit).chain(old).collect()
    }

    /// The sum of the wanted periods, those of the units it came from included.
    fn flow(&self, unit: UnitIx, wanted: Months) -> Holding {
        let owed = wanted & self.view.counted[unit.get()];
        let have = self.now.map_or(0, |column| column.present(self.row(unit))) & owed;
        let own = (have != 0).then(|| self.now.map_or(0, |column| column.sum(self.row(unit), have)));
        let mut holding = Holding { value: own, complete: have == owed };
        for old in self.ended(unit) {
            let part = self.flow(old, wanted);
            holding.value = add(holding.value, part.value);
            holding.complete &= part.complete;
        }
        holding
    }

    /// The latest level. Until a new unit has one, the last levels of the units it came from add up to it.
    fn level(&self, unit: UnitIx) -> Holding {
        let counted = self.view.counted[unit.get()];
        let have =
            self.now.map_or(0, |column| column.present(self.row(unit))) & counted & up_to(self.view.month);
        if let Some(month) = latest(have) {
            let value = self.now.and_then(|column| column.get(self.row(unit), month)).map(i128::from);
            return Holding { value, complete: month == self.due };
        }
        let old = self.ended(unit);
        if self.element.kind == Kind::Flag || old.is_empty() {
            return Holding::default();
        }
        let owes_due = self.due > 0 && counted >> (self.due - 1) & 1 == 1;
        old.iter().map(|old| self.level(*old)).fold(
            Holding { value: None, complete: !owes_due },
            |sum, part| Holding {
                value: add(sum.value, part.value),
                complete: sum.complete && part.complete,
            },
        )
    }

    /// The year before: for flows the sum of the same months, up to `through`; for stocks and flags the last level.
    /// `None` is unknown, which is not "no": a figure is missing, or nobody in the unit's place existed then.
    pub fn before(&self, unit: UnitIx, through: u8) -> Option<i128> {
        match self.element.kind {
            Kind::Flow => {
                let (wanted, line) = (ends(self.step, through), self.line(unit));
                let owed = |unit: UnitIx| wanted & self.view.counted_before[unit.get()];
                let by_anyone = line.iter().fold(0, |months, unit| months | owed(*unit));
                if wanted == 0 || by_anyone != wanted {
                    return None;
                }
                let owing = line.into_iter().filter(|unit| owed(*unit) != 0);
                owing.map(|unit| self.flow_before(unit, wanted)).sum()
            }
            Kind::Stock | Kind::Flag => self.level_before(unit),
        }
    }

    /// One unit's own months of the year before: all present, or a running sum over exactly those.
    fn flow_before(&self, unit: UnitIx, wanted: Months) -> Option<i128> {
        let counted = self.view.counted_before[unit.get()];
        let owed = wanted & counted;
        let row = self.row(unit);
        let reported = self.before.map_or(0, |column| column.present(row)) & owed;
        let given = self.baseline.map_or(0, |column| column.present(row)) & owed & !reported;
        if reported | given == owed {
            let reported_sum = self.before.map_or(0, |column| column.sum(row, reported));
            return Some(reported_sum + self.baseline.map_or(0, |column| column.sum(row, given)));
        }
        let covers = |sum: &&RunningSum| ends(self.step, sum.to) & counted == owed;
        let sums = self.view.cells.sums(self.view.programme.year - 1, self.number, row);
        sums.iter().find(covers).map(|sum| sum.value.into())
    }

    fn level_before(&self, unit: UnitIx) -> Option<i128> {
        let counted = self.view.counted_before[unit.get()];
        let row = self.row(unit);
        let month = |column: Option<&Column>| column.and_then(|column| latest(column.present(row) & counted));
        let (reported, given) = (month(self.before), month(self.baseline));
        let (column, month) =
            if reported >= given { (self.before, reported) } else { (self.baseline, given) };
        if let Some(month) = month {
            return column.and_then(|column| column.get(row, month)).map(i128::from);
        }
        let old = self.ended(unit);
        if self.element.kind == Kind::Flag || old.is_empty() {
            return None;
        }
        old.iter().map(|old| self.level_before(*old)).sum()
    }

    /// The year's quota: the unit's own for its part of the year, and those of the units it goes on for. All of
    /// them, or none where the year's quota was allotted anew to the unit itself.
    pub fn quota(&self, unit: UnitIx) -> Option<i128> {
        let own =
            self.view.cells.quota(self.view.programme.year, self.number, self.row(unit)).map(i128::from);
        let old: Vec<Option<i128>> = self.ended(unit).into_iter().map(|old| self.quota(old)).collect();
        if old.iter().all(Option::is_none) {
            return own;
        }
        let old: Option<i128> = old.into_iter().sum();
        old.map(|old| old + own.unwrap_or(0))
    }

    /// The sum or level within a period of this year alone, rather than from January on.
    pub fn within(&self, unit: UnitIx, period: Period) -> Holding {
        let span = up_to(period.last_month()) & !up_to(period.first_month() - 1);
        match self.element.kind {
            Kind::Flow => self.flow(unit, ends(self.step, 12) & span),
            Kind::Stock | Kind::Flag => {
                let level = self.level(unit);
                let inside = self.due >= period.first_month();
                if inside && level.complete { level } else { Holding::default() }
            }
        }
    }
}

fn add(left: Option<i128>, right: Option<i128>) -> Option<i128> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left + right),
        (one, other) => one.or(other),
    }
}

/// A figure as an exact amount, with its element's scale.
pub fn amount(element: &Element, value: i128) -> crate::Quantity {
    crate::Quantity::scaled(value, element.scale)
}

/// Whether a sum fits a figure again, as it does below the limits of figures.
pub fn as_value(sum: i128) -> Option<Value> {
    Value::try_from(sum).ok()
}
