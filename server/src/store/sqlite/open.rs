//! Opening the books: whose file it is, of which version, and that a commit is durable.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gom_domain::greeting::HistoryId;
use gom_durable::marks::{self, Marked, Marks};
use gom_durable::{database, name};
use gom_proto::planted;
use gom_proto::seal::SealKey;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, ffi, named_params};
use rusqlite_migration::{M, Migrations};

use super::Sqlite;
use crate::store::{StoreError, Stored};

/// Marks the file as a district's books: `GOMd`.
pub const APPLICATION_ID: i32 = 0x474f_4d64;

/// Every step the books have ever taken, oldest first. Steps are added, never edited.
const STEPS: &[M<'_>] = &[
    M::up(include_str!("../../../migrations/0001_books.sql")),
    M::up(include_str!("../../../migrations/0002_seal.sql")),
    M::up(include_str!("../../../migrations/0003_whole.sql")),
    M::up(include_str!("../../../migrations/0004_authority.sql")),
    M::up(include_str!("../../../migrations/0005_who.sql")),
    M::up(include_str!("../../../migrations/0006_user.sql")),
    M::up(include_str!("../../../migrations/0007_rotation.sql")),
];
const MIGRATIONS: Migrations<'_> = Migrations::from_slice(STEPS);
const VERSION: i64 = 7;

/// What the journal's chain does not prove. How far a device has come is recounted, and when it was last heard of changes
/// no answer.
const MARKED: &[Marked] = &[
    Marked::alone("district"),
    Marked::alone("unit"),
    Marked::alone("form"),
    Marked::alone("code"),
    Marked::alone("authority"),
    Marked::alone("user"),
    Marked {
        columns: &["number", "id", "unit", "district", "name", "secret_hash", "revoked_ms"],
        ..Marked::alone("device")
    },
];

impl Sqlite {
    /// Founds new books under a history's name. A power cut leaves them whole or not at all, and founding can be begun
    /// again: they are written beside their place, and get their name once they are on the disk.
    pub fn found(file: &Path, history: HistoryId, key: SealKey, founded_ms: i64) -> Stored<Self> {
        database::make(file, |connection| {
            connection.pragma_update(None, "application_id", APPLICATION_ID)?;
            let marks = Marks::attach(connection)?;
            migrate(connection)?;
            let founded =
                named_params! { ":history": history.0, ":founded_ms": founded_ms, ":seal_key": key.0 };
            connection.execute(include_str!("found.sql"), founded)?;
            marks.write_down(connection)?;
            Ok::<_, StoreError>(())
        })?;
        Self::open(file)
    }

    /// Opens the books for writing.
    pub fn open(file: &Path) -> Stored<Self> {
        let (connection, marks) = writer(file)?;
        Ok(Self { connection, marks, file: file.to_owned() })
    }

    /// Opens the books for reading, as of one commit: what is committed later is not seen. Those of an older version have
    /// to be opened for writing first.
    pub fn snapshot(file: &Path) -> Stored<Self> {
        let connection = existing(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.execute_batch("begin")?;
        // The first look decides which commit is seen.
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        connection.query_row("select count(*) from district", [], |_| Ok(()))?;
        if version < VERSION {
            return Err(StoreError::Older);
        }
        Ok(Self { connection, marks: Marks::default(), file: file.to_owned() })
    }

    /// SQLite's own check of the whole file with its indexes, and whether all names, devices and codes are as they were
    /// written.
    pub fn integrity(&mut self) -> Stored<Vec<String>> {
        let mut statement = self.connection.prepare("pragma integrity_check")?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
        let mut lines: Vec<String> = lines.collect::<Result<_, _>>()?;
        lines.retain(|line| line != "ok");
        if lines.is_empty() {
            let broken = marks::broken(&self.connection, MARKED)?;
            lines.extend(broken.map(|part| format!("{part}: not as it was written")));
        }
        Ok(lines)
    }
}

pub(super) fn writer(file: &Path) -> Stored<(Connection, Marks)> {
    let mut connection = existing(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    refuse_reader(&connection)?;
    set_up(&connection, file)?;
    let marks = Marks::attach(&connection)?;
    migrate(&mut connection)?;
    Ok((connection, marks))
}

/// Where a file cannot be opened for writing, SQLite opens it for reading, and a handle stays what it is: it would refuse
/// everything even when the disk is well again.
fn refuse_reader(connection: &Connection) -> Stored<()> {
    if !connection.is_readonly(MAIN_DB)? {
        return Ok(());
    }
    let error = ffi::Error::new(ffi::SQLITE_READONLY);
    Err(StoreError::Io(rusqlite::Error::SqliteFailure(error, None)))
}

/// Opens a file that must be there and be books that this program can read.
fn existing(file: &Path, flags: OpenFlags) -> Stored<Connection> {
    if !file.exists() {
        return Err(StoreError::Absent);
    }
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    let number = |name: &str| -> Stored<i64> {
        // Books that were cut short are damaged, not foreign.
        connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|error| {
            match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase) => StoreError::Foreign,
                _ => error.into(),
            }
        })
    };
    if number("application_id")? != i64::from(APPLICATION_ID) {
        return Err(StoreError::Foreign);
    }
    if number("user_version")? > VERSION {
        return Err(StoreError::Newer);
    }
    Ok(connection)
}

