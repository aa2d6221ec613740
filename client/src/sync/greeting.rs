//! The greeting: both sides say how far they are, and agree from where to go on.

use gom_domain::greeting::{Action, Hello, Welcome};
use gom_domain::world::World;
use gom_proto::planted;
use gom_proto::wire::{self, push_reply, push_request};
use gom_proto::{Malformed, PROTOCOL, change, greeting};
use tokio::sync::mpsc::{self, Sender};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::SyncError;
use super::desk::Desk;
use super::push::WINDOW;
use crate::line::{Line, LineFault, Stage, patiently};
use crate::store::{EnrolledRow, Rows, Stored};
use crate::witness;

/// What came of a greeting.
#[derive(Debug)]
pub(super) enum Greeted {
    /// Both go on.
    Agreed(Agreed, Box<Exchange>),
    /// This folder goes on from an older state than the district knows of it: it is to begin this epoch.
    Older(u32),
    /// The district's books do not know of what this folder has seen: it is to show that.
    Asked,
}

/// What both sides agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// The last sequence that the district is taken to have; what lies beyond it is to be sent.
    pub(super) district_has: u64,
    /// The last commit that concerns the unit and did not come from this device.
    pub(super) news: u64,
    /// The commit up to which all is known here; none: nothing is.
    pub(super) pulled_to: Option<u64>,
    /// Whether the district may lack what is here, since it goes on from a backup.
    pub(super) refill: bool,
}

/// An open conversation.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) outgoing: Sender<wire::PushRequest>,
    pub(super) incoming: Streaming<wire::PushReply>,
    /// Whether it is time for another certificate.
    pub(super) renew: bool,
}

/// Greets the district and finds out from where to go on.
pub(super) async fn greet(
    desk: &Desk,
    line: &mut Line,
    own: &EnrolledRow,
    world: &World,
    prove: bool,
) -> Result<Greeted, SyncError> {
    let (this, clock) = (own.clone(), world.clone());
    let said = move |rows: &Rows<'_>| {
        let proof = prove.then(|| witness::proof(rows, &this)).transpose()?;
        Ok((hello(rows, &this, &clock)?, proof))
    };
    let (hello, proof) = desk.read(said).await?;
    // Room for everything that may be in flight, so that sending never waits for the district to read.
    let (outgoing, requests) = mpsc::channel(WINDOW + 1);
    let first = wire::Hello { proof, ..(&hello).into() };
    let first = wire::PushRequest { kind: Some(push_request::Kind::Hello(first)) };
    _ = outgoing.send(first).await;
    let call = line.on(ReceiverStream::new(requests));
    let mut incoming = patiently(line.client.push(call), Stage::Greeting).await?.into_inner();
    let reply = patiently(incoming.message(), Stage::Greeting).await?.ok_or(LineFault::HungUp)?;
    let Some(push_reply::Kind::Welcome(mut welcome)) = reply.kind else {
        return Err(LineFault::Malformed(Malformed::Field("welcome")).into());
    };
    let (at_ms, clock_ms, renew) = (world.now_ms(), welcome.clock_ms, welcome.renew);
    desk.write(move |rows| rows.note_contact(at_ms, clock_ms.saturating_sub(at_ms))).await?;
    let checkpoint = welcome.checkpoint.take();
    let welcome = read(welcome, &hello)?;
    if welcome.action == Action::Prove {
        return Ok(Greeted::Asked);
    }
    let own = own.clone();
    let agreed = move |rows: &Rows<'_>| {
        let agreed = agree(rows, &own, &welcome)?;
        if let (Some(told), Ok(_)) = (&checkpoint, &agreed) {
            witness::keep(rows, told)?;
        }
        Ok(agreed)
    };
    Ok(match desk.write(agreed).await?? {
        Ok(agreed) => Greeted::Agreed(agreed, Box::new(Exchange { outgoing, incoming, renew })),
        Err(Older(epoch)) => Greeted::Older(epoch),
    })
}

/// What this folder says of itself.
pub(crate) fn hello(rows: &Rows<'_>, own: &EnrolledRow, world: &World) -> Stored<Hello> {
    let head = rows.head(own.epoch)?;
    Ok(Hello {
        device: own.device,
        epoch: own.epoch,
        last_sequence: head.sequence,
        chain: head.chain,
        history: own.history,
        protocol: PROTOCOL,
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        clock_ms: world.now_ms(),
        seen: rows.newest_checkpoint(own.history)?.map_or(0, |newest| newest.checkpoint.commit),
        programme: rows.newest_edition()?.map(|(version, bundle)| (version, change::digest(&bundle))),
    })
}

