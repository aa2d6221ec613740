//! The journal's hash chain: each entry's hash takes in the one before it, and each commit seals the entries with its
//! time. Changing, moving or deleting anything breaks the chain from there on.
//!
//! Names go in as they are, not as the short numbers they have in rows, so that giving a number another name breaks
//! the chain, too.

use gom_domain::greeting::{DeviceId, HistoryId, fingerprint};

use crate::memory::Memory;
use crate::store::{ChangeRow, CommitRow, SubmissionRow};

/// What a hash is of, so that no entry can pass for one of another kind.
#[derive(Clone, Copy)]
enum Of {
    History = 1,
    Submission = 2,
    Change = 3,
    Commit = 4,
}

/// What is hashed, each part with its length before it; all at once, for many small pieces take twice as long.
struct Link(Vec<u8>);

impl Link {
    fn new(of: Of, head: [u8; 32]) -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.push(of as u8);
        bytes.extend_from_slice(&head);
        Self(bytes)
    }

    fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    fn part(self, part: &[u8]) -> Self {
        let mut link = self.number(part.len() as u64);
        link.0.extend_from_slice(part);
        link
    }

    fn end(self) -> [u8; 32] {
        fingerprint(&self.0)
    }
}

/// The chain's beginning: the history's name.
pub fn history(history: HistoryId) -> [u8; 32] {
    Link::new(Of::History, [0; 32]).part(&history.0).end()
}

/// The chain after a submission, whose body has this fingerprint.
pub fn submission(
    head: [u8; 32],
    memory: &Memory,
    device: DeviceId,
    row: &SubmissionRow,
    fingerprint: &[u8; 32],
) -> [u8; 32] {
    let unit = memory.unit_id(row.unit).map_or("", |id| id.as_str());
    let form = row.place.and_then(|place| memory.form_key(place.form)).unwrap_or("");
    let period = row.place.map_or(0, |place| place.period.code());
    Link::new(Of::Submission, head)
        .number(row.seq)
        .part(&device.0)
        .number(row.epoch.into())
        .number(row.sequence)
        .part(unit.as_bytes())
        .part(form.as_bytes())
        .number(period.into())
        .number(row.prior.unwrap_or(0))
        .number(row.repeats.unwrap_or(0))
        .part(&gom_proto::ruling::encode(&row.ruling))
        .part(fingerprint)
        .end()
}

/// The chain after a change.
pub fn change(head: [u8; 32], row: &ChangeRow) -> [u8; 32] {
    let link = Link::new(Of::Change, head)
        .number(row.seq)
        .part(row.kind.key().as_bytes())
        .number(row.year.unsigned_abs().into())
        .part(&row.body);
    // Nobody was named in books of earlier versions.
    if row.who.is_empty() { link.end() } else { link.part(row.who.as_bytes()).end() }
}

/// The chain after a commit, whose head is to be this.
pub fn commit(head: [u8; 32], last_seq: u64, at_ms: i64) -> CommitRow {
    let sealed = Link::new(Of::Commit, head).number(last_seq).number(at_ms.cast_unsigned()).end();
    CommitRow { last_seq, at_ms, head: sealed }
}
