//! The district's books: one writer that commits in groups.
//!
//! [`Books::commit`] is a plain function over a list of jobs; the thread that calls it is only its shell, so that a
//! simulation can call it inline. Nothing is answered before the commit, and memory follows the commit, never the
//! other way round.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use sha2::{Digest, Sha256};

use crate::accept::{Done, Group, Receipts, Refusal};
use crate::enrol::{self, Enrol, Enrolled, IssueCode};
use crate::enter::{self, Enter};
use crate::memory::Memory;
use crate::publish::{self, Load};
use crate::store::{ChangeRow, CommitRow, DeviceRow, Ledger, StoreError, Stored, SubmissionRow};
use crate::target::{self, SetTarget};
use crate::wording::Trouble;

/// Something to be committed.
#[derive(Clone, Debug)]
pub enum Job {
    /// Operations of a device.
    Push(Push),
    /// An enrolment.
    Enrol(Enrol),
    /// A new enrolment code.
    IssueCode(IssueCode),
    /// A programme, quotas or a baseline.
    Load(Load),
    /// The district's entry on behalf of a unit.
    Enter(Enter),
    /// A target set by hand.
    SetTarget(SetTarget),
    /// A device was heard of; it waits for the next commit.
    Contact(Contact),
}

/// Operations of one device with contiguous sequences.
#[derive(Clone, Debug)]
pub struct Push {
    /// The device's number.
    pub device: u32,
    /// Its epoch.
    pub epoch: u32,
    /// The first operation's sequence.
    pub first_sequence: u64,
    /// The operations.
    pub bodies: Vec<Vec<u8>>,
}

/// What a greeting told of a device.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The device's number.
    pub device: u32,
    /// When, by the district's clock.
    pub at_ms: i64,
    /// The device's clock less the district's.
    pub skew_ms: i64,
    /// The program's version.
    pub app_version: String,
}

/// What became of a job.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A receipt for each operation taken, and why the rest was not.
    Receipts(Receipts, Option<Refusal>),
    /// The new device.
    Enrolled(Enrolled),
    /// The change is in the books; the entry's number.
    Changed(u64),
    /// Nothing was changed, and why.
    Refused(Vec<Trouble>),
    /// The books could not be written; nothing was changed, try again later.
    Failed(String),
}

/// The books, with the right to write.
pub struct Books {
    ledger: Box<dyn Ledger>,
    memory: Arc<RwLock<Memory>>,
    contacts: BTreeSet<u32>,
}

/// What one change wrote, to be remembered once it is durable.
#[derive(Default)]
pub struct Changes {
    /// New rows of the journal.
    pub rows: Vec<ChangeRow>,
    /// New names of units.
    pub units: Vec<(u32, gom_domain::unit::UnitId)>,
    /// New names of forms.
    pub forms: Vec<(u32, String)>,
    /// New or changed devices.
    pub devices: Vec<DeviceRow>,
    /// Submissions of the district's own hand.
    pub done: Option<Done>,
}

impl Books {
    /// Opens the books and recalls what they come to.
    pub fn open(mut ledger: Box<dyn Ledger>) -> Stored<Self> {
        let memory = Memory::recall(ledger.as_mut(), None)?;
        Ok(Self { ledger, memory: Arc::new(RwLock::new(memory)), contacts: BTreeSet::new() })
    }

    /// What the books come to, shared with readers; it follows every commit.
    pub fn shared(&self) -> Arc<RwLock<Memory>> {
        Arc::clone(&self.memory)
    }

