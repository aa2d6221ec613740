//! Messages to a district, one after the other, and what it tells of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gom_domain::code::EnrolCode;
use gom_domain::greeting::{Chain, DeviceId, Hello, fingerprint};
use gom_domain::ruling::Receipt;
use gom_domain::world::World;
use gom_proto::wire::change::Kind;
use gom_proto::wire::sync_client::SyncClient;
use gom_proto::wire::sync_server::SyncServer;
use gom_proto::wire::{self, push_reply, push_request};
use gom_proto::{PROTOCOL, operations, pass, sheet, verdicts};
use gom_server::books::Answer;
use gom_server::caller::Peer;
use gom_server::grpc::SyncService;
use gom_server::memory::Memory;
use gom_server::office;
use gom_server::sealer::Seals;
use gom_server::store::{DeviceRow, SubmissionRow};
use gom_server::writer::Writer;
use gom_trust::Key;
use tokio_stream::StreamExt;
use tonic::{Request, Status};

use super::super::message::{changed, perhaps};
use super::super::report;
use super::super::sample::{DEVICES, Laid, SAMPLE, UNIT, world};
use super::super::tape::Tape;

/// What devices were told: the receipt of each operation, by device, epoch and sequence.
pub(in super::super) type Told = BTreeMap<(DeviceId, u32, u64), Receipt>;

/// What the front of a message says when the district could not do what it should always be able to do.
const FAILED: &str = "ở huyện: ";

/// What a device that makes its own key asks for.
static SIGNING_REQUEST: LazyLock<Vec<u8>> =
    LazyLock::new(|| Key::generate().unwrap().signing_request().unwrap());

/// A conversation of all devices with the district.
pub(super) struct Talk {
    client: SyncClient<SyncServer<SyncService>>,
    writer: Writer,
    world: World,
    pub(super) told: Told,
}

impl Talk {
    pub(super) fn new(service: SyncService, writer: Writer) -> Self {
        let client = SyncClient::new(service.server());
        Self { client, writer, world: world(), told: Told::new() }
    }

    /// One message, or a stream of them.
    pub(super) async fn step(&mut self, tape: &mut Tape<'_>) {
        let (name, _) = *tape.one_of(&DEVICES);
        match tape.below(8) {
            0 => self.pull(tape, name).await,
            1 => self.give_back(tape, name).await,
            2 => self.enrol(tape, name).await,
            3 => self.change(tape).await,
            _ => self.push(tape, name).await,
        }
    }

    fn device(&self, name: u8) -> DeviceRow {
        self.writer.memory().device_called(DeviceId([name; 16])).unwrap().clone()
    }

    async fn push(&mut self, tape: &mut Tape<'_>, name: u8) {
        let device = self.device(name);
        let Some(hello) = perhaps(tape, 4, self.hello(&device)) else { return };
        let epoch = hello.epoch;
        let mut sent: Vec<wire::PushRequest> =
            vec![wire::PushRequest { kind: Some(push_request::Kind::Hello(hello)) }];
        let mut next = device.reached.last_sequence + 1;
        if tape.one_in(4) {
            next = next.saturating_sub(tape.below(3) as u64);
        }
        let mut numbers = Vec::new();
        for _ in 0..=tape.below(2) {
            let operations = self.operations(tape, &device, next);
            next += operations.bodies.len() as u64;
            let Some(operations) = perhaps(tape, 4, operations) else { continue };
            let count = operations::unpack(operations.clone()).map_or(0, |bodies| bodies.len());
            numbers.extend((0..count as u64).map(|at| operations.first_sequence.saturating_add(at)));
            sent.push(wire::PushRequest { kind: Some(push_request::Kind::Operations(operations)) });
        }
        let request = shown(tokio_stream::iter(sent), name);
        let receipts = match self.client.push(request).await {
            Ok(replies) => self.receipts(replies.into_inner(), device.id, epoch).await,
            Err(status) => {
                is_an_answer(&status);
                return;
            }
        };
        // What is not refused is ruled on, all of it.
        if let Some(receipts) = receipts {
            assert_eq!(receipts, numbers, "{device:?} in epoch {epoch}");
        }
    }

