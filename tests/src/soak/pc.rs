//! A commune's computer: its folder, its line, what its officer does at it, and what whoever watches knows to be in it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use gom_proto::pass::hex;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::journal::{Filed, Journal, Print};
use super::run::{Ended, Fate, command, ends_within, put_copy, run};
use crate::{Line, Program, Said};

/// The form and the figure in it that officers fill in.
const FORM: &str = "society";
const ELEMENT: &str = "births";

/// The file that a folder is.
const FILE: &str = "gom.db";

/// What is in a folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Holds {
    /// What was sealed there. Nothing of it may ever be missing.
    sealed: BTreeSet<Print>,
    /// What others have handed in for the unit, which can be given back.
    filed: BTreeSet<Print>,
}

/// A receipt as an officer's program shows it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) print: Print,
    pub(super) commit: u64,
    /// The revision as which it stands or stood; none where it was refused.
    pub(super) revision: Option<u64>,
    pub(super) period: String,
}

/// A commune's computer.
pub(super) struct Pc {
    pub(super) unit: &'static str,
    pub(super) folder: PathBuf,
    pub(super) line: Line,
    /// A sync that goes on beside everything else.
    beside: Option<Child>,
    holds: Holds,
    /// A copy of the folder, with what is in it.
    copy: Option<Holds>,
    /// Whether the answers on its stick are from before the books went back last; none: there are none.
    pub(super) answers: Option<bool>,
}

impl Pc {
    pub(super) fn new(unit: &'static str, folder: PathBuf, district: SocketAddr) -> Self {
        let line = tokio::runtime::Handle::current().block_on(Line::to(district));
        Self { unit, folder, line, beside: None, holds: Holds::default(), copy: None, answers: None }
    }

    pub(super) fn run(&self, args: &[&str], fate: Fate) -> Ended {
        run(&Program::gom(&self.folder), &self.folder, args, fate)
    }

    fn office(&self, args: &[&str]) -> Said {
        Program::gom(&self.folder).en(args)
    }

    pub(super) fn enrol(&self, code: &str) -> Said {
        self.office(&["enroll", "--server", &self.line.url, code])
    }

    /// Fills in a form and hands it in; the power may go, or the disk be full, at the second step. Returns whether it was
    /// killed.
    pub(super) fn report(&mut self, period: &str, journal: &mut Journal, fate: Fate) -> bool {
        let value = journal.type_in(self.unit, period);
        let set = self.run(&["set", FORM, period, &format!("{ELEMENT}={value}")], Fate::default());
        if set.said.code != Some(0) {
            return false;
        }
        self.submit(period, Some(value), journal, fate)
    }

    /// Hands in the draft of a period, and notes what it was told.
    pub(super) fn submit(
        &mut self,
        period: &str,
        value: Option<u64>,
        journal: &mut Journal,
        fate: Fate,
    ) -> bool {
        let ended = self.run(&["submit", FORM, period, "--note", "x"], fate);
        let queued = ended.said.out.lines().find_map(|line| line.split_once(", fingerprint "));
        if let Some((_, shown)) = queued
            && let print = shown.replace(' ', "")
            && print.len() == 16
        {
            self.holds.sealed.insert(print.clone());
            journal.acknowledge(print, Filed { unit: self.unit, period: period.to_owned(), value });
        }
        self.look(journal);
        ended.killed
    }

    /// Takes the own figures of a conflict up again, or accepts what stands.
    pub(super) fn resolve(&mut self, mine: bool, journal: &mut Journal) {
        for item in self.status()["needs_attention"].as_array().cloned().unwrap_or_default() {
            let period = item["period"].as_str().unwrap();
            let conflict = item["verdict"] == "conflict";
            let keep = if mine { "mine" } else { "theirs" };
            let resolved =
                !conflict || self.office(&["resolve", FORM, period, "--keep", keep]).code == Some(0);
            if resolved && (mine || !conflict) {
                self.submit(period, None, journal, Fate::default());
            }
        }
    }

    /// How the folder stands, as programs read it.
    pub(super) fn status(&self) -> Value {
        serde_json::from_str(&self.office(&["status", "--format", "json"]).done()).unwrap()
    }

    pub(super) fn sync(&mut self, fate: Fate) -> Ended {
        self.run(&["sync", "--server", &self.line.url], fate)
    }

    /// Syncs beside everything else, once or for as long as it is let.
    pub(super) fn sync_beside(&mut self, watch: bool) {
        let mut args = vec!["sync", "--server", &self.line.url];
        args.extend(watch.then_some("--watch"));
        let mut command = command(&Program::gom(&self.folder), &self.folder, &args, None);
        self.beside = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }

    /// Whether a sync goes on.
    pub(super) fn is_busy(&mut self) -> bool {
        let busy = self.beside.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none());
        if !busy {
            self.beside = None;
        }
        busy
    }

    /// Kills the sync that goes on beside, if there is one, and tells whether there was.
    pub(super) fn kill(&mut self) -> bool {
        let Some(mut child) = self.beside.take() else { return false };
        let over = ends_within(&mut child, std::time::Duration::ZERO);
        _ = child.kill();
        child.wait().unwrap();
        !over
    }

    /// Looks into the folder: what was sealed in it has to be there still.
    pub(super) fn look(&mut self, journal: &mut Journal) {
        let there = Holds {
            sealed: self.prints("select fingerprint from operation"),
            filed: self.prints("select fingerprint from filed where seal is not null"),
        };
        for print in self.holds.sealed.difference(&there.sealed) {
            journal.lose(print, &format!("was queued, and {} does not have it", self.name()));
        }
        self.holds = there;
    }

    fn prints(&self, sql: &str) -> BTreeSet<Print> {
        let database = self.database();
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok(hex(&row.get::<_, Vec<u8>>(0)?[..8]))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn database(&self) -> Connection {
        let file = self.folder.join(FILE);
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        connection.busy_timeout(crate::PATIENCE).unwrap();
        connection.pragma_update(None, "query_only", true).unwrap();
        connection
    }

    /// Whether the district takes nothing of it, for another computer goes by its name.
    pub(super) fn is_quarantined(&self) -> bool {
        self.database().query_row("select quarantined from folder", [], |row| row.get(0)).unwrap()
    }

    /// Whether it has something that the district is to be given back.
    pub(super) fn refills(&self) -> bool {
        self.database().query_row("select refill from folder", [], |row| row.get(0)).unwrap()
    }

    /// The receipts that the officer sees.
    pub(super) fn receipts(&self) -> Vec<Shown> {
        let shown = |line: &str| {
            let receipt: Value = serde_json::from_str(line).unwrap();
            Shown {
                print: receipt["fingerprint"].as_str().unwrap()[..16].to_owned(),
                commit: receipt["number"].as_u64().unwrap(),
                revision: receipt["revision"].as_u64(),
                period: receipt["period"].as_str().unwrap().to_owned(),
            }
        };
        self.office(&["receipts", "--format", "json"]).done().lines().map(shown).collect()
    }

    pub(super) fn holds(&self, print: &Print) -> bool {
        self.holds.sealed.contains(print) || self.holds.filed.contains(print)
    }

    pub(super) fn name(&self) -> String {
        self.folder.file_name().unwrap().to_string_lossy().into_owned()
    }

    /// A file beside the folder.
    pub(super) fn beside(&self, what: &str) -> PathBuf {
        self.folder.with_file_name(format!("{}-{what}", self.name()))
    }

    /// Copies the folder while nobody uses it, by hand or as the program does.
    pub(super) fn copy(&mut self, by_hand: bool, journal: &mut Journal) {
        self.look(journal);
        let copy = self.beside("copy");
        if by_hand {
            put_copy(&self.folder, &copy);
        } else {
            _ = std::fs::remove_dir_all(&copy);
            std::fs::create_dir(&copy).unwrap();
            self.office(&["backup", copy.join(FILE).to_str().unwrap()]).done();
        }
        self.copy = Some(self.holds.clone());
    }

    /// Puts the copy in the folder's place while nobody uses it, if there is one.
    pub(super) fn restore(&mut self, by_hand: bool, journal: &mut Journal) -> bool {
        let Some(holds) = self.copy.clone() else { return false };
        self.look(journal);
        let copy = self.beside("copy");
        if by_hand {
            put_copy(&copy, &self.folder);
        } else {
            self.office(&["restore", "--replace", copy.join(FILE).to_str().unwrap()]).done();
        }
        self.holds = holds;
        true
    }

    /// A second computer with a copy of the folder.
    pub(super) fn cloned(&mut self, folder: PathBuf, district: SocketAddr, journal: &mut Journal) -> Self {
        self.look(journal);
        put_copy(&self.folder, &folder);
        let mut clone = Self::new(self.unit, folder, district);
        clone.holds = self.holds.clone();
        clone
    }

    /// How full the disk is on which the log has no more room than so many blocks.
    pub(super) fn full_after(&self, blocks: u64) -> u64 {
        length(&self.folder.join("gom.db-wal")) / 512 + blocks
    }
}

impl Drop for Pc {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How long a file is; 0 if there is none.
pub(super) fn length(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}
