//! A storm: thousands of devices with queued reports that call a server at once, each over a connection of its own.
//!
//! They behave as the client does on a bad morning: whoever is refused, cut off or left waiting waits at random and
//! longer each time, calls again, and hands in again what no receipt has come for.

mod line;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use gom::sync::backoff;
use gom_domain::world::World;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use crate::founding::Device;
use crate::sender::{Push, Sealed};
use crate::step::Step;
use line::Line;

/// How long the client waits for a connection, how often it tries a silent one, and how long it waits for answers.
const CONNECT: Duration = Duration::from_secs(5);
const KEEPALIVE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_mins(1);

/// A device with what it has queued.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Who calls.
    pub(crate) device: Device,
    /// What is queued.
    pub(crate) bodies: Vec<Vec<u8>>,
    /// After how many bytes both ways its first connection breaks; none: it holds.
    pub(crate) cut_after: Option<usize>,
}

/// What a caller went through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage {
    /// From handing in to the receipts, on the connection that held.
    pub(crate) acknowledged: Duration,
    /// From the beginning of the storm to the receipts.
    pub(crate) settled: Duration,
    /// How many calls failed before.
    pub(crate) failures: u32,
}

/// Lets all call at once; returns when everybody has receipts for everything.
pub(crate) async fn rage(address: &str, callers: Arc<Vec<Caller>>) -> anyhow::Result<Vec<Passage>> {
    let address: SocketAddr = address.strip_prefix("http://").context("no address")?.parse()?;
    let step = Step::begin("the storm", callers.len() as u64);
    let (begun, mut calls) = (Instant::now(), JoinSet::new());
    for place in 0..callers.len() {
        let callers = Arc::clone(&callers);
        calls.spawn(async move { hand_in(address, &callers[place], begun).await });
    }
    let mut passages = Vec::with_capacity(callers.len());
    while let Some(passage) = calls.join_next().await {
        passages.push(passage?);
        step.advance(1);
    }
    step.done();
    Ok(passages)
}

/// Calls until everything is acknowledged.
async fn hand_in(address: SocketAddr, caller: &Caller, begun: Instant) -> Passage {
    let world: World = gom_server::clock::real();
    let mut failures = 0;
    loop {
        let line = if failures == 0 { caller.cut_after } else { None };
        match timeout(PATIENCE, attempt(address, caller, line)).await {
            Ok(Ok(acknowledged)) => return Passage { acknowledged, settled: begun.elapsed(), failures },
            Ok(Err(_)) | Err(_) => failures += 1,
        }
        sleep(backoff::wait(failures, &world)).await;
    }
}

/// One call: greet, hand in everything, wait for the receipts.
async fn attempt(address: SocketAddr, caller: &Caller, cut_after: Option<usize>) -> anyhow::Result<Duration> {
    let channel = connect(address, cut_after).await?;
    let sealed = Sealed::default().with(&caller.bodies);
    let mut push = Push::open(channel, &caller.device, sealed).await?;
    let handed_in = Instant::now();
    push.send(1, caller.bodies.clone()).await?;
    push.settled(caller.bodies.len()).await?;
    Ok(handed_in.elapsed())
}

async fn connect(address: SocketAddr, cut_after: Option<usize>) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE)
        .keep_alive_while_idle(true);
    let connector = service_fn(move |_: Uri| async move {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        std::io::Result::Ok(TokioIo::new(Line::new(stream, cut_after)))
    });
    Ok(endpoint.connect_with_connector(connector).await?)
}
