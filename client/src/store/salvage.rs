//! Reading what can still be read of a database that is damaged. Nothing in it is changed.
//!
//! What can be read need not be what was written. A sealed report is proven by its fingerprint; all else counts only if
//! the marks of its part still add up, where the database was marked at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gom_domain::Period;
use gom_domain::greeting::fingerprint;
use gom_domain::programme::Bundle;
use gom_domain::submission::SubmissionId;
use gom_durable::marks::{self, Marked};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Row, named_params};

use super::folder::folder;
use super::operations::operation;
use super::parts;
use super::value::{fixed_or_none, period, single};
use super::{DraftNotes, DraftRow, FolderRow, OperationRow, Rows, Stored};

/// A database that is damaged.
#[derive(Debug)]
pub(crate) struct Wreck {
    connection: Connection,
    /// Whether its rows were marked, as they are since a certain version.
    marked: bool,
}

/// What could be read of it.
#[derive(Debug, Default)]
pub(crate) struct Salvaged {
    /// Whose folder it was.
    pub(crate) folder: Option<FolderRow>,
    /// What the district has not ruled on, in the order of sealing, each body as it was sealed.
    pub(crate) queued: Vec<OperationRow>,
    /// The programmes, by which those can be read whose form and period are not proven; none where all are.
    pub(crate) to_be_read_by: Option<Vec<(u32, Bundle)>>,
    /// The forms being filled in.
    pub(crate) drafts: Vec<DraftRow>,
    /// How many queued reports and drafts were there that could not be read, or not all of them.
    pub(crate) unread: u64,
    /// Whether there may have been more, for the lists of them could not all be read either.
    pub(crate) blind: bool,
}

