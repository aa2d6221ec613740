//! What a district's figures mean. No input, no output, no clock: all of that comes in as arguments.
//!
//! # Glossary
//!
//! - **unit** ([`mod@unit`]): who reports: a commune, a township, a district desk. Its id lasts; its code may change owners.
//! - **programme** ([`programme`]): what the district publishes for a year: units, forms, elements, rules, targets.
//! - **element** ([`element`]): one figure that a unit reports: a *flow*, a *stock* or a *flag*.
//! - **form** ([`form`]): the elements that are due together, and how often.
//! - **period** ([`period`]): the stretch of time that a report is for.
//! - **draft**, **submission** ([`submission`]): a form being filled in; the same sealed, which never changes.
//! - **ruling**, **receipt** ([`ruling`]): what the district decided of a submission; the proof of it.
//! - **target**, **quota**, **pace** ([`target`]): what the year's programme promises; a unit's part of it; how much of
//!   it is expected by when.
//! - **coverage**, **status** ([`progress`]): who has reported of those who should; how a target stands.

pub mod calendar;
pub mod cells;
pub mod code;
pub mod element;
pub mod examine;
#[cfg(test)]
mod fixture;
pub mod form;
pub mod formula;
pub mod greeting;
mod hidden;
pub mod invitation;
pub mod number;
pub mod period;
pub mod programme;
pub mod progress;
pub mod quantity;
pub mod rule;
pub mod ruling;
pub mod sheet;
pub mod submission;
pub mod target;
pub mod text;
pub mod totals;
pub mod unit;
pub mod user;
pub mod wording;
pub mod world;

pub use period::Period;
pub use quantity::Quantity;
pub use wording::{Bilingual, Lang};
