//! The model: random sequences of what happens between a district and its communes, over real books and real folders, each
//! step held against plain maps.
//!
//! Queues and answers travel as files, by the same path as on a line. What broke is said with its seed and its steps, after
//! as many of them as possible have been left out.

mod district;
mod founded;
mod office;
mod sequence;
mod shelf;
mod step;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use self::founded::Founded;
use self::sequence::Sequence;
use self::step::Step;
use super::Proof;

/// Nothing, or what was broken.
type Held = Result<(), String>;

/// Ends with what was broken, unless it holds.
macro_rules! hold {
    ($holds:expr, $($broken:tt)+) => {
        if !$holds {
            return Err(format!($($broken)+));
        }
    };
}
use hold;

/// Random sequences against plain maps.
pub(super) const MODEL: Proof = Proof {
    name: "model",
    promises: "G1, G3-G12, G15",
    unit: "sequences of 50 steps",
    few: 30,
    many: 20_000,
    tries,
};

/// How many sequences are tried at once.
const THREADS: u64 = 2;

fn tries(count: u64, seed: u64) {
    let founded = Founded::new();
    let (next, broken) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while !stopped.load(Ordering::Relaxed) {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    if nth >= count {
                        break;
                    }
                    if let Err(why) = tried(&founded, &step::draw(own_seed(seed, nth))) {
                        stopped.store(true, Ordering::Relaxed);
                        broken.lock().unwrap().push((nth, why));
                    }
                }
            });
        }
    });
    let mut broken = broken.into_inner().unwrap();
    broken.sort_unstable();
    if let Some((nth, why)) = broken.into_iter().next() {
        let steps = step::draw(own_seed(seed, nth));
        panic!("sequence {nth} of seed {seed}: {why}\n{}", told(&founded, steps));
    }
}

/// Each sequence has a seed of its own, so that it can be made without those before it.
fn own_seed(seed: u64, nth: u64) -> u64 {
    seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(nth)
}

/// Makes a sequence; a panic in it is as bad as anything else that is broken.
fn tried(founded: &Founded, steps: &[Step]) -> Held {
    let made = catch_unwind(AssertUnwindSafe(|| {
        let mut sequence = Sequence::new(founded);
        for (nth, step) in steps.iter().enumerate() {
            sequence.step(step).map_err(|broken| format!("after step {nth}: {broken}"))?;
        }
        sequence.end().map_err(|broken| format!("at the end: {broken}"))
    }));
    made.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
    })
}

/// The steps that are needed for something to be broken, and what that is.
fn told(founded: &Founded, mut steps: Vec<Step>) -> String {
    let mut nth = 0;
    while nth < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(nth);
        if tried(founded, &fewer).is_err() {
            steps = fewer;
        } else {
            nth += 1;
        }
    }
    let why = tried(founded, &steps).err().unwrap_or_else(|| "nothing, made again".to_owned());
    let lines: Vec<String> =
        steps.iter().enumerate().map(|(nth, step)| format!("{nth:>4} {step:?}")).collect();
    format!("what is needed for it:\n{}\n{why}", lines.join("\n"))
}
