//! The service that communes speak to: decode, ask the books, encode.

mod given_back;
mod replies;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use gom_domain::code::EnrolCode;
use gom_domain::greeting::{Action, DeviceId, Hello, HistoryId, Welcome};
use gom_domain::programme::Editions;
use gom_domain::text::label;
use gom_domain::unit::UnitId;
use gom_domain::world::{Disk, World};
use gom_proto::operations::{self, LARGEST_MESSAGE};
use gom_proto::wire::sync_server::{Sync, SyncServer};
use gom_proto::{Malformed, delay, greeting as greetings, wire};
use gom_trust::{BadRequest, TrustError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};

use self::replies::{Replies, Waiting};
use crate::accept::Refusal;
use crate::authority;
use crate::books::{Answer, Contact, Job, Push};
use crate::caller::{self, Caller, Guesser, Peer, Unknown};
use crate::enrol::{By, Enrol};
use crate::folder::Folder;
use crate::history::NewHistory;
use crate::operation::Operation;
use crate::sealer::{Sealer, Seals};
use crate::store::DeviceRow;
use crate::tries::Tries;
use crate::wording::Trouble;
use crate::writer::Writer;
use crate::{greeting, news, witness};

/// How many wrong codes somebody may show before he has to wait.
const CODES: u32 = 5;

/// How many messages of a stream may wait for their commit.
const IN_FLIGHT: usize = 16;
/// How many operations a message may bring. Their receipts go back in one.
const MOST_OPERATIONS: usize = 1_000;
/// How many characters of a program's version are kept.
const LONGEST_VERSION: usize = 40;
/// The largest body of a submission; a form of a hundred elements takes a hundredth of it.
const LARGEST_BODY: usize = 64 * 1024;

/// How long a message may wait for its place in the writer's queue, and how long its sender is to stay away then. Either
/// is far more than a district of ordinary size ever needs.
const CROWDED: Duration = Duration::from_secs(10);
const COME_AGAIN: Duration = Duration::from_secs(15);

/// How many read news at once. Each opens the books for a moment, and reading is what the processor does.
const READERS: usize = 8;

type Stream<T> = Pin<Box<dyn tokio_stream::Stream<Item = Result<T, Status>> + Send>>;

/// The service.
#[derive(Clone, Debug)]
pub struct SyncService {
    folder: Folder,
    writer: Writer,
    world: World,
    disk: Disk,
    stop: watch::Receiver<bool>,
    /// Wrong codes of late.
    tries: Arc<Tries<Guesser>>,
    /// Whose turn it is to have the journal followed.
    testimony: Arc<Semaphore>,
    /// Who may read news, so many at once.
    readers: Arc<Semaphore>,
}

