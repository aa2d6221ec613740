//! Encrypted lines: the district knows its devices and is known by them, whatever clocks say and whoever else listens.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use gom_domain::greeting::DeviceId;
use gom_proto::wire;
use gom_trust::{Authority, Key};
use rusqlite::Connection;
use tests::commune::{Counts, read_failure, read_out, try_accept};
use tests::encrypted::ask_to_enrol;
use tests::program::{copy, has};
use tests::{Commune, District, Program, Serving, repository};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// When the certificate that a commune's folder holds was made, in milliseconds since 1970.
fn certified_ms(commune: &Commune) -> i64 {
    gom_trust::DeviceCertificate::read(&credentials(commune).1.certificate).unwrap().from_ms
}

/// The key and what was given for it.
fn credentials(commune: &Commune) -> (Vec<u8>, wire::RenewReply) {
    let database = Connection::open(commune.path().join("gom.db")).unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?));
    let (key, given) = database.query_row("select key, credentials from folder", [], read).unwrap();
    (key, prost::Message::decode(given.as_slice()).unwrap())
}

/// A line that writes down every byte that passes, both ways.
async fn overheard(server: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind(tests::HERE).await.unwrap();
    let (address, heard) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let all = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((caller, _)) = listener.accept().await {
            let (mut from_caller, mut to_caller) = caller.into_split();
            let (mut from_server, mut to_server) = TcpStream::connect(server).await.unwrap().into_split();
            let (up, down) = (Arc::clone(&all), Arc::clone(&all));
            tokio::spawn(async move { pass(&mut from_caller, &mut to_server, &up).await });
            tokio::spawn(async move { pass(&mut from_server, &mut to_caller, &down).await });
        }
    });
    (address, heard)
}

async fn pass(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    heard: &Mutex<Vec<u8>>,
) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        heard.lock().unwrap().extend(&bytes[..count]);
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commune_enrols_hands_in_and_reads_over_an_encrypted_line() {
    let district = District::encrypted().await;
    let one = Commune::enrolled(&district, "31423").await;
    let other = Commune::enrolled(&district, "31423").await;
    one.queue("society", "2024-05", &[("births", "24")]);
    assert!(one.sync().await.is_settled());
    assert_eq!(other.sync().await.filed, 1);
    assert_eq!(district.total("births", "2024-05"), "24");
    district.verify();
}

