//! Damage: a disk, or somebody, changes a database in a way that chance chooses, and both programs go on from it. Each of
//! them either says that it is damaged, or answers exactly as the undamaged one does, or as it did at an earlier commit
//! where what came after is lost. Nothing else is ever shown, and nothing but what was sealed is handed in.

mod books;
mod folder;
mod harm;

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;

use super::Proof;
use super::attempt::{Attempt, runtime};
use super::chance::Chance;
use crate::PATIENCE;

/// Whatever is damaged, nothing wrong is shown or handed in.
pub const PROOF: Proof = Proof {
    name: "damage",
    promises: "G11, G17",
    unit: "damaged databases, half of them a district's books, half a commune's",
    few: 40,
    many: 2_000,
    tries,
};

fn tries(count: u64, seed: u64) {
    let good = runtime().block_on(Box::pin(folder::good()));
    for number in 0..count {
        let attempt = Attempt::begin("damage", number, seed);
        let chance = Chance::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        let good = good.clone();
        within_patience(move || {
            if number % 2 == 0 {
                books::attempt(&good.books, chance);
            } else {
                folder::attempt(&good, chance);
            }
        });
        drop(attempt);
    }
}

/// Does something that must come to an end.
fn within_patience(what: impl FnOnce() + Send + 'static) {
    let (done, ended) = channel();
    let doing = thread::spawn(move || {
        what();
        _ = done.send(());
    });
    match ended.recv_timeout(PATIENCE) {
        Err(RecvTimeoutError::Timeout) => panic!("it goes on and on"),
        // It ended, or broke off.
        _ => doing.join().unwrap_or_else(|panic| resume_unwind(panic)),
    }
}
