//! An enrolled computer that lies in its greeting: whatever it says to have seen, the district goes by its own books.

use gom_domain::greeting::HistoryId;
use gom_proto::wire::{self, push_reply, push_request};
use gom_server::witness;
use gom_trust::{Checkpoint, Expected, Signer};
use tests::encrypted::{identity, speak};
use tests::{Commune, District, soon};
use tonic::Request;

/// What the district answers to a greeting by an enrolled computer.
async fn greeted(district: &District, commune: &Commune, hello: wire::Hello) -> wire::Welcome {
    let expected = Expected::Fingerprint(district.fingerprint().unwrap());
    let mut client = speak(district.address(), expected, Some(&identity(&commune.path()))).await.unwrap();
    let hello = wire::PushRequest { kind: Some(push_request::Kind::Hello(hello)) };
    let mut replies = soon(client.push(Request::new(tokio_stream::once(hello)))).await.unwrap().into_inner();
    match soon(replies.message()).await.unwrap().and_then(|reply| reply.kind) {
        Some(push_reply::Kind::Welcome(welcome)) => welcome,
        other => panic!("no welcome: {other:?}"),
    }
}

fn hello(history: HistoryId, seen: u64) -> wire::Hello {
    wire::Hello {
        history: history.0.to_vec(),
        chain: vec![0; 32],
        epoch: 1,
        protocol: gom_proto::PROTOCOL,
        seen,
        ..wire::Hello::default()
    }
}

fn point(signer: &Signer, history: HistoryId, commit: u64) -> wire::Checkpoint {
    let head = [7; 32];
    let signature = signer.sign(&Checkpoint { history, commit, head });
    wire::Checkpoint { commit, head: head.to_vec(), signature }
}

/// A claim without proof would let one computer send the whole district back to its beginnings.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_computer_says_to_have_seen_counts_only_if_the_district_has_signed_it() {
    let district = District::encrypted().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.sync().await;
    let before = district.served(|memory| memory.history);
    let stands = || district.served(|memory| (memory.history, memory.restored)) == (before, false);
    let forger = Signer::new(&[1; 32]).unwrap();
    let unheard = HistoryId([9; 16]);

    for (history, seen) in [(before, u64::MAX), (unheard, 0), (unheard, 5)] {
        let asked = greeted(&district, &commune, hello(history, seen)).await;
        assert_eq!(asked.action(), wire::Action::Prove, "{history:?} {seen}");
        let own = district.served(witness::checkpoint).unwrap();
        let proofs = [
            wire::Checkpoint::default(),
            point(&forger, history, seen),
            // What was signed is of another commit than what is said.
            own.clone(),
            wire::Checkpoint { commit: seen, ..own },
        ];
        for proof in proofs {
            let said = wire::Hello { proof: Some(proof), ..hello(history, seen) };
            let welcome = greeted(&district, &commune, said).await;
            assert_ne!(welcome.action(), wire::Action::Prove, "it is asked once");
            assert!(stands(), "{history:?} {seen}");
        }
    }

    // What the district has signed itself counts.
    let signer = district.served(|memory| witness::signer(memory).unwrap());
    let said = wire::Hello { proof: Some(point(&signer, before, 1_000)), ..hello(before, 1_000) };
    let welcome = greeted(&district, &commune, said).await;
    assert_ne!(welcome.history, before.0);
    assert!(district.served(|memory| memory.restored && memory.has_gone_by(before)));
}
