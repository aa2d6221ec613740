//! The district's side: books that were damaged are asked what a district asks, and opened as `serve` opens them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gom_domain::{Lang, Period};
use gom_server::books::Books;
use gom_server::cli::progress::table;
use gom_server::explain::explain;
use gom_server::export::export;
use gom_server::folder::Folder;
use gom_server::memory::Memory;
use gom_server::progress::year_report;
use gom_server::store::{Journal, Sqlite};
use gom_server::totals::totals;
use gom_server::verify::verify;
use gom_server::wording::Trouble;
use tempfile::TempDir;

use super::harm::Moments;
use crate::Program;
use crate::proof::chance::Chance;

const PERIODS: [&str; 3] = ["2024-02", "2024-05", "2024-06"];
const EXPLAINED: [&str; 2] = ["births", "9b"];

/// Books that are whole, and what they answer.
#[derive(Clone, Debug)]
pub(super) struct Good {
    pub(super) moments: Moments,
    /// As of each commit that damaged books may go back to.
    answers: Arc<BTreeMap<u64, Vec<String>>>,
    last: u64,
}

impl Good {
    /// What books answer as of each commit from one on.
    pub(super) fn new(folder: &Folder, from: u64, moments: Moments) -> Self {
        let last = folder.last_commit().unwrap();
        let (mut books, memory) = folder.recall_proven(None).unwrap();
        let history = history(&mut books, &memory);
        let mut commits = Vec::new();
        books
            .each_commit(&mut |commit| {
                commits.push(commit.last_seq);
                Ok(())
            })
            .unwrap();
        let answers = commits.into_iter().filter(|commit| *commit >= from).map(|commit| {
            let (mut books, memory) = folder.recall_proven(Some(commit)).unwrap();
            let mut answers = counted(&mut books, &memory, commit);
            answers.push(up_to(&history, commit));
            (commit, answers)
        });
        Self { moments, answers: Arc::new(answers.collect()), last }
    }
}

/// What the commands come to that add figures up or take them apart.
fn counted(books: &mut Sqlite, memory: &Memory, commit: u64) -> Vec<String> {
    let mut answers = Vec::new();
    for period in PERIODS.map(|period| period.parse::<Period>().unwrap()) {
        answers.push(table(&year_report(memory, period, commit).unwrap(), Lang::Vi));
        answers.push(format!("{:?}", totals(memory, period, true).unwrap().rows));
        for name in EXPLAINED {
            let explained = explain(books, memory, name, period).unwrap().unwrap();
            answers.push(format!("{:?} {:?} {:?}", explained.progress, explained.terms, explained.units));
        }
    }
    answers
}

/// Every report that was ever handed in.
fn history(books: &mut Sqlite, memory: &Memory) -> String {
    let mut out = csv(Vec::new());
    export(books, memory, None, true, &mut out).unwrap();
    let mut text = String::from_utf8(out.into_inner().unwrap()).unwrap();
    let mut standing = csv(Vec::new());
    export(books, memory, None, false, &mut standing).unwrap();
    text.push_str(&String::from_utf8(standing.into_inner().unwrap()).unwrap());
    text
}
