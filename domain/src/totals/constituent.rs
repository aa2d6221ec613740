//! What a unit's value is made of, figure by figure.
//!
//! Totals and explanations see the same stretches of figures: the one adds them up, the other takes them apart.

use crate::cells::{Line, Months, RunningSum};
use crate::element::Value;
use crate::period::{Frequency, Period};
use crate::unit::UnitIx;

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A report that stands.
    Report,
    /// A period's row of the baseline.
    Baseline,
    /// A row of the baseline that sums up the months from January on.
    RunningSum,
    /// What the unit was allotted.
    Quota,
}

/// One figure that goes into a unit's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constituent {
    /// Whose figure it is: the unit's own, or that of one it goes on for.
    pub unit: UnitIx,
    /// Its period; of a running sum the last month.
    pub period: Period,
    /// The figure.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

impl Constituent {
    /// The period as tables write it; a running sum's is `2023-01..2023-06`.
    pub fn span(&self) -> String {
        match self.origin {
            Origin::RunningSum => format!("{:04}-01..{}", self.period.year(), self.period),
            Origin::Report | Origin::Baseline | Origin::Quota => self.period.to_string(),
        }
    }
}

/// Figures of one unit that are added up in one go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stretch<'a> {
    /// Months of a line, all of them present.
    Months(&'a Line, Months, Origin),
    RunningSum(RunningSum),
    Quota(Value),
}

impl Stretch<'_> {
    pub(super) fn sum(self) -> Value {
        match self {
            Self::Months(line, months, _) => line.sum(months),
            Self::RunningSum(RunningSum { value, .. }) | Self::Quota(value) => value,
        }
    }

    /// Its figures one by one, of a form of that frequency in that year.
    pub(super) fn constituents(self, unit: UnitIx, frequency: Frequency, year: i16) -> Vec<Constituent> {
        let one = |period: Option<Period>, value: Option<Value>, origin: Origin| {
            period.zip(value).map(|(period, value)| Constituent { unit, period, value, origin })
        };
        match self {
            Self::Months(line, months, origin) => (1..=12)
                .filter(|month| months >> (month - 1) & 1 == 1)
                .filter_map(|month| one(frequency.period_ending(year, month), line.get(month), origin))
                .collect(),
            Self::RunningSum(RunningSum { to, value }) => {
                one(Period::month(year, to), Some(value), Origin::RunningSum).into_iter().collect()
            }
            Self::Quota(value) => {
                let whole_year = Frequency::Year.period_ending(year, 12);
                one(whole_year, Some(value), Origin::Quota).into_iter().collect()
            }
        }
    }
}
