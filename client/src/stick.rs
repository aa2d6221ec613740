//! The stick as a line: what is queued goes out as a file, and the district's answers come back as one.
//!
//! Both are made of what travels on a line, and are taken by the same path; in any mixture with it, and as often as one
//! likes. What a file tells that has been overtaken meanwhile changes nothing.

use std::collections::HashMap;

use gom_domain::greeting::{DeviceId, HistoryId, Welcome, fingerprint};
use gom_domain::world::World;
use gom_proto::operations::Packer;
use gom_proto::seal::SealKey;
use gom_proto::stick::{self, Unread};
use gom_proto::wire::pull_reply::News;
use gom_proto::{Malformed, wire};
use sha2::{Digest, Sha256};

use crate::store::{EnrolledRow, FolderRow, Rows, Stored};
use crate::sync::give_back::{Item, items, offer, taken};
use crate::sync::greeting::{Older, agree, hello};
use crate::sync::push::{Came, batch, settled};
use crate::sync::{Refused, SyncReport, left, pull};
use crate::witness;

/// A queue as a file, and how many operations are in it.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The file.
    pub file: Vec<u8>,
    /// How many reports are in it.
    pub operations: u64,
}

/// Why answers from a stick are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untaken {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Unread(#[from] Unread),
    /// They are for another computer.
    #[error("the answers are for another computer")]
    Another,
    /// The district goes by another history since.
    #[error("the answers are of a history that the district has left since")]
    Overtaken,
}

impl From<Malformed> for Untaken {
    fn from(_: Malformed) -> Self {
        Self::Unread(Unread::Damaged)
    }
}

fn key(row: &FolderRow) -> SealKey {
    SealKey(Sha256::digest(row.secret).into())
}

/// Writes what is queued, and what the district may have lost.
pub(crate) fn export(rows: &Rows<'_>, row: &FolderRow, own: &EnrolledRow, world: &World) -> Stored<Exported> {
    let hello = hello(rows, own, world)?;
    let mut packer = Packer::default();
    let (mut operations, mut count, mut next) = (Vec::new(), 0, 1);
    while let Some((first, bodies)) = batch(rows.outgoing(own.epoch, next, u64::MAX, BATCH)?)? {
        (count, next) = (count + bodies.len() as u64, first + bodies.len() as u64);
        operations.push(packer.pack(first, bodies));
    }
    let given_back = if own.refill { items(rows)? } else { Vec::new() };
    let given_back = given_back.iter().map(|item| offer(rows, own.device, item)).collect::<Stored<_>>()?;
    let queue = wire::Queue {
        device: own.device.0.to_vec(),
        unit: own.unit.to_string(),
        hello: Some(wire::Hello { proof: Some(witness::proof(rows, own)?), ..(&hello).into() }),
        after: own.pulled_to.unwrap_or(0),
        operations,
        given_back,
    };
    Ok(Exported { file: stick::write_queue(&queue, &key(row)), operations: count })
}

