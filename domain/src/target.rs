//! Targets: what the year's programme promises, and whether a formula is for all units or some.

use crate::element::ElementIx;
use crate::formula::{Expr, Term};
use crate::number::Decimal;
use crate::period::Period;
use crate::unit::{Unit, UnitIx};
use crate::wording::Bilingual;

/// How a target's figure is held against its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// No figure in the document; the district sets the status by hand.
    Guideline,
    /// A figure without direction: shown, not judged.
    Reference,
    /// `>= v`
    AtLeast,
    /// `<= v`
    AtMost,
    /// `= v`
    Equal,
    /// `a..b`: at least a; more than b is shown, not a failure.
    Range,
    /// `falls by >= v`: the drop against the year before.
    FallsBy,
    /// Less than the year before: than in the same months, or for stocks and flags than at its last report.
    Falls,
    /// More than the year before, likewise.
    Rises,
    /// One flag, which every unit that is asked is to have.
    Achieved,
    /// `each > v`: every unit by itself.
    EachAbove,
    /// `each >= v`: every unit by itself.
    EachAtLeast,
}

impl Comparator {
    /// Every comparator, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::Guideline,
        Self::Reference,
        Self::AtLeast,
        Self::AtMost,
        Self::Equal,
        Self::Range,
        Self::FallsBy,
        Self::Falls,
        Self::Rises,
        Self::Achieved,
        Self::EachAbove,
        Self::EachAtLeast,
    ];

    /// How it is written in tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::Guideline => "guideline",
            Self::Reference => "reference",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::Range => "range",
            Self::FallsBy => "falls by >=",
            Self::Falls => "falls",
            Self::Rises => "rises",
            Self::Achieved => "achieved",
            Self::EachAbove => "each >",
            Self::EachAtLeast => "each >=",
        }
    }

    /// The comparator that a table's words name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comparator| comparator.key() == key)
    }

    /// Whether it sets this year against the last, unit by unit.
    pub fn looks_back(self) -> bool {
        matches!(self, Self::FallsBy | Self::Falls | Self::Rises)
    }

    /// Whether it judges every unit by itself.
    pub fn is_each(self) -> bool {
        matches!(self, Self::EachAbove | Self::EachAtLeast)
    }

    /// Whether it needs a value to compare with.
    pub fn needs_value(self) -> bool {
        !matches!(self, Self::Guideline | Self::Reference | Self::Falls | Self::Rises | Self::Achieved)
    }
}

/// How much of a target is expected in the course of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// A twelfth a month.
    Linear,
    /// All of it at any time.
    Level,
}

impl Pace {
    /// How it is written in tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Level => "level",
        }
    }

    /// The pace that a table's word names.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Linear, Self::Level].into_iter().find(|pace| pace.key() == key)
    }
}

/// A target's formula, with what is asked of it again and again.
#[derive(Clone, Debug)]
pub struct Formula {
    /// As it was read.
    pub expr: Expr,
    /// Its terms, each once.
    pub terms: Vec<Term>,
    /// Whether it adds up over units.
    pub additive: bool,
}

impl From<Expr> for Formula {
    fn from(expr: Expr) -> Self {
        Self { terms: expr.terms(), additive: expr.is_additive(), expr }
    }
}

/// One condition of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeCondition {
    /// `kind = x`, or `!=` where `is` is false.
    Kind {
        /// Whether it is to be of the kind, or not to be.
        is: bool,
        /// The kind.
        kind: String,
    },
    /// `unit = x`, or `!=` where `is` is false.
    Unit {
        /// Whether it is to be the unit, or not to be.
        is: bool,
        /// The unit.
        unit: UnitIx,
    },
    /// `prev(flag) = yes` or `no`.
    Prev {
        /// The flag.
        flag: ElementIx,
        /// What it is to have been the year before.
        is: bool,
    },
}

/// Which units a target is for: all conditions hold; none means all units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(pub Vec<ScopeCondition>);

impl Scope {
    /// Whether the conditions that look at the unit alone let it in. Flags of the year before are asked apart,
    /// for they may be unknown.
    pub fn admits(&self, ix: UnitIx, unit: &Unit) -> bool {
        self.0.iter().all(|condition| match condition {
            ScopeCondition::Kind { is, kind } => (unit.kind == *kind) == *is,
            ScopeCondition::Unit { is, unit } => (*unit == ix) == *is,
            ScopeCondition::Prev { .. } => true,
        })
    }

    /// The flags of the year before that it asks for, with the answer wanted.
    pub fn flags(&self) -> impl Iterator<Item = (ElementIx, bool)> + '_ {
        self.0.iter().filter_map(|condition| match condition {
            ScopeCondition::Prev { flag, is } => Some((*flag, *is)),
            _ => None,
        })
    }
}

/// One target of the year.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its reference in the document, such as `15f`.
    pub reference: String,
    /// Its group's number in the document.
    pub group: String,
    /// Its lasting name.
    pub key: String,
    /// What it says.
    pub label: Bilingual,
    /// How its figure is held against its value.
    pub comparator: Comparator,
    /// The value, or the lower end of a range.
    pub value: Option<Decimal>,
    /// The upper end of a range.
    pub upper: Option<Decimal>,
    /// The value as the document prints it.
    pub printed: String,
    /// What its figure is measured in.
    pub unit: Bilingual,
    /// Which units it is for.
    pub scope: Scope,
    /// The scope as it is written in the table.
    pub scope_text: String,
    /// How its figure is made; none for guidelines.
    pub formula: Option<Formula>,
    /// How much is expected by when.
    pub pace: Pace,
    /// The first month in which it is judged; none: from the start of the year.
    pub from: Option<Period>,
    /// Whether the document can be read otherwise.
    pub doubt: bool,
    /// Why, and whatever else is to be known of it.
    pub note: Bilingual,
}
