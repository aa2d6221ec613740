//! Enrolment: a code is for one computer, once; and a device speaks for its own unit alone.

use gom::SyncError;
use gom::line::LineFault;
use gom_domain::code::EnrolCode;
use gom_domain::greeting::DeviceId;
use gom_proto::pass;
use gom_proto::wire::sync_client::SyncClient;
use gom_proto::wire::{self, push_request};
use rusqlite::Connection;
use tests::commune::{read_failure, read_out, try_enrol};
use tests::program::has;
use tests::sheet::month_of;
use tests::{Commune, District, Line, Program, edit, soon};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_not_right_says_what_is_wrong_with_it() {
    let district = District::open().await;
    let folder = district.desk().join("pc");
    let enrol = async |url: &str, code: &str| {
        let failure = try_enrol(&folder, district.clock.world(), url, code).await.unwrap_err();
        read_failure(&failure).remove(0).vi
    };
    let good = district.code("31423").await;
    let slip = good.replacen(&good[..1], if good.starts_with('7') { "8" } else { "7" }, 1);
    let nowhere = "http://127.0.0.1:1";
    has(&enrol(nowhere, &slip).await, &["mã ghi danh gõ sai"]);
    let unknown = EnrolCode::new([7; 26]).shown();
    has(&enrol(&district.url(), &unknown).await, &["mã ghi danh không đúng"]);

    let used = district.code("31423").await;
    let other = district.desk().join("other-pc");
    try_enrol(&other, district.clock.world(), &district.url(), &used).await.unwrap();
    has(&enrol(&district.url(), &used).await, &["mã ghi danh đã được máy khác dùng"]);

    let expired = district.code_until("31423", district.clock.now_ms()).await;
    has(&enrol(&district.url(), &expired).await, &["mã ghi danh đã hết hạn (72 giờ)"]);

    // The folder is as good as new, and the right code is read however it was typed.
    let typed = good.to_lowercase().replace('-', " ");
    try_enrol(&folder, district.clock.world(), &district.url(), &typed).await.unwrap();
    let again = district.code("31423").await;
    has(&enrol(&district.url(), &again).await, &["đã ghi danh; dùng gom sync"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_say_the_same_in_both_languages() {
    let district = District::open().await;
    let code = district.office().vi(&["enroll", "xã hoà an"]).done();
    let pc = Program::gom(&district.desk().join("pc"));
    has(&pc.en(&["status"]).failed(), &["error: the folder ", "is not enrolled; run gom enroll"]);
    let unknown = EnrolCode::new([7; 26]).shown();
    let said = pc.en(&["enroll", "--server", &district.url(), &unknown]).failed();
    has(&said, &["error: the enrolment code is not right"]);
    let said = pc.en(&["enroll", "--server", "http://example.vn:7000", code.trim()]).failed();
    has(&said, &["without an invitation that has the district's fingerprint only this computer"]);
    let said = pc.en(&["enroll", "--server", &district.url(), code.trim()]).done();
    has(&said, &["This computer is enrolled for Xã Hòa An.", "Programme of work for 2024"]);
    has(&district.office().en(&["enroll", "99999"]).failed(), &["error: there is no unit “99999”"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_is_repeated_with_the_same_code() {
    let district = District::open().await;
    let line = Line::to(district.address()).await;
    let (folder, code) = (district.desk().join("pc"), district.code("31423").await);
    line.lose_answer(1);
    let failure = try_enrol(&folder, district.clock.world(), &line.url, &code).await.unwrap_err();
    has(&read_failure(&failure)[0].vi, &["đường truyền bị ngắt"]);
    assert_eq!(district.memory().devices().count(), 1, "the district has enrolled it");
    line.mend();
    let commune = try_enrol(&folder, district.clock.world(), &line.url, &code).await.unwrap();
    assert_eq!(district.memory().devices().count(), 1, "and enrols it once");
    assert_eq!(commune.status().unwrap().unit_name, "Xã Hòa An");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_refused() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    let folder = Connection::open(commune.path().join("gom.db")).unwrap();
    let sql = "select hex(secret) from folder";
    let secret: String = folder.query_row(sql, [], |row| row.get(0)).unwrap();
    edit::write(&folder, "update folder set secret = zeroblob(32)");
    // What is written down beside it would tell that it was changed.
    std::fs::remove_file(commune.path().join("identity")).unwrap();
    let error = commune.try_sync().await.unwrap_err();
    assert!(matches!(error, SyncError::Line(LineFault::Refused(_))), "{error:?}");
    has(&read_out(&error), &["huyện không cho máy này vào", "hãy ghi danh lại"]);
    assert_eq!((district.submissions().len(), commune.counts().queued), (0, 1));
    edit::write(&folder, &format!("update folder set secret = x'{secret}'"));
    std::fs::remove_file(commune.path().join("identity")).unwrap();
    assert!(commune.sync().await.is_settled());
}

/// A device with a good secret says that it is another unit's. What it says of itself counts for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_cannot_speak_for_another() {
    let district = District::open().await;
    let own = Commune::enrolled(&district, "31423").await;
    let other = Commune::enrolled(&district, "31420").await;
    let hello = wire::Hello {
        device: other.status().device.0.to_vec(),
        epoch: 1,
        chain: vec![0; 32],
        history: vec![0; 16],
        protocol: 1,
        ..wire::Hello::default()
    };
    let first = wire::PushRequest { kind: Some(push_request::Kind::Hello(hello)) };
    let mut client = SyncClient::connect(district.url()).await.unwrap();
    let call = client.push(pass_of(&own, tokio_stream::iter([first.clone()])));
    assert_eq!(soon(call).await.unwrap_err().code(), Code::PermissionDenied);
    let call = client.push(tonic::Request::new(tokio_stream::iter([first])));
    assert_eq!(soon(call).await.unwrap_err().code(), Code::Unauthenticated, "nobody without a pass");
    let call = client.pull(tonic::Request::new(wire::PullRequest { after: 0 }));
    assert_eq!(soon(call).await.unwrap_err().code(), Code::Unauthenticated);
}

/// A call that shows the pass of a commune.
pub(crate) fn pass_of<T>(commune: &Commune, message: T) -> tonic::Request<T> {
    let folder = Connection::open(commune.path().join("gom.db")).unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?));
    let (device, secret) = folder.query_row("select device, secret from folder", [], read).unwrap();
    let mut request = tonic::Request::new(message);
    let pass = pass::show(DeviceId(device.try_into().unwrap()), &secret.try_into().unwrap());
    request.metadata_mut().insert("authorization", pass.parse().unwrap());
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn no_commune_gets_anothers_figures_quotas_or_baseline() {
    let district = District::open().await;
    let neighbour = Commune::enrolled(&district, "31420").await;
    neighbour.hand_in_sheet(&month_of("31420", 1));
    neighbour.sync().await;
    let sheet = district.desk().join("entered.csv");
    std::fs::write(&sheet, month_of("31399", 1)).unwrap();
    let sheet = sheet.to_str().unwrap();
    district.office().vi(&["enter", "--for", "31399", sheet, "--reason", "mất điện"]).done();

    let commune = Commune::enrolled(&district, "31423").await;
    let mut client = SyncClient::connect(district.url()).await.unwrap();
    let request = pass_of(&commune, wire::PullRequest { after: 0 });
    let mut news = soon(client.pull(request)).await.unwrap().into_inner();
    let mut tables = Vec::new();
    while let Some(reply) = soon(news.message()).await.unwrap() {
        match reply.news.unwrap() {
            wire::pull_reply::News::Filed(filed) => panic!("another's report: {filed:?}"),
            wire::pull_reply::News::Quotas(prior) | wire::pull_reply::News::Baseline(prior) => {
                tables.push(String::from_utf8(prior.table).unwrap());
            }
            wire::pull_reply::News::Edition(edition) => {
                let names: Vec<&str> = edition.files.iter().map(|file| file.name.as_str()).collect();
                assert!(!names.contains(&"quotas.csv") && !names.contains(&"baseline.csv"), "{names:?}");
            }
            wire::pull_reply::News::Done(_) => {}
        }
    }
    assert_eq!(tables.len(), 2);
    for table in tables {
        let rows: Vec<&str> = table.lines().skip(1).collect();
        assert!(!rows.is_empty() && rows.iter().all(|row| row.starts_with("hoa-an,")), "{table}");
    }
}
