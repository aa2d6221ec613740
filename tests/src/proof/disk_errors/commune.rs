//! The commune's program on a failing disk: enrol, fill in, hand in, sync, correct, hand in, sync.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gom_domain::Period;
use gom_domain::totals::amount;
use gom_server::memory::Memory;
use gom_server::totals::{Over, totals};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{Position, Session, is_orderly, number_after};
use crate::disk::{self, FailingDisk, Fault};
use crate::program::has;
use crate::{District, Program, Said};

/// Whose computers fail, each try another's.
const UNITS: [&str; 5] = ["31393", "31396", "31399", "31402", "31423"];

/// A district whose disk is healthy, for communes whose disks are not.
pub(super) struct Office {
    runtime: Runtime,
    district: District,
    /// How many computers there were.
    made: u32,
    /// What each unit has reported for a month in the end.
    reported: BTreeMap<(&'static str, u64), u32>,
}

/// A commune's computer.
struct Computer {
    _homes: [TempDir; 2],
    folder: PathBuf,
    disk: FailingDisk,
    /// Whether what failed may be there all the same: a disk that goes on failing lets nobody take it back.
    may_return: Cell<bool>,
    url: String,
    code: String,
    period: String,
    figure: u32,
}

/// What there is in a folder.
#[derive(Debug, Default)]
struct Folder {
    device: Option<[u8; 16]>,
    /// The figure of the draft, if there is one.
    draft: Option<u32>,
    /// The operations' numbers and fingerprints as programs show them.
    operations: Vec<(u32, String)>,
    queued: u32,
    receipts: u32,
}

impl Session for Office {
    fn calls(&mut self, fault: Fault) -> u64 {
        let computer = self.computer(0);
        computer.disk.fails(0, 0, fault);
        self.session(&computer);
        computer.disk.calls()
    }

    fn stand(&mut self, number: u64, position: Position) {
        let computer = self.computer(number);
        computer.disk.fails(position.call, position.last(), position.fault);
        computer.may_return.set(position.lasts);
        self.session(&computer);
        computer.disk.heals();
        assert!(computer.disk.failed() > 0 || position.call > 50, "nothing failed");
        self.goes_on(&computer);
        let (unit, month) = whose(number);
        self.reported.insert((unit, month), computer.figure + 1);
        self.adds_up(month);
        if number.is_multiple_of(10) {
            self.district.verify();
        }
    }

    fn end(self) {
        self.district.verify();
        self.runtime.block_on(async { drop(self.district) });
    }
}

/// A try's unit and month.
fn whose(number: u64) -> (&'static str, u64) {
    let unit = UNITS[usize::try_from(number % 5).unwrap()];
    (unit, number / 5 % 9 + 1)
}

impl Office {
    pub(super) fn open() -> Self {
        let runtime = Runtime::new().unwrap();
        let district = runtime.block_on(District::open());
        Self { runtime, district, made: 0, reported: BTreeMap::new() }
    }

    fn computer(&mut self, number: u64) -> Computer {
        self.made += 1;
        let ((home, root), (beside, desk)) = (disk::place(), disk::place());
        let (unit, month) = whose(number);
        Computer {
            _homes: [home, beside],
            folder: root.join("commune"),
            disk: FailingDisk::below(&root, &desk),
            may_return: Cell::new(false),
            url: self.district.url(),
            code: self.runtime.block_on(self.district.code(unit)),
            period: format!("2024-{month:02}"),
            // No two report the same, for that would be no report.
            figure: 100 + self.made * 2,
        }
    }

    /// What an officer does who does not mind what the screen says. After each step, what it said is so.
    fn session(&self, computer: &Computer) {
        let Computer { url, code, period, figure, .. } = computer;
        let (first, second) = (format!("births={figure}"), format!("births={}", figure + 1));
        computer.enrols(&["enroll", "--server", url, code]);
        computer.sets(&["set", "society", period, &first], *figure);
        computer.submits(&["submit", "society", period]);
        self.syncs(computer);
        computer.sets(&["set", "society", period, &second], figure + 1);
        computer.submits(&["submit", "--all"]);
        self.syncs(computer);
    }

    /// What was said to be accepted is, and what was not said to be left is done.
    fn syncs(&self, computer: &Computer) {
        let before = computer.look().receipts;
        let said = computer.run(&["sync"]);
        let folder = computer.look();
        let accepted = number_after(&said.out, "Accepted: ");
        assert!(folder.receipts - before >= accepted, "{said:?}\n{folder:?}");
        let there = folder.device.map_or(0, |device| self.sequences(device).len());
        assert!(there >= folder.receipts as usize, "{said:?}\n{folder:?}: the district has {there}");
        if said.code == Some(0) {
            assert_eq!(folder.queued, 0, "{said:?}");
            assert_eq!(there, folder.operations.len(), "{said:?}");
        }
    }

