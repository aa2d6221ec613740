//! Forms: the elements that are due together.

use crate::calendar::{Calendar, Window};
use crate::element::ElementIx;
use crate::period::{Frequency, Period};
use crate::unit::AppliesTo;
use crate::wording::Bilingual;

/// The place of a form in its programme's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FormIx(pub u16);

impl FormIx {
    /// The index into [`crate::programme::Programme::forms`].
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

/// A sheet of figures with one frequency and one calendar.
#[derive(Clone, Debug)]
pub struct Form {
    /// Its name in files and commands.
    pub key: String,
    /// Its title.
    pub label: Bilingual,
    /// How often it is due.
    pub frequency: Frequency,
    /// Which kinds of unit fill it in.
    pub applies_to: AppliesTo,
    /// When its periods open, close and are sent.
    pub calendar: Calendar,
    /// Whether only some accounts may see it (defence).
    pub restricted: bool,
    /// Its elements in the table's order; a submission's figures follow it.
    pub elements: Vec<ElementIx>,
}

impl Form {
    /// Whether the period is one of the form's.
    pub fn takes(&self, period: Period) -> bool {
        period.frequency() == Some(self.frequency)
    }

    /// When the period's figures are gathered and sent.
    pub fn window(&self, period: Period) -> Window {
        self.calendar.window(period)
    }
}
