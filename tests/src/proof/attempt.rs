//! One try of a proof: if it fails, it says which one it was.

use std::sync::atomic::{AtomicBool, Ordering};

/// One try of many.
#[derive(Debug)]
pub struct Attempt {
    proof: &'static str,
    number: u64,
    seed: u64,
}

impl Attempt {
    /// Begins a try of a proof.
    pub fn begin(proof: &'static str, number: u64, seed: u64) -> Self {
        Self { proof, number, seed }
    }
}

impl Drop for Attempt {
    #[allow(clippy::print_stderr, reason = "a panic is told on stderr as well")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}: broken in try {} from seed {}", self.proof, self.number, self.seed);
        }
    }
}

/// Tells others that something is over, also where it ends in a panic: they would wait for ever.
#[derive(Debug)]
pub struct Over<'a>(pub &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs what a proof does beside real servers, with threads of its own.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}
