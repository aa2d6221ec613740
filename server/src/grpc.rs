//! The service that communes speak to: decode, ask the books, encode.

use std::collections::VecDeque;
use std::pin::Pin;

use gom_domain::greeting::{Action, DeviceId, Hello, Welcome};
use gom_domain::world::World;
use gom_proto::wire::sync_server::Sync;
use gom_proto::{Malformed, ruling, wire};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use crate::accept::Refusal;
use crate::books::{Answer, Contact, Job, Push};
use crate::enrol::Enrol;
use crate::folder::Folder;
use crate::news;
use crate::store::DeviceRow;
use crate::wording::Trouble;
use crate::writer::{Writer, stopped};

/// How many messages of a stream may wait for their commit.
const IN_FLIGHT: usize = 32;
/// The largest body of a submission; a form of a hundred elements takes a hundredth of it.
const LARGEST_BODY: usize = 64 * 1024;

type Replies<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The service.
#[derive(Clone, Debug)]
pub struct SyncService {
    folder: Folder,
    writer: Writer,
    world: World,
}

impl SyncService {
    /// A service over the books of a folder.
    pub fn new(folder: Folder, writer: Writer, world: World) -> Self {
        Self { folder, writer, world }
    }

    /// The device that a call comes from. Only this makes a device out of a call: what a message says of its sender
    /// counts for nothing.
    #[allow(clippy::result_large_err, reason = "tonic's own error")]
    fn device<T>(&self, request: &Request<T>) -> Result<DeviceRow, Status> {
        let header = |name: &str| request.metadata().get(name).and_then(|value| value.to_str().ok());
        let unknown = || {
            Status::unauthenticated(both(&gom_domain::say!(
                "máy này chưa được ghi danh ở huyện; hãy ghi danh lại",
                "this computer is not enrolled at the district; enrol it again"
            )))
        };
        let id = header("gom-device").and_then(from_hex::<16>).ok_or_else(unknown)?;
        let secret = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let secret = secret.and_then(from_hex::<32>).ok_or_else(unknown)?;
        let memory = self.writer.memory();
        let device = memory.device_called(DeviceId(id)).filter(|device| !device.district);
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
        let memory = self.writer.memory();
        let device = memory.device(device.number).unwrap_or(device);
        Welcome {
            history: memory.history,
            epoch: device.epoch,
            last_sequence: device.last_sequence,
            chain: device.chain,
            commit: memory.last.map_or(0, |last| last.last_seq),
            news: memory.news(device),
            clock_ms: now_ms,
            programme_version: memory.editions.newest().map_or(0, |edition| edition.version),
            action: action(device, hello),
        }
    }
}

/// What a device is to do, by what both sides hold.
fn action(device: &DeviceRow, hello: &Hello) -> Action {
    if hello.epoch != device.epoch {
        return Action::Quarantined;
    }
    let same_end = hello.last_sequence == device.last_sequence && hello.chain == device.chain;
    if hello.last_sequence > device.last_sequence || same_end { Action::Go } else { Action::Rebase }
}

#[tonic::async_trait]
impl Sync for SyncService {
    type PushStream = Replies<wire::PushReply>;
    type PullStream = Replies<wire::PullReply>;

