//! The district's books: one writer that commits in groups.
//!
//! [`Books::commit`] is a plain function over a list of jobs; the thread that calls it is only its shell, so that a
//! simulation can call it inline. Nothing is answered before the commit, and memory follows the commit, never the
//! other way round.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use gom_domain::unit::UnitId;

use gom_proto::planted;

use crate::accept::{Change, Done, Group, Receipts, Refusal};
use crate::authority::{self, NewAuthority, RetireAuthority};
use crate::chain;
use crate::device::{self, SetDevice};
use crate::enrol::{self, Enrol, Enrolled, IssueCode};
use crate::enter::{self, Enter};
use crate::give_back::{self, GiveBack, TakenBack};
use crate::history::{self, GoOn, NewHistory};
use crate::memory::{Latest, Memory};
use crate::operation::Operation;
use crate::publish::{self, Load};
use crate::queue::{self, Answered, Queue};
use crate::seen::Seen;
use crate::store::{
    AuthorityRow, ChangeRow, DeviceRow, Ledger, Place, StandingRow, StoreError, Stored, UserRow,
};
use crate::target::{self, SetTarget};
use crate::user::{self, SetUser};
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
    /// What a restored backup lacks, from a commune.
    GiveBack(GiveBack),
    /// A queue that came on a stick.
    Queue(Queue),
    /// Another history from here on.
    NewHistory(NewHistory),
    /// The books go on without what a restored backup lacks.
    GoOn(GoOn),
    /// An authority, where there is none yet.
    NewAuthority(NewAuthority),
    /// Another authority, beside those that there are.
    Rotate(NewAuthority),
    /// An authority that is to count no more.
    RetireAuthority(RetireAuthority),
    /// A device named or revoked.
    SetDevice(SetDevice),
    /// An account made or changed.
    SetUser(SetUser),
    /// What somebody at the district does, who is named in the journal.
    By(String, Box<Job>),
    /// A device was heard of; it waits for the next commit.
    Contact(Contact),
    /// Nothing: what waits for the next commit shall wait no longer.
    Settle,
}

impl Job {
    /// Who at the district does it, and what.
    pub fn by(&self) -> (&str, &Self) {
        match self {
            Self::By(who, job) => (who, job),
            job => ("", job),
        }
    }
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
    pub operations: Vec<Operation>,
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
    /// The authority whose certificate it has shown; none where it has shown none.
    pub authority: Option<u32>,
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
    /// What became of operations that were given back.
    TakenBack(TakenBack),
    /// What has come of a queue.
    Queue(Answered),
    /// The books could not be written; nothing was changed, try again later.
    Failed(Trouble),
}

/// The books, with the right to write.
pub struct Books {
    ledger: Box<dyn Ledger>,
    memory: Arc<RwLock<Memory>>,
    /// Ids that have come in.
    seen: Seen,
    /// Devices that were heard of since the last commit.
    contacts: BTreeSet<u32>,
    /// Whether the handle or the memory cannot be trusted until the books have been opened again.
    broken: bool,
}

/// What a group wrote, to be remembered once it is durable.
#[derive(Default)]
pub struct Changes {
    /// New rows of the journal other than submissions.
    pub rows: Vec<ChangeRow>,
    /// New names of units.
    pub units: Vec<(u32, UnitId)>,
    /// New names of forms.
    pub forms: Vec<(u32, String)>,
    /// New devices.
    pub devices: Vec<DeviceRow>,
    /// A new authority, or one that counts no more.
    pub authority: Option<AuthorityRow>,
    /// A new account, or what has become of one.
    pub user: Option<UserRow>,
    /// Submissions.
    pub done: Done,
}

impl Books {
    /// Opens the books and recalls what they come to.
    pub fn open(mut ledger: Box<dyn Ledger>) -> Stored<Self> {
        let memory = Memory::recall(ledger.as_mut(), None)?;
        Ok(Self {
            ledger,
            memory: Arc::new(RwLock::new(memory)),
            seen: Seen::default(),
            contacts: BTreeSet::new(),
            broken: false,
        })
    }

    /// What the books come to, shared with readers; it follows every commit.
    pub fn shared(&self) -> Arc<RwLock<Memory>> {
        Arc::clone(&self.memory)
    }

