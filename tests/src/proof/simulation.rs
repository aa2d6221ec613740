//! Proof `simulation`: a district and its communes on a simulated network, with real servers, clients and SQLite files.
//!
//! A seed decides everything: who fills in what and when, how long each message and each write takes, which lines fail
//! and how, when a computer loses power, how wrong clocks are. Then the weather clears, and within minutes of simulated
//! time every outbox must be empty, every receipt as the books have it, each operation counted once, and every total the
//! sum that a plain map comes to.
//!
//! Each seed is a process of its own, for what the first one leaves in a process would make the second go another way.

mod alone;
mod computer;
mod count;
mod desk;
mod officer;
mod server;
mod trace;
mod weather;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

pub use alone::alone;

use super::Proof;
use crate::PATIENCE;
use crate::program::prover;

/// The proof.
pub const SIMULATION: Proof = Proof {
    name: "simulation",
    promises: "G3 G4 G5 G10 G11 G15 G20",
    unit: "storms",
    few: 3,
    many: 500,
    tries,
};

/// How many processes run at once.
const AT_ONCE: u64 = 2;
/// One seed in so many is run twice, and must go the same way both times.
const REPEATED: u64 = 50;

fn tries(count: u64, seed: u64) {
    let seeds = (0..count).flat_map(|number| {
        let twice = number % REPEATED == 0;
        std::iter::repeat_n(seed + number, if twice { 2 } else { 1 })
    });
    let seeds: Vec<u64> = seeds.collect();
    let (next, ends) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(seed) =
                    seeds.get(usize::try_from(next.fetch_add(1, Ordering::SeqCst)).unwrap())
                {
                    let end = storm(*seed);
                    if end.is_err() {
                        next.store(seeds.len() as u64, Ordering::SeqCst);
                    }
                    ends.lock().unwrap().entry(*seed).or_insert_with(Vec::new).push(end);
                }
            });
        }
    });
    for (seed, ends) in ends.into_inner().unwrap() {
        let again = format!("prove simulation --alone --seed {seed}");
        let ends: Vec<String> = ends
            .into_iter()
            .map(|end| end.unwrap_or_else(|said| panic!("seed {seed}: {said}\nto see it: {again}")))
            .collect();
        assert!(
            ends.windows(2).all(|two| two[0] == two[1]),
            "seed {seed} goes two ways: {ends:#?}\nto see it: {again}"
        );
    }
}

/// Runs a seed in a process of its own; what it came to, or what went wrong.
fn storm(seed: u64) -> Result<String, String> {
    let mut command = prover();
    command.args(["simulation", "--alone", "--seed", &seed.to_string()]);
    let output = command.timeout(PATIENCE).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.lines().next_back().unwrap_or_default().to_owned();
    if output.status.success() { Ok(last) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