    /// The numbers of the operations that were ruled on; none where the district has ended the stream, or takes nothing.
    async fn receipts(
        &mut self,
        mut replies: tonic::Streaming<wire::PushReply>,
        device: DeviceId,
        epoch: u32,
    ) -> Option<Vec<u64>> {
        let (mut numbers, mut takes) = (Vec::new(), false);
        while let Some(reply) = replies.next().await {
            match reply {
                Ok(wire::PushReply { kind: Some(push_reply::Kind::Welcome(welcome)), .. }) => {
                    takes = matches!(welcome.action(), wire::Action::Go | wire::Action::Resend);
                }
                Ok(wire::PushReply { kind: Some(push_reply::Kind::Verdicts(told)), .. }) => {
                    numbers.extend(self.learn(device, epoch, told));
                }
                Ok(wire::PushReply { kind: None, .. }) => panic!("a reply that says nothing"),
                Err(status) => {
                    is_an_answer(&status);
                    return None;
                }
            }
        }
        takes.then_some(numbers)
    }

    /// Remembers receipts. What was told once is told again as it was.
    fn learn(&mut self, device: DeviceId, epoch: u32, told: wire::Verdicts) -> Vec<u64> {
        let mut numbers = Vec::new();
        for (sequence, receipt) in
            told.verdicts.into_iter().flat_map(|verdict| verdicts::unpack(verdict).unwrap())
        {
            numbers.push(sequence);
            let before = self.told.insert((device, epoch, sequence), receipt.clone());
            assert!(
                before.is_none_or(|before| before == receipt),
                "{sequence} is told otherwise: {receipt:?}"
            );
        }
        numbers
    }

    fn hello(&self, device: &DeviceRow) -> wire::Hello {
        let memory = self.writer.memory();
        (&Hello {
            device: device.id,
            epoch: device.reached.epoch,
            last_sequence: device.reached.last_sequence + 1,
            chain: Chain([7; 32]),
            history: memory.history,
            protocol: PROTOCOL,
            app_version: "0".to_owned(),
            clock_ms: self.world.now_ms(),
            seen: memory.last.map_or(0, |last| last.last_seq),
            programme: None,
        })
            .into()
    }

    fn operations(&self, tape: &mut Tape<'_>, device: &DeviceRow, first_sequence: u64) -> wire::Operations {
        let memory = self.writer.memory();
        let count = 1 + tape.below(4);
        let bodies: Vec<_> = (0..count).map(|_| report::body(tape, &memory, device.unit, "")).collect();
        if tape.one_in(4) {
            return operations::Packer::default().pack(first_sequence, bodies);
        }
        wire::Operations { first_sequence, bodies, squeezed: Vec::new() }
    }

    async fn pull(&mut self, tape: &mut Tape<'_>, name: u8) {
        let request = shown(wire::PullRequest { after: tape.number() }, name);
        let mut news = match self.client.pull(request).await {
            Ok(news) => news.into_inner(),
            Err(status) => return is_an_answer(&status),
        };
        let mut last = None;
        while let Some(reply) = news.next().await {
            last = Some(reply.unwrap_or_else(|status| panic!("{status:?}")));
        }
        assert!(matches!(last.and_then(|last| last.news), Some(wire::pull_reply::News::Done(_))));
    }

    /// What a commune has of a district that has lost it, or of one that has not.
    async fn give_back(&mut self, tape: &mut Tape<'_>, name: u8) {
        let name = if tape.one_in(2) { name } else { 1 };
        let mut given = Vec::new();
        for _ in 0..=tape.below(3) {
            let row = tape.one_of(lost()).clone();
            given.extend(perhaps(tape, 3, row));
        }
        let request = shown(tokio_stream::iter(given), name);
        let mut replies = match self.client.give_back(request).await {
            Ok(replies) => replies.into_inner(),
            Err(status) => return is_an_answer(&status),
        };
        while let Some(reply) = replies.next().await {
            match reply {
                Ok(reply) => {
                    let device = DeviceId(reply.device.try_into().unwrap());
                    self.learn(device, reply.epoch, reply.verdicts.unwrap_or_default());
                }
                Err(status) => is_an_answer(&status),
            }
        }
    }

