//! An officer at a PC whose programs are killed at any moment, and what the officer was told before they were.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::Fire;
use crate::proof::chance::Chance;
use crate::{PATIENCE, Program, Said};

/// The periods that are filled in.
pub(super) const PERIODS: [&str; 4] = ["2024-02", "2024-04", "2024-06", "2024-09"];

/// What a command takes before it was measured, in microseconds.
const USUAL_US: u64 = 20_000;

/// What may keep an exchange from being finished while the server is killed.
const EXCUSES: [&str; 4] =
    ["the line was cut", "there is no server", "the server hung up half-way", "at the district: "];

/// A PC of a unit that fills in one element of one form.
#[derive(Debug)]
pub(super) struct Pc {
    pub(super) unit: &'static str,
    pub(super) form: &'static str,
    pub(super) element: &'static str,
    pub(super) program: Program,
    pub(super) journal: Mutex<Journal>,
    code: String,
}

impl Pc {
    /// A PC with an empty folder and an enrolment code.
    pub(super) fn new(
        unit: &'static str,
        (form, element): (&'static str, &'static str),
        folder: &Path,
        code: String,
    ) -> Self {
        Self { unit, form, element, program: Program::gom(folder), journal: Mutex::default(), code }
    }
}

impl fmt::Display for Pc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the PC of {} for {}", self.unit, self.form)
    }
}

/// What was typed, and what the program said of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    /// Each figure is typed once, so that it tells which report it is.
    pub(super) typed: BTreeSet<(&'static str, u64)>,
    /// What was said to be queued, by its number.
    pub(super) queued: BTreeMap<u64, Queued>,
}

/// What the officer was told of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Queued {
    pub(super) period: &'static str,
    pub(super) figure: u64,
    /// The first digits, without blanks.
    pub(super) fingerprint: String,
}

pub(super) struct Officer<'a> {
    pc: &'a Pc,
    url: &'a str,
    fire: &'a Fire,
    chance: Chance,
    /// The last figure typed.
    figure: u64,
    /// What was said to be saved.
    drafts: BTreeMap<&'static str, u64>,
    /// How long each command takes, in microseconds.
    usual_us: BTreeMap<String, u64>,
}

/// What came of a command.
struct Ran {
    said: Said,
    killed: bool,
}

impl<'a> Officer<'a> {
    pub(super) fn new(pc: &'a Pc, url: &'a str, fire: &'a Fire, chance: Chance) -> Self {
        Self { pc, url, fire, chance, figure: 0, drafts: BTreeMap::new(), usual_us: BTreeMap::new() }
    }

    /// Works until it is over; if the officer is told what cannot be, it is over for everybody.
    pub(super) fn work(mut self) {
        let fire = self.fire;
        let told_wrong = super::Over(&fire.over);
        self.enrol();
        while !fire.is_over() {
            self.sit();
        }
        drop(told_wrong);
    }

    /// Enrols with the same code until it is done; where it was done and not said, a sync tells.
    fn enrol(&mut self) {
        let (pc, url) = (self.pc, self.url);
        let (since, mut tried) = (Instant::now(), false);
        loop {
            assert!(since.elapsed() < PATIENCE, "{pc} cannot be enrolled");
            let enrolled = self.run(&["enroll", "--server", url, &pc.code]);
            if succeeded(&enrolled) || tried && succeeded(&self.run(&["sync", "--server", url])) {
                return;
            }
            tried = true;
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Fills in and hands in a few times, at half of the sittings beside a program that watches the line.
    fn sit(&mut self) {
        let url = self.url;
        let watching = self.chance.one_in(2);
        let watch = watching.then(|| self.start(&["sync", "--watch", "--server", url]));
        for _ in 0..=self.chance.below(4) {
            for _ in 0..=self.chance.below(2) {
                self.fill_in();
            }
            self.submit();
            if watch.is_none() {
                self.sync();
            }
        }
        if let Some(watch) = watch {
            thread::sleep(Duration::from_millis(self.chance.below(1_500)));
            self.kill(watch);
        }
    }

    /// Types a figure until the program says that it is saved.
    fn fill_in(&mut self) {
        let period = PERIODS[usize::try_from(self.chance.below(PERIODS.len() as u64)).unwrap()];
        loop {
            self.figure += 1;
            self.pc.journal.lock().unwrap().typed.insert((period, self.figure));
            let entry = format!("{}={}", self.pc.element, self.figure);
            let ran = self.run(&["set", self.pc.form, period, &entry]);
            if !ran.killed {
                ran.said.done();
                self.drafts.insert(period, self.figure);
                return;
            }
        }
    }

    /// Queues all that is saved, and notes what the program says of it.
    fn submit(&mut self) {
        let ran = self.run(&["submit", "--all"]);
        let mut journal = self.pc.journal.lock().unwrap();
        for (period, number, fingerprint) in ran.said.out.split_inclusive('\n').filter_map(queued) {
            let queued = Queued { period, figure: self.drafts[period], fingerprint };
            let before = journal.queued.insert(number, queued);
            assert!(before.is_none(), "number {number} was given before: {before:?}");
        }
        if !ran.killed {
            ran.said.done();
        }
    }

    fn sync(&mut self) {
        let ran = self.run(&["sync", "--server", self.url]);
        if !ran.killed && ran.said.code != Some(0) {
            let said = ran.said.failed();
            assert!(EXCUSES.iter().any(|excuse| said.contains(excuse)), "{said}");
        }
    }

    /// Runs a command; one of three is killed before it would have ended.
    fn run(&mut self, args: &[&str]) -> Ran {
        let since = Instant::now();
        let child = self.start(args);
        if self.chance.one_in(3) {
            let usual_us = self.usual_us.get(args[0]).copied().unwrap_or(USUAL_US);
            thread::sleep(Duration::from_micros(self.chance.below(usual_us)));
            return self.kill(child);
        }
        let said = Said::from(child.wait_with_output().unwrap());
        assert!(!said.err.contains("panicked"), "{args:?}: {}", said.err);
        self.usual_us.insert(args[0].to_owned(), u64::try_from(since.elapsed().as_micros()).unwrap());
        Ran { said, killed: false }
    }

    fn start(&self, args: &[&str]) -> Child {
        let mut command = self.pc.program.command("en", args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Kills a program, unless it has ended. What it had said by then was said.
    fn kill(&self, mut child: Child) -> Ran {
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let killed = output.status.signal().is_some();
        if killed {
            self.fire.kills.fetch_add(1, Ordering::SeqCst);
        }
        Ran { said: Said::from(output), killed }
    }
}

fn succeeded(ran: &Ran) -> bool {
    !ran.killed && ran.said.code == Some(0)
}

/// Reads `society 2024-05: queued, number 1, fingerprint 636d d495 4eaf e9e4` to its end.
fn queued(line: &str) -> Option<(&'static str, u64, String)> {
    let (place, said) = line.strip_suffix('\n')?.split_once(": queued, number ")?;
    let (number, fingerprint) = said.split_once(", fingerprint ")?;
    let period = PERIODS.into_iter().find(|period| place.ends_with(period))?;
    Some((period, number.parse().unwrap(), fingerprint.replace(' ', "")))
}
