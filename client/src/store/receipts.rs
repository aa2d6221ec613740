//! Receipts: the district's rulings on operations, as it gave them.

use gom_domain::ruling::{Receipt, Verdict};
use gom_proto::ruling;
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
    /// Settles an operation. A ruling under a new history takes the place of the one before.
    pub fn settle(&self, epoch: u32, sequence: u64, receipt: &Receipt) -> Stored<()> {
        let operation = key(epoch, sequence);
        let mut statement = self.connection.prepare_cached(include_str!("settle.sql"))?;
        statement.execute(named_params! {
            ":operation": operation,
            ":district_commit": int(receipt.commit),
            ":at_ms": receipt.at_ms,
            ":verdict": verdict_key(&receipt.ruling.verdict),
            ":ruling": ruling::encode(&receipt.ruling),
        })?;
        let mut statement =
            self.connection.prepare_cached("delete from outbox where operation = :operation")?;
        statement.execute(named_params! { ":operation": operation })?;
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
