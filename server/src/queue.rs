//! A queue that came on a stick: the same operations as on the line, by the same path, with the same result.

use std::sync::Arc;

use gom_domain::Bilingual;
use gom_domain::greeting::{Action, DeviceId, Hello, HistoryId, Welcome};
use gom_domain::programme::Editions;
use gom_domain::ruling::Ruling;
use gom_proto::seal::SealKey;
use gom_proto::stick::{self, Unread};
use gom_proto::{Malformed, greeting as greetings, operations, wire};

use crate::accept::{Group, Receipts, Refusal};
use crate::books::{Answer, Changes};
use crate::enter;
use crate::give_back::{self, GiveBack, Owners};
use crate::greeting;
use crate::history::NewHistory;
use crate::memory::Memory;
use crate::news;
use crate::operation::Operation;
use crate::sealer::{Sealer, Seals};
use crate::seen::Seen;
use crate::store::{DeviceRow, Ledger, Stored};
use crate::witness;
use crate::wording::Trouble;

/// A file to be taken in.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The file.
    pub file: Vec<u8>,
    /// Whether to take what a quarantined device has queued, under the district's own hand for its unit.
    pub release: bool,
    /// The history that begins if the commune has seen more than the books have, and the name of the district's hand if
    /// there is none yet.
    pub fresh: (HistoryId, DeviceId),
}

/// What has come of a file.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// The last entry that it made; 0 if it brought nothing new.
    pub commit: u64,
    /// The rulings on what it brought.
    pub rulings: Vec<Ruling>,
    /// The file for the way back.
    pub answers: Vec<u8>,
    /// Why the rest was not taken.
    pub refusal: Option<Bilingual>,
    /// The file until the books are committed, and by what it is sealed.
    open: Option<Box<(wire::Answers, SealKey)>>,
}

impl Answered {
    /// Seals the file, once what it tells is durable, with how far the journal goes now.
    pub fn seal(&mut self, memory: &Memory) {
        let Some((mut answers, key)) = self.open.take().map(|open| *open) else { return };
        let checkpoint = witness::checkpoint(memory);
        answers.welcome = answers.welcome.map(|welcome| wire::Welcome { checkpoint, ..welcome });
        self.answers = stick::write_answers(&answers, &key);
    }
}

/// A file that was read: whose it is and what it says.
struct Read {
    device: DeviceRow,
    key: SealKey,
    hello: Hello,
    queue: wire::Queue,
}

/// The history that has to begin before the file is taken in, where its writer has seen more than the books have.
pub fn seen_ahead(memory: &Memory, job: &Queue) -> Option<NewHistory> {
    let read = read(memory, job).ok()?;
    let new = NewHistory { instead_of: read.hello.history, history: job.fresh.0 };
    let proof = read.queue.hello.as_ref()?.proof.as_ref()?;
    let has_proof =
        greeting::has_seen_more(memory, &read.hello) && witness::proves(memory, &read.hello, proof);
    has_proof.then_some(new)
}

/// Takes a file in.
pub fn take_in(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    seen: &mut Seen,
    job: &Queue,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let read = match read(memory, job) {
        Ok(read) => read,
        Err(trouble) => return crate::enrol::refused(trouble),
    };
    if let Some(version) = greeting::other_programme(memory, &read.hello) {
        return crate::enrol::refused(Trouble::OtherProgramme(version));
    }
    let welcome = greeting::welcome(memory, &read.device, &read.hello, now_ms);
    match welcome.action {
        _ if read.device.revoked_ms.is_some() && job.release => {
            release(ledger, memory, seen, &read, job.fresh.1, now_ms)
        }
        _ if read.device.revoked_ms.is_some() => crate::enrol::refused(Trouble::QueueOfARevoked),
        Action::Quarantined if job.release => release(ledger, memory, seen, &read, job.fresh.1, now_ms),
        Action::Quarantined => crate::enrol::refused(Trouble::QueueOfAClone),
        _ => answer(ledger, memory, seen, read, (welcome, job.fresh.1), now_ms),
    }
}

