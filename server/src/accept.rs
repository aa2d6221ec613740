//! Accepting submissions: the one way that figures enter the books.
//!
//! A commune that lost a receipt sends the same operation again. Once judged it stays judged, even if other versions
//! stand since, so the stored ruling is looked for before anything is judged.

mod appending;
mod give_back;
mod past;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use foldhash::HashMap;
use gom_domain::Period;
use gom_domain::calendar::vietnam_day;
use gom_domain::form::FormIx;
use gom_domain::greeting::DeviceId;
use gom_domain::ruling::{Case, Receipt, RejectionCode, Ruling, Standing, Verdict, judge};
use gom_domain::submission::{Submission, SubmissionId};
use gom_domain::unit::UnitIx;
use gom_proto::planted;
use gom_proto::submission::Envelope;
use jiff::civil::Date;

use self::appending::Appending;
pub use self::give_back::Taken;
use self::past::{Past, UnknownBase};
use crate::chain;
use crate::memory::{Latest, Memory, PublishedEdition, Stands};
use crate::operation::Operation;
use crate::record::UnitRecord;
use crate::seen::Seen;
use crate::store::{DeviceRow, Ledger, Place, Reached, StoreError, Stored, SubmissionRow};

/// An operation's number: its device's epoch and its sequence there.
type Number = (u32, u64);

/// Receipts with the sequences of their operations.
pub type Receipts = Vec<(u64, Receipt)>;

/// Why a device's operations cannot be taken now; nothing of them is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An operation is missing before this one.
    #[error("the operations before {0} are missing")]
    Gap(u64),
    /// The sequence came before with other content: two computers go by one name.
    #[error("the sequence {0} was used for other content")]
    SequenceReused(u64),
    /// The operations are of another epoch than the device's.
    #[error("the operations are of another epoch")]
    Epoch,
    /// The device is not enrolled here.
    #[error("the device is not known")]
    UnknownDevice,
    /// The district has revoked the device.
    #[error("the device was revoked")]
    Revoked,
    /// The programme's version is not known here: wait.
    #[error("the programme version {0} is not known here")]
    UnknownProgramme(u32),
    /// The submission that it was made from is not known here: wait.
    #[error("the version that operation {0} was made from is not known here")]
    UnknownBase(u64),
}

/// A group of submissions being judged: what its earlier ones have changed, before anything is durable.
pub struct Group<'a> {
    journal: Appending<'a>,
    memory: &'a Memory,
    seen: &'a mut Seen,
    at_ms: i64,
    today: Date,
    last_seq: u64,
    head: [u8; 32],
    senders: HashMap<u32, Sender>,
    places: HashMap<Place, Change>,
}

/// What a group has changed of a place.
#[derive(Clone, Debug)]
pub struct Change {
    /// What has come in there by now.
    pub latest: Latest,
    /// The group's own submission that stands there now.
    pub submission: Option<Arc<Submission>>,
}

/// A device as a group needs it.
#[derive(Clone, Copy, Debug)]
struct Sender {
    number: u32,
    id: DeviceId,
    unit: u32,
    reached: Reached,
}

/// What a group has done.
#[derive(Default)]
pub struct Done {
    /// The last entry that it appended; 0: none.
    pub last_seq: u64,
    /// The journal's hash chain there.
    pub head: [u8; 32],
    /// How far its devices have come.
    pub reached: Vec<(u32, Reached)>,
    /// What it has changed, in the order of the table of what stands.
    pub places: Vec<(Place, Change)>,
}

impl<'a> Group<'a> {
    /// A group that begins after the memory's last commit.
    pub fn new(ledger: &'a mut dyn Ledger, memory: &'a Memory, seen: &'a mut Seen, at_ms: i64) -> Self {
        Self {
            journal: Appending::new(ledger),
            memory,
            seen,
            at_ms,
            today: vietnam_day(at_ms),
            last_seq: memory.last.map_or(0, |last| last.last_seq),
            head: memory.head(),
            senders: HashMap::default(),
            places: HashMap::default(),
        }
    }

    /// Makes a device known that is not in the books yet.
    pub fn know(&mut self, device: &DeviceRow) {
        self.senders.insert(device.number, Sender::from(device));
    }

