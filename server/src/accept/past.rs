//! What was submitted before for a unit, form and period, as the journal has it.

use gom_domain::ruling::Verdict;
use gom_domain::submission::SubmissionId;
use gom_proto::submission::Envelope;

use super::appending::Appending;
use crate::store::{Stored, SubmissionRow};

/// Nothing is known here of what a submission was made from.
pub(super) struct UnknownBase;

/// What was submitted before for a unit, form and period, newest first.
pub(super) struct Past(Vec<SubmissionRow>);

impl Past {
    /// Reads it from the newest on.
    pub(super) fn read(journal: &mut Appending<'_>, newest: Option<u64>) -> Stored<Self> {
        let mut rows = Vec::new();
        let mut next = newest;
        while let Some(seq) = next {
            let row = journal.written()?.submission(seq)?;
            next = row.prior;
            rows.push(row);
        }
        Ok(Self(rows))
    }

    /// The ids, where they can be read.
    pub(super) fn ids(&self) -> impl Iterator<Item = SubmissionId> + '_ {
        self.0.iter().filter_map(|row| Envelope::decode(&row.body).ok()).map(|envelope| envelope.id)
    }

    /// The submission of an id: the first one, for those after it that bore the same id were none.
    pub(super) fn find(&self, id: SubmissionId) -> Option<&SubmissionRow> {
        self.0.iter().rev().find(|row| Envelope::decode(&row.body).is_ok_and(|envelope| envelope.id == id))
    }

    /// Whether a submission has been accepted as this revision.
    pub(super) fn holds(&self, revision: u32) -> bool {
        let accepted = |row: &SubmissionRow| row.handed_in().and_then(|handed_in| handed_in.accepted);
        self.0.iter().any(|row| accepted(row) == Some(revision))
    }

    /// Whether these books have ruled on an entry themselves, rather than let a ruling stand as it was told.
    pub(super) fn ruled_on(&self, seq: u64) -> bool {
        self.0.iter().any(|row| row.seq == seq && row.ruling.told.is_none())
    }

    /// Whether what is made from a base was made, over however many versions, from the submission of an entry; none where
    /// what lies between is not known here.
    pub(super) fn descends(&self, mut base: Option<SubmissionId>, from: u64) -> Option<bool> {
        // Each step goes one submission back; more steps than submissions would be a circle.
        for _ in 0..=self.0.len() {
            let Some(id) = base else { return Some(false) };
            let row = self.find(id)?;
            if row.seq == from {
                return Some(true);
            }
            base = Envelope::decode(&row.body).ok()?.base;
        }
        None
    }

    /// The version that a base stands for: rejected ones never stood, so what they were made from counts instead.
    pub(super) fn base(&self, base: Option<SubmissionId>) -> Result<Option<SubmissionId>, UnknownBase> {
        let mut base = base;
        // Each step goes one submission back; more steps than submissions would be a circle.
        for _ in 0..=self.0.len() {
            let Some(id) = base else { return Ok(None) };
            let row = self.find(id).ok_or(UnknownBase)?;
            if !matches!(row.ruling.verdict, Verdict::Rejected(_)) {
                return Ok(Some(id));
            }
            base = Envelope::decode(&row.body).map_err(|_| UnknownBase)?.base;
        }
        Err(UnknownBase)
    }
}
