//! Fetching news: the programme, the unit's tables, and what others have filed for the unit.
//!
//! News are applied in the order of the district's commits, a group at a time. How far they have come is noted only
//! with the district's "nothing more", so a cut lets everything since the last one be told again, which changes nothing.

use gom_domain::greeting::{DeviceId, fingerprint};
use gom_domain::ruling::Receipt;
use gom_proto::submission::Envelope;
use gom_proto::wire::{self, pull_reply::News};
use gom_proto::{Malformed, change, sheet};

use super::desk::Desk;
use super::{SyncError, SyncReport};
use crate::line::{Line, LineFault, Stage, patiently};
use crate::programme;
use crate::store::{About, FiledRow, PriorKind, Rows, SealedBy, Sheet, Stored};
use crate::witness;

/// How many news become durable together, at most.
const GROUP: usize = 200;

/// What came of news.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) filed: u64,
    pub(crate) editions: Vec<u32>,
    pub(crate) unknown: bool,
    pub(crate) update_needed: bool,
}

/// Fetches all news after a commit.
pub(super) async fn pull(
    desk: &Desk,
    line: &mut Line,
    after: u64,
    report: &mut SyncReport,
) -> Result<(), SyncError> {
    let call = line.on(wire::PullRequest { after });
    let call = line.client.pull(call);
    let mut news = patiently(call, Stage::Talking).await?.into_inner();
    let mut unknown = false;
    loop {
        let mut group = vec![patiently(news.message(), Stage::Talking).await?.ok_or(LineFault::HungUp)?];
        while !ends(&group) && group.len() < GROUP {
            group.push(patiently(news.message(), Stage::Talking).await?.ok_or(LineFault::HungUp)?);
        }
        let done = ends(&group);
        let told = desk.write(move |rows| apply(rows, group, unknown)).await?.map_err(LineFault::from)?;
        report.filed += told.filed;
        report.editions.extend(told.editions);
        unknown |= told.unknown;
        report.update_needed |= unknown || told.update_needed;
        if done {
            return Ok(());
        }
    }
}

fn ends(group: &[wire::PullReply]) -> bool {
    group.last().is_some_and(|last| matches!(last.news, Some(News::Done(_))))
}

/// Applies a group of news. Where one of them is of an unknown kind, they are all to be told again to a newer program.
pub(crate) fn apply(
    rows: &Rows<'_>,
    group: Vec<wire::PullReply>,
    unknown: bool,
) -> Stored<Result<Told, Malformed>> {
    let mut told = Told { unknown, ..Told::default() };
    for reply in group {
        let (commit, at_ms) = (reply.commit, reply.at_ms);
        match reply.news {
            None => told.unknown = true,
            Some(News::Edition(edition)) => {
                let bundle = change::bundle(edition.files);
                rows.put_edition(edition.version, commit, &bundle)?;
                match programme::read(&bundle) {
                    Some(_) => rows.note_read(edition.version)?,
                    None => told.update_needed = true,
                }
                told.editions.push(edition.version);
            }
            Some(News::Quotas(prior)) => put_prior(rows, PriorKind::Quotas, &prior)?,
            Some(News::Baseline(prior)) => put_prior(rows, PriorKind::Baseline, &prior)?,
            Some(News::Filed(filed)) => match ruling(&filed, commit, at_ms) {
                Ok(receipt) => told.filed += u64::from(file(rows, filed, receipt)?),
                Err(Malformed::UnknownVerdict) => told.unknown = true,
                Err(malformed) => return Ok(Err(malformed)),
            },
            Some(News::Done(done)) => {
                if let Some(told) = &done.checkpoint {
                    witness::keep(rows, told)?;
                }
                if !told.unknown {
                    rows.note_pulled(commit)?;
                }
            }
        }
    }
    Ok(Ok(told))
}

fn put_prior(rows: &Rows<'_>, kind: PriorKind, prior: &wire::Prior) -> Stored<()> {
    match i16::try_from(prior.year) {
        Ok(year) => rows.put_prior(kind, year, &prior.table),
        Err(_) => Ok(()),
    }
}

fn ruling(filed: &wire::Filed, commit: u64, at_ms: i64) -> Result<Receipt, Malformed> {
    let ruling = filed.ruling.clone().ok_or(Malformed::UnknownVerdict)?.try_into()?;
    Ok(Receipt { ruling, commit, at_ms })
}