    async fn enrol(&mut self, tape: &mut Tape<'_>, name: u8) {
        let code = EnrolCode::new([name; 26]).shown();
        let unit = DEVICES[usize::from(name) - 1].1;
        let secret_hash = fingerprint(&[name; 32]).to_vec();
        let id = if tape.one_in(4) { [0xcc; 16] } else { [name; 16] };
        let seal = self.writer.memory().key.admission(DeviceId(id), &unit.into(), &secret_hash).to_vec();
        let admission = wire::Admission { device: id.to_vec(), unit: unit.to_owned(), seal };
        let request = wire::EnrolRequest {
            code,
            device_name: "máy".to_owned(),
            secret_hash,
            app_version: "0".to_owned(),
            clock_ms: 0,
            admission: tape.one_in(2).then_some(admission),
            signing_request: if tape.one_in(2) { SIGNING_REQUEST.clone() } else { Vec::new() },
        };
        let Some(request) = perhaps(tape, 2, request) else { return };
        let mut request = Request::new(request);
        request.extensions_mut().insert(Peer::Here);
        if let Err(status) = self.client.enrol(request).await {
            is_an_answer(&status);
        }
    }

    /// A change by the district's officer, as it comes through the socket.
    async fn change(&mut self, tape: &mut Tape<'_>) {
        let change = wire::Change { who: String::new(), kind: Some(self.kind(tape)) };
        let change = if tape.one_in(2) { changed(tape, &change) } else { Some(change) };
        let Some(job) = change.and_then(|change| office::job(change.kind?, &self.world).ok()) else { return };
        let what = format!("{job:?}");
        let answer = self.writer.perform(job).await;
        assert!(!matches!(answer, Answer::Failed(_)), "{what}: {answer:?}");
    }

    fn kind(&self, tape: &mut Tape<'_>) -> Kind {
        let memory = self.writer.memory();
        let unit = memory.unit_number(&UNIT.into()).unwrap();
        match tape.below(6) {
            0 => Kind::IssueCode(wire::IssueCode {
                unit: UNIT.to_owned(),
                code_hash: fingerprint(&[tape.byte()]).to_vec(),
                expires_ms: tape.number().cast_signed(),
            }),
            1 => Kind::SetTarget(wire::SetTarget {
                year: 2024,
                key: memory.editions.newest().unwrap().programme.targets[0].key.clone(),
                status: (*tape.one_of(&["", "on-track", "achieved", "x"])).to_owned(),
                note: "ghi chú".to_owned(),
                value: (*tape.one_of(&["", "1.5", "-999999999999999999", "1,5"])).to_owned(),
            }),
            2 => Kind::GoOn(wire::GoOn { note: String::new() }),
            3 => Kind::Queue(wire::QueueFile { file: SAMPLE.queue.clone(), release: tape.one_in(2) }),
            4 => Kind::Load(wire::Load {
                quotas: b"unit,element,value\nhoa-an,births,5\n".to_vec(),
                ..wire::Load::default()
            }),
            _ => Kind::Enter(wire::Enter {
                unit: UNIT.to_owned(),
                bodies: vec![report::body(tape, &memory, unit, "xã báo qua điện thoại")],
            }),
        }
    }
}

/// A call of a device.
fn shown<T>(message: T, name: u8) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Peer::Here);
    let pass = pass::show(DeviceId([name; 16]), &[name; 32]);
    request.metadata_mut().insert("authorization", pass.parse().unwrap());
    request
}

/// Whatever comes, the district can say no; what it may not say is that it has failed.
fn is_an_answer(status: &Status) {
    assert!(!status.message().starts_with(FAILED), "{status:?}");
}

/// What the communes of the sample could give back, under the district's seal.
pub(in super::super) fn lost() -> &'static [wire::GivenBack] {
    &LOST
}

static LOST: LazyLock<Vec<wire::GivenBack>> = LazyLock::new(|| {
    let laid = Laid::out(&SAMPLE.district);
    let books = laid.books();
    let shared = books.shared();
    let memory = shared.read().unwrap();
    laid.journal().into_iter().map(|row| given_back(&memory, row)).collect()
});

fn given_back(memory: &Memory, row: SubmissionRow) -> wire::GivenBack {
    let device = memory.device(row.device).unwrap();
    let seals = Seals::new(memory, device).unwrap();
    let receipt = Receipt { ruling: row.ruling, commit: row.seq, at_ms: world().now_ms() };
    let (first_sequence, hash) = (row.sequence, fingerprint(&row.body));
    wire::GivenBack {
        device: device.id.0.to_vec(),
        by_district: device.district,
        epoch: row.epoch,
        sheet: sheet::one(first_sequence, &receipt),
        seal: sheet::seal_one(seals.key(), &seals.owner(row.epoch), first_sequence, &receipt, &hash),
        operations: Some(wire::Operations { first_sequence, bodies: vec![row.body], squeezed: Vec::new() }),
    }
}
