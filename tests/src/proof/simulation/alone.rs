//! One simulation, in a process of its own: a storm, then fair weather, then the count.

use std::panic::PanicHookInfo;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use turmoil::{Builder, Sim};

use super::computer::Computer;
use super::count::{all_finished, count};
use super::officer::Officer;
use super::server::{DISTRICT, found, serve};
use super::trace::Trace;
use super::weather::{LATENCY, Weather};
use crate::proof::chance::Chance;

/// How much time passes at once.
const TICK_MS: u64 = 5;
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
    let mut computer =
        |name: &str| Computer::new(name, home.path().join(name), chance.below(u64::MAX), trace);
    let district = computer(DISTRICT);
    let pcs: Vec<Computer> = (1..=6).map(|number| computer(&format!("pc-{number}"))).collect();
    let units = units(&mut chance);
    let codes = found(&district, &units);
    let officers =
        pcs.into_iter().zip(units).zip(codes).map(|((pc, unit), code)| Officer::new(pc, unit, code));
    let officers: Vec<Rc<Officer>> = officers.map(Rc::new).collect();
    let mut stage = Stage::new(chance.below(u64::MAX), trace, &district, &officers);
    let computers = stage.computers.clone();
    let mut weather = Weather::new(chance, computers);
    while stage.now_ms < STORM_MS {
        weather.turn(&mut stage.sim, stage.now_ms);
        stage.step();
    }
    weather.clear(&mut stage.sim);
    let seen: Vec<&Officer> = officers.iter().map(Rc::as_ref).collect();
    // The second time everybody hears of what others have handed in the first time.
    for round in 1..=2 {
        stage.tidy_up(&seen, round);
    }
    drop(stage);
    let [accepted, rejected, conflicts] = count(&district, &seen);
    assert!(!PANICKED.load(Ordering::SeqCst), "something has panicked");
    format!("accepted {accepted}, rejected {rejected}, in conflict {conflicts}")
}

/// Three to five units, and now and then a second computer of one of them.
fn units(chance: &mut Chance) -> Vec<&'static str> {
    let mut units = UNITS[..3 + usize::try_from(chance.below(3)).unwrap()].to_vec();
    if chance.one_in(2) {
        units.push(units[0]);
    }
    units
}

/// A folder in memory where there is one: what an fsync costs is no part of the simulation.
fn memory_disk() -> tempfile::TempDir {
    tempfile::TempDir::new_in("/dev/shm").or_else(|_| tempfile::TempDir::new()).unwrap()
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
    fn new(seed: u64, trace: &Arc<Trace>, district: &Computer, officers: &[Rc<Officer>]) -> Self {
        let mut builder = Builder::new();
        builder.rng_seed(seed).epoch(UNIX_EPOCH).tick_duration(Duration::from_millis(TICK_MS));
        builder.max_message_latency(LATENCY).tcp_capacity(1024).enable_random_order();
        let mut sim = builder.build();
        let server = district.clone();
        sim.host(DISTRICT, move || serve(server.clone()));
        let round = Rc::new(AtomicU32::new(0));
        for officer in officers {
            let (officer, round) = (Rc::clone(officer), Rc::clone(&round));
            sim.host(officer.pc.name.clone(), move || {
                let (officer, round) = (Rc::clone(&officer), Rc::clone(&round));
                async move { officer.work(&round).await }
            });
        }
        let mut computers = vec![district.clone()];
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
    fn tidy_up(&mut self, officers: &[&Officer], round: u32) {
        self.round.store(round, Ordering::SeqCst);
        let until_ms = self.now_ms + TIDY_MS;
        while !all_finished(officers, round) {
            assert!(
                self.now_ms < until_ms,
                "round {round}: somebody's outbox is not empty after {TIDY_MS} ms"
            );
            self.step();
        }
    }
}