    /// Enters a device in the books that they did not know.
    pub fn enter(&mut self, device: &DeviceRow) -> Stored<()> {
        self.know(device);
        self.journal.written()?.put_device(device)
    }

    /// How far a device has come in an epoch, if it is the one that it is in.
    pub fn reached(&self, device: &DeviceRow, epoch: u32) -> Option<Reached> {
        let reached = self.senders.get(&device.number).map_or(device.reached, |sender| sender.reached);
        (reached.epoch == epoch).then_some(reached)
    }

    /// Whether an operation of a device's epoch is in the books, as it is.
    pub fn has(&mut self, device: &DeviceRow, sequence: u64, operation: &Operation) -> Stored<bool> {
        let row = self.journal.written()?.submission_of(device.number, device.reached.epoch, sequence)?;
        Ok(row.is_some_and(|row| row.body == operation.body))
    }

    /// Takes operations of one device in order and returns a receipt for each; stops at the first refusal.
    pub fn push(
        &mut self,
        device: u32,
        epoch: u32,
        first_sequence: u64,
        operations: &[Operation],
    ) -> Stored<(Receipts, Option<Refusal>)> {
        let mut receipts = Vec::with_capacity(operations.len());
        // However it came in: what is committed after a revocation is not the device's any more.
        if self.memory.device(device).is_some_and(|row| row.revoked_ms.is_some()) {
            return Ok((receipts, Some(Refusal::Revoked)));
        }
        let known = self.senders.get(&device).copied();
        let known = known.or_else(|| self.memory.device(device).map(Sender::from));
        let Some(mut sender) = known else { return Ok((receipts, Some(Refusal::UnknownDevice))) };
        if planted::is("unit-of-another-device") {
            sender.unit = 1;
        }
        if epoch < sender.reached.epoch {
            return Ok((receipts, Some(Refusal::Epoch)));
        }
        let mut refusal = None;
        for (place, operation) in (0..).zip(operations) {
            // Whatever a device says of its numbers must not stop the writer.
            let sequence = first_sequence.saturating_add(place);
            match self.operation(&mut sender, (epoch, sequence), operation)? {
                Ok(receipt) => receipts.push((sequence, receipt)),
                Err(refused) => {
                    refusal = Some(refused);
                    break;
                }
            }
        }
        self.senders.insert(device, sender);
        Ok((receipts, refusal))
    }

    fn operation(
        &mut self,
        sender: &mut Sender,
        number: Number,
        operation: &Operation,
    ) -> Stored<Result<Receipt, Refusal>> {
        let (epoch, sequence) = number;
        // A later epoch than the device's begins with its first operation.
        let begun = epoch == sender.reached.epoch;
        let next = if begun { sender.reached.last_sequence + 1 } else { 1 };
        if sequence == 0 || sequence > next && !planted::is("gap-taken") {
            return Ok(Err(Refusal::Gap(sequence)));
        }
        if sequence < next {
            return self.repeat(sender, number, &operation.body);
        }
        let judged = self.judge_operation(sender, sequence, operation)?;
        Ok(judged.map(|judged| self.append(sender, number, operation, judged)))
    }

    /// The stored ruling of an operation that was ruled on before.
    fn repeat(&mut self, sender: &Sender, number: Number, body: &[u8]) -> Stored<Result<Receipt, Refusal>> {
        let (epoch, sequence) = number;
        let journal = self.journal.written()?;
        let row = journal.submission_of(sender.number, epoch, sequence)?;
        let row = row.ok_or_else(|| StoreError::Damaged(format!("operation {sequence} has no ruling")))?;
        if row.body != body {
            return Ok(Err(Refusal::SequenceReused(sequence)));
        }
        let mut receipt = self.receipt(row)?;
        if planted::is("repeat-judged-anew") {
            receipt.ruling = Ruling::plain(Verdict::Conflict { current: 1 });
        }
        Ok(Ok(receipt))
    }