fn read(welcome: wire::Welcome, hello: &Hello) -> Result<Welcome, SyncError> {
    match greeting::welcome(welcome, hello) {
        Ok(welcome) => Ok(welcome),
        Err(Malformed::Field("action")) => Err(SyncError::UnknownAction),
        Err(malformed) => Err(LineFault::Malformed(malformed).into()),
    }
}

/// This folder is an older copy, or one of two: it is to begin this epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Older(pub(crate) u32);

/// Compares what both sides have. The district cannot know what this folder has sealed and it has not seen; so where it
/// has seen less, this side compares the chains.
pub(crate) fn agree(
    rows: &Rows<'_>,
    own: &EnrolledRow,
    welcome: &Welcome,
) -> Stored<Result<Result<Agreed, Older>, SyncError>> {
    rows.note_quarantine(welcome.action == Action::Quarantined)?;
    if welcome.action == Action::Quarantined {
        return Ok(Err(SyncError::Quarantined));
    }
    let mut pulled_to = own.pulled_to;
    let restored = welcome.history != own.history;
    if restored {
        tracing::info!("the district goes by another history: everything is told anew");
        rows.begin_history(welcome.history)?;
        pulled_to = None;
    }
    if welcome.action == Action::Rebase {
        let begins = welcome.epoch > own.epoch;
        let malformed = SyncError::Line(Malformed::Field("epoch").into());
        return Ok(if begins { Ok(Err(Older(welcome.epoch))) } else { Err(malformed) });
    }
    if welcome.epoch != own.epoch {
        return Ok(Err(SyncError::Line(Malformed::Field("epoch").into())));
    }
    if rows.chain_at(own.epoch, welcome.last_sequence)? != Some(welcome.chain)
        && !planted::is("chain-not-compared")
        && !planted::is("no-rebase")
    {
        return Ok(Ok(Err(Older(own.epoch + 1))));
    }
    let (district_has, refill) = (welcome.last_sequence, own.refill || restored);
    Ok(Ok(Ok(Agreed { district_has, news: welcome.news, pulled_to, refill })))
}

#[cfg(test)]
mod tests {
    use gom_domain::greeting::{Chain, HistoryId};

    use super::*;
    use crate::fixture::{commune, folder};
    use crate::outbox::Which;
    use crate::store::Store;

    /// What a folder with one operation agrees on with a district that says so.
    fn agreed(change: impl FnOnce(&mut Welcome)) -> Result<Result<Agreed, Older>, SyncError> {
        let folder = folder();
        commune(&folder).set("budget", "2024-05", &[("tax_revenue", "1")]).unwrap();
        commune(&folder).submit(&Which::All, None).unwrap();
        let mut welcome = Welcome {
            history: HistoryId([3; 16]),
            epoch: 1,
            last_sequence: 0,
            chain: Chain::default(),
            news: 4,
            clock_ms: 0,
            action: Action::Go,
        };
        change(&mut welcome);
        let mut store = Store::open(folder.path()).unwrap();
        store
            .write(|rows| {
                rows.note_pulled(5)?;
                let own = rows.folder()?.unwrap().enrolled.unwrap();
                agree(rows, &own, &welcome)
            })
            .unwrap()
    }

    #[test]
    fn both_go_on_from_what_the_district_has() {
        let agreed = agreed(|_| {}).unwrap().unwrap();
        assert_eq!(agreed, Agreed { district_has: 0, news: 4, pulled_to: Some(5), refill: false });
    }

    #[test]
    fn another_history_is_told_anew() {
        let agreed = agreed(|welcome| welcome.history = HistoryId([4; 16])).unwrap().unwrap();
        assert_eq!((agreed.district_has, agreed.pulled_to, agreed.refill), (0, None, true));
    }

    #[test]
    fn a_folder_that_lacks_what_the_district_knows_begins_another_epoch() {
        type Change = fn(&mut Welcome);
        let others: [Change; 3] = [
            |welcome| welcome.last_sequence = 2,
            |welcome| (welcome.last_sequence, welcome.chain) = (1, Chain([7; 32])),
            |welcome| (welcome.epoch, welcome.action) = (2, Action::Rebase),
        ];
        for change in others {
            assert_eq!(agreed(change).unwrap(), Err(Older(2)));
        }
    }

    #[test]
    fn an_epoch_that_was_not_asked_for_is_malformed() {
        type Change = fn(&mut Welcome);
        let others: [Change; 2] = [|welcome| welcome.epoch = 2, |welcome| welcome.action = Action::Rebase];
        for change in others {
            assert!(matches!(agreed(change), Err(SyncError::Line(LineFault::Malformed(_)))));
        }
        assert!(matches!(
            agreed(|welcome| welcome.action = Action::Quarantined),
            Err(SyncError::Quarantined)
        ));
    }
}
