//! `cargo run -p tests --bin planted [-- [NAME…] [--share N] [--seed S] [--format json]]`: plants each fault by itself and
//! says which test finds it. Exits with 1 where a fault is found by none, or a test fails without any.
//!
//! The tests are those of every build that is no release; the faults are chosen when they run.

#![allow(clippy::print_stdout, reason = "its result is what it prints")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::Value;
use tests::planted::{FAULTS, Fault, Suite, Test};

/// Plants faults, and sees which test finds each.
#[derive(Debug, Parser)]
struct Words {
    /// The faults to be planted; all of them unless some are named.
    #[arg(value_parser = known)]
    names: Vec<String>,
    /// Plants only one in so many of them; which ones, the seed says.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    share: u64,
    /// Where the ones that are planted begin.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// `text` or `json`: an object a fault.
    #[arg(long, default_value = "text")]
    format: String,
}

fn known(name: &str) -> Result<String, String> {
    let names: Vec<&str> = FAULTS.iter().map(|fault| fault.name).collect();
    let known = names.contains(&name);
    known.then(|| name.to_owned()).ok_or_else(|| format!("the faults are {}", names.join(", ")))
}

/// How long a test may go on that a fault keeps from ending.
const PATIENCE: Duration = Duration::from_mins(3);

fn main() -> ExitCode {
    let words = Words::parse();
    let Some(suites) = built() else { return ExitCode::FAILURE };
    let is_meant =
        |fault: &Fault| words.names.is_empty() || words.names.iter().any(|name| name == fault.name);
    let has_its_turn = |nth: u64| nth % words.share == words.seed % words.share;
    let turns = (0..).map(has_its_turn).zip(FAULTS);
    let chosen: Vec<&Fault> =
        turns.filter(|(turn, fault)| *turn && is_meant(fault)).map(|(_, fault)| fault).collect();
    if !sound(&suites, &chosen) {
        return ExitCode::FAILURE;
    }
    let found = at_once(&chosen, |fault| is_found(&suites, fault, &words.format));
    if found.into_iter().all(|found| found) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many tests run at once: half of them wait for somebody else.
const AT_ONCE: usize = 4;

/// What comes of each, in their order.
fn at_once<T: Sync, R: Send>(all: &[T], what: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let each = all.len().div_ceil(AT_ONCE).max(1);
    std::thread::scope(|scope| {
        let what = &what;
        let workers =
            all.chunks(each).map(|some| scope.spawn(move || some.iter().map(what).collect::<Vec<_>>()));
        let workers: Vec<_> = workers.collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("nothing panics")).collect()
    })
}

/// Builds the tests, unless they are there.
fn built() -> Option<BTreeMap<Suite, PathBuf>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--workspace", "--no-run", "--locked", "--message-format", "json"]);
    let output = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output().ok()?;
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let suite = |artifact: Value| {
        let executable = PathBuf::from(artifact["executable"].as_str()?);
        let target = (artifact["target"]["name"].as_str()?, artifact["target"]["kind"][0].as_str()?);
        let is_test = artifact["profile"]["test"] == true;
        Some((Suite::of(target)?, executable)).filter(|_| is_test)
    };
    output.status.success().then(|| artifacts.filter_map(suite).collect())
}

/// Whether every test that is to find a fault passes where there is none.
fn sound(suites: &BTreeMap<Suite, PathBuf>, faults: &[&Fault]) -> bool {
    let tests: BTreeSet<&Test> = faults.iter().flat_map(|fault| fault.found_by).collect();
    let tests: Vec<&Test> = tests.into_iter().collect();
    let since = Instant::now();
    let passed = at_once(&tests, |test| passes(suites, test, ""));
    println!("{} tests without a fault, {} s", tests.len(), since.elapsed().as_secs());
    for (Test(suite, name), _) in tests.iter().zip(&passed).filter(|(_, passed)| !**passed) {
        println!("{suite:?} {name} does not pass, or is not there");
    }
    passed.into_iter().all(|passed| passed)
}

/// Plants a fault and says which test finds it.
fn is_found(suites: &BTreeMap<Suite, PathBuf>, fault: &Fault, format: &str) -> bool {
    let since = Instant::now();
    let found = fault.found_by.iter().find(|test| !passes(suites, test, fault.name));
    let seconds = since.elapsed().as_secs();
    let by = found.map(|Test(suite, name)| format!("{suite:?} {name}"));
    if format == "json" {
        println!("{}", serde_json::json!({ "fault": fault.name, "found_by": by, "seconds": seconds }));
    } else {
        let by = by.as_ref().map_or_else(|| "FOUND BY NOTHING".to_owned(), |by| format!("found by {by}"));
        println!("{:<30} {by}, {seconds} s", fault.name);
    }
    found.is_some()
}

/// Whether a test passes with a fault planted. One that does not end has not passed.
fn passes(suites: &BTreeMap<Suite, PathBuf>, Test(suite, name): &Test, fault: &str) -> bool {
    let Some(executable) = suites.get(suite) else { return false };
    let mut command = Command::new(executable);
    command.args(["--exact", name]).env("GOM_PLANTED", fault).current_dir(suite.folder());
    command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::piped());
    let Ok(mut child) = command.spawn() else { return false };
    let since = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if since.elapsed() > PATIENCE {
            _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let Ok(output) = child.wait_with_output() else { return false };
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed")
}
