//! Units: who reports. A code alone never identifies one, for codes change owners.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

use crate::cells::Months;
use crate::number::Decimal;
use crate::period::Period;

/// The lasting name of a unit, such as `cay-duong`; it is never given to another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(Arc<str>);

impl UnitId {
    /// The id as it stands in tables.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for UnitId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The place of a unit in its programme's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitIx(pub u32);

impl UnitIx {
    /// The index into [`crate::programme::Programme::units`].
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

/// A commune, township, ward or district desk.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its lasting name.
    pub id: UnitId,
    /// Its administrative code while it exists; other units may bear it before or after.
    pub code: String,
    /// Its name as the office writes it.
    pub name: String,
    /// What it is: `commune`, `township`, `desk` …
    pub kind: String,
    /// The first day on which it exists; none: since ever.
    pub valid_from: Option<Date>,
    /// The last day on which it exists; none: until further notice.
    pub valid_to: Option<Date>,
    /// The unit that goes on in its place after the last day.
    pub successor: Option<UnitIx>,
    /// Latitude and longitude, in degrees.
    pub place: Option<(Decimal, Decimal)>,
}

impl Unit {
    /// Whether it exists on that day.
    pub fn exists_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }

    /// Whether it reports for the period: the period ends while the unit exists.
    pub fn counts_for(&self, period: Period) -> bool {
        self.exists_on(period.last_day())
    }

    /// The months of a year that it reports for.
    pub fn months(&self, year: i16) -> Months {
        let counts = |month: &u8| Period::month(year, *month).is_some_and(|month| self.counts_for(month));
        (1..=12).filter(counts).fold(0, |months, month| months | 1 << (month - 1))
    }
}

/// Which kinds of unit a form or an element is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppliesTo {
    /// Every unit.
    All,
    /// Units of one of these kinds.
    Kinds(Vec<String>),
}

impl AppliesTo {
    /// Reads a table's cell: `all`, or kinds separated by spaces.
    pub fn parse(text: &str) -> Self {
        if text == "all" {
            return Self::All;
        }
        Self::Kinds(text.split_whitespace().map(str::to_owned).collect())
    }

    /// Whether it is for units of that kind.
    pub fn covers(&self, kind: &str) -> bool {
        match self {
            Self::All => true,
            Self::Kinds(kinds) => kinds.iter().any(|k| k == kind),
        }
    }
}
