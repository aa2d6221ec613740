//! Periods: month, quarter, half-year, nine months, year, and how they are written.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// How often a form is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    /// Twelve periods a year.
    Month,
    /// Four periods a year.
    Quarter,
    /// Two periods a year.
    Half,
    /// One period a year.
    Year,
}

impl Frequency {
    /// The months of one period: 1, 3, 6 or 12.
    pub fn months(self) -> u8 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Half => 6,
            Self::Year => 12,
        }
    }

    /// The end of the last period that has ended by `month`; 0 if none has.
    pub fn due_month(self, month: u8) -> u8 {
        self.months() * (month / self.months())
    }

    /// The period of `year` that ends with `month`, if one does.
    pub fn period_ending(self, year: i16, month: u8) -> Option<Period> {
        let ends = (1..=12).contains(&month) && month.is_multiple_of(self.months());
        ends.then(|| Period::new(year, span_of(self, month / self.months())))
    }

    /// The word used in tables: `month`, `quarter`, `half`, `year`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Half => "half",
            Self::Year => "year",
        }
    }

    /// The frequency that a table's word names.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Month, Self::Quarter, Self::Half, Self::Year].into_iter().find(|f| f.key() == key)
    }
}

fn span_of(frequency: Frequency, number: u8) -> Span {
    match frequency {
        Frequency::Month => Span::Month(number),
        Frequency::Quarter => Span::Quarter(number),
        Frequency::Half => Span::Half(number),
        Frequency::Year => Span::Year,
    }
}

/// The part of a year that a period covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// Month 1 to 12.
    Month(u8),
    /// Quarter 1 to 4.
    Quarter(u8),
    /// Half-year 1 or 2.
    Half(u8),
    /// January to September: a cut for reports, which no form uses.
    NineMonths,
    /// The whole year.
    Year,
}

/// A stretch of time that figures are reported for: `2024-05`, `2024-Q2`, `2024-H1`, `2024-9M`, `2024`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: i16,
    span: Span,
}

/// The text names no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no period: {0}")]
pub struct NotAPeriod(pub String);

impl Period {
    /// **Invariant:** the span's number fits its kind; callers pass numbers they have checked.
    fn new(year: i16, span: Span) -> Self {
        Self { year, span }
    }

    /// The month `month` of `year`; `None` unless it is 1 to 12.
    pub fn month(year: i16, month: u8) -> Option<Self> {
        Frequency::Month.period_ending(year, month)
    }

    /// The calendar year it lies in.
    pub fn year(self) -> i16 {
        self.year
    }

    /// Its part of the year.
    pub fn span(self) -> Span {
        self.span
    }

    /// Its first month, 1 to 12.
    pub fn first_month(self) -> u8 {
        self.last_month() + 1 - self.months()
    }

    /// Its last month, 1 to 12: the month that progress "as of" this period is asked for.
    pub fn last_month(self) -> u8 {
        match self.span {
            Span::Month(n) => n,
            Span::Quarter(n) => 3 * n,
            Span::Half(n) => 6 * n,
            Span::NineMonths => 9,
            Span::Year => 12,
        }
    }

    /// How many months it has.
    pub fn months(self) -> u8 {
        match self.span {
            Span::Month(_) => 1,
            Span::Quarter(_) => 3,
            Span::Half(_) => 6,
            Span::NineMonths => 9,
            Span::Year => 12,
        }
    }

    /// The frequency of the forms that are due for it; none for nine months.
    pub fn frequency(self) -> Option<Frequency> {
        match self.span {
            Span::Month(_) => Some(Frequency::Month),
            Span::Quarter(_) => Some(Frequency::Quarter),
            Span::Half(_) => Some(Frequency::Half),
            Span::NineMonths => None,
            Span::Year => Some(Frequency::Year),
        }
    }

    /// The period of the same length before it, across the year's end; the same nine months a year earlier.
    #[must_use]
    pub fn before(self) -> Self {
        match self.frequency() {
            None => Self::new(self.year - 1, self.span),
            Some(frequency) => {
                let first = self.first_month();
                let (year, month) = if first == 1 { (self.year - 1, 12) } else { (self.year, first - 1) };
                frequency.period_ending(year, month).unwrap_or(self)
            }
        }
    }

    /// The same part of the year before.
    #[must_use]
    pub fn year_before(self) -> Self {
        Self::new(self.year - 1, self.span)
    }

