//! What people read, in both languages, in one place.
//!
//! Every message is one arm of an exhaustive `match`, so a variant without its words does not compile.
//! Vietnamese comes first: it is what officers read.

mod fault;
mod figure;
mod period;
mod ruling;
mod status;
mod term;

pub use fault::fault;
pub use figure::{figure_fault, number_fault, sheet_fault, syntax_problem};
pub use period::period;
pub use ruling::{Remark, finding, rejection, remark};
pub use status::{comparator, decided, frequency, status};
pub use term::term;

use std::fmt;

/// The language of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Lang {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// The language that `vi` or `en` names.
    pub fn from_key(key: &str) -> Option<Self> {
        match key {
            "vi" => Some(Self::Vi),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The text of this language.
    pub fn pick<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }
}

/// One text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bilingual {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// The text in one language; where that is empty, in the other.
    pub fn get(&self, lang: Lang) -> &str {
        let (wanted, other) = match lang {
            Lang::Vi => (&self.vi, &self.en),
            Lang::En => (&self.en, &self.vi),
        };
        if wanted.is_empty() { other } else { wanted }
    }
}

impl fmt::Display for Bilingual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get(Lang::Vi))
    }
}

/// Writes one message in both languages: `say!("thiếu {x}", "{x} is missing")`.
#[macro_export]
macro_rules! say {
    ($vi:literal, $en:literal $(,)?) => {
        $crate::wording::Bilingual { vi: format!($vi), en: format!($en) }
    };
}
