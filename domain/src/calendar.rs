//! Reporting windows: from when to when a period's figures are gathered, and by when they are sent.
//!
//! Source: Decree 09/2019/NĐ-CP, article 12 (month: from the 15th of the month before to the 14th; quarter, half
//! and year likewise). Budget revenue follows calendar months instead, so the window belongs to the form.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz};

use crate::period::Period;

/// Which days a period's figures cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// From the first to the last day of the period; sent in the month after.
    Calendar,
    /// Closed in the middle of the period's last month, opened the day after the closing before.
    Decree09,
}

impl Regime {
    /// The word used in tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Decree09 => "decree-09",
        }
    }

    /// The regime that a table's word names.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Calendar, Self::Decree09].into_iter().find(|regime| regime.key() == key)
    }
}

/// A form's calendar: its regime, closing day and send-by day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Which days a period covers.
    pub regime: Regime,
    /// The day of the period's last month on which the figures close; none: its last day.
    pub closing_day: Option<u8>,
    /// The day by which the report is sent: of the last month (decree 09) or of the month after (calendar).
    pub send_by_day: u8,
}

/// The days of one period of one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first day whose events count.
    pub opens: Date,
    /// The last day whose events count.
    pub closes: Date,
    /// The last day on which the report is in time.
    pub send_by: Date,
}

impl Calendar {
    /// The window of `period`.
    pub fn window(&self, period: Period) -> Window {
        let last = period.last_day().first_of_month();
        let closes = self.closing_day.map_or(last.last_of_month(), |closing| day(last, closing));
        match self.regime {
            Regime::Calendar => Window {
                opens: period.first_day(),
                closes,
                send_by: day(month_after(last), self.send_by_day),
            },
            Regime::Decree09 => {
                let before = day_before(period.first_day()).first_of_month();
                let closed_before =
                    self.closing_day.map_or(before.last_of_month(), |closing| day(before, closing));
                Window { opens: day_after(closed_before), closes, send_by: day(last, self.send_by_day) }
            }
        }
    }
}

/// The day `number` of the month that starts with `first`, or its last where the month is shorter.
fn day(first: Date, number: u8) -> Date {
    let number = i8::try_from(number).unwrap_or(i8::MAX).clamp(1, first.days_in_month());
    Date::new(first.year(), first.month(), number).unwrap_or(first)
}

fn month_after(first: Date) -> Date {
    first.saturating_add(1.month())
}

fn day_before(date: Date) -> Date {
    date.saturating_sub(1.day())
}

fn day_after(date: Date) -> Date {
    date.saturating_add(1.day())
}

/// The civil day in Viet Nam (UTC+7, no summer time since 1975) at a moment given in milliseconds since 1970.
pub fn vietnam_day(at_ms: i64) -> Date {
    vietnam(at_ms).date()
}

/// Day and time in Viet Nam as offices write it: `05/06/2024 07:30`.
pub fn vietnam_time(at_ms: i64) -> String {
    let at = vietnam(at_ms);
    format!("{:02}/{:02}/{} {:02}:{:02}", at.day(), at.month(), at.year(), at.hour(), at.minute())
}

/// The same as names of files have it, so that they are listed in its order: `20240605-073000`.
pub fn vietnam_stamp(at_ms: i64) -> String {
    vietnam(at_ms).strftime("%Y%m%d-%H%M%S").to_string()
}

/// A date as offices write it: `05/06/2024`.
pub fn shown_day(date: Date) -> String {
    format!("{:02}/{:02}/{}", date.day(), date.month(), date.year())
}

/// The first millisecond of a civil day in Viet Nam.
pub fn day_start_ms(date: Date) -> i64 {
    let offset = tz::Offset::constant(7);
    offset.to_timestamp(date.at(0, 0, 0, 0)).map_or(0, Timestamp::as_millisecond)
}

fn vietnam(at_ms: i64) -> jiff::civil::DateTime {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    tz::Offset::constant(7).to_datetime(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn window(regime: Regime, closing_day: Option<u8>, send_by_day: u8, period: &str) -> [Date; 3] {
        let calendar = Calendar { regime, closing_day, send_by_day };
        let window = calendar.window(period.parse().unwrap());
        [window.opens, window.closes, window.send_by]
    }

    #[test]
    fn decree_09_closes_on_the_fourteenth() {
        let decree = |period| window(Regime::Decree09, Some(14), 16, period);
        assert_eq!(decree("2024-05"), [date(2024, 4, 15), date(2024, 5, 14), date(2024, 5, 16)]);
        assert_eq!(decree("2024-Q1"), [date(2023, 12, 15), date(2024, 3, 14), date(2024, 3, 16)]);
        assert_eq!(decree("2024-H2"), [date(2024, 6, 15), date(2024, 12, 14), date(2024, 12, 16)]);
        assert_eq!(decree("2024"), [date(2023, 12, 15), date(2024, 12, 14), date(2024, 12, 16)]);
    }

    #[test]
    fn calendar_months_are_sent_in_the_month_after() {
        let budget = window(Regime::Calendar, None, 5, "2024-02");
        assert_eq!(budget, [date(2024, 2, 1), date(2024, 2, 29), date(2024, 3, 5)]);
    }

    #[test]
    fn the_day_is_the_one_in_viet_nam() {
        let midnight = day_start_ms(date(2024, 5, 1));
        assert_eq!(vietnam_day(midnight), date(2024, 5, 1));
        assert_eq!(vietnam_day(midnight - 1), date(2024, 4, 30));
        assert_eq!(vietnam_time(midnight), "01/05/2024 00:00");
    }
}
