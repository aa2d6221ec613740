//! Rows to values and back. What cannot be is damage, and is said, never guessed at.

use gom_domain::Period;
use gom_domain::greeting::{Chain, DeviceId};
use gom_domain::ruling::{Ruling, Verdict};
use rusqlite::Row;

use crate::store::{
    ChangeKind, ChangeRow, CodeRow, CommitRow, DeviceRow, Place, Reached, StandingRow, StoreError, Stored,
    SubmissionRow,
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
    })
}

pub(super) fn submission(row: &Row<'_>) -> Stored<SubmissionRow> {
    let unit = row.get("unit")?;
    let (form, period): (Option<u32>, Option<u32>) = (row.get("form")?, row.get("period")?);
    let place = match form.zip(period) {
        None => None,
        Some((form, code)) => {
            let period = Period::from_code(code).ok_or_else(|| damaged("period"))?;
            Some(Place { unit, form, period })
        }
    };
    let optional =
        |column: &str| Ok::<_, StoreError>(row.get::<_, Option<i64>>(column)?.map(i64::cast_unsigned));
    let (seq, ruling) = (uint(row, "seq")?, ruling(row)?);
    if verdict(&ruling).0 != row.get::<_, u8>("verdict")? {
        return Err(StoreError::Damaged(format!("the verdict of entry {seq} is not the one of its ruling")));
    }
    Ok(SubmissionRow {
        seq,
        device: row.get("device")?,
        epoch: row.get("epoch")?,
        sequence: uint(row, "sequence")?,
        unit,
        place,
        ruling,
        prior: optional("prior")?,
        repeats: optional("repeats")?,
        body: row.get("body")?,
    })
}

pub(super) fn standing(row: &Row<'_>) -> Stored<(Place, StandingRow)> {
    let period = Period::from_code(row.get("period")?).ok_or_else(|| damaged("period"))?;
    let place = Place { unit: row.get("unit")?, form: row.get("form")?, period };
    let seq = row.get::<_, Option<i64>>("seq")?.map(i64::cast_unsigned);
    Ok((place, StandingRow { seq, last: uint(row, "last")? }))
}

fn ruling(row: &Row<'_>) -> Stored<Ruling> {
    if let Some(bytes) = row.get::<_, Option<Vec<u8>>>("ruling")? {
        return gom_proto::ruling::decode(&bytes).map_err(|_| damaged("ruling"));
    }
    let verdict = Verdict::Accepted { revision: row.get("revision")? };
    Ok(Ruling { verdict, findings: Vec::new() })
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
    let plain = ruling.is_accepted() && ruling.findings.is_empty();
    (!plain).then(|| gom_proto::ruling::encode(ruling))
}
