//! Progress: every target's figure, its coverage and its status, as of a month.
//!
//! The order of the questions in `judge.rs` is the definition; docs/progress.md says the same in prose.

mod assembly;
mod gathering;
mod judge;
mod readings;
#[cfg(test)]
mod tests;

pub use assembly::{Assembly, Part};

use std::collections::HashMap;
use std::thread;

use self::gathering::Gathering;
use self::judge::judge;
use self::readings::Readings;
use crate::number::Decimal;
use crate::quantity::Quantity;
use crate::target::Target;
use crate::totals::View;
use crate::unit::UnitIx;

/// To so many units one thread puts all questions in a few milliseconds. A district has fewer, a country has several times
/// as many.
const UNITS_A_THREAD: usize = 2_500;

/// How a target stands, worst first; the last three stand apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The year is over and it was not reached.
    Missed,
    /// Less than nine tenths of what is expected by now, or more than eleven tenths of a ceiling; or not falling, not
    /// rising.
    Behind,
    /// Short of what is expected by now, or above a ceiling, by no more than a tenth.
    AtRisk,
    /// Not reached, which before the year's end may only mean that units are missing or that it is early.
    Pending,
    /// A figure that it needs is missing altogether.
    NoData,
    /// As is expected by now.
    OnTrack,
    /// Reached.
    Met,
    /// Set by the district by hand.
    Manual,
    /// Nothing is due yet.
    NotDue,
    /// The document gives no value to compare with.
    NoTarget,
}

impl Status {
    /// Every status, in the order of a group's judgement.
    pub const ALL: [Self; 10] = [
        Self::Missed,
        Self::Behind,
        Self::AtRisk,
        Self::Pending,
        Self::NoData,
        Self::OnTrack,
        Self::Met,
        Self::Manual,
        Self::NotDue,
        Self::NoTarget,
    ];

    /// The word used in files and commands: `on_track`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Behind => "behind",
            Self::AtRisk => "at_risk",
            Self::Pending => "pending",
            Self::NoData => "no_data",
            Self::OnTrack => "on_track",
            Self::Met => "met",
            Self::Manual => "manual",
            Self::NotDue => "not_due",
            Self::NoTarget => "no_target",
        }
    }

    /// The status that a word names.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.key() == key)
    }

    /// A group's status: its worst; those that stand apart count only where there is nothing else.
    pub fn of_group(statuses: impl IntoIterator<Item = Self>) -> Option<Self> {
        statuses.into_iter().min()
    }
}

/// What non-negative figures prove, whatever is still missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It has been reached and cannot be lost again.
    Met,
    /// It cannot be reached any more.
    Missed,
}

impl Decided {
    /// The word used in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
        }
    }
}

/// What the district set by hand for a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByHand {
    /// The status of a guideline.
    pub status: Option<Status>,
    /// Why.
    pub note: String,
    /// The value, where the document gives none or another one was set.
    pub value: Option<Decimal>,
}

/// How a target stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The status.
    pub status: Status,
    /// The figure so far, for `falls by` the drop; none where something that it needs is missing altogether.
    pub actual: Option<Quantity>,
    /// The same units' figure of the year before, for comparisons.
    pub previous: Option<Quantity>,
    /// The value aimed at.
    pub value: Option<Quantity>,
    /// The upper end of a range.
    pub upper: Option<Quantity>,
    /// What is expected by now.
    pub expected_by_now: Option<Quantity>,
    /// How many units should have reported; 0 for guidelines and before anything is due.
    pub expected: usize,
    /// How many have.
    pub reported: usize,
    /// Who has not.
    pub missing: Vec<UnitIx>,
    /// Whose silence leaves it without data.
    pub silent: Vec<UnitIx>,
    /// Who does not satisfy an `each` target, by id.
    pub failing: Vec<UnitIx>,
    /// Whether it is above its range.
    pub over: bool,
    /// What is certain already.
    pub decided: Option<Decided>,
    /// What the district set by hand.
    pub by_hand: Option<ByHand>,
}

impl Progress {
    /// Whether figures are still missing.
    pub fn is_provisional(&self) -> bool {
        self.reported < self.expected
    }
}

/// How every target of the programme stands, in its order.
pub fn progress(view: &View<'_>, by_hand: &HashMap<String, ByHand>) -> Vec<Progress> {
    let of = |(target, gathering): (&Target, Option<Gathering<'_>>)| {
        judge(view, target, gathering.map(Gathering::finish).as_ref(), by_hand.get(&target.key))
    };
    view.programme.targets.iter().zip(gather_all(view, UNITS_A_THREAD)).map(of).collect()
}

/// Asks all units, each thread some of them. Sums are exact, so it does not matter who adds them up.
fn gather_all<'v>(view: &'v View<'v>, units_a_thread: usize) -> Vec<Option<Gathering<'v>>> {
    let (first, others) = view.units().split_at(view.units().len().min(units_a_thread));
    thread::scope(|scope| {
        let others = others.chunks(units_a_thread).map(|units| scope.spawn(|| gather(view, units)));
        let others: Vec<_> = others.collect();
        let mut all = gather(view, first);
        for other in others {
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.iter_mut()
                .flatten()
                .zip(other.into_iter().flatten())
                .for_each(|(all, more)| all.add_up(more));
        }
        all
    })
}

/// Asks all targets of one unit after another.
fn gather<'v>(view: &'v View<'v>, units: &[UnitIx]) -> Vec<Option<Gathering<'v>>> {
    let mut readings = Readings::of_all(view);
    let begin =
        |target: &'v Target| Some(Gathering::new(view, target, target.formula.as_ref()?, &mut readings));
    let mut gatherings: Vec<Option<Gathering<'_>>> = view.programme.targets.iter().map(begin).collect();
    for unit in units {
        readings.read(*unit);
        gatherings.iter_mut().flatten().for_each(|gathering| gathering.ask(*unit, &readings));
    }
    gatherings
}

/// How one target stands.
pub fn of_target<'v>(view: &'v View<'v>, target: &'v Target, by_hand: Option<&ByHand>) -> Progress {
    let assembly = target.formula.as_ref().map(|formula| Assembly::new(view, target, formula));
    judge(view, target, assembly.as_ref(), by_hand)
}
