//! The line misbehaves: it loses answers, stalls, leads to a sign-in page. Figures count once. The proof of the line
//! breaks it at every byte.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gom::SyncError;
use gom::line::LineFault;
use gom::show::CellState;
use tests::commune::{read_failure, read_out, try_enrol};
use tests::program::has;
use tests::serving::{ended, signal};
use tests::{Commune, District, Line, until};

/// The district takes the report, but the commune never hears so. Sending it again must settle it without counting it
/// twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_receipt_counts_once() {
    let mut district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let line = Line::to(district.address()).await;
    commune.queue("economy", "2024-05", &[("production_agriculture", "22,507")]);

    line.lose_replies();
    let error = commune.sync_over(&line).await.unwrap_err();
    has(&read_out(&error), &["đường truyền bị ngắt; những gì đã xếp hàng vẫn còn nguyên"]);
    assert_eq!(commune.state("economy", "2024-05"), CellState::Queued);
    let taken = district.submissions();
    assert_eq!((taken.len(), district.total("production_agriculture", "2024-05")), (1, "22.507".to_owned()));

    // Even the server may have been started again in between.
    district.stop().await;
    district.start().await;
    line.lead_to(district.address());
    line.mend();
    let report = commune.sync_over(&line).await.unwrap();
    assert_eq!(report.waiting, 0);
    assert_eq!(commune.state("economy", "2024-05"), CellState::Accepted(1));
    assert_eq!(commune.receipts()[0].commit, taken[0].seq, "the receipt is the one that was lost");
    assert_eq!(district.submissions().len(), 1);
    assert_eq!(district.total("production_agriculture", "2024-05"), "22.507");
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_line_does_not_hang_for_ever() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let line = Line::to(district.address()).await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    line.stall();
    let since = Instant::now();
    let error = commune.sync_over(&line).await.unwrap_err();
    assert!(since.elapsed() < Duration::from_secs(40), "{:?}", since.elapsed());
    has(&read_out(&error), &["huyện không trả lời quá lâu; những gì đã xếp hàng vẫn còn nguyên"]);
    assert_eq!(commune.state("society", "2024-05"), CellState::Queued);
    line.mend();
    assert!(commune.sync_over(&line).await.unwrap().is_settled());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captive_portal_is_told_as_such() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let line = Line::to(district.address()).await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    line.become_portal();
    let error = commune.sync_over(&line).await.unwrap_err();
    assert!(matches!(error, SyncError::Line(LineFault::NoGomServer(_))), "{error:?}");
    let said = commune.office().vi(&["sync", "--server", &line.url]).failed();
    has(&said, &["nơi trả lời không phải là máy chủ gom (có thể là trang đăng nhập mạng)"]);
    assert_eq!(commune.state("society", "2024-05"), CellState::Queued);
    let (folder, code) = (district.desk().join("new-pc"), district.code("31423").await);
    let failure = try_enrol(&folder, district.clock.world(), &line.url, &code).await.unwrap_err();
    has(&read_failure(&failure)[0].vi, &["trang đăng nhập mạng"]);
    line.mend();
    assert!(commune.sync_over(&line).await.unwrap().is_settled());
    try_enrol(&folder, district.clock.world(), &line.url, &code).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_hands_in_within_seconds_of_the_lines_return() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let line = Line::to(district.address()).await;
    line.cut();
    let mut command = Command::new(commune.office().path());
    command.args(["sync", "--watch", "--server", &line.url]).env("GOM_DATA", commune.path());
    command.env("GOM_LANG", "vi").stdout(Stdio::piped());
    let mut watch = command.spawn().unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    line.mend();
    until("what waited is handed in", Duration::from_secs(10), || commune.counts().accepted == 1).await;
    commune.queue("society", "2024-06", &[("births", "25")]);
    until("what is queued now is handed in", Duration::from_secs(5), || commune.counts().accepted == 2).await;
    assert_eq!(district.total("births", "2024-Q2"), "49");

    signal("-TERM", watch.id());
    assert_eq!(ended(&mut watch).code(), Some(0));
    let said = std::io::read_to_string(watch.stdout.take().unwrap()).unwrap();
    has(&said, &["đường truyền bị ngắt", "Đã gửi 1 báo cáo, 1 được nhận.", "Đã dừng."]);
}
