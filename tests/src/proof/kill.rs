//! Both real programs are killed (`kill -9`) at any moment, again and again, while officers fill in and hand in. Whoever
//! watches them keeps a journal of all that they were told, and holds the folders and the books to it.

mod officer;
mod reckoning;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use self::officer::{Officer, Pc};
use super::Proof;
use super::attempt::{Attempt, Over, runtime};
use super::chance::Chance;
use crate::{Direction, District, Line, PATIENCE, Serving};

/// The proof of the kills.
pub(super) const PROOF: Proof =
    Proof { name: "kill", promises: "G1, G3, G4", unit: "kills of each side", few: 6, many: 200, tries };

/// How long a server lives at most.
const LIFE_MS: u64 = 500;

/// About as long as an exchange takes, in microseconds.
const EXCHANGE_US: u64 = 15_000;

fn tries(count: u64, seed: u64) {
    let runtime = runtime();
    let (scene, serving) = runtime.block_on(Scene::open());
    let fire = Fire { over: AtomicBool::new(false), kills: AtomicU64::new(0) };
    let serving = thread::scope(|scope| {
        let working = Over(&fire.over);
        for (place, pc) in scene.pcs.iter().enumerate() {
            let chance = Chance::new(seed ^ ((place as u64 + 1) << 32));
            let officer = Officer::new(pc, &scene.line.url, &fire, chance);
            scope.spawn(move || {
                let _attempt = Attempt::begin(PROOF.name, place as u64, seed);
                officer.work();
            });
        }
        let serving = scene.kill_servers(serving, &fire, count, seed);
        drop(working);
        serving
    });
    scene.heal();
    assert!(serving.terminate().success());
}

/// What all officers work under.
struct Fire {
    over: AtomicBool,
    /// How many of their programs have been killed.
    kills: AtomicU64,
}

impl Fire {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}

/// A district with some PCs, two of which are one unit's and hand in different forms.
struct Scene {
    district: District,
    line: Line,
    pcs: Vec<Pc>,
    _home: TempDir,
}

impl Scene {
    async fn open() -> (Self, Serving) {
        let mut district = District::open().await;
        let home = TempDir::new().unwrap();
        let mut pcs = Vec::new();
        for (unit, form, element) in [
            ("31423", "society", "births"),
            ("31423", "budget", "domestic_revenue"),
            ("31420", "society", "births"),
        ] {
            // The programs go by this computer's clock, which is years ahead of the story's.
            let code = district.code_until(unit, i64::MAX).await;
            let folder = home.path().join(format!("{unit}-{form}"));
            pcs.push(Pc::new(unit, (form, element), &folder, code));
        }
        district.stop().await;
        let serving = Serving::start(&district.path());
        let line = Line::to(serving.address()).await;
        (Self { district, line, pcs, _home: home }, serving)
    }

    /// Kills the server so many times, and as many programs of officers meanwhile.
    fn kill_servers(&self, mut serving: Serving, fire: &Fire, count: u64, seed: u64) -> Serving {
        let mut chance = Chance::new(seed);
        for number in 0..count {
            let _attempt = Attempt::begin(PROOF.name, number, seed);
            assert!(!fire.is_over(), "an officer was told what is not so");
            self.wait_for_a_bad_moment(&mut chance);
            serving.kill();
            self.line.cut();
            if chance.one_in(4) {
                let after = Duration::from_millis(chance.below(40));
                Serving::kill_while_it_starts(&self.district.path(), after);
            }
            serving = Serving::start(&self.district.path());
            self.line.lead_to(serving.address());
            self.line.mend();
            reckoning::assert_kept(&self.district, &self.pcs);
        }
        let since = Instant::now();
        while fire.kills.load(Ordering::SeqCst) < count && !fire.is_over() {
            assert!(since.elapsed() < PATIENCE, "officers' programs are hardly ever killed");
            thread::sleep(Duration::from_millis(10));
        }
        serving
    }

    /// Waits as long as chance will have it; every other time, until somebody is just handing in.
    fn wait_for_a_bad_moment(&self, chance: &mut Chance) {
        let since = Instant::now();
        let life = Duration::from_millis(chance.below(LIFE_MS));
        if chance.one_in(2) {
            return thread::sleep(life);
        }
        let before = self.line.carried(Direction::Up);
        while self.line.carried(Direction::Up) == before && since.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(chance.below(EXCHANGE_US)));
    }

    /// Nobody is killed any more: everything that waits is handed in, and nothing is missing or there twice.
    fn heal(&self) {
        for pc in self.pcs.iter().chain(&self.pcs) {
            pc.program.en(&["sync", "--server", &self.line.url]).done();
        }
        reckoning::assert_kept(&self.district, &self.pcs);
        reckoning::assert_all(&self.district, &self.pcs);
        self.district.verify();
    }
}
