//! A unit's value: now, in the year before, and its quota.

use gom_domain::Period;
use gom_domain::element::{ElementIx, Kind, Value};
use gom_domain::unit::UnitIx;
use num_rational::BigRational;

use super::{Model, Twist, decimal};

impl Model<'_> {
    pub(super) fn kind(&self, element: ElementIx) -> Kind {
        self.programme.elements[element.get()].kind
    }

    /// s × ⌊M / s⌋
    pub(super) fn due_month(&self, element: ElementIx) -> u8 {
        let form = self.programme.elements[element.get()].form;
        let step = self.programme.forms[form.get()].frequency.months();
        step * (self.month / step)
    }

    /// The periods of the element's form in a year that end by a month, in their order.
    fn periods(&self, element: ElementIx, year: i16, through: u8) -> Vec<Period> {
        let form = self.programme.elements[element.get()].form;
        let frequency = self.programme.forms[form.get()].frequency;
        (1..=through).filter_map(|end| frequency.period_ending(year, end)).collect()
    }

    /// One figure of one unit; reports stand before the baseline.
    fn figure(&self, unit: UnitIx, element: ElementIx, period: Period) -> Option<Value> {
        if !self.may_count(unit, period) || !self.applies(element, unit) {
            return None;
        }
        let place = (unit, element, period);
        self.facts.reported.get(&place).or_else(|| self.facts.baseline.get(&place)).copied()
    }

    fn scaled(&self, element: ElementIx, value: i64) -> BigRational {
        decimal(value, self.programme.elements[element.get()].scale)
    }

    /// The value of a unit with all it carries on, without its scale.
    pub(super) fn now(&self, unit: UnitIx, element: ElementIx, through: u8) -> Option<BigRational> {
        let value = match self.kind(element) {
            Kind::Flow => self.flow(unit, element, through),
            Kind::Stock => self.stock(unit, element),
            Kind::Flag if self.bent(Twist::FlagsMerge) => self.stock(unit, element),
            Kind::Flag => self.latest(unit, element, self.year(), self.month),
        };
        value.map(|value| self.scaled(element, value))
    }

    /// The sum of the periods that end ≤ D, the unit's and those of the units it carries on.
    fn flow(&self, unit: UnitIx, element: ElementIx, through: u8) -> Option<Value> {
        let line = if self.bent(Twist::EndedFlowsAreLost) { vec![unit] } else { self.line(unit, element) };
        let mut sum = None;
        for unit in line {
            for period in self.periods(element, self.year(), through) {
                if let Some(figure) = self.figure(unit, element, period) {
                    sum = Some(sum.unwrap_or(0) + figure);
                }
            }
        }
        sum
    }

    /// Its own latest level, or else the levels of the ended units it goes on for.
    fn stock(&self, unit: UnitIx, element: ElementIx) -> Option<Value> {
        let own = self.latest(unit, element, self.year(), self.month);
        if own.is_some() && !self.bent(Twist::EndedStocksStay) || self.bent(Twist::EndedStocksAreLost) {
            return own;
        }
        let before =
            self.ended_predecessors(unit, element).into_iter().filter_map(|unit| self.stock(unit, element));
        before.chain(own).reduce(|sum, level| sum + level)
    }

    fn latest(&self, unit: UnitIx, element: ElementIx, year: i16, through: u8) -> Option<Value> {
        let periods = self.periods(element, year, through);
        periods.into_iter().rev().find_map(|period| self.figure(unit, element, period))
    }

    /// Whether the unit, or who existed in its place, has told all that is due: every period of a flow,
    /// the due period of a stock or flag.
    pub(super) fn is_in(&self, unit: UnitIx, element: ElementIx, through: u8) -> bool {
        match self.kind(element) {
            Kind::Flow => {
                let mut periods = self.periods(element, self.year(), through).into_iter();
                if self.bent(Twist::GapsAreReported) {
                    return self.flow(unit, element, through).is_some();
                }
                periods.all(|period| self.tellers(unit, element, period).into_iter().all(|(_, told)| told))
            }
            Kind::Stock if self.bent(Twist::StaleIsCurrent) => self.stock(unit, element).is_some(),
            Kind::Stock => self.stock_is_current(unit, element),
            Kind::Flag => self.flag_is_current(unit, element),
        }
    }

    /// Whether the due period was told, by the unit or, before it told anything, by those it goes on for.
    fn stock_is_current(&self, unit: UnitIx, element: ElementIx) -> bool {
        let due = self.due_period(element);
        if self.latest(unit, element, self.year(), self.month).is_some() || self.counts(unit, due) {
            return self.figure(unit, element, due).is_some();
        }
        let before = self.ended_predecessors(unit, element);
        !before.is_empty() && before.into_iter().all(|unit| self.stock_is_current(unit, element))
    }

    pub(super) fn flag_is_current(&self, unit: UnitIx, flag: ElementIx) -> bool {
        self.figure(unit, flag, self.due_period(flag)).is_some()
    }

    fn due_period(&self, element: ElementIx) -> Period {
        self.periods(element, self.year(), self.month).pop().unwrap()
    }

    /// Who of a unit's line owed a period, and whether they told it.
    fn tellers(&self, unit: UnitIx, element: ElementIx, period: Period) -> Vec<(UnitIx, bool)> {
        let line = self.line(unit, element).into_iter();
        let owed = line.filter(|unit| self.counts(*unit, period) && self.applies(element, *unit));
        owed.map(|unit| (unit, self.figure(unit, element, period).is_some())).collect()
    }

    /// `prev(x)`; unknown is none.
    pub(super) fn before(&self, unit: UnitIx, element: ElementIx, through: u8) -> Option<BigRational> {
        let value = match self.kind(element) {
            Kind::Flow => self.flow_before(unit, element, through),
            Kind::Stock => self.stock_before(unit, element),
            Kind::Flag => self.latest(unit, element, self.year() - 1, 12),
        };
        value.map(|value| self.scaled(element, value))
    }

    /// Somebody of the line must have existed in every month, and whoever existed in any of them must be known.
    fn flow_before(&self, unit: UnitIx, element: ElementIx, through: u8) -> Option<Value> {
        let (line, wanted) = (self.line(unit, element), self.periods(element, self.year() - 1, through));
        let someone = |period: &Period| line.iter().any(|unit| self.may_count(*unit, *period));
        if !wanted.iter().all(someone) && !self.bent(Twist::PrevForgivesMonthsBeforeAnyoneExisted) {
            return None;
        }
        let mut sum = None;
        for unit in line {
            let own: Vec<Period> =
                wanted.iter().copied().filter(|period| self.may_count(unit, *period)).collect();
            if !own.is_empty() {
                sum = Some(sum.unwrap_or(0) + self.own_flow_before(unit, element, &own)?);
            }
        }
        sum
    }

    fn own_flow_before(&self, unit: UnitIx, element: ElementIx, periods: &[Period]) -> Option<Value> {
        let months: Vec<Value> = periods.iter().filter_map(|p| self.figure(unit, element, *p)).collect();
        let all =
            months.len() == periods.len() || self.bent(Twist::PrevTakesWhatThereIs) && !months.is_empty();
        let months = all.then(|| months.into_iter().sum());
        let covered = |to: u8| {
            let all = self.periods(element, self.year() - 1, to).into_iter();
            all.filter(|period| self.counts(unit, *period)).collect::<Vec<_>>()
        };
        let mut rows = self.facts.running.iter().filter(|row| (row.unit, row.element) == (unit, element));
        let row = rows.find(|row| covered(row.to) == periods);
        let row = row.map(|row| row.value);
        match self.twist {
            Some(Twist::RunningRowsWin) => row.or(months),
            Some(Twist::RunningRowsAreIgnored) => months,
            _ => months.or(row),
        }
    }

    fn stock_before(&self, unit: UnitIx, element: ElementIx) -> Option<Value> {
        if let Some(own) = self.latest(unit, element, self.year() - 1, 12) {
            return Some(own);
        }
        let mut sum = None;
        for unit in self.ended_predecessors(unit, element) {
            sum = Some(sum.unwrap_or(0) + self.stock_before(unit, element)?);
        }
        sum
    }

    /// `quota(x)`: the unit's own and those of the units it goes on for; its own alone where they have none.
    pub(super) fn quota(&self, unit: UnitIx, element: ElementIx) -> Option<BigRational> {
        self.quota_of_line(unit, element).map(|value| self.scaled(element, value))
    }

    fn quota_of_line(&self, unit: UnitIx, element: ElementIx) -> Option<Value> {
        let own = self.facts.quotas.get(&(unit, element)).copied();
        let before = self.ended_predecessors(unit, element).into_iter();
        let before: Vec<Option<Value>> = before.map(|unit| self.quota_of_line(unit, element)).collect();
        if before.iter().all(Option::is_none) || self.bent(Twist::EndedQuotasAreLost) {
            return own;
        }
        let mut sum = own.unwrap_or(0);
        for quota in before {
            sum += quota?;
        }
        Some(sum)
    }
}