impl SyncService {
    /// A service over the books of a folder, until `stop` says so. What it reads of them, `disk` waits for.
    pub fn new(
        folder: Folder,
        writer: Writer,
        world: World,
        disk: Disk,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            folder,
            writer,
            world,
            disk,
            stop,
            tries: Arc::new(Tries::new(CODES)),
            testimony: Arc::new(Semaphore::new(1)),
            readers: Arc::new(Semaphore::new(READERS)),
        }
    }

    /// The service with its limits.
    pub fn server(self) -> SyncServer<Self> {
        SyncServer::new(self).max_decoding_message_size(LARGEST_MESSAGE)
    }

    /// The device that a call comes from.
    #[allow(clippy::result_large_err, reason = "tonic's own error")]
    fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        Caller::of(request, &self.writer.memory(), self.world.now_ms()).map_err(unknown)
    }

    /// A certificate for a device by the newest authority, and the authorities that it is to trust from now on.
    #[allow(clippy::result_large_err, reason = "tonic's own error")]
    fn certificate(&self, request: &[u8], device: DeviceId) -> Result<(Vec<u8>, Vec<Vec<u8>>), Status> {
        let memory = self.writer.memory();
        let authorities = authority::active(&memory).map(|row| row.certificate.clone()).collect();
        let signing = authority::signing(&memory);
        drop(memory);
        let broken = |error: TrustError| wait(&Trouble::Authority(error.to_string()));
        let signing = signing.ok_or_else(|| wait(&Trouble::Stopping))?.map_err(broken)?;
        let signed = signing.for_device(request, device, self.world.random(), self.world.now_ms());
        let signed = signed.map_err(|BadRequest| refusal(&Trouble::BadSigningRequest))?;
        Ok((signed.to_vec(), authorities))
    }

    /// The authority whose certificate a caller has shown, and whether it is time to ask for another one.
    fn certified<T>(&self, request: &Request<T>) -> (Option<u32>, bool) {
        let Some(Peer::Device(certificate)) = caller::peer(request) else { return (None, false) };
        let memory = self.writer.memory();
        let by = authority::of(&memory, &certificate).map(|row| row.number);
        (by, authority::is_due(&memory, &certificate, self.world.now_ms()))
    }

    async fn greet(
        &self,
        device: &DeviceRow,
        authority: Option<u32>,
        hello: &Hello,
        proof: Option<&wire::Checkpoint>,
    ) -> Welcome {
        let now_ms = self.world.now_ms();
        let contact = Contact {
            device: device.number,
            at_ms: now_ms,
            skew_ms: hello.clock_ms.saturating_sub(now_ms),
            app_version: label(&hello.app_version, LONGEST_VERSION),
            authority,
        };
        tracing::info!(device = device.number, unit = device.unit, skew_ms = contact.skew_ms, "greeting");
        // The contact waits for the next commit; the greeting does not wait for it.
        drop(self.writer.submit(Job::Contact(contact)).await);
        let has_seen_more = greeting::has_seen_more(&self.writer.memory(), hello);
        if has_seen_more && proof.is_some_and(|proof| witness::proves(&self.writer.memory(), hello, proof)) {
            let new = NewHistory { instead_of: hello.history, history: HistoryId(self.world.random()) };
            drop(self.writer.perform(Job::NewHistory(new)).await);
        }
        let memory = self.writer.memory();
        let device = memory.device(device.number).unwrap_or(device);
        let welcome = greeting::welcome(&memory, device, hello, now_ms);
        if has_seen_more && proof.is_none() { Welcome { action: Action::Prove, ..welcome } } else { welcome }
    }
}

#[tonic::async_trait]
impl Sync for SyncService {
    type PushStream = Stream<wire::PushReply>;
    type PullStream = Stream<wire::PullReply>;
    type GiveBackStream = Stream<wire::GivenBackReply>;

    async fn enrol(
        &self,
        request: Request<wire::EnrolRequest>,
    ) -> Result<Response<wire::EnrolReply>, Status> {
        let peer = caller::peer(&request);
        let (encrypted, now_ms) = (peer != Some(Peer::Here), self.world.now_ms());
        let guesser = Guesser::of(peer);
        if let Some(delay) = guesser.and_then(|guesser| self.tries.delay(&guesser, now_ms)) {
            return Err(delay::ask(
                Status::resource_exhausted(both(&Trouble::TooManyTries.message())),
                delay,
            ));
        }
        let mut request = request.into_inner();
        let signing_request = std::mem::take(&mut request.signing_request);
        let wants = encrypted || !signing_request.is_empty();
        // Before the code is spent.
        if wants {
            self.certificate(&signing_request, DeviceId::default())?;
        }
        let authority = if wants { authority::signing_number(&self.writer.memory()) } else { None };
        let job = Enrol { authority, ..enrolment(request, &self.world)? };
        let by_code = matches!(job.by, By::Code { .. });
        let (secret_hash, key) = (job.secret_hash, self.writer.memory().key);
        match self.writer.perform(Job::Enrol(job)).await {
            Answer::Enrolled(enrolled) => {
                let (certificate, authorities) = if wants {
                    self.certificate(&signing_request, enrolled.device)?
                } else {
                    Default::default()
                };
                let checkpoint_key = witness::signer(&self.writer.memory()).map(|signer| signer.key());
                let checkpoint_key = checkpoint_key.unwrap_or_default();
                Ok(Response::new(wire::EnrolReply {
                    device: enrolled.device.0.to_vec(),
                    history: self.writer.memory().history.0.to_vec(),
                    clock_ms: self.world.now_ms(),
                    seal: key.admission(enrolled.device, &enrolled.unit, &secret_hash).to_vec(),
                    unit: enrolled.unit.to_string(),
                    certificate,
                    authorities,
                    checkpoint_key,
                }))
            }
            Answer::Refused(troubles) => {
                // A device that may not come back has guessed nothing.
                if by_code {
                    self.writer.metrics().wrong_code();
                    guesser.into_iter().for_each(|guesser| self.tries.note(guesser, now_ms));
                }
                Err(troubles.first().map_or_else(|| wait(&Trouble::Stopping), refusal))
            }
            Answer::Failed(trouble) => Err(wait(&trouble)),
            _ => Err(Status::internal("an answer to another question")),
        }
    }

