//! What the district has signed of its journal.

use gom_domain::greeting::HistoryId;
use gom_trust::Checkpoint;
use rusqlite::{OptionalExtension, named_params};

use super::value::{count, fixed, int};
use super::{Rows, Stored};

/// How many are kept before they are thinned out.
const MOST: i64 = 1_000;

/// A checkpoint, and when it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointRow {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The signature.
    pub signature: Vec<u8>,
    /// When it came, by this computer's clock.
    pub told_ms: i64,
}

impl Rows<'_> {
    /// Keeps a checkpoint.
    pub fn put_checkpoint(&self, row: &CheckpointRow) -> Stored<()> {
        let Checkpoint { history, commit, head } = row.checkpoint;
        self.connection.prepare_cached(include_str!("put_checkpoint.sql"))?.execute(named_params! {
            ":history": history.0,
            ":district_commit": int(commit),
            ":head": head,
            ":signature": row.signature,
            ":told_ms": row.told_ms,
        })?;
        let mut forget = self.connection.prepare_cached(include_str!("forget_checkpoints.sql"))?;
        forget.execute(named_params! { ":most": MOST })?;
        Ok(())
    }

    /// All that are kept, in the order of the commits.
    pub fn checkpoints(&self) -> Stored<Vec<CheckpointRow>> {
        let sql = "select * from checkpoint order by district_commit, told_ms";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let history = HistoryId(fixed(row, "history")?);
            let (commit, head) = (count(row, "district_commit")?, fixed(row, "head")?);
            let checkpoint = Checkpoint { history, commit, head };
            rows.push(CheckpointRow {
                checkpoint,
                signature: row.get("signature")?,
                told_ms: row.get("told_ms")?,
            });
        }
        Ok(rows)
    }

    /// By what the district's signatures are known.
    pub fn checkpoint_key(&self) -> Stored<Option<Vec<u8>>> {
        let sql = "select checkpoint_key from folder";
        let found: Option<Option<Vec<u8>>> =
            self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
        Ok(found.flatten())
    }

    /// Keeps that.
    pub fn put_checkpoint_key(&self, key: &[u8]) -> Stored<()> {
        self.connection.execute("update folder set checkpoint_key = :key", named_params! { ":key": key })?;
        Ok(())
    }
}
