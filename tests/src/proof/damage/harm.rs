//! What is done to a database, and what it is done with.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::proof::chance::Chance;

const PAGE: usize = 4096;
/// SQLite's log: a head, then frames of a head and a page. In a frame's head stands how many pages the database has after
/// it, or 0 where the transaction goes on.
const LOG_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// A database that is whole, at several moments.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    /// As it lies on the disk, with the log beside it.
    pub(super) file: Vec<u8>,
    pub(super) log: Vec<u8>,
    /// The same in one file.
    pub(super) settled: Vec<u8>,
    /// As it was earlier, in one file; as it lay on the disk then, and the log that was beside it.
    pub(super) early: Vec<u8>,
    pub(super) early_file: Vec<u8>,
    pub(super) early_log: Vec<u8>,
    /// Another database's log.
    pub(super) other_log: Vec<u8>,
}

impl Moments {
    /// Notes a database as it was earlier.
    pub(super) fn note_early(&mut self, file: &Path) {
        (self.early_file, self.early_log) =
            (fs::read(file).unwrap(), fs::read(log(file)).unwrap_or_default());
        self.early = settled(file);
    }

    /// Notes a database as it is.
    pub(super) fn note(&mut self, file: &Path) {
        (self.file, self.log) = (fs::read(file).unwrap(), fs::read(log(file)).unwrap_or_default());
        self.settled = settled(file);
    }

    /// The database after each of the commits that its logs hold: a log that is cut leaves the last that is whole.
    pub(super) fn commits(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let late = ends(&self.log).map(|end| (self.file.clone(), self.log[..end].to_vec()));
        let early =
            ends(&self.early_log).map(|end| (self.early_file.clone(), self.early_log[..end].to_vec()));
        late.chain(early).collect()
    }

    /// Puts the database down, damaged in a way that chance chooses. Returns what was done.
    pub(super) fn lay_down(&self, file: &Path, chance: &mut Chance) -> String {
        let mut base = (self.file.clone(), self.log.clone());
        if chance.one_in(2) {
            base = (self.settled.clone(), Vec::new());
        }
        let log_is_there = !base.1.is_empty();
        let what = match chance.below(14) {
            0 | 1 => flip(&mut base.0, chance),
            2 => scribble(&mut base.0, chance),
            3 => zero_page(&mut base.0, chance),
            4 => swap_pages(&mut base.0, chance),
            5 => cut(&mut base.0, chance),
            6 if log_is_there => flip(&mut base.1, chance) + " of the log",
            7 if log_is_there => cut(&mut base.1, chance) + " of the log",
            8 if log_is_there => {
                base.1.clear();
                "the log is gone".to_owned()
            }
            9 => {
                base.1.clone_from(&self.early_log);
                "an earlier log".to_owned()
            }
            10 => {
                base.1.clone_from(&self.other_log);
                "another database's log".to_owned()
            }
            11 => {
                base = (self.settled.clone(), Vec::new());
                put_page_back(&mut base.0, &self.early, chance)
            }
            _ => {
                put(file, &base);
                return edit(file, chance);
            }
        };
        put(file, &base);
        what
    }
}

fn log(file: &Path) -> PathBuf {
    file.with_extension("db-wal")
}

/// A database with all of its log moved into it.
fn settled(file: &Path) -> Vec<u8> {
    let desk = tempfile::TempDir::new().unwrap();
    let copy = desk.path().join("settled.db");
    put(&copy, &(fs::read(file).unwrap(), fs::read(log(file)).unwrap_or_default()));
    let connection = Connection::open(&copy).unwrap();
    connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).unwrap();
    drop(connection);
    fs::read(&copy).unwrap()
}

/// Where each commit ends in a log, and where the first begins.
fn ends(log: &[u8]) -> impl Iterator<Item = usize> {
    let is_commit = |end: &usize| {
        let frame = end.checked_sub(FRAME_HEAD + PAGE);
        frame.and_then(|frame| log.get(frame + 4..frame + 8)).is_none_or(|pages| pages != [0; 4])
    };
    (LOG_HEAD..=log.len()).step_by(FRAME_HEAD + PAGE).filter(is_commit)
}

pub(super) fn put(file: &Path, (database, log_of): &(Vec<u8>, Vec<u8>)) {
    fs::write(file, database).unwrap();
    if !log_of.is_empty() {
        fs::write(log(file), log_of).unwrap();
    }
}

fn index(below: usize, chance: &mut Chance) -> usize {
    usize::try_from(chance.below(below.max(1) as u64)).unwrap()
}

fn flip(bytes: &mut [u8], chance: &mut Chance) -> String {
    let mut places = Vec::new();
    for _ in 0..=chance.below(8) {
        let place = index(bytes.len(), chance);
        bytes[place] ^= 1 << chance.below(8);
        places.push(place);
    }
    format!("flipped bits at {places:?}")
}

