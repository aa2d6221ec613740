//! A device without a database: it speaks the protocol as the client does, with reports made beforehand.
//!
//! **Invariant:** every report is accepted, or sending fails.

use anyhow::{Context, ensure};
use gom_domain::Period;
use gom_domain::form::FormIx;
use gom_domain::greeting::{Action, Chain, Hello, HistoryId};
use gom_domain::ruling::Receipt;
use gom_domain::submission::{Submission, SubmissionId};
use gom_proto::wire::sync_client::SyncClient;
use gom_proto::wire::{self, push_reply, push_request};
use gom_proto::{PROTOCOL, greeting, operations, pass, verdicts};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Streaming};

use crate::commune::{Queue, offline_world};
use crate::founding::Device;
use crate::programme::{Version, YEAR};

/// How many messages may wait to be sent.
const WAITING: usize = 16;

/// A connection to a server.
pub(crate) async fn connect(address: &str) -> anyhow::Result<Channel> {
    Ok(Endpoint::from_shared(address.to_owned())?.tcp_nodelay(true).connect().await?)
}

/// The verbatim body of a report under the first version of the programme.
pub(crate) fn body(
    id: SubmissionId,
    base: Option<SubmissionId>,
    version: Version,
) -> anyhow::Result<Vec<u8>> {
    let month = u8::try_from(version.month)?;
    Ok(gom_proto::submission::encode(&Submission {
        id,
        programme_version: 1,
        form: FormIx(u16::try_from(version.form)?),
        period: Period::month(YEAR, month).context("no such month")?,
        base,
        figures: version.figures().into_iter().map(Some).collect(),
        notes: Vec::new(),
        reason: String::new(),
        officer: String::new(),
    }))
}

/// The bodies of all that the first unit queues, each version made from the one before.
pub(crate) fn bodies(queue: Queue) -> anyhow::Result<Vec<Vec<u8>>> {
    let world = offline_world(queue.reports);
    let places = usize::try_from(queue.places())?;
    let ids: Vec<SubmissionId> = (0..queue.reports).map(|_| world.submission_id()).collect();
    let bases = std::iter::repeat_n(None, places).chain(ids.iter().copied().map(Some));
    let reports = queue.versions(0).zip(&ids).zip(bases);
    reports.map(|((version, id), base)| body(*id, base, version)).collect()
}

/// What a device has sealed so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sealed {
    /// The last operation's number.
    pub(crate) sequence: u64,
    chain: Chain,
}

impl Sealed {
    /// The same with more operations.
    pub(crate) fn with(self, bodies: &[Vec<u8>]) -> Self {
        let chain = bodies.iter().fold(self.chain, |chain, body| chain.then(body));
        Self { sequence: self.sequence + bodies.len() as u64, chain }
    }
}

/// An open push of a device that has been let in.
pub(crate) struct Push {
    packer: operations::Packer,
    outgoing: mpsc::Sender<wire::PushRequest>,
    incoming: Streaming<wire::PushReply>,
}

impl Push {
    /// Greets the district, which must want what follows what it has.
    pub(crate) async fn open(channel: Channel, device: &Device, sealed: Sealed) -> anyhow::Result<Self> {
        let (outgoing, requests) = mpsc::channel(WAITING);
        let hello = hello(device, sealed);
        outgoing.send(wire::PushRequest { kind: Some(push_request::Kind::Hello((&hello).into())) }).await?;
        let call = with_pass(ReceiverStream::new(requests), device)?;
        let mut incoming = SyncClient::new(channel).push(call).await?.into_inner();
        let first = incoming.message().await?.and_then(|reply| reply.kind);
        let Some(push_reply::Kind::Welcome(welcome)) = first else { anyhow::bail!("no Welcome") };
        let welcome = greeting::welcome(welcome, &hello)?;
        ensure!(welcome.action == Action::Go, "the district wants {:?}", welcome.action);
        Ok(Self { packer: operations::Packer::default(), outgoing, incoming })
    }

    /// Sends reports in one message.
    pub(crate) async fn send(&mut self, first_sequence: u64, bodies: Vec<Vec<u8>>) -> anyhow::Result<()> {
        let operations = self.packer.pack(first_sequence, bodies);
        let kind = Some(push_request::Kind::Operations(operations));
        Ok(self.outgoing.send(wire::PushRequest { kind }).await?)
    }

    /// Waits until so many reports have been ruled on.
    pub(crate) async fn settled(&mut self, mut reports: usize) -> anyhow::Result<()> {
        while reports > 0 {
            let reply = self.incoming.message().await?.context("the server hung up")?;
            let receipts = receipts(reply)?;
            for receipt in &receipts {
                ensure!(receipt.ruling.is_accepted(), "not accepted: {:?}", receipt.ruling);
            }
            reports = reports.checked_sub(receipts.len()).context("more verdicts than reports")?;
        }
        Ok(())
    }
}

fn receipts(reply: wire::PushReply) -> anyhow::Result<Vec<Receipt>> {
    let Some(push_reply::Kind::Verdicts(came)) = reply.kind else { anyhow::bail!("no verdicts") };
    let runs = came.verdicts.into_iter().map(verdicts::unpack).collect::<Result<Vec<_>, _>>()?;
    Ok(runs.into_iter().flatten().map(|(_, receipt)| receipt).collect())
}

fn hello(device: &Device, sealed: Sealed) -> Hello {
    Hello {
        device: device.id,
        epoch: 1,
        last_sequence: sealed.sequence,
        chain: sealed.chain,
        history: HistoryId::default(),
        protocol: PROTOCOL,
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        clock_ms: gom_server::clock::real().now_ms(),
        seen: 0,
        programme: None,
    }
}

/// A call that shows who sends it.
fn with_pass<T>(message: T, device: &Device) -> anyhow::Result<Request<T>> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", pass::show(device.id, &device.secret).parse()?);
    Ok(request)
}