    async fn renew(
        &self,
        request: Request<wire::RenewRequest>,
    ) -> Result<Response<wire::RenewReply>, Status> {
        let caller = Caller::renewing(&request, &self.writer.memory()).map_err(unknown)?;
        let (certificate, authorities) =
            self.certificate(&request.into_inner().signing_request, caller.id)?;
        tracing::info!(device = caller.number, "another certificate");
        Ok(Response::new(wire::RenewReply { certificate, authorities }))
    }

    async fn push(
        &self,
        request: Request<Streaming<wire::PushRequest>>,
    ) -> Result<Response<Self::PushStream>, Status> {
        let device = self.caller(&request)?;
        let (authority, renew) = self.certified(&request);
        let mut inbound = request.into_inner();
        let Some(wire::PushRequest { kind: Some(wire::push_request::Kind::Hello(hello)) }) =
            inbound.message().await?
        else {
            return Err(Status::invalid_argument("a stream begins with a Hello"));
        };
        let proof = hello.proof.clone();
        let hello = greetings::hello(hello, device.id).map_err(malformed)?;
        if hello.device != device.id {
            return Err(Status::permission_denied("the Hello is of another device"));
        }
        if let Some(version) = greeting::other_programme(&self.writer.memory(), &hello) {
            return Err(refusal(&Trouble::OtherProgramme(version)));
        }
        let welcome = self.greet(&device, authority, &hello, proof.as_ref()).await;
        let checkpoint = witness::unseen(&self.writer.memory(), &hello);
        let (waiting, answers) = mpsc::channel(IN_FLIGHT);
        if matches!(welcome.action, Action::Go | Action::ResendFrom(_)) {
            let seals = Seals::new(&self.writer.memory(), &device).map_err(|error| wait(&(&error).into()))?;
            let sender = Sender { device: device.number, epoch: welcome.epoch, seals: Arc::new(seals) };
            tokio::spawn(take_in(self.writer.clone(), sender, inbound, waiting, self.stop.clone()));
        }
        Ok(Response::new(Box::pin(Replies::new(
            wire::Welcome { renew, checkpoint, ..greetings::answer(&welcome, &hello) },
            answers,
            self.writer.clone(),
        ))))
    }

    async fn witness(
        &self,
        request: Request<wire::WitnessRequest>,
    ) -> Result<Response<wire::WitnessReply>, Status> {
        self.caller(&request)?;
        let mut commits = request.into_inner().commits;
        if commits.len() > witness::MOST {
            return Err(Status::invalid_argument("more than 1,000 commits"));
        }
        commits.sort_unstable();
        let turn = turn(&self.testimony).await?;
        let folder = self.folder.clone();
        let read = move || {
            let (mut books, memory) = folder.recall(None)?;
            let reply = witness::testimony(&mut books, &commits).map_err(|error| folder.trouble(&error))?;
            Ok(wire::WitnessReply { newest: witness::checkpoint(&memory), ..reply })
        };
        let (disk, (answer, answered)) = (self.disk.clone(), oneshot::channel());
        // Following the whole journal takes a while, whether or not somebody still waits for it: one after the other, and
        // as much time again for everybody else.
        tokio::spawn(async move {
            let began = Instant::now();
            _ = answer.send(disk.wait(read).await);
            sleep(began.elapsed()).await;
            drop(turn);
        });
        match answered.await.ok().flatten() {
            Some(Ok(reply)) => Ok(Response::new(reply)),
            Some(Err(trouble)) => Err(wait(&trouble)),
            None => Err(Status::internal("reading the books failed")),
        }
    }

