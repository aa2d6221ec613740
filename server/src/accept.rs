//! Accepting submissions: the one way that figures enter the books.
//!
//! A commune that lost a receipt sends the same operation again. Once judged it stays judged, even if other versions
//! stand since, so the stored ruling is looked for before anything is judged.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use gom_domain::calendar::vietnam_day;
use gom_domain::ruling::{Case, Receipt, RejectionCode, Ruling, Standing, Verdict, judge};
use gom_domain::submission::{Submission, SubmissionId};
use gom_proto::submission::Envelope;

use crate::memory::{Memory, UnitRecord};
use crate::store::{DeviceRow, Ledger, Place, StandingRow, StoreError, Stored, SubmissionRow};

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
    next_seq: u64,
    devices: HashMap<u32, DeviceRow>,
    pending: HashMap<Place, Arc<Submission>>,
    rows: Vec<SubmissionRow>,
}

/// What a group has done.
pub struct Done {
    /// The devices with what they have sent.
    pub devices: HashMap<u32, DeviceRow>,
    /// The journal's new rows.
    pub rows: Vec<SubmissionRow>,
    /// What stands from now on, with its entry.
    pub stand: Vec<(Place, u64, Arc<Submission>)>,
}

impl<'a> Group<'a> {
    /// A group that begins after the memory's last commit.
    pub fn new(memory: &'a Memory, at_ms: i64) -> Self {
        let next_seq = memory.last.map_or(1, |last| last.last_seq + 1);
        Self { memory, at_ms, next_seq, devices: HashMap::new(), pending: HashMap::new(), rows: Vec::new() }
    }

    /// Makes a device known that is not in the books yet.
    pub fn know(&mut self, device: DeviceRow) {
        self.devices.insert(device.number, device);
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
        for (sequence, body) in (first_sequence..).zip(bodies) {
            match self.operation(ledger, device, epoch, sequence, body)? {
                Ok(receipt) => receipts.push((sequence, receipt)),
                Err(refusal) => return Ok((receipts, Some(refusal))),
            }
        }
        Ok((receipts, None))
    }

    fn operation(
        &mut self,
        ledger: &mut dyn Ledger,
        number: u32,
        epoch: u32,
        sequence: u64,
        body: &[u8],
    ) -> Stored<Result<Receipt, Refusal>> {
        let known = self.devices.get(&number).or_else(|| self.memory.device(number)).cloned();
        let Some(device) = known else { return Ok(Err(Refusal::UnknownDevice)) };
        if device.epoch != epoch {
            return Ok(Err(Refusal::Epoch));
        }
        if sequence <= device.last_sequence {
            return self.repeat(ledger, &device, sequence, body);
        }
        if sequence != device.last_sequence + 1 {
            return Ok(Err(Refusal::Gap(sequence)));
        }
        let judged = match self.judge(ledger, &device, sequence, body)? {
            Ok(judged) => judged,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.append(ledger, device, sequence, body, judged).map(Ok)
    }

    /// The stored ruling of an operation that was ruled on before.
    fn repeat(
        &self,
        ledger: &mut dyn Ledger,
        device: &DeviceRow,
        sequence: u64,
        body: &[u8],
    ) -> Stored<Result<Receipt, Refusal>> {
        let row = ledger.submission_of(device.number, device.epoch, sequence)?;
        let row = row.ok_or_else(|| StoreError::Damaged(format!("operation {sequence} has no ruling")))?;
        if row.body != body {
            return Ok(Err(Refusal::SequenceReused(sequence)));
        }
        let in_group = self.rows.iter().any(|own| own.seq == row.seq);
        let at_ms = if in_group { self.at_ms } else { ledger.commit_of(row.seq)?.at_ms };
        Ok(Ok(Receipt { ruling: row.ruling, commit: row.seq, at_ms }))
    }

    /// Decides about an operation without writing anything, so that a fault in it harms no other.
    fn judge(
        &self,
        ledger: &mut dyn Ledger,
        device: &DeviceRow,
        sequence: u64,
        body: &[u8],
    ) -> Stored<Result<Judged, Refusal>> {
        let Ok(envelope) = Envelope::decode(body) else {
            return Ok(Ok(Judged::unplaced(RejectionCode::Unreadable)));
        };
        let version = envelope.programme_version;
        let (Some(programme), Some(numbering)) =
            (self.memory.editions.version(version), self.memory.numbering(version))
        else {
            return Ok(Err(Refusal::UnknownProgramme(version)));
        };
        let Some(form) = programme.forms.get(envelope.form.get()) else {
            return Ok(Ok(Judged::unplaced(RejectionCode::UnknownForm)));
        };
        let unit = self.memory.unit_id(device.unit).and_then(|id| programme.unit_of(id));
        let (Some(unit), Some(form_number)) = (unit, self.memory.form_number(&form.key)) else {
            return Ok(Ok(Judged::unplaced(RejectionCode::UnitNotThere)));
        };
        let place = Place { unit: device.unit, form: form_number, period: envelope.period };
        let (id, base) = (envelope.id, envelope.base);
        let past = Past::read(ledger, place)?;
        if let Some(row) = past.find(id) {
            let same = row.body == body;
            let judged = if same {
                Judged::repeat(place, &past, row)
            } else {
                Judged::at(place, &past, RejectionCode::IdReused)
            };
            return Ok(Ok(judged));
        }
        let Ok(base) = past.base(base) else { return Ok(Err(Refusal::UnknownBase(sequence))) };
        let Ok(submission) = envelope.open(programme) else {
            return Ok(Ok(Judged::at(place, &past, RejectionCode::Misfit)));
        };
        let pending = |form, period| self.pending(programme, version, device.unit, form, period);
        let record = UnitRecord { memory: self.memory, programme, numbering, unit, pending: &pending };
        let today = vietnam_day(self.at_ms);
        let case = Case { programme, unit, today, record: &record, standing: past.standing(), base };
        let ruling = catch_unwind(AssertUnwindSafe(|| judge(&submission, &case))).unwrap_or_else(|_| {
            tracing::error!(device = device.number, sequence, "judging a submission failed");
            Ruling::rejected(RejectionCode::JudgingFailed)
        });
        Ok(Ok(Judged {
            place: Some(place),
            ruling,
            past,
            submission: Some(Arc::new(submission)),
            repeats: None,
        }))
    }

    /// What an earlier operation of this group has put in the place of a form.
    fn pending(
        &self,
        programme: &gom_domain::programme::Programme,
        version: u32,
        unit: u32,
        form: gom_domain::form::FormIx,
        period: gom_domain::Period,
    ) -> Option<Arc<Submission>> {
        let form = self.memory.form_number(&programme.form(form).key)?;
        let pending = self.pending.get(&Place { unit, form, period })?;
        (pending.programme_version == version).then(|| Arc::clone(pending))
    }

    fn append(
        &mut self,
        ledger: &mut dyn Ledger,
        mut device: DeviceRow,
        sequence: u64,
        body: &[u8],
        judged: Judged,
    ) -> Stored<Receipt> {
        let seq = self.next_seq;
        let row = SubmissionRow {
            seq,
            device: device.number,
            epoch: device.epoch,
            sequence,
            unit: device.unit,
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
                self.pending.insert(place, submission);
            }
        }
        self.next_seq += 1;
        device.last_sequence = sequence;
        device.chain = device.chain.then(body);
        device.last_commit = seq;
        self.devices.insert(device.number, device);
        let receipt = Receipt { ruling: row.ruling.clone(), commit: seq, at_ms: self.at_ms };
        self.rows.push(row);
        Ok(receipt)
    }

