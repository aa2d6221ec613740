//! Who may call what: every method of the service, by whoever may try it.
//!
//! The methods are read from the service's own description: one that has no row here fails.

use std::collections::BTreeMap;
use std::error::Error;

use gom_proto::wire::sync_client::SyncClient;
use gom_proto::wire::{self, push_request};
use gom_trust::{Authority, DeviceCertificate, Expected, Identity, Key};
use prost_types::{FileDescriptorSet, ServiceDescriptorProto};
use tests::encrypted::{identity, line};
use tests::{Commune, District, repository, soon};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

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
        ("Sync/Enrol", [Served, NoLine, Served, Served, Served, Served]),
        ("Sync/Renew", [Unknown, NoLine, Served, Denied, Served, Served]),
        ("Sync/Push", [Unknown, NoLine, Unknown, Denied, Denied, Served]),
        ("Sync/Pull", [Unknown, NoLine, Unknown, Denied, Served, Served]),
        ("Sync/GiveBack", [Unknown, NoLine, Unknown, Denied, Denied, Served]),
        ("Sync/Witness", [Unknown, NoLine, Unknown, Denied, Served, Served]),
        // That the server is there is nobody's secret; to be told whenever that changes holds a line.
        ("Health/Check", [Served, NoLine, Served, Served, Served, Served]),
        ("Health/Watch", [Unknown, NoLine, Served, Served, Served, Served]),
        // Where it is switched on, it tells no stranger what there is to try.
        ("ServerReflection/ServerReflectionInfo", [Unknown, NoLine, Served, Served, Served, Served]),
    ])
}

/// The methods of all services that the server has, by their descriptions.
fn methods() -> Vec<String> {
    let own = protox::compile(["gom/v1/sync.proto"], [repository("proto")]).unwrap();
    let own = own.file.into_iter().filter(|file| file.name().ends_with("sync.proto"));
    let health: FileDescriptorSet = prost::Message::decode(tonic_health::pb::FILE_DESCRIPTOR_SET).unwrap();
    let described: FileDescriptorSet = prost::Message::decode(v1::FILE_DESCRIPTOR_SET).unwrap();
    let services = own.chain(health.file).chain(described.file).flat_map(|file| file.service);
    let named = |service: ServiceDescriptorProto| {
        let name = service.name().to_owned();
        service.method.into_iter().map(move |method| format!("{name}/{}", method.name()))
    };
    services.flat_map(named).collect()
}

/// A district with two devices of two units.
struct Stage {
    district: District,
    device: Identity,
    other: Vec<u8>,
}

impl Stage {
    async fn open() -> Self {
        let district = District::described().await;
        let (one, other) =
            (Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31420").await);
        let other = other.gom().status().unwrap().device.0.to_vec();
        Self { district, device: identity(&one.path()), other }
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
        let Ok(channel) = line(self.district.address(), expected, shown.as_ref()).await else {
            return Comes::NoLine;
        };
        let claimed = if by == By::Pretender { self.other.clone() } else { self.id().0.to_vec() };
        match soon(call(channel, method, claimed)).await {
            Ok(()) => Comes::Served,
            Err(status) => match status.code() {
                Code::Unauthenticated => Comes::Unknown,
                Code::PermissionDenied => Comes::Denied,
                Code::FailedPrecondition | Code::InvalidArgument => Comes::Served,
                // A certificate that is not taken is found out at the first call.
                Code::Unknown | Code::Unavailable | Code::Cancelled if status.source().is_some() => {
                    Comes::NoLine
                }
                _ => panic!("{method} by {by:?}: {status:?}"),
            },
        }
    }
}

/// Makes a call as a client would, in the name of a device.
async fn call(channel: Channel, method: &str, device: Vec<u8>) -> Result<(), Status> {
    let (mut client, mut health) = (SyncClient::new(channel.clone()), HealthClient::new(channel.clone()));
    let mut reflection = ServerReflectionClient::new(channel);
    let service = HealthCheckRequest { service: "gom.v1.Sync".to_owned() };
    match method {
        "Sync/Enrol" => {
            let request = Key::generate().unwrap().signing_request().unwrap();
            let request = wire::EnrolRequest {
                code: "7".repeat(27),
                secret_hash: vec![1; 32],
                signing_request: request,
                ..wire::EnrolRequest::default()
            };
            client.enrol(request).await.map(drop)
        }
        "Sync/Renew" => {
            let signing_request = Key::generate().unwrap().signing_request().unwrap();
            client.renew(wire::RenewRequest { signing_request }).await.map(drop)
        }
        "Sync/Push" => {
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
        "Sync/Pull" => client.pull(wire::PullRequest { after: 0 }).await.map(drop),
        "Sync/GiveBack" => {
            let operations = wire::Operations { first_sequence: 1, ..wire::Operations::default() };
            let operations = Some(wire::Operations { bodies: vec![vec![0xff; 9]], ..operations });
            let given = wire::GivenBack { device, epoch: 1, operations, ..wire::GivenBack::default() };
            let given = Request::new(tokio_stream::once(given));
            let reply = client.give_back(given).await?.into_inner().message().await?.unwrap_or_default();
            match reply.taken() {
                wire::Taken::Never => Err(Status::permission_denied("it is another's")),
                _ => Ok(()),
            }
        }
        "Sync/Witness" => client.witness(wire::WitnessRequest { commits: Vec::new() }).await.map(drop),
        "Health/Check" => health.check(service).await.map(drop),
        "ServerReflection/ServerReflectionInfo" => {
            let (host, message_request) = (String::new(), Some(MessageRequest::ListServices(String::new())));
            let asked =
                Request::new(tokio_stream::once(v1::ServerReflectionRequest { host, message_request }));
            let mut answers = reflection.server_reflection_info(asked).await?.into_inner();
            let answer = answers.message().await?.and_then(|answer| answer.message_response);
            let Some(MessageResponse::ListServicesResponse(listed)) = answer else { panic!("{answer:?}") };
            let names: Vec<_> = listed.service.into_iter().map(|service| service.name).collect();
            assert!(names.contains(&"gom.v1.Sync".to_owned()), "{names:?}");
            assert!(!names.contains(&"gom.v1.Office".to_owned()), "the office is nobody's outside");
            Ok(())
        }
        "Health/Watch" => health.watch(service).await.map(drop),
        other => panic!("nobody has said how {other} is called"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_is_described_only_where_that_is_switched_on() {
    let district = District::encrypted().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let expected = Expected::Fingerprint(district.fingerprint().unwrap());
    let channel = line(district.address(), expected, Some(&identity(&commune.path()))).await.unwrap();
    let asked = Request::new(tokio_stream::once(v1::ServerReflectionRequest::default()));
    let status = ServerReflectionClient::new(channel).server_reflection_info(asked).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
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