    async fn pull(&self, request: Request<wire::PullRequest>) -> Result<Response<Self::PullStream>, Status> {
        let device = self.caller(&request)?;
        let after = request.into_inner().after;
        let published = news::published(&self.writer.memory(), &device, after);
        let published = published.map_err(|error| wait(&(&error).into()))?;
        let turn = turn(&self.readers).await?;
        let folder = self.folder.clone();
        // Whoever has gone leaves his reading to its end, so his turn goes with it.
        let read = move || {
            let _turn = turn;
            news::after(&folder, after, published)
        };
        let news = self.disk.wait(read).await;
        let news: VecDeque<wire::PullReply> = match news {
            Some(Ok(news)) => news,
            Some(Err(trouble)) => return Err(wait(&trouble)),
            None => return Err(Status::internal("reading the books failed")),
        };
        let writer = self.writer.clone();
        let told = move |news| {
            let revoked = writer.memory().device(device.number).is_some_and(|row| row.revoked_ms.is_some());
            if revoked { Err(unknown(Unknown::Revoked)) } else { Ok(news) }
        };
        Ok(Response::new(Box::pin(tokio_stream::iter(news).map(told))))
    }

    async fn give_back(
        &self,
        request: Request<Streaming<wire::GivenBack>>,
    ) -> Result<Response<Self::GiveBackStream>, Status> {
        let device = self.caller(&request)?;
        let (replies, stream) = mpsc::channel(IN_FLIGHT);
        let inbound = request.into_inner();
        let taking = given_back::Taking { writer: self.writer.clone(), device, world: self.world.clone() };
        tokio::spawn(taking.run(inbound, replies, self.stop.clone()));
        Ok(Response::new(Box::pin(tokio_stream::wrappers::ReceiverStream::new(stream))))
    }
}

/// Why a call is nobody's, as its answer.
pub(crate) fn unknown(unknown: Unknown) -> Status {
    let text = |trouble: Trouble| both(&trouble.message());
    match unknown {
        Unknown::Device => refused(Refusal::UnknownDevice),
        Unknown::RunOut => Status::unauthenticated(text(Trouble::RunOut)),
        Unknown::Revoked => Status::permission_denied(text(Trouble::Revoked)),
    }
}

/// Who sends, as one stream needs it.
struct Sender {
    device: u32,
    epoch: u32,
    seals: Arc<Seals>,
}

/// What a computer asks that wants to become a device, or to be one again.
#[allow(clippy::result_large_err, reason = "tonic's own error")]
fn enrolment(request: wire::EnrolRequest, world: &World) -> Result<Enrol, Status> {
    let field = |name| move |_| malformed(Malformed::Field(name));
    let by = match request.admission {
        None => {
            let code = EnrolCode::parse(&request.code).map_err(|_| refusal(&Trouble::UnknownCode))?;
            By::Code { hash: code.hash(), device: DeviceId(world.random()) }
        }
        Some(admission) => By::Admission {
            device: DeviceId(admission.device.as_slice().try_into().map_err(field("device"))?),
            unit: UnitId::from(admission.unit.as_str()),
            seal: admission.seal,
        },
    };
    Ok(Enrol {
        by,
        secret_hash: request.secret_hash.as_slice().try_into().map_err(field("secret_hash"))?,
        name: label(&request.device_name, 100),
        app_version: label(&request.app_version, LONGEST_VERSION),
        authority: None,
    })
}

