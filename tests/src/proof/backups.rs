//! Backups are taken while communes hand in, each at a moment that chance chooses. Each is restored on another machine,
//! which serves from then on; the communes sync with it. Nothing may be lost then, nothing counted twice, and all agree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use gom_domain::greeting::fingerprint;
use gom_server::backup::{backup, sound};
use gom_server::folder::Folder;
use gom_server::restore::restore;
use gom_server::serve::{self, Running};
use gom_server::store::Journal;
use gom_server::wording::Trouble;

use super::Proof;
use super::chance::Chance;
use crate::district::total_in;
use crate::{Clock, Commune, District, soon};

/// The communes that hand in.
const UNITS: [&str; 3] = ["31423", "31420", "31399"];
/// How often each of them hands in while a backup is taken, and after it.
const WAVES: u64 = 4;

/// A backup that was taken at any moment is whole, and nothing is lost where it is gone back to.
pub const PROOF: Proof = Proof {
    name: "backups",
    promises: "G9, G18",
    unit: "backups under load, each restored elsewhere and refilled",
    few: 2,
    many: 50,
    tries,
};

/// Takes so many backups and goes on from each.
fn tries(count: u64, seed: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut story = Box::pin(Story::begin(seed)).await;
        for number in 1..=count {
            story.round(number).await;
        }
        story.running.stop().await;
    });
}

/// What is handed in, and what it must come to.
struct Story {
    seed: u64,
    chance: Chance,
    clock: Clock,
    home: tempfile::TempDir,
    folder: Folder,
    running: Running,
    communes: Vec<Commune>,
    /// The births that each commune has handed in last for each month.
    births: BTreeMap<(usize, u64), u64>,
    /// What has been handed in, each body once.
    handed_in: BTreeSet<[u8; 32]>,
    next: u64,
}

impl Story {
    async fn begin(seed: u64) -> Self {
        let mut district = District::open().await;
        let mut communes = Vec::new();
        for unit in UNITS {
            communes.push(Commune::enrolled(&district, unit).await);
        }
        let home = tempfile::TempDir::new().unwrap();
        district.stop().await;
        let first = home.path().join("district-0");
        std::fs::create_dir(&first).unwrap();
        std::fs::copy(district.path().join("books.db"), first.join("books.db")).unwrap();
        let (clock, folder) = (district.clock.clone(), Folder::new(first));
        let running = serving(&folder, &clock).await;
        let mut story = Self {
            seed,
            chance: Chance::new(seed),
            clock,
            home,
            folder,
            running,
            communes,
            births: BTreeMap::new(),
            handed_in: BTreeSet::new(),
            next: 1,
        };
        story.call();
        story
    }

    /// Tells the communes where the district is.
    fn call(&mut self) {
        let url = format!("http://{}", self.running.address);
        self.communes.iter_mut().for_each(|commune| commune.call(url.clone()));
    }

    async fn round(&mut self, number: u64) {
        let at = format!("backup {number} from seed {}", self.seed);
        let file = self.home.path().join(format!("backup-{number}.db"));
        let taking = self.take(&file);
        self.hand_in(&at).await;
        taking.await.unwrap_or_else(|error| panic!("{at}: {error}"));
        // What comes after the backup is in no books but those that are lost now.
        self.hand_in(&at).await;
        if self.chance.one_in(2) {
            self.fill_in(0);
        }
        let told: Vec<_> = self.communes.iter().map(papers).collect();
        self.go_on_from(&file, number, &at).await;
        self.sync_all(&at).await;
        for (commune, before) in self.communes.iter().zip(told) {
            let now = papers(commune);
            let lost = before.iter().find(|(body, verdict)| now.get(*body) != Some(verdict));
            assert!(lost.is_none(), "{at}: {} was told otherwise of {lost:?}", commune.code);
        }
        self.check(&at);
    }

    /// Takes a backup in a moment that chance chooses.
    fn take(&mut self, file: &Path) -> tokio::task::JoinHandle<()> {
        let (folder, file) = (self.folder.clone(), file.to_owned());
        let wait = Duration::from_millis(self.chance.below(120));
        tokio::task::spawn_blocking(move || {
            std::thread::sleep(wait);
            let made = backup(&folder, &file);
            assert!(made.is_ok(), "{made:?}");
        })
    }

