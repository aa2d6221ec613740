//! Opening the database: only one of our own, of a version that we know, and only as durable as promised.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gom_durable::marks::{self, Marks};
use gom_durable::{database, name};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};

use super::parts;
use super::value::single;
use super::{Store, StoreError, Stored};
use gom_proto::planted;

use crate::identity;

/// What marks the file as a commune's: `GOMc`.
pub(crate) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"GOMc");

/// The file's name in the data folder.
pub(crate) const FILE: &str = "gom.db";

/// The name of a database that is to take its place, until it does.
pub(crate) const NEXT: &str = "next.db";

/// How many statements are kept ready: more than there are, for reading one takes longer than most take to run.
const STATEMENTS: usize = 64;

/// How long a command waits for another one to finish writing.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// **Invariant:** only ever appended to, and no migration deletes queued work.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/0001_folder.sql")),
    M::up(include_str!("../../migrations/0002_give_back.sql")),
    M::up(include_str!("../../migrations/0003_read_by.sql")),
    M::up(include_str!("../../migrations/0004_whole.sql")),
    M::up(include_str!("../../migrations/0005_credentials.sql")),
    M::up(include_str!("../../migrations/0006_checkpoints.sql")),
    M::up(include_str!("../../migrations/0007_officer.sql")),
    M::up(include_str!("../../migrations/0008_left_histories.sql")),
    M::up(include_str!("../../migrations/0009_draft_notes.sql")),
];

impl Store {
    /// Opens the database of a folder, which must be there, and finds it whole.
    pub(crate) fn open(folder: &Path) -> Stored<Self> {
        Self::another(folder)?.proven()
    }

    /// The same where somebody in this program has it open, and has found it whole.
    pub(crate) fn another(folder: &Path) -> Stored<Self> {
        let file = folder.join(FILE);
        if folder.join(NEXT).exists() {
            return Err(StoreError::Interrupted);
        }
        match fs::metadata(&file) {
            // Whoever opened it would throw its log away, with all that is in it.
            Ok(found) if found.len() == 0 && folder.join(identity::FILE).exists() => {
                Err(StoreError::Damaged("empty".to_owned()))
            }
            Ok(found) if found.is_file() => Self::connect(&file),
            _ => Err(StoreError::Absent),
        }
    }

    /// Opens a database beside the folder's own, or makes it.
    pub(crate) fn beside(file: &Path) -> Stored<Self> {
        if !file.is_file() {
            database::make(file, |connection| {
                Marks::attach(connection)?;
                migrate(connection)
            })?;
        }
        Self::connect(file)?.proven()
    }

    /// Opens the database of a folder, or makes it. A power cut leaves it whole or not at all, and making it can be begun
    /// again: it is written beside its place, and gets its name once it is on the disk.
    pub(crate) fn create(folder: &Path) -> Stored<Self> {
        Self::beside(&folder.join(FILE))
    }

    fn connect(file: &Path) -> Stored<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // A command appends to the log and leaves it to the next one: moving it into the file at the end of each, and
        // beginning another, would cost three more waits for the disk. A file that is refused is left alone, too.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        refuse_others(&connection)?;
        make_durable(&connection)?;
        if planted::is("commune-synchronous-normal") {
            connection.execute_batch("pragma synchronous = normal")?;
        }
        keep_log(&connection, file)?;
        let marks = Marks::attach(&connection)?;
        Ok(Self { connection, marks, which: which(file), file: file.to_owned() })
    }

    /// Whether another database has taken the place of this one since it was opened.
    pub(crate) fn is_replaced(&self) -> bool {
        self.which != which(&self.file)
    }

    /// Finds the database whole and up to date: the file's structure with its indexes first, for what is damaged is not to
    /// be brought up to date; then each row as it was written.
    fn proven(mut self) -> Stored<Self> {
        if let Some(damage) = database::damage_with_indexes(&self.connection)? {
            return Err(StoreError::Damaged(damage));
        }
        migrate(&mut self.connection)?;
        self.check()?;
        Ok(self)
    }

    /// Whether each row is as it was written.
    pub(crate) fn check(&self) -> Stored<()> {
        unbroken(&self.connection)
    }
}

