//! Who exists when, who came from whom, and what is asked of them.

use gom_domain::Period;
use gom_domain::element::ElementIx;
use gom_domain::unit::{AppliesTo, UnitIx};

use super::{Model, Twist};

impl Model<'_> {
    pub(super) fn year(&self) -> i16 {
        self.programme.year
    }

    fn as_of(&self) -> Period {
        Period::month(self.year(), self.month).unwrap()
    }

    /// A unit counts for periods that end within its validity.
    pub(super) fn counts(&self, unit: UnitIx, period: Period) -> bool {
        let unit = &self.programme.units[unit.get()];
        let day = period.last_day();
        unit.valid_from.is_none_or(|from| from <= day) && unit.valid_to.is_none_or(|to| to >= day)
    }

    /// The units valid at M.
    pub(super) fn valid(&self) -> Vec<UnitIx> {
        self.everyone().into_iter().filter(|unit| self.counts(*unit, self.as_of())).collect()
    }

    fn everyone(&self) -> Vec<UnitIx> {
        (0..self.programme.units.len()).map(|place| UnitIx(u32::try_from(place).unwrap())).collect()
    }

    /// The units that have ended by M, that this one goes on for directly and that were asked for the element too.
    pub(super) fn ended_predecessors(&self, heir: UnitIx, element: ElementIx) -> Vec<UnitIx> {
        let goes_on = |place: &UnitIx| {
            let unit = &self.programme.units[place.get()];
            let has_ended = unit.valid_to.is_some_and(|to| to < self.as_of().last_day());
            let has_ended = has_ended || self.bent(Twist::UnitsEndBeforeTheirTime);
            unit.successor == Some(heir) && has_ended && self.applies(element, *place)
        };
        self.everyone().into_iter().filter(goes_on).collect()
    }

    /// The unit, and all that it goes on for.
    pub(super) fn line(&self, unit: UnitIx, element: ElementIx) -> Vec<UnitIx> {
        let mut line = vec![unit];
        for predecessor in self.ended_predecessors(unit, element) {
            line.extend(self.line(predecessor, element));
        }
        line
    }

    /// Whether a unit is asked for an element, by its kind.
    pub(super) fn applies(&self, element: ElementIx, unit: UnitIx) -> bool {
        let kind = &self.programme.units[unit.get()].kind;
        let element = &self.programme.elements[element.get()];
        let form = &self.programme.forms[element.form.get()];
        [&element.applies_to, &form.applies_to].into_iter().all(|to| match to {
            AppliesTo::All => true,
            AppliesTo::Kinds(kinds) => kinds.contains(kind),
        })
    }

    pub(super) fn id(&self, unit: UnitIx) -> String {
        self.programme.units[unit.get()].id.to_string()
    }

    /// Whether a figure of that period may be looked at.
    pub(super) fn may_count(&self, unit: UnitIx, period: Period) -> bool {
        self.bent(Twist::ValidityIsIgnored) || self.counts(unit, period)
    }
}