    /// Commits jobs and answers each, in their order. Pushes that follow each other share one commit.
    pub fn commit(&mut self, jobs: Vec<Job>, now_ms: i64) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(jobs.len());
        let mut pushes = Vec::new();
        for job in jobs {
            match job {
                Job::Push(push) => pushes.push(push),
                other => {
                    answers.extend(self.group(std::mem::take(&mut pushes), now_ms));
                    answers.push(self.single(other, now_ms));
                }
            }
        }
        answers.extend(self.group(pushes, now_ms));
        answers
    }

    /// Writes down what was only noted, as before the program ends.
    pub fn settle(&mut self) {
        if let Err(error) = self.write_contacts() {
            tracing::warn!(%error, "the last contacts could not be written");
        }
    }

    fn group(&mut self, pushes: Vec<Push>, now_ms: i64) -> Vec<Answer> {
        if pushes.is_empty() {
            return Vec::new();
        }
        match self.try_group(&pushes, now_ms) {
            Ok(answers) => answers,
            Err(error) if pushes.len() > 1 && !error.is_io() => {
                tracing::error!(%error, "a group could not be committed; its parts are tried one by one");
                self.recover(&error);
                pushes.into_iter().flat_map(|push| self.group(vec![push], now_ms)).collect()
            }
            Err(error) => {
                self.recover(&error);
                pushes.iter().map(|_| Answer::Failed(error.to_string())).collect()
            }
        }
    }

    fn try_group(&mut self, pushes: &[Push], now_ms: i64) -> Stored<Vec<Answer>> {
        self.ledger.begin()?;
        let memory = Arc::clone(&self.memory);
        let memory = memory.read().unwrap_or_else(PoisonError::into_inner);
        let mut group = Group::new(&memory, now_ms);
        let mut answers = Vec::with_capacity(pushes.len());
        for push in pushes {
            let ledger = self.ledger.as_mut();
            let (receipts, refusal) =
                group.push(ledger, push.device, push.epoch, push.first_sequence, &push.bodies)?;
            answers.push(Answer::Receipts(receipts, refusal));
        }
        let done = group.done();
        drop(memory);
        self.finish(Changes { done: Some(done), ..Changes::default() }, now_ms)?;
        Ok(answers)
    }

    fn single(&mut self, job: Job, now_ms: i64) -> Answer {
        if let Job::Contact(contact) = job {
            self.note(&contact);
            return Answer::Changed(0);
        }
        match self.try_single(&job, now_ms) {
            Ok(answer) => answer,
            Err(error) => {
                self.recover(&error);
                Answer::Failed(error.to_string())
            }
        }
    }

    fn try_single(&mut self, job: &Job, now_ms: i64) -> Stored<Answer> {
        self.ledger.begin()?;
        let memory = Arc::clone(&self.memory);
        let memory = memory.read().unwrap_or_else(PoisonError::into_inner);
        let ledger = self.ledger.as_mut();
        let (changes, answer) = match job {
            Job::Enrol(job) => enrol::enrol(ledger, &memory, job, now_ms)?,
            Job::IssueCode(job) => enrol::issue_code(ledger, &memory, job)?,
            Job::Load(job) => publish::load(ledger, &memory, job)?,
            Job::Enter(job) => enter::enter(ledger, &memory, job, now_ms)?,
            Job::SetTarget(job) => target::set(ledger, &memory, job)?,
            Job::Push(_) | Job::Contact(_) => (Changes::default(), Answer::Changed(0)),
        };
        drop(memory);
        self.finish(changes, now_ms)?;
        Ok(answer)
    }

    /// Makes a group durable, then remembers it.
    fn finish(&mut self, mut changes: Changes, now_ms: i64) -> Stored<()> {
        let submissions = changes.done.as_ref().map_or(&[][..], |done| done.rows.as_slice());
        let last_seq = submissions.last().map(|row| row.seq).max(changes.rows.last().map(|row| row.seq));
        if let Some(done) = &changes.done {
            changes.devices.extend(done.devices.values().cloned());
        }
        let Some(last_seq) = last_seq else { return self.ledger.roll_back() };
        for device in self.noted().iter().chain(&changes.devices) {
            self.ledger.put_device(device)?;
        }
        let before = self.read().last.map(|last| last.head).unwrap_or_default();
        let head = changes.rows.iter().fold(before, chain_change);
        let head = submissions.iter().fold(head, chain_submission);
        let commit = CommitRow { last_seq, at_ms: now_ms, head };
        self.ledger.append_commit(&commit)?;
        self.ledger.commit()?;
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        memory.last = Some(commit);
        self.contacts.clear();
        remember(&mut memory, changes)
    }

    fn read(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&mut self, contact: &Contact) {
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = memory.device(contact.device).cloned() {
            let app_version = contact.app_version.clone();
            let (contact_ms, skew_ms) = (Some(contact.at_ms), Some(contact.skew_ms));
            memory.learn_device(DeviceRow { contact_ms, skew_ms, app_version, ..device });
            drop(memory);
            self.contacts.insert(contact.device);
        }
    }

    /// Devices whose contact was only noted. Contacts change no answer, so they wait for company instead of costing
    /// an fsync each.
    fn noted(&self) -> Vec<DeviceRow> {
        let memory = self.read();
        self.contacts.iter().filter_map(|contact| memory.device(*contact).cloned()).collect()
    }

    fn write_contacts(&mut self) -> Stored<()> {
        let noted = self.noted();
        if noted.is_empty() {
            return Ok(());
        }
        self.ledger.begin()?;
        noted.iter().try_for_each(|device| self.ledger.put_device(device))?;
        self.ledger.commit()?;
        self.contacts.clear();
        Ok(())
    }

    /// After a failed group: forget it, and after a failure of the disk never use the same handle again.
    fn recover(&mut self, error: &StoreError) {
        tracing::error!(error = %chain_of(error), "the books could not be written");
        let mut recovered = if error.is_io() { self.ledger.reopen() } else { self.ledger.roll_back() };
        if recovered.is_err() && !error.is_io() {
            recovered = self.ledger.reopen();
        }
        let recalled = recovered.and_then(|()| Memory::recall(self.ledger.as_mut(), None));
        match recalled {
            Ok(memory) => *self.memory.write().unwrap_or_else(PoisonError::into_inner) = memory,
            Err(error) => tracing::error!(error = %chain_of(&error), "the books could not be opened again"),
        }
    }
}

