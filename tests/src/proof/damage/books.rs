//! The district's side: books that were damaged are asked what a district asks, and served as `serve` does it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gom_domain::{Lang, Period};
use gom_server::cli::progress::table;
use gom_server::explain::explain;
use gom_server::export::export;
use gom_server::folder::Folder;
use gom_server::memory::Memory;
use gom_server::progress::year_report;
use gom_server::serve;
use gom_server::store::{Journal, Sqlite};
use gom_server::totals::totals;
use gom_server::verify::verify;
use tempfile::TempDir;

use super::harm::Moments;
use crate::Clock;
use crate::proof::attempt::runtime;
use crate::proof::chance::Chance;

const PERIODS: [&str; 3] = ["2024-02", "2024-05", "2024-06"];
const EXPLAINED: [&str; 2] = ["births", "9b"];

/// Books that are whole, and what they answer.
#[derive(Clone, Debug)]
pub(super) struct Good {
    pub(super) moments: Moments,
    clock: Clock,
    /// As of each commit, for damaged books may have lost what came after it.
    answers: Arc<BTreeMap<u64, Vec<String>>>,
    /// Every report, and what stands, as of the last.
    exported: Arc<str>,
    last: u64,
}

impl Good {
    /// What books answer as of each commit.
    pub(super) fn new(folder: &Folder, clock: Clock, moments: Moments) -> Self {
        let (mut books, memory) = folder.recall(None).unwrap();
        let mut commits = Vec::new();
        let mut keep = |commit: gom_server::store::CommitRow| {
            commits.push(commit.last_seq);
            Ok(())
        };
        books.each_commit(&mut keep).unwrap();
        let answers = commits.into_iter().map(|commit| {
            let (mut books, memory) = folder.recall(Some(commit)).unwrap();
            (commit, answers(&mut books, &memory, commit))
        });
        let answers = Arc::new(answers.collect());
        let exported = exported(&mut books, &memory).unwrap().into();
        Self { moments, clock, answers, exported, last: last(&memory) }
    }

    /// Holds what books answer as of a commit against what they are to answer.
    fn hold(&self, books: &mut Sqlite, memory: &Memory, commit: u64, what: &str) {
        let expected = self.answers.get(&commit);
        let expected = expected.unwrap_or_else(|| panic!("{what}: there never was a commit {commit}"));
        let found = answers(books, memory, commit);
        for (found, expected) in found.iter().zip(expected) {
            let same = found.chars().zip(expected.chars()).take_while(|(one, other)| one == other).count();
            let from = |text: &str| text.chars().skip(same.saturating_sub(40)).take(160).collect::<String>();
            assert!(
                found == expected,
                "{what}: as of {commit}: {} instead of {}",
                from(found),
                from(expected)
            );
        }
    }
}

/// What is damaged is said to be, or else all is answered as it was.
pub(super) fn attempt(good: &Good, mut chance: Chance) {
    let home = TempDir::new().unwrap();
    let path = home.path().join("district");
    std::fs::create_dir(&path).unwrap();
    let folder = Folder::new(&path);
    let what = good.moments.lay_down(&folder.books(), &mut chance);
    if let Ok((mut books, memory)) = folder.recall_proven(None) {
        good.hold(&mut books, &memory, last(&memory), &what);
        if last(&memory) == good.last {
            let exported = exported(&mut books, &memory);
            assert!(exported.as_deref() == Some(&good.exported), "{what}: another export");
        }
        let differences = verify(&mut books).unwrap().differences;
        assert!(differences.is_empty(), "{what}: {differences:?}");
        let earlier = chance.below(last(&memory) + 1);
        if good.answers.contains_key(&earlier) {
            let (mut books, memory) = folder.recall_proven(Some(earlier)).unwrap();
            good.hold(&mut books, &memory, earlier, &what);
        }
    }
    serves(good, &folder, &what);
}

/// Whatever was read before: what is served is whole.
fn serves(good: &Good, folder: &Folder, what: &str) {
    runtime().block_on(Box::pin(async {
        let listen = crate::HERE;
        let Ok(running) = serve::start(folder, listen, good.clock.world()).await else { return };
        let mut books = folder.read().unwrap();
        let writer = running.writer();
        let commit = last(&writer.memory());
        good.hold(&mut books, &writer.memory(), commit, what);
        running.stop().await;
    }));
}

fn last(memory: &Memory) -> u64 {
    memory.last.map_or(0, |last| last.last_seq)
}

/// What the commands come to that add figures up or take them apart.
fn answers(books: &mut Sqlite, memory: &Memory, commit: u64) -> Vec<String> {
    let mut answers = Vec::new();
    for period in PERIODS.map(|period| period.parse::<Period>().unwrap()) {
        let report = year_report(memory, period, commit);
        answers.push(report.map_or_else(|trouble| format!("{trouble:?}"), |report| table(&report, Lang::Vi)));
        answers.push(format!("{:?}", totals(memory, period, true).map(|totals| totals.rows)));
        for name in EXPLAINED {
            let explained = explain(books, memory, name, period);
            answers.push(match explained {
                Ok(Ok(explained)) => {
                    format!("{:?} {:?} {:?}", explained.progress, explained.terms, explained.units)
                }
                other => format!("{:?}", other.map(|inner| inner.map(|_| ()))),
            });
        }
    }
    answers
}

/// Every report that was ever handed in, and what stands.
fn exported(books: &mut Sqlite, memory: &Memory) -> Option<String> {
    let mut text = String::new();
    for history in [true, false] {
        let mut out = csv::Writer::from_writer(Vec::new());
        export(books, memory, None, history, &mut out).ok()?;
        text.push_str(&String::from_utf8(out.into_inner().ok()?).ok()?);
    }
    Some(text)
}

/// Where the books of a folder lie.
pub(super) fn file(folder: &Path) -> std::path::PathBuf {
    Folder::new(folder).books()
}
