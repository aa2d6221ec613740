//! The commune of the sample on a computer of its own: what it holds, and that all of it can be shown.

use std::collections::BTreeMap;

use gom::Commune;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use super::sample::{Laid, SAMPLE, world};

/// Rows by their table.
pub(super) type Rows = BTreeMap<String, Vec<Vec<Value>>>;

/// A commune's computer.
pub(super) struct Pc {
    pub(super) laid: Laid,
}

impl Pc {
    pub(super) fn new() -> Self {
        Self { laid: Laid::out(&SAMPLE.commune) }
    }

    pub(super) fn gom(&self) -> Commune {
        Commune::open(&self.laid.path(), world()).unwrap()
    }

    /// All that its database holds.
    pub(super) fn rows(&self) -> Rows {
        let db = self.database();
        let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'";
        let tables: Vec<String> = column(&db, tables);
        tables.into_iter().map(|table| (table.clone(), all(&db, &table))).collect()
    }

    fn database(&self) -> Connection {
        Connection::open_with_flags(self.laid.path().join("gom.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap()
    }

    /// What was sealed here is here, as it was; and what was being filled in, unless it was handed in.
    pub(super) fn keeps(&self, before: &Rows) {
        let bodies = |rows: &Rows| -> Vec<Value> {
            // Moved to another epoch, an operation may be there twice, but its body is the last column all the same.
            rows["operation"].iter().map(|row| row.last().unwrap().clone()).collect()
        };
        let after = self.rows();
        let kept = bodies(&after);
        for body in bodies(before) {
            assert!(kept.contains(&body), "what was sealed is gone");
        }
        assert_eq!(after["draft_cell"], before["draft_cell"]);
        let waiting = after["outbox"].len() + after["receipt"].len();
        assert!(waiting >= before["operation"].len(), "an operation neither waits nor was ruled on");
    }

    /// Everything can be shown, whatever the district has told.
    pub(super) fn is_shown(&self) {
        let gom = self.gom();
        shows(&gom).unwrap_or_else(|failure| panic!("{failure:?}"));
    }
}

/// Shows all that an officer may want to see.
pub(super) fn shows(gom: &Commune) -> Result<(), gom::Failure> {
    let status = gom.status()?;
    drop(format!("{status:?}"));
    gom.update_needed()?;
    gom.drafts()?;
    gom.receipts()?;
    let year = gom.year(None)?;
    for row in &year.rows {
        for (period, _) in &row.cells {
            gom.form(&row.form, &period.to_string())?;
        }
    }
    gom.export_queue()?;
    Ok(())
}

/// What the device shows with each call.
pub(super) fn secret(pc: &Pc) -> Vec<u8> {
    column(&pc.database(), "select secret from folder").remove(0)
}

fn column<T: rusqlite::types::FromSql>(db: &Connection, sql: &str) -> Vec<T> {
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn all(db: &Connection, table: &str) -> Vec<Vec<Value>> {
    let mut statement = db
        .prepare(&format!("select * from {table} order by 1, 2"))
        .unwrap_or_else(|_| db.prepare(&format!("select * from {table}")).unwrap());
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect()).unwrap();
    rows.map(Result::unwrap).collect()
}
