//! Histories: books that were restored go on under another name, so that communes know that something may be missing.

use gom_domain::greeting::HistoryId;

use crate::books::{Answer, Changes};
use crate::enrol::{next_change, refused};
use crate::memory::Memory;
use crate::store::{ChangeKind, Stored};
use crate::wording::Trouble;

/// Asks for another history.
#[derive(Clone, Copy, Debug)]
pub struct NewHistory {
    /// The history that it follows, or one that the books have lost; where they have left it already, nothing changes.
    pub instead_of: HistoryId,
    /// Its name.
    pub history: HistoryId,
}

/// Asks for the books to wait no longer for what a restored backup lacks.
#[derive(Clone, Debug)]
pub struct GoOn {
    /// Why, in the words of whoever decided it.
    pub note: String,
}

/// Begins another history.
pub fn begin(memory: &Memory, job: &NewHistory) -> Stored<(Changes, Answer)> {
    if memory.history != job.instead_of && memory.has_gone_by(job.instead_of) {
        return Ok((Changes::default(), Answer::Changed(0)));
    }
    let body = gom_proto::change::encode_history(job.history, "restored", job.instead_of);
    let row = next_change(memory, ChangeKind::History, 0, body);
    let answer = Answer::Changed(row.seq);
    Ok((Changes { rows: vec![row], ..Changes::default() }, answer))
}

/// Goes on without what is still missing.
pub fn go_on(memory: &Memory, job: &GoOn) -> Stored<(Changes, Answer)> {
    if !memory.restored {
        return refused(Trouble::NothingMissing);
    }
    let row = next_change(memory, ChangeKind::GoOn, 0, job.note.clone().into_bytes());
    let answer = Answer::Changed(row.seq);
    Ok((Changes { rows: vec![row], ..Changes::default() }, answer))
}
