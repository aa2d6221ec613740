//! What has happened in a simulation, in order: two runs of one seed must leave the same.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use gom_domain::greeting::fingerprint;

/// What has happened so far.
#[derive(Debug, Default)]
pub(super) struct Trace {
    now_ms: AtomicU64,
    lines: Mutex<Vec<String>>,
}

impl Trace {
    /// Turns the simulation's clock.
    pub(super) fn turn_to(&self, now_ms: u64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
    }

    /// Writes down what has happened somewhere.
    pub(super) fn note(&self, place: &str, what: &str) {
        let now_ms = self.now_ms.load(Ordering::SeqCst);
        self.lines.lock().unwrap().push(format!("{now_ms:>7} {place}: {what}"));
    }

    /// All of it.
    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// All of it in sixteen digits.
    pub(super) fn hash(&self) -> String {
        let hash = fingerprint(self.lines().join("\n").as_bytes());
        gom_proto::pass::hex(&hash[..8])
    }
}
