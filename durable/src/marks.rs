//! Marks: whether the rows of a database are those that were written, none changed, lost or gone back.
//!
//! SQLite's own checks see a page that cannot be; a figure with a flipped bit, a row that somebody deleted, or a page as it
//! was last week can be. So each row has a mark, the SHA-256 of all that stands in it, and the marks of the rows that are
//! proven together (a *part*) add up to one sum, which is kept in the table `whole` and follows every change in the same
//! transaction. Adding up is exclusive or: a row that goes takes its mark out as one that comes puts it in, in any order.
//!
//! Triggers take the marks, on all columns unless some are named, so nobody who writes a statement has to think of it, and
//! a program that does not know of marks cannot write at all. The structure itself, triggers included, is a part, too.
//!
//! **Invariant:** whoever opens a database to use it has compared what is there with the sums. Against somebody who edits
//! on purpose they are no help: he can add up, too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, named_params};
use sha2::{Digest, Sha256};

/// The part of the database's own structure: what tables, indexes and triggers there are, as SQL.
const SCHEMA: &str = "schema";

/// How many bytes a part's sum has.
const LENGTH: usize = 16;

/// A table whose rows are marked.
#[derive(Clone, Copy, Debug)]
pub struct Marked {
    /// The table.
    pub table: &'static str,
    /// What its rows are proven together with.
    pub part: &'static str,
    /// The columns by whose values parts of that name are told apart; none where all are one.
    pub by: &'static [&'static str],
    /// The columns that are marked; none named means all.
    pub columns: &'static [&'static str],
}

impl Marked {
    /// A table that is a part by itself, with all its columns.
    pub const fn alone(table: &'static str) -> Self {
        Self { table, part: table, by: &[], columns: &[] }
    }

    /// The name of the part that a row belongs to, as SQL.
    fn part(&self, row: &str) -> String {
        let by = self.by.iter().map(|column| format!(" || ' ' || {row}{column}"));
        format!("'{}'{}", self.part, by.collect::<String>())
    }

    /// The columns that are marked; those that are computed from others are not.
    fn columns(&self, connection: &Connection) -> rusqlite::Result<Vec<String>> {
        if !self.columns.is_empty() {
            return Ok(self.columns.iter().map(|column| (*column).to_owned()).collect());
        }
        let sql = "select name from pragma_table_xinfo(:table) where hidden = 0 order by cid";
        let mut statement = connection.prepare(sql)?;
        let names = statement.query_map(named_params! { ":table": self.table }, |row| row.get(0))?;
        names.collect()
    }

    /// What a row's mark is made of, as SQL: first its part, then all that is hashed.
    fn arguments(&self, row: &str, columns: &[String]) -> String {
        let columns = columns.iter().map(|column| format!(", {row}{column}"));
        format!("{}, '{}'{}", self.part(row), self.table, columns.collect::<String>())
    }

    /// The triggers by name, as SQL.
    fn triggers(&self, connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
        let columns = self.columns(connection)?;
        let of = if self.columns.is_empty() { String::new() } else { format!(" of {}", columns.join(", ")) };
        let (old, new) = (self.arguments("old.", &columns), self.arguments("new.", &columns));
        let table = self.table;
        let trigger = |what: &str, when: &str, taken: &str| {
            let name = format!("mark_{table}_{what}");
            // The first words as SQLite keeps them.
            let sql = format!("CREATE TRIGGER {name} after {when} on {table} begin select {taken}; end");
            (name, sql)
        };
        Ok(vec![
            trigger("insert", "insert", &format!("mark({new})")),
            trigger("update", &format!("update{of}"), &format!("mark({old}), mark({new})")),
            trigger("delete", "delete", &format!("mark({old})")),
        ])
    }
}

/// Sums of marks by part; what adds up to nothing has no entry.
type Sums = BTreeMap<String, u128>;

/// What a connection has changed since its transaction began.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    changed: Arc<Mutex<Sums>>,
}

