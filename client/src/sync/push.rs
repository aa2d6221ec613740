//! Handing in: operations go out in order, many in flight, and are settled as verdicts come back.
//!
//! Three things go on at once, for each of them waits for something else: what comes next is read from the disk and
//! squeezed, the line is talked on, and what the district has ruled is made durable. Verdicts that come while the disk is
//! busy are settled together, so a slow disk does not slow the line down.

use gom_domain::greeting::fingerprint;
use gom_proto::Malformed;
use gom_proto::operations::Packer;
use gom_proto::planted;
use gom_proto::sheet;
use gom_proto::verdicts::{self, Numbered};
use gom_proto::wire::{self, push_reply, push_request};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::desk::Desk;
use super::greeting::Exchange;
use super::{Refused, SyncError, SyncReport};
use crate::line::{LineFault, Stage, patiently};
use crate::store::{Outgoing, Rows, Sheet, StoreError, Stored};
use crate::witness;

/// How many operations may be under way: enough for the district to gather a group while it commits the one before.
pub(super) const WINDOW: usize = 4_000;

/// How many operations go in a message, at most, and how many bytes of them.
const BATCH: u32 = 250;
const BATCH_BYTES: usize = 256 * 1024;

/// How many messages are made ready ahead of the line.
const AHEAD: usize = 4;

/// How many answers may wait for the disk before the line has to.
const UNSETTLED: usize = 64;

/// Sends what the district does not have, and again what it has and whose receipt was lost on the line; settles what
/// comes back, until nothing is under way.
pub(super) async fn push(
    desk: &Desk,
    exchange: &mut Exchange,
    epoch: u32,
    district_has: u64,
    report: &mut SyncReport,
) -> Result<(), SyncError> {
    let anything = desk.read(move |rows| rows.outgoing(epoch, 1, district_has, 1)).await?;
    if anything.is_empty() {
        return Ok(());
    }
    if planted::is("outbox-emptied-when-sent") {
        desk.write(forget_queue).await?;
    }
    let (ready, messages) = mpsc::channel(AHEAD);
    let (came, answers) = mpsc::channel(UNSETTLED);
    let mut sent = Sent::default();
    // Each ends when the one before it in the chain has: reading, talking, settling.
    let (read, talked, settled) = tokio::join!(
        read_ahead(desk, epoch, district_has, ready),
        talk(exchange, messages, came, &mut sent),
        settle(desk, epoch, answers, report),
    );
    report.handed_in = sent.count;
    settled?;
    read?;
    Ok(talked?)
}

fn forget_queue(rows: &Rows<'_>) -> Stored<()> {
    rows.forget_queue()
}

/// Makes messages ready, one after the other, until everything has been read or nobody takes them any more.
async fn read_ahead(
    desk: &Desk,
    epoch: u32,
    district_has: u64,
    ready: Sender<Batch>,
) -> Result<(), SyncError> {
    let desk = desk.another().await?;
    let mut packer = Packer::default();
    let mut next = 1;
    loop {
        let read = desk.read(move |rows| {
            let bodies = batch(rows.outgoing(epoch, next, district_has, BATCH)?)?;
            Ok((bodies.map(|(first, bodies)| Batch::new(&mut packer, first, bodies)), packer))
        });
        let batch;
        (batch, packer) = read.await?;
        let Some(batch) = batch else { return Ok(()) };
        next = batch.next;
        if ready.send(batch).await.is_err() {
            return Ok(());
        }
    }
}

/// The bodies that go in one message, and the first one's sequence: without a gap, and each as it was when it was sealed.
pub(crate) fn batch(outgoing: Vec<Outgoing>) -> Stored<Option<(u64, Vec<Vec<u8>>)>> {
    let Some(first) = outgoing.first().map(|first| first.sequence) else { return Ok(None) };
    let mut bodies = Vec::with_capacity(outgoing.len());
    let mut bytes = 0;
    for operation in outgoing {
        if fingerprint(&operation.body) != operation.fingerprint {
            return Err(StoreError::Damaged(format!("operation {}", operation.sequence)));
        }
        bytes += operation.body.len();
        let gap = operation.sequence != first + bodies.len() as u64;
        if gap || bytes > BATCH_BYTES && !bodies.is_empty() {
            break;
        }
        bodies.push(operation.body);
    }
    Ok(Some((first, bodies)))
}

/// A message that is ready to be sent.
struct Batch {
    operations: wire::Operations,
    count: u64,
    /// The sequence after its last.
    next: u64,
}

impl Batch {
    fn new(packer: &mut Packer, first: u64, bodies: Vec<Vec<u8>>) -> Self {
        let count = bodies.len() as u64;
        Self { operations: packer.pack(first, bodies), count, next: first + count }
    }
}

/// What has been sent so far.
#[derive(Default)]
struct Sent {
    /// The sequence after the last.
    next: u64,
    count: u64,
    answered: u64,
}

impl Sent {
    fn under_way(&self) -> u64 {
        self.count - self.answered
    }

    fn has_room(&self) -> bool {
        self.under_way() < WINDOW as u64
    }
}

