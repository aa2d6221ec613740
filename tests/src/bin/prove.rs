//! `cargo run --release -p tests --bin prove [-- [NAME…] [--count N | --share N] [--seed S] [--format json]]`: tries what is
//! promised, many times over, and says how often and how long. Exits with 1 at the first broken promise.

#![allow(clippy::print_stdout, reason = "its result is what it prints")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use tests::program::begin;
use tests::proof::{PROOFS, Proof, named};

/// What thousands of small databases need is allocated and freed all the time; the system's allocator takes a seventh more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tries what is promised, many times over.
#[derive(Debug, Parser)]
struct Words {
    /// The proofs to be made; all of them unless some are named.
    #[arg(value_parser = known)]
    names: Vec<String>,
    /// How many tries each makes, instead of its own number.
    #[arg(long)]
    count: Option<u64>,
    /// Makes only one try in so many of each proof's own number.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    share: u64,
    /// Where chance begins; the same seed makes the same tries.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// `text` or `json`: an object a proof.
    #[arg(long, default_value = "text")]
    format: String,
    /// Runs the simulation of the seed in this process, and tells all that happens in it.
    #[arg(long, hide = true)]
    alone: bool,
}

fn known(name: &str) -> Result<String, String> {
    let names: Vec<&str> = PROOFS.iter().map(|proof| proof.name).collect();
    named(name)
        .map(|proof| proof.name.to_owned())
        .ok_or_else(|| format!("the proofs are {}", names.join(", ")))
}

fn main() -> ExitCode {
    if let Some(ended) = begin() {
        return ended;
    }
    let words = Words::parse();
    if words.alone {
        tests::proof::simulation::alone(words.seed, |line| println!("{line}"));
        return ExitCode::SUCCESS;
    }
    let chosen = |proof: &&Proof| words.names.is_empty() || words.names.iter().any(|name| name == proof.name);
    let broken = PROOFS.iter().filter(chosen).filter(|proof| !holds(proof, &words)).count();
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Makes a proof and says what came of it.
fn holds(proof: &Proof, words: &Words) -> bool {
    let (count, seed) = (words.count.unwrap_or(proof.many.div_ceil(words.share)), words.seed);
    let since = Instant::now();
    let holds = catch_unwind(AssertUnwindSafe(|| (proof.tries)(count, seed))).is_ok();
    let seconds = since.elapsed().as_secs();
    if words.format == "json" {
        let object = serde_json::json!({
            "proof": proof.name, "promises": proof.promises, "unit": proof.unit,
            "count": count, "seed": seed, "seconds": seconds, "holds": holds,
        });
        println!("{object}");
    } else {
        let word = if holds { "holds" } else { "BROKEN" };
        println!(
            "{:<12} {:<7} {count:>8} {} from seed {seed}, {seconds} s ({})",
            proof.name, word, proof.unit, proof.promises
        );
    }
    if !holds {
        println!(
            "again: cargo run --release -p tests --bin prove -- {} --count {count} --seed {seed}",
            proof.name
        );
    }
    holds
}
