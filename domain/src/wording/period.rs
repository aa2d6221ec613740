//! Periods as people say them.

use crate::period::{Period, Span};
use crate::wording::Bilingual;

/// A period as people say it: a Vietnamese office says `tháng 5/2024` and `quý 2/2024`.
pub fn period(period: Period) -> Bilingual {
    let (year, last) = (period.year(), period.last_month());
    let quarter = last / 3;
    let vi = match period.span() {
        Span::Month(month) => format!("tháng {month}/{year}"),
        Span::Quarter(_) => format!("quý {quarter}/{year}"),
        Span::Half(1) => format!("6 tháng đầu năm {year}"),
        Span::Half(_) => format!("6 tháng cuối năm {year}"),
        Span::Year => format!("năm {year}"),
        Span::NineMonths => format!("{last} tháng đầu năm {year}"),
    };
    Bilingual { vi, en: period.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_said_as_in_an_office() {
        let said = |text: &str| period(text.parse().unwrap()).vi;
        assert_eq!(said("2024-05"), "tháng 5/2024");
        assert_eq!(said("2024-Q2"), "quý 2/2024");
        assert_eq!(said("2024-H1"), "6 tháng đầu năm 2024");
        assert_eq!(said("2024-H2"), "6 tháng cuối năm 2024");
        assert_eq!(said("2024"), "năm 2024");
    }
}
