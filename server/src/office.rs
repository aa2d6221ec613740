//! The district's own changes: through the socket of a running server, or else straight into the books.
//!
//! Both ways run the same use case. The socket can be opened by the owner of the folder only.

use std::net::SocketAddr;
use std::time::Duration;

use gom_domain::Bilingual;
use gom_domain::code::Fingerprint;
use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_proto::Malformed;
use gom_proto::{change, wire};
use tonic::{Request, Response, Status};

use crate::authority::{self, RetireAuthority};
use crate::books::{Answer, Books, Job};
use crate::device::SetDevice;
use crate::enrol::IssueCode;
use crate::enter::Enter;
use crate::folder::Folder;
use crate::history::GoOn;
use crate::publish::Load;
use crate::queue::{Answered, Queue};
use crate::target::SetTarget;
use crate::user::SetUser;
use crate::wording::Trouble;
use crate::writer::Writer;

/// What came of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The last entry that it made; 0 if it changed nothing.
    pub commit: u64,
    /// The rulings on what was entered.
    pub rulings: Vec<gom_domain::ruling::Ruling>,
    /// The answers to a queue, for the way back.
    pub answers: Vec<u8>,
    /// Why the rest of a queue was not taken.
    pub refusal: Option<Bilingual>,
    /// Where communes reach the server that did it, if one runs.
    pub served: Option<Served>,
}

/// Where communes reach a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// Its address.
    pub address: SocketAddr,
    /// By what they know it; none where lines are not encrypted.
    pub authority: Option<Fingerprint>,
}

/// How long a command waits for others that have the books for a moment.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Who is at this computer: the account that the system knows.
pub fn who() -> String {
    whoami::username()
}

/// Commits a change, whoever has the books. Another command that has them for a moment is waited for.
pub async fn commit(folder: &Folder, job: Job, world: &World) -> Result<Outcome, Vec<Trouble>> {
    let job = Job::By(who(), Box::new(job));
    let waits = PATIENCE.as_millis() / PAUSE.as_millis();
    for _ in 0..waits {
        match folder.open() {
            Ok((mut ledger, lock)) => {
                folder.prove(&mut ledger).map_err(|trouble| vec![trouble])?;
                let mut books =
                    Books::open(Box::new(ledger)).map_err(|error| vec![folder.trouble(&error)])?;
                let answer = books.commit(vec![job], world.now_ms()).pop();
                drop(lock);
                return answer.map_or(Err(Vec::new()), outcome);
            }
            Err(Trouble::InUse(_)) if folder.socket().exists() => return remote::commit(folder, job).await,
            Err(Trouble::InUse(_)) => tokio::time::sleep(PAUSE).await,
            Err(trouble) => return Err(vec![trouble]),
        }
    }
    Err(vec![Trouble::InUse(folder.path().display().to_string())])
}

fn outcome(answer: Answer) -> Result<Outcome, Vec<Trouble>> {
    match answer {
        Answer::Changed(commit) => Ok(Outcome { commit, ..Outcome::default() }),
        Answer::Receipts(receipts, None) => {
            let commit = receipts.last().map_or(0, |(_, receipt)| receipt.commit);
            let rulings = receipts.into_iter().map(|(_, receipt)| receipt.ruling).collect();
            Ok(Outcome { commit, rulings, ..Outcome::default() })
        }
        Answer::Queue(Answered { commit, rulings, answers, refusal, .. }) => {
            Ok(Outcome { commit, rulings, answers, refusal, ..Outcome::default() })
        }
        Answer::Receipts(_, Some(refusal)) => Err(vec![Trouble::Refused(refusal)]),
        Answer::Refused(troubles) => Err(troubles),
        Answer::Failed(trouble) => Err(vec![trouble]),
        Answer::Enrolled(_) | Answer::TakenBack(_) => Ok(Outcome::default()),
    }
}

/// A change as a message.
fn message(job: Job) -> Option<wire::Change> {
    let (who, job) = match job {
        Job::By(who, job) => (who, *job),
        job => (String::new(), job),
    };
    Some(wire::Change { who, kind: Some(kind(job)?) })
}

