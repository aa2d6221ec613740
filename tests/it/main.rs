//! The stories. Each is a sentence that the system keeps, told with real programs, and says what the officer sees.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod corrections;
mod enrolment;
mod line;
mod offline;
mod on_behalf;
mod sample_year;
mod second_pc;
