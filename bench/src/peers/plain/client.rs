//! The plain client: an outbox in `SQLite`, up to a thousand reports in flight, receipts settled in groups.

use std::path::Path;

use anyhow::Context;
use prost::Message;
use rusqlite::{Connection, params};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;

use super::FILE;
use super::wire::plain_client::PlainClient;
use super::wire::{Receipt, Report};
use crate::commune::Queue;
use crate::commune::offline_world;
use crate::peers::limit::durable;

/// How many reports may be in flight.
const WINDOW: usize = 1_000;

/// Queues the reports that a commune of the real client would.
pub(crate) fn queue(folder: &Path, unit: u64, queue: Queue) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut connection = durable(&folder.join(FILE))?;
    connection.execute_batch(
        "create table outbox (
            seq integer primary key, id blob not null unique, body blob not null, settled integer not null default 0
        ) strict",
    )?;
    let world = offline_world(queue.reports);
    let transaction = connection.transaction()?;
    for version in queue.versions(unit) {
        let id = world.submission_id().as_bytes().to_vec();
        let report = Report {
            id: id.clone(),
            unit: u32::try_from(unit)?,
            form: u32::try_from(version.form)?,
            period: version.period(),
            figures: version.figures(),
        };
        let body = report.encode_to_vec();
        transaction
            .prepare_cached("insert into outbox (id, body) values (?, ?)")?
            .execute(params![id, body])?;
    }
    Ok(transaction.commit()?)
}

/// Hands in what is queued; how many reports were settled.
pub(crate) async fn drain(folder: &Path, server: &str) -> anyhow::Result<u64> {
    let mut outbox = durable(&folder.join(FILE))?;
    let channel = Endpoint::from_shared(server.to_owned())?.tcp_nodelay(true).connect().await?;
    let (outgoing, reports) = mpsc::channel(WINDOW);
    let mut incoming = PlainClient::new(channel).push(ReceiverStream::new(reports)).await?.into_inner();
    let (mut sent, mut settled, mut last) = (0, 0, 0);
    loop {
        let room = WINDOW - usize::try_from(sent - settled)?;
        for (seq, report) in tokio::task::block_in_place(|| next(&outbox, last, room))? {
            outgoing.send(report).await?;
            (sent, last) = (sent + 1, seq);
        }
        if sent == settled {
            return Ok(settled);
        }
        let mut receipts = vec![incoming.message().await?.context("the server hung up")?];
        while let Some(receipt) = at_once(&mut incoming).await? {
            receipts.push(receipt);
        }
        settled += receipts.len() as u64;
        tokio::task::block_in_place(|| settle(&mut outbox, &receipts))?;
    }
}

/// A receipt that has come already.
async fn at_once(incoming: &mut tonic::Streaming<Receipt>) -> anyhow::Result<Option<Receipt>> {
    tokio::select! {
        biased;
        receipt = incoming.message() => Ok(receipt?),
        () = std::future::ready(()) => Ok(None),
    }
}

fn next(outbox: &Connection, after: i64, room: usize) -> anyhow::Result<Vec<(i64, Report)>> {
    let mut queued = outbox
        .prepare_cached("select seq, body from outbox where seq > ? and settled = 0 order by seq limit ?")?;
    let rows = queued.query_map(params![after, i64::try_from(room)?], |row| {
        Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    rows.map(|row| {
        let (seq, body) = row?;
        Ok((seq, Report::decode(body.as_slice())?))
    })
    .collect()
}

fn settle(outbox: &mut Connection, receipts: &[Receipt]) -> anyhow::Result<()> {
    let transaction = outbox.transaction()?;
    for receipt in receipts {
        transaction.prepare_cached("update outbox set settled = 1 where id = ?")?.execute([&receipt.id])?;
    }
    Ok(transaction.commit()?)
}
