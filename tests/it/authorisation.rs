//! Who may call what: every method of the service, by whoever may try it.
//!
//! The methods are read from the service's own description: one that has no row here fails.

use std::collections::BTreeMap;

use gom_proto::wire::sync_client::SyncClient;
use gom_proto::wire::{self, push_request};
use gom_trust::{Authority, DeviceCertificate, Expected, Identity, Key};
use rusqlite::Connection;
use tests::encrypted::speak;
use tests::{Commune, District, repository, soon};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Nobody,
    OfAnotherAuthority,
    RunOut,
    Revoked,
    /// A device that says it is another.
    Pretender,
    Device,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comes {
    /// There is no line at all.
    NoLine,
    /// Who calls is not known.
    Unknown,
    /// Who calls is known, and may not.
    Denied,
    /// The call is served, though what it asks for may be refused for other reasons.
    Served,
}

const ALL: [By; 6] = [By::Nobody, By::OfAnotherAuthority, By::RunOut, By::Revoked, By::Pretender, By::Device];

/// What each method is to come to, in the order of `ALL`.
fn table() -> BTreeMap<&'static str, [Comes; 6]> {
    use Comes::{Denied, NoLine, Served, Unknown};
    BTreeMap::from([
        ("Enrol", [Served, NoLine, Served, Served, Served, Served]),
        ("Renew", [Unknown, NoLine, Served, Denied, Served, Served]),
        ("Push", [Unknown, NoLine, Unknown, Denied, Denied, Served]),
        ("Pull", [Unknown, NoLine, Unknown, Denied, Served, Served]),
        ("GiveBack", [Unknown, NoLine, Unknown, Denied, Served, Served]),
        ("Witness", [Unknown, NoLine, Unknown, Denied, Served, Served]),
    ])
}

/// The methods of the service, by its description.
fn methods() -> Vec<String> {
    let described = protox::compile(["gom/v1/sync.proto"], [repository("proto")]).unwrap();
    let files = described.file.into_iter().filter(|file| file.name().ends_with("sync.proto"));
    let services = files.flat_map(|file| file.service);
    services.flat_map(|service| service.method).map(|method| method.name().to_owned()).collect()
}

/// A district with two devices of two units.
struct Stage {
    district: District,
    device: Identity,
    other: Vec<u8>,
}

impl Stage {
    async fn open() -> Self {
        let district = District::encrypted().await;
        let (one, other) =
            (Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31420").await);
        let other = other.gom().status().unwrap().device.0.to_vec();
        Self { district, device: identity(&one), other }
    }

    /// What somebody shows; whatever has to have happened before that, happens.
    fn shown(&self, by: By) -> Option<Identity> {
        let device = self.id();
        match by {
            By::Nobody => return None,
            By::OfAnotherAuthority => {
                let request = self.device.key.signing_request().unwrap();
                let now_ms = self.district.clock.now_ms();
                let forged = Authority::make().unwrap().for_device(&request, device, [1; 16], now_ms);
                return Some(Identity { key: self.key(), certificate: forged.unwrap() });
            }
            By::RunOut => self.district.clock.turn_to("2027-01-01"),
            By::Revoked => {
                let id = gom_proto::pass::hex(&device.0);
                self.district.office().vi(&["revoke", &id, "--note", "mất"]).done();
            }
            By::Pretender | By::Device => {}
        }
        Some(Identity { key: self.key(), certificate: self.device.certificate.clone() })
    }

    fn id(&self) -> gom_domain::greeting::DeviceId {
        DeviceCertificate::read(&self.device.certificate).unwrap().device
    }

    fn key(&self) -> Key {
        Key::read(&self.device.key.der()).unwrap()
    }

    async fn call(&self, method: &str, by: By) -> Comes {
        let shown = self.shown(by);
        let expected = Expected::Fingerprint(self.district.fingerprint().unwrap());
        let Ok(client) = speak(self.district.address(), expected, shown.as_ref()).await else {
            return Comes::NoLine;
        };
        let claimed = if by == By::Pretender { self.other.clone() } else { self.id().0.to_vec() };
        match soon(call(client, method, claimed)).await {
            Ok(()) => Comes::Served,
            Err(status) => match status.code() {
                Code::Unauthenticated => Comes::Unknown,
                Code::PermissionDenied => Comes::Denied,
                Code::FailedPrecondition | Code::InvalidArgument => Comes::Served,
                // A certificate that is not taken is found out at the first call.
                _ => Comes::NoLine,
            },
        }
    }
}

fn identity(commune: &Commune) -> Identity {
    let database = Connection::open(commune.path().join("gom.db")).unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (key, given): (Vec<u8>, Vec<u8>) =
        database.query_row("select key, credentials from folder", [], read).unwrap();
    let given: wire::RenewReply = prost::Message::decode(given.as_slice()).unwrap();
    Identity { key: Key::read(&key).unwrap(), certificate: given.certificate.into() }
}

/// Makes a call as a client would, in the name of a device.
async fn call(mut client: SyncClient<Channel>, method: &str, device: Vec<u8>) -> Result<(), Status> {
    match method {
        "Enrol" => {
            let request = Key::generate().unwrap().signing_request().unwrap();
            let request = wire::EnrolRequest {
                code: "7".repeat(27),
                secret_hash: vec![1; 32],
                signing_request: request,
                ..wire::EnrolRequest::default()
            };
            client.enrol(request).await.map(drop)
        }
        "Renew" => {
            let signing_request = Key::generate().unwrap().signing_request().unwrap();
            client.renew(wire::RenewRequest { signing_request }).await.map(drop)
        }
        "Push" => {
            let hello = wire::Hello {
                device,
                history: vec![0; 16],
                chain: vec![0; 32],
                epoch: 1,
                protocol: gom_proto::PROTOCOL,
                ..wire::Hello::default()
            };
            let kind = Some(push_request::Kind::Hello(hello));
            client.push(Request::new(tokio_stream::once(wire::PushRequest { kind }))).await.map(drop)
        }
        "Pull" => client.pull(wire::PullRequest { after: 0 }).await.map(drop),
        "GiveBack" => client.give_back(Request::new(tokio_stream::empty())).await.map(drop),
        "Witness" => client.witness(wire::WitnessRequest { commits: Vec::new() }).await.map(drop),
        other => panic!("nobody has said how {other} is called"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_is_served_to_whom_it_is_for_and_nobody_else() {
    let table = table();
    let methods = methods();
    assert_eq!(methods.len(), table.len(), "{methods:?}");
    for by in ALL {
        let stage = Stage::open().await;
        for method in &methods {
            let row = table.get(method.as_str()).unwrap_or_else(|| panic!("{method} has no row"));
            let expected = row[ALL.iter().position(|column| *column == by).unwrap()];
            assert_eq!(stage.call(method, by).await, expected, "{method} by {by:?}");
        }
    }
}
