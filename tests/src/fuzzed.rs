//! What must hold of whatever bytes come, wherever bytes come in: one function for each place.
//!
//! Each takes any bytes and ends in a panic where something does not hold. The fuzzer in `fuzz/` calls them with what it
//! has found by looking at the code that runs, `tests/it/fuzzed.rs` with bytes by chance. The bytes are not what comes
//! in: they are a tape of decisions about what to change of something valid, or else noise would never get beyond the
//! first check.

mod commune;
mod database;
mod formula;
mod line;
mod message;
mod number;
mod protocol;
mod report;
mod sample;
mod stick;
mod table;
mod tape;

pub use database::{books_file, commune_file};
pub use formula::formula;
pub use line::line;
pub use number::number;
pub use protocol::protocol;
pub use stick::{queue_file, receipts_file};
pub use table::{programme, sheet};

/// A place where bytes come in: its name, what must hold, and how many bytes a good try has and how many tries the
/// tests have time for.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, which is the fuzzer's as well.
    pub name: &'static str,
    /// What must hold of any bytes.
    pub body: fn(&[u8]),
    /// How many bytes a tape has at most.
    pub longest: usize,
    /// How many tapes are tried with all other tests.
    pub few: u32,
}

const fn target(name: &'static str, body: fn(&[u8]), longest: usize, few: u32) -> Target {
    Target { name, body, longest, few }
}

/// All of them.
pub const TARGETS: [Target; 10] = [
    target("protocol", protocol, 400, 40),
    target("line", line, 60, 30),
    target("queue_file", queue_file, 120, 40),
    target("receipts_file", receipts_file, 60, 40),
    target("sheet", sheet, 120, 150),
    target("programme", programme, 60, 30),
    target("number", number, 40, 5_000),
    target("formula", formula, 120, 1_000),
    target("books_file", books_file, 60, 30),
    target("commune_file", commune_file, 60, 25),
];

/// The target of a name.
pub fn named(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}
