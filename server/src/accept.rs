//! Accepting submissions: the one way that figures enter the books.
//!
//! A commune that lost a receipt sends the same operation again. Once judged it stays judged, even if other versions
//! stand since, so the stored ruling is looked for before anything is judged.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use gom_domain::Period;
use gom_domain::calendar::vietnam_day;
use gom_domain::form::FormIx;
use gom_domain::greeting::DeviceId;
use gom_domain::programme::Programme;
use gom_domain::ruling::{Case, Receipt, RejectionCode, Ruling, Standing, Verdict, judge};
use gom_domain::submission::{Submission, SubmissionId};
use gom_domain::unit::UnitIx;
use gom_proto::submission::Envelope;

use crate::chain;
use crate::memory::{Memory, UnitRecord};
use crate::store::{DeviceRow, Ledger, Place, Reached, StandingRow, StoreError, Stored, SubmissionRow};

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
    /// The programme's version is not known here: wait.
    #[error("the programme version {0} is not known here")]
    UnknownProgramme(u32),
    /// The submission that it was made from is not known here: wait.
    #[error("the version that operation {0} was made from is not known here")]
    UnknownBase(u64),
}

/// A group of submissions being judged: what its earlier ones have changed, before anything is durable.
pub struct Group<'a> {
    memory: &'a Memory,
    at_ms: i64,
    last_seq: u64,
    head: [u8; 32],
    senders: HashMap<u32, Sender>,
    standing: HashMap<Place, (u64, Arc<Submission>)>,
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
    /// What stands from now on, with its entry.
    pub stand: Vec<(Place, u64, Arc<Submission>)>,
}

impl<'a> Group<'a> {
    /// A group that begins after the memory's last commit.
    pub fn new(memory: &'a Memory, at_ms: i64) -> Self {
        let last_seq = memory.last.map_or(0, |last| last.last_seq);
        let head = memory.head();
        Self { memory, at_ms, last_seq, head, senders: HashMap::new(), standing: HashMap::new() }
    }

    /// Makes a device known that is not in the books yet.
    pub fn know(&mut self, device: &DeviceRow) {
        self.senders.insert(device.number, Sender::from(device));
    }

    /// Takes operations of one device in order and returns a receipt for each; stops at the first refusal.
    pub fn push(
        &mut self,
        ledger: &mut dyn Ledger,
        device: u32,
        epoch: u32,
        first_sequence: u64,
        bodies: &[Vec<u8>],
    ) -> Stored<(Receipts, Option<Refusal>)> {
        let mut receipts = Vec::with_capacity(bodies.len());
        let known = self.senders.get(&device).copied();
        let known = known.or_else(|| self.memory.device(device).map(Sender::from));
        let Some(mut sender) = known else { return Ok((receipts, Some(Refusal::UnknownDevice))) };
        if sender.reached.epoch != epoch {
            return Ok((receipts, Some(Refusal::Epoch)));
        }
        for (sequence, body) in (first_sequence..).zip(bodies) {
            match self.operation(ledger, &mut sender, sequence, body)? {
                Ok(receipt) => receipts.push((sequence, receipt)),
                Err(refusal) => return Ok((receipts, Some(refusal))),
            }
        }
        Ok((receipts, None))
    }

