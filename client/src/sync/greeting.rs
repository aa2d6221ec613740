//! The greeting: both sides say how far they are, and agree from where to go on.

use gom_domain::greeting::{Action, Hello, Welcome};
use gom_domain::world::World;
use gom_proto::wire::sync_client::SyncClient;
use gom_proto::wire::{self, push_reply, push_request};
use gom_proto::{Malformed, PROTOCOL};
use tokio::sync::mpsc::{self, Sender};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::Channel;

use super::SyncError;
use super::desk::Desk;
use super::push::WINDOW;
use crate::line::{LineFault, Pass, Stage, patiently};
use crate::store::{EnrolledRow, Rows, Stored};

/// What both sides agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    /// The first sequence that the district is to be sent.
    pub(super) send_from: u64,
    /// The last commit that concerns the unit and did not come from this device.
    pub(super) news: u64,
    /// The commit up to which all is known here; none: nothing is.
    pub(super) pulled_to: Option<u64>,
}

/// An open conversation.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) outgoing: Sender<wire::PushRequest>,
    pub(super) incoming: Streaming<wire::PushReply>,
}

/// Greets the district and finds out from where to go on.
pub(super) async fn greet(
    desk: &Desk,
    client: &mut SyncClient<Channel>,
    pass: &Pass,
    own: &EnrolledRow,
    world: &World,
) -> Result<(Agreed, Exchange), SyncError> {
    let hello = hello(desk, own, world).await?;
    // Room for everything that may be in flight, so that sending never waits for the district to read.
    let (outgoing, requests) = mpsc::channel(WINDOW + 1);
    let first = wire::PushRequest { kind: Some(push_request::Kind::Hello((&hello).into())) };
    _ = outgoing.send(first).await;
    let call = client.push(pass.on(ReceiverStream::new(requests)));
    let mut incoming = patiently(call, Stage::Greeting).await?.into_inner();
    let reply = patiently(incoming.message(), Stage::Greeting).await?.ok_or(LineFault::HungUp)?;
    let Some(push_reply::Kind::Welcome(welcome)) = reply.kind else {
        return Err(LineFault::Malformed(Malformed::Field("welcome")).into());
    };
    let (at_ms, clock_ms) = (world.now_ms(), welcome.clock_ms);
    desk.write(move |rows| rows.note_contact(at_ms, clock_ms.saturating_sub(at_ms))).await?;
    let welcome = read(welcome)?;
    let (own, sealed) = (own.clone(), hello.last_sequence);
    let agreed = desk.write(move |rows| agree(rows, &own, &welcome, sealed)).await??;
    Ok((agreed, Exchange { outgoing, incoming }))
}

async fn hello(desk: &Desk, own: &EnrolledRow, world: &World) -> Result<Hello, SyncError> {
    let epoch = own.epoch;
    let head = desk.read(move |rows| rows.head(epoch)).await?;
    Ok(Hello {
        device: own.device,
        epoch,
        last_sequence: head.sequence,
        chain: head.chain,
        history: own.history,
        protocol: PROTOCOL,
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        clock_ms: world.now_ms(),
    })
}

fn read(welcome: wire::Welcome) -> Result<Welcome, SyncError> {
    match Welcome::try_from(welcome) {
        Ok(welcome) => Ok(welcome),
        Err(Malformed::Field("action")) => Err(SyncError::UnknownAction),
        Err(malformed) => Err(LineFault::Malformed(malformed).into()),
    }
}

/// Compares what both sides have. A folder that lacks what the district knows is an older copy and sends nothing.
fn agree(
    rows: &Rows<'_>,
    own: &EnrolledRow,
    welcome: &Welcome,
    sealed: u64,
) -> Stored<Result<Agreed, SyncError>> {
    let older = SyncError::OlderThanDistrict { district: welcome.last_sequence, sealed };
    let send_from = match welcome.action {
        Action::Quarantined => return Ok(Err(SyncError::Quarantined)),
        Action::Rebase => return Ok(Err(older)),
        Action::Go => welcome.last_sequence + 1,
        Action::ResendFrom(sequence) => sequence.clamp(1, welcome.last_sequence + 1),
    };
    let chain = rows.chain_at(own.epoch, welcome.last_sequence)?;
    if welcome.epoch != own.epoch || chain != Some(welcome.chain) {
        return Ok(Err(older));
    }
    let mut pulled_to = own.pulled_to;
    if welcome.history != own.history {
        tracing::info!("the district goes by another history: everything is told anew");
        rows.begin_history(welcome.history)?;
        pulled_to = None;
    }
    Ok(Ok(Agreed { send_from, news: welcome.news, pulled_to }))
}