    /// The receipt of a submission that is in the journal, or in this group.
    fn receipt(&mut self, row: SubmissionRow) -> Stored<Receipt> {
        let in_group = self.memory.last.is_none_or(|last| row.seq > last.last_seq);
        let at_ms = if in_group { self.at_ms } else { self.journal.written()?.commit_of(row.seq)?.at_ms };
        Ok(Receipt { ruling: row.ruling, commit: row.seq, at_ms })
    }

    /// Decides about an operation without writing anything, so that a fault in it harms no other.
    fn judge_operation(
        &mut self,
        sender: &Sender,
        sequence: u64,
        operation: &Operation,
    ) -> Stored<Result<Judged, Refusal>> {
        let Some(envelope) = &operation.envelope else {
            if planted::is("poison-blocks") {
                return Ok(Err(Refusal::Gap(sequence)));
            }
            return Ok(Ok(Judged::unplaced(RejectionCode::Unreadable)));
        };
        let version = envelope.programme_version;
        let Some(edition) = self.memory.published(version) else {
            return Ok(Err(Refusal::UnknownProgramme(version)));
        };
        let (place, unit) = match place(edition, sender.unit, envelope) {
            Ok(found) => found,
            Err(code) => return Ok(Ok(Judged::unplaced(code))),
        };
        let latest = self.latest(place);
        let standing = latest.and_then(|latest| latest.stands).map(|stands| stands.standing);
        let mut base = envelope.base;
        let newest = latest.map(|latest| latest.last);
        if !self.seen.has_looked_through(place) {
            self.seen.look_through(place, Past::read(&mut self.journal, newest)?.ids());
        }
        let known = self.seen.may_know(place, envelope.id);
        // What is new and made from what stands, as almost all reports are, needs no look into the journal.
        if known || base != standing.map(|standing| standing.id) {
            let past = Past::read(&mut self.journal, newest)?;
            if let Some(row) = past.find(envelope.id) {
                return Ok(Ok(Judged::known(place, row, &operation.body)));
            }
            base = match past.base(base) {
                Ok(base) => base,
                Err(UnknownBase) if self.memory.restored && !planted::is("unknown-base-judged") => {
                    return Ok(Err(Refusal::UnknownBase(sequence)));
                }
                // Nobody can have been told of such a version, so it can only be one that does not stand.
                Err(UnknownBase) => base,
            };
        }
        self.seen.note(place, envelope.id);
        let Some(submission) = operation.open(&edition.programme) else {
            return Ok(Ok(Judged::at(place, RejectionCode::Misfit)));
        };
        let ruling = self.judge(edition, unit, place, &submission, standing, base);
        Ok(Ok(Judged { place: Some(place), ruling, submission: Some(submission), repeats: None }))
    }

    /// What has come in for a place, this group's own submissions included.
    fn latest(&self, place: Place) -> Option<Latest> {
        let changed = self.places.get(&place).map(|change| change.latest);
        changed.or_else(|| self.memory.latest.get(&place).copied())
    }

    fn judge(
        &self,
        edition: &PublishedEdition,
        unit: UnitIx,
        place: Place,
        submission: &Submission,
        standing: Option<Standing>,
        base: Option<SubmissionId>,
    ) -> Ruling {
        let pending = |form: FormIx, period| self.pending(edition, place.unit, form, period);
        let record = UnitRecord::new(self.memory, edition, unit, &pending);
        let programme = &*edition.programme;
        let base = if planted::is("no-base-check") { standing.map(|standing| standing.id) } else { base };
        let case = Case { programme, unit, today: self.today, record: &record, standing, base };
        catch_unwind(AssertUnwindSafe(|| judge(submission, &case))).unwrap_or_else(|_| {
            tracing::error!(submission = %submission.id, "judging a submission failed");
            Ruling::rejected(RejectionCode::JudgingFailed)
        })
    }

    /// What an earlier operation of this group has put in the place of a form.
    fn pending(
        &self,
        edition: &PublishedEdition,
        unit: u32,
        form: FormIx,
        period: Period,
    ) -> Option<&Submission> {
        let form = *edition.forms.get(form.get())?;
        let pending = self.places.get(&Place { unit, form, period })?.submission.as_ref()?;
        (pending.programme_version == edition.version).then_some(pending)
    }