fn kind(job: Job) -> Option<wire::change::Kind> {
    use wire::change::Kind;
    Some(match job {
        Job::IssueCode(job) => Kind::IssueCode(wire::IssueCode {
            unit: job.unit.to_string(),
            code_hash: job.hash.to_vec(),
            expires_ms: job.expires_ms,
        }),
        Job::Load(job) => Kind::Load(wire::Load {
            programme: job.programme.as_ref().map(change::files).unwrap_or_default(),
            quotas: job.quotas.unwrap_or_default(),
            baseline: job.baseline.unwrap_or_default(),
            year: job.year.map_or(0, |year| year.unsigned_abs().into()),
        }),
        Job::Enter(job) => Kind::Enter(wire::Enter { unit: job.unit.to_string(), bodies: job.bodies }),
        Job::SetTarget(job) => Kind::SetTarget(change::target(job.year, &job.key, &job.set)),
        Job::Queue(job) => Kind::Queue(job.into()),
        Job::GoOn(job) => Kind::GoOn(wire::GoOn { note: job.note }),
        Job::SetDevice(job) => {
            Kind::SetDevice(change::set_device(job.device, job.name.as_deref(), job.revoked.as_deref()))
        }
        Job::SetUser(job) => Kind::SetUser(job.into()),
        Job::Rotate(new) => Kind::Rotate(new.into()),
        Job::RetireAuthority(RetireAuthority { number, force }) => {
            Kind::RetireAuthority(wire::RetireAuthority { number, force })
        }
        Job::Push(_)
        | Job::Enrol(_)
        | Job::Contact(_)
        | Job::Settle
        | Job::GiveBack(_)
        | Job::NewHistory(_)
        | Job::NewAuthority(_)
        | Job::By(..) => {
            return None;
        }
    })
}

/// The change that a message asks for.
pub fn job(kind: wire::change::Kind, world: &World) -> Result<Job, Malformed> {
    use wire::change::Kind;
    let given = |table: Vec<u8>| (!table.is_empty()).then_some(table);
    Ok(match kind {
        Kind::IssueCode(code) => Job::IssueCode(IssueCode {
            unit: UnitId::from(code.unit.as_str()),
            hash: change::code_hash(&code.code_hash)?,
            expires_ms: code.expires_ms,
        }),
        Kind::Load(load) => Job::Load(Load {
            programme: (!load.programme.is_empty()).then(|| change::bundle(load.programme)),
            quotas: given(load.quotas),
            baseline: given(load.baseline),
            year: i16::try_from(load.year).ok().filter(|year| *year > 0),
        }),
        Kind::Enter(enter) => Job::Enter(Enter {
            unit: UnitId::from(enter.unit.as_str()),
            bodies: enter.bodies,
            device: DeviceId(world.random()),
        }),
        Kind::SetDevice(set) => Job::SetDevice(SetDevice {
            device: DeviceId(set.device.as_slice().try_into().map_err(|_| Malformed::Field("device"))?),
            name: (!set.name.is_empty()).then_some(set.name),
            revoked: set.revoke.then_some(set.note),
        }),
        Kind::Rotate(new) => Job::Rotate(new.into()),
        Kind::RetireAuthority(wire::RetireAuthority { number, force }) => {
            Job::RetireAuthority(RetireAuthority { number, force })
        }
        Kind::SetUser(set) => Job::SetUser(SetUser::try_from(set)?),
        Kind::GoOn(go_on) => Job::GoOn(GoOn { note: go_on.note }),
        Kind::Queue(queue) => Job::Queue(Queue {
            file: queue.file,
            release: queue.release,
            fresh: (HistoryId(world.random()), DeviceId(world.random())),
        }),
        Kind::SetTarget(set) => {
            let (year, key, set) = change::set_target(set)?;
            Job::SetTarget(SetTarget { year, key, set })
        }
    })
}

/// What a running server's office knows.
#[derive(Clone, Debug)]
pub struct Office {
    /// Who writes the books.
    pub writer: Writer,
    /// The world.
    pub world: World,
    /// Where communes reach the server.
    pub address: SocketAddr,
    /// Whether the lines there are encrypted.
    pub encrypted: bool,
}

impl Office {
    /// By what communes know the district: the authority that the server speaks for.
    fn authority(&self) -> Option<Fingerprint> {
        self.encrypted.then(|| authority::fingerprint(&self.writer.memory()))?
    }
}