impl Marks {
    /// Lets a connection write to tables that are marked. Whoever does writes the marks down before each commit.
    pub fn attach(connection: &Connection) -> rusqlite::Result<Self> {
        let marks = Self::default();
        let own = marks.clone();
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        connection.create_scalar_function("mark", -1, flags, move |context| {
            let mark = mark((1..context.len()).map(|place| context.get_raw(place)));
            let part = context.get_raw(0).as_str()?;
            add(&mut own.changed(), part, mark);
            Ok(None::<i64>)
        })?;
        Ok(marks)
    }

    /// Forgets what a transaction has changed that is not committed, or that has just begun.
    pub fn forget(&self) {
        self.changed().clear();
    }

    /// Writes down what the transaction has changed, as the last thing before it is committed.
    pub fn write_down(&self, connection: &Connection) -> rusqlite::Result<()> {
        let changed = std::mem::take(&mut *self.changed());
        for (part, change) in changed {
            let sql = "select sum from whole where part = :part";
            let bound = named_params! { ":part": part };
            let before = connection.prepare_cached(sql)?.query_row(bound, sum).optional()?;
            put(connection, &part, before.unwrap_or(0) ^ change)?;
        }
        Ok(())
    }

    fn changed(&self) -> MutexGuard<'_, Sums> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Marks all rows of tables that are not marked yet, or not in all their columns: as after a step that has changed them.
/// What was marked before has to be found whole before such a step.
pub fn renew(connection: &mut Connection, tables: &[Marked]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut triggers = Vec::new();
    for table in tables {
        triggers.extend(table.triggers(&transaction)?);
    }
    let schema = kept(&transaction)?.remove(SCHEMA);
    if are_there(&transaction, &triggers)? && schema == Some(structure(&transaction)?) {
        return Ok(());
    }
    for (name, _) in &triggers {
        transaction.execute_batch(&format!("drop trigger if exists {name}"))?;
    }
    transaction.execute("delete from whole", [])?;
    triggers.iter().try_for_each(|(_, sql)| transaction.execute_batch(sql))?;
    for (part, sum) in add_up(&transaction, tables)? {
        put(&transaction, &part, sum)?;
    }
    transaction.commit()
}

/// Whether each table is marked, in all the columns that it is to be.
pub fn are_up_to_date(connection: &Connection, tables: &[Marked]) -> rusqlite::Result<bool> {
    let mut triggers = Vec::new();
    for table in tables {
        triggers.extend(table.triggers(connection)?);
    }
    are_there(connection, &triggers)
}

fn are_there(connection: &Connection, triggers: &[(String, String)]) -> rusqlite::Result<bool> {
    let mut statement =
        connection.prepare("select sql from sqlite_schema where type = 'trigger' and name = :name")?;
    for (name, sql) in triggers {
        let found: Option<String> =
            statement.query_row(named_params! { ":name": name }, |row| row.get(0)).optional()?;
        if found.as_ref() != Some(sql) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The first part whose rows are not those that were written; none if all are.
pub fn broken(connection: &Connection, tables: &[Marked]) -> rusqlite::Result<Option<String>> {
    // Rows and sums of one commit, whatever others write meanwhile.
    let snapshot = connection.is_autocommit().then(|| connection.unchecked_transaction()).transpose()?;
    let (found, kept) = (add_up(connection, tables)?, kept(connection)?);
    drop(snapshot);
    let differs = |part: &&String| found.get(*part) != kept.get(*part);
    Ok(found.keys().chain(kept.keys()).find(differs).cloned())
}

/// The parts of some tables whose rows are those that were written, for one who reads a database that is damaged: what
/// cannot be read leaves its own part unproven, and no other.
pub fn proven(connection: &Connection, tables: &[Marked]) -> Vec<String> {
    let mut found = Sums::new();
    for table in tables {
        // A part that lacks the rows behind the first that cannot be read is not whole, and is not taken for it.
        _ = add_rows(connection, table, &mut found);
    }
    let kept = kept(connection).unwrap_or_default();
    found.into_iter().filter(|(part, sum)| kept.get(part) == Some(sum)).map(|(part, _)| part).collect()
}

fn kept(connection: &Connection) -> rusqlite::Result<Sums> {
    let mut statement = connection.prepare("select part, sum from whole")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, sum(row)?)))?;
    rows.collect()
}

