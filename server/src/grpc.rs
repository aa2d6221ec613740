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
use gom_domain::unit::UnitId;
use gom_domain::world::{Disk, World};
use gom_proto::operations::{self, LARGEST_MESSAGE};
use gom_proto::wire::sync_server::{Sync, SyncServer};
use gom_proto::{Malformed, delay, greeting as greetings, pass, wire};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};

use self::replies::{Replies, Waiting};
use crate::accept::Refusal;
use crate::books::{Answer, Contact, Job, Push};
use crate::enrol::{By, Enrol};
use crate::folder::Folder;
use crate::history::NewHistory;
use crate::operation::Operation;
use crate::sealer::{Sealer, Seals};
use crate::store::DeviceRow;
use crate::wording::Trouble;
use crate::writer::Writer;
use crate::{greeting, news};

/// How many messages of a stream may wait for their commit.
const IN_FLIGHT: usize = 16;
/// How many operations a message may bring. Their receipts go back in one.
const MOST_OPERATIONS: usize = 1_000;
/// The largest body of a submission; a form of a hundred elements takes a hundredth of it.
const LARGEST_BODY: usize = 64 * 1024;

/// How long a message may wait for its place in the writer's queue, and how long its sender is to stay away then. Either
/// is far more than a district of ordinary size ever needs.
const CROWDED: Duration = Duration::from_secs(10);
const COME_AGAIN: Duration = Duration::from_secs(15);

type Stream<T> = Pin<Box<dyn tokio_stream::Stream<Item = Result<T, Status>> + Send>>;

