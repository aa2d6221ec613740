//! What stands of one unit in one year. Numbers are places in lists, so that nothing has to be searched for.

use super::Line;
use super::Months;
use crate::element::Value;

/// A sum from January to a month, instead of the months themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningSum {
    /// The last month, 1 to 12.
    pub to: u8,
    /// The sum.
    pub value: Value,
}

/// A unit's figures of a year, with what it was allotted and what it is known to have had.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    pub(super) reported: Vec<Line>,
    pub(super) baseline: Vec<Line>,
    pub(super) sums: Vec<Vec<RunningSum>>,
    pub(super) quotas: Vec<Option<Value>>,
    pub(super) handed_in: Vec<Months>,
}

impl Standing {
    /// What was reported of an element.
    pub fn reported(&self, element: u16) -> Option<&Line> {
        self.reported.get(usize::from(element))
    }

    /// What the baseline says of an element.
    pub fn baseline(&self, element: u16) -> Option<&Line> {
        self.baseline.get(usize::from(element))
    }

    /// The sums of an element from January to some months, instead of the months.
    pub fn sums(&self, element: u16) -> &[RunningSum] {
        self.sums.get(usize::from(element)).map_or(&[], Vec::as_slice)
    }

    /// The quota of an element.
    pub fn quota(&self, element: u16) -> Option<Value> {
        self.quotas.get(usize::from(element)).copied().flatten()
    }

    /// The figure that stands for a month: what was reported, or else the baseline's.
    pub fn figure(&self, element: u16, month: u8) -> Option<Value> {
        let read = |line: Option<&Line>| line?.get(month);
        read(self.reported(element)).or_else(|| read(self.baseline(element)))
    }
}
