//! Handing in: operations go out in order, many in flight, and are settled as verdicts come back.
//!
//! Verdicts that come while the disk is busy are settled together, so a slow disk does not slow the line down.

use gom_domain::greeting::fingerprint;
use gom_domain::ruling::Receipt;
use gom_proto::Malformed;
use gom_proto::wire::{self, push_reply, push_request};

use super::desk::Desk;
use super::greeting::Exchange;
use super::{Refused, SyncError, SyncReport};
use crate::line::{LineFault, Stage, fault, patiently};
use crate::store::{Outgoing, Rows, StoreError, Stored};

/// How many operations may be under way.
pub(super) const WINDOW: usize = 1_000;

/// How many operations go in a message, at most, and how many bytes of them.
const BATCH: usize = 100;
const BATCH_BYTES: usize = 256 * 1024;

/// Sends what the district does not have, and again what it has and whose receipt was lost on the line; settles what
/// comes back, until nothing is under way.
pub(super) async fn push(
    desk: &Desk,
    exchange: &mut Exchange,
    epoch: u32,
    district_has: u64,
    report: &mut SyncReport,
) -> Result<(), SyncError> {
    let mut sent = Sent { district_has, next: 1, count: 0, answered: 0 };
    let mut came = Came::default();
    loop {
        // Send first, then let the disk settle what has come, while the district works on what was sent.
        send(desk, exchange, epoch, &mut sent).await?;
        settle(desk, epoch, std::mem::take(&mut came.receipts), report).await?;
        report.handed_in = sent.count;
        if let Some(fault) = came.fault {
            return Err(fault.into());
        }
        if sent.under_way() == 0 {
            return Ok(());
        }
        came = receive(exchange, &mut sent).await?;
    }
}

/// What has been sent so far.
struct Sent {
    district_has: u64,
    next: u64,
    count: u64,
    answered: u64,
}

impl Sent {
    fn under_way(&self) -> u64 {
        self.count - self.answered
    }

    fn room(&self) -> usize {
        WINDOW.saturating_sub(usize::try_from(self.under_way()).unwrap_or(WINDOW))
    }
}

/// Fills the window.
async fn send(desk: &Desk, exchange: &Exchange, epoch: u32, sent: &mut Sent) -> Result<(), SyncError> {
    while sent.room() > 0 {
        let (from, has, limit) =
            (sent.next, sent.district_has, u32::try_from(BATCH.min(sent.room())).unwrap_or(1));
        let message = desk.read(move |rows| message(rows.outgoing(epoch, from, has, limit)?)).await?;
        let Some(operations) = message else { break };
        sent.next = operations.first_sequence + operations.bodies.len() as u64;
        sent.count += operations.bodies.len() as u64;
        let request = wire::PushRequest { kind: Some(push_request::Kind::Operations(operations)) };
        // Where the other end has gone, the answers will say why.
        _ = exchange.outgoing.send(request).await;
    }
    Ok(())
}

/// As many operations as go in one message: without a gap, and each as it was when it was sealed.
fn message(outgoing: Vec<Outgoing>) -> Stored<Option<wire::Operations>> {
    let Some(first_sequence) = outgoing.first().map(|first| first.sequence) else { return Ok(None) };
    let mut bodies = Vec::with_capacity(outgoing.len());
    let mut bytes = 0;
    for operation in outgoing {
        if fingerprint(&operation.body) != operation.fingerprint {
            return Err(StoreError::Damaged(format!("operation {}", operation.sequence)));
        }
        bytes += operation.body.len();
        let gap = operation.sequence != first_sequence + bodies.len() as u64;
        if gap || bytes > BATCH_BYTES && !bodies.is_empty() {
            break;
        }
        bodies.push(operation.body);
    }
    Ok(Some(wire::Operations { first_sequence, bodies }))
}

/// What has come back, and why no more will.
#[derive(Default)]
struct Came {
    receipts: Vec<(u64, Receipt)>,
    fault: Option<LineFault>,
}

/// Waits for verdicts, and takes along all that are there already.
async fn receive(exchange: &mut Exchange, sent: &mut Sent) -> Result<Came, SyncError> {
    let mut came = Came::default();
    let mut reply = patiently(exchange.incoming.message(), Stage::Talking).await?.ok_or(LineFault::HungUp)?;
    loop {
        if let Err(malformed) = read(reply, sent, &mut came.receipts) {
            came.fault = Some(malformed.into());
            return Ok(came);
        }
        let more = tokio::select! {
            biased;
            more = exchange.incoming.message() => more,
            () = std::future::ready(()) => return Ok(came),
        };
        match more {
            Ok(Some(more)) => reply = more,
            Ok(None) => {
                came.fault = (sent.under_way() > 0).then_some(LineFault::HungUp);
                return Ok(came);
            }
            Err(status) => {
                came.fault = Some(fault(status, Stage::Talking));
                return Ok(came);
            }
        }
    }
}

/// Reads verdicts. One of a kind that this program does not know leaves its operation unsettled: it waits.
fn read(
    reply: wire::PushReply,
    sent: &mut Sent,
    receipts: &mut Vec<(u64, Receipt)>,
) -> Result<(), Malformed> {
    let Some(push_reply::Kind::Verdicts(verdicts)) = reply.kind else { return Ok(()) };
    for verdict in verdicts.verdicts {
        let sequence = verdict.sequence;
        if sequence >= sent.next || sent.under_way() == 0 {
            return Err(Malformed::Field("sequence"));
        }
        sent.answered += 1;
        match Receipt::try_from(verdict) {
            Ok(receipt) => receipts.push((sequence, receipt)),
            Err(Malformed::UnknownVerdict) => tracing::warn!(sequence, "an unknown kind of verdict"),
            Err(malformed) => return Err(malformed),
        }
    }
    Ok(())
}

/// Makes receipts durable, and notes what they say.
async fn settle(
    desk: &Desk,
    epoch: u32,
    receipts: Vec<(u64, Receipt)>,
    report: &mut SyncReport,
) -> Result<(), SyncError> {
    if receipts.is_empty() {
        return Ok(());
    }
    let total = receipts.len() as u64;
    let refused = desk.write(move |rows| settled(rows, epoch, receipts)).await?;
    report.accepted += total - refused.len() as u64;
    report.refused.extend(refused);
    Ok(())
}

fn settled(rows: &Rows<'_>, epoch: u32, receipts: Vec<(u64, Receipt)>) -> Stored<Vec<Refused>> {
    let mut refused = Vec::new();
    for (sequence, receipt) in receipts {
        rows.settle(epoch, sequence, &receipt)?;
        if !receipt.ruling.is_accepted()
            && let Some((form, period, body)) = rows.sealed(epoch, sequence)?
        {
            refused.push(Refused { form, period, body, receipt });
        }
    }
    Ok(refused)
}
