//! Elements: the single figures that units report, and what a figure of each may be.

use std::ops::RangeInclusive;

use crate::form::FormIx;
use crate::number::{Decimal, Notation, NumberFault, TooManyDecimals, plain, shown};
use crate::text;
use crate::unit::AppliesTo;
use crate::wording::{Bilingual, Lang};

/// A figure: an integer of its element's scale; flags are 1 and 0. Missing figures are `None`, never 0.
pub type Value = i64;

/// Absolute values stay below this, so that no sum over a country can overflow.
pub const VALUE_LIMIT: Value = 10_i64.pow(13);

/// The place of an element in its programme's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementIx(pub u16);

impl ElementIx {
    /// The index into [`crate::programme::Programme::elements`].
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

/// How an element's figures of several periods go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Adds up over time.
    Flow,
    /// A level at a date; the latest stands.
    Stock,
    /// Yes or no; the latest stands.
    Flag,
}

impl Kind {
    /// The word used in tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Stock => "stock",
            Self::Flag => "flag",
        }
    }

    /// The kind that a table's word names.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Flow, Self::Stock, Self::Flag].into_iter().find(|kind| kind.key() == key)
    }
}

/// One figure that a form asks for.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its name in formulas and files.
    pub key: String,
    /// The form it stands in.
    pub form: FormIx,
    /// Its place among the form's figures.
    pub place: usize,
    /// Its name on the form.
    pub label: Bilingual,
    /// What it is measured in, such as `tỷ đồng`; empty for flags.
    pub measure: Bilingual,
    /// How its periods go together.
    pub kind: Kind,
    /// How many decimals its figures have.
    pub scale: u8,
    /// Which kinds of unit fill it in, among those the form is for.
    pub applies_to: AppliesTo,
    /// The smallest figure allowed, at the element's scale; 0 unless the table says otherwise.
    pub min: Value,
    /// The largest figure allowed, at the element's scale.
    pub max: Option<Value>,
    /// The whole that it is a part of and may not exceed.
    pub part_of: Option<ElementIx>,
    /// Whether last year's figures are needed as a baseline.
    pub baseline: bool,
    /// Which office compiles it.
    pub source: Bilingual,
}

/// What is wrong with a figure by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FigureFault {
    /// The text is no number.
    Number(NumberFault),
    /// More decimals than the element's scale.
    TooManyDecimals(u8),
    /// Below zero where that cannot be.
    Negative,
    /// Below the smallest figure allowed, which is given as plain decimal.
    BelowMin(String),
    /// Above the largest figure allowed, which is given as plain decimal.
    AboveMax(String),
    /// Ten to the thirteenth or more at the element's scale.
    TooLarge,
    /// Neither yes nor no.
    NotAFlag,
}

impl Element {
    /// Reads a figure; a blank text is no value.
    pub fn read(&self, text: &str, notation: Notation) -> Result<Option<Value>, FigureFault> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if self.kind == Kind::Flag {
            return read_flag(text).map(Some);
        }
        let decimal = Decimal::parse(text, notation).map_err(FigureFault::Number)?;
        let value = decimal
            .at_scale(self.scale)
            .map_err(|TooManyDecimals| FigureFault::TooManyDecimals(self.scale))?;
        self.check(value)?;
        Ok(Some(value))
    }

    /// The figures that its limits leave.
    pub fn limits(&self) -> RangeInclusive<Value> {
        match self.kind {
            Kind::Flag => 0..=1,
            Kind::Flow | Kind::Stock => {
                let below_limit = VALUE_LIMIT - 1;
                self.min.max(-below_limit)..=self.max.unwrap_or(below_limit).min(below_limit)
            }
        }
    }

    /// Whether a figure lies within the element's limits, and what is wrong with it if it does not.
    pub fn check(&self, value: Value) -> Result<(), FigureFault> {
        if self.limits().contains(&value) { Ok(()) } else { Err(self.fault(value)) }
    }

    /// What is wrong with a figure beyond the limits.
    fn fault(&self, value: Value) -> FigureFault {
        match self.max {
            _ if self.kind == Kind::Flag => FigureFault::NotAFlag,
            _ if value.unsigned_abs() >= VALUE_LIMIT.unsigned_abs() => FigureFault::TooLarge,
            Some(max) if value > max => FigureFault::AboveMax(self.plain(max)),
            _ if self.min == 0 => FigureFault::Negative,
            _ => FigureFault::BelowMin(self.plain(self.min)),
        }
    }

    /// Whether no figure of it can be below zero.
    pub fn never_negative(&self) -> bool {
        self.min >= 0
    }

    /// A figure as files carry it.
    pub fn plain(&self, value: Value) -> String {
        match (self.kind, value) {
            (Kind::Flag, 0) => "no".into(),
            (Kind::Flag, _) => "yes".into(),
            _ => plain(value, self.scale),
        }
    }

    /// A figure as people read it, without its measure.
    pub fn shown(&self, value: Value, lang: Lang) -> String {
        match (self.kind, lang, value) {
            (Kind::Flag, Lang::Vi, 0) => "không".into(),
            (Kind::Flag, Lang::Vi, _) => "có".into(),
            (Kind::Flag, Lang::En, _) => self.plain(value),
            _ => shown(value, self.scale, lang),
        }
    }
}

