//! Somebody floods the server in every way that comes cheap: an honest commune is served all the same, and the server's
//! memory stays small.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gom_domain::code::EnrolCode;
use gom_domain::invitation::Invitation;
use gom_proto::wire::{self, push_request};
use gom_trust::{Expected, Identity, Key};
use tests::encrypted::{identity, speak};
use tests::program::has;
use tests::{Program, Serving, repository};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::Request;
use tonic::metadata::MetadataValue;

/// Within what an honest commune is to be served.
const SOON: Duration = Duration::from_secs(30);
/// How much memory the server may take, in kB.
const MEMORY_KB: u64 = 300_000;

/// A server, and an honest commune's computer.
struct Stage {
    home: tempfile::TempDir,
    serving: Serving,
    server: SocketAddr,
    invitation: Invitation,
    next: std::cell::Cell<u32>,
}

impl Stage {
    fn open() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("district");
        let office = Program::gom_server(&folder);
        office
            .vi(&["init", "--programme", repository("programmes/phung-hiep-2024").to_str().unwrap()])
            .done();
        let serving = Serving::start_with(&folder, &["--tls"]);
        let server = serving.url.strip_prefix("http://").unwrap().parse().unwrap();
        let printed = office.vi(&["enroll", "31423"]).done();
        Program::gom(&home.path().join("honest")).vi(&["enroll", printed.trim()]).done();
        let printed = office.vi(&["enroll", "31423"]).done();
        Program::gom(&home.path().join("hostile")).vi(&["enroll", printed.trim()]).done();
        let invitation = Invitation::parse(&printed).unwrap();
        Self { home, serving, server, invitation, next: std::cell::Cell::new(1) }
    }

    /// What the attacker's computer shows: it is enrolled, too.
    fn identity(&self) -> Identity {
        identity(&self.home.path().join("hostile"))
    }

    fn expected(&self) -> Expected {
        Expected::Fingerprint(self.invitation.authority.unwrap())
    }

    /// The honest commune hands something in, and is served soon; the server has not grown.
    fn serves(&self, during: &str) {
        let honest = Program::gom(&self.home.path().join("honest"));
        let births = self.next.replace(self.next.get() + 1);
        honest.vi(&["set", "society", "2024-05", &format!("births={births}")]).done();
        honest.vi(&["submit", "--all", "--note", "đúng"]).done();
        let since = Instant::now();
        // Whoever finds no room tries again, as `gom sync --watch` does.
        loop {
            let said = honest.vi(&["sync"]);
            if said.code == Some(0) {
                has(&said.out, &["1 được nhận"]);
                break;
            }
            assert!(since.elapsed() < SOON, "{during}: {}{}", said.out, said.err);
        }
        assert!(since.elapsed() < SOON, "{during}: served after {:?}", since.elapsed());
        let memory = self.serving.memory_kb();
        assert!(memory < MEMORY_KB, "{during}: {memory} kB");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_commune_is_served_whatever_others_do() {
    let stage = Stage::open();
    idle_sockets(&stage).await;
    huge_headers(&stage).await;
    conversations(&stage).await;
    strangers_who_stay(&stage).await;
    calls_that_are_taken_back(&stage).await;
    bombs(&stage).await;
    guessed_codes(&stage).await;
}

/// Sockets on which nothing is said, more than there are seats; and handshakes that are never ended.
async fn idle_sockets(stage: &Stage) {
    let mut open = Vec::new();
    for number in 0..700 {
        let mut socket = TcpStream::connect(stage.server).await.unwrap();
        if number % 2 == 0 {
            socket.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await.unwrap();
        }
        open.push(socket);
    }
    stage.serves("idle sockets and slow handshakes");
    drop(open);
}

/// Headers beyond every measure.
async fn huge_headers(stage: &Stage) {
    let mut client = speak(stage.server, stage.expected(), Some(&stage.identity())).await.unwrap();
    for _ in 0..50 {
        let mut request = Request::new(wire::PullRequest { after: 0 });
        let large = MetadataValue::try_from("x".repeat(200_000)).unwrap();
        request.metadata_mut().insert("x-large", large);
        assert!(client.pull(request).await.is_err());
    }
    stage.serves("huge headers");
}

/// A thousand conversations on one connection, each of which the district would wait for.
async fn conversations(stage: &Stage) {
    let client = speak(stage.server, stage.expected(), Some(&stage.identity())).await.unwrap();
    let (mut calls, (began, mut welcomed)) = (JoinSet::new(), tokio::sync::mpsc::channel(1_000));
    for _ in 0..1_000 {
        let (mut client, began) = (client.clone(), began.clone());
        calls.spawn(async move {
            // It says that more is to come, so the district waits for it.
            let hello = wire::Hello {
                history: vec![0; 16],
                chain: vec![0; 32],
                epoch: 1,
                last_sequence: 1_000,
                protocol: gom_proto::PROTOCOL,
                ..wire::Hello::default()
            };
            let hello = wire::PushRequest { kind: Some(push_request::Kind::Hello(hello)) };
            let never = tokio_stream::StreamExt::chain(tokio_stream::once(hello), tokio_stream::pending());
            let replies = client.push(Request::new(never)).await;
            _ = began.send(replies.as_ref().map(drop).map_err(drop)).await;
            // As long as somebody holds it, the conversation is open.
            std::future::pending::<()>().await;
            drop(replies);
        });
    }
    let mut open = 0;
    let mut away = 0;
    while let Ok(Some(began)) = tokio::time::timeout(Duration::from_secs(2), welcomed.recv()).await {
        match began {
            Ok(()) => open += 1,
            // One by one, or with the whole connection.
            Err(()) => away += 1,
        }
    }
    assert!(open > 1 && open <= 8 && away > 900, "{open} were open, {away} were turned away");
    stage.serves("a thousand conversations");
    calls.abort_all();
    while calls.join_next().await.is_some() {}
}

/// Strangers who have agreed on a line and stay, each with more to say than he may.
async fn strangers_who_stay(stage: &Stage) {
    let (mut lines, mut refused) = (Vec::new(), 0);
    for _ in 0..300 {
        match speak(stage.server, stage.expected(), None).await {
            Ok(mut line) => {
                let code = "7".repeat(200_000);
                let said = line.enrol(wire::EnrolRequest { code, ..wire::EnrolRequest::default() }).await;
                refused += usize::from(said.is_err());
                lines.push(line);
            }
            Err(_) => refused += 1,
        }
    }
    assert_eq!(refused, 300);
    stage.serves("strangers who stay");
    drop(lines);
}

/// Calls that are taken back at once.
async fn calls_that_are_taken_back(stage: &Stage) {
    for _ in 0..20 {
        let Ok(client) = speak(stage.server, stage.expected(), None).await else { continue };
        for _ in 0..200 {
            let mut client = client.clone();
            let call = client.pull(wire::PullRequest { after: 0 });
            _ = tokio::time::timeout(Duration::from_micros(200), call).await;
        }
    }
    stage.serves("calls that are taken back");
}

/// A little that becomes very much.
async fn bombs(stage: &Stage) {
    let bomb = Arc::new(zstd::bulk::compress(&vec![0; 512 << 20], 19).unwrap());
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    for _ in 0..20 {
        let mut client = speak(stage.server, stage.expected(), Some(&stage.identity())).await.unwrap();
        let given = wire::GivenBack {
            operations: Some(wire::Operations {
                first_sequence: 1,
                bodies: Vec::new(),
                squeezed: bomb.to_vec(),
            }),
            ..wire::GivenBack::default()
        };
        let mut replies =
            client.give_back(Request::new(tokio_stream::once(given))).await.unwrap().into_inner();
        assert!(replies.message().await.is_err());
    }
    stage.serves("bombs");
}

/// Codes, guessed.
async fn guessed_codes(stage: &Stage) {
    let mut refusals = std::collections::BTreeMap::new();
    for _ in 0..20 {
        let mut client = speak(stage.server, stage.expected(), None).await.unwrap();
        let request = wire::EnrolRequest {
            code: EnrolCode::new([7; 26]).as_str().to_owned(),
            secret_hash: vec![1; 32],
            signing_request: Key::generate().unwrap().signing_request().unwrap(),
            ..wire::EnrolRequest::default()
        };
        let refused = client.enrol(request).await.unwrap_err();
        *refusals.entry(format!("{:?}", refused.code())).or_insert(0) += 1;
    }
    assert_eq!(refusals.get("ResourceExhausted"), Some(&15), "{refusals:?}");
    stage.serves("guessed codes");
}
