//! Opening the database: only one of our own, of a version that we know, and only as durable as promised.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};

use super::value::single;
use super::{Store, StoreError, Stored};

/// What marks the file as a commune's: `GOMc`.
pub(crate) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"GOMc");

/// The file's name in the data folder.
pub(crate) const FILE: &str = "gom.db";

/// How many statements are kept ready: more than there are, for reading one takes longer than most take to run.
const STATEMENTS: usize = 64;

/// How long a command waits for another one to finish writing.
const BUSY: Duration = Duration::from_secs(10);

/// **Invariant:** only ever appended to, and no migration deletes queued work.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/0001_folder.sql")),
    M::up(include_str!("../../migrations/0002_give_back.sql")),
];

impl Store {
    /// Opens the database of a folder, which must be there.
    pub(crate) fn open(folder: &Path) -> Stored<Self> {
        let file = folder.join(FILE);
        if !file.is_file() {
            return Err(StoreError::Absent);
        }
        Self::connect(&file)
    }

    /// Opens the database of a folder, or makes it.
    pub(crate) fn create(folder: &Path) -> Stored<Self> {
        let file = folder.join(FILE);
        owner_only(&file)
            .map_err(|error| StoreError::Io(rusqlite::Error::ToSqlConversionFailure(error.into())))?;
        Self::connect(&file)
    }

    fn connect(file: &Path) -> Stored<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // A command appends to the log and leaves it to the next one: moving it into the file at the end of each, and
        // beginning another, would cost three more waits for the disk. A file that is refused is left alone, too.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        refuse_others(&connection)?;
        make_durable(&connection)?;
        keep_log(&connection, file)?;
        migrate(&mut connection)?;
        Ok(Self { connection })
    }

    /// Whether the file's structure is whole; a damaged one is never handed in.
    pub(crate) fn check(&self) -> Stored<()> {
        let found: String = self.connection.query_row("pragma quick_check(1)", [], single)?;
        if found == "ok" { Ok(()) } else { Err(StoreError::Damaged(found)) }
    }
}

/// Makes the file for its owner alone; one that is there stays as it is.
fn owner_only(file: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.sync_all()
}

/// An empty file is ours to fill; any other must bear our mark and a version that we know.
fn refuse_others(connection: &Connection) -> Stored<()> {
    let application: i32 = connection.query_row("pragma application_id", [], single)?;
    let version: i32 = connection.query_row("pragma user_version", [], single)?;
    let tables: i64 = connection.query_row("select count(*) from sqlite_schema", [], single)?;
    match application {
        0 if version == 0 && tables == 0 => Ok(()),
        APPLICATION_ID if usize::try_from(version).is_ok_and(|version| version > MIGRATIONS.len()) => {
            Err(StoreError::Newer)
        }
        APPLICATION_ID => Ok(()),
        _ => Err(StoreError::Foreign),
    }
}

/// Sets what durability rests on, and reads it back: a setting that did not take is an error.
fn make_durable(connection: &Connection) -> Stored<()> {
    let journal: String = connection.query_row("pragma journal_mode = wal", [], single)?;
    connection.execute_batch("pragma synchronous = full; pragma foreign_keys = on")?;
    let synchronous: i64 = connection.query_row("pragma synchronous", [], single)?;
    let foreign_keys: bool = connection.query_row("pragma foreign_keys", [], single)?;
    match (journal.as_str(), synchronous, foreign_keys) {
        ("wal", 2, true) => Ok(()),
        ("wal", 2, false) => Err(StoreError::NotDurable("foreign_keys")),
        ("wal", ..) => Err(StoreError::NotDurable("synchronous")),
        _ => Err(StoreError::NotDurable("journal_mode")),
    }
}

/// Makes sure that the log outlasts a power cut, as a new file does once its folder is synced. One that holds nothing yet
/// may be new, whoever made it; with anything in it, somebody has been here before.
#[cfg(unix)]
fn keep_log(connection: &Connection, file: &Path) -> Stored<()> {
    // The first look opens the log.
    let _: i64 = connection.query_row("pragma user_version", [], single)?;
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let sync = || match std::fs::metadata(&log) {
        Ok(log) if log.len() > 0 => Ok(()),
        _ => std::fs::File::open(file.parent().unwrap_or(file))?.sync_all(),
    };
    sync().map_err(|error| StoreError::Io(rusqlite::Error::ToSqlConversionFailure(error.into())))
}

/// Elsewhere the system keeps new files by itself.
#[cfg(not(unix))]
fn keep_log(_connection: &Connection, _file: &Path) -> Stored<()> {
    Ok(())
}

fn migrate(connection: &mut Connection) -> Stored<()> {
    Migrations::from_slice(MIGRATIONS).to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
        other => StoreError::Damaged(other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn sqlite_is_new_enough() {
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }

    #[test]
    fn every_migration_is_sound() {
        Migrations::from_slice(MIGRATIONS).validate().unwrap();
    }

    #[test]
    fn a_fresh_database_bears_our_mark_and_version() {
        let folder = folder();
        let store = Store::create(folder.path()).unwrap();
        let pragma = |sql: &str| store.connection.query_row(sql, [], single::<i64>).unwrap();
        assert_eq!(pragma("pragma application_id"), i64::from(APPLICATION_ID));
        assert_eq!(pragma("pragma user_version"), i64::try_from(MIGRATIONS.len()).unwrap());
        assert_eq!(pragma("pragma synchronous"), 2);
        store.check().unwrap();
        drop(store);
        Store::open(folder.path()).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        Store::create(folder.path()).unwrap();
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let folder = folder();
        Store::create(folder.path()).unwrap().connection.execute_batch("pragma user_version = 99").unwrap();
        let before = std::fs::read(folder.path().join(FILE)).unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Newer)));
        assert_eq!(std::fs::read(folder.path().join(FILE)).unwrap(), before);
    }

    #[test]
    fn a_foreign_file_is_refused() {
        let folder = folder();
        let foreign = Connection::open(folder.path().join(FILE)).unwrap();
        foreign.execute_batch("create table other (x)").unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Foreign)));
        std::fs::write(folder.path().join(FILE), "no database at all, but long enough to be looked at")
            .unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Foreign | StoreError::Damaged(_))));
    }

    #[test]
    fn no_database_is_said_so() {
        assert!(matches!(Store::open(folder().path()), Err(StoreError::Absent)));
    }
}
