//! One unit's standing figures while a group is judged: what the cells hold, and before it what the group's earlier
//! submissions have put in its place.

use std::cell::Cell;

use gom_domain::Period;
use gom_domain::element::{ElementIx, Value};
use gom_domain::examine::Record;
use gom_domain::form::FormIx;
use gom_domain::submission::Submission;
use gom_domain::unit::UnitIx;

use crate::memory::{Memory, PublishedEdition};

/// Finds what an earlier submission of the group has put in the place of a form.
type Pending<'a> = dyn Fn(FormIx, Period) -> Option<&'a Submission> + 'a;

/// One unit's standing figures, for the rules.
pub(crate) struct UnitRecord<'a> {
    memory: &'a Memory,
    edition: &'a PublishedEdition,
    unit: UnitIx,
    pending: &'a Pending<'a>,
    /// The last form and period asked for: a report's rules ask for the same ones forty times.
    asked: Cell<Option<(FormIx, Period, Option<&'a Submission>)>>,
}

impl<'a> UnitRecord<'a> {
    pub(crate) fn new(
        memory: &'a Memory,
        edition: &'a PublishedEdition,
        unit: UnitIx,
        pending: &'a Pending<'a>,
    ) -> Self {
        Self { memory, edition, unit, pending, asked: Cell::new(None) }
    }

    fn pending(&self, form: FormIx, period: Period) -> Option<&'a Submission> {
        if let Some((of, at, found)) = self.asked.get()
            && (of, at) == (form, period)
        {
            return found;
        }
        let found = (self.pending)(form, period);
        self.asked.set(Some((form, period, found)));
        found
    }
}

impl Record for UnitRecord<'_> {
    fn figure(&self, element: ElementIx, period: Period) -> Option<Value> {
        let (programme, numbering) = (&self.edition.programme, &self.edition.numbering);
        let of = programme.element(element);
        if let Some(pending) = self.pending(of.form, period) {
            return pending.figures.get(of.place).copied().flatten();
        }
        self.memory.cells.figure(numbering.element(element), numbering.unit(self.unit), period)
    }

    fn quota(&self, element: ElementIx) -> Option<Value> {
        let (year, numbering) = (self.edition.programme.year, &self.edition.numbering);
        self.memory.cells.quota(year, numbering.element(element), numbering.unit(self.unit))
    }
}
