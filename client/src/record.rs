//! What stands of the unit, as rules see it: quotas, the year before, and what was handed in.
//!
//! What is queued counts as standing here, so that a report is examined against the ones sealed before it.

use std::collections::HashMap;

use gom_domain::Period;
use gom_domain::cells::{Cells, Numbering};
use gom_domain::element::{ElementIx, Value};
use gom_domain::examine::Record;
use gom_domain::submission::Submission;
use gom_domain::totals::View;

use crate::history;
use crate::programme::{Place, Programmes};
use crate::store::{Rows, Stored};

/// The unit's standing figures under all programmes.
#[derive(Clone, Debug)]
pub(crate) struct UnitCells {
    cells: Cells,
    numberings: HashMap<u32, Numbering>,
}

/// The unit's standing figures, seen from one form and period.
#[derive(Debug)]
pub(crate) struct UnitRecord<'a> {
    cells: &'a Cells,
    numbering: &'a Numbering,
    place: &'a Place,
}

impl UnitCells {
    /// Gathers what stands, queued reports over accepted ones.
    pub(crate) fn load(rows: &Rows<'_>, programmes: &Programmes) -> Stored<Self> {
        let mut unit = Self { cells: Cells::default(), numberings: HashMap::new() };
        for edition in programmes.editions.iter() {
            let numbering = unit.cells.number(&edition.programme);
            let newest = programmes.editions.edition_for(edition.programme.year);
            if newest.is_some_and(|newest| newest.version == edition.version) {
                unit.cells.set_quotas(&edition.programme, &numbering, &programmes.quotas(&edition.programme));
                unit.cells.set_baseline(
                    &edition.programme,
                    &numbering,
                    &programmes.baseline(&edition.programme),
                );
            }
            unit.numberings.insert(edition.version, numbering);
        }
        for body in history::standing_bodies(rows, programmes)? {
            if let Some(submission) = programmes.open(&body) {
                unit.stand(programmes, &submission);
            }
        }
        Ok(unit)
    }

    /// Lets a report stand.
    pub(crate) fn stand(&mut self, programmes: &Programmes, submission: &Submission) {
        let version = submission.programme_version;
        let (Some(programme), Some(numbering)) =
            (programmes.editions.version(version), self.numberings.get(&version))
        else {
            return;
        };
        if let Some(unit) = programme.unit_of(&programmes.unit) {
            let (form, period) = (submission.form, submission.period);
            self.cells.stand(programme, numbering, unit, form, period, &submission.figures);
        }
    }

    /// Lets figures stand that have not been sealed, to see what they come to.
    pub(crate) fn stand_at(&mut self, place: &Place, figures: &[Option<Value>]) {
        if let Some(numbering) = self.numberings.get(&place.edition.version) {
            self.cells.stand(place.programme(), numbering, place.unit, place.form, place.period, figures);
        }
    }

    /// The record as rules of a form and period see it.
    pub(crate) fn seen_from<'a>(&'a self, place: &'a Place) -> Option<UnitRecord<'a>> {
        let numbering = self.numberings.get(&place.edition.version)?;
        Some(UnitRecord { cells: &self.cells, numbering, place })
    }
}

impl<'a> UnitRecord<'a> {
    /// The year as of the period's last month, for what adds up.
    pub(crate) fn view(&self) -> View<'a> {
        View::new(self.place.programme(), self.numbering, self.cells, self.place.period.last_month())
    }
}

impl Record for UnitRecord<'_> {
    fn figure(&self, element: ElementIx, period: Period) -> Option<Value> {
        let unit = self.numbering.unit(self.place.unit);
        self.cells.figure(self.numbering.element(element), unit, period)
    }

    fn quota(&self, element: ElementIx) -> Option<Value> {
        let unit = self.numbering.unit(self.place.unit);
        self.cells.quota(self.place.programme().year, self.numbering.element(element), unit)
    }
}
