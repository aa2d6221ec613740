//! Rows to values and back. What cannot be is damage, and is said, never guessed at.

use gom_domain::Period;
use gom_domain::greeting::{Chain, DeviceId};
use gom_domain::ruling::{Ruling, Verdict};
use gom_domain::user::{Rights, Role, UserName};
use gom_trust::SealedPassword;
use rusqlite::Row;

use crate::store::{
    AuthorityKey, AuthorityRow, ChangeKind, ChangeRow, CodeRow, CommitRow, DeviceRow, HandedIn, Place,
    Reached, StandingRow, StoreError, Stored, SubmissionRow, UserRow,
};

/// A number as SQLite keeps it. Sequences stay far below 2^63; a bound beyond it is as good as the largest.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn uint(row: &Row<'_>, column: &'static str) -> Stored<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| damaged(column))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("the column {what} holds what cannot be"))
}

pub(super) fn fixed<const N: usize>(bytes: Vec<u8>, column: &str) -> Stored<[u8; N]> {
    bytes.try_into().map_err(|_| damaged(column))
}

pub(super) fn commit(row: &Row<'_>) -> Stored<CommitRow> {
    Ok(CommitRow {
        last_seq: uint(row, "last_seq")?,
        at_ms: row.get("at_ms")?,
        head: fixed(row.get("head")?, "head")?,
    })
}

pub(super) fn device(row: &Row<'_>) -> Stored<DeviceRow> {
    Ok(DeviceRow {
        number: row.get("number")?,
        id: DeviceId(fixed(row.get("id")?, "id")?),
        unit: row.get("unit")?,
        district: row.get("district")?,
        name: row.get("name")?,
        secret_hash: row.get("secret_hash")?,
        reached: Reached {
            epoch: row.get("epoch")?,
            last_sequence: uint(row, "last_sequence")?,
            chain: Chain(fixed(row.get("chain")?, "chain")?),
            last_commit: uint(row, "last_commit")?,
        },
        contact_ms: row.get("contact_ms")?,
        skew_ms: row.get("skew_ms")?,
        app_version: row.get("app_version")?,
        revoked_ms: row.get("revoked_ms")?,
        authority: row.get("authority")?,
    })
}

pub(super) fn authority(row: &Row<'_>) -> Stored<AuthorityRow> {
    Ok(AuthorityRow {
        number: row.get("number")?,
        key: AuthorityKey(row.get("key")?),
        certificate: row.get("certificate")?,
        made_ms: row.get("made_ms")?,
        retired_ms: row.get("retired_ms")?,
    })
}

pub(super) fn user(row: &Row<'_>) -> Stored<UserRow> {
    let (name, role): (String, String) = (row.get("name")?, row.get("role")?);
    let password: String = row.get("password")?;
    let role = Role::from_key(&role).ok_or_else(|| damaged("role"))?;
    Ok(UserRow {
        name: UserName::parse(&name).map_err(|_| damaged("name"))?,
        full_name: row.get("full_name")?,
        rights: Rights { role, restricted: row.get("restricted")? },
        password: SealedPassword::read(&password).map_err(|_| damaged("password"))?,
        made_ms: row.get("made_ms")?,
        password_ms: row.get("password_ms")?,
        disabled_ms: row.get("disabled_ms")?,
    })
}

pub(super) fn code(row: &Row<'_>) -> Stored<CodeRow> {
    Ok(CodeRow {
        hash: fixed(row.get("hash")?, "hash")?,
        unit: row.get("unit")?,
        expires_ms: row.get("expires_ms")?,
        device: row.get("device")?,
    })
}

pub(super) fn change(row: &Row<'_>) -> Stored<ChangeRow> {
    let kind: String = row.get("kind")?;
    Ok(ChangeRow {
        seq: uint(row, "seq")?,
        kind: ChangeKind::from_key(&kind).ok_or_else(|| damaged("kind"))?,
        year: row.get("year")?,
        body: row.get("body")?,
        who: row.get("who")?,
    })
}