fn set_up(connection: &Connection, file: &Path) -> Stored<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.set_prepared_statement_cache_capacity(64);
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    if mode != "wal" || synchronous != 2 {
        return Err(StoreError::Damaged(format!("journal {mode}, synchronous {synchronous}: not durable")));
    }
    if planted::is("district-synchronous-normal") {
        connection.pragma_update(None, "synchronous", "normal")?;
    }
    keep_log(connection, file)
}

/// Makes sure that the log outlasts a power cut, as a new file does once its folder is synced. One that holds nothing yet
/// may be new, whoever made it; with anything in it, somebody has been here before. What he wrote last may not be on the
/// disk, if its sync failed or never came, but it is read as if it were and will be answered for: so it is synced now, and
/// copied into the file, for a disk that has failed once may take what it is told again for what it has.
fn keep_log(connection: &Connection, file: &Path) -> Stored<()> {
    // The first look opens the log.
    let _: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let log = name::beside(file, "-wal");
    match fs::metadata(&log) {
        Ok(found) if found.len() > 0 => {
            let synced = fs::File::options().write(true).open(log).and_then(|log| log.sync_all());
            synced.map_err(gom_durable::Error::from)?;
            // Readers that stand in its way are no reason to wait.
            Ok(connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))?)
        }
        _ => Ok(name::keep(file).map_err(gom_durable::Error::from)?),
    }
}

/// Takes the steps that are missing. What was marked is found whole before, and all is marked again after.
fn migrate(connection: &mut Connection) -> Stored<()> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let triggers =
        number("select count(*) from sqlite_schema where type = 'trigger' and name like 'mark_%'")?;
    if number("pragma user_version")? == VERSION && triggers > 0 {
        return Ok(());
    }
    if let Some(damage) = database::damage(connection)? {
        return Err(StoreError::Damaged(damage));
    }
    // With none it is a database whose last step was cut off.
    let is_marked = number("select count(*) from sqlite_schema where name = 'whole'")? > 0
        && number("select count(*) from whole")? > 0;
    if is_marked && let Some(part) = marks::broken(connection, MARKED)? {
        return Err(StoreError::Damaged(part));
    }
    MIGRATIONS.to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
        other => StoreError::Damaged(other.to_string()),
    })?;
    Ok(marks::renew(connection, MARKED)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Journal;

    fn founded(folder: &Path) -> Sqlite {
        Sqlite::found(&folder.join("books.db"), HistoryId([1; 16]), SealKey([2; 32]), 0).unwrap()
    }

    #[test]
    fn books_are_durable_and_bear_their_name() {
        let folder = tempfile::tempdir().unwrap();
        drop(founded(folder.path()));
        let mut books = Sqlite::open(&folder.path().join("books.db")).unwrap();
        assert_eq!(books.founded().unwrap(), (HistoryId([1; 16]), SealKey([2; 32])));
        assert!(books.integrity().unwrap().is_empty());
    }

    #[test]
    fn a_founding_that_was_cut_off_is_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        for left in ["books.new", "books.new-journal"] {
            fs::write(folder.path().join(left), "half of it").unwrap();
        }
        drop(founded(folder.path()));
        assert!(Sqlite::open(&folder.path().join("books.db")).unwrap().integrity().unwrap().is_empty());
        assert!(!folder.path().join("books.new").exists());
    }

    #[test]
    fn books_that_can_only_be_read_are_not_opened_for_writing() {
        let folder = tempfile::tempdir().unwrap();
        drop(founded(folder.path()));
        let file = folder.path().join("books.db");
        let reader = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        assert!(matches!(refuse_reader(&reader), Err(StoreError::Io(_))));
        refuse_reader(&writer(&file).unwrap().0).unwrap();
    }

    #[test]
    fn books_of_a_newer_version_and_foreign_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("books.db");
        let books = founded(folder.path());
        books.connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
        drop(books);
        assert!(matches!(Sqlite::open(&file), Err(StoreError::Newer)));
        let other = folder.path().join("other.db");
        fs::write(&other, "not a database, but long enough to have a header of some hundred bytes".repeat(9))
            .unwrap();
        assert!(matches!(Sqlite::open(&other), Err(StoreError::Foreign)));
        assert!(matches!(Sqlite::open(&folder.path().join("none.db")), Err(StoreError::Absent)));
    }

    #[test]
    fn sqlite_is_new_enough_not_to_damage_a_wal() {
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }

    #[test]
    fn the_steps_of_the_books_are_sound() {
        assert!(MIGRATIONS.validate().is_ok());
    }
}
