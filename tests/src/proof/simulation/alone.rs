//! One simulation, in a process of its own: a storm, then fair weather, then the count.

use std::panic::PanicHookInfo;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;
use turmoil::{Builder, Sim};

use super::computer::Computer;
use super::count::count;
use super::desk::Desk;
use super::officer::Officer;
use super::server::{DISTRICT, found, serve};
use super::trace::Trace;
use super::weather::{LATENCY, Weather};
use crate::proof::chance::Chance;

/// How much time passes at once.
const TICK_MS: u64 = 10;
/// How long the storm lasts, and how soon after it all must be settled: longer than a lost line takes to be noticed.
const STORM_MS: u64 = 60_000;
const TIDY_MS: u64 = 180_000;
const UNITS: [&str; 5] = ["tan-binh", "hoa-an", "long-thanh", "kinh-cung", "phuong-phu"];

/// Whether anything has panicked anywhere, also where somebody caught it.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// Runs the simulation of a seed and says what has happened in it, the sum of it last. Panics at a broken promise.
pub fn alone(seed: u64, say: impl Fn(&str)) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        PANICKED.store(true, Ordering::SeqCst);
        before(info);
    }));
    let trace = Arc::new(Trace::default());
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| simulate(seed, &trace)));
    trace.lines().iter().for_each(|line| say(line));
    match told {
        Ok(counts) => say(&format!("{counts} {}", trace.hash())),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn simulate(seed: u64, trace: &Arc<Trace>) -> String {
    let home = memory_disk();
    let mut chance = Chance::new(seed);
    let (desk, officers) = people(home.path(), &mut chance, trace);
    let mut stage = Stage::new(chance.below(u64::MAX), trace, &desk, &officers);
    let mut weather = Weather::new(chance, stage.computers.clone());
    while stage.now_ms < STORM_MS {
        weather.turn(&mut stage.sim, stage.now_ms);
        stage.step();
    }
    weather.clear(&mut stage.sim);
    // The second time everybody hears of what others have handed in the first time.
    for round in 1..=2 {
        stage.tidy_up(&officers, round);
    }
    drop(stage);
    let [accepted, rejected, conflicts] = count(&desk, &officers);
    assert!(!PANICKED.load(Ordering::SeqCst), "something has panicked");
    format!("accepted {accepted}, rejected {rejected}, in conflict {conflicts}")
}

/// A folder in memory where there is one: what an fsync costs is no part of the simulation.
fn memory_disk() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// The district's officer, and one for each computer of a commune. Every other time a unit has two computers.
fn people(home: &Path, chance: &mut Chance, trace: &Arc<Trace>) -> (Rc<Desk>, Vec<Rc<Officer>>) {
    let mut units = UNITS[..3 + usize::try_from(chance.below(3)).unwrap()].to_vec();
    if chance.one_in(2) {
        units.push(units[0]);
    }
    let mut computer = |name: &str| Computer::new(name, home.join(name), chance.below(u64::MAX), trace);
    let district = computer(DISTRICT);
    let codes = found(&district, &units);
    let officer = |(number, (code, unit)): (usize, (String, &&'static str))| {
        Rc::new(Officer::new(computer(&format!("pc-{number}")), unit, code))
    };
    let officers = codes.into_iter().zip(&units).enumerate().map(officer).collect();
    // What the district has to tell brings lost receipts along; now and then there is nothing.
    let telephoning = if chance.one_in(3) { Vec::new() } else { units };
    (Rc::new(Desk::new(district, telephoning)), officers)
}

/// The simulated world.
struct Stage {
    sim: Sim<'static>,
    computers: Vec<Computer>,
    trace: Arc<Trace>,
    round: Rc<AtomicU32>,
    now_ms: u64,
}

impl Stage {
    fn new(seed: u64, trace: &Arc<Trace>, desk: &Rc<Desk>, officers: &[Rc<Officer>]) -> Self {
        let mut builder = Builder::new();
        builder.rng_seed(seed).epoch(UNIX_EPOCH).tick_duration(Duration::from_millis(TICK_MS));
        builder.max_message_latency(LATENCY).tcp_capacity(1024).enable_random_order();
        let mut sim = builder.build();
        let round = Rc::new(AtomicU32::new(0));
        let (at_desk, called) = (Rc::clone(desk), Rc::clone(&round));
        sim.host(DISTRICT, move || serve(Rc::clone(&at_desk), Rc::clone(&called)));
        for officer in officers {
            let (officer, called) = (Rc::clone(officer), Rc::clone(&round));
            sim.host(officer.pc.name.clone(), move || Rc::clone(&officer).work(Rc::clone(&called)));
        }
        let mut computers = vec![desk.district.clone()];
        computers.extend(officers.iter().map(|officer| officer.pc.clone()));
        Self { sim, computers, trace: Arc::clone(trace), round, now_ms: 0 }
    }

    /// Lets a moment pass.
    fn step(&mut self) {
        self.sim.step().unwrap();
        self.now_ms += TICK_MS;
        self.trace.turn_to(self.now_ms);
        self.computers.iter().for_each(|computer| computer.pass(i64::try_from(TICK_MS).unwrap()));
    }

    /// Has every officer hand in what is queued, within a time.
    fn tidy_up(&mut self, officers: &[Rc<Officer>], round: u32) {
        self.round.store(round, Ordering::SeqCst);
        let until_ms = self.now_ms + TIDY_MS;
        let has_finished = |officer: &Rc<Officer>| officer.finished.load(Ordering::SeqCst) >= round;
        while !officers.iter().all(has_finished) {
            assert!(
                self.now_ms < until_ms,
                "round {round}: somebody's outbox is not empty after {TIDY_MS} ms"
            );
            self.step();
        }
    }
}