/// Which file bears the name now.
#[cfg(unix)]
pub(super) fn which(file: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(file).ok().map(|found| (found.dev(), found.ino()))
}

/// Elsewhere a file that is open keeps its name.
#[cfg(not(unix))]
pub(super) fn which(_file: &Path) -> Option<(u64, u64)> {
    None
}

/// An empty file is ours to fill; any other must bear our mark and a version that we know.
pub(super) fn refuse_others(connection: &Connection) -> Stored<()> {
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
fn keep_log(connection: &Connection, file: &Path) -> Stored<()> {
    // The first look opens the log.
    let _: i64 = connection.query_row("pragma user_version", [], single)?;
    match fs::metadata(name::beside(file, "-wal")) {
        Ok(log) if log.len() > 0 => Ok(()),
        _ => Ok(name::keep(file).map_err(gom_durable::Error::from)?),
    }
}

/// Takes the steps that are missing. What was marked is found whole before, and all is marked again after.
fn migrate(connection: &mut Connection) -> Stored<()> {
    let version: i64 = connection.query_row("pragma user_version", [], single)?;
    let sql = "select count(*) from sqlite_schema where type = 'trigger'";
    let triggers: i64 = connection.query_row(sql, [], single)?;
    if usize::try_from(version) == Ok(MIGRATIONS.len()) && triggers > 0 {
        return Ok(());
    }
    let sql = "select count(*) from sqlite_schema where name = 'whole'";
    if connection.query_row(sql, [], single::<i64>)? > 0 {
        let marked: i64 = connection.query_row("select count(*) from whole", [], single)?;
        // With none it is a database whose last step was cut off.
        if marked > 0 {
            unbroken(connection)?;
        }
    }
    Migrations::from_slice(MIGRATIONS).to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => damaged_or(err),
        other => StoreError::Damaged(other.to_string()),
    })?;
    Ok(marks::renew(connection, parts::ALL)?)
}

fn unbroken(connection: &Connection) -> Stored<()> {
    if planted::is("rows-unproven") {
        return Ok(());
    }
    match marks::broken(connection, parts::ALL).map_err(damaged_or)? {
        Some(part) => Err(StoreError::Damaged(format!("{part}: not as it was written"))),
        None => Ok(()),
    }
}

/// What SQLite refuses of a database of our own, without the disk or another program being in the way, is damage.
fn damaged_or(error: rusqlite::Error) -> StoreError {
    match error.into() {
        StoreError::Sql(error) => StoreError::Damaged(error.to_string()),
        other => other,
    }
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
    fn every_table_is_marked_in_all_its_columns() {
        let folder = folder();
        let store = Store::create(folder.path()).unwrap();
        let sql = "select group_concat(name order by name) from sqlite_schema \
                   where type = 'table' and name not like 'sqlite_%' and name != 'whole'";
        let tables: String = store.connection.query_row(sql, [], single).unwrap();
        let mut marked: Vec<_> = parts::ALL.iter().map(|marked| marked.table).collect();
        marked.sort_unstable();
        assert_eq!(tables, marked.join(","));
        assert!(marks::are_up_to_date(&store.connection, parts::ALL).unwrap());
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

    #[test]
    fn a_making_that_was_cut_off_is_begun_again() {
        let folder = folder();
        for left in ["gom.new", "gom.new-journal"] {
            fs::write(folder.path().join(left), "half of it").unwrap();
        }
        Store::create(folder.path()).unwrap().check().unwrap();
        assert!(!folder.path().join("gom.new").exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        Store::create(folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let folder = folder();
        Store::create(folder.path()).unwrap().connection.execute_batch("pragma user_version = 99").unwrap();
        let before = fs::read(folder.path().join(FILE)).unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Newer)));
        assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), before);
    }

    #[test]
    fn a_foreign_file_is_refused() {
        let folder = folder();
        let foreign = Connection::open(folder.path().join(FILE)).unwrap();
        foreign.execute_batch("create table other (x)").unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Foreign)));
        fs::write(folder.path().join(FILE), "no database at all, but long enough to be looked at").unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Foreign | StoreError::Damaged(_))));
    }

    #[test]
    fn no_database_is_said_so() {
        assert!(matches!(Store::open(folder().path()), Err(StoreError::Absent)));
    }
}
