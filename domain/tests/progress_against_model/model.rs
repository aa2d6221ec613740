//! A model of how figures become progress: slow, and as near to the words of the definition as code can be.
//!
//! It knows the programme's tables, the parsed formulas and the periods, and shares nothing else with the crate:
//! every question is answered anew from the plain list of figures, by loops.

mod figures;
mod status;
mod units;
mod values;

use std::collections::BTreeMap;

use gom_domain::Period;
use gom_domain::element::{ElementIx, Value};
use gom_domain::programme::Programme;
use gom_domain::progress::Status;
use gom_domain::unit::UnitIx;
use num_bigint::BigInt;
use num_rational::BigRational;

/// One figure's place.
pub(crate) type Place = (UnitIx, ElementIx, Period);

/// All that was ever told to the district.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) reported: BTreeMap<Place, Value>,
    pub(crate) baseline: BTreeMap<Place, Value>,
    pub(crate) running: Vec<RunningRow>,
    pub(crate) quotas: BTreeMap<(UnitIx, ElementIx), Value>,
}

/// A cumulative row of the baseline, from January.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunningRow {
    pub(crate) unit: UnitIx,
    pub(crate) element: ElementIx,
    pub(crate) to: u8,
    pub(crate) value: Value,
}

/// A rule of the definition turned wrong, to see whether the comparison would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Twist {
    DueIsNow,
    QuotaHasADueMonth,
    GapsAreReported,
    StaleIsCurrent,
    FlagsMerge,
    UnitsEndBeforeTheirTime,
    EndedFlowsAreLost,
    EndedStocksAreLost,
    EndedStocksStay,
    EndedQuotasAreLost,
    ValidityIsIgnored,
    PrevTakesWhatThereIs,
    RunningRowsWin,
    RunningRowsAreIgnored,
    PrevIsNotAskedOfReporters,
    RatiosOverAllUnits,
    AdditiveOverReporters,
    MissingQuotaIsZero,
    UnknownPrevIsNo,
    OutsidersPrevCounts,
    KeptForgivesSilence,
    MetOnlyAtTheEnd,
    StocksAreCumulative,
    MissingUnitsAreBehind,
    PaceIsAlwaysLinear,
    RiskIsEightTenths,
    CeilingHasNoSlack,
    FromIsIgnored,
    FinalInDecemberWhoeverIsMissing,
    EachIsMissedAtOnce,
    PrevAloneIsEnough,
    EachNeedsItsValueFirst,
    FallsWithoutTheYearBefore,
    OneYesIsEnough,
    PrevForgivesMonthsBeforeAnyoneExisted,
}

impl Twist {
    pub(crate) const ALL: [Self; 35] = [
        Self::DueIsNow,
        Self::QuotaHasADueMonth,
        Self::GapsAreReported,
        Self::StaleIsCurrent,
        Self::FlagsMerge,
        Self::UnitsEndBeforeTheirTime,
        Self::EndedFlowsAreLost,
        Self::EndedStocksAreLost,
        Self::EndedStocksStay,
        Self::EndedQuotasAreLost,
        Self::ValidityIsIgnored,
        Self::PrevTakesWhatThereIs,
        Self::RunningRowsWin,
        Self::RunningRowsAreIgnored,
        Self::PrevIsNotAskedOfReporters,
        Self::RatiosOverAllUnits,
        Self::AdditiveOverReporters,
        Self::MissingQuotaIsZero,
        Self::UnknownPrevIsNo,
        Self::OutsidersPrevCounts,
        Self::KeptForgivesSilence,
        Self::MetOnlyAtTheEnd,
        Self::StocksAreCumulative,
        Self::MissingUnitsAreBehind,
        Self::PaceIsAlwaysLinear,
        Self::RiskIsEightTenths,
        Self::CeilingHasNoSlack,
        Self::FromIsIgnored,
        Self::FinalInDecemberWhoeverIsMissing,
        Self::EachIsMissedAtOnce,
        Self::PrevAloneIsEnough,
        Self::EachNeedsItsValueFirst,
        Self::FallsWithoutTheYearBefore,
        Self::OneYesIsEnough,
        Self::PrevForgivesMonthsBeforeAnyoneExisted,
    ];
}

/// Everything as of one month.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model<'a> {
    pub(crate) programme: &'a Programme,
    pub(crate) facts: &'a Facts,
    pub(crate) month: u8,
    pub(crate) twist: Option<Twist>,
}

/// What the definition says of a target. What it leaves open is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: Status,
    pub(crate) actual: Option<BigRational>,
    /// How many have reported, of how many; open for guidelines.
    pub(crate) coverage: Option<(usize, usize)>,
    /// Ids in their order; open where no unit was judged by itself.
    pub(crate) failing: Option<Vec<String>>,
    /// Open where no range was judged.
    pub(crate) over: Option<bool>,
    /// Open where nothing was held against a pace.
    pub(crate) expected_by_now: Option<BigRational>,
}

impl Model<'_> {
    fn bent(&self, twist: Twist) -> bool {
        self.twist == Some(twist)
    }
}

/// A decimal's value.
pub(crate) fn decimal(digits: i64, scale: u8) -> BigRational {
    BigRational::new(digits.into(), BigInt::from(10).pow(u32::from(scale)))
}

/// A fraction of small numbers.
pub(crate) fn fraction(numerator: i64, denominator: i64) -> BigRational {
    BigRational::new(numerator.into(), denominator.into())
}
