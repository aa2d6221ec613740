//! The commune's side: a folder whose database was damaged is looked at and synced as its officer does it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gom::Failure;
use gom_domain::greeting::fingerprint;
use gom_domain::ruling::Receipt;
use gom_server::folder::Folder;
use gom_server::serve;
use gom_server::store::Journal;
use gom_server::verify::verify;
use rusqlite::Connection;
use tempfile::TempDir;

use super::books;
use super::harm::{Moments, put};
use crate::proof::attempt::runtime;
use crate::proof::chance::Chance;
use crate::{Clock, Commune, District, sheet};

const UNIT: &str = "31423";
const LOOKED_AT: [(&str, &str); 4] =
    [("society", "2024-02"), ("society", "2024-05"), ("society", "2024-06"), ("budget", "2024-05")];

/// A commune's folder that is whole, its district, and what an officer sees there.
#[derive(Clone, Debug)]
pub(super) struct Good {
    pub(super) books: books::Good,
    moments: Moments,
    /// What lies beside the database.
    beside: Arc<Vec<(PathBuf, Vec<u8>)>>,
    clock: Clock,
    /// What its officer has seen, at each moment that a damaged folder may be at.
    seen: Arc<BTreeSet<String>>,
    /// The last of it.
    latest: Arc<str>,
    /// The fingerprints of all that was ever sealed, by anybody.
    sealed: Arc<BTreeSet<[u8; 32]>>,
}

impl Good {
    /// What lies beside the database, in a folder.
    fn lay_beside(&self, folder: &Path) {
        fs::create_dir(folder).unwrap();
        for (name, bytes) in self.beside.iter() {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }

    /// Where something that was shown is like nothing that was ever seen.
    fn strange(&self, shown: &str) -> String {
        let like =
            |seen: &str| seen.chars().zip(shown.chars()).take_while(|(one, other)| one == other).count();
        let most = self.seen.iter().map(|seen| like(seen)).max().unwrap_or(0);
        shown.chars().skip(most.saturating_sub(80)).take(400).collect()
    }

    fn seen_at(&self, moment: &(Vec<u8>, Vec<u8>)) -> Option<String> {
        let home = TempDir::new().unwrap();
        let folder = home.path().join("commune");
        self.lay_beside(&folder);
        put(&folder.join("gom.db"), moment);
        seen(&folder, &self.clock).ok()
    }
}

/// A story of two computers of a unit, one of another, and an entry of the district's: corrections, a conflict, a
/// rejection, drafts, and work that waits for the line.
pub(super) async fn good() -> Good {
    let mut story = Story::begin().await;
    let one = Commune::enrolled(&story.district, UNIT).await;
    let other = Commune::enrolled(&story.district, UNIT).await;
    let elsewhere = Commune::enrolled(&story.district, "31420").await;
    for (month, births) in [("2024-01", "20"), ("2024-02", "21"), ("2024-03", "22")] {
        one.queue("society", month, &[("births", births)]);
        elsewhere.queue("society", month, &[("births", "7")]);
    }
    story.sync(&one).await;
    story.sync(&elsewhere).await;
    story.enter("2024-04");
    one.queue("budget", "2024-05", &[("tax_revenue", "1.250")]);
    one.queue("society", "2024-02", &[("births", "19")]);
    story.sync(&one).await;
    story.look(&one);
    story.note_early(&one);
    story.sync(&other).await;
    one.queue("society", "2024-05", &[("births", "24")]);
    other.queue("society", "2024-05", &[("births", "25")]);
    story.sync(&other).await;
    story.sync(&one).await;
    one.queue("society", "2024-12", &[("births", "1")]);
    story.sync(&one).await;
    elsewhere.queue("society", "2024-06", &[("births", "9")]);
    story.sync(&elsewhere).await;
    for (month, births) in [("2024-06", "26"), ("2024-07", "27")] {
        one.queue("society", month, &[("births", births)]);
        story.look(&one);
    }
    one.set("society", "2024-08", &[("births", "28")]);
    story.look(&one);
    one.set("budget", "2024-06", &[("tax_revenue", "3")]);
    story.look(&one);
    story.end(&one)
}

/// The story while it is told.
struct Story {
    district: District,
    seen: Vec<String>,
    books: Moments,
    folder: Moments,
}

impl Story {
    async fn begin() -> Self {
        let district = District::open().await;
        Self { district, seen: Vec::new(), books: Moments::default(), folder: Moments::default() }
    }

    async fn sync(&mut self, commune: &Commune) {
        self.look(commune);
        commune.sync().await;
        self.look(commune);
    }

    fn look(&mut self, commune: &Commune) {
        if commune.code == UNIT {
            self.seen.push(seen(&commune.path(), &self.district.clock).unwrap());
        }
    }

    fn enter(&self, period: &str) {
        let file = self.district.desk().join("entered.csv");
        fs::write(&file, sheet::of(UNIT, "society", period, &[("births", "23")])).unwrap();
        let words = ["enter", "--for", UNIT, file.to_str().unwrap(), "--reason", "mất điện"];
        self.district.office().vi(&words).done();
    }

    fn note_early(&mut self, commune: &Commune) {
        self.books.note_early(&books::file(&self.district.path()));
        self.folder.note_early(&commune.path().join("gom.db"));
    }