    async fn enrol(
        &self,
        request: Request<wire::EnrolRequest>,
    ) -> Result<Response<wire::EnrolReply>, Status> {
        let request = request.into_inner();
        let code =
            gom_domain::code::EnrolCode::parse(&request.code).map_err(|_| refusal(&Trouble::UnknownCode))?;
        let secret_hash =
            request.secret_hash.try_into().map_err(|_| malformed(Malformed::Field("secret_hash")))?;
        let job = Enrol {
            code_hash: code.hash(),
            secret_hash,
            name: gom_domain::text::nfc(&request.device_name).chars().take(100).collect(),
            app_version: request.app_version.chars().take(40).collect(),
            device: DeviceId(self.world.random()),
        };
        match self.writer.perform(Job::Enrol(job)).await {
            Answer::Enrolled(enrolled) => Ok(Response::new(wire::EnrolReply {
                device: enrolled.device.0.to_vec(),
                unit: enrolled.unit.to_string(),
                history: self.writer.memory().history.0.to_vec(),
                clock_ms: self.world.now_ms(),
            })),
            Answer::Refused(troubles) => {
                Err(troubles.first().map_or_else(|| unavailable("refused"), refusal))
            }
            Answer::Failed(why) => Err(unavailable(&why)),
            Answer::Receipts(..) | Answer::Changed(_) => {
                Err(Status::internal("an answer to another question"))
            }
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
        let hello = Hello::try_from(hello).map_err(malformed)?;
        if hello.device != device.id {
            return Err(Status::permission_denied("the Hello is of another device"));
        }
        let welcome = self.greet(&device, &hello).await;
        let open = welcome.action == Action::Go;
        let (replies, outbound) = mpsc::channel(IN_FLIGHT);
        let first = wire::push_reply::Kind::Welcome((&welcome).into());
        _ = replies.send(Ok(wire::PushReply { kind: Some(first) })).await;
        if open {
            let (waiting, answers) = mpsc::channel(IN_FLIGHT);
            tokio::spawn(take_in(self.writer.clone(), device, inbound, waiting));
            tokio::spawn(give_back(answers, replies));
        }
        Ok(Response::new(Box::pin(ReceiverStream::new(outbound))))
    }

    async fn pull(&self, request: Request<wire::PullRequest>) -> Result<Response<Self::PullStream>, Status> {
        let device = self.device(&request)?;
        let after = request.into_inner().after;
        let folder = self.folder.clone();
        let news = tokio::task::spawn_blocking(move || news::after(&folder, &device, after)).await;
        let news: VecDeque<wire::PullReply> = match news {
            Ok(Ok(news)) => news,
            Ok(Err(trouble)) => return Err(unavailable(&trouble.message().en)),
            Err(_) => return Err(Status::internal("reading the books failed")),
        };
        Ok(Response::new(Box::pin(tokio_stream::iter(news).map(Ok))))
    }
}

/// What is on its way to a device: an answer to come, or the end of the stream.
enum Waiting {
    Answer(oneshot::Receiver<Answer>),
    End(Status),
}

/// Takes operations in and hands them to the writer. The bounded channels slow a fast sender down.
async fn take_in(
    writer: Writer,
    device: DeviceRow,
    mut inbound: Streaming<wire::PushRequest>,
    waiting: mpsc::Sender<Waiting>,
) {
    loop {
        let message = match inbound.message().await {
            Ok(Some(message)) => message,
            Ok(None) => return,
            Err(status) => {
                _ = waiting.send(Waiting::End(status)).await;
                return;
            }
        };
        let push = match operations(message, &device) {
            Ok(push) => push,
            Err(status) => {
                _ = waiting.send(Waiting::End(*status)).await;
                return;
            }
        };
        let answer = writer.submit(Job::Push(push)).await;
        if waiting.send(Waiting::Answer(answer)).await.is_err() {
            return;
        }
    }
}

fn operations(message: wire::PushRequest, device: &DeviceRow) -> Result<Push, Box<Status>> {
    let Some(wire::push_request::Kind::Operations(operations)) = message.kind else {
        return Err(Box::new(Status::invalid_argument("operations are expected after the Hello")));
    };
    if operations.bodies.iter().any(|body| body.len() > LARGEST_BODY) {
        return Err(Box::new(Status::invalid_argument("a submission is larger than 64 KiB")));
    }
    let (epoch, first_sequence) = (device.epoch, operations.first_sequence);
    Ok(Push { device: device.number, epoch, first_sequence, bodies: operations.bodies })
}

/// Gives answers back in the order of the operations.
async fn give_back(
    mut answers: mpsc::Receiver<Waiting>,
    replies: mpsc::Sender<Result<wire::PushReply, Status>>,
) {
    while let Some(waiting) = answers.recv().await {
        let answer = match waiting {
            Waiting::Answer(answer) => answer.await.unwrap_or_else(|_| stopped()),
            Waiting::End(status) => {
                _ = replies.send(Err(status)).await;
                return;
            }
        };
        let (receipts, end) = match answer {
            Answer::Receipts(receipts, refusal) => (receipts, refusal.map(refused)),
            Answer::Failed(why) => (Vec::new(), Some(unavailable(&why))),
            Answer::Refused(_) | Answer::Enrolled(_) | Answer::Changed(_) => {
                (Vec::new(), Some(Status::internal("an answer to another question")))
            }
        };
        let verdicts =
            receipts.iter().map(|(sequence, receipt)| ruling::verdict(*sequence, receipt)).collect();
        let kind = wire::push_reply::Kind::Verdicts(wire::Verdicts { verdicts });
        if !receipts.is_empty() && replies.send(Ok(wire::PushReply { kind: Some(kind) })).await.is_err() {
            return;
        }
        if let Some(status) = end {
            _ = replies.send(Err(status)).await;
            return;
        }
    }
}

/// A refusal that breaks the contract ends the stream; one that means wait says so.
fn refused(refusal: Refusal) -> Status {
    match refusal {
        Refusal::Gap(_) | Refusal::SequenceReused(_) | Refusal::Epoch => {
            Status::failed_precondition(refusal.to_string())
        }
        Refusal::UnknownDevice => Status::unauthenticated(refusal.to_string()),
        Refusal::UnknownProgramme(_) | Refusal::UnknownBase(_) => Status::unavailable(refusal.to_string()),
    }
}

/// A text in both languages in one status message, separated by U+001F.
fn both(text: &gom_domain::Bilingual) -> String {
    format!("{}\u{1f}{}", text.vi, text.en)
}

fn refusal(trouble: &Trouble) -> Status {
    Status::failed_precondition(both(&trouble.message()))
}

fn unavailable(why: &str) -> Status {
    Status::unavailable(why.to_owned())
}

fn malformed(error: Malformed) -> Status {
    Status::invalid_argument(error.to_string())
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
