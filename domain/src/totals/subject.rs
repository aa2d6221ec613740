//! A unit that figures are asked of, with what each question about it needs, found once.

use super::View;
use crate::cells::{Months, Standing};
use crate::element::ElementIx;
use crate::unit::UnitIx;

/// A unit that figures are asked of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The unit.
    pub unit: UnitIx,
    /// What stands of it in the year, and in the year before.
    pub(super) now: Option<&'a Standing>,
    pub(super) before: Option<&'a Standing>,
    /// The months that it reports for, likewise.
    pub(super) months: Months,
    pub(super) months_before: Months,
    /// The units that it came from directly.
    pub(super) old: &'a [UnitIx],
    /// For each element whether it fills it in.
    asked: &'a [bool],
}

impl<'a> Subject<'a> {
    pub(super) fn new(view: &View<'a>, unit: UnitIx) -> Self {
        let (programme, number) = (view.programme, view.numbering.unit(unit) as usize);
        Self {
            unit,
            now: view.now.get(number),
            before: view.before.get(number),
            months: programme.months(unit),
            months_before: programme.months_before(unit),
            old: programme.predecessors(unit),
            asked: programme.asked(unit),
        }
    }

    /// Fetches all of its figures from memory. Whoever reads them one after the other waits for each; so the machine
    /// waits for many at once.
    pub fn fetch(&self) {
        self.now.into_iter().chain(self.before).for_each(Standing::fetch);
    }

    /// Whether it fills in an element.
    pub(super) fn is_asked(&self, element: ElementIx) -> bool {
        self.asked[element.get()]
    }
}
