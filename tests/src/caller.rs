//! A device without a folder: it speaks the protocol as the client does, and seals and sends whatever a story wants.

use gom_domain::element::ElementIx;
use gom_domain::greeting::{Action, Chain, DeviceId, Hello, HistoryId, fingerprint};
use gom_domain::programme::Programme;
use gom_domain::ruling::Receipt;
use gom_domain::submission::{Submission, SubmissionId};
use gom_proto::operations::Packer;
use gom_proto::verdicts::{self, Numbered};
use gom_proto::wire::sync_client::SyncClient;
use gom_proto::wire::{self, push_reply, push_request};
use gom_proto::{PROTOCOL, greeting, pass};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, Streaming};

use crate::{District, soon};

/// An enrolled device.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its name on the wire.
    pub device: DeviceId,
    secret: [u8; 32],
    url: String,
    sealed: u64,
    chain: Chain,
}

impl Caller {
    /// A device that was just enrolled.
    pub async fn enrolled(district: &District, unit: &str) -> Self {
        let (url, secret) = (district.url(), district.clock.world().random());
        let request = wire::EnrolRequest {
            code: district.code(unit).await,
            secret_hash: fingerprint(&secret).to_vec(),
            ..wire::EnrolRequest::default()
        };
        let mut client = SyncClient::connect(url.clone()).await.unwrap();
        let reply = soon(client.enrol(request)).await.unwrap().into_inner();
        let device = DeviceId(reply.device.try_into().unwrap());
        Self { device, secret, url, sealed: 0, chain: Chain::default() }
    }

    /// Seals a body, and says under which number.
    pub fn seal(&mut self, body: &[u8]) -> u64 {
        self.sealed += 1;
        self.chain = self.chain.then(body);
        self.sealed
    }

    /// Greets the district on a connection of its own.
    pub async fn greet(&self) -> Conversation {
        let (outgoing, requests) = mpsc::channel(16);
        let hello = self.hello();
        let first = wire::PushRequest { kind: Some(push_request::Kind::Hello((&hello).into())) };
        outgoing.send(first).await.unwrap();
        let mut request = Request::new(ReceiverStream::new(requests));
        let pass = pass::show(self.device, &self.secret).parse().unwrap();
        request.metadata_mut().insert("authorization", pass);
        let mut client = SyncClient::connect(self.url.clone()).await.unwrap();
        let mut incoming = soon(client.push(request)).await.unwrap().into_inner();
        let reply = soon(incoming.message()).await.unwrap().and_then(|reply| reply.kind);
        let Some(push_reply::Kind::Welcome(welcome)) = reply else { panic!("no welcome: {reply:?}") };
        let welcome = greeting::welcome(welcome, &hello).unwrap();
        assert_eq!(welcome.action, Action::Go);
        Conversation { outgoing, incoming }
    }

    fn hello(&self) -> Hello {
        Hello {
            device: self.device,
            epoch: 1,
            last_sequence: self.sealed,
            chain: self.chain,
            history: HistoryId::default(),
            protocol: PROTOCOL,
            app_version: String::new(),
            clock_ms: 0,
            seen: 0,
            programme: None,
        }
    }
}

/// A connection on which the district has said welcome.
#[derive(Debug)]
pub struct Conversation {
    outgoing: mpsc::Sender<wire::PushRequest>,
    incoming: Streaming<wire::PushReply>,
}

impl Conversation {
    /// Hands bodies in, and waits for a receipt for each.
    pub async fn hand_in(&mut self, first: u64, bodies: Vec<Vec<u8>>) -> Vec<Receipt> {
        let numbers = first..first + bodies.len() as u64;
        let operations = Packer::default().pack(first, bodies);
        let kind = Some(push_request::Kind::Operations(operations));
        self.outgoing.send(wire::PushRequest { kind }).await.unwrap();
        let mut came: Vec<Numbered> = Vec::new();
        while came.len() < usize::try_from(numbers.end - numbers.start).unwrap() {
            let reply = soon(self.incoming.message()).await.unwrap().and_then(|reply| reply.kind);
            let Some(push_reply::Kind::Verdicts(more)) = reply else { panic!("no verdicts: {reply:?}") };
            came.extend(more.verdicts.into_iter().flat_map(|verdict| verdicts::unpack(verdict).unwrap()));
        }
        assert!(came.iter().map(|(number, _)| *number).eq(numbers), "a receipt for each, in order: {came:?}");
        came.into_iter().map(|(_, receipt)| receipt).collect()
    }

    /// Waits, saying nothing, until the district ends the conversation.
    pub async fn ended(&mut self) -> Status {
        match soon(self.incoming.message()).await {
            Err(status) => status,
            said => panic!("the district says something else: {said:?}"),
        }
    }
}

/// A report with one figure, made along the first version of a programme.
#[derive(Clone, Copy, Debug)]
pub struct OneFigure<'a> {
    /// The form's key.
    pub form: &'a str,
    /// The period.
    pub period: &'a str,
    /// The element's key.
    pub element: &'a str,
    /// The figure, at the element's scale.
    pub figure: i64,
    /// The submission that it was made from.
    pub base: Option<SubmissionId>,
}

impl OneFigure<'_> {
    /// Its verbatim body under a name.
    pub fn body(&self, programme: &Programme, id: SubmissionId) -> Vec<u8> {
        let form = programme.form_named(self.form).unwrap();
        let element = programme.element_named(self.element).unwrap();
        let figure = |own: &ElementIx| (*own == element).then_some(self.figure);
        gom_proto::submission::encode(&Submission {
            id,
            programme_version: 1,
            form,
            period: self.period.parse().unwrap(),
            base: self.base,
            figures: programme.form(form).elements.iter().map(figure).collect(),
            notes: Vec::new(),
            reason: String::new(),
            officer: String::new(),
        })
    }
}
