//! The district: a server process over its folder, copies of its books, and what whoever watches knows to be in them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gom_domain::greeting::fingerprint;
use gom_proto::pass::hex;
use gom_server::folder::Folder;
use gom_server::store::{Journal as _, SubmissionRow};

use super::journal::{Journal, Print};
use super::run::{command, put_copy};
use crate::{Program, Said, Serving, repository};

/// The file that the books are in.
const FILE: &str = "books.db";

/// The district.
pub(super) struct Books {
    pub(super) path: PathBuf,
    serving: Option<Serving>,
    /// What is in the books as far as whoever watches knows: it was told so, or has looked.
    pub(super) has: BTreeSet<Print>,
    /// Copies, with what is in them.
    pub(super) backups: Vec<(PathBuf, BTreeSet<Print>)>,
}

impl Books {
    pub(super) fn found(home: &Path) -> Self {
        let path = home.join("district");
        let programme = repository("programmes/phung-hiep-2024");
        Program::gom_server(&path).en(&["init", "--programme", programme.to_str().unwrap()]).done();
        let serving = Some(Serving::start(&path));
        Self { path, serving, has: BTreeSet::new(), backups: Vec::new() }
    }

    pub(super) fn address(&self) -> SocketAddr {
        let serving = self.serving.as_ref().expect("the district serves");
        serving.url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// The district officer's program.
    pub(super) fn office(&self, args: &[&str]) -> Said {
        Program::gom_server(&self.path).en(args)
    }

    /// A new enrolment code, unless the disk is full.
    pub(super) fn code(&self, unit: &str) -> Option<String> {
        let said = self.office(&["enroll", unit]);
        (said.code == Some(0)).then(|| said.out.trim().to_owned())
    }

    /// Kills the server, if it runs.
    pub(super) fn kill(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.kill();
        }
    }

    /// Serves again, on a full disk if one is told how full; one that cannot serve at all is given room.
    pub(super) fn serve(&mut self, blocks: Option<u64>) {
        let gom_server = Program::gom_server(&self.path);
        let args = ["serve", "--listen", "127.0.0.1:0"];
        let serve = |blocks| Serving::of(&mut command(&gom_server, &self.path, &args, blocks));
        let serving = blocks.and_then(|blocks| serve(Some(blocks)).ok());
        self.serving = Some(serving.unwrap_or_else(|| serve(None).expect("the server should be ready")));
    }

    /// How full the disk is on which the log has no more room than so many blocks.
    pub(super) fn full_after(&self, blocks: u64) -> u64 {
        super::pc::length(&self.path.join("books.db-wal")) / 512 + blocks
    }

    /// Everything that was ever handed in.
    pub(super) fn rows(&self) -> Vec<SubmissionRow> {
        rows(&self.path)
    }

    /// Looks into the books: what was in them has to be there still.
    pub(super) fn look(&mut self, journal: &mut Journal) {
        let there = prints(&self.path);
        for print in self.has.difference(&there) {
            journal.lose(print, "was ruled on, and the books do not have it");
        }
        self.has = there;
    }

    /// Copies the books by hand while nobody serves them.
    pub(super) fn copy(&mut self, journal: &mut Journal) {
        self.look(journal);
        let backup = self.new_backup();
        put_copy(&self.path, &backup);
        self.backups.push((backup, self.has.clone()));
    }

    /// Has the books backed up while they are served.
    pub(super) fn back_up(&mut self) {
        let backup = self.new_backup();
        std::fs::create_dir_all(&backup).unwrap();
        self.office(&["backup", backup.join(FILE).to_str().unwrap()]).done();
        let has = prints(&backup);
        self.backups.push((backup, has));
    }

    fn new_backup(&self) -> PathBuf {
        let backup = self.path.with_file_name(format!("backup-{}", self.backups.len()));
        _ = std::fs::remove_dir_all(&backup);
        backup
    }

    /// Puts a copy in the books' place while nobody serves them, by the program or by hand.
    pub(super) fn restore(&mut self, number: usize, by_hand: bool, journal: &mut Journal) {
        self.look(journal);
        let (backup, has) = &self.backups[number];
        if by_hand {
            put_copy(backup, &self.path);
        } else {
            self.office(&["restore", "--replace", backup.join(FILE).to_str().unwrap()]).done();
        }
        self.has.clone_from(has);
        // What was copied later is of a life that has ended.
        self.backups.truncate(number + 1);
    }
}

/// Everything that was ever handed in to the books in a folder.
fn rows(folder: &Path) -> Vec<SubmissionRow> {
    let mut rows = Vec::new();
    let keep = &mut |row| {
        rows.push(row);
        Ok(())
    };
    Folder::new(folder).read().unwrap().each_submission(u64::MAX, keep).unwrap();
    rows
}

fn prints(folder: &Path) -> BTreeSet<Print> {
    rows(folder).iter().map(|row| print(&row.body)).collect()
}

/// The print of a body.
pub(super) fn print(body: &[u8]) -> Print {
    hex(&fingerprint(body)[..8])
}

/// How often each body counts: rows that are no repeats.
pub(super) fn counted(rows: &[SubmissionRow]) -> BTreeMap<Print, usize> {
    let mut counted = BTreeMap::new();
    for row in rows.iter().filter(|row| row.repeats.is_none()) {
        *counted.entry(print(&row.body)).or_default() += 1;
    }
    counted
}