fn read(memory: &Memory, job: &Queue) -> Result<Read, Trouble> {
    let key = |device: &DeviceRow| <[u8; 32]>::try_from(device.secret_hash.as_slice()).ok().map(SealKey);
    let known = |id| memory.device_called(id).filter(|device| !device.district);
    let queue = stick::read_queue(&job.file, |id| known(id).and_then(key)).map_err(unread)?;
    let queue = queue.ok_or(Trouble::QueueOfAStranger)?;
    let malformed = |_: Malformed| Trouble::DamagedFile;
    let id = DeviceId(queue.device.as_slice().try_into().map_err(|_| Trouble::DamagedFile)?);
    let device = known(id).cloned().ok_or(Trouble::QueueOfAStranger)?;
    let key = key(&device).ok_or(Trouble::QueueOfAStranger)?;
    let hello = greetings::hello(queue.hello.clone().unwrap_or_default(), id).map_err(malformed)?;
    Ok(Read { device, key, hello, queue })
}

fn unread(unread: Unread) -> Trouble {
    match unread {
        Unread::Foreign => Trouble::ForeignFile,
        Unread::Newer => Trouble::NewerFile,
        Unread::Damaged => Trouble::DamagedFile,
    }
}

/// The operations of each message, with the first one's sequence.
fn opened(messages: &[wire::Operations], editions: &Editions) -> Option<Vec<(u64, Vec<Operation>)>> {
    let open = |message: &wire::Operations| {
        let bodies = operations::unpack(message.clone()).ok()?;
        let operations = bodies.into_iter().map(|body| Operation::read(body, editions)).collect();
        Some((message.first_sequence, operations))
    };
    messages.iter().map(open).collect()
}

/// Takes in what a commune has queued and gives back, and answers it.
fn answer(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    seen: &mut Seen,
    read: Read,
    (mut welcome, fresh): (Welcome, DeviceId),
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let Read { device, key, hello, queue } = read;
    let Some(opened) = opened(&queue.operations, &memory.editions) else {
        return crate::enrol::refused(Trouble::DamagedFile);
    };
    let Some(given) = given_back(memory, device.number, &queue, fresh) else {
        return crate::enrol::refused(Trouble::DamagedFile);
    };
    let published = news::published(memory, &device, queue.after)?;
    let news = news::collect(ledger, queue.after, published)?;
    let mut group = Group::new(ledger, memory, seen, now_ms);
    let mut owners = Owners::new(memory, &device);
    let returned = |job| Ok(give_back::reply(give_back::take_back(&mut group, &mut owners, job)?));
    let given_back = given.iter().map(returned).collect::<Stored<_>>()?;
    let mut taken = match welcome.action {
        Action::ResendFrom(_) if given.is_empty() && !opened.is_empty() => Taken::default(),
        Action::Go | Action::ResendFrom(_) => push(&mut group, memory, &device, welcome.epoch, &opened)?,
        // A file says how far the commune was when it was written. Whether the commune has gone back since, the commune
        // finds out when it is told how far the books are.
        Action::Rebase if all_repeated(&mut group, &device, &opened)? => {
            welcome = Welcome { action: Action::Go, epoch: device.reached.epoch, ..welcome };
            push(&mut group, memory, &device, welcome.epoch, &opened)?
        }
        Action::Rebase => Taken { refusal: Some(Trouble::QueueOfAnOlder.message()), ..Taken::default() },
        Action::Quarantined | Action::Prove => Taken::default(),
    };
    let restored = hello.history != memory.history && hello.history != HistoryId::default();
    if restored && given.is_empty() && taken.rulings.is_empty() && taken.refusal.is_none() {
        // The commune did not know that it has something to give back.
        taken.refusal = Some(Trouble::QueueToComeAgain.message());
    }
    if let Some(reached) = group.reached(&device, welcome.epoch) {
        (welcome.last_sequence, welcome.chain) = (reached.last_sequence, reached.chain);
    }
    let done = group.done()?;
    let answers = wire::Answers {
        device: queue.device,
        asked_history: hello.history.0.to_vec(),
        welcome: Some((&welcome).into()),
        verdicts: taken.verdicts,
        given_back,
        news: news.into(),
        refusal: taken.refusal.as_ref().map(Into::into),
        asked_epoch: hello.epoch,
        after: queue.after,
    };
    let (commit, rulings, refusal) = (done.last_seq, taken.rulings, taken.refusal);
    let open = Some(Box::new((answers, key)));
    let answered = Answered { commit, rulings, refusal, open, ..Answered::default() };
    Ok((Changes { devices: owners.new, done, ..Changes::default() }, Answer::Queue(answered)))
}

