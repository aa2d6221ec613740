//! The journal while a group is judged.

use crate::store::{Ledger, Stored, SubmissionRow};

/// The journal with what a group appends. Its rows are written many at a time, and before anything is read.
pub(super) struct Appending<'a> {
    ledger: &'a mut dyn Ledger,
    unwritten: Vec<SubmissionRow>,
}

impl<'a> Appending<'a> {
    pub(super) fn new(ledger: &'a mut dyn Ledger) -> Self {
        Self { ledger, unwritten: Vec::new() }
    }

    /// Appends a row.
    pub(super) fn append(&mut self, row: SubmissionRow) {
        self.unwritten.push(row);
    }

    /// The journal with all that was appended.
    pub(super) fn written(&mut self) -> Stored<&mut dyn Ledger> {
        self.ledger.append_submissions(&self.unwritten)?;
        self.unwritten.clear();
        Ok(self.ledger)
    }
}