/// Takes operations in and hands them to the writer. The bounded channels slow a fast sender down. When the server
/// stops, what has been taken in is still answered, and nothing more is taken.
async fn take_in(
    writer: Writer,
    sender: Sender,
    mut inbound: Streaming<wire::PushRequest>,
    waiting: mpsc::Sender<Waiting>,
    stop: watch::Receiver<bool>,
) {
    let mut stopping = std::pin::pin!(crate::serve::until(stop));
    let of = writer.clone();
    let mut revoked = std::pin::pin!(of.revoked(sender.device));
    loop {
        let message = tokio::select! {
            biased;
            () = &mut stopping => Err(wait(&Trouble::Stopping)),
            () = &mut revoked => Err(unknown(Unknown::Revoked)),
            message = inbound.message() => message,
        };
        let push = match message {
            Ok(Some(message)) => taken(message, &sender, &writer.editions()),
            Ok(None) => return,
            Err(status) => Err(Box::new(status)),
        };
        let next = match push {
            Ok(push) => {
                let sealer = Sealer::new(&sender.seals, push.epoch, push.first_sequence, &push.operations);
                match timeout(CROWDED, writer.submit(Job::Push(push))).await {
                    Ok(answer) => Waiting::Answer(answer, sealer),
                    Err(_) => Waiting::End(overloaded()),
                }
            }
            Err(status) => Waiting::End(*status),
        };
        let ended = matches!(next, Waiting::End(_));
        if waiting.send(next).await.is_err() || ended {
            return;
        }
    }
}

/// What a message brings, within the limits.
fn taken(message: wire::PushRequest, sender: &Sender, editions: &Editions) -> Result<Push, Box<Status>> {
    let Some(wire::push_request::Kind::Operations(message)) = message.kind else {
        return Err(Box::new(Status::invalid_argument("operations are expected after the Hello")));
    };
    let (first_sequence, operations) = read(message, editions)?;
    Ok(Push { device: sender.device, epoch: sender.epoch, first_sequence, operations })
}

/// The operations of a message and the first one's sequence, within the limits.
fn read(message: wire::Operations, editions: &Editions) -> Result<(u64, Vec<Operation>), Box<Status>> {
    let first_sequence = message.first_sequence;
    let bodies = operations::unpack(message).map_err(malformed)?;
    if bodies.iter().any(|body| body.len() > LARGEST_BODY) {
        return Err(Box::new(Status::invalid_argument("a submission is larger than 64 KiB")));
    }
    if bodies.len() > MOST_OPERATIONS {
        return Err(Box::new(Status::invalid_argument("more than 1,000 operations in one message")));
    }
    Ok((first_sequence, bodies.into_iter().map(|body| Operation::read(body, editions)).collect()))
}

/// Somebody's turn, if it comes soon.
#[allow(clippy::result_large_err, reason = "tonic's own error")]
async fn turn(of: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Status> {
    let turn = timeout(CROWDED, Arc::clone(of).acquire_owned()).await;
    turn.ok().and_then(Result::ok).ok_or_else(overloaded)
}

/// There is more to do than can be done: whoever was not let to the writer is to come again later.
pub(crate) fn overloaded() -> Status {
    delay::ask(Status::resource_exhausted(both(&Trouble::Overloaded.message())), COME_AGAIN)
}

/// A refusal that breaks the contract ends the stream; one that means wait says so.
fn refused(refusal: Refusal) -> Status {
    let text = both(&Trouble::Refused(refusal).message());
    match refusal {
        Refusal::Gap(_) | Refusal::SequenceReused(_) | Refusal::Epoch => Status::failed_precondition(text),
        Refusal::UnknownDevice => Status::unauthenticated(text),
        Refusal::Revoked => Status::permission_denied(text),
        Refusal::UnknownProgramme(_) | Refusal::UnknownBase(_) => Status::unavailable(text),
    }
}

/// A text in both languages in one status message, separated by U+001F.
fn both(text: &gom_domain::Bilingual) -> String {
    format!("{}\u{1f}{}", text.vi, text.en)
}

fn refusal(trouble: &Trouble) -> Status {
    Status::failed_precondition(both(&trouble.message()))
}

/// Nothing is wrong with what was sent; it is to be tried again later. A full disk, say, is the district's.
fn wait(trouble: &Trouble) -> Status {
    let text = trouble.message();
    let (vi, en) = (text.vi, text.en);
    Status::unavailable(both(&gom_domain::say!("ở huyện: {vi}", "at the district: {en}")))
}

fn malformed(error: Malformed) -> Status {
    Status::invalid_argument(error.to_string())
}