/// An error with all its causes, for the log.
fn chain_of(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn remember(memory: &mut Memory, changes: Changes) -> Stored<()> {
    changes.units.into_iter().for_each(|(number, id)| memory.learn_unit(number, id));
    changes.forms.into_iter().for_each(|(number, key)| memory.learn_form(number, key));
    changes.devices.into_iter().for_each(|device| memory.learn_device(device));
    if !changes.rows.is_empty() {
        changes.rows.iter().try_for_each(|row| memory.learn_change(row))?;
        memory.settle_priors()?;
    }
    for (place, seq, submission) in changes.done.into_iter().flat_map(|done| done.stand) {
        let stood = memory.stand(place, seq, &submission);
        debug_assert!(stood.is_some(), "an accepted submission can stand");
    }
    Ok(())
}

/// The journal's hash chain after a change.
pub fn chain_change(head: [u8; 32], row: &ChangeRow) -> [u8; 32] {
    let hash = Sha256::new().chain_update(head).chain_update(row.seq.to_be_bytes());
    let hash = hash.chain_update(row.kind.key()).chain_update(row.year.to_be_bytes());
    hash.chain_update(&row.body).finalize().into()
}

/// The journal's hash chain after a submission.
pub fn chain_submission(head: [u8; 32], row: &SubmissionRow) -> [u8; 32] {
    let hash = Sha256::new().chain_update(head).chain_update(row.seq.to_be_bytes());
    let hash = hash.chain_update(row.device.to_be_bytes()).chain_update(row.epoch.to_be_bytes());
    let hash = hash.chain_update(row.sequence.to_be_bytes()).chain_update(row.unit.to_be_bytes());
    let hash = hash.chain_update(row.prior.unwrap_or(0).to_be_bytes());
    let hash = hash.chain_update(row.repeats.unwrap_or(0).to_be_bytes());
    let ruling = gom_proto::ruling::encode(&row.ruling);
    let hash = hash.chain_update((ruling.len() as u64).to_be_bytes()).chain_update(ruling);
    hash.chain_update(&row.body).finalize().into()
}