fn scribble(bytes: &mut [u8], chance: &mut Chance) -> String {
    let (from, length) = (index(bytes.len(), chance), 1 + index(64, chance));
    for byte in bytes.iter_mut().skip(from).take(length) {
        *byte = u8::try_from(chance.below(256)).unwrap();
    }
    format!("{length} other bytes at {from}")
}

fn page(bytes: &[u8], chance: &mut Chance) -> usize {
    index(bytes.len() / PAGE, chance) * PAGE
}

fn zero_page(bytes: &mut [u8], chance: &mut Chance) -> String {
    let from = page(bytes, chance);
    bytes[from..from + PAGE].fill(0);
    format!("zeros at {from}")
}

fn swap_pages(bytes: &mut [u8], chance: &mut Chance) -> String {
    let (one, other) = (page(bytes, chance), page(bytes, chance));
    for place in 0..PAGE {
        bytes.swap(one + place, other + place);
    }
    format!("pages at {one} and {other} swapped")
}

fn cut(bytes: &mut Vec<u8>, chance: &mut Chance) -> String {
    let mut length = index(bytes.len(), chance);
    if chance.one_in(2) {
        length -= length % PAGE;
    }
    bytes.truncate(length);
    format!("cut after {length} bytes")
}

/// A page that was written, and that the disk has forgotten to write.
fn put_page_back(bytes: &mut [u8], early: &[u8], chance: &mut Chance) -> String {
    let pages = early.len().min(bytes.len()) / PAGE;
    let changed: Vec<usize> = (0..pages)
        .map(|page| page * PAGE)
        .filter(|from| bytes[*from..from + PAGE] != early[*from..from + PAGE])
        .collect();
    let from = changed[index(changed.len(), chance)];
    bytes[from..from + PAGE].copy_from_slice(&early[from..from + PAGE]);
    format!("the page at {from} as it was earlier")
}

/// Edits a row of a table, the structure of the file intact: a value in it, or it is gone, or it is another's.
fn edit(file: &Path, chance: &mut Chance) -> String {
    let connection = Connection::open(file).unwrap();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
    connection.execute_batch("pragma foreign_keys = off; pragma ignore_check_constraints = on").unwrap();
    loop {
        if let Some(what) = try_edit(&connection, chance) {
            return what;
        }
    }
}

/// None where there is no such row, or the table's structure forbids what was tried.
fn try_edit(connection: &Connection, chance: &mut Chance) -> Option<String> {
    let tables =
        texts(connection, "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'");
    let table = &tables[index(tables.len(), chance)];
    let columns =
        texts(connection, &format!("select name from pragma_table_xinfo('{table}') where hidden = 0"));
    let listed = columns.join(", ");
    let rows: i64 =
        connection.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap();
    let place = i64::try_from(chance.below(rows.max(1).unsigned_abs())).unwrap();
    let sql = format!("select {listed} from {table} limit 1 offset {place}");
    let read = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|column| row.get(column)).collect();
    let row: Vec<Value> = connection.query_row(&sql, [], read).ok()?;
    let is_it = columns.iter().map(|column| format!("{column} is ?")).collect::<Vec<_>>().join(" and ");
    if chance.one_in(5) {
        let sql = format!("delete from {table} where {is_it}");
        let gone = connection.execute(&sql, params_from_iter(&row)).ok()?;
        return (gone == 1).then(|| format!("row {place} of {table} is gone"));
    }
    let column = index(columns.len(), chance);
    let other = changed(&row[column], chance);
    let name = &columns[column];
    let what = format!("{name} of row {place} of {table}: {:?} for {:?}", short(&other), short(&row[column]));
    let sql = format!("update {table} set {name} = ? where {is_it}");
    let changed = connection.execute(&sql, params_from_iter(std::iter::once(&other).chain(&row))).ok()?;
    (changed == 1).then_some(what)
}

fn short(value: &Value) -> String {
    let mut text = format!("{value:?}");
    text.truncate(60);
    text
}

fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let texts = statement.query_map([], |row| row.get(0)).unwrap();
    texts.map(Result::unwrap).collect()
}

fn changed(value: &Value, chance: &mut Chance) -> Value {
    match value {
        Value::Null => Value::Integer(1),
        Value::Integer(number) if chance.one_in(2) => Value::Integer(number + 1),
        Value::Integer(number) => Value::Integer(number ^ (1 << chance.below(40))),
        Value::Real(real) => Value::Real(-real),
        Value::Text(text) => {
            let mut bytes = text.clone().into_bytes();
            if let Some(last) = bytes.last_mut() {
                *last = if *last == b'3' { b'4' } else { b'3' };
            }
            Value::Text(String::from_utf8(bytes).unwrap_or_default())
        }
        Value::Blob(blob) => {
            let mut blob = blob.clone();
            if !blob.is_empty() {
                let place = index(blob.len(), chance);
                blob[place] ^= 1 << chance.below(8);
            }
            Value::Blob(blob)
        }
    }
}
