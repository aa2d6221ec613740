//! The goals, and which module measures each.

use std::fmt;
use std::str::FromStr;

use crate::report::Row;
use crate::{p1, p2, p3, p4, p5, p6};

/// A goal of docs/performance.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    P1,
    P2,
    P3,
    P4,
    P5,
    P6,
}

impl Goal {
    pub(crate) const ALL: [Self; 6] = [Self::P1, Self::P2, Self::P3, Self::P4, Self::P5, Self::P6];

    /// What it is about, in a line.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::P1 => "durable ingest",
            Self::P2 => "bytes on the wire",
            Self::P3 => "one report in flight",
            Self::P4 => "progress of all targets",
            Self::P5 => "the morning after a cut line",
            Self::P6 => "disk, the client's start and memory",
        }
    }

    /// Measures it; `quick` does just enough to see that it runs.
    pub(crate) fn measure(self, quick: bool) -> anyhow::Result<Vec<Row>> {
        match self {
            Self::P1 => p1::measure(quick),
            Self::P2 => p2::measure(quick),
            Self::P3 => p3::measure(quick),
            Self::P4 => p4::measure(quick),
            Self::P5 => p5::measure(quick),
            Self::P6 => p6::measure(quick),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = |goal: &Self| goal.to_string().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(named).ok_or_else(|| format!("there is no goal {text}: P1 to P6"))
    }
}