/// Columns one after the other, in the order of `select *`: looking each one up by its name takes longer than reading
/// it, and books are read by the hundred thousand rows. Migrations add columns at a table's end.
struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl Columns<'_> {
    fn take<T: rusqlite::types::FromSql>(&mut self) -> Stored<T> {
        self.next += 1;
        Ok(self.row.get(self.next - 1)?)
    }

    fn uint(&mut self, name: &str) -> Stored<u64> {
        u64::try_from(self.take::<i64>()?).map_err(|_| damaged(name))
    }

    fn entry(&mut self) -> Stored<Option<u64>> {
        Ok(self.take::<Option<i64>>()?.map(i64::cast_unsigned))
    }
}

pub(super) fn submission(row: &Row<'_>) -> Stored<SubmissionRow> {
    let mut columns = Columns { row, next: 0 };
    let seq = columns.uint("seq")?;
    let (device, epoch, sequence) = (columns.take()?, columns.take()?, columns.uint("sequence")?);
    let unit = columns.take()?;
    let place = place(unit, columns.take()?, columns.take()?)?;
    let (number, revision): (u8, u32) = (columns.take()?, columns.take()?);
    let (prior, repeats) = (columns.entry()?, columns.entry()?);
    let body = columns.take()?;
    let ruling = ruling(columns.take()?, revision)?;
    if verdict(&ruling) != (number, revision) {
        return Err(StoreError::Damaged(format!("the verdict of entry {seq} is not the one of its ruling")));
    }
    Ok(SubmissionRow { seq, device, epoch, sequence, unit, place, ruling, prior, repeats, body })
}

/// None where nobody can say what it is about.
pub(super) fn handed_in<'r>(row: &'r Row<'_>) -> Stored<Option<HandedIn<'r>>> {
    let mut columns = Columns { row, next: 0 };
    let (seq, unit) = (columns.uint("seq")?, columns.take()?);
    let Some(place) = place(unit, columns.take()?, columns.take()?)? else { return Ok(None) };
    let accepted = columns.take()?;
    let body = row.get_ref(columns.next)?.as_blob().map_err(|_| damaged("body"))?;
    Ok(Some(HandedIn { seq, place, accepted, body }))
}

fn place(unit: u32, form: Option<u32>, period: Option<u32>) -> Stored<Option<Place>> {
    let Some((form, code)) = form.zip(period) else { return Ok(None) };
    let period = Period::from_code(code).ok_or_else(|| damaged("period"))?;
    Ok(Some(Place { unit, form, period }))
}

pub(super) fn standing(row: &Row<'_>) -> Stored<(Place, StandingRow)> {
    let mut columns = Columns { row, next: 0 };
    let (code, form, unit) = (columns.take()?, columns.take()?, columns.take()?);
    let period = Period::from_code(code).ok_or_else(|| damaged("period"))?;
    let standing = StandingRow { seq: columns.entry()?, last: columns.uint("last")? };
    Ok((Place { unit, form, period }, standing))
}

fn ruling(kept: Option<Vec<u8>>, revision: u32) -> Stored<Ruling> {
    match kept {
        Some(bytes) => gom_proto::ruling::decode(&bytes).map_err(|_| damaged("ruling")),
        None => Ok(Ruling::plain(Verdict::Accepted { revision })),
    }
}

/// The verdict's number and the revision beside it.
pub(super) fn verdict(ruling: &Ruling) -> (u8, u32) {
    match &ruling.verdict {
        Verdict::Accepted { revision } => (0, *revision),
        Verdict::Conflict { current } => (1, *current),
        Verdict::Rejected(_) => (2, 0),
    }
}

/// The ruling's bytes, unless it is a plain acceptance, which the other columns tell.
pub(super) fn kept_ruling(ruling: &Ruling) -> Option<Vec<u8>> {
    (!ruling.is_plain()).then(|| gom_proto::ruling::encode(ruling))
}
