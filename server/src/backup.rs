//! Backups: a copy of the books as of one commit, which counts only once it was opened and recounted.
//!
//! A copy bears its name only when it is whole, on the disk and verified; until then it is a `.partial`. The server goes
//! on meanwhile: it is copied from a snapshot, beside the writer.

pub mod noted;
pub mod schedule;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gom_domain::greeting::HistoryId;
use gom_durable::lock::{self, Held};
use gom_durable::name;

use crate::folder::{self, Folder};
use crate::memory::Memory;
use crate::store::{ChangeKind, CommitRow, Journal, Sqlite, StoreError, Stored};
use crate::verify::{Verified, verify};
use crate::wording::Trouble;

/// A verified copy of the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The file, by its whole path.
    pub file: PathBuf,
    /// The last commit in it.
    pub commit: CommitRow,
    /// The history that it goes by.
    pub history: HistoryId,
    /// How many submissions it holds.
    pub submissions: u64,
    /// How many other entries.
    pub changes: u64,
    /// Its size.
    pub bytes: u64,
}

/// What books come to that were recounted without a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The last commit.
    pub commit: CommitRow,
    /// The history that they go by.
    pub history: HistoryId,
    /// How many submissions they hold.
    pub submissions: u64,
    /// How many other entries.
    pub changes: u64,
}

/// Makes a backup. Where it fails there is no file of that name.
pub fn backup(folder: &Folder, file: &Path) -> Result<Backup, Vec<Trouble>> {
    let place = Place::new(file).map_err(|trouble| vec![trouble])?;
    let made = place.fill(folder);
    if made.is_err() {
        place.clear();
    }
    made
}

/// Recounts the books in a file and says everything that is wrong with them.
pub fn sound(file: &Path) -> Result<Sound, Vec<Trouble>> {
    let in_file = |error: StoreError| vec![trouble(file, &error)];
    let mut books = Sqlite::snapshot(file).map_err(in_file)?;
    let damage = books.integrity().map_err(in_file)?;
    if !damage.is_empty() {
        return Err(damage.into_iter().map(|what| Trouble::BadBackup(shown(file), what)).collect());
    }
    let Verified { submissions, changes, differences, .. } = verify(&mut books).map_err(in_file)?;
    if !differences.is_empty() {
        return Err(differences.into_iter().map(Trouble::Said).collect());
    }
    let history = history(&mut books).map_err(in_file)?;
    let commit = books.last_commit().map_err(in_file)?;
    let commit = commit.ok_or_else(|| vec![Trouble::BadBackup(shown(file), "empty".to_owned())])?;
    Ok(Sound { commit, history, submissions, changes })
}

/// The history that books go by after their last entry.
fn history(books: &mut Sqlite) -> Stored<HistoryId> {
    let mut memory = Memory::default();
    memory.history = books.founded()?.0;
    books.each_change(u64::MAX, &mut |row| match row.kind {
        ChangeKind::History => memory.learn_change(&row),
        _ => Ok(()),
    })?;
    Ok(memory.history)
}

/// A store's error about a file that is not the folder's own books.
pub fn trouble(file: &Path, error: &StoreError) -> Trouble {
    match error {
        StoreError::Absent => Trouble::file(file.display(), &io::ErrorKind::NotFound.into()),
        StoreError::Newer => Trouble::NewerBooks(shown(file)),
        StoreError::Foreign => Trouble::ForeignBooks(shown(file)),
        StoreError::Full(_) => Trouble::DiskFull,
        StoreError::Io(why) | StoreError::Sql(why) => Trouble::BadBackup(shown(file), why.to_string()),
        StoreError::Damaged(why) => Trouble::BadBackup(shown(file), printable(why)),
        StoreError::Older => Trouble::BadBackup(shown(file), error.to_string()),
    }
}

/// What SQLite has found, as far as it can be shown: a damaged file's names may be anything.
fn printable(why: &str) -> String {
    const LONGEST: usize = 200;
    let plain = |c: &char| !c.is_control() && *c != char::REPLACEMENT_CHARACTER;
    why.chars().filter(plain).take(LONGEST).collect()
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

/// Where a backup is to be, and the file beside it that it is until it is whole.
struct Place {
    file: PathBuf,
    partial: PathBuf,
    /// Nobody else fills the same place meanwhile. Kept open to the end: a file that SQLite has open must not be closed
    /// by anybody else in the process.
    held: Held,
}

impl Place {
    fn new(file: &Path) -> Result<Self, Trouble> {
        let cannot = |error: io::Error| Trouble::file(file.display(), &error);
        let Some(name) = file.file_name() else { return Err(cannot(io::ErrorKind::IsADirectory.into())) };
        let above = file.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let above = above.canonicalize().map_err(|error| Trouble::file(above.display(), &error))?;
        let (file, mut partial) = (above.join(name), name.to_owned());
        refuse_if_there(&file)?;
        partial.push(".partial");
        let partial = above.join(partial);
        let held = lock::hold(&partial).map_err(cannot)?.ok_or_else(|| Trouble::InUse(shown(&partial)))?;
        // A drive that knows no owners, as sticks mostly are, is no reason to make no backup.
        _ = folder::owner_only(&partial, 0o600);
        held.set_len(0).map_err(cannot)?;
        Ok(Self { file, partial, held })
    }

    fn fill(&self, folder: &Folder) -> Result<Backup, Vec<Trouble>> {
        let own = |error: StoreError| vec![folder.trouble(&error)];
        let mut books = folder.read().map_err(|trouble| vec![trouble])?;
        let commit = books.last_commit().map_err(own)?;
        books.copy_to(&self.partial).map_err(own)?;
        drop(books);
        let keep = self.held.sync_all().and_then(|()| fs::metadata(&self.partial));
        let bytes = keep.map_err(|error| self.cannot(&error))?.len();
        let sound = sound(&self.partial)?;
        if Some(sound.commit) != commit {
            return Err(vec![Trouble::BadBackup(shown(&self.partial), "another commit".to_owned())]);
        }
        refuse_if_there(&self.file).map_err(|trouble| vec![trouble])?;
        let kept = fs::rename(&self.partial, &self.file).and_then(|()| name::keep(&self.file));
        kept.map_err(|error| self.cannot(&error))?;
        let Sound { commit, history, submissions, changes } = sound;
        Ok(Backup { file: self.file.clone(), commit, history, submissions, changes, bytes })
    }

    fn cannot(&self, error: &io::Error) -> Vec<Trouble> {
        vec![Trouble::file(self.file.display(), error)]
    }

    fn clear(&self) {
        let mut names = vec![self.partial.clone()];
        for ending in ["-journal", "-wal", "-shm"] {
            let mut name = self.partial.clone().into_os_string();
            name.push(ending);
            names.push(name.into());
        }
        // What was never written need not be removed.
        names.iter().for_each(|name| _ = fs::remove_file(name));
    }
}

fn refuse_if_there(file: &Path) -> Result<(), Trouble> {
    match fs::symlink_metadata(file) {
        Ok(_) => Err(Trouble::file(file.display(), &io::ErrorKind::AlreadyExists.into())),
        Err(_) => Ok(()),
    }
}
