//! A simulated computer, as far as it outlasts being switched off: its folder, its clock, its dice.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gom_domain::world::{Disk, World};

use super::trace::Trace;
use crate::Clock;
use crate::proof::chance::Chance;

/// How long the disk takes at most, before it has done something and after it: mostly, and when it stalls.
const DISK_MS: u64 = 30;
const STALLED_MS: u64 = 3_000;

/// A computer in the simulation.
#[derive(Clone, Debug)]
pub(super) struct Computer {
    /// Its name on the network.
    pub(super) name: String,
    /// Where its program keeps its data.
    pub(super) folder: PathBuf,
    now_ms: Arc<AtomicI64>,
    chance: Arc<Mutex<Chance>>,
    trace: Arc<Trace>,
}

impl Computer {
    pub(super) fn new(name: &str, folder: PathBuf, chance: u64, trace: &Arc<Trace>) -> Self {
        Self {
            name: name.to_owned(),
            folder,
            now_ms: Arc::new(AtomicI64::new(Clock::at("2024-10-15").now_ms())),
            chance: Arc::new(Mutex::new(Chance::new(chance))),
            trace: Arc::clone(trace),
        }
    }

    /// What its program takes from the world. It goes on where it was when the computer is switched on again.
    pub(super) fn world(&self) -> World {
        let (now_ms, chance) = (Arc::clone(&self.now_ms), Arc::clone(&self.chance));
        let dice = move |bytes: &mut [u8]| {
            let mut chance = chance.lock().unwrap();
            bytes.fill_with(|| u8::try_from(chance.below(256)).unwrap());
        };
        World::new(move || now_ms.load(Ordering::SeqCst), dice)
    }

    /// Its disk, which works while all else in this process waits, but takes its time: whoever switches the computer off
    /// meets it before a write, or after it and before anybody was told.
    pub(super) fn disk(&self) -> Disk {
        let computer = self.clone();
        Disk::new(move |work| {
            let (before, after) = (computer.disk_ms(), computer.disk_ms());
            let computer = computer.clone();
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(before)).await;
                work();
                computer.note("disk");
                tokio::time::sleep(Duration::from_millis(after)).await;
            })
        })
    }

    fn disk_ms(&self) -> u64 {
        let most = if self.below(20) == 0 { STALLED_MS } else { DISK_MS };
        self.below(most)
    }

    /// Lets its clock go on, or jump.
    pub(super) fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Chance, by this computer's dice.
    pub(super) fn below(&self, n: u64) -> u64 {
        self.chance.lock().unwrap().below(n)
    }

    /// One of several things, by this computer's dice.
    pub(super) fn one_of<T: Copy>(&self, things: &[T]) -> T {
        things[usize::try_from(self.below(things.len() as u64)).unwrap()]
    }

    /// Writes down what has happened here.
    pub(super) fn note(&self, what: impl AsRef<str>) {
        self.trace.note(&self.name, what.as_ref());
    }
}