/// Whether the books have all of these operations, as they are.
fn all_repeated(group: &mut Group<'_>, device: &DeviceRow, opened: &[(u64, Vec<Operation>)]) -> Stored<bool> {
    let numbered = opened.iter().flat_map(|(first, operations)| (*first..).zip(operations));
    let mut all = numbered.map(|(sequence, operation)| group.has(device, sequence, operation));
    all.try_fold(true, |all, has| Ok(all && has?))
}

/// What was taken of a queue.
#[derive(Default)]
struct Taken {
    verdicts: Vec<wire::Verdicts>,
    rulings: Vec<Ruling>,
    refusal: Option<Bilingual>,
}

impl Taken {
    fn note(&mut self, receipts: Receipts, refusal: Option<Refusal>) {
        self.rulings.extend(receipts.into_iter().map(|(_, receipt)| receipt.ruling));
        self.refusal = refusal.map(|refusal| Trouble::Refused(refusal).message());
    }
}

/// Has operations judged, up to the first that cannot be taken now.
fn push(
    group: &mut Group<'_>,
    memory: &Memory,
    device: &DeviceRow,
    epoch: u32,
    opened: &[(u64, Vec<Operation>)],
) -> Stored<Taken> {
    let seals = Arc::new(Seals::new(memory, device)?);
    let mut taken = Taken::default();
    for (first_sequence, operations) in opened {
        let (receipts, refusal) = group.push(device.number, epoch, *first_sequence, operations)?;
        if !receipts.is_empty() {
            taken.verdicts.push(Sealer::new(&seals, epoch, *first_sequence, operations).seal(&receipts));
        }
        let ended = refusal.is_some();
        taken.note(receipts, refusal);
        if ended {
            break;
        }
    }
    Ok(taken)
}

fn given_back(memory: &Memory, giver: u32, queue: &wire::Queue, hand: DeviceId) -> Option<Vec<GiveBack>> {
    let read = |message: &wire::GivenBack| {
        let mut message = message.clone();
        let operations = [message.operations.take().unwrap_or_default()];
        let (first_sequence, operations) = opened(&operations, &memory.editions)?.pop()?;
        GiveBack::read(giver, message, first_sequence, operations, hand).ok()
    };
    queue.given_back.iter().map(read).collect()
}

/// Takes what a quarantined device has queued under the district's own hand for its unit.
fn release(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    seen: &mut Seen,
    read: &Read,
    fresh: DeviceId,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let Some(opened) = opened(&read.queue.operations, &memory.editions) else {
        return crate::enrol::refused(Trouble::DamagedFile);
    };
    let hand = enter::hand(memory, read.device.unit, fresh);
    ledger.put_device(&hand)?;
    let mut group = Group::new(ledger, memory, seen, now_ms);
    group.know(&hand);
    let operations: Vec<Operation> = opened.into_iter().flat_map(|(_, operations)| operations).collect();
    let next = hand.reached.last_sequence + 1;
    let (receipts, refusal) = group.push(hand.number, hand.reached.epoch, next, &operations)?;
    let done = group.done()?;
    if done.last_seq == 0 {
        let why = refusal.map_or(Trouble::QueueEmpty, Trouble::Refused);
        return crate::enrol::refused(why);
    }
    let mut taken = Taken::default();
    taken.note(receipts, refusal);
    let (commit, rulings, refusal) = (done.last_seq, taken.rulings, taken.refusal);
    let answered = Answered { commit, rulings, refusal, ..Answered::default() };
    Ok((Changes { devices: vec![hand], done, ..Changes::default() }, Answer::Queue(answered)))
}

impl From<Queue> for wire::QueueFile {
    fn from(queue: Queue) -> Self {
        Self { file: queue.file, release: queue.release }
    }
}