/// By the programs alone: what `gom-server enroll` prints is what `gom enroll` needs.
#[tokio::test(flavor = "multi_thread")]
async fn the_invitation_alone_is_enough() {
    let home = tempfile::tempdir().unwrap();
    let district = Program::gom_server(&home.path().join("district"));
    let programme = repository("programmes/phung-hiep-2024");
    district.vi(&["init", "--programme", programme.to_str().unwrap()]).done();
    let serving = Serving::start_with(&home.path().join("district"), &["--tls"]);
    let said = district.vi(&["enroll", "31423"]);
    has(&said.err, &["Mã ghi danh cho Xã Hòa An", "Dấu của huyện: ", "█"]);
    let printed = said.done();
    let invitation = printed.trim();
    assert_eq!(printed.lines().count(), 1, "alone on stdout: {printed}");
    let address = serving.url.strip_prefix("http://").unwrap();
    assert!(invitation.starts_with(&format!("{address}/")), "{invitation}");
    let elsewhere = district.vi(&["enroll", "31423", "--address", "10.0.0.5:7443"]).done();
    assert!(elsewhere.starts_with("10.0.0.5:7443/"), "{elsewhere}");

    let pc = Program::gom(&home.path().join("pc"));
    let mut slip = invitation.to_owned();
    slip.pop();
    has(&pc.vi(&["enroll", &slip]).failed(), &["mã ghi danh gõ sai"]);
    has(
        &pc.vi(&["enroll", &invitation.to_lowercase()]).done(),
        &["Đã ghi danh máy này cho đơn vị Xã Hòa An"],
    );
    pc.vi(&["set", "society", "2024-05", "births=24"]).done();
    pc.vi(&["submit", "--all", "--note", "đúng"]).done();
    has(&pc.vi(&["sync"]).done(), &["1 được nhận"]);
    has(&district.vi(&["verify"]).done(), &["1 "]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_the_district_gets_nothing() {
    let (district, other) = (District::encrypted().await, District::encrypted().await);
    let folder = district.desk().join("pc");
    let good = district.invitation("31423").await;
    let mut misled = good.clone();
    misled.address = other.address().to_string();
    let failure = try_accept(&folder, district.clock.world(), &misled).await.unwrap_err();
    has(&read_failure(&failure)[0].vi, &["không phải là máy chủ của huyện này", "Không gửi gì cả"]);
    let mut mistrusted = good.clone();
    mistrusted.authority = other.fingerprint();
    let failure = try_accept(&folder, district.clock.world(), &mistrusted).await.unwrap_err();
    has(&read_failure(&failure)[0].en, &["is not this district's server"]);
    // The code was shown to nobody, and holds.
    try_accept(&folder, district.clock.world(), &good).await.unwrap();

    // Later on, too: what is queued goes to nobody else.
    let mut commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.call(other.url());
    has(&read_out(&commune.try_sync().await.unwrap_err()), &["không phải là máy chủ của huyện này"]);
    commune.call(district.url().replace("https", "http"));
    has(&read_out(&commune.try_sync().await.unwrap_err()), &["không đúng với cách ghi danh"]);
    commune.call(district.url());
    assert!(commune.sync().await.is_settled());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_on_the_line_can_be_read() {
    let district = District::encrypted().await;
    let (address, heard) = overheard(district.address()).await;
    let mut invitation = district.invitation("31423").await;
    invitation.address = address.to_string();
    let folder = district.desk().join("pc");
    let gom = try_accept(&folder, district.clock.world(), &invitation).await.unwrap();
    gom.set("society", "2024-05", &[("births", "24")]).unwrap();
    gom.submit(&gom::Which::All, Some("không ai đọc được")).unwrap();
    assert!(gom.sync().await.unwrap().is_settled());
    let heard = heard.lock().unwrap().clone();
    assert!(heard.len() > 5_000, "the programme has passed by: {}", heard.len());
    let code = invitation.code.as_str();
    let secret: Vec<u8> = Connection::open(folder.join("gom.db"))
        .unwrap()
        .query_row("select secret from folder", [], |row| row.get(0))
        .unwrap();
    let secrets: [&[u8]; 8] = [
        code.as_bytes(),
        &secret,
        b"authorization",
        "không ai đọc được".as_bytes(),
        b"hoa-an",
        b"births",
        b"gom.v1",
        "Phụng Hiệp".as_bytes(),
    ];
    for secret in secrets {
        let found = heard.windows(secret.len()).any(|bytes| bytes == secret);
        assert!(!found, "{}", String::from_utf8_lossy(secret));
    }
}

/// In a cupboard for two years, or with a clock of any age: nobody has to understand certificates.
#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed_by_themselves_whatever_clocks_say() {
    let district = District::encrypted().await;
    for (births, wrong) in [("24", "1980-01-01"), ("25", "2009-01-01"), ("26", "2099-12-31")] {
        let pc = district.clock.another_at(wrong);
        let commune = Commune::enrolled_with(&district, "31423", pc.world()).await;
        commune.queue("society", "2024-05", &[("births", births)]);
        commune.try_sync().await.unwrap();
        pc.turn_to("2038-01-20");
        commune.try_sync().await.unwrap();
    }
    let commune = Commune::enrolled(&district, "31420").await;
    let first = certified_ms(&commune);
    district.clock.turn_to("2025-03-01");
    commune.sync().await;
    assert_eq!(certified_ms(&commune), first, "it is young");
    district.clock.turn_to("2025-08-15");
    commune.sync().await;
    let second = certified_ms(&commune);
    assert!(second > first, "in good time");
    district.clock.turn_to("2028-01-01");
    commune.queue("society", "2024-05", &[("births", "1")]);
    assert!(commune.sync().await.is_settled(), "it has run out, and another one was asked for");
    assert!(certified_ms(&commune) > second);

    // The district's own clock may stand still, or jump back.
    for day in ["1980-01-01", "2099-12-31", "2024-10-20"] {
        district.clock.turn_to(day);
        commune.try_sync().await.unwrap();
        Commune::enrolled(&district, "31420").await.sync().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_opens_nothing() {
    let district = District::encrypted().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    let (key, given) = credentials(&commune);
    let device = gom_trust::DeviceCertificate::read(&given.certificate).unwrap().device;
    let request = Key::read(&key).unwrap().signing_request().unwrap();
    let other = Authority::make().unwrap();
    let forged = other.for_device(&request, device, [7; 16], district.clock.now_ms()).unwrap();
    let forged = wire::RenewReply { certificate: forged.to_vec(), ..given.clone() };
    // Without the district's seal on the admission there is no way back in.
    let database = Connection::open(commune.path().join("gom.db")).unwrap();
    tests::edit::write(&database, "update folder set admission = null");
    let identity = commune.path().join("identity");
    let put = |given: &wire::RenewReply| {
        let hex = gom_proto::pass::hex(&prost::Message::encode_to_vec(given));
        tests::edit::write(&database, &format!("update folder set credentials = x'{hex}'"));
        std::fs::remove_file(&identity).unwrap();
    };
    put(&forged);
    commune.switch_off_and_on();
    has(&read_out(&commune.try_sync().await.unwrap_err()), &["không nhận chứng thư của máy này"]);
    assert_eq!(commune.counts(), Counts { queued: 1, ..Counts::default() });
    put(&given);
    commune.switch_off_and_on();
    assert!(commune.sync().await.is_settled());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_request_for_a_certificate_spends_no_code() {
    let district = District::encrypted().await;
    let request = Key::generate().unwrap().signing_request().unwrap();
    let mut unsigned = request.clone();
    *unsigned.last_mut().unwrap() ^= 1;
    let other_curve = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let other_curve = rcgen::CertificateParams::default().serialize_request(&other_curve).unwrap();
    let hostile =
        [Vec::new(), b"-----BEGIN".to_vec(), vec![0x30; 5_000], unsigned, other_curve.der().to_vec()];
    let invitation = district.invitation("31423").await;
    for request in hostile {
        let status = ask_to_enrol(&invitation, request).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::FailedPrecondition, "{status:?}");
        has(status.message(), &["yêu cầu cấp chứng thư không đúng"]);
    }
    // More than any request is not even read to its end.
    let status = ask_to_enrol(&invitation, vec![0x30; 100_000]).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::ResourceExhausted, "{status:?}");
    // What it claims of itself is not looked at.
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut claims = rcgen::CertificateParams::new(vec!["district.gom".to_owned()]).unwrap();
    claims.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let claiming = claims.serialize_request(&key).unwrap().der().to_vec();
    let reply = ask_to_enrol(&invitation, claiming).await.unwrap();
    let (_, made) = x509_parser::parse_x509_certificate(&reply.certificate).unwrap();
    assert!(!made.is_ca());
    let names = made.subject_alternative_name().unwrap().unwrap();
    assert_eq!(names.value.general_names.len(), 1);
    let device = gom_trust::DeviceCertificate::read(&reply.certificate).unwrap().device;
    assert_eq!(device, DeviceId(reply.device.as_slice().try_into().unwrap()));
}

/// Books that go on from a backup have the same authority; a device that they have lost comes back with its seal.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_district_is_the_same_to_its_communes() {
    let mut district = District::encrypted().await;
    let mut early = Commune::enrolled(&district, "31423").await;
    district.stop().await;
    let backup = district.desk().join("yesterday");
    copy(&district.path(), &backup);
    district.start().await;
    early.call(district.url());
    let mut late = Commune::enrolled(&district, "31420").await;
    for commune in [&early, &late] {
        commune.queue("society", "2024-05", &[("births", "24")]);
        commune.sync().await;
    }
    district.stop().await;
    copy(&backup, &district.path());
    district.start().await;
    for commune in [&mut early, &mut late] {
        commune.call(district.url());
        let report = commune.sync().await;
        assert!(report.is_settled() && report.given_back > 0, "{report:?}");
    }
    assert_eq!(district.total("births", "2024-05"), "48");
    district.verify();
}