fn read_flag(text: &str) -> Result<Value, FigureFault> {
    match text::search_key(text).as_str() {
        "yes" | "co" => Ok(1),
        "no" | "khong" => Ok(0),
        _ => Err(FigureFault::NotAFlag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(kind: Kind, scale: u8) -> Element {
        Element {
            key: "x".into(),
            form: FormIx(0),
            place: 0,
            label: Bilingual::default(),
            measure: Bilingual::default(),
            kind,
            scale,
            applies_to: AppliesTo::All,
            min: 0,
            max: Some(19),
            part_of: None,
            baseline: false,
            source: Bilingual::default(),
        }
    }

    #[test]
    fn a_blank_is_no_value_and_a_zero_is_one() {
        let stock = element(Kind::Stock, 0);
        assert_eq!(stock.read(" ", Notation::Plain), Ok(None));
        assert_eq!(stock.read("0", Notation::Plain), Ok(Some(0)));
    }

    #[test]
    fn limits_and_scale_are_kept() {
        let stock = element(Kind::Stock, 0);
        assert_eq!(stock.read("-1", Notation::Plain), Err(FigureFault::Negative));
        assert_eq!(stock.read("20", Notation::Plain), Err(FigureFault::AboveMax("19".into())));
        assert_eq!(stock.read("1.5", Notation::Plain), Err(FigureFault::TooManyDecimals(0)));
        assert_eq!(stock.check(VALUE_LIMIT), Err(FigureFault::TooLarge));
        assert_eq!(stock.check(Value::MIN), Err(FigureFault::TooLarge));
        assert_eq!(Element { min: 5, ..stock }.check(4), Err(FigureFault::BelowMin("5".into())));
        assert_eq!(element(Kind::Flag, 0).check(2), Err(FigureFault::NotAFlag));
    }

    #[test]
    fn limits_are_what_is_checked() {
        let unlimited = Element { max: None, ..element(Kind::Stock, 0) };
        let from = |min| Element { min, ..element(Kind::Flow, 1) };
        for element in
            [element(Kind::Stock, 0), unlimited, from(-7), from(Value::MIN), element(Kind::Flag, 0)]
        {
            let ends = [element.limits().into_inner(), (-VALUE_LIMIT, VALUE_LIMIT), (0, 1), (-7, 19)];
            for end in ends.into_iter().flat_map(|(least, most)| [least, most]) {
                for value in [end - 1, end, end + 1] {
                    assert_eq!(element.limits().contains(&value), element.check(value).is_ok(), "{value}");
                }
            }
        }
    }

    #[test]
    fn flags_are_read_in_both_languages() {
        let flag = element(Kind::Flag, 0);
        for (text, value) in [("có", 1), ("Không", 0), ("yes", 1), ("NO", 0), ("Kho\u{302}ng", 0)] {
            assert_eq!(flag.read(text, Notation::Vietnamese), Ok(Some(value)), "{text}");
        }
        assert_eq!(flag.read("1", Notation::Plain), Err(FigureFault::NotAFlag));
    }
}
