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

/// A unit's figures of a year, with what it was allotted and what it is known to have had. What only some elements have
/// lies together, in the order of the elements.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    pub(super) reported: Vec<Line>,
    baseline: Vec<(u16, Line)>,
    sums: Vec<(u16, RunningSum)>,
    quotas: Vec<(u16, Value)>,
    pub(super) handed_in: Vec<Months>,
}

impl Standing {
    /// Touches everything. What all of it comes to means nothing; it is only there to be waited for.
    pub(crate) fn fetch(&self) {
        let baseline = self.baseline.iter().map(|(_, line)| line);
        let lines = self.reported.iter().chain(baseline).map(Line::touched);
        let sums = self.sums.iter().map(|(_, sum)| sum.value);
        let quotas = self.quotas.iter().map(|(_, quota)| *quota);
        std::hint::black_box(lines.chain(sums).chain(quotas).fold(0, |all, value| all ^ value));
    }

    /// What was reported of an element.
    pub fn reported(&self, element: u16) -> Option<&Line> {
        self.reported.get(usize::from(element))
    }

    /// What the baseline says of an element.
    pub fn baseline(&self, element: u16) -> Option<&Line> {
        self.baseline.binary_search_by_key(&element, |(own, _)| *own).ok().map(|at| &self.baseline[at].1)
    }

    /// The sums of an element from January to some months, instead of the months.
    pub fn sums(&self, element: u16) -> impl Iterator<Item = RunningSum> {
        let from = self.sums.partition_point(|(own, _)| *own < element);
        self.sums[from..].iter().take_while(move |(own, _)| *own == element).map(|(_, sum)| *sum)
    }

    /// The quota of an element.
    pub fn quota(&self, element: u16) -> Option<Value> {
        let at = self.quotas.binary_search_by_key(&element, |(own, _)| *own).ok()?;
        Some(self.quotas[at].1)
    }

    /// Forgets all quotas.
    pub(super) fn clear_quotas(&mut self) {
        self.quotas.clear();
    }

    /// Forgets the year before.
    pub(super) fn clear_baseline(&mut self) {
        self.baseline.clear();
        self.sums.clear();
    }

    /// Sets a month of an element's baseline.
    pub(super) fn put_baseline(&mut self, element: u16, month: u8, value: Value) {
        let at = self.baseline.binary_search_by_key(&element, |(own, _)| *own);
        let at = at.unwrap_or_else(|at| {
            self.baseline.insert(at, (element, Line::default()));
            at
        });
        self.baseline[at].1.put(month, Some(value));
    }

    /// Sets an element's quota.
    pub(super) fn put_quota(&mut self, element: u16, value: Value) {
        match self.quotas.binary_search_by_key(&element, |(own, _)| *own) {
            Ok(at) => self.quotas[at].1 = value,
            Err(at) => self.quotas.insert(at, (element, value)),
        }
    }

    /// Adds a sum from January on to those of an element.
    pub(super) fn put_sum(&mut self, element: u16, sum: RunningSum) {
        let at = self.sums.partition_point(|(own, _)| *own <= element);
        self.sums.insert(at, (element, sum));
    }

    /// The figure that stands for a month: what was reported, or else the baseline's.
    pub fn figure(&self, element: u16, month: u8) -> Option<Value> {
        let read = |line: Option<&Line>| line?.get(month);
        read(self.reported(element)).or_else(|| read(self.baseline(element)))
    }
}