/// Keeps what was filed. What was sealed here, in whichever epoch, is settled with it, if its receipt was lost or the
/// district tells it again; returns whether it is another's.
fn file(rows: &Rows<'_>, filed: wire::Filed, receipt: Receipt) -> Stored<bool> {
    let fingerprint = fingerprint(&filed.body);
    let (epoch, sequence) = (filed.epoch, filed.sequence);
    if !filed.by_district && rows.fingerprint_of(epoch, sequence)? == Some(fingerprint) {
        // What goes by another number now is settled under that one.
        if !rows.is_moved(epoch, sequence)? {
            let sheet = (!rows.is_settled(epoch, sequence)?).then(|| Sheet {
                first: sequence,
                last: sequence,
                verdicts: sheet::one(sequence, &receipt),
                seal: filed.seal,
            });
            rows.settle(
                epoch,
                &[(sequence, receipt)],
                sheet.as_ref().filter(|sheet| !sheet.seal.is_empty()),
            )?;
        }
        return Ok(false);
    }
    let device = filed.device.as_slice().try_into().ok().map(DeviceId);
    let sealed = device.filter(|_| !filed.seal.is_empty());
    rows.put_filed(&FiledRow {
        about: about(&filed.body),
        body: filed.body,
        fingerprint,
        by_district: filed.by_district,
        receipt,
        sealed: sealed.map(|device| SealedBy { device, epoch, sequence, seal: filed.seal }),
    })?;
    Ok(true)
}

/// What a body says that it is about; none if it cannot be read.
fn about(body: &[u8]) -> Option<About> {
    let envelope = Envelope::decode(body).ok()?;
    Some(About {
        submission: envelope.id,
        programme_version: envelope.programme_version,
        form: envelope.form,
        period: envelope.period,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{commune, folder};
    use crate::outbox::Which;
    use crate::store::Store;

    const OWN: DeviceId = DeviceId([2; 16]);

    fn told(folder: &tempfile::TempDir, news: Vec<(u64, Option<News>)>) -> Result<Told, Malformed> {
        let group =
            news.into_iter().map(|(commit, news)| wire::PullReply { commit, at_ms: 1, news }).collect();
        Store::open(folder.path()).unwrap().write(|rows| apply(rows, group, false)).unwrap()
    }

    fn pulled_to(folder: &tempfile::TempDir) -> Option<u64> {
        let enrolled =
            |rows: &Rows<'_>| Ok::<_, crate::StoreError>(rows.folder()?.unwrap().enrolled.unwrap());
        Store::open(folder.path()).unwrap().read(enrolled).unwrap().pulled_to
    }

    fn done(commit: u64) -> (u64, Option<News>) {
        (commit, Some(News::Done(wire::Done::default())))
    }

    #[test]
    fn a_lost_receipt_comes_with_the_news() {
        let folder = folder();
        commune(&folder).set("budget", "2024-05", &[("tax_revenue", "1")]).unwrap();
        commune(&folder).submit(&Which::All, None).unwrap();
        let outgoing = Store::open(folder.path()).unwrap().read(|rows| rows.outgoing(1, 1, 0, 9)).unwrap();
        let accepted = wire::ruling::Verdict::Accepted(wire::Accepted { revision: 1 });
        let ruling = wire::Ruling { verdict: Some(accepted), ..wire::Ruling::default() };
        let filed = wire::Filed {
            body: outgoing[0].body.clone(),
            ruling: Some(ruling),
            by_district: false,
            device: OWN.0.to_vec(),
            epoch: 1,
            sequence: 1,
            seal: Vec::new(),
        };
        let elsewhere = wire::Filed { device: vec![9; 16], body: vec![0xff], ..filed.clone() };
        let told =
            told(&folder, vec![(7, Some(News::Filed(filed))), (8, Some(News::Filed(elsewhere))), done(9)]);
        assert_eq!(told.unwrap().filed, 1, "also one whose body cannot be read is kept");
        let status = commune(&folder).status().unwrap();
        assert_eq!((status.queued, status.accepted), (0, 1));
        assert_eq!(pulled_to(&folder), Some(9));
    }

    #[test]
    fn what_is_not_understood_is_to_be_told_again() {
        let folder = folder();
        assert!(told(&folder, vec![(5, None), done(6)]).unwrap().unknown);
        let ruling = Some(wire::Ruling::default());
        let filed = wire::Filed { ruling, ..wire::Filed::default() };
        assert!(told(&folder, vec![(5, Some(News::Filed(filed))), done(6)]).unwrap().unknown);
        assert_eq!(pulled_to(&folder), None);
    }

    #[test]
    fn a_programme_for_a_newer_program_is_kept_and_the_old_one_goes_on() {
        let folder = folder();
        let files = vec![wire::File { name: "programme.toml".into(), bytes: b"format = 9".to_vec() }];
        let edition = wire::Edition { version: 2, files };
        assert!(told(&folder, vec![(5, Some(News::Edition(edition))), done(5)]).unwrap().update_needed);
        assert!(commune(&folder).status().unwrap().update_needed);
        assert!(commune(&folder).update_needed().unwrap());
        assert!(commune(&folder).set("budget", "2024-05", &[("tax_revenue", "1")]).unwrap().is_draft);
    }
}
