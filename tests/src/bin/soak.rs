//! `cargo run --release -p tests --bin soak -- --seconds N [--seed S] [--format json]`: five communes and a district go
//! on for as long as they are told to, while lines are cut, programs killed, folders restored and copied, disks full. In
//! the end everything is healed, and nothing may be lost, there twice, added up wrongly, or stuck. Exits with 1 if it is.
//!
//! The last line on stdout is one object, in both formats; with `--format json` it is the only one.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its result is what it prints")]

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tests::program::begin;
use tests::soak;

/// Lets everything go wrong for a while, and says what is broken in the end.
#[derive(Debug, Parser)]
struct Words {
    /// How long, in seconds; healing comes after it.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Where chance begins; the same seed makes the same choices, though programs are not equally fast each time.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// `text`, or `json`: what happens meanwhile goes to stderr.
    #[arg(long, default_value = "text")]
    format: String,
}

fn main() -> ExitCode {
    if let Some(ended) = begin() {
        return ended;
    }
    let words = Words::parse();
    let json = words.format == "json";
    let tell = |line: &str| if json { eprintln!("{line}") } else { println!("{line}") };
    let (seconds, seed) = (words.seconds, words.seed);
    let outcome = soak::run(Duration::from_secs(seconds), seed, &tell);
    let holds = outcome.holds();
    if !holds {
        tell(&format!("again: cargo run --release -p tests --bin soak -- --seed {seed} --seconds {seconds}"));
    }
    println!("{}", outcome.object(seed, seconds));
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