    /// Fills in the births of a month that chance chooses, with a figure that no other report has, and queues it.
    fn fill_in(&mut self, commune: usize) {
        let (month, births) = (1 + self.chance.below(9), self.next);
        self.next += 1;
        let period = format!("2024-{month:02}");
        self.communes[commune].queue("society", &period, &[("births", &births.to_string())]);
        self.births.insert((commune, month), births);
    }

    /// All communes hand in, again and again, at the same time.
    async fn hand_in(&mut self, at: &str) {
        for _ in 0..WAVES {
            for commune in 0..self.communes.len() {
                for _ in 0..=self.chance.below(3) {
                    self.fill_in(commune);
                }
            }
            self.sync_all(at).await;
        }
    }

    async fn sync_all(&mut self, at: &str) {
        let [one, two, three] = &self.communes[..] else { unreachable!("three units") };
        let reports =
            tokio::join!(Box::pin(one.try_sync()), Box::pin(two.try_sync()), Box::pin(three.try_sync()),);
        for report in [reports.0, reports.1, reports.2] {
            let report = report.unwrap_or_else(|error| panic!("{at}: {error:?}"));
            assert!(report.is_settled(), "{at}: {report:?}");
        }
        for commune in &self.communes {
            self.handed_in.extend(commune.gom().receipts().unwrap().iter().map(|view| view.fingerprint));
        }
    }

    /// Restores a backup on another machine, which serves from now on.
    async fn go_on_from(&mut self, file: &Path, number: u64, at: &str) {
        let folder = Folder::new(self.home.path().join(format!("district-{number}")));
        let restored = restore(&folder, file, false, &self.clock.world());
        assert!(restored.is_ok(), "{at}: {restored:?}");
        let running = serving(&folder, &self.clock).await;
        let old = std::mem::replace(&mut self.running, running);
        soon(old.stop()).await;
        let old = std::mem::replace(&mut self.folder, folder);
        std::fs::remove_dir_all(old.path()).unwrap();
        self.call();
    }

    /// The books have every report once, the totals are those of the last ones, and a recount finds no difference.
    fn check(&self, at: &str) {
        let (_, memory) = self.folder.recall(None).unwrap();
        for month in 1..=9 {
            let own = (0..self.communes.len()).filter_map(|commune| self.births.get(&(commune, month)));
            let wanted: Vec<u64> = own.copied().collect();
            let wanted =
                if wanted.is_empty() { "–".to_owned() } else { wanted.iter().sum::<u64>().to_string() };
            let found = total_in(&memory, "births", &format!("2024-{month:02}")).replace('.', "");
            assert_eq!(found, wanted, "{at}: the births of month {month}");
        }
        let mut bodies = Vec::new();
        let keep = &mut |row: gom_server::store::SubmissionRow| {
            if row.repeats.is_none() {
                bodies.push(fingerprint(&row.body));
            }
            Ok(())
        };
        self.folder.read().unwrap().each_submission(u64::MAX, keep).unwrap();
        let once: BTreeSet<[u8; 32]> = bodies.iter().copied().collect();
        assert_eq!(bodies.len(), once.len(), "{at}: a report was counted twice");
        assert!(once == self.handed_in, "{at}: {} reports of {}", once.len(), self.handed_in.len());
        let agreed = sound(&self.folder.books());
        assert!(agreed.is_ok(), "{at}: {agreed:?}");
    }
}

/// Serves, as soon as nobody else has the folder.
async fn serving(folder: &Folder, clock: &Clock) -> Running {
    loop {
        match serve::start(folder, crate::HERE, clock.world()).await {
            Err(Trouble::InUse(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            started => return started.unwrap(),
        }
    }
}

/// What a commune was told of each of its reports.
fn papers(commune: &Commune) -> BTreeMap<[u8; 32], String> {
    let receipts = commune.gom().receipts().unwrap().into_iter();
    receipts.map(|view| (view.fingerprint, format!("{:?}", view.receipt.ruling.verdict))).collect()
}