/// Keeps the window full and passes on what comes back, until everything that was sent has been answered.
async fn talk(
    exchange: &mut Exchange,
    mut messages: Receiver<Batch>,
    came: Sender<Came>,
    sent: &mut Sent,
) -> Result<(), LineFault> {
    let Exchange { outgoing, incoming, .. } = exchange;
    let mut more = true;
    loop {
        // In this order, so that a run can be repeated; the window keeps either side from being left waiting.
        tokio::select! {
            biased;
            batch = messages.recv(), if more && sent.has_room() => match batch {
                Some(batch) => send(outgoing, batch, sent).await,
                None => more = false,
            },
            reply = patiently(incoming.message(), Stage::Talking), if sent.under_way() > 0 => {
                let answer = read(reply?.ok_or(LineFault::HungUp)?, sent)?;
                if came.send(answer).await.is_err() {
                    return Ok(());
                }
            }
            else => return Ok(()),
        }
    }
}

async fn send(outgoing: &Sender<wire::PushRequest>, batch: Batch, sent: &mut Sent) {
    sent.next = batch.next;
    sent.count += batch.count;
    let request = wire::PushRequest { kind: Some(push_request::Kind::Operations(batch.operations)) };
    // Where the other end has gone, the answers will say why.
    _ = outgoing.send(request).await;
}

/// Reads verdicts. One of a kind that this program does not know leaves its operation unsettled: it waits.
fn read(reply: wire::PushReply, sent: &mut Sent) -> Result<Came, Malformed> {
    let Some(push_reply::Kind::Verdicts(verdicts)) = reply.kind else { return Ok(Came::default()) };
    for verdict in &verdicts.verdicts {
        let (first, last) = verdicts::sequences(verdict)?.into_inner();
        let count = last - first + 1;
        if last >= sent.next || count > sent.under_way() {
            return Err(Malformed::Field("sequence"));
        }
        sent.answered += count;
    }
    Ok(Came { checkpoint: reply.checkpoint, ..Came::read(verdicts)? })
}

/// Verdicts that have come, and the sheet that they came on.
#[derive(Debug, Default)]
pub(crate) struct Came {
    pub(crate) receipts: Vec<Numbered>,
    pub(crate) sheet: Option<Sheet>,
    /// How far the district's journal went then.
    pub(crate) checkpoint: Option<wire::Checkpoint>,
}

impl Came {
    /// Reads verdicts, of which those of an unknown kind are left out.
    pub(crate) fn read(verdicts: wire::Verdicts) -> Result<Self, Malformed> {
        let mut receipts = Vec::new();
        for verdict in verdicts.verdicts.iter().cloned() {
            let first = verdict.sequence;
            match verdicts::unpack(verdict) {
                Ok(more) => receipts.extend(more),
                Err(Malformed::UnknownVerdict) => tracing::warn!(first, "an unknown kind of verdict"),
                Err(malformed) => return Err(malformed),
            }
        }
        let ends = receipts.first().zip(receipts.last()).map(|((first, _), (last, _))| (*first, *last));
        // Only what is about operations without a gap can be given back as a whole.
        let whole = ends.filter(|(first, last)| last.checked_sub(*first) == Some(receipts.len() as u64 - 1));
        let sheet = whole.and_then(|(first, last)| {
            let (verdicts, seal) = sheet::part(verdicts)?;
            Some(Sheet { first, last, verdicts, seal })
        });
        Ok(Self { receipts, sheet, checkpoint: None })
    }
}

/// Makes receipts durable, all that have gathered at once, and notes what they say.
async fn settle(
    desk: &Desk,
    epoch: u32,
    mut answers: Receiver<Came>,
    report: &mut SyncReport,
) -> Result<(), SyncError> {
    let mut gathered = Vec::new();
    while answers.recv_many(&mut gathered, UNSETTLED).await > 0 {
        let group: Vec<Came> = std::mem::take(&mut gathered);
        let total: u64 = group.iter().map(|came| came.receipts.len() as u64).sum();
        let refused = desk.write(move |rows| settled(rows, epoch, group)).await?;
        report.accepted += total - refused.len() as u64;
        report.refused.extend(refused);
    }
    Ok(())
}

/// Settles what has come, and tells which reports the district did not let stand.
pub(crate) fn settled(rows: &Rows<'_>, epoch: u32, group: Vec<Came>) -> Stored<Vec<Refused>> {
    let mut refused = Vec::new();
    // The last one says all that those before it say.
    if let Some(told) = group.iter().rev().find_map(|came| came.checkpoint.as_ref()) {
        witness::keep(rows, told)?;
    }
    for Came { receipts, sheet, .. } in group {
        rows.settle(epoch, &receipts, sheet.as_ref())?;
        for (sequence, receipt) in receipts {
            if !receipt.ruling.is_accepted()
                && let Some((form, period, body)) = rows.sealed(epoch, sequence)?
            {
                refused.push(Refused { form, period, body, receipt });
            }
        }
    }
    Ok(refused)
}
