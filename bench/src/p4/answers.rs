//! Answers from the books on the disk: as of an earlier commit, down to the submissions, and in a program that starts
//! for one question.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;

use anyhow::{anyhow, ensure};
use gom_domain::Period;
use gom_domain::progress::progress;
use gom_server::explain::explain;
use gom_server::folder::Folder;
use gom_server::memory::Memory;
use gom_server::progress::year_report;
use gom_server::store::Sqlite;
use gom_server::wording::Trouble;

use super::pages::Pages;
use super::{Country, Places, country, millis, place};
use crate::district::{District, program};
use crate::goal::Goal;
use crate::pairs::{Contestant, in_turns};
use crate::report::{Row, thousands};

/// How many versions of each report the revised books have: so many that the journal is the longer way.
const VERSIONS: u64 = 3;
/// A target of three elements that are reported each month.
const EXPLAINED: &str = "4";

/// Measures the district's and the country's books.
pub(super) fn measure(places: &Places, quick: bool) -> anyhow::Result<Vec<Row>> {
    let home = place::on_disk()?;
    let [district, country] = [&places.district, &places.country];
    let mut rows =
        Asked::of("15 units, 5 years", district, &home.path().join("district"), 1)?.measure(quick)?;
    let name = format!("{} units", thousands(country.units() as u64));
    let asked = Asked::of(&name, country, &home.path().join("country"), 1)?;
    rows.push(asked.as_of_earlier(quick)?);
    rows.push(
        asked.beside_revised(&Asked::of(&name, country, &home.path().join("revised"), VERSIONS)?, quick)?,
    );
    rows.extend(asked.measure(quick)?);
    rows.extend(asked.pages(quick)?);
    Ok(rows)
}

/// Books that are asked.
struct Asked {
    name: String,
    folder: Folder,
    as_of: Period,
    last: u64,
}

impl Asked {
    /// Fills books with so many versions of each report, which must come to the same as the figures laid directly.
    fn of(name: &str, country: &Country, path: &Path, versions: u64) -> anyhow::Result<Self> {
        District::at(path).verify(country::found(path, country, versions)?)?;
        let (folder, as_of) = (Folder::new(path), country.as_of()?);
        let (_, memory) = said(folder.recall(None))?;
        let recalled = memory.view(as_of, |view| progress(view, &HashMap::new()));
        ensure!(recalled.is_some_and(|recalled| recalled == country.progress()), "the books say otherwise");
        let last = memory.last.map_or(0, |last| last.last_seq);
        Ok(Self { name: name.to_owned(), folder, as_of, last })
    }

    /// What a running server answers, with its memory in place; and what a command without one answers.
    fn measure(&self, quick: bool) -> anyhow::Result<Vec<Row>> {
        let (mut books, memory) = said(self.folder.recall(None))?;
        let [report, explained, cold] = in_turns(
            quick,
            "ms",
            [
                Contestant::new("targets and what is missing", || self.report(&memory)),
                Contestant::new("explained", || self.explain(&mut books, &memory)),
                Contestant::new("a command's start to its end", || self.command()),
            ],
        )?;
        let row =
            |what: &str, figure| Row::new(Goal::P4, format!("{what}, {}", self.name), figure, "ms (p50)");
        Ok(vec![
            row("progress and who has handed in what of what was due", report.median()),
            row(&format!("target {EXPLAINED} explained down to the submissions"), explained.median()),
            row("the command `progress`, from its start to its end", cold.median()),
        ])
    }

    /// The overview as a browser meets it, beside the calculation that it shows; and a page of who has reported.
    fn pages(&self, quick: bool) -> anyhow::Result<Vec<Row>> {
        let (_, memory) = said(self.folder.recall(None))?;
        let pages = Pages::open(self.folder.path(), self.as_of)?;
        let [overview, alone, reported] = in_turns(
            quick,
            "ms",
            [
                Contestant::new("the overview", || pages.first_view("/")),
                Contestant::new("the calculation alone", || self.report(&memory)),
                Contestant::new("who has reported", || pages.first_view("/reported")),
            ],
        )?;
        pages.close()?;
        let what = format!("the overview's first view in a browser, the calculation alone, {}", self.name);
        let row = Row::new(Goal::P4, what, overview.median(), "ms (p50)")
            .beside(alone.median(), overview.over(&alone));
        let who = format!("who has reported, the first page of units, {}", self.name);
        Ok(vec![
            row.wanted("≤ 100", overview.median() <= 100.0),
            Row::new(Goal::P4, who, reported.median(), "ms (p50)"),
        ])
    }