    /// With a healthy disk the officer does again what was not done, and everything is settled.
    fn goes_on(&self, computer: &Computer) {
        let Computer { url, code, period, figure, .. } = computer;
        let gom = Program::gom(&computer.folder);
        if computer.look().device.is_none() {
            gom.en(&["enroll", "--server", url, code]).done();
        }
        gom.en(&["sync"]).done();
        gom.en(&["set", "society", period, &format!("births={}", figure + 1)]).done();
        gom.en(&["submit", "--all"]).done();
        gom.en(&["sync"]).done();
        let folder = computer.look();
        assert_eq!((folder.draft, folder.queued), (None, 0), "{folder:?}");
        assert!((1..=2).contains(&folder.operations.len()), "handed in more than once: {folder:?}");
        let sequences = self.sequences(folder.device.unwrap());
        assert_eq!(
            sequences,
            (1..=folder.operations.len() as u64).collect::<Vec<_>>(),
            "applied once, in order"
        );
        has(&gom.en(&["status", "--format", "json"]).done(), &[r#""conflicts":0"#, r#""rejected":0"#]);
    }

    /// The sequences of what the district has of a device.
    fn sequences(&self, device: [u8; 16]) -> Vec<u64> {
        let number = self.district.device(gom_domain::greeting::DeviceId(device));
        let rows = self.district.submissions().into_iter();
        rows.filter(|row| row.device == number).map(|row| row.sequence).collect()
    }

    /// The month's total is what the units have reported in the end, for this month and all before.
    fn adds_up(&self, month: u64) {
        let of_month = |((_, reported), figure): (&(_, u64), &u32)| (*reported == month).then_some(*figure);
        let expected: u32 = self.reported.iter().filter_map(of_month).sum();
        let found = births(&self.district.memory(), &format!("2024-{month:02}"));
        assert_eq!(found, Some(expected), "{:?}", self.reported);
    }
}

/// What all units together have reported for a month.
pub(super) fn births(memory: &Memory, period: &str) -> Option<u32> {
    let totals = totals(memory, period.parse::<Period>().unwrap(), false).unwrap();
    let element = totals.programme.element_named("births").unwrap();
    let total = totals.rows.iter().find(|total| total.element == element && total.over == Over::All)?;
    let scale = totals.programme.element(element);
    let amount = amount(scale, total.value?).rounded(scale.scale);
    Some(amount.replace('.', "").parse().unwrap())
}

impl Computer {
    fn run(&self, args: &[&str]) -> Said {
        let said = Program::gom(&self.folder).within(self.disk.environment()).en(args);
        is_orderly(&said);
        said
    }

    fn look(&self) -> Folder {
        let (_home, place) = disk::place();
        disk::copy(&self.folder, &place.join("copy"));
        Folder::look(&place.join("copy")).unwrap_or_default()
    }

    /// What would be there after a power cut.
    fn look_after_power_cut(&self) -> Folder {
        let (_home, place) = disk::place();
        self.disk.certain(&place.join("image"));
        Folder::look(&place.join("image/commune")).unwrap_or_default()
    }

    /// What was said to be enrolled is.
    fn enrols(&self, args: &[&str]) {
        let said = self.run(args);
        assert!(said.code != Some(0) || self.look().device.is_some(), "{said:?}");
    }

    /// What was said to be saved is, and outlasts a power cut; where it was not, the draft is what it was.
    fn sets(&self, args: &[&str], figure: u32) {
        let before = self.look().draft;
        let said = self.run(args);
        let drafts = [self.look().draft, self.look_after_power_cut().draft];
        let is_done = said.code == Some(0) || self.may_return.get();
        assert!(is_done || drafts[0] == before, "{said:?}\nthe draft has {drafts:?}");
        assert!(said.code != Some(0) || drafts == [Some(figure); 2], "{said:?}\nthe draft has {drafts:?}");
    }

    /// What was said to be queued is, under its number, and outlasts a power cut; nothing is left of its draft. Where
    /// nothing was, nothing is.
    fn submits(&self, args: &[&str]) {
        let before = self.look().operations;
        let said = self.run(args);
        let (folder, kept) = (self.look(), self.look_after_power_cut());
        let queued: Vec<&str> =
            said.out.lines().filter_map(|line| Some(line.split_once("queued, number ")?.1)).collect();
        for line in &queued {
            let (number, fingerprint) = line.split_once(", fingerprint ").unwrap();
            let operation = (number.parse().unwrap(), fingerprint.to_owned());
            assert!(folder.operations.contains(&operation), "{said:?}\n{folder:?}");
            assert!(kept.operations.contains(&operation), "{said:?}\nafter a power cut: {kept:?}");
        }
        assert!(said.code != Some(0) || folder.draft.is_none(), "{said:?}\n{folder:?}");
        let is_done = said.code == Some(0) || self.may_return.get();
        assert!(is_done || folder.operations == before, "{said:?}\n{folder:?}");
        assert!(said.code == Some(0) || queued.is_empty(), "queued and failed at once: {said:?}");
    }
}

impl Folder {
    /// Looks into a copy of a folder; an error where there is nothing to look at yet.
    fn look(path: &Path) -> rusqlite::Result<Self> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
        let database = Connection::open_with_flags(path.join("gom.db"), flags)?;
        let device = database.query_row("select max(device) from folder", [], |row| row.get(0))?;
        let draft = "select max(value) from draft_cell where element = 'births'";
        let draft = database.query_row(draft, [], |row| row.get(0))?;
        let mut statement =
            database.prepare("select sequence, hex(fingerprint) from operation order by id")?;
        let operations =
            statement.query_map([], |row| Ok((row.get(0)?, shown(&row.get::<_, String>(1)?))))?;
        let operations = operations.collect::<Result<_, _>>()?;
        let count =
            |table: &str| database.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0));
        Ok(Self { device, draft, operations, queued: count("outbox")?, receipts: count("receipt")? })
    }
}

/// A fingerprint as the program shows it: the first sixteen digits, by fours.
fn shown(fingerprint: &str) -> String {
    let digits = fingerprint[..16].to_lowercase();
    [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]].join(" ")
}
