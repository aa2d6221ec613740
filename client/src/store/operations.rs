//! Operations: what was sealed here, in order. They are only ever added.

use gom_domain::Period;
use gom_domain::greeting::Chain;
use gom_domain::ruling::Receipt;
use gom_domain::submission::SubmissionId;
use rusqlite::{OptionalExtension, Row, named_params};

use super::receipts::receipt_or_none;
use super::value::{count, damaged, fixed, int, period, single, small};
use super::{Rows, Stored};

/// How much of an operation's key is its sequence.
const SEQUENCE_BITS: u32 = 40;
const LAST_SEQUENCE: u64 = (1 << SEQUENCE_BITS) - 1;

/// An operation, with its receipt if the district has ruled on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRow {
    /// The life of the device that sealed it.
    pub epoch: u32,
    /// Its number there, from 1.
    pub sequence: u64,
    /// The submission's id.
    pub submission: SubmissionId,
    /// The form's key.
    pub form: String,
    /// Its period.
    pub period: Period,
    /// Its body, verbatim.
    pub body: Vec<u8>,
    /// The body's SHA-256.
    pub fingerprint: [u8; 32],
    /// The chain up to and including it.
    pub chain: Chain,
    /// When it was sealed, by this computer's clock.
    pub sealed_at_ms: i64,
    /// What the district said of it.
    pub receipt: Option<Receipt>,
}

/// How far an epoch has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The last sequence; 0 if nothing has been sealed.
    pub sequence: u64,
    /// The chain there.
    pub chain: Chain,
}

/// An operation as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its number.
    pub sequence: u64,
    /// Its body, verbatim.
    pub body: Vec<u8>,
    /// What the body's SHA-256 was when it was sealed.
    pub fingerprint: [u8; 32],
}

/// An operation's key: the epoch, then 40 bits of sequence, so that keys go up in the order of sealing.
pub(super) fn key(epoch: u32, sequence: u64) -> i64 {
    int(u64::from(epoch) << SEQUENCE_BITS | sequence.min(LAST_SEQUENCE))
}