    fn report(&self, memory: &Memory) -> anyhow::Result<f64> {
        let mut answer = None;
        let took = millis(|| answer = Some(year_report(memory, self.as_of, self.last)));
        let report = said(answer.transpose())?;
        ensure!(report.is_some_and(|report| report.units.iter().all(|unit| unit.missing.is_empty())));
        Ok(took)
    }

    fn explain(&self, books: &mut Sqlite, memory: &Memory) -> anyhow::Result<f64> {
        let mut answer = None;
        let took = millis(|| answer = Some(explain(books, memory, EXPLAINED, self.as_of)));
        let explained = said(answer.transpose())?.transpose()?;
        ensure!(explained.is_some_and(|explained| !explained.units.is_empty()), "nothing was explained");
        Ok(took)
    }

    fn command(&self) -> anyhow::Result<f64> {
        let as_of = self.as_of.to_string();
        let mut command = program("gom-server");
        command.arg("progress").arg("--data").arg(self.folder.path()).args(["--as-of", &as_of]);
        command.stdout(Stdio::null());
        let mut status = None;
        let took = millis(|| status = Some(command.status()));
        ensure!(status.transpose()?.is_some_and(|status| status.success()), "the command failed");
        Ok(took)
    }

    /// The books as they stood when nine tenths were in, beside the books as they stand.
    fn as_of_earlier(&self, quick: bool) -> anyhow::Result<Row> {
        let asked = |at: Option<u64>| {
            let mut answer = None;
            let took = millis(|| answer = Some(self.recalled(at)));
            ensure!(answer.is_some_and(|answer| answer.is_ok()), "nothing was recalled");
            Ok(took)
        };
        let earlier = self.last * 9 / 10;
        let [earlier, now] = in_turns(
            quick,
            "ms",
            [
                Contestant::new("as of an earlier commit", || asked(Some(earlier))),
                Contestant::new("as the books stand", || asked(None)),
            ],
        )?;
        let what = format!("progress as of an earlier commit, as the books stand, {}", self.name);
        let row = Row::new(Goal::P4, what, earlier.median(), "ms (p50)");
        let row = row.beside(now.median(), earlier.over(&now));
        Ok(row.wanted("≤ 1,000", earlier.median() <= 1_000.0))
    }

    /// The books recalled as they stand, beside others with more versions of each report.
    fn beside_revised(&self, revised: &Self, quick: bool) -> anyhow::Result<Row> {
        let recall = |asked: &Self| {
            let mut answer = None;
            let took = millis(|| answer = Some(asked.folder.recall(None)));
            ensure!(answer.is_some_and(|answer| answer.is_ok()), "nothing was recalled");
            Ok(took)
        };
        let [once, revised] = in_turns(
            quick,
            "ms",
            [
                Contestant::new("recalled, one version of each report", || recall(self)),
                Contestant::new("recalled, more versions of each report", || recall(revised)),
            ],
        )?;
        let what = format!("recalling {VERSIONS} versions of each report, one version, {}", self.name);
        let row = Row::new(Goal::P4, what, revised.median(), "ms (p50)");
        Ok(row.beside(once.median(), revised.over(&once)))
    }

    fn recalled(&self, at: Option<u64>) -> Result<gom_server::progress::YearReport, Trouble> {
        let (_, memory) = self.folder.recall(at)?;
        year_report(&memory, self.as_of, at.unwrap_or(self.last))
    }
}

/// A trouble in English.
fn said<T>(answer: Result<T, Trouble>) -> anyhow::Result<T> {
    answer.map_err(|trouble| anyhow!(trouble.message().en))
}
