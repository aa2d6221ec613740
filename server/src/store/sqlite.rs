//! The books in SQLite: WAL, synchronous FULL, one writer.

mod copy;
mod open;
mod rows;

use std::path::PathBuf;

use gom_domain::greeting::HistoryId;
use gom_durable::marks::Marks;
use gom_proto::planted;
use gom_proto::seal::SealKey;
use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::{
    AuthorityRow, ChangeRow, CodeRow, CommitRow, DeviceRow, Entries, HandedIn, Journal, Ledger, Numbered,
    Place, Reached, StandingRow, StoreError, Stored, SubmissionRow, UserRow,
};
pub use open::APPLICATION_ID;

/// As long as at least one in so many is wanted, going through all rows is quicker than looking some of them up.
const SCANNED: u64 = 8;

/// The books in a SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    marks: Marks,
    file: PathBuf,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::{ErrorCode, ffi};
        // The index beside the books cannot grow only where there is no room left.
        let no_room = error.sqlite_error().is_some_and(|e| e.extended_code == ffi::SQLITE_IOERR_SHMSIZE);
        match error.sqlite_error_code() {
            Some(code) if no_room || code == ErrorCode::DiskFull => Self::Full(error),
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::PermissionDenied,
            ) => Self::Io(error),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Sql(error),
        }
    }
}

impl From<gom_durable::Error> for StoreError {
    fn from(error: gom_durable::Error) -> Self {
        use gom_durable::Error;
        match error {
            Error::Database(error) => error.into(),
            Error::System(error) => {
                let is_full = error.kind() == std::io::ErrorKind::StorageFull;
                let error = rusqlite::Error::ToSqlConversionFailure(error.into());
                if is_full { Self::Full(error) } else { Self::Io(error) }
            }
            held @ (Error::Held | Error::NotOneFile(_)) => Self::Damaged(held.to_string()),
        }
    }
}

impl Sqlite {
    /// Carries out a statement that is carried out for every group.
    fn carry_out(&mut self, sql: &str) -> Stored<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn visit<T>(
        &mut self,
        sql: &str,
        bound: u64,
        read: fn(&rusqlite::Row<'_>) -> Stored<T>,
        visit: &mut dyn FnMut(T) -> Stored<()>,
    ) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(named_params! { ":bound": rows::int(bound) })?;
        while let Some(row) = rows.next()? {
            visit(read(row)?)?;
        }
        Ok(())
    }
}

impl Journal for Sqlite {
    fn founded(&mut self) -> Stored<(HistoryId, SealKey)> {
        let (history, key): (Vec<u8>, Vec<u8>) =
            self.connection.query_row("select history, seal_key from district", [], |row| {
                Ok((row.get("history")?, row.get("seal_key")?))
            })?;
        Ok((HistoryId(rows::fixed(history, "history")?), SealKey(rows::fixed(key, "seal_key")?)))
    }

    fn last_commit(&mut self) -> Stored<Option<CommitRow>> {
        let sql = "select last_seq, at_ms, head from commits order by last_seq desc limit 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([])?;
        found.next()?.map(rows::commit).transpose()
    }

    fn commit_of(&mut self, seq: u64) -> Stored<CommitRow> {
        let sql =
            "select last_seq, at_ms, head from commits where last_seq >= :seq order by last_seq limit 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(named_params! { ":seq": rows::int(seq) })?;
        match found.next()? {
            Some(row) => rows::commit(row),
            None => Err(StoreError::Damaged(format!("entry {seq} belongs to no commit"))),
        }
    }

    fn each_commit(&mut self, visit: &mut dyn FnMut(CommitRow) -> Stored<()>) -> Stored<()> {
        let sql = "select last_seq, at_ms, head from commits where last_seq <= :bound order by last_seq";
        self.visit(sql, u64::MAX, rows::commit, visit)
    }

