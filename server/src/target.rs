//! Targets set by hand: what the document leaves open.

use gom_domain::progress::{ByHand, Status};
use gom_domain::target::Comparator;

use crate::books::{Answer, Changes};
use crate::enrol::{next_change, refused};
use crate::memory::Memory;
use crate::store::{ChangeKind, Stored};
use crate::wording::Trouble;

/// The statuses that can be set by hand. The others say how far the figures go, which no hand can know better.
pub const BY_HAND: [Status; 5] =
    [Status::Met, Status::OnTrack, Status::AtRisk, Status::Behind, Status::Missed];

/// What is to be set.
#[derive(Clone, Debug)]
pub struct SetTarget {
    /// The programme's year.
    pub year: i16,
    /// The target's key.
    pub key: String,
    /// The status with its note, or the value; what is not given stays as it was set before.
    pub set: ByHand,
}

/// Sets a guideline's status or a target's value.
pub fn set(memory: &Memory, job: &SetTarget) -> Stored<(Changes, Answer)> {
    let Some((programme, _)) = memory.year(job.year) else {
        return refused(Trouble::no_programme(memory, Some(job.year)));
    };
    let Some(target) = programme.target_named(&job.key) else {
        return refused(Trouble::UnknownTarget(job.key.clone()));
    };
    if let Some(status) = job.set.status.filter(|status| !BY_HAND.contains(status)) {
        return refused(Trouble::StatusNotByHand(status));
    }
    if job.set.status.is_some() && job.set.note.trim().is_empty() {
        return refused(Trouble::StatusAndNote);
    }
    let judged_by_hand = matches!(target.comparator, Comparator::Guideline | Comparator::Reference);
    if job.set.status.is_some() && !judged_by_hand {
        return refused(Trouble::NotByHand(target.reference.clone(), job.year));
    }
    if job.set.value.is_some()
        && !target.comparator.needs_value()
        && target.comparator != Comparator::Reference
    {
        return refused(Trouble::TakesNoValue(target.reference.clone(), job.year));
    }
    let mut set = memory.by_hand(job.year).remove(&target.key).unwrap_or_default();
    if job.set.status.is_some() {
        set.status = job.set.status;
        set.note.clone_from(&job.set.note);
    }
    set.value = job.set.value.or(set.value);
    let body = gom_proto::change::encode_target(job.year, &target.key, &set);
    let row = next_change(memory, ChangeKind::Target, job.year, body);
    Ok((Changes { rows: vec![row.clone()], ..Changes::default() }, Answer::Changed(row.seq)))
}
