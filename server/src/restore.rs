//! Restoring: a verified backup takes the place of the books and goes on under another history.
//!
//! Everything is made ready beside the books first, the new history in it; then one rename decides. Killed at any moment
//! there are the old books or the new ones. Books that were there are set aside, never deleted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gom_domain::calendar::vietnam_stamp;
use gom_domain::greeting::HistoryId;
use gom_domain::world::World;
use gom_durable::database::{self, ENDINGS};
use gom_durable::name::{self, beside};

use crate::backup::{self, Sound};
use crate::books::{Answer, Books, Job};
use crate::folder::{Folder, Lock};
use crate::history::NewHistory;
use crate::store::{Journal, Sqlite, StoreError};
use crate::wording::Trouble;

/// What restoring has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the backup held.
    pub backup: Sound,
    /// The entry that began the new history.
    pub commit: u64,
    /// The new history.
    pub history: HistoryId,
    /// Where the books that were there are now.
    pub aside: Option<PathBuf>,
}

/// Restores a backup into a folder. Books that are there are set aside only if that is asked for.
pub fn restore(folder: &Folder, file: &Path, replace: bool, world: &World) -> Result<Restored, Vec<Trouble>> {
    let one = |trouble: Trouble| vec![trouble];
    if file.is_dir() {
        return Err(one(Trouble::file(file.display(), &io::ErrorKind::IsADirectory.into())));
    }
    if !file.is_file() {
        return Err(one(backup::trouble(file, &StoreError::Absent)));
    }
    folder.create().map_err(|error| one(folder.file_trouble(&error)))?;
    let lock = folder.lock().map_err(one)?;
    if folder.books().exists() && !replace {
        return Err(one(Trouble::BooksInTheWay(folder.path().display().to_string())));
    }
    let ready = folder.path().join("restoring.db");
    database::remove(&ready);
    let restored = make_ready(file, &ready, world).and_then(|(backup, commit, history)| {
        let aside = put_in_place(folder, &ready, &lock, world).map_err(one)?;
        Ok(Restored { backup, commit, history, aside })
    });
    if restored.is_err() {
        database::remove(&ready);
    }
    restored
}

/// Copies the backup beside the books, verifies the copy and begins a new history in it.
fn make_ready(file: &Path, ready: &Path, world: &World) -> Result<(Sound, u64, HistoryId), Vec<Trouble>> {
    let cannot = |error: io::Error| vec![Trouble::file(ready.display(), &error)];
    database::copy_files(file, ready).map_err(cannot)?;
    let in_file = |error: StoreError| vec![named(backup::trouble(file, &error), file)];
    // A backup of an older program is brought forward here; the file itself is left as it is.
    drop(Sqlite::open(ready).map_err(in_file)?);
    let sound = backup::sound(ready)
        .map_err(|troubles| troubles.into_iter().map(|trouble| named(trouble, file)).collect::<Vec<_>>())?;
    let history = HistoryId(world.random());
    let new = NewHistory { instead_of: sound.history, history };
    let mut books = Books::open(Box::new(Sqlite::open(ready).map_err(in_file)?)).map_err(in_file)?;
    let answer = books.commit(vec![Job::NewHistory(new)], world.now_ms()).pop();
    drop(books);
    let commit = match answer {
        Some(Answer::Changed(commit)) if commit > sound.commit.last_seq => commit,
        Some(Answer::Failed(trouble)) => return Err(vec![trouble]),
        _ => return Err(vec![Trouble::Stopping]),
    };
    make_whole(ready).map_err(in_file)?;
    name::keep(ready).map_err(cannot)?;
    Ok((sound, commit, history))
}

/// A trouble with the copy is one of the file that it was copied from.
fn named(trouble: Trouble, file: &Path) -> Trouble {
    match trouble {
        Trouble::BadBackup(_, why) => Trouble::BadBackup(file.display().to_string(), why),
        other => other,
    }
}

/// Brings all that belongs to books into one file. Nobody else has them.
fn make_whole(file: &Path) -> Result<(), StoreError> {
    let mut books = Sqlite::open(file)?;
    let whole = books.make_whole()?;
    drop(books);
    let left = fs::metadata(beside(file, "-wal")).is_ok_and(|log| log.len() > 0);
    if whole && !left { Ok(()) } else { Err(StoreError::Damaged("the log could not be emptied".to_owned())) }
}

/// Sets aside what is there and lets the new books bear the name. Until the rename the old ones bear it.
fn put_in_place(folder: &Folder, ready: &Path, _: &Lock, world: &World) -> Result<Option<PathBuf>, Trouble> {
    let cannot = |error: io::Error| folder.file_trouble(&error);
    let aside = set_aside(folder, world)?;
    // A log of the old books must never be taken for one of the new; it is empty, or beside its books by now.
    for ending in ["-wal", "-shm"] {
        remove(&beside(&folder.books(), ending)).map_err(cannot)?;
    }
    name::keep(&folder.books()).map_err(cannot)?;
    fs::rename(ready, folder.books()).map_err(cannot)?;
    name::keep(&folder.books()).map_err(cannot)?;
    Ok(aside)
}

/// Gives the books that are there another name as well. Where they can be read, that is one whole file.
fn set_aside(folder: &Folder, world: &World) -> Result<Option<PathBuf>, Trouble> {
    let (books, cannot) = (folder.books(), |error: io::Error| folder.file_trouble(&error));
    let there = books.exists();
    if !there && !beside(&books, "-wal").exists() {
        return Ok(None);
    }
    let last = if there { whole_up_to(folder)? } else { None };
    let name = last.map_or_else(|| "unreadable".to_owned(), |last| last.to_string());
    let aside = free(folder.path(), &format!("books-{name}-{}", vietnam_stamp(world.now_ms())));
    if last.is_some() {
        fs::hard_link(&books, &aside).map_err(cannot)?;
        return Ok(Some(aside));
    }
    // Of books that cannot be read nobody knows what is in which file: all of them go together.
    for ending in ENDINGS {
        let from = beside(&books, ending);
        if from.exists() {
            fs::rename(from, beside(&aside, ending)).map_err(cannot)?;
        }
    }
    name::keep(&books).map_err(cannot)?;
    Ok(Some(aside))
}

/// A name that no books bear, though several were set aside within a second.
fn free(folder: &Path, stem: &str) -> PathBuf {
    let file = |name: &str| folder.join(format!("{name}.db"));
    let is_free = |name: &str| ENDINGS.iter().all(|ending| !beside(&file(name), ending).exists());
    file(&name::free(stem, is_free))
}

/// The last commit of the old books, once all of them is in one file; none if they cannot be read.
fn whole_up_to(folder: &Folder) -> Result<Option<u64>, Trouble> {
    let whole = Sqlite::open(&folder.books()).and_then(|mut books| {
        let last = books.last_commit()?.map_or(0, |last| last.last_seq);
        Ok((last, books.make_whole()?))
    });
    match whole {
        Ok((last, true)) => Ok(Some(last)),
        Ok((_, false)) => Err(Trouble::InUse(folder.path().display().to_string())),
        Err(StoreError::Full(_)) => Err(Trouble::DiskFull),
        Err(StoreError::Newer) => Err(folder.trouble(&StoreError::Newer)),
        Err(_) => Ok(None),
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_that_were_set_aside_within_a_second_all_keep_a_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["books-6-x.db", "books-6-x-2.db-wal"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(free(folder.path(), "books-6-x"), folder.path().join("books-6-x-3.db"));
        assert_eq!(free(folder.path(), "books-7-x"), folder.path().join("books-7-x.db"));
    }
}
