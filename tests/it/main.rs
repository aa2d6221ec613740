//! The stories. Each is a sentence that the system keeps, told with real programs, and says what the officer sees.

#![allow(
    clippy::unwrap_used,
    clippy::large_futures,
    reason = "in a test, a panic is the report, and a future is held once"
)]

mod authorisation;
mod backup;
mod backup_commune;
mod bad_input;
mod books;
mod corrections;
mod devices;
mod door;
mod encrypted;
mod enrolment;
mod floods;
mod forged;
mod full_disk;
mod future;
mod fuzzed;
mod line;
mod merger;
mod metrics;
mod names;
mod offline;
mod on_behalf;
mod pages_commune;
mod pages_district;
mod programmes;
mod proof;
mod publishing;
mod repair;
mod restored;
mod rotation;
mod sample_year;
mod second_pc;
mod secrets;
mod stick;
mod tampering;
mod upgrade;
mod users;
mod witness;
