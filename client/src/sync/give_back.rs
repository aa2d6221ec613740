//! Giving back: a district that goes on from a backup lacks what it has ruled on since, and its communes still have it.
//!
//! Everything has been told anew by then; what was told under an earlier history and not again is offered with the sheet
//! that proves it, in the order in which it was handed in. What nobody proves is offered as what it is: sealed here.

use gom_domain::greeting::DeviceId;
use gom_proto::operations::Packer;
use gom_proto::wire::{self, Taken};
use gom_proto::{Malformed, sheet};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::desk::Desk;
use super::push::{Came, settled};
use super::{Refused, SyncError, SyncReport};
use crate::line::{Line, LineFault, Stage, patiently};
use crate::store::{FiledRow, Rows, SealedBy, Stored, Untold};

/// How many offers are on their way at once.
const AHEAD: usize = 8;

/// Something to be given back.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// What was sealed here.
    Own(Untold),
    /// What another device of the unit has handed in, or the district on its behalf.
    Filed(Box<FiledRow>, SealedBy),
}

/// Offers all that the district has not told again, and settles what it says of it.
pub(super) async fn give_back(
    desk: &Desk,
    line: &mut Line,
    device: DeviceId,
    report: &mut SyncReport,
) -> Result<(), SyncError> {
    let items = desk.read(items).await?;
    let (offers, requests) = mpsc::channel(AHEAD);
    let (offered, awaited) = mpsc::channel(AHEAD);
    let call = line.on(ReceiverStream::new(requests));
    let take = async {
        let replies = patiently(line.client.give_back(call), Stage::Talking).await?.into_inner();
        take_all(desk, replies, awaited, report).await
    };
    let (left, offered) = tokio::join!(take, offer_all(desk, device, items, offers, offered));
    let left = left?;
    offered?;
    if left == 0 {
        desk.write(refilled).await?;
    }
    Ok(())
}

pub(super) fn refilled(rows: &Rows<'_>) -> Stored<()> {
    rows.note_refilled()
}

/// All that was told under an earlier history and not under the present one.
pub(crate) fn items(rows: &Rows<'_>) -> Stored<Vec<Item>> {
    let own = rows.untold()?.into_iter().map(Item::Own);
    let filed = rows.filed_untold()?.into_iter().filter_map(|row| {
        let sealed = row.sealed.clone()?;
        Some(Item::Filed(Box::new(row), sealed))
    });
    Ok(own.chain(filed).collect())
}

async fn offer_all(
    desk: &Desk,
    device: DeviceId,
    items: Vec<Item>,
    offers: Sender<wire::GivenBack>,
    offered: Sender<Item>,
) -> Result<(), SyncError> {
    for item in items {
        let (item, offer) =
            desk.read(move |rows| offer(rows, device, &item).map(|offer| (item, offer))).await?;
        if offers.send(offer).await.is_err() || offered.send(item).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// An item as it is offered.
pub(crate) fn offer(rows: &Rows<'_>, device: DeviceId, item: &Item) -> Stored<wire::GivenBack> {
    match item {
        Item::Own(Untold { sheet: None, epoch, sequence }) => Ok(wire::GivenBack {
            device: device.0.to_vec(),
            epoch: *epoch,
            operations: Some(Packer::default().pack(*sequence, rows.bodies(*epoch, *sequence, *sequence)?)),
            ..wire::GivenBack::default()
        }),
        Item::Own(Untold { sheet: Some(id), epoch, .. }) => {
            let (device, sheet) = rows.sheet(*id)?;
            let bodies = rows.bodies(*epoch, sheet.first, sheet.last)?;
            Ok(wire::GivenBack {
                device: device.0.to_vec(),
                by_district: false,
                epoch: *epoch,
                operations: Some(Packer::default().pack(sheet.first, bodies)),
                sheet: sheet.verdicts,
                seal: sheet.seal,
            })
        }
        Item::Filed(row, sealed) => Ok(wire::GivenBack {
            device: sealed.device.0.to_vec(),
            by_district: row.by_district,
            epoch: sealed.epoch,
            operations: Some(Packer::default().pack(sealed.sequence, vec![row.body.clone()])),
            sheet: sheet::one(sealed.sequence, &row.receipt),
            seal: sealed.seal.clone(),
        }),
    }
}

/// Settles the answers, which come in the order of the offers. Returns how many have to be offered again.
async fn take_all(
    desk: &Desk,
    mut replies: Streaming<wire::GivenBackReply>,
    mut awaited: Receiver<Item>,
    report: &mut SyncReport,
) -> Result<u64, SyncError> {
    let mut left = 0;
    while let Some(item) = awaited.recv().await {
        let reply = patiently(replies.message(), Stage::Talking).await?.ok_or(LineFault::HungUp)?;
        left += u64::from(reply.taken() == Taken::Later);
        report.given_back += u64::from(reply.taken() == Taken::Now);
        let refused = desk.write(move |rows| taken(rows, item, reply)).await?.map_err(LineFault::from)?;
        report.refused.extend(refused);
    }
    Ok(left)
}

/// Keeps what the district says of an item; returns what it lets stand no more.
pub(crate) fn taken(
    rows: &Rows<'_>,
    item: Item,
    reply: wire::GivenBackReply,
) -> Stored<Result<Vec<Refused>, Malformed>> {
    let taken = reply.taken();
    let came = match Came::read(reply.verdicts.unwrap_or_default()) {
        Ok(came) => came,
        Err(malformed) => return Ok(Err(malformed)),
    };
    match item {
        Item::Own(untold) => {
            if taken == Taken::Never {
                let (epoch, sequence) = (untold.epoch, untold.sequence);
                tracing::warn!(epoch, sequence, "the district has others in its place");
                let last = untold
                    .sheet
                    .map(|id| rows.sheet(id))
                    .transpose()?
                    .map_or(sequence, |(_, sheet)| sheet.last);
                // It says so at the first that it has otherwise.
                let first = came.receipts.last().map_or(sequence, |(same, _)| same + 1);
                rows.queue_again(epoch, first, last)?;
            }
            settled(rows, untold.epoch, vec![came]).map(Ok)
        }
        Item::Filed(row, sealed) => {
            let Came { mut receipts, sheet, .. } = came;
            if let Some((_, receipt)) = receipts.pop() {
                let sealed = sheet.map(|sheet| SealedBy { seal: sheet.seal, ..sealed });
                rows.put_filed(&FiledRow { receipt, sealed, ..*row })?;
            }
            Ok(Ok(Vec::new()))
        }
    }
}
