//! Receipts: the district's rulings on operations, as it gave them.

use gom_domain::greeting::DeviceId;
use gom_domain::ruling::{Receipt, Verdict};
use gom_proto::planted;
use gom_proto::ruling;
use gom_proto::verdicts::Numbered;
use rusqlite::{OptionalExtension, Row, named_params};

use super::operations::{key, operation};
use super::value::{count, damaged, fixed, int, single, small};
use super::{OperationRow, Rows, Stored};

/// A receipt beside the operation it settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// What was ruled on.
    pub operation: OperationRow,
    /// The proof.
    pub receipt: Receipt,
}

/// Verdicts under the district's seal, as a message brought them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The first sequence that they are about.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// The verdicts, verbatim.
    pub verdicts: Vec<u8>,
    /// The seal.
    pub seal: Vec<u8>,
}

/// What the district has not told again under its present history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untold {
    /// The sheet; none for one operation that was told without.
    pub sheet: Option<i64>,
    /// Its first operation's epoch.
    pub epoch: u32,
    /// And sequence.
    pub sequence: u64,
}

impl Rows<'_> {
    /// Settles operations, with the sheet that their receipts came on. A ruling under a new history takes the place of the
    /// one before.
    pub fn settle(&self, epoch: u32, receipts: &[Numbered], sheet: Option<&Sheet>) -> Stored<()> {
        let (sheet, history) =
            (sheet.map(|sheet| self.put_sheet(epoch, sheet)).transpose()?, self.history()?);
        let mut statement = self.connection.prepare_cached(include_str!("settle.sql"))?;
        for (sequence, receipt) in receipts.iter().filter(|_| !planted::is("settled-without-receipt")) {
            // In the order of the statement's names: looking thousands of them up takes as long as writing the rows.
            statement.execute((
                key(epoch, *sequence),
                int(receipt.commit),
                receipt.at_ms,
                verdict_key(&receipt.ruling.verdict),
                ruling::encode(&receipt.ruling),
                sheet,
                history,
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

    /// Forgets what is queued: the fault of taking what was sent for what was ruled on.
    pub fn forget_queue(&self) -> Stored<()> {
        self.execute("delete from outbox", [])?;
        Ok(())
    }

    fn put_sheet(&self, epoch: u32, sheet: &Sheet) -> Stored<i64> {
        let mut statement = self.connection.prepare_cached(include_str!("put_sheet.sql"))?;
        statement.execute(named_params! {
            ":epoch": epoch,
            ":first": int(sheet.first),
            ":last": int(sheet.last),
            ":verdicts": sheet.verdicts,
            ":seal": sheet.seal,
        })?;
        Ok(self.connection.last_insert_rowid())
    }

    /// What was told under an earlier history and has not been told under the present one: sheets, and operations that
    /// were told without one, in the order of sealing.
    pub fn untold(&self) -> Stored<Vec<Untold>> {
        let mut statement = self.connection.prepare_cached(include_str!("untold.sql"))?;
        let mut found = statement.query([])?;
        let mut untold = Vec::new();
        while let Some(row) = found.next()? {
            let sheet: Option<i64> = row.get("sheet")?;
            let (epoch, sequence) = (small(row, "epoch")?, count(row, "sequence")?);
            if sheet.is_none() || untold.last().is_none_or(|last: &Untold| last.sheet != sheet) {
                untold.push(Untold { sheet, epoch, sequence });
            }
        }
        Ok(untold)
    }

    /// A sheet and the device that it is about.
    pub fn sheet(&self, id: i64) -> Stored<(DeviceId, Sheet)> {
        let mut statement = self.connection.prepare_cached("select * from sheet where id = :id")?;
        let mut found = statement.query(named_params! { ":id": id })?;
        let row = found.next()?.ok_or_else(|| damaged("sheet"))?;
        let (first, last) = (count(row, "first")?, count(row, "last")?);
        let sheet = Sheet { first, last, verdicts: row.get("verdicts")?, seal: row.get("seal")? };
        Ok((DeviceId(fixed(row, "device")?), sheet))
    }

    /// The highest commit that was told of the newest operations under the present history.
    pub fn newest_commit(&self) -> Stored<u64> {
        let sql = include_str!("newest_commit.sql");
        let found: Option<i64> = self.connection.prepare_cached(sql)?.query_row([], single).optional()?;
        Ok(found.map_or(0, i64::unsigned_abs))
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
