//! A unit's value of an element, as of a month: what totals are made of.
//!
//! Flows add up over the year's periods; of stocks and flags the latest stands. Where units have merged, the flows
//! and the last stocks of the old units count for the new one; flags do not merge. What is missing is never zero.

mod constituent;
mod series;
mod subject;
#[cfg(test)]
mod tests;

pub use constituent::{Constituent, Origin};
pub use series::Series;
pub use subject::Subject;

use crate::cells::{Cells, Months, Numbering, Standing};
use crate::element::{Element, ElementIx, Value};
use crate::period::{Frequency, Period};
use crate::programme::Programme;
use crate::unit::UnitIx;

/// The standing figures seen as of a month of a programme's year.
#[derive(Debug)]
pub struct View<'a> {
    /// The year's programme.
    pub programme: &'a Programme,
    /// Its numbers in the cells.
    pub numbering: &'a Numbering,
    /// The month M, 1 to 12.
    pub month: u8,
    valid: Vec<UnitIx>,
    now: &'a [Standing],
    before: &'a [Standing],
}

/// What a unit has of an element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Its value; none if it has never reported one.
    pub value: Option<Value>,
    /// Whether all that is due has come in: every period of a flow, the due period of a stock or flag.
    pub complete: bool,
}

impl<'a> View<'a> {
    /// Sees the cells as of `month` of the programme's year.
    pub fn new(programme: &'a Programme, numbering: &'a Numbering, cells: &'a Cells, month: u8) -> Self {
        let exists = |ix: &UnitIx| programme.months(*ix) >> (month - 1) & 1 == 1;
        Self {
            programme,
            numbering,
            month,
            valid: programme.unit_places().filter(exists).collect(),
            now: cells.of_year(programme.year),
            before: cells.of_year(programme.year - 1),
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

    /// The end of the last period of an element's form that has ended; 0 if none has.
    pub fn due(&self, element: ElementIx) -> u8 {
        let form = self.programme.element(element).form;
        self.programme.form(form).frequency.due_month(self.month)
    }

    /// A unit, ready to be asked for many figures.
    pub fn subject(&self, unit: UnitIx) -> Subject<'a> {
        Subject::new(self, unit)
    }

    /// An element's figures, ready to be read for many units.
    pub fn series(&'a self, element: ElementIx) -> Series<'a> {
        Series::new(self, element)
    }
}

/// The months up to `through`.
fn up_to(through: u8) -> Months {
    if through >= 12 { 0x0fff } else { (1 << through) - 1 }
}

/// The months with which a form's periods end, up to `through`.
fn ends(frequency: Frequency, through: u8) -> Months {
    let all = match frequency {
        Frequency::Month => 0b1111_1111_1111,
        Frequency::Quarter => 0b1001_0010_0100,
        Frequency::Half => 0b1000_0010_0000,
        Frequency::Year => 0b1000_0000_0000,
    };
    all & up_to(through)
}

fn latest(months: Months) -> Option<u8> {
    (months != 0).then(|| u8::try_from(16 - months.leading_zeros()).unwrap_or(0))
}

/// A figure, or a sum of figures, as an exact amount, with its element's scale.
pub fn amount(element: &Element, value: i128) -> crate::Quantity {
    crate::Quantity::scaled(value, element.scale)
}
