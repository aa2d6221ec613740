//! Lines: an element's figures of a year, month by month.

use crate::element::Value;

/// A set of months of a year, January in bit 0.
pub type Months = u16;

/// A unit's figures of one element in the months of a year.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    present: Months,
    values: [Value; 12],
}

impl Line {
    /// The months for which there is a figure.
    pub fn present(&self) -> Months {
        self.present
    }

    /// The sum over some months, all of which are present.
    pub fn sum(&self, months: Months) -> i128 {
        let (mut sum, mut left) = (0, months);
        while let Some(value) = self.values.get(left.trailing_zeros() as usize) {
            sum += i128::from(*value);
            left &= left - 1;
        }
        sum
    }

    /// The figure of a month, 1 to 12.
    pub fn get(&self, month: u8) -> Option<Value> {
        let slot = usize::from(month).checked_sub(1)?;
        let value = self.values.get(slot)?;
        (self.present >> slot & 1 == 1).then_some(*value)
    }

    pub(super) fn put(&mut self, month: u8, value: Option<Value>) {
        let slot = usize::from(month - 1);
        match value {
            Some(value) => (self.present, self.values[slot]) = (self.present | 1 << slot, value),
            None => self.present &= !(1 << slot),
        }
    }
}
