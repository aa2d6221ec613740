//! The district's authority is replaced by another, and nobody enrols anew for it.

use serde_json::Value;
use tests::commune::{read_failure, read_out, try_accept};
use tests::encrypted::{identity, speak};
use tests::program::has;
use tests::{Commune, District, Program};

/// How many computers still need each authority; none for one that counts no more.
fn needed(office: &Program) -> Vec<Option<u64>> {
    let listed = office.vi(&["authority", "list", "--format", "json"]).done();
    let rows = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| row["needed_by"].as_u64()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_is_replaced_while_communes_come_and_go() {
    let mut district = District::encrypted().await;
    let (early, late) =
        (Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31420").await);
    let office = district.office();
    let first = district.fingerprint();
    let printed = district.invitation("31423").await;
    has(&office.vi(&["authority", "retire", "1"]).failed(), &["số 1 đang dùng để ký", "authority rotate"]);
    has(
        &office.vi(&["authority", "rotate"]).done(),
        &["máy chủ còn xưng bằng khóa này", "ký các chứng thư mới"],
    );
    assert_eq!(needed(&office), [Some(2), Some(2)]);
    has(&office.vi(&["authority", "retire", "1"]).failed(), &["2 máy chưa biết khóa mới", "--force"]);

    // One comes to know it, the other sleeps; a third enrols by a code of before.
    early.sync().await;
    early.sync().await;
    try_accept(&district.desk().join("pc"), district.clock.world(), &printed).await.unwrap();
    assert_eq!((needed(&office), district.fingerprint()), (vec![Some(1), Some(3)], first));
    let refused = office.vi(&["authority", "retire", "1"]).failed();
    let name = |commune: &Commune| gom_proto::pass::hex(&commune.status().device.0)[..8].to_owned();
    has(&refused, &["1 máy chưa biết", &name(&late)]);
    assert!(!refused.contains(&name(&early)), "{refused}");
    late.sync().await;
    late.sync().await;
    has(&office.vi(&["authority", "retire", "1"]).done(), &["đã bỏ", "đang dùng"]);
    assert_eq!(needed(&office), [None, Some(3)]);
    assert_ne!(district.fingerprint(), first, "the server speaks for the other one");

    // Nobody has to do anything, and what was printed before is of no use.
    for commune in [&early, &late] {
        commune.queue("society", "2024-05", &[("births", "24")]);
        assert!(commune.sync().await.is_settled());
    }
    let unused = district.desk().join("unused");
    let mut before = district.invitation("31423").await;
    before.authority = first;
    let failure = try_accept(&unused, district.clock.world(), &before).await.unwrap_err();
    has(&read_failure(&failure)[0].vi, &["không phải là máy chủ của huyện này"]);
    Commune::enrolled(&district, "31423").await.sync().await;
    district.stop().await;
    district.start().await;
    assert!(late.sync_at(&district.url()).await.unwrap().is_settled());
    has(&office.vi(&["journal"]).done(), &["lập khóa chứng thực", "bỏ một khóa chứng thực"]);
    district.verify();
}

/// Whoever has a stolen key can speak to nobody any more, and neither can those who know of no other one.
#[tokio::test(flavor = "multi_thread")]
async fn an_authority_whose_key_was_stolen_counts_no_more_at_once() {
    let district = District::encrypted().await;
    let (mut asleep, awake) =
        (Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31420").await);
    let office = district.office();
    office.vi(&["authority", "rotate"]).done();
    awake.sync().await;
    let trusted = identity(&awake.path()).certificate;
    let first = gom_trust::Expected::Fingerprint(district.fingerprint().unwrap());
    let mut open = speak(district.address(), first, Some(&identity(&asleep.path()))).await.unwrap();
    open.pull(gom_proto::wire::PullRequest { after: 0 }).await.unwrap();
    asleep.queue("society", "2024-05", &[("births", "24")]);
    district.clock.turn_to("2024-10-16");
    office.vi(&["authority", "retire", "1", "--force"]).done();

    // A line that was there before is worth no more than one that cannot be made now.
    let ended = open.pull(gom_proto::wire::PullRequest { after: 0 }).await.unwrap_err();
    assert_eq!(ended.code(), tonic::Code::Unauthenticated, "{ended:?}");
    has(&read_out(&asleep.try_sync().await.unwrap_err()), &["không phải là máy chủ của huyện này"]);
    assert_eq!(asleep.counts().queued, 1, "nothing is lost");

    // Whoever was told to trust it is told otherwise as soon as he comes.
    awake.sync().await;
    assert_ne!(identity(&awake.path()).certificate, trusted);
    let anew = identity(&awake.path()).certificate;
    awake.sync().await;
    assert_eq!(identity(&awake.path()).certificate, anew, "once");

    // With a code the other one comes back, and hands in what it has queued.
    let invitation = district.invitation("31423").await;
    let code = invitation.shown();
    asleep.office().vi(&["enroll", &code]).done();
    asleep.switch_off_and_on();
    assert!(asleep.sync().await.is_settled());
    assert_eq!(district.total("births", "2024-05"), "24");
}
