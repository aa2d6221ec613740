//! The communes' computers: listed, named and revoked by the district.

use std::time::Duration;

use serde_json::Value;
use tests::commune::{read_failure, read_out, try_accept};
use tests::program::has;
use tests::{Caller, Commune, District, PATIENCE, until};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_computer_is_let_in_no_more_and_its_queue_is_released() {
    let mut district = District::encrypted().await;
    let [one, other] =
        [Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31423").await];
    one.queue("society", "2024-05", &[("births", "24")]);
    one.sync().await;
    let office = district.office();
    let listed: Value = serde_json::from_str(&office.vi(&["devices", "--format", "json"]).done()).unwrap();
    let id = listed[0]["device"].as_str().unwrap()[..8].to_owned();
    has(&office.vi(&["rename", &id, "Máy văn phòng"]).done(), &["từ nay là «Máy văn phòng»"]);
    has(&office.vi(&["devices"]).done(), &["Xã Hòa An", "Máy văn phòng", &id]);
    has(&office.vi(&["revoke", "Máy lạ", "--note", "mất"]).failed(), &["không có máy nào là «Máy lạ»"]);
    has(&office.vi(&["revoke", &id, "--note", " "]).failed(), &["--note"]);
    one.queue("society", "2024-06", &[("births", "7")]);
    has(
        &office.vi(&["revoke", "Máy văn phòng", "--note", "mất trộm"]).done(),
        &["Đã thu hồi", "import-queue --release"],
    );
    has(&office.vi(&["revoke", &id, "--note", "lần nữa"]).done(), &["đã bị thu hồi từ trước"]);
    has(&office.vi(&["devices"]).done(), &["(đã thu hồi)"]);

    // Neither over the line, nor by its seal, nor by a stick.
    has(&read_out(&one.try_sync().await.unwrap_err()), &["huyện đã thu hồi máy này"]);
    assert_eq!(one.counts().queued, 1, "nothing is lost");
    let queue = district.desk().join("queue");
    one.office().vi(&["export-queue", queue.to_str().unwrap()]).done();
    let import = ["import-queue", queue.to_str().unwrap()];
    has(&office.vi(&import).failed(), &["huyện đã thu hồi máy đã ghi tệp này", "--release"]);
    has(&office.vi(&[import[0], import[1], "--release"]).done(), &["1 báo cáo được nhận"]);
    assert_eq!(district.total("births", "2024-06"), "7");
    assert_eq!(other.sync().await.filed, 2, "the unit's other computer goes on");

    // It stays so when the books are opened anew, and the journal proves it.
    district.stop().await;
    district.start().await;
    let again = one.sync_at(&district.url()).await.unwrap_err();
    has(&read_out(&again), &["huyện đã thu hồi máy này"]);
    district.verify();
}

/// The code that it was enrolled with is of no use any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_computer_does_not_come_back_by_its_old_code() {
    let district = District::encrypted().await;
    let invitation = district.invitation("31423").await;
    let folder = district.desk().join("pc");
    let gom = try_accept(&folder, district.clock.world(), &invitation).await.unwrap();
    let id = gom_proto::pass::hex(&gom.status().unwrap().device.0);
    district.office().vi(&["revoke", &id, "--note", "đổi máy"]).done();
    drop(gom);
    std::fs::rename(&folder, district.desk().join("old")).unwrap();
    let failure = try_accept(&folder, district.clock.world(), &invitation).await.unwrap_err();
    has(&read_failure(&failure)[0].vi, &["đã được máy khác dùng"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_ends_at_once_when_its_computer_is_revoked() {
    let district = District::open().await;
    let [caller, other] =
        [Caller::enrolled(&district, "31423").await, Caller::enrolled(&district, "31423").await];
    let (mut conversation, mut unconcerned) = (caller.greet().await, other.greet().await);
    let id = gom_proto::pass::hex(&caller.device.0);
    district.office().vi(&["revoke", &id, "--note", "mất"]).done();
    assert_eq!(conversation.ended().await.code(), Code::PermissionDenied);
    let quiet = tokio::time::timeout(Duration::from_millis(200), unconcerned.ended()).await;
    assert!(quiet.is_err(), "the other one goes on");
}

/// Nothing is committed when somebody greets and has nothing to hand in, and he is listed all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_heard_of_is_listed_within_seconds() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    district.clock.turn_to("2024-10-16");
    commune.sync().await;
    let office = district.office();
    let is_listed = || office.vi(&["devices", "--format", "json"]).done().contains("2024-10-16");
    until("the contact is listed", PATIENCE, is_listed).await;
}
