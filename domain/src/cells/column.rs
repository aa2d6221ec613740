//! Columns: the months of one element and year, a row for each unit.

use crate::element::Value;

/// A set of months of a year, January in bit 0.
pub type Months = u16;

/// The months of one element and year, for all units.
#[derive(Clone, Debug, Default)]
pub struct Column {
    rows: Vec<Row>,
}

/// A unit's figures, beside the months that they are there for, as they are read together.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    present: Months,
    values: [Value; 12],
}

impl Column {
    /// The months for which a unit has a figure, January in bit 0.
    pub fn present(&self, unit: u32) -> Months {
        self.rows.get(unit as usize).map_or(0, |row| row.present)
    }

    /// The sum over some months, all of which are present.
    pub fn sum(&self, unit: u32, months: Months) -> i128 {
        let Some(row) = self.rows.get(unit as usize) else { return 0 };
        let wanted = row.values.iter().enumerate().filter(|(slot, _)| months >> slot & 1 == 1);
        wanted.map(|(_, value)| i128::from(*value)).sum()
    }

    /// The figure of a month, 1 to 12.
    pub fn get(&self, unit: u32, month: u8) -> Option<Value> {
        let (row, slot) = (self.rows.get(unit as usize)?, usize::from(month).checked_sub(1)?);
        let value = row.values.get(slot)?;
        (row.present >> slot & 1 == 1).then_some(*value)
    }

    pub(super) fn put(&mut self, unit: u32, month: u8, value: Option<Value>) {
        let slot = usize::from(month - 1);
        let Some(value) = value else { return self.clear(unit, slot) };
        let row = super::slot(&mut self.rows, unit as usize);
        row.present |= 1 << slot;
        row.values[slot] = value;
    }

    fn clear(&mut self, unit: u32, slot: usize) {
        if let Some(row) = self.rows.get_mut(unit as usize) {
            row.present &= !(1 << slot);
        }
    }
}
