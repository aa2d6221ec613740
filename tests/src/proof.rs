//! Proofs: what is promised, tried many times over, from a seed that lets each try be made again.
//!
//! A proof panics at the first broken promise and says which, and how to see it again. `cargo test` tries each a few
//! times; the program `prove` tries each as often as it is told to, and says how often that was.

pub mod attempt;
pub mod backups;
pub mod chance;
pub mod crowd;
pub mod damage;
#[cfg(target_os = "linux")]
pub mod disk_errors;
pub mod kill;
pub mod line;
pub mod model;
#[cfg(target_os = "linux")]
pub mod power_cut;
pub mod simulation;

/// Something that is tried again and again.
#[derive(Clone, Copy)]
pub struct Proof {
    /// Its name on the command line.
    pub name: &'static str,
    /// The promises that it tries, as `docs/promises.md` numbers them.
    pub promises: &'static str,
    /// What one try is, in words, for the line that says how many there were.
    pub unit: &'static str,
    /// How many tries `cargo test` makes: a matter of seconds.
    pub few: u64,
    /// How many tries `prove` makes unless it is told otherwise.
    pub many: u64,
    /// Makes so many tries from a seed, and panics at the first broken promise.
    pub tries: fn(count: u64, seed: u64),
}

/// All proofs, the quick ones first.
pub const PROOFS: &[Proof] = &[
    model::MODEL,
    kill::PROOF,
    crowd::PROOF,
    line::PROOF,
    simulation::SIMULATION,
    backups::PROOF,
    damage::PROOF,
    #[cfg(target_os = "linux")]
    power_cut::PROOF,
    #[cfg(target_os = "linux")]
    disk_errors::PROOF,
];

/// The proof of a name.
pub fn named(name: &str) -> Option<&'static Proof> {
    PROOFS.iter().find(|proof| proof.name == name)
}
