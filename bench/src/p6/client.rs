//! The client on an officer's computer, over a folder with a year of history.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use gom::{Commune, Which};
use gom_terminal::tell;
use tokio::runtime::Runtime;

use crate::commune::{self, Queue};
use crate::district::{District, done, program};
use crate::fsync::Fsync;
use crate::goal::Goal;
use crate::pairs::{Contestant, Rounds, in_turns, median};
use crate::place;
use crate::programme;
use crate::report::Row;
use crate::step::Step;

/// The name under which this program is the client and says at its end how much memory it had.
pub(crate) const PEAK: &str = "gom-peak";

const FORMS: u64 = 6;
/// Every form of every month.
const YEAR: Queue = Queue { reports: 12 * FORMS, forms: FORMS };
/// The form that is shown and handed in, one of its figures, and what reports are made of besides.
const FORM: [&str; 2] = ["f0", "2024-05"];
const ELEMENT: &str = "f0_e1";
/// How many starts make a round, and how many reports are handed in.
const STARTS: usize = 20;
const REPORTS: usize = 40;
const MOST_MS: f64 = 50.0;
const MOST_MB: f64 = 30.0;

/// The client, and then on stderr the most memory that its process had, in kB.
pub(crate) fn show_peak() -> ExitCode {
    let came_to = gom::cli::run(&gom::world::real());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    tell(status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default());
    came_to
}

/// Measures the client.
pub(super) fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let home = place::on_disk()?;
    let folder = home.path().join("commune");
    let district = Runtime::new()?.block_on(prepare(home.path(), &folder))?;
    let mut rows = starts(&folder, quick)?;
    rows.push(handing_in(home.path(), &folder, quick)?);
    rows.extend(fsyncs(home.path(), &folder)?);
    district.verify(YEAR.reports + commune::hand_in(&folder, &district)?)?;
    Ok(rows)
}

/// A commune that has handed in a year, and its district.
async fn prepare(home: &Path, folder: &Path) -> anyhow::Result<District> {
    let units = programme::units(15)?;
    let district = District::found(&home.join("district"), &programme::bundle(&units, FORMS)?)?;
    let server = district.serve()?;
    let unit = &units[0];
    drop(commune::enrol(folder, &district, &server, &unit.id).await?);
    let step = Step::begin("queueing a year", YEAR.reports);
    commune::queue(folder, 0, unit, YEAR, &step)?;
    step.done();
    let report = Commune::open(folder, gom_server::clock::real())?.sync().await?;
    ensure!(report.is_settled() && report.accepted == YEAR.reports, "the year is not in: {report:?}");
    server.stop()?;
    Ok(district)
}

/// From the program's start to a form on the screen, and the memory that it takes.
fn starts(folder: &Path, quick: bool) -> anyhow::Result<Vec<Row>> {
    let starts = if quick { 2 } else { STARTS };
    let [form, year] = in_turns(
        quick,
        "ms",
        [
            Contestant::new("a form", || start(folder, &FORM, starts)),
            Contestant::new("the year", || start(folder, &[], starts)),
        ],
    )?;
    let [form, year] = [form.median(), year.median()];
    let [form_mb, year_mb] = [peak(folder, &FORM)?, peak(folder, &[])?];
    let time = |what: &str, ms: f64| {
        let what = format!("the client's start to its end: {what}");
        Row::new(Goal::P6, what, ms, "ms (p50)").wanted(&format!("≤ {MOST_MS}"), ms <= MOST_MS)
    };
    let memory = |what: &str, mb: f64| {
        let what = format!("the client's memory: {what}");
        Row::new(Goal::P6, what, mb, "MB").wanted(&format!("≤ {MOST_MB}"), mb <= MOST_MB)
    };
    Ok(vec![
        time("a form", form),
        time("the year", year),
        memory("a form", form_mb),
        memory("the year", year_mb),
    ])
}

fn show(name: &str, folder: &Path, what: &[&str]) -> Command {
    let mut command = program(name);
    command.arg("show").arg("--data").arg(folder).args(what);
    command
}

/// The median of some starts, in milliseconds.
fn start(folder: &Path, what: &[&str], starts: usize) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..starts {
        let begun = Instant::now();
        let status = show("gom", folder, what).stdout(Stdio::null()).status()?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        ensure!(status.success(), "nothing was shown");
    }
    Ok(median(times))
}

/// The most memory that a start takes, in megabytes.
fn peak(folder: &Path, what: &[&str]) -> anyhow::Result<f64> {
    let output = show(PEAK, folder, what).output()?;
    ensure!(output.status.success(), "nothing was shown");
    let said = String::from_utf8(output.stderr)?;
    let kilobytes = said.lines().last().and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    Ok(kilobytes.context("no VmHWM")? * 1024.0 / 1e6)
}

/// Handing in one report after the other, each beside one fsync of the same disk.
fn handing_in(home: &Path, folder: &Path, quick: bool) -> anyhow::Result<Row> {
    let commune = Commune::open(folder, gom_server::clock::real())?;
    let mut fsync = Fsync::open(home)?;
    let (mut reports, mut fsyncs) = (Vec::new(), Vec::new());
    for report in 0..if quick { 3 } else { REPORTS } {
        draft(&commune, report)?;
        let begun = Instant::now();
        let submitted = commune.submit(&Which::One(FORM[0].to_owned(), FORM[1].to_owned()), None)?;
        reports.push(begun.elapsed().as_secs_f64() * 1e3);
        ensure!(submitted.sealed.len() == 1, "nothing was handed in: {submitted:?}");
        fsyncs.push(fsync.once()?.as_secs_f64() * 1e3);
    }
    let (reports, fsyncs) = (Rounds::from(reports), Rounds::from(fsyncs));
    let row = Row::new(
        Goal::P6,
        "a report sealed and queued in an open folder, one fsync".to_owned(),
        reports.median(),
        "ms (p50)",
    );
    Ok(row.beside(fsyncs.median(), reports.over(&fsyncs)))
}

/// Fills in a form anew, with another figure than before.
fn draft(commune: &Commune, report: usize) -> anyhow::Result<()> {
    let entered = commune.set(FORM[0], FORM[1], &[(ELEMENT, &(800 + report).to_string())])?;
    ensure!(entered.is_draft, "nothing was filled in");
    Ok(())
}

/// How often the program `gom submit` waits for the disk, as the system counts it.
fn fsyncs(home: &Path, folder: &Path) -> anyhow::Result<Option<Row>> {
    if Command::new("strace").arg("-V").output().is_err() {
        tell("  strace is not there: fsyncs are not counted");
        return Ok(None);
    }
    draft(&Commune::open(folder, gom_server::clock::real())?, 2 * REPORTS)?;
    let (named, calls) = (named_gom(home)?, home.join("calls"));
    let mut command = Command::new("strace");
    command.args(["-f", "-e", "trace=fsync,fdatasync", "-o"]).arg(&calls).arg(named);
    done(command.arg("submit").arg("--data").arg(folder).args(FORM))?;
    let count = std::fs::read_to_string(calls)?.matches("sync(").count();
    let row = Row::new(Goal::P6, "fsyncs of the program that hands in a report".to_owned(), count as f64, "");
    Ok(Some(row.wanted("1", count == 1)))
}

/// This program under the client's name, for whoever starts programs by their path alone.
fn named_gom(home: &Path) -> anyhow::Result<PathBuf> {
    let link = home.join("gom");
    std::os::unix::fs::symlink(std::env::current_exe()?, &link)?;
    Ok(link)
}
