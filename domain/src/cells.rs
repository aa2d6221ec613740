//! The standing figures in memory: for each year and unit a line of twelve months for each element.
//!
//! A unit's figures of a year lie together, for a report lays dozens of them and looks up as many beside them, and
//! progress asks every target of one unit after another. What stands follows the commits of the books and carries
//! their sequence; nothing here is ever the only copy.
//!
//! **Invariant:** a figure is only in the cells of a month with which a period of its form ends.

mod line;
mod standing;

pub use line::{Line, Months};
pub use standing::{RunningSum, Standing};

use std::collections::{BTreeMap, HashMap};

use crate::element::{ElementIx, Value};
use crate::form::FormIx;
use crate::period::Period;
use crate::programme::{Baseline, Programme, Quotas};
use crate::submission::Figures;
use crate::unit::UnitIx;

/// The numbers by which the cells know a programme's units, elements and forms.
#[derive(Clone, Debug, Default)]
pub struct Numbering {
    units: Vec<u32>,
    elements: Vec<u16>,
    forms: Vec<u16>,
}

impl Numbering {
    /// A unit's number.
    pub fn unit(&self, ix: UnitIx) -> u32 {
        self.units[ix.get()]
    }

    /// An element's number.
    pub fn element(&self, ix: ElementIx) -> u16 {
        self.elements[ix.get()]
    }

    fn form(&self, ix: FormIx) -> u16 {
        self.forms[ix.get()]
    }
}

/// All standing figures, quotas and baselines.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    names: Names,
    /// By year and by unit.
    years: BTreeMap<i16, Vec<Standing>>,
}

#[derive(Clone, Debug, Default)]
struct Names {
    units: HashMap<String, u32>,
    elements: HashMap<String, u16>,
    forms: HashMap<String, u16>,
}

fn intern<N: Copy + TryFrom<usize>>(names: &mut HashMap<String, N>, name: &str) -> Option<N> {
    let next = N::try_from(names.len()).ok()?;
    Some(*names.entry(name.to_owned()).or_insert(next))
}

impl Cells {
    /// Gives a programme's names their numbers; the same name keeps its number in every programme.
    pub fn number(&mut self, programme: &Programme) -> Numbering {
        let names = &mut self.names;
        let units = programme.units.iter().filter_map(|u| intern(&mut names.units, u.id.as_str())).collect();
        let elements =
            programme.elements.iter().filter_map(|e| intern(&mut names.elements, &e.key)).collect();
        let forms = programme.forms.iter().filter_map(|f| intern(&mut names.forms, &f.key)).collect();
        Numbering { units, elements, forms }
    }

    /// Lets a unit's report stand: its figures take the place of the ones before, blanks included.
    pub fn stand(
        &mut self,
        programme: &Programme,
        numbering: &Numbering,
        unit: UnitIx,
        form: FormIx,
        period: Period,
        figures: &[Option<Value>],
    ) {
        let month = period.last_month();
        let elements = self.names.elements.len();
        let standing = self.of_mut(period.year(), numbering.unit(unit));
        // At once and no longer than needed: with ten thousand units this is most of the memory there is.
        standing.reported.reserve_exact(elements.saturating_sub(standing.reported.len()));
        for (element, figure) in programme.form(form).elements.iter().zip(figures) {
            slot(&mut standing.reported, numbering.element(*element)).put(month, *figure);
        }
        *slot(&mut standing.handed_in, numbering.form(form)) |= 1 << (month - 1);
    }

    /// Clears a figure that no report asks for any more.
    pub fn clear(&mut self, element: u16, unit: u32, period: Period) {
        let reported = &mut self.of_mut(period.year(), unit).reported;
        slot(reported, element).put(period.last_month(), None);
    }

    /// Replaces the quotas of the programme's year.
    pub fn set_quotas(&mut self, programme: &Programme, numbering: &Numbering, quotas: &Quotas) {
        let year = programme.year;
        self.of_year_mut(year).iter_mut().for_each(Standing::clear_quotas);
        for row in &quotas.rows {
            self.of_mut(year, numbering.unit(row.unit)).put_quota(numbering.element(row.element), row.value);
        }
    }

    /// Replaces the baseline of the year before the programme's.
    pub fn set_baseline(&mut self, programme: &Programme, numbering: &Numbering, baseline: &Baseline) {
        let year = programme.year - 1;
        self.of_year_mut(year).iter_mut().for_each(Standing::clear_baseline);
        for row in &baseline.rows {
            let (element, to) = (numbering.element(row.element), row.period.last_month());
            let standing = self.of_mut(year, numbering.unit(row.unit));
            if row.cumulative {
                standing.put_sum(element, RunningSum { to, value: row.value });
            } else {
                standing.put_baseline(element, to, row.value);
            }
        }
    }

    /// What stands of a year, by the units' numbers; units after the last of whom anything is known are left out.
    pub fn of_year(&self, year: i16) -> &[Standing] {
        self.years.get(&year).map_or(&[], Vec::as_slice)
    }

    /// A unit's quota.
    pub fn quota(&self, year: i16, element: u16, unit: u32) -> Option<Value> {
        self.of(year, unit)?.quota(element)
    }

    /// The figure that stands for a period: what was reported, or else the baseline's.
    pub fn figure(&self, element: u16, unit: u32, period: Period) -> Option<Value> {
        self.of(period.year(), unit)?.figure(element, period.last_month())
    }

    /// The figures that stand for a form and period, in the form's order.
    pub fn form(
        &self,
        programme: &Programme,
        numbering: &Numbering,
        form: FormIx,
        unit: UnitIx,
        period: Period,
    ) -> Figures {
        let standing = self.of(period.year(), numbering.unit(unit));
        let (elements, month) = (&programme.form(form).elements, period.last_month());
        let figure = |ix: &ElementIx| standing?.figure(numbering.element(*ix), month);
        elements.iter().map(figure).collect()
    }

    /// Whether a report stands for a unit, form and period.
    pub fn is_handed_in(&self, numbering: &Numbering, form: FormIx, unit: UnitIx, period: Period) -> bool {
        let standing = self.of(period.year(), numbering.unit(unit));
        let months = standing.and_then(|standing| standing.handed_in.get(usize::from(numbering.form(form))));
        months.is_some_and(|months| months >> (period.last_month() - 1) & 1 == 1)
    }

    fn of(&self, year: i16, unit: u32) -> Option<&Standing> {
        self.years.get(&year)?.get(unit as usize)
    }

    fn of_mut(&mut self, year: i16, unit: u32) -> &mut Standing {
        slot(self.of_year_mut(year), unit)
    }

    fn of_year_mut(&mut self, year: i16) -> &mut Vec<Standing> {
        self.years.entry(year).or_default()
    }
}

/// The entry at a place of a list, which grows up to it.
fn slot<T: Default>(list: &mut Vec<T>, place: impl Into<u32>) -> &mut T {
    let place = place.into() as usize;
    if list.len() <= place {
        list.resize_with(place + 1, T::default);
    }
    &mut list[place]
}