    /// Commits jobs and answers each, in their order. Pushes share one commit as long as nothing else comes between;
    /// contacts change no answer and do not part them.
    pub fn commit(&mut self, jobs: Vec<Job>, now_ms: i64) -> Vec<Answer> {
        let mut answers: Vec<Option<Answer>> = Vec::with_capacity(jobs.len());
        let mut pushes = Vec::new();
        for (place, job) in jobs.into_iter().enumerate() {
            answers.push(None);
            match job {
                Job::Push(push) => pushes.push((place, push)),
                Job::Contact(contact) => {
                    self.note(&contact);
                    answers[place] = Some(Answer::Changed(0));
                }
                Job::Settle => {
                    self.settle();
                    answers[place] = Some(Answer::Changed(0));
                }
                other => {
                    self.group(std::mem::take(&mut pushes), now_ms, &mut answers);
                    answers[place] = Some(self.single(&other, now_ms));
                }
            }
        }
        self.group(pushes, now_ms, &mut answers);
        let unanswered = || Answer::Failed(Trouble::Stopping);
        answers.into_iter().map(|answer| answer.unwrap_or_else(unanswered)).collect()
    }

    /// Writes down what was only noted, as every few seconds and before the program ends.
    pub fn settle(&mut self) {
        if let Err(error) = self.write_contacts() {
            tracing::warn!(%error, "the last contacts could not be written");
        }
    }

    fn group(&mut self, pushes: Vec<(usize, Push)>, now_ms: i64, answers: &mut [Option<Answer>]) {
        if pushes.is_empty() {
            return;
        }
        match self.guarded(|books| books.try_group(&pushes, now_ms)) {
            Ok(done) => {
                pushes.iter().zip(done).for_each(|((place, _), answer)| answers[*place] = Some(answer));
            }
            Err(error) if pushes.len() > 1 && !error.is_io() => {
                tracing::error!("the parts of the group are tried one by one");
                pushes.into_iter().for_each(|push| self.group(vec![push], now_ms, answers));
            }
            Err(error) => {
                let failed = || Some(Answer::Failed(Trouble::from(&error)));
                pushes.iter().for_each(|(place, _)| answers[*place] = failed());
            }
        }
    }

    fn single(&mut self, job: &Job, now_ms: i64) -> Answer {
        let ahead =
            if let Job::Queue(queue) = job.by().1 { queue::seen_ahead(&self.read(), queue) } else { None };
        if let Some(new) = ahead {
            _ = self.guarded(|books| books.try_single(&Job::NewHistory(new), now_ms));
        }
        let done = self.guarded(|books| books.try_single(job, now_ms));
        done.unwrap_or_else(|error| Answer::Failed(Trouble::from(&error)))
    }

