//! A long run of the real programs in which everything goes wrong that goes wrong in offices: lines, power, disks,
//! backups, copied folders, clocks. Whoever watches keeps a journal of all that the programs acknowledged.

mod books;
mod events;
mod journal;
mod pc;
mod reckoning;
mod run;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use self::journal::Outcome;

use self::books::Books;
use self::journal::Journal;
use self::pc::Pc;
use crate::proof::chance::Chance;

/// Whose the five computers are: two of one unit, which correct each other's reports.
const UNITS: [&str; 5] = ["31423", "31423", "31420", "31393", "31408"];

/// How often it is told how things stand.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// Everything that takes part.
struct Scene<'t> {
    chance: Chance,
    journal: Journal,
    books: Books,
    pcs: Vec<Pc>,
    home: TempDir,
    /// How often each kind of thing has happened.
    events: BTreeMap<&'static str, u64>,
    tell: &'t dyn Fn(&str),
}

/// Lets everything go wrong for so long, heals it, and says what was broken.
pub fn run(length: Duration, seed: u64, tell: &dyn Fn(&str)) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _inside = runtime.enter();
    let (since, mut told) = (Instant::now(), Instant::now());
    let mut scene = Scene::open(seed, tell);
    while since.elapsed() < length {
        scene.something_happens();
        if told.elapsed() >= TOLD_EVERY {
            told = Instant::now();
            scene.say(&format!("{} s", since.elapsed().as_secs()));
        }
    }
    scene.say("healing");
    scene.heal();
    scene.reckon();
    scene.say("healed");
    scene.end()
}

impl<'t> Scene<'t> {
    fn open(seed: u64, tell: &'t dyn Fn(&str)) -> Self {
        let home = TempDir::new().unwrap();
        let books = Books::found(home.path());
        let mut pcs = Vec::new();
        for (place, unit) in UNITS.into_iter().enumerate() {
            let pc = Pc::new(unit, home.path().join(format!("pc-{place}")), books.address());
            pc.enrol(&books.code(unit).expect("a code")).done();
            pcs.push(pc);
        }
        let (chance, events, journal) = (Chance::new(seed), BTreeMap::new(), Journal::default());
        Self { chance, journal, books, pcs, home, events, tell }
    }

    fn count(&mut self, event: &'static str) {
        *self.events.entry(event).or_default() += 1;
    }

    fn say(&self, when: &str) {
        let events: Vec<String> =
            self.events.iter().map(|(event, count)| format!("{event} {count}")).collect();
        (self.tell)(&format!("{when}: {} acknowledged, {}", self.journal.acknowledged, events.join(", ")));
    }

    /// Says what is broken, and keeps the folders of a run in which something is.
    fn end(self) -> Outcome {
        let count = |event| self.events.get(event).copied().unwrap_or(0);
        let restores = count("districts restored") + count("communes restored");
        let outcome = self.journal.outcome(count("kills"), count("bad lines"), restores);
        for fault in &self.journal.faults {
            (self.tell)(fault);
        }
        if !outcome.holds() {
            (self.tell)(&format!("the folders are kept in {}", self.home.keep().display()));
        }
        outcome
    }
}