/// The service.
#[derive(Clone, Debug)]
pub struct SyncService {
    folder: Folder,
    writer: Writer,
    world: World,
    disk: Disk,
    stop: watch::Receiver<bool>,
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
        Self { folder, writer, world, disk, stop }
    }

    /// The service with its limits.
    pub fn server(self) -> SyncServer<Self> {
        SyncServer::new(self).max_decoding_message_size(LARGEST_MESSAGE)
    }

    /// The device that a call comes from. Only this makes a device out of a call: what a message says of its sender
    /// counts for nothing.
    #[allow(clippy::result_large_err, reason = "tonic's own error")]
    fn device<T>(&self, request: &Request<T>) -> Result<DeviceRow, Status> {
        let unknown = || refused(Refusal::UnknownDevice);
        let shown = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
        let (id, secret) = shown.and_then(pass::read).ok_or_else(unknown)?;
        let memory = self.writer.memory();
        let device = memory.device_called(id).filter(|device| !device.district);
        // Hashes are compared, so the time this takes tells nothing of the secret.
        let shown = Sha256::digest(secret);
        device.filter(|device| device.secret_hash == shown.as_slice()).cloned().ok_or_else(unknown)
    }

    async fn greet(&self, device: &DeviceRow, hello: &Hello) -> Welcome {
        let now_ms = self.world.now_ms();
        let contact = Contact {
            device: device.number,
            at_ms: now_ms,
            skew_ms: hello.clock_ms.saturating_sub(now_ms),
            app_version: hello.app_version.clone(),
        };
        tracing::info!(device = device.number, unit = device.unit, skew_ms = contact.skew_ms, "greeting");
        // The contact waits for the next commit; the greeting does not wait for it.
        drop(self.writer.submit(Job::Contact(contact)).await);
        if greeting::has_seen_more(&self.writer.memory(), hello) {
            let new = NewHistory { instead_of: hello.history, history: HistoryId(self.world.random()) };
            drop(self.writer.perform(Job::NewHistory(new)).await);
        }
        let memory = self.writer.memory();
        let device = memory.device(device.number).unwrap_or(device);
        greeting::welcome(&memory, device, hello, now_ms)
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
        let job = enrolment(request.into_inner(), &self.world)?;
        let (secret_hash, key) = (job.secret_hash, self.writer.memory().key);
        match self.writer.perform(Job::Enrol(job)).await {
            Answer::Enrolled(enrolled) => Ok(Response::new(wire::EnrolReply {
                device: enrolled.device.0.to_vec(),
                history: self.writer.memory().history.0.to_vec(),
                clock_ms: self.world.now_ms(),
                seal: key.admission(enrolled.device, &enrolled.unit, &secret_hash).to_vec(),
                unit: enrolled.unit.to_string(),
            })),
            Answer::Refused(troubles) => {
                Err(troubles.first().map_or_else(|| wait(&Trouble::Stopping), refusal))
            }
            Answer::Failed(trouble) => Err(wait(&trouble)),
            _ => Err(Status::internal("an answer to another question")),
        }
    }

    async fn push(
        &self,
        request: Request<Streaming<wire::PushRequest>>,
    ) -> Result<Response<Self::PushStream>, Status> {
        let device = self.device(&request)?;
        let mut inbound = request.into_inner();
        let Some(wire::PushRequest { kind: Some(wire::push_request::Kind::Hello(hello)) }) =
            inbound.message().await?
        else {
            return Err(Status::invalid_argument("a stream begins with a Hello"));
        };
        let hello = greetings::hello(hello, device.id).map_err(malformed)?;
        if hello.device != device.id {
            return Err(Status::permission_denied("the Hello is of another device"));
        }
        if let Some(version) = greeting::other_programme(&self.writer.memory(), &hello) {
            return Err(refusal(&Trouble::OtherProgramme(version)));
        }
        let welcome = self.greet(&device, &hello).await;
        let (waiting, answers) = mpsc::channel(IN_FLIGHT);
        if matches!(welcome.action, Action::Go | Action::ResendFrom(_)) {
            let seals = Seals::new(&self.writer.memory(), &device).map_err(|error| wait(&(&error).into()))?;
            let sender = Sender { device: device.number, epoch: welcome.epoch, seals: Arc::new(seals) };
            tokio::spawn(take_in(self.writer.clone(), sender, inbound, waiting, self.stop.clone()));
        }
        Ok(Response::new(Box::pin(Replies::new(greetings::answer(&welcome, &hello), answers))))
    }

    async fn pull(&self, request: Request<wire::PullRequest>) -> Result<Response<Self::PullStream>, Status> {
        let device = self.device(&request)?;
        let after = request.into_inner().after;
        let published = news::published(&self.writer.memory(), &device, after);
        let published = published.map_err(|error| wait(&(&error).into()))?;
        let folder = self.folder.clone();
        let news = self.disk.wait(move || news::after(&folder, after, published)).await;
        let news: VecDeque<wire::PullReply> = match news {
            Some(Ok(news)) => news,
            Some(Err(trouble)) => return Err(wait(&trouble)),
            None => return Err(Status::internal("reading the books failed")),
        };
        Ok(Response::new(Box::pin(tokio_stream::iter(news).map(Ok))))
    }

    async fn give_back(
        &self,
        request: Request<Streaming<wire::GivenBack>>,
    ) -> Result<Response<Self::GiveBackStream>, Status> {
        let device = self.device(&request)?;
        let (replies, stream) = mpsc::channel(IN_FLIGHT);
        let inbound = request.into_inner();
        let taking = given_back::Taking { writer: self.writer.clone(), device, world: self.world.clone() };
        tokio::spawn(taking.run(inbound, replies, self.stop.clone()));
        Ok(Response::new(Box::pin(tokio_stream::wrappers::ReceiverStream::new(stream))))
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
        name: gom_domain::text::nfc(&request.device_name).chars().take(100).collect(),
        app_version: request.app_version.chars().take(40).collect(),
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
    loop {
        let message = tokio::select! {
            biased;
            () = &mut stopping => Err(wait(&Trouble::Stopping)),
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

/// There is more to do than can be done: whoever was not let to the writer is to come again later.
fn overloaded() -> Status {
    delay::ask(Status::resource_exhausted(both(&Trouble::Overloaded.message())), COME_AGAIN)
}

/// A refusal that breaks the contract ends the stream; one that means wait says so.
fn refused(refusal: Refusal) -> Status {
    let text = both(&Trouble::Refused(refusal).message());
    match refusal {
        Refusal::Gap(_) | Refusal::SequenceReused(_) | Refusal::Epoch => Status::failed_precondition(text),
        Refusal::UnknownDevice => Status::unauthenticated(text),
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