impl Rows<'_> {
    /// How far an epoch has come.
    pub fn head(&self, epoch: u32) -> Stored<Head> {
        let mut statement = self.connection.prepare_cached(include_str!("head.sql"))?;
        let epoch = named_params! { ":first": key(epoch, 0), ":last": key(epoch, LAST_SEQUENCE) };
        let mut found = statement.query(epoch)?;
        let head = |row: &Row<'_>| {
            Ok(Head { sequence: count(row, "sequence")?, chain: Chain(fixed(row, "chain")?) })
        };
        found.next()?.map_or(Ok(Head::default()), head)
    }

    /// The chain after an operation, if it was sealed here; before the first it is all zero.
    pub fn chain_at(&self, epoch: u32, sequence: u64) -> Stored<Option<Chain>> {
        if sequence == 0 {
            return Ok(Some(Chain::default()));
        }
        let sql = "select chain from operation where id = :id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(named_params! { ":id": key(epoch, sequence) })?;
        found.next()?.map(|row| fixed(row, "chain").map(Chain)).transpose()
    }

    /// Appends an operation, which makes it queued once it is committed.
    pub fn append(&self, operation: &OperationRow) -> Stored<()> {
        let id = key(operation.epoch, operation.sequence);
        let mut statement = self.connection.prepare_cached(include_str!("append.sql"))?;
        statement.execute(named_params! {
            ":id": id,
            ":place": self.place(&operation.form, operation.period)?,
            ":submission": operation.submission.as_bytes(),
            ":fingerprint": operation.fingerprint,
            ":chain": operation.chain.0,
            ":sealed_at_ms": operation.sealed_at_ms,
            ":body": operation.body,
        })?;
        let mut statement =
            self.connection.prepare_cached("insert into outbox (operation) values (:operation)")?;
        statement.execute(named_params! { ":operation": id })?;
        Ok(())
    }

    /// The key of a form and period, which becomes known with its first operation.
    fn place(&self, form: &str, period: Period) -> Stored<i64> {
        let place = named_params! { ":form": form, ":period": period.code() };
        let sql = "select id from place where form = :form and period = :period";
        let known = self.connection.prepare_cached(sql)?.query_row(place, single).optional()?;
        if let Some(known) = known {
            return Ok(known);
        }
        let sql = "insert into place (form, period) values (:form, :period) returning id";
        Ok(self.connection.prepare_cached(sql)?.query_row(place, single)?)
    }

    /// Up to `limit` operations from `first` on that the district does not have, or whose receipt is missing.
    pub fn outgoing(&self, epoch: u32, first: u64, district_has: u64, limit: u32) -> Stored<Vec<Outgoing>> {
        let mut statement = self.connection.prepare_cached(include_str!("outgoing.sql"))?;
        let mut found = statement.query(named_params! {
            ":first": key(epoch, first),
            ":last": key(epoch, LAST_SEQUENCE),
            ":has": key(epoch, district_has),
            ":limit": limit,
        })?;
        let mut outgoing = Vec::new();
        while let Some(row) = found.next()? {
            outgoing.push(Outgoing {
                sequence: count(row, "id")? & LAST_SEQUENCE,
                body: row.get("body")?,
                fingerprint: fixed(row, "fingerprint")?,
            });
        }
        Ok(outgoing)
    }

    /// The fingerprint of an operation, if it was sealed here.
    pub fn fingerprint_of(&self, epoch: u32, sequence: u64) -> Stored<Option<[u8; 32]>> {
        let sql = "select fingerprint from operation where id = :id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(named_params! { ":id": key(epoch, sequence) })?;
        found.next()?.map(|row| fixed(row, "fingerprint")).transpose()
    }

    /// The form, period and body of an operation, if it was sealed here.
    pub fn sealed(&self, epoch: u32, sequence: u64) -> Stored<Option<(String, Period, Vec<u8>)>> {
        let sql = "select form, period, body from operation join place on place.id = operation.place \
                   where operation.id = :id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(named_params! { ":id": key(epoch, sequence) })?;
        found.next()?.map(|row| Ok((row.get("form")?, period(row)?, row.get("body")?))).transpose()
    }

    /// All operations of a form and period, in the order in which they were sealed.
    pub fn operations_of(&self, form: &str, period: Period) -> Stored<Vec<OperationRow>> {
        let sql = include_str!("operations_of.sql");
        self.operations(sql, named_params! { ":form": form, ":period": period.code() })
    }

    /// The newest operation of each form and period that the district has not ruled on.
    pub fn newest_queued(&self) -> Stored<Vec<OperationRow>> {
        self.operations(include_str!("newest_queued.sql"), &[])
    }

    /// The newest operation of each form and period that the district has accepted.
    pub fn newest_accepted(&self) -> Stored<Vec<OperationRow>> {
        self.operations(include_str!("newest_accepted.sql"), &[])
    }

    /// Operations that were rejected or in conflict, that no later one of the same form and period, queued or accepted,
    /// has replaced, and in whose place the officer has not accepted what stands.
    pub fn unresolved(&self) -> Stored<Vec<OperationRow>> {
        self.operations(include_str!("unresolved.sql"), &[])
    }

    /// Notes that the officer has accepted what stands in place of an operation that was refused.
    pub fn resolve(&self, epoch: u32, sequence: u64) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("resolve.sql"))?;
        statement.execute(named_params! { ":operation": key(epoch, sequence) })?;
        Ok(())
    }

    /// Whether the officer has accepted what stands in place of an operation, as it is ruled on now.
    pub fn is_resolved(&self, epoch: u32, sequence: u64) -> Stored<bool> {
        let sql = "select 1 from resolved join receipt using (operation, district_commit) where operation = :operation";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.exists(named_params! { ":operation": key(epoch, sequence) })?)
    }

    /// How many operations the district has not ruled on.
    pub fn queued_count(&self) -> Stored<u64> {
        self.counted("select count(*) from outbox")
    }

    /// How many operations the district has accepted.
    pub fn accepted_count(&self) -> Stored<u64> {
        self.counted(include_str!("accepted_count.sql"))
    }

    fn counted(&self, sql: &str) -> Stored<u64> {
        let counted: i64 = self.connection.query_row(sql, [], single)?;
        u64::try_from(counted).map_err(|_| damaged("operation"))
    }

    fn operations(&self, sql: &str, bound: &[(&str, &dyn rusqlite::ToSql)]) -> Stored<Vec<OperationRow>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(bound)?;
        let mut operations = Vec::new();
        while let Some(row) = found.next()? {
            operations.push(operation(row)?);
        }
        Ok(operations)
    }
}

pub(super) fn operation(row: &Row<'_>) -> Stored<OperationRow> {
    Ok(OperationRow {
        epoch: small(row, "epoch")?,
        sequence: count(row, "sequence")?,
        submission: SubmissionId::from_bytes(fixed(row, "submission")?),
        form: row.get("form")?,
        period: period(row)?,
        body: row.get("body")?,
        fingerprint: fixed(row, "fingerprint")?,
        chain: Chain(fixed(row, "chain")?),
        sealed_at_ms: row.get("sealed_at_ms")?,
        receipt: receipt_or_none(row)?,
    })
}
