//! SQLite databases: making one, copying one, looking whether one is whole.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::{Error, name, private};

/// The endings of the files that belong to one database.
pub const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

/// How many pages are copied at a time.
const PAGES: i32 = 1024;
/// How often a page that somebody holds is asked for again, and how long is waited in between.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// Makes a database for its owner alone. A power cut leaves it whole or not at all, and making it can be begun again: it
/// is laid out beside its place, and gets its name once it is on the disk.
pub fn make<E: From<Error>>(
    file: &Path,
    lay_out: impl FnOnce(&mut Connection) -> Result<(), E>,
) -> Result<(), E> {
    let aside = file.with_extension("new");
    // What an earlier try left; mostly there is nothing.
    remove(&aside);
    _ = fs::remove_file(name::beside(&aside, "-journal"));
    private::options().create_new(true).open(&aside).map_err(Error::from)?;
    let mut connection = Connection::open(&aside).map_err(Error::from)?;
    connection.pragma_update(None, "synchronous", "full").map_err(Error::from)?;
    lay_out(&mut connection)?;
    Ok(put_in_place(connection, &aside, file)?)
}

fn put_in_place(connection: Connection, aside: &Path, file: &Path) -> Result<(), Error> {
    // Last, for from here on there would be a log beside the file.
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)?;
    fs::rename(aside, file)?;
    Ok(name::keep(file)?)
}

/// Removes a database that was being made ready; what was never written need not be removed.
pub fn remove(file: &Path) {
    let endings = ENDINGS.iter().chain(&["-journal"]);
    endings.for_each(|ending| _ = fs::remove_file(name::beside(file, ending)));
}

/// Copies a database's file, with its log if it has one, for the owner alone. Both are on the disk when this returns.
pub fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    for ending in ["", "-wal"] {
        let (from, to) = (name::beside(from, ending), name::beside(to, ending));
        if !ending.is_empty() && !from.is_file() {
            continue;
        }
        let mut copy = private::options().create_new(true).open(&to)?;
        io::copy(&mut File::open(from)?, &mut copy)?;
        copy.sync_all()?;
    }
    Ok(())
}

/// Copies what a connection sees into a file that holds nothing yet; a connection within a transaction sees one commit
/// however long it takes, and whoever writes need not wait. The copy is one file without a log beside it; it is the
/// caller's to make it outlast a power cut.
pub fn copy(from: &Connection, file: &Path) -> Result<(), Error> {
    let mut copy = Connection::open(file)?;
    // Whatever goes wrong, the whole copy is thrown away.
    copy.execute_batch("pragma journal_mode = off; pragma synchronous = off")?;
    copy_pages(from, &mut copy)?;
    into_one_file(&copy)
}

fn copy_pages(from: &Connection, to: &mut Connection) -> Result<(), Error> {
    let backup = Backup::new(from, to)?;
    let mut held = 0;
    while held < TRIES {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => {
                held += 1;
                std::thread::sleep(PAUSE);
            }
        }
    }
    Err(Error::Held)
}

/// Brings all of a database that nobody else has into the one file.
pub fn into_one_file(connection: &Connection) -> Result<(), Error> {
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0))?;
    if mode == "delete" { Ok(()) } else { Err(Error::NotOneFile(mode)) }
}

/// What is wrong with the structure of the file, if anything is: a tenth of a second for 60 MB.
pub fn damage(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    let found: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

/// The same with all indexes. That a partial one has each row that it should have SQLite looks for itself, but not that it
/// has no other, so those are counted.
pub fn damage_with_indexes(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    let found: String = connection.query_row("pragma integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Ok(Some(found));
    }
    let _snapshot = connection.is_autocommit().then(|| connection.unchecked_transaction()).transpose()?;
    let sql = "select tbl_name, name, sql from sqlite_schema where type = 'index' and sql like '% where %'";
    let mut statement = connection.prepare(sql)?;
    let mut partial = statement.query([])?;
    while let Some(row) = partial.next()? {
        let (table, index, sql): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let Some((_, which)) = sql.split_once(" where ") else { continue };
        let count = |by: &str| -> Result<i64, rusqlite::Error> {
            connection
                .query_row(&format!("select count(*) from {table} {by} where {which}"), [], |row| row.get(0))
        };
        if count("not indexed")? != count(&format!("indexed by {index}"))? {
            return Ok(Some(format!("index {index}: another number of rows than its table has")));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SQLite's own check says "ok" of such an index.
    #[test]
    fn a_partial_index_that_holds_more_than_it_should_is_damage() {
        let connection = Connection::open_in_memory().unwrap();
        let sql = "create table x (y, z); create index few on x (z) where y != 1;
            insert into x values (1, 0), (2, 0), (3, 0);
            pragma writable_schema = on;
            update sqlite_schema set sql = replace(sql, '!= 1', '> 2') where name = 'few';
            pragma writable_schema = reset";
        connection.execute_batch(sql).unwrap();
        let said = damage_with_indexes(&connection).unwrap();
        assert_eq!(said.as_deref(), Some("index few: another number of rows than its table has"));
    }

    fn one_row(connection: &mut Connection) -> Result<(), Error> {
        Ok(connection.execute_batch("create table x (y); insert into x values (7)")?)
    }

    #[test]
    fn what_an_earlier_try_left_is_no_hindrance_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        for left in ["x.new", "x.new-journal"] {
            fs::write(folder.path().join(left), "half of it").unwrap();
        }
        make(&folder.path().join("x.db"), one_row).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn one_that_cannot_be_laid_out_gets_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.db");
        assert!(matches!(make(&file, |_| Err(Error::Held)), Err(Error::Held)));
        assert!(!file.exists());
    }

    #[test]
    fn a_copy_holds_what_was_seen_in_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("x.db"), folder.path().join("copy.db"));
        make(&file, one_row).unwrap();
        let from = Connection::open(&file).unwrap();
        from.execute_batch("begin; select * from x").unwrap();
        Connection::open(&file).unwrap().execute("insert into x values (8)", []).unwrap();
        copy(&from, &other).unwrap();
        assert!(!name::beside(&other, "-wal").exists());
        let seen: i64 = Connection::open(&other)
            .unwrap()
            .query_row("select sum(y) from x", [], |row| row.get(0))
            .unwrap();
        assert_eq!(seen, 7);
        assert_eq!(damage(&from).unwrap(), None);
    }
}
