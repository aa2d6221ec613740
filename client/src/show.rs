//! What an officer looks at: the year at a glance, and one form with all that it is compared with.

mod form;
mod year;

pub use form::{Comparison, FormView, Level, Line, Revision};
pub use year::{CellState, YearRow, YearView};

pub(crate) use form::form;
pub(crate) use year::year;