#[tonic::async_trait]
impl wire::office_server::Office for Office {
    async fn commit(&self, request: Request<wire::Change>) -> Result<Response<wire::Outcome>, Status> {
        let wire::Change { kind, who } = request.into_inner();
        let kind = kind.ok_or_else(|| Status::invalid_argument("an unknown change"))?;
        let job = job(kind, &self.world).map_err(|error| Status::invalid_argument(error.to_string()))?;
        // Only the folder's owner can open the socket.
        let job = Job::By(who, Box::new(job));
        let reply = match outcome(self.writer.perform(job).await) {
            Ok(outcome) => wire::Outcome {
                commit: outcome.commit,
                rulings: outcome.rulings.iter().map(Into::into).collect(),
                answers: outcome.answers,
                refusal: outcome.refusal.as_ref().map(Into::into),
                address: self.address.to_string(),
                authority: self.authority().map_or_else(Vec::new, |authority| authority.0.to_vec()),
                ..wire::Outcome::default()
            },
            Err(troubles) => wire::Outcome {
                refusals: troubles.iter().map(|trouble| (&trouble.message()).into()).collect(),
                ..wire::Outcome::default()
            },
        };
        Ok(Response::new(reply))
    }
}

fn said(text: wire::Text) -> Trouble {
    Trouble::Said(Bilingual::from(text))
}

#[cfg(unix)]
mod remote {
    use super::{Fingerprint, Folder, Job, Office, Outcome, Served, Trouble, message, said};
    use gom_proto::wire::office_client::OfficeClient;
    use gom_proto::wire::office_server::OfficeServer;
    use hyper_util::rt::TokioIo;
    use tokio::net::{UnixListener, UnixStream};
    use tokio::sync::watch;
    use tokio::task::JoinHandle;
    use tokio_stream::wrappers::UnixListenerStream;
    use tonic::transport::{Endpoint, Server};

    /// The largest change: a programme for a whole country with its quotas and baseline.
    const LARGEST: usize = 256 * 1024 * 1024;

    /// Opens the socket beside a running server.
    pub(crate) fn start(
        folder: &Folder,
        office: Office,
        stopped: watch::Receiver<bool>,
    ) -> Option<JoinHandle<()>> {
        let path = folder.socket();
        // The lock is ours, so a socket that is still there is a dead server's.
        _ = std::fs::remove_file(&path);
        let opened = UnixListener::bind(&path)
            .and_then(|listener| crate::folder::owner_only(&path, 0o600).map(|()| listener));
        let listener = match opened {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!(%error, "no socket for commands; those that write must wait until the server stops");
                return None;
            }
        };
        let service = OfficeServer::new(office).max_decoding_message_size(LARGEST);
        Some(tokio::spawn(async move {
            let incoming = UnixListenerStream::new(listener);
            let server = Server::builder().add_service(service);
            if let Err(error) =
                server.serve_with_incoming_shutdown(incoming, crate::serve::until(stopped)).await
            {
                tracing::error!(%error, "the office ended");
            }
            _ = std::fs::remove_file(&path);
        }))
    }

    /// Has a running server commit a change.
    pub(super) async fn commit(folder: &Folder, job: Job) -> Result<Outcome, Vec<Trouble>> {
        let silent = || vec![Trouble::ServerSilent];
        let path = folder.socket();
        let connector = tower::service_fn(move |_| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        let endpoint = Endpoint::from_static("http://office.invalid");
        let channel = endpoint.connect_with_connector(connector).await.map_err(|_| silent())?;
        let office = OfficeClient::new(channel).max_encoding_message_size(LARGEST);
        let mut office = office.max_decoding_message_size(LARGEST);
        let change = message(job).unwrap_or_default();
        let reply = office.commit(change).await.map_err(|_| silent())?.into_inner();
        if !reply.refusals.is_empty() {
            return Err(reply.refusals.into_iter().map(said).collect());
        }
        let rulings: Result<_, _> = reply.rulings.into_iter().map(TryInto::try_into).collect();
        let refusal = reply.refusal.map(Into::into);
        Ok(Outcome {
            commit: reply.commit,
            rulings: rulings.map_err(|_| silent())?,
            answers: reply.answers,
            refusal,
            served: reply.address.parse().ok().map(|address| Served {
                address,
                authority: reply.authority.as_slice().try_into().ok().map(Fingerprint),
            }),
        })
    }
}

#[cfg(not(unix))]
mod remote {
    use super::{Folder, Job, Office, Outcome, Trouble};
    use tokio::sync::watch;
    use tokio::task::JoinHandle;

    /// There is no owner-only socket here: commands that write wait until the server stops.
    pub(crate) fn start(_: &Folder, _: Office, _: watch::Receiver<bool>) -> Option<JoinHandle<()>> {
        None
    }

    pub(super) async fn commit(folder: &Folder, _: Job) -> Result<Outcome, Vec<Trouble>> {
        Err(vec![Trouble::InUse(folder.path().display().to_string())])
    }
}

pub(crate) use remote::start;
