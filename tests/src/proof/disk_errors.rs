//! Whichever call to the disk fails, nothing is said that is not so, and with a healthy disk everything goes on.
//!
//! A session of the commune's program and one of the server are made again and again on a disk of which the first call
//! fails, then the second, the third and so on: once or from there on, because it is broken or because it is full. Linux
//! only.

mod commune;
mod server;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Proof;
use crate::Said;
use crate::disk::Fault;

/// The proof.
pub(super) const PROOF: Proof = Proof {
    name: "disk-errors",
    promises: "G2 G3 G4",
    unit: "positions of a failing call",
    few: 16,
    many: 1_600,
    tries,
};

/// Which call fails.
#[derive(Clone, Copy, Debug)]
struct Position {
    fault: Fault,
    /// The first call that fails.
    call: u64,
    /// Whether all after it fail too.
    lasts: bool,
}

impl Position {
    fn last(self) -> u64 {
        if self.lasts { u64::MAX } else { self.call }
    }
}

/// A session that is made again and again.
trait Session {
    /// How many calls there are that this fault can strike.
    fn calls(&mut self, fault: Fault) -> u64;
    /// Makes it once; the number is that of the try.
    fn stand(&mut self, number: u64, position: Position);
    /// What must be so after all tries.
    fn end(self);
}

fn tries(count: u64, seed: u64) {
    let (mut office, mut service) = (commune::Office::open(), server::Service::open());
    let (at_commune, at_district) = (positions(&mut office), positions(&mut service));
    let both = (at_commune.len() + at_district.len()) as u64;
    assert!(both <= PROOF.many, "a call can fail in {both} ways, and {} tries miss some of them", PROOF.many);
    let served = (count * at_district.len() as u64).div_ceil(both);
    stand_all(office, &at_commune, count - served, seed);
    stand_all(service, &at_district, served, seed);
}

/// Every position of a session.
fn positions(session: &mut impl Session) -> Vec<Position> {
    let all: Vec<Position> = [Fault::Broken, Fault::Full]
        .into_iter()
        .flat_map(|fault| (1..=session.calls(fault)).map(move |call| (fault, call)))
        .flat_map(|(fault, call)| [false, true].map(|lasts| Position { fault, call, lasts }))
        .collect();
    assert!(all.len() > 100, "the shim sees {} positions only", all.len());
    all
}

/// Makes a session at every position, or at as many as there may be tries, spread over all.
fn stand_all(mut session: impl Session, all: &[Position], count: u64, seed: u64) {
    let positions = all.len() as u64;
    for number in 0..count {
        let place = if count < positions { number * positions / count + seed } else { number };
        let position = all[usize::try_from(place % positions).unwrap()];
        let stood = catch_unwind(AssertUnwindSafe(|| session.stand(number, position)));
        assert!(
            stood.is_ok(),
            "try {number} from seed {seed}, {position:?} (of {positions} positions): see above"
        );
    }
    session.end();
}

/// Asserts that a program ended as programs should, whether or not it could do what it was told.
fn is_orderly(said: &Said) {
    assert!(matches!(said.code, Some(0 | 1)), "{said:?}");
    assert!(!said.err.contains("panicked"), "{}", said.err);
    assert!(said.code == Some(0) || said.err.contains("error: "), "it failed and did not say so: {said:?}");
}

/// The number after some words in what was said; 0 where they were not said.
fn number_after(said: &str, words: &str) -> u32 {
    let rest = said.split_once(words).map_or("", |(_, rest)| rest);
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}