/// Whether a file is a queue of this computer's of which everything is still here: a folder that has gone back since, or
/// was mended, may lack what the file holds.
pub(crate) fn holds(rows: &Rows<'_>, row: &FolderRow, file: &[u8]) -> Stored<bool> {
    let Ok(Some(queue)) = stick::read_queue(file, |_| Some(key(row))) else { return Ok(false) };
    let given = queue.given_back.into_iter().filter_map(|given| given.operations);
    for operations in queue.operations.into_iter().chain(given) {
        let Ok(bodies) = gom_proto::operations::unpack(operations) else { return Ok(false) };
        for body in bodies {
            if !rows.holds_body(&fingerprint(&body))? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// How many operations go in a message.
const BATCH: u32 = 250;

/// Takes the district's answers: settles what they rule on, applies the news, and follows the district where it goes on
/// from a backup or finds this folder older than what it knows.
pub(crate) fn import(
    rows: &Rows<'_>,
    row: &FolderRow,
    own: &EnrolledRow,
    file: &[u8],
    at_ms: i64,
) -> Stored<Result<SyncReport, Untaken>> {
    match stick::read_answers(file, &key(row)) {
        Ok(answers) => take(rows, own, answers, at_ms),
        // The seal is made with the key of whom they are for.
        Err(_) if stick::answers_for(file).is_some_and(|whose| whose != own.device) => {
            Ok(Err(Untaken::Another))
        }
        Err(unread) => Ok(Err(unread.into())),
    }
}

fn take(
    rows: &Rows<'_>,
    own: &EnrolledRow,
    mut answers: wire::Answers,
    at_ms: i64,
) -> Stored<Result<SyncReport, Untaken>> {
    if answers.device != own.device.0 {
        return Ok(Err(Untaken::Another));
    }
    let Ok(asked) = <[u8; 16]>::try_from(answers.asked_history.as_slice()).map(HistoryId) else {
        return Ok(Err(Untaken::Unread(Unread::Damaged)));
    };
    let mut welcome = answers.welcome.take().unwrap_or_default();
    let checkpoint = welcome.checkpoint.take();
    let welcome = match Welcome::try_from(welcome) {
        Ok(welcome) => welcome,
        Err(malformed) => return Ok(Err(malformed.into())),
    };
    if welcome.history != own.history && asked != own.history {
        return Ok(Err(Untaken::Overtaken));
    }
    let mut report = SyncReport::default();
    // What was asked in an epoch that has ended says nothing of the present one.
    if answers.asked_epoch == own.epoch {
        rows.note_contact(own.last_contact_ms.unwrap_or(0).max(at_ms), own.skew_ms.unwrap_or(0))?;
        let agreed = agree(rows, own, &welcome)?;
        if let (Some(told), Ok(_)) = (&checkpoint, &agreed) {
            witness::keep(rows, told)?;
        }
        match agreed {
            Ok(Ok(_)) => {
                if let Err(malformed) = settle(rows, &answers, welcome.epoch, &mut report)? {
                    return Ok(Err(malformed.into()));
                }
            }
            Ok(Err(Older(epoch))) => {
                rows.rebase(epoch)?;
                report.rebased = true;
            }
            Err(_) => return Ok(Err(Untaken::Unread(Unread::Damaged))),
        }
    }
    if let Err(malformed) = give_back(rows, own.device, answers.given_back, &mut report)? {
        return Ok(Err(malformed.into()));
    }
    if let Err(malformed) = news(rows, own, answers.after, answers.news, &mut report)? {
        return Ok(Err(malformed.into()));
    }
    (report.waiting, report.unresolved, report.refills) = left(rows)?;
    Ok(Ok(report))
}

/// Settles operations that are the ones that were asked about: the chain has shown that they are.
fn settle(
    rows: &Rows<'_>,
    answers: &wire::Answers,
    epoch: u32,
    report: &mut SyncReport,
) -> Stored<Result<(), Malformed>> {
    for verdicts in &answers.verdicts {
        let came = match Came::read(verdicts.clone()) {
            Ok(came) => came,
            Err(malformed) => return Ok(Err(malformed)),
        };
        let total = came.receipts.len() as u64;
        let refused = settled(rows, epoch, vec![came])?;
        report.handed_in += total;
        report.accepted += total - refused.len() as u64;
        report.refused.extend(refused);
    }
    Ok(Ok(()))
}

/// Settles what was given back, as far as it still is to be given back. Once everything has been answered, and nothing of it
/// is to come again, the district has all that it can have.
fn give_back(
    rows: &Rows<'_>,
    own: DeviceId,
    replies: Vec<wire::GivenBackReply>,
    report: &mut SyncReport,
) -> Stored<Result<(), Malformed>> {
    let refills = rows.folder()?.and_then(|row| row.enrolled).is_some_and(|own| own.refill);
    if !refills {
        return Ok(Ok(()));
    }
    let mut open: HashMap<(Vec<u8>, u32, u64), Item> = HashMap::new();
    for item in items(rows)? {
        let offer = offer(rows, own, &item)?;
        let first = offer.operations.map_or(0, |operations| operations.first_sequence);
        open.insert((offer.device, offer.epoch, first), item);
    }
    let mut later = false;
    for reply in replies {
        let name = (reply.device.clone(), reply.epoch, reply.first_sequence);
        let Some(item) = open.remove(&name) else { continue };
        report.given_back += u64::from(reply.taken() == wire::Taken::Now);
        later |= reply.taken() == wire::Taken::Later;
        match taken(rows, item, reply)? {
            Ok(refused) => report.refused.extend::<Vec<Refused>>(refused),
            Err(malformed) => return Ok(Err(malformed)),
        }
    }
    if open.is_empty() && !later {
        rows.note_refilled()?;
    }
    Ok(Ok(()))
}

/// Applies news. How far all is known is noted only where they go on from what is known here, and never backwards.
fn news(
    rows: &Rows<'_>,
    own: &EnrolledRow,
    after: u64,
    mut news: Vec<wire::PullReply>,
    report: &mut SyncReport,
) -> Stored<Result<(), Malformed>> {
    let known = rows.folder()?.and_then(|row| row.enrolled).map_or(own.pulled_to, |own| own.pulled_to);
    let goes_on = after <= known.unwrap_or(0);
    news.retain(|reply| match &reply.news {
        Some(News::Done(_)) => goes_on && known.is_none_or(|known| known < reply.commit),
        _ => true,
    });
    let told = match pull::apply(rows, news, false)? {
        Ok(told) => told,
        Err(malformed) => return Ok(Err(malformed)),
    };
    report.filed += told.filed;
    report.editions.extend(told.editions);
    report.update_needed |= told.unknown || told.update_needed;
    Ok(Ok(()))
}
