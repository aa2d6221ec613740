//! What the district has signed of its journal.

use gom_domain::greeting::HistoryId;
use gom_trust::Checkpoint;
use rusqlite::{Row, named_params};

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
            rows.push(checkpoint(row)?);
        }
        Ok(rows)
    }

    /// The newest one of a history.
    pub fn newest_checkpoint(&self, history: HistoryId) -> Stored<Option<CheckpointRow>> {
        let sql = "select * from checkpoint where history = :history order by district_commit desc limit 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(named_params! { ":history": history.0 })?;
        found.next()?.map(checkpoint).transpose()
    }

    /// Keeps by what the district's signatures are known.
    pub fn put_checkpoint_key(&self, key: &[u8]) -> Stored<()> {
        self.execute("update folder set checkpoint_key = :key", named_params! { ":key": key })?;
        Ok(())
    }

    /// Notes that the district has left the history that the folder went by, if this is another one.
    pub(super) fn leave_history_for(&self, next: HistoryId) -> Stored<()> {
        let Some(left) = self.history()?.filter(|history| *history != next.0) else { return Ok(()) };
        let sql = "insert into left_history (history) values (:history) on conflict do nothing";
        self.connection.prepare_cached(sql)?.execute(named_params! { ":history": left })?;
        Ok(())
    }

    /// The histories that the district has left, as this folder learned when it was told another one.
    pub fn left_histories(&self) -> Stored<Vec<HistoryId>> {
        let mut statement = self.connection.prepare_cached("select history from left_history")?;
        let mut found = statement.query([])?;
        let mut left = Vec::new();
        while let Some(row) = found.next()? {
            left.push(HistoryId(fixed(row, "history")?));
        }
        Ok(left)
    }
}

fn checkpoint(row: &Row<'_>) -> Stored<CheckpointRow> {
    let history = HistoryId(fixed(row, "history")?);
    let (commit, head) = (count(row, "district_commit")?, fixed(row, "head")?);
    Ok(CheckpointRow {
        checkpoint: Checkpoint { history, commit, head },
        signature: row.get("signature")?,
        told_ms: row.get("told_ms")?,
    })
}
