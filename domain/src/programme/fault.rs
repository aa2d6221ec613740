//! What can be wrong with a programme's tables.

use crate::element::FigureFault;
use crate::formula::SyntaxProblem;
use crate::number::NumberFault;
use crate::wording::Bilingual;

/// One fault, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The table, such as `targets.csv`.
    pub file: String,
    /// The line, from 1; none for the whole file.
    pub line: Option<u64>,
    /// The column's name; empty for the whole line.
    pub column: String,
    /// What is wrong.
    pub problem: Problem,
}

/// The ways in which a programme can be wrong, or doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The table is not in the folder.
    MissingFile,
    /// Nothing is in the file.
    Empty,
    /// The file is not UTF-8.
    NotText,
    /// The text is not in Unicode's composed form, so that equal words may differ.
    NotComposed,
    /// The columns are separated by semicolons.
    Semicolons,
    /// A column is missing.
    MissingColumn,
    /// A column that no table of this kind has.
    UnknownColumn,
    /// The line has another number of cells than the header, or an open quotation mark.
    Broken,
    /// `programme.toml` cannot be read.
    Toml(String),
    /// Something that must be there is not.
    Missing,
    /// A word that is not one of those allowed.
    NotOneOf(String, &'static str),
    /// A key with other signs than lower-case letters, digits, `-` and `_`; for an element also one that a formula
    /// would read as something else.
    BadKey(String),
    /// The same name in an earlier line.
    Twice(String, u64),
    /// No number.
    Number(String, NumberFault),
    /// A figure that its element cannot take.
    Figure(String, FigureFault),
    /// No whole number from the first to the second.
    NotBetween(String, i64, i64),
    /// No date.
    NotADate(String),
    /// No period.
    NotAPeriod(String),
    /// A period of another frequency than the form's.
    WrongFrequency(String, String),
    /// A period of another year.
    WrongYear(String, i16),
    /// A cumulative row that does not start in January.
    NotFromJanuary(String),
    /// No such form, element, group or kind of unit.
    Unknown(&'static str, String),
    /// No unit of that code or id exists at that time.
    UnknownUnit(String),
    /// The code belongs to several units in that time; with their ids.
    AmbiguousUnit(String, Vec<String>),
    /// Two units bear the code at the same time; with the other unit's id.
    CodeShared(String, String),
    /// The last day is before the first.
    EndsBeforeItStarts,
    /// A unit with a successor has no last day, or the successor does not exist the day after.
    SuccessorNotThere(String),
    /// Successors lead back to the unit.
    SuccessorCircle,
    /// The unit ends within the programme's year and nobody goes on for it: from then on its figures are in no
    /// total of the year.
    EndsWithoutSuccessor(String),
    /// The element is for units of another kind.
    NotForUnit(String, String),
    /// The whole stands in another form, is of another kind or another scale.
    WholeElsewhere(String),
    /// A flag with limits, decimals or a whole.
    FlagWithLimits,
    /// The smallest figure is above the largest.
    LimitsCrossed,
    /// A formula that cannot be read, at that character.
    Formula(usize, SyntaxProblem),
    /// `kept` or a scope's `prev` asks for an element that is no flag.
    NotAFlag(String),
    /// The formula of `achieved` is anything else than one flag.
    AchievedNotOneFlag,
    /// A formula divides by nothing that could ever be reported: `x / 0`.
    DividesByZero,
    /// A scope that cannot be read.
    Scope(String),
    /// A comparator other than `guideline` needs a formula.
    FormulaMissing,
    /// A `guideline` has no formula to compute.
    FormulaUnused,
    /// The comparator needs a value and the document gives none: listed, and set by the district later.
    ValueOpen,
    /// The comparator takes no value.
    ValueUnused,
    /// A range whose end is below its start, or that is not written `a..b`.
    BadRange(String),
    /// Nobody in the scope reports the formula's elements.
    NobodyReports,
    /// The units' quotas do not add up to the target: sum, target, its reference.
    QuotasDoNotAddUp(String, String, String),
    /// The parts' values do not add up to the whole's: sum, whole.
    PartsDoNotAddUp(String, String),
    /// The document can be read otherwise; with the note.
    Doubt(String, Bilingual),
    /// An element has another kind, scale or frequency than in the programme before.
    Redefined(String),
    /// The unit is in the books but not in this programme.
    UnitDropped(String),
}

impl Problem {
    /// Whether it is only pointed out, and does not keep the programme from being used.
    pub fn is_doubt(&self) -> bool {
        matches!(self, Self::Doubt(..) | Self::ValueOpen | Self::EndsWithoutSuccessor(_))
    }
}