    fn operation(
        &mut self,
        ledger: &mut dyn Ledger,
        sender: &mut Sender,
        sequence: u64,
        body: &[u8],
    ) -> Stored<Result<Receipt, Refusal>> {
        let next = sender.reached.last_sequence + 1;
        if sequence < next {
            return self.repeat(ledger, sender, sequence, body);
        }
        if sequence > next {
            return Ok(Err(Refusal::Gap(sequence)));
        }
        match self.judge_body(ledger, sender, sequence, body)? {
            Ok(judged) => self.append(ledger, sender, body, judged).map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// The stored ruling of an operation that was ruled on before.
    fn repeat(
        &self,
        ledger: &mut dyn Ledger,
        sender: &Sender,
        sequence: u64,
        body: &[u8],
    ) -> Stored<Result<Receipt, Refusal>> {
        let row = ledger.submission_of(sender.number, sender.reached.epoch, sequence)?;
        let row = row.ok_or_else(|| StoreError::Damaged(format!("operation {sequence} has no ruling")))?;
        if row.body != body {
            return Ok(Err(Refusal::SequenceReused(sequence)));
        }
        let in_group = self.memory.last.is_none_or(|last| row.seq > last.last_seq);
        let at_ms = if in_group { self.at_ms } else { ledger.commit_of(row.seq)?.at_ms };
        Ok(Ok(Receipt { ruling: row.ruling, commit: row.seq, at_ms }))
    }

    /// Decides about an operation without writing anything, so that a fault in it harms no other.
    fn judge_body(
        &self,
        ledger: &mut dyn Ledger,
        sender: &Sender,
        sequence: u64,
        body: &[u8],
    ) -> Stored<Result<Judged, Refusal>> {
        let Ok(envelope) = Envelope::decode(body) else {
            return Ok(Ok(Judged::unplaced(RejectionCode::Unreadable)));
        };
        let version = envelope.programme_version;
        let Some(programme) = self.memory.editions.version(version) else {
            return Ok(Err(Refusal::UnknownProgramme(version)));
        };
        let (place, unit) = match self.place(programme, sender.unit, &envelope) {
            Ok(found) => found,
            Err(code) => return Ok(Ok(Judged::unplaced(code))),
        };
        let past = Past::read(ledger, place)?;
        if let Some(row) = past.find(envelope.id) {
            return Ok(Ok(Judged::known(place, &past, row, body)));
        }
        let base = match past.base(envelope.base) {
            Ok(base) => base,
            Err(UnknownBase) if self.memory.restored => return Ok(Err(Refusal::UnknownBase(sequence))),
            // Nobody can have been told of such a version, so it can only be one that does not stand.
            Err(UnknownBase) => envelope.base,
        };
        let Ok(submission) = envelope.open(programme) else {
            return Ok(Ok(Judged::at(place, &past, RejectionCode::Misfit)));
        };
        let ruling = self.judge(programme, unit, place, &submission, past.standing(), base);
        Ok(Ok(Judged { place: Some(place), ruling, past, submission: Some(submission), repeats: None }))
    }

    /// What an operation is about, and whose it is in its programme.
    fn place(
        &self,
        programme: &Programme,
        unit: u32,
        envelope: &Envelope,
    ) -> Result<(Place, UnitIx), RejectionCode> {
        let form = programme.forms.get(envelope.form.get()).ok_or(RejectionCode::UnknownForm)?;
        let form = self.memory.form_number(&form.key).ok_or(RejectionCode::UnknownForm)?;
        let known = self.memory.unit_id(unit).and_then(|id| programme.unit_of(id));
        let in_programme = known.ok_or(RejectionCode::UnitNotThere)?;
        Ok((Place { unit, form, period: envelope.period }, in_programme))
    }

    fn judge(
        &self,
        programme: &Programme,
        unit: UnitIx,
        place: Place,
        submission: &Submission,
        standing: Option<Standing>,
        base: Option<SubmissionId>,
    ) -> Ruling {
        let version = submission.programme_version;
        let pending = |form, period| self.pending(programme, version, place.unit, form, period);
        let Some(numbering) = self.memory.numbering(version) else {
            return Ruling::rejected(RejectionCode::JudgingFailed);
        };
        let record = UnitRecord { memory: self.memory, programme, numbering, unit, pending: &pending };
        let today = vietnam_day(self.at_ms);
        let case = Case { programme, unit, today, record: &record, standing, base };
        catch_unwind(AssertUnwindSafe(|| judge(submission, &case))).unwrap_or_else(|_| {
            tracing::error!(submission = %submission.id, "judging a submission failed");
            Ruling::rejected(RejectionCode::JudgingFailed)
        })
    }

    /// What an earlier operation of this group has put in the place of a form.
    fn pending(
        &self,
        programme: &Programme,
        version: u32,
        unit: u32,
        form: FormIx,
        period: Period,
    ) -> Option<Arc<Submission>> {
        let form = self.memory.form_number(&programme.form(form).key)?;
        let (_, pending) = self.standing.get(&Place { unit, form, period })?;
        (pending.programme_version == version).then(|| Arc::clone(pending))
    }

    fn append(
        &mut self,
        ledger: &mut dyn Ledger,
        sender: &mut Sender,
        body: &[u8],
        judged: Judged,
    ) -> Stored<Receipt> {
        let seq = self.last_seq + 1;
        let row = SubmissionRow {
            seq,
            device: sender.number,
            epoch: sender.reached.epoch,
            sequence: sender.reached.last_sequence + 1,
            unit: sender.unit,
            place: judged.place,
            ruling: judged.ruling,
            prior: judged.past.last(),
            repeats: judged.repeats,
            body: body.to_vec(),
        };
        ledger.append_submission(&row)?;
        if let Some(place) = row.place {
            let accepted = row.ruling.is_accepted() && row.repeats.is_none();
            let stands = if accepted { Some(seq) } else { judged.past.row.and_then(|standing| standing.seq) };
            ledger.put_standing(place, StandingRow { seq: stands, last: seq })?;
            if let (true, Some(submission)) = (accepted, judged.submission) {
                self.standing.insert(place, (seq, Arc::new(submission)));
            }
        }
        self.last_seq = seq;
        self.head = chain::submission(self.head, self.memory, sender.id, &row);
        sender.reached.advance(&row);
        self.senders.insert(sender.number, *sender);
        Ok(Receipt { ruling: row.ruling, commit: seq, at_ms: self.at_ms })
    }

    /// Ends the group: what it has done, to be made durable and then remembered.
    pub fn done(self) -> Done {
        let began = self.memory.last.map_or(0, |last| last.last_seq);
        let last_seq = if self.last_seq > began { self.last_seq } else { 0 };
        let reached = self.senders.into_values().map(|sender| (sender.number, sender.reached)).collect();
        let stand = self.standing.into_iter().map(|(place, (seq, submission))| (place, seq, submission));
        Done { last_seq, head: self.head, reached, stand: stand.collect() }
    }
}

impl From<&DeviceRow> for Sender {
    fn from(device: &DeviceRow) -> Self {
        Self { number: device.number, id: device.id, unit: device.unit, reached: device.reached }
    }
}

struct Judged {
    place: Option<Place>,
    ruling: Ruling,
    past: Past,
    submission: Option<Submission>,
    repeats: Option<u64>,
}

impl Judged {
    fn unplaced(code: RejectionCode) -> Self {
        let ruling = Ruling::rejected(code);
        Self { place: None, ruling, past: Past::default(), submission: None, repeats: None }
    }

    fn at(place: Place, past: &Past, code: RejectionCode) -> Self {
        let past = Past { row: past.row, rows: Vec::new() };
        Self { place: Some(place), ruling: Ruling::rejected(code), past, submission: None, repeats: None }
    }

    /// An id that has been ruled on under another sequence: the same content keeps its ruling, other content is an
    /// error and never takes its place.
    fn known(place: Place, past: &Past, row: &SubmissionRow, body: &[u8]) -> Self {
        if row.body != body {
            return Self::at(place, past, RejectionCode::IdReused);
        }
        let repeats = Some(row.repeats.unwrap_or(row.seq));
        let past = Past { row: past.row, rows: Vec::new() };
        Self { place: Some(place), ruling: row.ruling.clone(), past, submission: None, repeats }
    }
}

/// Nothing is known here of what a submission was made from.
struct UnknownBase;

/// What was submitted before for a unit, form and period, newest first.
#[derive(Default)]
struct Past {
    row: Option<StandingRow>,
    rows: Vec<SubmissionRow>,
}

impl Past {
    fn read(ledger: &mut dyn Ledger, place: Place) -> Stored<Self> {
        let row = ledger.standing(place)?;
        let mut rows = Vec::new();
        let mut next = row.map(|row| row.last);
        while let Some(seq) = next {
            let row = ledger.submission(seq)?;
            next = row.prior;
            rows.push(row);
        }
        Ok(Self { row, rows })
    }

    fn last(&self) -> Option<u64> {
        self.row.map(|row| row.last)
    }

    /// The submission of an id: the first one, for those after it that bore the same id were none.
    fn find(&self, id: SubmissionId) -> Option<&SubmissionRow> {
        self.rows.iter().rev().find(|row| Envelope::decode(&row.body).is_ok_and(|envelope| envelope.id == id))
    }

    fn standing(&self) -> Option<Standing> {
        let row = self.rows.iter().find(|row| Some(row.seq) == self.row.and_then(|row| row.seq))?;
        let Verdict::Accepted { revision } = row.ruling.verdict else { return None };
        Some(Standing { id: Envelope::decode(&row.body).ok()?.id, revision })
    }

    /// The version that a base stands for: rejected ones never stood, so what they were made from counts instead.
    fn base(&self, base: Option<SubmissionId>) -> Result<Option<SubmissionId>, UnknownBase> {
        let mut base = base;
        // Each step goes one submission back; more steps than submissions would be a circle.
        for _ in 0..=self.rows.len() {
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