    /// Ends the group: what it has done, to be made durable and then remembered.
    pub fn done(self) -> Done {
        let newest = |row: &&SubmissionRow| row.ruling.is_accepted() && row.repeats.is_none();
        let stand = self.rows.iter().filter(newest).filter_map(|row| {
            let place = row.place?;
            Some((place, row.seq))
        });
        let latest: HashMap<Place, u64> = stand.collect();
        let stand = self
            .pending
            .into_iter()
            .filter_map(|(place, submission)| Some((place, *latest.get(&place)?, submission)));
        Done { devices: self.devices, stand: stand.collect(), rows: self.rows }
    }
}

struct Judged {
    place: Option<Place>,
    ruling: Ruling,
    past: Past,
    submission: Option<Arc<Submission>>,
    repeats: Option<u64>,
}

impl Judged {
    fn unplaced(code: RejectionCode) -> Self {
        Self {
            place: None,
            ruling: Ruling::rejected(code),
            past: Past::default(),
            submission: None,
            repeats: None,
        }
    }

    fn at(place: Place, past: &Past, code: RejectionCode) -> Self {
        let past = Past { row: past.row, rows: Vec::new() };
        Self { place: Some(place), ruling: Ruling::rejected(code), past, submission: None, repeats: None }
    }

    /// The same submission under another sequence: its ruling stays what it was.
    fn repeat(place: Place, past: &Past, row: &SubmissionRow) -> Self {
        let repeats = Some(row.repeats.unwrap_or(row.seq));
        let past = Past { row: past.row, rows: Vec::new() };
        Self { place: Some(place), ruling: row.ruling.clone(), past, submission: None, repeats }
    }
}

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

    fn find(&self, id: SubmissionId) -> Option<&SubmissionRow> {
        self.rows.iter().find(|row| Envelope::decode(&row.body).is_ok_and(|envelope| envelope.id == id))
    }

    fn standing(&self) -> Option<Standing> {
        let row = self.rows.iter().find(|row| Some(row.seq) == self.row.and_then(|row| row.seq))?;
        let Verdict::Accepted { revision } = row.ruling.verdict else { return None };
        Some(Standing { id: Envelope::decode(&row.body).ok()?.id, revision })
    }

    /// The version that a base stands for: rejected ones never stood, so what they were made from counts instead.
    /// `Err` where nothing is known of it.
    fn base(&self, mut base: Option<SubmissionId>) -> Result<Option<SubmissionId>, ()> {
        while let Some(id) = base {
            let row = self.find(id).ok_or(())?;
            if !matches!(row.ruling.verdict, Verdict::Rejected(_)) {
                return Ok(Some(id));
            }
            base = Envelope::decode(&row.body).map_err(|_| ())?.base;
        }
        Ok(None)
    }
}
