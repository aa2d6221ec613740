//! Operations: what was sealed here, in order. They are only ever added.

use gom_domain::Period;
use gom_domain::greeting::{Chain, fingerprint};
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
        // Looked up once: there may be tens of thousands of rows.
        let [id, body, fingerprint] = ["id", "body", "fingerprint"].map(|name| statement.column_index(name));
        let (id, body, fingerprint) = (id?, body?, fingerprint?);
        let mut found = statement.query(named_params! {
            ":first": key(epoch, first),
            ":last": key(epoch, LAST_SEQUENCE),
            ":has": key(epoch, district_has),
            ":limit": limit,
        })?;
        let mut outgoing = Vec::new();
        while let Some(row) = found.next()? {
            outgoing.push(Outgoing {
                sequence: row.get::<_, i64>(id)?.unsigned_abs() & LAST_SEQUENCE,
                body: row.get(body)?,
                fingerprint: row.get(fingerprint)?,
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

    /// Whether an operation is handed in under another number.
    pub fn is_moved(&self, epoch: u32, sequence: u64) -> Stored<bool> {
        let sql = "select 1 from moved where operation = :operation";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.exists(named_params! { ":operation": key(epoch, sequence) })?)
    }

    /// Begins another epoch: what is queued becomes new operations in it, on their old base, so that what has been
    /// overtaken meanwhile shows as a conflict. Returns how many they are.
    pub fn rebase(&self, epoch: u32) -> Stored<u64> {
        let queued = self.operations(include_str!("queued.sql"), &[])?;
        let before: Vec<OperationRow> = queued.into_iter().filter(|old| old.epoch != epoch).collect();
        let last = self.move_on(&before, epoch)?;
        self.begin_epoch(epoch)?;
        Ok(last)
    }

    /// Queues operations again under new numbers, for the district has others under theirs. What was told of them before
    /// stays, and counts no more.
    pub fn queue_again(&self, epoch: u32, first: u64, last: u64) -> Stored<()> {
        let bound = named_params! { ":first": key(epoch, first), ":last": key(epoch, last) };
        let operations = self.operations(include_str!("unmoved.sql"), bound)?;
        let own = self.folder()?.and_then(|row| row.enrolled);
        let into = own.ok_or_else(|| damaged("folder"))?.epoch;
        self.move_on(&operations, into).map(drop)
    }

    /// Lets operations go on as new ones of an epoch. Returns the last one's sequence.
    fn move_on(&self, operations: &[OperationRow], epoch: u32) -> Stored<u64> {
        let mut head = self.head(epoch)?;
        let mut moved = self.connection.prepare_cached(include_str!("put_moved.sql"))?;
        let mut take_out =
            self.connection.prepare_cached("delete from outbox where operation = :operation")?;
        for old in operations {
            let (sequence, chain) = (head.sequence + 1, head.chain.then_sealed(&old.fingerprint));
            let from = key(old.epoch, old.sequence);
            self.append(&OperationRow { epoch, sequence, chain, ..old.clone() })?;
            moved.execute(named_params! { ":operation": from, ":moved_to": key(epoch, sequence) })?;
            take_out.execute(named_params! { ":operation": from })?;
            head = Head { sequence, chain };
        }
        Ok(head.sequence)
    }

    /// The bodies of operations, of which none may be missing.
    pub fn bodies(&self, epoch: u32, first: u64, last: u64) -> Stored<Vec<Vec<u8>>> {
        let sql = "select body, fingerprint from operation where id between :first and :last order by id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found =
            statement.query(named_params! { ":first": key(epoch, first), ":last": key(epoch, last) })?;
        let mut bodies = Vec::new();
        while let Some(row) = found.next()? {
            let body: Vec<u8> = row.get("body")?;
            if fingerprint(&body) != fixed(row, "fingerprint")? {
                return Err(damaged("body"));
            }
            bodies.push(body);
        }
        let all = bodies.len() as u64 == last - first + 1;
        if all { Ok(bodies) } else { Err(damaged("operation")) }
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

    /// Whether a body is here, whoever has sealed it.
    pub fn holds_body(&self, fingerprint: &[u8; 32]) -> Stored<bool> {
        let sql = "select 1 from operation where fingerprint = :fingerprint
                   union all select 1 from filed where fingerprint = :fingerprint";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.exists(named_params! { ":fingerprint": fingerprint })?)
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
        let counted: i64 = self.connection.prepare_cached(sql)?.query_row([], single)?;
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

#[cfg(test)]
mod tests {
    use gom_domain::ruling::{RejectionCode, Ruling, Verdict};

    use super::*;
    use crate::fixture::{commune, folder, receipt, rule};
    use crate::outbox::Which;
    use crate::store::{ReceiptRow, Store};

    const ACCEPTED: Verdict = Verdict::Accepted { revision: 1 };

    /// A folder that has handed in the budget of May so often.
    fn handed_in(times: usize) -> tempfile::TempDir {
        let folder = folder();
        for time in 0..times {
            commune(&folder).set("budget", "2024-05", &[("tax_revenue", &time.to_string())]).unwrap();
            assert_eq!(commune(&folder).submit(&Which::All, None).unwrap().sealed.len(), 1);
        }
        folder
    }

    fn seen<T>(folder: &tempfile::TempDir, look: impl FnOnce(&Rows<'_>) -> Stored<T>) -> T {
        Store::open(folder.path()).unwrap().read(look).unwrap()
    }

    fn sequences(rows: Stored<Vec<OperationRow>>) -> Stored<Vec<u64>> {
        Ok(rows?.into_iter().map(|row| row.sequence).collect())
    }

    #[test]
    fn counts_follow_the_rulings() {
        let folder = handed_in(4);
        rule(&folder, 1, ACCEPTED);
        rule(&folder, 2, Ruling::rejected(RejectionCode::Figures).verdict);
        rule(&folder, 3, ACCEPTED);
        let counts = seen(&folder, |rows| Ok((rows.accepted_count()?, rows.queued_count()?)));
        assert_eq!(counts, (2, 1));
        let anew = [(2, receipt(900, ACCEPTED))];
        let mut store = Store::open(folder.path()).unwrap();
        store.write(|rows| rows.settle(1, &anew, None)).unwrap();
        store.write(|rows| rows.settle(1, &anew, None)).unwrap();
        let counts = seen(&folder, |rows| Ok((rows.accepted_count()?, rows.queued_count()?)));
        assert_eq!(counts, (3, 1), "a ruling under another history counts once");
    }

    #[test]
    fn what_was_told_of_a_number_shows_until_the_next_number_is_ruled_on() {
        let folder = handed_in(2);
        rule(&folder, 1, ACCEPTED);
        rule(&folder, 2, ACCEPTED);
        let settled_in = |epoch, commit, verdict| {
            let anew = [(1, receipt(commit, verdict))];
            Store::open(folder.path()).unwrap().write(|rows| rows.settle(epoch, &anew, None)).unwrap();
        };
        let move_on = |into| {
            let mut store = Store::open(folder.path()).unwrap();
            let first = |rows: &Rows<'_>| {
                let id = key(into - 1, 1);
                let bound = named_params! { ":first": id, ":last": id };
                rows.operations(include_str!("unmoved.sql"), bound)
            };
            store.write(|rows| rows.move_on(&first(rows)?, into)).unwrap();
        };
        let shown = || {
            let commit = |row: ReceiptRow| row.receipt.commit;
            seen(&folder, |rows| Ok(rows.receipts()?.into_iter().map(commit).collect::<Vec<_>>()))
        };
        move_on(2);
        assert_eq!(shown(), [101, 102], "nothing else has been told of the first");
        settled_in(2, 900, Verdict::Conflict { current: 8 });
        assert_eq!(shown(), [102, 900]);
        move_on(3);
        assert_eq!(shown(), [102, 900]);
        settled_in(3, 901, ACCEPTED);
        assert_eq!(shown(), [102, 901]);
    }

    #[test]
    fn what_was_left_open_between_others_stays_the_newest_that_is_queued() {
        let folder = handed_in(4);
        for sequence in [1, 3, 4] {
            rule(&folder, sequence, ACCEPTED);
        }
        assert_eq!(seen(&folder, |rows| sequences(rows.newest_queued())), [2]);
        assert_eq!(seen(&folder, |rows| sequences(rows.newest_accepted())), [4]);
        let outgoing =
            |has| seen(&folder, |rows| rows.outgoing(1, 1, has, 9)).into_iter().map(|one| one.sequence);
        assert_eq!(outgoing(4).collect::<Vec<_>>(), [2], "again, for its receipt");
        assert_eq!(outgoing(3).collect::<Vec<_>>(), [2, 4], "and what a restored district has lost");
    }

    #[test]
    fn what_is_queued_hides_no_older_one_that_stands() {
        let folder = handed_in(3);
        rule(&folder, 1, ACCEPTED);
        rule(&folder, 2, Ruling::rejected(RejectionCode::Figures).verdict);
        assert_eq!(seen(&folder, |rows| sequences(rows.newest_accepted())), [1]);
        assert_eq!(seen(&folder, |rows| sequences(rows.newest_queued())), [3]);
        let unresolved = seen(&folder, |rows| sequences(rows.unresolved()));
        assert!(unresolved.is_empty(), "the queued one replaces it");
    }
}