    fn end(mut self, commune: &Commune) -> Good {
        self.books.note(&books::file(&self.district.path()));
        self.folder.note(&commune.path().join("gom.db"));
        self.books.other_log.clone_from(&self.folder.log);
        self.folder.other_log.clone_from(&self.books.log);
        let mut sealed: BTreeSet<[u8; 32]> =
            self.district.submissions().iter().map(|row| fingerprint(&row.body)).collect();
        sealed.extend(sealed_in(&commune.path().join("gom.db")));
        let beside = fs::read_dir(commune.path()).unwrap().map(|entry| entry.unwrap().path());
        let beside = beside.filter(|path| path.is_file() && !is_database(path));
        let beside = beside.map(|path| (path.file_name().unwrap().into(), fs::read(&path).unwrap()));
        let clock = self.district.clock.clone();
        let mut good = Good {
            books: books::Good::new(&self.district.folder(), clock.clone(), self.books),
            moments: self.folder,
            beside: Arc::new(beside.collect()),
            clock,
            latest: self.seen.last().unwrap().as_str().into(),
            seen: Arc::default(),
            sealed: Arc::new(sealed),
        };
        self.seen.extend(good.moments.commits().iter().filter_map(|moment| good.seen_at(moment)));
        good.seen = Arc::new(self.seen.into_iter().collect());
        good
    }
}

fn is_database(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("gom.db"))
}

fn sealed_in(file: &Path) -> Vec<[u8; 32]> {
    let connection = Connection::open(file).unwrap();
    let mut statement = connection.prepare("select body from operation").unwrap();
    let bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    bodies.map(|body| fingerprint(&body.unwrap())).collect()
}

/// What an officer sees of a folder.
fn seen(folder: &Path, clock: &Clock) -> Result<String, Failure> {
    let gom = gom::Commune::open(folder, clock.world())?;
    let mut seen = format!("{:?}\n{:?}\n{:?}\n", gom.status()?, gom.drafts()?, gom.receipts()?);
    seen.push_str(&format!("{:?}\n", gom.year(Some(2024))?));
    for (form, period) in LOOKED_AT {
        let view = gom.form(form, period)?;
        seen.push_str(&format!("{form} {period} {:?} {:?}\n", view.state, view.lines));
    }
    Ok(seen)
}

/// What is damaged is said to be, or else all is shown as it was; nothing goes out that was not sealed, and nothing is lost
/// without a word.
pub(super) fn attempt(good: &Good, mut chance: Chance) {
    let home = TempDir::new().unwrap();
    let path = home.path().join("commune");
    good.lay_beside(&path);
    let what = good.moments.lay_down(&path.join("gom.db"), &mut chance);
    let shown = seen(&path, &good.clock).ok();
    if let Some(shown) = &shown {
        assert!(good.seen.contains(shown), "{what}: shown as it never was: {}", good.strange(shown));
    }
    let is_latest = shown.as_deref() == Some(&*good.latest);
    runtime().block_on(Box::pin(syncs(good, &path, home.path(), is_latest, &what)));
}

/// Syncs with the district as it was.
async fn syncs(good: &Good, commune: &Path, home: &Path, is_latest: bool, what: &str) {
    let folder = Folder::new(home.join("district"));
    fs::create_dir(folder.path()).unwrap();
    fs::write(folder.books(), &good.books.moments.settled).unwrap();
    let listen = crate::HERE;
    let running = serve::start(&folder, listen, good.clock.world()).await.unwrap();
    let url = format!("http://{}", running.address);
    let mut synced = Ok(());
    for _ in 0..2 {
        synced = match gom::Commune::open_to_sync(commune, good.clock.world()) {
            Ok(gom) => gom.at(&url).sync().await.map(|_| ()).map_err(|error| format!("{error:?}")),
            Err(failure) => Err(format!("{failure:?}")),
        };
    }
    assert!(synced.is_ok() || !is_latest, "{what}: a whole folder does not sync: {synced:?}");
    running.stop().await;
    let mut journal = folder.read().unwrap();
    let differences = verify(&mut journal).unwrap().differences;
    assert!(differences.is_empty(), "{what}: {differences:?}");
    let mut handed_in = BTreeSet::new();
    let mut keep = |row: gom_server::store::SubmissionRow| {
        handed_in.insert(fingerprint(&row.body));
        Ok(())
    };
    journal.each_submission(u64::MAX, &mut keep).unwrap();
    assert!(handed_in.is_subset(&good.sealed), "{what}: something was handed in that nobody has sealed");
    assert!(!is_latest || handed_in == *good.sealed, "{what}: something was not handed in");
    if synced.is_ok() {
        told_the_truth(commune, &folder, good, what);
    }
}

/// Every receipt that the officer sees afterwards is the district's.
fn told_the_truth(commune: &Path, folder: &Folder, good: &Good, what: &str) {
    let gom = gom::Commune::open(commune, good.clock.world());
    let receipts = gom.and_then(|gom| gom.receipts());
    let receipts = receipts.unwrap_or_else(|failure| panic!("{what}: synced, and then {failure:?}"));
    let mut journal = folder.read().unwrap();
    for shown in receipts {
        let row = journal.submission(shown.receipt.commit);
        let row = row.unwrap_or_else(|error| panic!("{what}: {shown:?} of no entry: {error}"));
        let Receipt { ruling, .. } = shown.receipt;
        assert_eq!((fingerprint(&row.body), row.ruling), (shown.fingerprint, ruling), "{what}");
    }
}
