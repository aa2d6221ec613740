//! Taking back what books that are lost have ruled on, from the communes that still hold it.
//!
//! Their rulings stay as they were told, in whatever order they come, for people have acted on them. Only where the books
//! have let another report stand since, under the same revision or one that the report was not made from, does the one that
//! comes back become a conflict, so that both are seen.

use std::collections::HashMap;

use gom_domain::ruling::{Receipt, RejectionCode, Ruling, Verdict};
use gom_domain::submission::SubmissionId;

use super::past::Past;
use super::{Group, Judged, Number, Receipts, Refusal, Sender, place};
use gom_proto::planted;

use crate::memory::Stands;
use crate::operation::Operation;
use crate::store::{DeviceRow, Stored};

/// What became of operations that were given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The books have them again.
    Now,
    /// The books had them.
    Before,
    /// Something before them is missing: they may be offered again.
    Later,
    /// They are not what the books have in their place.
    Never,
}

impl Group<'_> {
    /// Takes operations of one device back, in order, with what was told of them. Those of which nothing was told are
    /// judged as if they had just come.
    pub fn give_back(
        &mut self,
        device: &DeviceRow,
        (epoch, first_sequence): Number,
        operations: &[Operation],
        told: Receipts,
    ) -> Stored<(Taken, Receipts)> {
        let known = self.senders.get(&device.number).copied();
        let mut sender = known.unwrap_or_else(|| Sender::from(device));
        let mut next = self.next(&sender, epoch)?;
        let mut told: HashMap<u64, Receipt> = told.into_iter().collect();
        let (mut taken, mut receipts) = (Taken::Before, Vec::with_capacity(operations.len()));
        for (sequence, operation) in (first_sequence..).zip(operations) {
            let number = (epoch, sequence);
            if sequence < next {
                match self.repeat(&sender, number, &operation.body)? {
                    Ok(receipt) => receipts.push((sequence, receipt)),
                    Err(_) => return Ok((Taken::Never, receipts)),
                }
                continue;
            }
            let judged = match told.remove(&sequence).filter(|_| !planted::is("given-back-judged-anew")) {
                _ if sequence > next => Err(Refusal::Gap(sequence)),
                Some(told) => self.take_back(&sender, operation, told)?,
                None => self.judge_operation(&sender, sequence, operation)?,
            };
            let Ok(judged) = judged else {
                taken = Taken::Later;
                break;
            };
            receipts.push((sequence, self.append(&mut sender, number, operation, judged)));
            (taken, next) = (Taken::Now, next + 1);
        }
        self.senders.insert(sender.number, sender);
        Ok((taken, receipts))
    }

    /// Takes operations whose own numbers they can never have again under the district's hand, with what was told of them.
    /// The receipts bear their own sequences, from the first one's on. What has come in by any hand is not written again.
    pub fn adopt(
        &mut self,
        hand: &DeviceRow,
        first_sequence: u64,
        operations: &[Operation],
        told: Receipts,
    ) -> Stored<(Taken, Receipts)> {
        let known = self.senders.get(&hand.number).copied();
        let mut sender = known.unwrap_or_else(|| Sender::from(hand));
        let mut told: HashMap<u64, Receipt> = told.into_iter().collect();
        let (mut taken, mut receipts) = (Taken::Before, Vec::with_capacity(operations.len()));
        for (sequence, operation) in (first_sequence..).zip(operations) {
            let judged = match told.remove(&sequence) {
                Some(told) => self.take_back(&sender, operation, told)?,
                None => Err(Refusal::Gap(sequence)),
            };
            let Ok(judged) = judged else {
                taken = Taken::Later;
                break;
            };
            let receipt = if let Some(first) = judged.repeats {
                let row = self.journal.written()?.submission(first)?;
                self.receipt(row)?
            } else {
                taken = Taken::Now;
                let number = (sender.reached.epoch, sender.reached.last_sequence + 1);
                self.append(&mut sender, number, operation, judged)
            };
            receipts.push((sequence, receipt));
        }
        self.senders.insert(sender.number, sender);
        Ok((taken, receipts))
    }

    /// The sequence that comes next in a device's epoch.
    fn next(&mut self, sender: &Sender, epoch: u32) -> Stored<u64> {
        if epoch == sender.reached.epoch {
            return Ok(sender.reached.last_sequence + 1);
        }
        Ok(self.journal.written()?.last_of(sender.number, epoch)? + 1)
    }

    /// Lets a ruling stand as it was told.
    fn take_back(
        &mut self,
        sender: &Sender,
        operation: &Operation,
        told: Receipt,
    ) -> Stored<Result<Judged, Refusal>> {
        let ruling = told.taken_over();
        let unplaced = |ruling| Judged { place: None, ruling, submission: None, repeats: None };
        let Some(envelope) = &operation.envelope else { return Ok(Ok(unplaced(ruling))) };
        let version = envelope.programme_version;
        let unknown = Refusal::UnknownProgramme(version);
        let Some(edition) = self.memory.published(version) else { return Ok(Err(unknown)) };
        let Ok((place, _)) = place(edition, sender.unit, envelope) else {
            // What was accepted had a place in the programme that it names: this cannot be that programme.
            return Ok(if ruling.is_accepted() { Err(unknown) } else { Ok(unplaced(ruling)) });
        };
        let latest = self.latest(place);
        let past = Past::read(&mut self.journal, latest.map(|latest| latest.last))?;
        if !self.seen.has_looked_through(place) {
            self.seen.look_through(place, past.ids());
        }
        if let Some(row) = past.find(envelope.id) {
            return Ok(Ok(Judged::known(place, row, &operation.body)));
        }
        self.seen.note(place, envelope.id);
        let submission = operation.open(&edition.programme);
        let stands = latest.and_then(|latest| latest.stands);
        let ruling = match ruling.verdict {
            Verdict::Accepted { .. } if submission.is_none() => Ruling::rejected(RejectionCode::Misfit),
            Verdict::Accepted { revision }
                if past.holds(revision) || self.passes_over(&past, stands, revision, envelope.base) =>
            {
                Ruling::plain(Verdict::Conflict {
                    current: stands.map_or(0, |stands| stands.standing.revision),
                })
            }
            _ => ruling,
        };
        Ok(Ok(Judged { place: Some(place), ruling, submission, repeats: None }))
    }

    /// Whether a report that comes back as this revision would take the place of one that it was not made from. Where what
    /// lies between has not come back yet, the one that stands is what it was made from, unless it was handed in since.
    fn passes_over(
        &self,
        past: &Past,
        stands: Option<Stands>,
        revision: u32,
        base: Option<SubmissionId>,
    ) -> bool {
        let Some(stands) = stands.filter(|stands| stands.standing.revision < revision) else { return false };
        match past.descends(base, stands.seq) {
            Some(descends) => !descends,
            None => stands.seq > self.memory.began && past.ruled_on(stands.seq),
        }
    }
}