    /// Runs a group on books that can be trusted. A failure or a panic in it is forgotten as if it had never begun.
    fn guarded<T>(&mut self, group: impl FnOnce(&mut Self) -> Stored<T>) -> Stored<T> {
        if self.broken {
            self.open_again()?;
        }
        let done = catch_unwind(AssertUnwindSafe(|| group(self)));
        let error = match done {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(error)) => error,
            Err(_) => {
                // Nobody knows how far it came in the memory.
                self.broken = true;
                StoreError::Damaged("a group ended in a panic".to_owned())
            }
        };
        tracing::error!(error = %chain_of(&error), "the books could not be written");
        self.recover(&error);
        Err(error)
    }

    fn try_group(&mut self, pushes: &[(usize, Push)], now_ms: i64) -> Stored<Vec<Answer>> {
        self.ledger.begin()?;
        let memory = Arc::clone(&self.memory);
        let memory = memory.read().unwrap_or_else(PoisonError::into_inner);
        let mut group = Group::new(self.ledger.as_mut(), &memory, &mut self.seen, now_ms);
        let mut answers = Vec::with_capacity(pushes.len());
        for (_, push) in pushes {
            let (receipts, refusal) =
                group.push(push.device, push.epoch, push.first_sequence, &push.operations)?;
            answers.push(Answer::Receipts(receipts, refusal));
        }
        let done = group.done()?;
        drop(memory);
        self.finish(Changes { done, ..Changes::default() }, now_ms)?;
        Ok(answers)
    }

    fn try_single(&mut self, job: &Job, now_ms: i64) -> Stored<Answer> {
        self.ledger.begin()?;
        let memory = Arc::clone(&self.memory);
        let memory = memory.read().unwrap_or_else(PoisonError::into_inner);
        let ledger = self.ledger.as_mut();
        let (who, job) = job.by();
        let (mut changes, mut answer) = match job {
            Job::Enrol(job) => enrol::enrol(ledger, &memory, job, now_ms)?,
            Job::IssueCode(job) => enrol::issue_code(ledger, &memory, job)?,
            Job::Load(job) => publish::load(ledger, &memory, job)?,
            Job::Enter(job) => enter::enter(ledger, &memory, &mut self.seen, job, now_ms)?,
            Job::SetTarget(job) => target::set(&memory, job)?,
            Job::GiveBack(job) => give_back::give_back(ledger, &memory, &mut self.seen, job, now_ms)?,
            Job::Queue(job) => queue::take_in(ledger, &memory, &mut self.seen, job, now_ms)?,
            Job::NewHistory(job) => history::begin(&memory, job)?,
            Job::GoOn(job) => history::go_on(&memory, job)?,
            Job::SetDevice(job) => device::set(ledger, &memory, job, now_ms)?,
            Job::SetUser(job) => user::set(ledger, &memory, job, now_ms)?,
            Job::NewAuthority(job) => authority::begin(ledger, &memory, job, now_ms)?,
            Job::Rotate(job) => authority::rotate(ledger, &memory, job, now_ms)?,
            Job::RetireAuthority(job) => authority::retire(ledger, &memory, job, now_ms)?,
            Job::Push(_) | Job::Contact(_) | Job::Settle | Job::By(..) => {
                return Err(StoreError::Damaged("a job out of place".to_owned()));
            }
        };
        drop(memory);
        changes.rows.iter_mut().for_each(|row| who.clone_into(&mut row.who));
        self.finish(changes, now_ms)?;
        if let Answer::Queue(answered) = &mut answer {
            answered.seal(&self.read());
        }
        Ok(answer)
    }

    /// Makes a group durable, then remembers it. A group that appended nothing is forgotten.
    fn finish(&mut self, changes: Changes, now_ms: i64) -> Stored<()> {
        let last_change = changes.rows.last().map_or(0, |row| row.seq);
        let last_seq = changes.done.last_seq.max(last_change);
        if last_seq == 0 {
            return self.ledger.roll_back();
        }
        changes.rows.iter().try_for_each(|row| self.ledger.append_change(row))?;
        for device in &self.noted() {
            self.ledger.put_device(device)?;
        }
        let standing = |(place, change): &(Place, Change)| {
            let Latest { last, stands } = change.latest;
            (*place, StandingRow { seq: stands.map(|stands| stands.seq), last })
        };
        if planted::is("effects-after-commit") {
            self.ledger.commit().and_then(|()| self.ledger.begin())?;
        }
        self.ledger.put_standings(&mut changes.done.places.iter().map(standing))?;
        for (number, reached) in &changes.done.reached {
            self.ledger.advance_device(*number, reached)?;
        }
        let head = if changes.done.last_seq > 0 { changes.done.head } else { self.read().head() };
        let head = changes.rows.iter().fold(head, chain::change);
        let commit = chain::commit(head, last_seq, now_ms);
        self.ledger.append_commit(&commit)?;
        // With the fault a group of reports is committed when the next one begins.
        if !(planted::is("answer-before-commit") && changes.rows.is_empty()) {
            self.ledger.commit()?;
        }
        self.contacts.clear();
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        memory.last = Some(commit);
        if let Err(error) = remember(&mut memory, changes) {
            // It is durable and will be answered so; only what was remembered of it is wrong.
            tracing::error!(%error, "the memory has to be made anew");
            drop(memory);
            self.broken = true;
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&mut self, contact: &Contact) {
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        if memory.note(contact) {
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

    /// After a failed group: forget it. After a failure of the disk the handle is never used again; where nothing
    /// helps, the books stay broken and every later group begins by opening them again.
    fn recover(&mut self, error: &StoreError) {
        self.broken |= error.is_io() || self.ledger.roll_back().is_err();
        if self.broken
            && let Err(error) = self.open_again()
        {
            tracing::error!(error = %chain_of(&error), "the books could not be opened again");
        }
    }

    fn open_again(&mut self) -> Stored<()> {
        self.ledger.reopen()?;
        let memory = Memory::recall(self.ledger.as_mut(), None)?;
        *self.memory.write().unwrap_or_else(PoisonError::into_inner) = memory;
        self.broken = false;
        Ok(())
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
    changes.authority.into_iter().for_each(|authority| memory.learn_authority(authority));
    changes.user.into_iter().for_each(|user| memory.learn_user(user));
    changes.done.reached.iter().for_each(|(number, reached)| memory.advance(*number, *reached));
    if !changes.rows.is_empty() {
        changes.rows.iter().try_for_each(|row| memory.learn_change(row))?;
        memory.settle_priors()?;
    }
    changes.done.places.into_iter().try_for_each(|(place, change)| {
        memory.come_in(place, change.latest.last);
        let Some((stands, submission)) = change.latest.stands.zip(change.submission) else { return Ok(()) };
        let unread = || StoreError::Damaged(format!("the submission {} cannot stand", stands.seq));
        memory.stand(place, stands, &submission).ok_or_else(unread)
    })
}
