//! One element's figures, read for one unit after another.
//!
//! Each question has one walk over the figures that answer it. The value adds up what the walk shows, the
//! constituents list it, so that they cannot differ; the value allocates nothing, for it is asked of every unit.

use crate::cells::{Line, Months, RunningSum};
use crate::element::{Element, ElementIx, Kind, Value};
use crate::period::{Frequency, Period};
use crate::unit::UnitIx;

use super::constituent::{Constituent, Origin, Stretch};
use super::{Holding, Subject, View, ends, latest, up_to};

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
        let (number, element) = (view.numbering.element(place), view.programme.element(place));
        let frequency = view.programme.form(element.form).frequency;
        Self { view, element, place, number, frequency, due: view.due(place) }
    }

    /// Whether a unit fills in the element.
    pub fn asks(&self, subject: &Subject<'a>) -> bool {
        subject.is_asked(self.place)
    }

    /// What a unit has by now; flows are added up to the month `through`.
    pub fn now(&self, subject: &Subject<'a>, through: u8) -> Holding {
        let mut value = None;
        let complete = self.walk_now(subject, through, &mut add_to(&mut value));
        Holding { value, complete }
    }

    /// The figures that make what a unit has by now; none where it has nothing.
    pub fn now_of(&self, subject: &Subject<'a>, through: u8) -> Vec<Constituent> {
        let mut list = Vec::new();
        self.walk_now(subject, through, &mut self.lister(self.view.programme.year, &mut list));
        list
    }

    /// The year before: for flows the sum of the same months, up to `through`; for stocks and flags the last level.
    /// `None` is unknown, which is not "no": a figure is missing, or nobody in the unit's place existed then.
    pub fn before(&self, subject: &Subject<'a>, through: u8) -> Option<Value> {
        let mut sum = 0;
        self.walk_before(subject, through, &mut |_, stretch| sum += stretch.sum())?;
        Some(sum)
    }

    /// The figures that make the year before, unless it is unknown.
    pub fn before_of(&self, subject: &Subject<'a>, through: u8) -> Option<Vec<Constituent>> {
        let mut list = Vec::new();
        self.walk_before(subject, through, &mut self.lister(self.view.programme.year - 1, &mut list))?;
        Some(list)
    }

    /// The year's quota: the unit's own for its part of the year, and those of the units it goes on for. All of
    /// them, or none where the year's quota was allotted anew to the unit itself.
    pub fn quota(&self, subject: &Subject<'a>) -> Option<Value> {
        let mut sum = 0;
        self.walk_quota(subject, &mut |_, stretch| sum += stretch.sum())?;
        Some(sum)
    }

    /// The quotas that make the year's, if there is one.
    pub fn quota_of(&self, subject: &Subject<'a>) -> Option<Vec<Constituent>> {
        let mut list = Vec::new();
        self.walk_quota(subject, &mut self.lister(self.view.programme.year, &mut list))?;
        Some(list)
    }

    /// The sum or level within a period of this year alone, rather than from January on.
    pub fn within(&self, subject: &Subject<'a>, period: Period) -> Holding {
        let span = up_to(period.last_month()) & !up_to(period.first_month() - 1);
        match self.element.kind {
            Kind::Flow => {
                let mut value = None;
                let complete = self.walk_flow(subject, self.ends(12) & span, &mut add_to(&mut value));
                Holding { value, complete }
            }
            Kind::Stock | Kind::Flag => {
                let level = self.now(subject, 12);
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

    fn reported(&self, subject: &Subject<'a>) -> Option<&'a Line> {
        subject.now?.reported(self.number)
    }

    fn reported_before(&self, subject: &Subject<'a>) -> Option<&'a Line> {
        subject.before?.reported(self.number)
    }

    fn baseline(&self, subject: &Subject<'a>) -> Option<&'a Line> {
        subject.before?.baseline(self.number)
    }

    /// The months with which the element's periods end, up to `through`.
    fn ends(&self, through: u8) -> Months {
        ends(self.frequency, through)
    }

    /// The units that this one goes on for: those that have ended by the month and were asked for the element.
    /// One that is still there counts for itself.
    fn ended(&self, subject: &Subject<'a>) -> impl Iterator<Item = Subject<'a>> {
        let old = subject.old.iter().filter(|old| self.view.has_ended(**old));
        old.map(|old| self.view.subject(*old)).filter(|old| self.asks(old))
    }

    /// Shows what a unit has by now, and says whether all that is due has come in.
    fn walk_now(&self, subject: &Subject<'a>, through: u8, show: &mut impl Show) -> bool {
        match self.element.kind {
            Kind::Flow => self.walk_flow(subject, self.ends(through), show),
            Kind::Stock | Kind::Flag => self.walk_level(subject, show),
        }
    }

    /// The wanted periods, those of the units it came from included.
    fn walk_flow(&self, subject: &Subject<'a>, wanted: Months, show: &mut impl Show) -> bool {
        let owed = wanted & subject.months;
        let line = self.reported(subject);
        let have = present(line) & owed;
        show_months(subject.unit, line, have, Origin::Report, show);
        self.ended(subject).fold(have == owed, |complete, old| self.walk_flow(&old, wanted, show) && complete)
    }

    /// The latest level. Until a new unit has one, the last levels of the units it came from add up to it.
    fn walk_level(&self, subject: &Subject<'a>, show: &mut impl Show) -> bool {
        let counted = subject.months;
        let line = self.reported(subject);
        if let Some(month) = latest(present(line) & counted & up_to(self.view.month)) {
            show_months(subject.unit, line, 1 << (month - 1), Origin::Report, show);
            return month == self.due;
        }
        let mut old = self.ended(subject).peekable();
        if self.element.kind == Kind::Flag || old.peek().is_none() {
            return false;
        }
        let owes_due = self.due > 0 && counted >> (self.due - 1) & 1 == 1;
        old.fold(!owes_due, |complete, old| self.walk_level(&old, show) && complete)
    }

    /// Shows the year before; where it says `None` it is unknown, whatever was shown until then.
    fn walk_before(&self, subject: &Subject<'a>, through: u8, show: &mut impl Show) -> Option<()> {
        match self.element.kind {
            Kind::Flow => {
                let wanted = self.ends(through);
                let someone_owed_all = wanted != 0 && self.owed_before(subject, wanted) == wanted;
                if someone_owed_all { self.walk_flow_before(subject, wanted, show) } else { None }
            }
            Kind::Stock | Kind::Flag => self.walk_level_before(subject, show),
        }
    }

    /// Those of the wanted months of the year before in which the unit existed, or one that it goes on for.
    fn owed_before(&self, subject: &Subject<'a>, wanted: Months) -> Months {
        let own = wanted & subject.months_before;
        self.ended(subject).fold(own, |months, old| months | self.owed_before(&old, wanted))
    }

    fn walk_flow_before(&self, subject: &Subject<'a>, wanted: Months, show: &mut impl Show) -> Option<()> {
        if wanted & subject.months_before != 0 {
            self.walk_own_flow_before(subject, wanted, show)?;
        }
        self.ended(subject).try_for_each(|old| self.walk_flow_before(&old, wanted, show))
    }

    /// One unit's own months of the year before: all present, or a running sum over exactly those.
    fn walk_own_flow_before(
        &self,
        subject: &Subject<'a>,
        wanted: Months,
        show: &mut impl Show,
    ) -> Option<()> {
        let counted = subject.months_before;
        let owed = wanted & counted;
        let (before, baseline) = (self.reported_before(subject), self.baseline(subject));
        let reported = present(before) & owed;
        let given = present(baseline) & owed & !reported;
        if reported | given == owed {
            show_months(subject.unit, before, reported, Origin::Report, show);
            show_months(subject.unit, baseline, given, Origin::Baseline, show);
            return Some(());
        }
        let covers = |sum: &RunningSum| self.ends(sum.to) & counted == owed;
        let sum = subject.before?.sums(self.number).find(covers);
        sum.map(|sum| show(subject.unit, Stretch::RunningSum(sum)))
    }

    fn walk_level_before(&self, subject: &Subject<'a>, show: &mut impl Show) -> Option<()> {
        let counted = subject.months_before;
        let (before, baseline) = (self.reported_before(subject), self.baseline(subject));
        let month = |line| latest(present(line) & counted);
        let (reported, given) = (month(before), month(baseline));
        let (line, month, origin) = if reported >= given {
            (before, reported, Origin::Report)
        } else {
            (baseline, given, Origin::Baseline)
        };
        if let Some(month) = month {
            show_months(subject.unit, line, 1 << (month - 1), origin, show);
            return Some(());
        }
        let mut old = self.ended(subject).peekable();
        if self.element.kind == Kind::Flag || old.peek().is_none() {
            return None;
        }
        old.try_for_each(|old| self.walk_level_before(&old, show))
    }

    fn walk_quota(&self, subject: &Subject<'a>, show: &mut impl Show) -> Option<()> {
        let own = subject.now.and_then(|standing| standing.quota(self.number));
        own.into_iter().for_each(|own| show(subject.unit, Stretch::Quota(own)));
        let allotted_anew = self.ended(subject).all(|old| self.quota(&old).is_none());
        if allotted_anew {
            own.map(|_| ())
        } else {
            self.ended(subject).try_for_each(|old| self.walk_quota(&old, show))
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
fn add_to(value: &mut Option<Value>) -> impl FnMut(UnitIx, Stretch<'_>) {
    |_, stretch| *value = Some(value.unwrap_or(0) + stretch.sum())
}
