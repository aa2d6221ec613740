//! One element's figures, read for one unit after another.
//!
//! Each question has one walk over the figures that answer it. The value adds up what the walk shows, the
//! constituents list it, so that they cannot differ; the value allocates nothing, for it is asked of every unit.

use crate::cells::{Line, Months, RunningSum};
use crate::element::{Element, ElementIx, Kind};
use crate::period::{Frequency, Period};
use crate::unit::UnitIx;

use super::constituent::{Constituent, Origin, Stretch};
use super::{Holding, View, ends, latest, up_to};

/// Takes the stretches of figures that a walk comes by, and the unit whose they are.
trait Show: FnMut(UnitIx, Stretch<'_>) {}

impl<F: FnMut(UnitIx, Stretch<'_>)> Show for F {}

/// One element's figures of this year and the last.
#[derive(Debug)]
pub struct Series<'a> {
    view: &'a View<'a>,
    /// The element.
    pub element: &'a Element,
    place: ElementIx,
    number: u16,
    frequency: Frequency,
    /// The end of the last period that has ended; 0 if none has.
    pub due: u8,
}

impl<'a> Series<'a> {
    pub(super) fn new(view: &'a View<'a>, place: ElementIx) -> Self {
        let number = view.numbering.element(place);
        let element = view.programme.element(place);
        let frequency = view.programme.form(element.form).frequency;
        Self { view, element, place, number, frequency, due: frequency.due_month(view.month) }
    }

    /// Whether a unit fills in the element.
    pub fn asks(&self, unit: UnitIx) -> bool {
        self.view.programme.asks(self.place, unit)
    }

    /// What a unit has by now; flows are added up to the month `through`.
    pub fn now(&self, unit: UnitIx, through: u8) -> Holding {
        let mut value = None;
        let complete = self.walk_now(unit, through, &mut add_to(&mut value));
        Holding { value, complete }
    }

    /// The figures that make what a unit has by now; none where it has nothing.
    pub fn now_of(&self, unit: UnitIx, through: u8) -> Vec<Constituent> {
        let mut list = Vec::new();
        self.walk_now(unit, through, &mut self.lister(self.view.programme.year, &mut list));
        list
    }

    /// The year before: for flows the sum of the same months, up to `through`; for stocks and flags the last level.
    /// `None` is unknown, which is not "no": a figure is missing, or nobody in the unit's place existed then.
    pub fn before(&self, unit: UnitIx, through: u8) -> Option<i128> {
        let mut sum = 0;
        self.walk_before(unit, through, &mut |_, stretch| sum += stretch.sum())?;
        Some(sum)
    }

    /// The figures that make the year before, unless it is unknown.
    pub fn before_of(&self, unit: UnitIx, through: u8) -> Option<Vec<Constituent>> {
        let mut list = Vec::new();
        self.walk_before(unit, through, &mut self.lister(self.view.programme.year - 1, &mut list))?;
        Some(list)
    }

    /// The year's quota: the unit's own for its part of the year, and those of the units it goes on for. All of
    /// them, or none where the year's quota was allotted anew to the unit itself.
    pub fn quota(&self, unit: UnitIx) -> Option<i128> {
        let mut sum = 0;
        self.walk_quota(unit, &mut |_, stretch| sum += stretch.sum())?;
        Some(sum)
    }

    /// The quotas that make the year's, if there is one.
    pub fn quota_of(&self, unit: UnitIx) -> Option<Vec<Constituent>> {
        let mut list = Vec::new();
        self.walk_quota(unit, &mut self.lister(self.view.programme.year, &mut list))?;
        Some(list)
    }

    /// The sum or level within a period of this year alone, rather than from January on.
    pub fn within(&self, unit: UnitIx, period: Period) -> Holding {
        let span = up_to(period.last_month()) & !up_to(period.first_month() - 1);
        match self.element.kind {
            Kind::Flow => {
                let mut value = None;
                let complete = self.walk_flow(unit, self.ends(12) & span, &mut add_to(&mut value));
                Holding { value, complete }
            }
            Kind::Stock | Kind::Flag => {
                let level = self.now(unit, 12);
                let inside = self.due >= period.first_month();
                if inside && level.complete { level } else { Holding::default() }
            }
        }
    }

    /// Lists, figure by figure, what a walk over that year shows.
    fn lister<'l>(
        &self,
        year: i16,
        list: &'l mut Vec<Constituent>,
    ) -> impl FnMut(UnitIx, Stretch<'_>) + use<'l> {
        let frequency = self.frequency;
        move |unit, stretch| list.extend(stretch.constituents(unit, frequency, year))
    }

    fn reported(&self, unit: UnitIx) -> Option<&'a Line> {
        self.view.now(unit)?.reported(self.number)
    }

    fn reported_before(&self, unit: UnitIx) -> Option<&'a Line> {
        self.view.before(unit)?.reported(self.number)
    }

    fn baseline(&self, unit: UnitIx) -> Option<&'a Line> {
        self.view.before(unit)?.baseline(self.number)
    }

    /// The months with which the element's periods end, up to `through`.
    fn ends(&self, through: u8) -> Months {
        ends(self.frequency, through)
    }

    /// The units that this one goes on for: those that have ended by the month and were asked for the element.
    /// One that is still there counts for itself.
    fn ended(&self, unit: UnitIx) -> impl Iterator<Item = UnitIx> {
        let programme = self.view.programme;
        let old = programme.predecessors(unit).iter().copied();
        old.filter(|old| self.view.has_ended(*old) && self.asks(*old))
    }

    /// Shows what a unit has by now, and says whether all that is due has come in.
    fn walk_now(&self, unit: UnitIx, through: u8, show: &mut impl Show) -> bool {
        match self.element.kind {
            Kind::Flow => self.walk_flow(unit, self.ends(through), show),
            Kind::Stock | Kind::Flag => self.walk_level(unit, show),
        }
    }

    /// The wanted periods, those of the units it came from included.
    fn walk_flow(&self, unit: UnitIx, wanted: Months, show: &mut impl Show) -> bool {
        let owed = wanted & self.view.programme.months(unit);
        let line = self.reported(unit);
        let have = present(line) & owed;
        show_months(unit, line, have, Origin::Report, show);
        self.ended(unit).fold(have == owed, |complete, old| self.walk_flow(old, wanted, show) && complete)
    }

    /// The latest level. Until a new unit has one, the last levels of the units it came from add up to it.
    fn walk_level(&self, unit: UnitIx, show: &mut impl Show) -> bool {
        let counted = self.view.programme.months(unit);
        let line = self.reported(unit);
        if let Some(month) = latest(present(line) & counted & up_to(self.view.month)) {
            show_months(unit, line, 1 << (month - 1), Origin::Report, show);
            return month == self.due;
        }
        let mut old = self.ended(unit).peekable();
        if self.element.kind == Kind::Flag || old.peek().is_none() {
            return false;
        }
        let owes_due = self.due > 0 && counted >> (self.due - 1) & 1 == 1;
        old.fold(!owes_due, |complete, old| self.walk_level(old, show) && complete)
    }

    /// Shows the year before; where it says `None` it is unknown, whatever was shown until then.
    fn walk_before(&self, unit: UnitIx, through: u8, show: &mut impl Show) -> Option<()> {
        match self.element.kind {
            Kind::Flow => {
                let wanted = self.ends(through);
                let someone_owed_all = wanted != 0 && self.owed_before(unit, wanted) == wanted;
                if someone_owed_all { self.walk_flow_before(unit, wanted, show) } else { None }
            }
            Kind::Stock | Kind::Flag => self.walk_level_before(unit, show),
        }
    }

    /// Those of the wanted months of the year before in which the unit existed, or one that it goes on for.
    fn owed_before(&self, unit: UnitIx, wanted: Months) -> Months {
        let own = wanted & self.view.programme.months_before(unit);
        self.ended(unit).fold(own, |months, old| months | self.owed_before(old, wanted))
    }

    fn walk_flow_before(&self, unit: UnitIx, wanted: Months, show: &mut impl Show) -> Option<()> {
        if wanted & self.view.programme.months_before(unit) != 0 {
            self.walk_own_flow_before(unit, wanted, show)?;
        }
        self.ended(unit).try_for_each(|old| self.walk_flow_before(old, wanted, show))
    }

    /// One unit's own months of the year before: all present, or a running sum over exactly those.
    fn walk_own_flow_before(&self, unit: UnitIx, wanted: Months, show: &mut impl Show) -> Option<()> {
        let counted = self.view.programme.months_before(unit);
        let owed = wanted & counted;
        let (before, baseline) = (self.reported_before(unit), self.baseline(unit));
        let reported = present(before) & owed;
        let given = present(baseline) & owed & !reported;
        if reported | given == owed {
            show_months(unit, before, reported, Origin::Report, show);
            show_months(unit, baseline, given, Origin::Baseline, show);
            return Some(());
        }
        let covers = |sum: &&RunningSum| self.ends(sum.to) & counted == owed;
        let sums = self.view.before(unit)?.sums(self.number);
        sums.iter().find(covers).map(|sum| show(unit, Stretch::RunningSum(*sum)))
    }

    fn walk_level_before(&self, unit: UnitIx, show: &mut impl Show) -> Option<()> {
        let counted = self.view.programme.months_before(unit);
        let (before, baseline) = (self.reported_before(unit), self.baseline(unit));
        let month = |line| latest(present(line) & counted);
        let (reported, given) = (month(before), month(baseline));
        let (line, month, origin) = if reported >= given {
            (before, reported, Origin::Report)
        } else {
            (baseline, given, Origin::Baseline)
        };
        if let Some(month) = month {
            show_months(unit, line, 1 << (month - 1), origin, show);
            return Some(());
        }
        let mut old = self.ended(unit).peekable();
        if self.element.kind == Kind::Flag || old.peek().is_none() {
            return None;
        }
        old.try_for_each(|old| self.walk_level_before(old, show))
    }

    fn walk_quota(&self, unit: UnitIx, show: &mut impl Show) -> Option<()> {
        let own = self.view.now(unit).and_then(|standing| standing.quota(self.number));
        own.into_iter().for_each(|own| show(unit, Stretch::Quota(own)));
        let allotted_anew = self.ended(unit).all(|old| self.quota(old).is_none());
        if allotted_anew {
            own.map(|_| ())
        } else {
            self.ended(unit).try_for_each(|old| self.walk_quota(old, show))
        }
    }
}

fn present(line: Option<&Line>) -> Months {
    line.map_or(0, Line::present)
}

/// Shows months of a line, if there are any.
fn show_months(unit: UnitIx, line: Option<&Line>, months: Months, origin: Origin, show: &mut impl Show) {
    if let Some(line) = line.filter(|_| months != 0) {
        show(unit, Stretch::Months(line, months, origin));
    }
}

/// Adds up what a walk shows; what it never shows stays without a value.
fn add_to(value: &mut Option<i128>) -> impl FnMut(UnitIx, Stretch<'_>) {
    |_, stretch| *value = Some(value.unwrap_or(0) + stretch.sum())
}
