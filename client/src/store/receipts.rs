//! Receipts: the district's rulings on operations, as it gave them.

use gom_domain::ruling::{Receipt, Verdict};
use gom_proto::ruling;
use gom_proto::verdicts::Numbered;
use rusqlite::{Row, named_params};

use super::operations::{key, operation};
use super::value::{count, damaged, int};
use super::{OperationRow, Rows, Stored};

/// A receipt beside the operation it settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// What was ruled on.
    pub operation: OperationRow,
    /// The proof.
    pub receipt: Receipt,
}

impl Rows<'_> {
    /// Settles operations. A ruling under a new history takes the place of the one before.
    pub fn settle(&self, epoch: u32, receipts: &[Numbered]) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("settle.sql"))?;
        for (sequence, receipt) in receipts {
            // In the order of the statement's names: looking thousands of them up takes as long as writing the rows.
            statement.execute((
                key(epoch, *sequence),
                int(receipt.commit),
                receipt.at_ms,
                verdict_key(&receipt.ruling.verdict),
                ruling::encode(&receipt.ruling),
            ))?;
        }
        let follows = |(one, _): &Numbered, (next, _): &Numbered| one.checked_add(1) == Some(*next);
        receipts.chunk_by(follows).try_for_each(|run| self.take_out(epoch, run))
    }

    /// Takes operations whose sequences follow one another out of the outbox.
    fn take_out(&self, epoch: u32, run: &[Numbered]) -> Stored<()> {
        let ([(first, _), ..], [.., (last, _)]) = (run, run) else { return Ok(()) };
        let sql = "delete from outbox where operation between :first and :last";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.execute(named_params! { ":first": key(epoch, *first), ":last": key(epoch, *last) })?;
        Ok(())
    }

    /// Whether an operation has been ruled on.
    pub fn is_settled(&self, epoch: u32, sequence: u64) -> Stored<bool> {
        let mut statement =
            self.connection.prepare_cached("select 1 from receipt where operation = :operation")?;
        Ok(statement.exists(named_params! { ":operation": key(epoch, sequence) })?)
    }

    /// All receipts in the order of the district's commits.
    pub fn receipts(&self) -> Stored<Vec<ReceiptRow>> {
        let mut statement = self.connection.prepare_cached(include_str!("receipts.sql"))?;
        let mut found = statement.query([])?;
        let mut receipts = Vec::new();
        while let Some(row) = found.next()? {
            let operation = operation(row)?;
            let receipt = operation.receipt.clone().ok_or_else(|| damaged("receipt"))?;
            receipts.push(ReceiptRow { operation, receipt });
        }
        Ok(receipts)
    }
}

/// The word for a verdict in the tables.
pub(super) fn verdict_key(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted { .. } => "accepted",
        Verdict::Conflict { .. } => "conflict",
        Verdict::Rejected(_) => "rejected",
    }
}

/// A row's receipt; none where the district has not ruled.
pub(super) fn receipt_or_none(row: &Row<'_>) -> Stored<Option<Receipt>> {
    let commit: Option<i64> = row.get("district_commit")?;
    commit.map(|_| receipt(row)).transpose()
}

pub(super) fn receipt(row: &Row<'_>) -> Stored<Receipt> {
    let ruling: Vec<u8> = row.get("ruling")?;
    let ruling = ruling::decode(&ruling).map_err(|_| damaged("ruling"))?;
    Ok(Receipt { ruling, commit: count(row, "district_commit")?, at_ms: row.get("at_ms")? })
}