    fn names(&mut self) -> Stored<(Numbered, Numbered)> {
        let read = |sql: &str| -> Stored<Numbered> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let names = statement.query_map([], |row| Ok((row.get("number")?, row.get("name")?)))?;
            Ok(names.collect::<Result<_, _>>()?)
        };
        Ok((
            read("select number, id as name from unit order by number")?,
            read("select number, key as name from form order by number")?,
        ))
    }

    fn devices(&mut self) -> Stored<Vec<DeviceRow>> {
        let mut statement = self.connection.prepare_cached("select * from device order by number")?;
        let mut found = statement.query([])?;
        let mut devices = Vec::new();
        while let Some(row) = found.next()? {
            devices.push(rows::device(row)?);
        }
        Ok(devices)
    }

    fn authorities(&mut self) -> Stored<Vec<AuthorityRow>> {
        let mut statement = self.connection.prepare_cached("select * from authority order by number")?;
        let mut found = statement.query([])?;
        let mut authorities = Vec::new();
        while let Some(row) = found.next()? {
            authorities.push(rows::authority(row)?);
        }
        Ok(authorities)
    }

    fn users(&mut self) -> Stored<Vec<UserRow>> {
        let mut statement = self.connection.prepare_cached("select * from user order by name")?;
        let mut found = statement.query([])?;
        let mut users = Vec::new();
        while let Some(row) = found.next()? {
            users.push(rows::user(row)?);
        }
        Ok(users)
    }

    fn code(&mut self, hash: &[u8; 32]) -> Stored<Option<CodeRow>> {
        let mut statement = self.connection.prepare_cached("select * from code where hash = :hash")?;
        let mut found = statement.query(named_params! { ":hash": hash })?;
        found.next()?.map(rows::code).transpose()
    }

    fn submission(&mut self, seq: u64) -> Stored<SubmissionRow> {
        let mut statement = self.connection.prepare_cached("select * from submission where seq = :seq")?;
        let mut found = statement.query(named_params! { ":seq": rows::int(seq) })?;
        match found.next()? {
            Some(row) => rows::submission(row),
            None => Err(StoreError::Damaged(format!("there is no submission {seq}"))),
        }
    }

    fn submission_of(&mut self, device: u32, epoch: u32, sequence: u64) -> Stored<Option<SubmissionRow>> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/submission_of.sql"))?;
        let mut found = statement
            .query(named_params! { ":device": device, ":epoch": epoch, ":sequence": rows::int(sequence) })?;
        found.next()?.map(rows::submission).transpose()
    }

    fn last_of(&mut self, device: u32, epoch: u32) -> Stored<u64> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/last_of.sql"))?;
        let last: Option<i64> = statement
            .query_row(named_params! { ":device": device, ":epoch": epoch }, |row| row.get("last"))?;
        Ok(last.map_or(0, i64::cast_unsigned))
    }

    fn standing(&mut self, place: Place) -> Stored<Option<StandingRow>> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/standing.sql"))?;
        let bound =
            named_params! { ":period": place.period.code(), ":form": place.form, ":unit": place.unit };
        let read =
            |row: &rusqlite::Row<'_>| Ok((row.get::<_, Option<i64>>("seq")?, row.get::<_, i64>("last")?));
        let found = statement.query_row(bound, read).optional()?;
        Ok(found
            .map(|(seq, last)| StandingRow { seq: seq.map(i64::cast_unsigned), last: last.cast_unsigned() }))
    }

    fn newest_of(&mut self, device: u32, after: u64) -> Stored<Vec<SubmissionRow>> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/newest_of.sql"))?;
        let (mut newest, mut below) = (Vec::new(), u32::MAX);
        // Within an epoch the sequences go with the journal; one that has ended may have been given back after later ones.
        'epochs: loop {
            let mut found = statement.query(named_params! { ":device": device, ":below": below })?;
            while let Some(row) = found.next()? {
                let row = rows::submission(row)?;
                if row.seq <= after {
                    below = row.epoch;
                    continue 'epochs;
                }
                newest.push(row);
            }
            return Ok(newest);
        }
    }

    fn each_change(&mut self, up_to: u64, visit: &mut dyn FnMut(ChangeRow) -> Stored<()>) -> Stored<()> {
        self.visit("select * from change where seq <= :bound order by seq", up_to, rows::change, visit)
    }

    fn each_submission(
        &mut self,
        up_to: u64,
        visit: &mut dyn FnMut(SubmissionRow) -> Stored<()>,
    ) -> Stored<()> {
        self.visit(
            "select * from submission where seq <= :bound order by seq",
            up_to,
            rows::submission,
            visit,
        )
    }

    fn each_handed_in(
        &mut self,
        up_to: u64,
        visit: &mut dyn FnMut(HandedIn<'_>) -> Stored<()>,
    ) -> Stored<u64> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/each_handed_in.sql"))?;
        let mut found = statement.query(named_params! { ":up_to": rows::int(up_to) })?;
        let mut count = 0;
        while let Some(row) = found.next()? {
            rows::handed_in(row)?.map_or(Ok(()), &mut *visit)?;
            count += 1;
        }
        Ok(count)
    }

    fn each_of(
        &mut self,
        entries: &Entries,
        visit: &mut dyn FnMut(SubmissionRow) -> Stored<()>,
    ) -> Stored<()> {
        if entries.len() < entries.last() / SCANNED {
            return entries.iter().try_for_each(|seq| visit(self.submission(seq)?));
        }
        let sql = "select * from submission where seq <= :last order by seq";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(named_params! { ":last": rows::int(entries.last()) })?;
        let mut missing = entries.len();
        while let Some(row) = found.next()? {
            if entries.contains(row.get::<_, i64>(0)?.cast_unsigned()) {
                visit(rows::submission(row)?)?;
                missing -= 1;
            }
        }
        if missing > 0 {
            return Err(StoreError::Damaged(format!("{missing} submissions that stand are not there")));
        }
        Ok(())
    }

    fn places(&mut self) -> Stored<u64> {
        let mut statement = self.connection.prepare_cached("select count(*) from standing")?;
        Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    fn standings(&mut self) -> Stored<Vec<(Place, StandingRow)>> {
        let mut statement = self.connection.prepare_cached("select * from standing")?;
        let mut found = statement.query([])?;
        let mut standings = Vec::new();
        while let Some(row) = found.next()? {
            standings.push(rows::standing(row)?);
        }
        Ok(standings)
    }
}

