//! News for a unit: everything in the journal that concerns it, after a given commit, in order.
//!
//! Quotas and the prior year's figures are cut down to the unit's own rows: no commune reads another's.

use std::collections::VecDeque;

use gom_domain::greeting::fingerprint;
use gom_domain::programme::{Baseline, Programme, Quotas};
use gom_domain::ruling::Receipt;
use gom_domain::unit::{UnitId, UnitIx};
use gom_proto::{change, sheet, wire};
use wire::pull_reply::News;

use crate::folder::Folder;
use crate::memory::{Memory, Prior};
use crate::sealer::Seals;
use crate::store::{DeviceRow, Journal, Stored, SubmissionRow};
use crate::witness;
use crate::wording::Trouble;

/// What was published for a unit, as of a commit.
#[derive(Debug)]
pub struct Published {
    news: Vec<(u64, News)>,
    /// The unit's devices, each with the district's seals for it.
    senders: Vec<(DeviceRow, Seals)>,
    /// The commit; what comes after it is left for the next time.
    up_to: u64,
    /// How far the journal went then, signed.
    checkpoint: Option<wire::Checkpoint>,
}

/// What was published after `after`: all versions since, and the unit's tables in force if anything was.
pub fn published(memory: &Memory, device: &DeviceRow, after: u64) -> Stored<Published> {
    let up_to = memory.last.map_or(0, |last| last.last_seq);
    let sealed = |sender: &DeviceRow| Ok((sender.clone(), Seals::new(memory, sender)?));
    let senders = memory.devices_of(device.unit).map(sealed).collect::<Stored<_>>()?;
    let (news, checkpoint) = (publications(memory, device, after), witness::checkpoint(memory));
    Ok(Published { news, senders, up_to, checkpoint })
}

fn publications(memory: &Memory, device: &DeviceRow, after: u64) -> Vec<(u64, News)> {
    let mut news: Vec<(u64, News)> = memory
        .published_after(after)
        .map(|edition| {
            let files = change::files(&edition.bundle);
            (edition.seq, News::Edition(wire::Edition { version: edition.version, files }))
        })
        .collect();
    let Some(unit) = memory.unit_id(device.unit).filter(|_| memory.published > after) else { return news };
    for (year, prior) in &memory.quotas {
        let own = cut(memory, *year, prior, unit, own_quotas);
        news.extend(own.map(|prior| (memory.published, News::Quotas(prior))));
    }
    for (year, prior) in &memory.baselines {
        let own = cut(memory, *year, prior, unit, own_baseline);
        news.extend(own.map(|prior| (memory.published, News::Baseline(prior))));
    }
    news
}

/// Everything that concerns a device's unit and was committed after `after`, given what was published since.
pub fn after(
    folder: &Folder,
    after: u64,
    published: Published,
) -> Result<VecDeque<wire::PullReply>, Trouble> {
    let mut journal = folder.read()?;
    collect(&mut journal, after, published).map_err(|error| folder.trouble(&error))
}

/// The same, read from a journal.
pub fn collect(
    journal: &mut dyn Journal,
    after: u64,
    Published { mut news, senders, up_to, checkpoint }: Published,
) -> Stored<VecDeque<wire::PullReply>> {
    for (sender, seals) in &senders {
        for row in journal.newest_of(sender.number, after)?.into_iter().filter(|row| row.seq <= up_to) {
            let at_ms = journal.commit_of(row.seq)?.at_ms;
            news.push((row.seq, News::Filed(filed(sender, seals, row, at_ms))));
        }
    }
    news.sort_by_key(|(seq, _)| *seq);
    let mut replies = VecDeque::with_capacity(news.len() + 1);
    for (commit, news) in news {
        let at_ms = journal.commit_of(commit)?.at_ms;
        replies.push_back(wire::PullReply { commit, at_ms, news: Some(news) });
    }
    let done = News::Done(wire::Done { checkpoint });
    replies.push_back(wire::PullReply { commit: up_to, at_ms: 0, news: Some(done) });
    Ok(replies)
}

fn cut(
    memory: &Memory,
    year: i16,
    prior: &Prior,
    unit: &UnitId,
    own: fn(&Programme, &[UnitIx], &[u8]) -> Option<String>,
) -> Option<wire::Prior> {
    let (programme, _) = memory.year(year)?;
    let line = programme.lineage(programme.unit_of(unit)?);
    let table = own(&programme, &line, &prior.table)?;
    Some(wire::Prior { year: year.unsigned_abs().into(), table: table.into_bytes() })
}

fn own_quotas(programme: &Programme, line: &[UnitIx], table: &[u8]) -> Option<String> {
    let (quotas, _) = Quotas::read(programme, table).ok()?;
    let rows = quotas.rows.iter().filter(|row| line.contains(&row.unit)).map(|row| {
        let element = programme.element(row.element);
        format!("{},{},{}\n", programme.unit(row.unit).id, element.key, element.plain(row.value))
    });
    Some(format!("unit,element,value\n{}", rows.collect::<String>()))
}

fn own_baseline(programme: &Programme, line: &[UnitIx], table: &[u8]) -> Option<String> {
    let baseline = Baseline::read(programme, table).ok()?;
    let rows = baseline.rows.iter().filter(|row| line.contains(&row.unit)).map(|row| {
        let element = programme.element(row.element);
        let period = if row.cumulative {
            format!("{:04}-{:02}..{}", row.period.year(), row.from, row.period)
        } else {
            row.period.to_string()
        };
        format!("{},{},{period},{}\n", programme.unit(row.unit).id, element.key, element.plain(row.value))
    });
    Some(format!("unit,element,period,value\n{}", rows.collect::<String>()))
}

fn filed(sender: &DeviceRow, seals: &Seals, row: SubmissionRow, at_ms: i64) -> wire::Filed {
    let receipt = Receipt { ruling: row.ruling, commit: row.seq, at_ms };
    let (owner, body) = (seals.owner(row.epoch), fingerprint(&row.body));
    wire::Filed {
        seal: sheet::seal_one(seals.key(), &owner, row.sequence, &receipt, &body),
        ruling: Some((&receipt.ruling).into()),
        body: row.body,
        by_district: sender.district,
        device: sender.id.0.to_vec(),
        epoch: row.epoch,
        sequence: row.sequence,
    }
}
