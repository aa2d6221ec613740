//! One unit's standing figures while a group is judged: what the cells hold, and before it what the group's earlier
//! submissions have put in its place.

use gom_domain::Period;
use gom_domain::element::{ElementIx, Value};
use gom_domain::examine::Record;
use gom_domain::form::FormIx;
use gom_domain::programme::Programme;
use gom_domain::submission::{Figures, Submission};
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
}

impl<'a> UnitRecord<'a> {
    pub(crate) fn new(
        memory: &'a Memory,
        edition: &'a PublishedEdition,
        unit: UnitIx,
        pending: &'a Pending<'a>,
    ) -> Self {
        Self { memory, edition, unit, pending }
    }
}

impl Record for UnitRecord<'_> {
    fn figure(&self, element: ElementIx, period: Period) -> Option<Value> {
        let (programme, numbering) = (&self.edition.programme, &self.edition.numbering);
        let of = programme.element(element);
        if let Some(pending) = (self.pending)(of.form, period) {
            return pending.figures.get(of.place).copied().flatten();
        }
        self.memory.cells.figure(numbering.element(element), numbering.unit(self.unit), period)
    }

    fn quota(&self, element: ElementIx) -> Option<Value> {
        let (year, numbering) = (self.edition.programme.year, &self.edition.numbering);
        self.memory.cells.quota(year, numbering.element(element), numbering.unit(self.unit))
    }

    fn form(&self, programme: &Programme, form: FormIx, period: Period) -> Figures {
        match (self.pending)(form, period) {
            Some(pending) => pending.figures.clone(),
            None => self.memory.cells.form(programme, &self.edition.numbering, form, self.unit, period),
        }
    }
}