/// The sums of the rows that are there.
fn add_up(connection: &Connection, tables: &[Marked]) -> rusqlite::Result<Sums> {
    let mut sums = Sums::new();
    tables.iter().try_for_each(|table| add_rows(connection, table, &mut sums))?;
    sums.insert(SCHEMA.to_owned(), structure(connection)?);
    sums.retain(|_, sum| *sum != 0);
    Ok(sums)
}

/// The sum of what tables, indexes and triggers there are.
fn structure(connection: &Connection) -> rusqlite::Result<u128> {
    let mut statement = connection.prepare("select type, name, tbl_name, sql from sqlite_schema")?;
    let width = statement.column_count();
    let (mut rows, mut sum) = (statement.query([])?, 0);
    while let Some(row) = rows.next()? {
        sum ^= mark((0..width).map(|place| row.get_ref(place).unwrap_or(ValueRef::Null)));
    }
    Ok(sum)
}

fn add_rows(connection: &Connection, table: &Marked, sums: &mut Sums) -> rusqlite::Result<()> {
    let arguments = table.arguments("", &table.columns(connection)?);
    // Of the table itself, never of an index that holds the same columns: the rows are what is read later.
    let sql = format!("select {arguments} from {} not indexed", table.table);
    let mut statement = connection.prepare(&sql)?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = (1..width).map(|place| row.get_ref(place).unwrap_or(ValueRef::Null));
        add(sums, row.get_ref(0)?.as_str()?, mark(values));
    }
    Ok(())
}

fn add(sums: &mut Sums, part: &str, mark: u128) {
    match sums.get_mut(part) {
        Some(sum) => *sum ^= mark,
        None => _ = sums.insert(part.to_owned(), mark),
    }
}

fn put(connection: &Connection, part: &str, sum: u128) -> rusqlite::Result<()> {
    if sum == 0 {
        let mut statement = connection.prepare_cached("delete from whole where part = :part")?;
        statement.execute(named_params! { ":part": part })?;
        return Ok(());
    }
    let sql =
        "insert into whole (part, sum) values (:part, :sum) on conflict do update set sum = excluded.sum";
    connection.prepare_cached(sql)?.execute(named_params! { ":part": part, ":sum": sum.to_be_bytes() })?;
    Ok(())
}

fn sum(row: &Row<'_>) -> rusqlite::Result<u128> {
    row.get::<_, [u8; LENGTH]>("sum").map(u128::from_be_bytes)
}

