//! Rules of figures: what a programme's authors expect of a report, as data.

use crate::element::ElementIx;
use crate::form::FormIx;
use crate::formula::Condition;
use crate::wording::Bilingual;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The report cannot be handed in with it.
    Error,
    /// It wants a written explanation.
    Warning,
}

impl Level {
    /// How it is written in tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }

    /// The level that a table's word names.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Error, Self::Warning].into_iter().find(|level| level.key() == key)
    }
}

/// One rule for one cell. A table's row for `*`, `flow`, `stock` or `flag` makes a rule for each such cell.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its row in the table, from 1; with the element it names the rule for as long as the version is kept.
    pub row: u16,
    /// Its name in the table.
    pub key: String,
    /// The form it is asked of.
    pub form: FormIx,
    /// The element beside whose cell it shows.
    pub element: ElementIx,
    /// How much it weighs.
    pub level: Level,
    /// What must hold, as it was written; where figures are missing it is left open and nothing shows.
    pub condition: Condition,
    /// What to say if it does not.
    pub message: Bilingual,
}