    /// Its last calendar day, by which a unit's validity is judged.
    pub fn last_day(self) -> Date {
        month_start(self.year, self.last_month()).last_of_month()
    }

    /// Its first calendar day.
    pub fn first_day(self) -> Date {
        month_start(self.year, self.first_month())
    }

    /// A small number for rows and wire: the year times 32, plus 1–12 month, 13–16 quarter, 17–18 half,
    /// 19 nine months, 20 year. It never changes meaning.
    pub fn code(self) -> u32 {
        let part = match self.span {
            Span::Month(n) => n,
            Span::Quarter(n) => 12 + n,
            Span::Half(n) => 16 + n,
            Span::NineMonths => 19,
            Span::Year => 20,
        };
        u32::from(self.year.unsigned_abs()) * 32 + u32::from(part)
    }

    /// The period of a [`code`](Self::code), if it is one.
    pub fn from_code(code: u32) -> Option<Self> {
        let year = i16::try_from(code / 32).ok().filter(|year| (1..=9999).contains(year))?;
        let span = match u8::try_from(code % 32).ok()? {
            n @ 1..=12 => Span::Month(n),
            n @ 13..=16 => Span::Quarter(n - 12),
            n @ 17..=18 => Span::Half(n - 16),
            19 => Span::NineMonths,
            20 => Span::Year,
            _ => return None,
        };
        Some(Self::new(year, span))
    }
}

fn month_start(year: i16, month: u8) -> Date {
    // A period's year is 1 to 9999 and its month 1 to 12, all of which jiff has; MIN is never reached.
    Date::new(year, i8::try_from(month).unwrap_or(1), 1).unwrap_or(Date::MIN)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        match self.span {
            Span::Month(n) => write!(f, "-{n:02}"),
            Span::Quarter(n) => write!(f, "-Q{n}"),
            Span::Half(n) => write!(f, "-H{n}"),
            Span::NineMonths => write!(f, "-9M"),
            Span::Year => Ok(()),
        }
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        parse(text.trim()).ok_or_else(|| NotAPeriod(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Period> {
    let (year, part) = text.split_once('-').map_or((text, None), |(year, part)| (year, Some(part)));
    let all_digits = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    let year: i16 = if all_digits { year.parse().ok().filter(|year| *year >= 1)? } else { return None };
    let span = match part {
        None => Span::Year,
        Some("9M") => Span::NineMonths,
        Some("H1") => Span::Half(1),
        Some("H2") => Span::Half(2),
        Some("Q1") => Span::Quarter(1),
        Some("Q2") => Span::Quarter(2),
        Some("Q3") => Span::Quarter(3),
        Some("Q4") => Span::Quarter(4),
        Some(month) if month.len() == 2 && month.bytes().all(|b| b.is_ascii_digit()) => {
            Span::Month(month.parse().ok().filter(|m| (1..=12).contains(m))?)
        }
        Some(_) => return None,
    };
    Some(Period::new(year, span))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn every_way_of_writing_comes_back_and_has_its_code() {
        for text in ["2024-05", "2024-12", "2024-Q2", "2024-H1", "2024-9M", "2024"] {
            assert_eq!(period(text).to_string(), text);
            assert_eq!(Period::from_code(period(text).code()), Some(period(text)));
        }
        for text in
            ["2024-13", "2024-00", "2024-5", "24-05", "2024-Q5", "2024-q1", "", "+024", "2024-05-01", "0000"]
        {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_period_before_crosses_the_year() {
        assert_eq!(period("2024-01").before(), period("2023-12"));
        assert_eq!(period("2024-Q3").before(), period("2024-Q2"));
        assert_eq!(period("2024-H1").before(), period("2023-H2"));
        assert_eq!(period("2024").before(), period("2023"));
    }

    #[test]
    fn a_form_is_due_when_its_period_has_ended() {
        assert_eq!(Frequency::Quarter.due_month(5), 3);
        assert_eq!(Frequency::Half.due_month(5), 0);
        assert_eq!(Frequency::Month.due_month(5), 5);
        assert_eq!(Frequency::Year.due_month(12), 12);
        assert_eq!(period("2024-9M").last_month(), 9);
        assert_eq!(period("2024-Q2").last_day(), jiff::civil::date(2024, 6, 30));
    }
}