/// The mark of a row: each value with its kind and its length before it.
fn mark<'v>(values: impl Iterator<Item = ValueRef<'v>>) -> u128 {
    let mut bytes = Vec::with_capacity(256);
    for value in values {
        let mut part = |kind: u8, value: &[u8]| {
            bytes.push(kind);
            bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
            bytes.extend_from_slice(value);
        };
        match value {
            ValueRef::Null => part(0, &[]),
            ValueRef::Integer(integer) => part(1, &integer.to_be_bytes()),
            ValueRef::Real(real) => part(2, &real.to_be_bytes()),
            ValueRef::Text(text) => part(3, text),
            ValueRef::Blob(blob) => part(4, blob),
        }
    }
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    let mut first = [0; LENGTH];
    first.copy_from_slice(&hash[..LENGTH]);
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use rusqlite::config::DbConfig;

    use super::*;

    const TABLES: &[Marked] = &[
        Marked { table: "draft", part: "draft", by: &["form"], columns: &[] },
        Marked { table: "cell", part: "draft", by: &["form"], columns: &[] },
        Marked { table: "device", part: "device", by: &[], columns: &["number", "name"] },
    ];

    fn database() -> (Connection, Marks) {
        let mut connection = Connection::open_in_memory().unwrap();
        let marks = Marks::attach(&connection).unwrap();
        let sql = "pragma foreign_keys = on;
            create table whole (part text primary key, sum blob not null) strict, without rowid;
            create table draft (form text primary key, base blob) strict, without rowid;
            create table cell (form text references draft on delete cascade, element text, value integer,
                               double integer generated always as (value * 2)) strict;
            create table device (number integer primary key, name text, reached integer) strict;
            insert into draft values ('a', null), ('b', x'01');
            insert into cell (form, element, value) values ('a', 'x', 1), ('a', 'y', 2), ('b', 'x', 3);
            insert into device values (1, 'pc', 7)";
        connection.execute_batch(sql).unwrap();
        renew(&mut connection, TABLES).unwrap();
        (connection, marks)
    }

    /// What a disk does to rows: no trigger knows of it.
    fn harm(connection: &Connection, sql: &str) {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
        connection.execute_batch(sql).unwrap();
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true).unwrap();
    }

    #[test]
    fn what_is_written_stays_whole_whatever_is_written() {
        let (connection, marks) = database();
        assert!(are_up_to_date(&connection, TABLES).unwrap());
        for sql in [
            "insert into cell (form, element, value) values ('b', 'y', 4)",
            "update cell set value = value + 1",
            "update cell set form = 'b' where form = 'a' and element = 'x'",
            "delete from draft where form = 'b'",
            "insert into device values (1, 'pc', 8) on conflict (number) do update set name = 'new', reached = 8",
            "update device set reached = 9",
            "delete from cell; delete from draft; delete from device",
        ] {
            connection.execute_batch(&format!("begin; {sql}")).unwrap();
            marks.write_down(&connection).unwrap();
            connection.execute_batch("commit").unwrap();
            assert_eq!(broken(&connection, TABLES).unwrap(), None, "{sql}");
        }
        let sql = "select group_concat(part) from whole";
        let parts: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(parts, SCHEMA, "nothing is left of what has gone");
    }

    #[test]
    fn what_was_changed_behind_the_programs_back_is_named_and_the_rest_is_proven() {
        for (sql, part) in [
            ("update cell set value = 5 where form = 'a' and element = 'x'", "draft a"),
            ("delete from cell where form = 'b'", "draft b"),
            ("update draft set base = x'02' where form = 'b'", "draft b"),
            ("insert into cell (form, element, value) values ('b', 'z', 1)", "draft b"),
            ("update device set name = 'other'", "device"),
            ("delete from whole where part = 'device'", "device"),
            ("drop trigger mark_cell_update", SCHEMA),
        ] {
            let (connection, _) = database();
            harm(&connection, sql);
            assert_eq!(broken(&connection, TABLES).unwrap().as_deref(), Some(part), "{sql}");
            let all = ["device", "draft a", "draft b"];
            let rest: Vec<_> = all.into_iter().filter(|other| *other != part).collect();
            assert_eq!(proven(&connection, TABLES), rest, "{sql}");
        }
        let (connection, _) = database();
        harm(&connection, "update device set reached = 3");
        assert_eq!(broken(&connection, TABLES).unwrap(), None, "a column that is not marked");
    }

    #[test]
    fn what_is_rolled_back_is_forgotten() {
        let (connection, marks) = database();
        connection.execute_batch("begin; delete from cell; rollback").unwrap();
        marks.forget();
        connection.execute_batch("begin; update cell set value = 9").unwrap();
        marks.write_down(&connection).unwrap();
        connection.execute_batch("commit").unwrap();
        assert_eq!(broken(&connection, TABLES).unwrap(), None);
    }

    #[test]
    fn a_column_that_is_added_is_marked_once_the_marks_are_renewed() {
        let (mut connection, _) = database();
        connection.execute_batch("alter table draft add column note text").unwrap();
        assert!(!are_up_to_date(&connection, TABLES).unwrap());
        renew(&mut connection, TABLES).unwrap();
        assert!(are_up_to_date(&connection, TABLES).unwrap());
        harm(&connection, "update draft set note = 'x' where form = 'a'");
        assert_eq!(broken(&connection, TABLES).unwrap().as_deref(), Some("draft a"));
    }
}