impl Wreck {
    /// Opens it as it lies there, and keeps others from writing to it if that can still be done.
    pub(crate) fn open(file: &Path) -> Stored<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(super::open::BUSY)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        if let Err(error) = connection.execute_batch("begin immediate") {
            tracing::debug!(%error, "nobody can write to what is damaged");
        }
        let version = connection.query_row("pragma user_version", [], single::<i64>);
        let marked = version.map_or(true, |version| version >= parts::MARKED_SINCE);
        Ok(Self { connection, marked })
    }

    /// Reads what can be read.
    pub(crate) fn salvage(&self) -> Salvaged {
        let (mut folders, _) = self.all("select * from folder", folder);
        if !self.is_proven(&parts::FOLDER) {
            folders.clear();
        }
        let mut salvaged = Salvaged { folder: folders.into_iter().next(), ..Salvaged::default() };
        self.operations(&mut salvaged);
        self.drafts(&mut salvaged);
        salvaged
    }

    /// Whether all rows of a table are as they were written, as far as that can be known.
    fn is_proven(&self, table: &Marked) -> bool {
        // A table without rows has no part.
        let sql = format!("select count(*) from {}", table.table);
        let is_empty = || self.connection.query_row(&sql, [], single::<i64>).is_ok_and(|rows| rows == 0);
        let sql = "select count(*) from whole where part = :part";
        let has_no_sum = || {
            let found = self.connection.query_row(sql, named_params! { ":part": table.part }, single::<i64>);
            found.is_ok_and(|sums| sums == 0)
        };
        !self.marked
            || !marks::proven(&self.connection, std::slice::from_ref(table)).is_empty()
            || is_empty() && has_no_sum()
    }

    /// Queued is what the outbox names, and whatever else bears no ruling, if the rulings or else the outbox cannot be
    /// trusted to be all: what the district has ruled on all the same it knows again.
    fn operations(&self, salvaged: &mut Salvaged) {
        let (outbox, outbox_is_whole) = self.ids(&parts::OUTBOX, "operation");
        let (all, all_are_whole) = self.ids(&parts::OPERATION, "id");
        let (ruled, ruled_are_whole) = self.ids(&parts::RECEIPT, "operation");
        let (moved, moved_are_whole) = self.ids(&parts::MOVED, "operation");
        let listed = outbox_is_whole && (self.marked || !ruled_are_whole);
        // A list that says what need not be handed in is believed only where it is as it was written.
        let settled = |id: &i64| {
            (!self.marked || ruled_are_whole) && ruled.contains(id)
                || (!self.marked || moved_are_whole) && moved.contains(id)
        };
        let open = all.iter().filter(|id| !listed && !settled(id)).copied();
        let mut seen = BTreeSet::new();
        for id in outbox.iter().copied().chain(open).collect::<BTreeSet<i64>>() {
            match self.operation(id) {
                Some(operation) if seen.insert(operation.fingerprint) => salvaged.queued.push(operation),
                Some(_) => {}
                None => salvaged.unread += 1,
            }
        }
        salvaged.blind |= !outbox_is_whole && !all_are_whole;
        if !(self.is_proven(&parts::OPERATION) && self.is_proven(&parts::PLACE)) {
            let rows = Rows { connection: &self.connection };
            let proven = self.is_proven(&parts::EDITION_FILE);
            let editions = proven.then(|| rows.editions().ok()).flatten();
            salvaged.to_be_read_by = Some(editions.unwrap_or_default());
        }
    }

    /// An operation, if it can be read and is what was sealed.
    fn operation(&self, id: i64) -> Option<OperationRow> {
        let mut statement = self.connection.prepare_cached(include_str!("salvage_operation.sql")).ok()?;
        let mut found = statement.query(named_params! { ":id": id }).ok()?;
        let operation = operation(found.next().ok()??).ok()?;
        (fingerprint(&operation.body) == operation.fingerprint).then_some(operation)
    }

    fn drafts(&self, salvaged: &mut Salvaged) {
        type Named = (String, Period);
        let base = |row: &Row<'_>| -> Stored<(Named, Option<SubmissionId>)> {
            let base = fixed_or_none(row, "base")?.map(SubmissionId::from_bytes);
            Ok(((row.get("form")?, period(row)?), base))
        };
        let cell = |row: &Row<'_>| -> Stored<(Named, (String, i64))> {
            Ok(((row.get("form")?, period(row)?), (row.get("element")?, row.get("value")?)))
        };
        let (bases, bases_are_whole) =
            self.both_ways("select form, period, base from draft", "form, period", base);
        let (cells, cells_are_whole) = self.both_ways(
            "select form, period, element, value from draft_cell",
            "form, period, element",
            cell,
        );
        let mut drafts: BTreeMap<Named, DraftRow> = BTreeMap::new();
        let named = bases.iter().cloned().chain(cells.iter().map(|(name, _)| (name.clone(), None)));
        for ((form, period), base) in named {
            let name = (form.clone(), period);
            let (cells, notes) = (BTreeMap::new(), DraftNotes::new());
            drafts.entry(name).or_insert(DraftRow { form, period, base, cells, notes });
        }
        for (name, (element, value)) in cells {
            if let Some(draft) = drafts.get_mut(&name) {
                draft.cells.insert(element, value);
            }
        }
        let proven = marks::proven(&self.connection, &[parts::DRAFT, parts::DRAFT_CELL]);
        let is_whole = |draft: &DraftRow| {
            if self.marked {
                proven.contains(&format!("draft {} {}", draft.form, draft.period.code()))
            } else {
                cells_are_whole || !draft.cells.is_empty()
            }
        };
        self.draft_notes(&mut drafts);
        let (readable, blank): (Vec<_>, Vec<_>) = drafts.into_values().partition(is_whole);
        salvaged.drafts = readable;
        salvaged.unread += blank.len() as u64;
        salvaged.blind |= !bases_are_whole || !cells_are_whole;
    }

    /// Lays notes that are as they were written beside their drafts. One without them is still whole.
    fn draft_notes(&self, drafts: &mut BTreeMap<(String, Period), DraftRow>) {
        let proven = marks::proven(&self.connection, &[parts::DRAFT_NOTE]);
        for ((form, period), draft) in drafts {
            if proven.contains(&format!("draft_note {form} {}", period.code())) {
                let rows = Rows { connection: &self.connection };
                draft.notes = rows.draft_notes(form, *period).unwrap_or_default();
            }
        }
    }

    /// The numbers in a column, and whether they are all, and those that were written.
    fn ids(&self, table: &Marked, column: &str) -> (BTreeSet<i64>, bool) {
        let read = |row: &Row<'_>| Ok(single::<i64>(row)?);
        let (ids, whole) = self.both_ways(&format!("select {column} from {}", table.table), column, read);
        (ids.into_iter().collect(), whole && self.is_proven(table))
    }

    /// Reads from the front, and from the back as well where something in between cannot be read.
    fn both_ways<T>(&self, sql: &str, order: &str, read: impl Fn(&Row<'_>) -> Stored<T>) -> (Vec<T>, bool) {
        let back = order.split(", ").map(|column| format!("{column} desc")).collect::<Vec<_>>().join(", ");
        let (mut rows, whole) = self.all(&format!("{sql} order by {order}"), &read);
        if !whole {
            rows.extend(self.all(&format!("{sql} order by {back}"), &read).0);
        }
        (rows, whole)
    }

    /// The rows up to the first that cannot be reached, and whether these were all.
    fn all<T>(&self, sql: &str, read: impl Fn(&Row<'_>) -> Stored<T>) -> (Vec<T>, bool) {
        let mut rows = Vec::new();
        let Ok(mut statement) = self.connection.prepare(sql) else { return (rows, false) };
        let Ok(mut found) = statement.query([]) else { return (rows, false) };
        let mut whole = true;
        loop {
            match found.next() {
                Ok(Some(row)) => match read(row) {
                    Ok(row) => rows.push(row),
                    Err(_) => whole = false,
                },
                Ok(None) => return (rows, whole),
                Err(_) => return (rows, false),
            }
        }
    }
}