    fn append(
        &mut self,
        sender: &mut Sender,
        (epoch, sequence): Number,
        operation: &Operation,
        judged: Judged,
    ) -> Receipt {
        let seq = self.last_seq + 1;
        let latest = judged.place.and_then(|place| self.latest(place));
        let row = SubmissionRow {
            seq,
            device: sender.number,
            epoch,
            sequence,
            unit: sender.unit,
            place: judged.place,
            ruling: judged.ruling,
            prior: latest.map(|latest| latest.last),
            repeats: judged.repeats,
            body: operation.body.clone(),
        };
        if let Some(place) = row.place {
            self.come_in(place, latest, &row, judged.submission);
        }
        self.last_seq = seq;
        self.head = chain::submission(self.head, self.memory, sender.id, &row, &operation.fingerprint);
        sender.reached.advance(&row, &operation.fingerprint);
        let receipt = Receipt { ruling: row.ruling.clone(), commit: seq, at_ms: self.at_ms };
        self.journal.append(row);
        receipt
    }

    /// Notes what has come in for a place, and what stands there now.
    fn come_in(
        &mut self,
        place: Place,
        before: Option<Latest>,
        row: &SubmissionRow,
        submission: Option<Arc<Submission>>,
    ) {
        let mut latest = Latest { last: row.seq, stands: before.and_then(|latest| latest.stands) };
        let change = self.places.entry(place).or_insert(Change { latest, submission: None });
        if let (Verdict::Accepted { revision }, None, Some(submission)) =
            (&row.ruling.verdict, row.repeats, submission)
            && latest.stands.is_none_or(|stands| {
                let clock = planted::is("order-by-client-clock");
                if clock { stands.standing.id < submission.id } else { stands.standing.revision < *revision }
            })
        {
            let standing = Standing { id: submission.id, revision: *revision };
            latest.stands = Some(Stands { seq: row.seq, standing });
            change.submission = Some(submission);
        }
        change.latest = latest;
    }

    /// Ends the group: what it has done, to be made durable and then remembered.
    pub fn done(mut self) -> Stored<Done> {
        self.journal.written()?;
        let began = self.memory.last.map_or(0, |last| last.last_seq);
        let last_seq = if self.last_seq > began { self.last_seq } else { 0 };
        let reached = self.senders.into_values().map(|sender| (sender.number, sender.reached)).collect();
        let mut places: Vec<(Place, Change)> = self.places.into_iter().collect();
        places.sort_unstable_by_key(|(place, _)| (place.period.code(), place.form, place.unit));
        Ok(Done { last_seq, head: self.head, reached, places })
    }
}

impl From<&DeviceRow> for Sender {
    fn from(device: &DeviceRow) -> Self {
        Self { number: device.number, id: device.id, unit: device.unit, reached: device.reached }
    }
}

/// What an operation is about, and whose it is in its programme.
fn place(
    edition: &PublishedEdition,
    unit: u32,
    envelope: &Envelope,
) -> Result<(Place, UnitIx), RejectionCode> {
    let form = *edition.forms.get(envelope.form.get()).ok_or(RejectionCode::UnknownForm)?;
    let in_programme = *edition.units.get(&unit).ok_or(RejectionCode::UnitNotThere)?;
    Ok((Place { unit, form, period: envelope.period }, in_programme))
}

struct Judged {
    place: Option<Place>,
    ruling: Ruling,
    submission: Option<Arc<Submission>>,
    repeats: Option<u64>,
}

impl Judged {
    fn unplaced(code: RejectionCode) -> Self {
        Self { place: None, ruling: Ruling::rejected(code), submission: None, repeats: None }
    }

    fn at(place: Place, code: RejectionCode) -> Self {
        Self { place: Some(place), ..Self::unplaced(code) }
    }

    /// An id that has been ruled on under another sequence: the same content keeps its ruling, other content is an
    /// error and never takes its place.
    fn known(place: Place, row: &SubmissionRow, body: &[u8]) -> Self {
        if row.body != body {
            return Self::at(place, RejectionCode::IdReused);
        }
        let repeats = Some(row.repeats.unwrap_or(row.seq));
        Self { place: Some(place), ruling: row.ruling.clone(), submission: None, repeats }
    }
}