impl Ledger for Sqlite {
    fn begin(&mut self) -> Stored<()> {
        if planted::is("answer-before-commit") && !self.connection.is_autocommit() {
            self.carry_out("commit")?;
        }
        self.marks.forget();
        self.carry_out("begin immediate")
    }

    fn commit(&mut self) -> Stored<()> {
        self.marks.write_down(&self.connection)?;
        self.carry_out("commit")
    }

    fn roll_back(&mut self) -> Stored<()> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        Ok(self.connection.execute_batch("rollback")?)
    }

    fn name_unit(&mut self, number: u32, id: &str) -> Stored<()> {
        let mut statement =
            self.connection.prepare_cached("insert into unit (number, id) values (:number, :id)")?;
        statement.execute(named_params! { ":number": number, ":id": id })?;
        Ok(())
    }

    fn name_form(&mut self, number: u32, key: &str) -> Stored<()> {
        let mut statement =
            self.connection.prepare_cached("insert into form (number, key) values (:number, :key)")?;
        statement.execute(named_params! { ":number": number, ":key": key })?;
        Ok(())
    }

    fn put_device(&mut self, device: &DeviceRow) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/put_device.sql"))?;
        statement.execute(named_params! {
            ":number": device.number,
            ":id": device.id.0,
            ":unit": device.unit,
            ":district": device.district,
            ":name": device.name,
            ":secret_hash": device.secret_hash,
            ":epoch": device.reached.epoch,
            ":last_sequence": rows::int(device.reached.last_sequence),
            ":chain": device.reached.chain.0,
            ":last_commit": rows::int(device.reached.last_commit),
            ":contact_ms": device.contact_ms,
            ":skew_ms": device.skew_ms,
            ":app_version": device.app_version,
            ":revoked_ms": device.revoked_ms,
            ":authority": device.authority,
        })?;
        Ok(())
    }

    fn put_authority(&mut self, authority: &AuthorityRow) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/put_authority.sql"))?;
        statement.execute(named_params! {
            ":number": authority.number,
            ":key": authority.key.0,
            ":certificate": authority.certificate,
            ":made_ms": authority.made_ms,
            ":retired_ms": authority.retired_ms,
        })?;
        Ok(())
    }

    fn put_user(&mut self, user: &UserRow) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/put_user.sql"))?;
        statement.execute(named_params! {
            ":name": user.name.as_str(),
            ":full_name": user.full_name,
            ":role": user.rights.role.key(),
            ":restricted": user.rights.restricted,
            ":password": user.password.as_str(),
            ":made_ms": user.made_ms,
            ":password_ms": user.password_ms,
            ":disabled_ms": user.disabled_ms,
        })?;
        Ok(())
    }

    fn advance_device(&mut self, number: u32, reached: &Reached) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/advance_device.sql"))?;
        statement.execute(named_params! {
            ":number": number,
            ":epoch": reached.epoch,
            ":last_sequence": rows::int(reached.last_sequence),
            ":chain": reached.chain.0,
            ":last_commit": rows::int(reached.last_commit),
        })?;
        Ok(())
    }

    fn put_code(&mut self, code: &CodeRow) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/put_code.sql"))?;
        statement.execute(named_params! {
            ":hash": code.hash,
            ":unit": code.unit,
            ":expires_ms": code.expires_ms,
            ":device": code.device,
        })?;
        Ok(())
    }

    fn append_submissions(&mut self, rows: &[SubmissionRow]) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/append_submission.sql"))?;
        for row in rows {
            let (verdict, revision) = rows::verdict(&row.ruling);
            // In the order of the statement's names: looking thousands of them up takes as long as writing the rows.
            statement.execute(params![
                rows::int(row.seq),
                row.device,
                row.epoch,
                rows::int(row.sequence),
                row.unit,
                row.place.map(|place| place.form),
                row.place.map(|place| place.period.code()),
                verdict,
                revision,
                row.prior.map(rows::int),
                row.repeats.map(rows::int),
                row.body,
                rows::kept_ruling(&row.ruling),
            ])?;
        }
        Ok(())
    }

    fn append_change(&mut self, row: &ChangeRow) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/append_change.sql"))?;
        statement.execute(named_params! {
            ":seq": rows::int(row.seq),
            ":kind": row.kind.key(),
            ":year": row.year,
            ":body": row.body,
            ":who": row.who,
        })?;
        Ok(())
    }

    fn append_commit(&mut self, row: &CommitRow) -> Stored<()> {
        let sql = "insert into commits (last_seq, at_ms, head) values (:last_seq, :at_ms, :head)";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.execute(
            named_params! { ":last_seq": rows::int(row.last_seq), ":at_ms": row.at_ms, ":head": row.head },
        )?;
        Ok(())
    }

    fn put_standings(&mut self, rows: &mut dyn Iterator<Item = (Place, StandingRow)>) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("sqlite/put_standing.sql"))?;
        for (place, row) in rows {
            let (period, seq, last) = (place.period.code(), row.seq.map(rows::int), rows::int(row.last));
            statement.execute(params![period, place.form, place.unit, seq, last])?;
        }
        Ok(())
    }

    fn reopen(&mut self) -> Stored<()> {
        // The old handle goes first, whatever comes: after a failed write nothing may be asked of it again.
        self.connection = Connection::open_in_memory()?;
        (self.connection, self.marks) = open::writer(&self.file)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use gom_domain::greeting::DeviceId;
    use gom_domain::ruling::{Ruling, Verdict};
    use gom_proto::seal::SealKey;

    use super::*;

    #[test]
    fn what_is_given_back_of_an_epoch_that_has_ended_is_new_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("books.db");
        let mut books = Sqlite::found(&file, HistoryId([1; 16]), SealKey([2; 32]), 0).unwrap();
        let device = DeviceRow::unheard(1, DeviceId([3; 16]), 1, false);
        let row = |seq, epoch, sequence| SubmissionRow {
            seq,
            device: 1,
            epoch,
            sequence,
            unit: 1,
            place: None,
            ruling: Ruling::plain(Verdict::Accepted { revision: 1 }),
            prior: None,
            repeats: None,
            body: Vec::new(),
        };
        books.name_unit(1, "a").unwrap();
        books.put_device(&device).unwrap();
        books
            .append_submissions(&[row(1, 1, 1), row(2, 3, 1), row(3, 3, 2), row(4, 1, 2), row(5, 2, 1)])
            .unwrap();
        let mut after = |seq| {
            let rows = books.newest_of(1, seq).unwrap();
            rows.into_iter().map(|row| row.seq).collect::<Vec<_>>()
        };
        assert_eq!(after(3), [5, 4], "though the device has come to its third epoch");
        assert_eq!((after(0), after(5)), (vec![3, 2, 5, 4, 1], vec![]));
    }
}
