//! Lines: an element's figures of a year, month by month.

use crate::element::Value;

/// A set of months of a year, January in bit 0.
pub type Months = u16;

/// A unit's figures of one element in the months of a year.
///
/// **Invariant:** a month that is not present has the value zero, which only sums may look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    present: Months,
    values: [Value; 12],
}

impl Line {
    /// A number that means nothing, and cannot be had before the line's beginning and its end, which are not fetched
    /// together, are both there.
    pub(super) fn touched(&self) -> Value {
        self.values[0] ^ self.values[11]
    }

    /// The months for which there is a figure.
    pub fn present(&self) -> Months {
        self.present
    }

    /// The sum over some months, all of which are present.
    pub fn sum(&self, months: Months) -> Value {
        let up_to_last = Months::MAX.checked_shr(months.leading_zeros()).unwrap_or(0);
        if self.present & up_to_last == months {
            // None is left out before the last, and what is missing is kept as zero. Twelve figures below their limit
            // cannot overflow, and without looking whether they do they are added up several at a time.
            let values = self.values.iter().take(up_to_last.count_ones() as usize);
            return values.fold(0, |sum, value| sum.wrapping_add(*value));
        }
        (0..12).filter(|month| months >> month & 1 == 1).map(|month| self.values[month]).sum()
    }

    /// The figure of a month, 1 to 12.
    pub fn get(&self, month: u8) -> Option<Value> {
        let slot = usize::from(month).checked_sub(1)?;
        let value = self.values.get(slot)?;
        (self.present >> slot & 1 == 1).then_some(*value)
    }

    pub(super) fn put(&mut self, month: u8, value: Option<Value>) {
        let slot = usize::from(month - 1);
        let month = 1 << slot;
        self.present = if value.is_some() { self.present | month } else { self.present & !month };
        self.values[slot] = value.unwrap_or(0);
    }
}
