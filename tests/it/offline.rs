//! Without a line: what is queued waits, in order, through power cuts and wrong clocks.

use gom::show::CellState;
use gom::wording::finding;
use gom_domain::ruling::RejectionCode;
use tests::commune::{Counts, read_out};
use tests::program::{has, line_with};
use tests::sheet::month_of;
use tests::{Commune, District, Line};

#[tokio::test(flavor = "multi_thread")]
async fn three_months_without_a_line_are_caught_up_in_one_sync() {
    let district = District::of("phung-hiep-2024", "2024-01-10").await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    let line = Line::to(district.address()).await;
    line.cut();
    let mut queued = 0;
    for month in 1..=3 {
        district.clock.turn_to(&format!("2024-{:02}-05", month + 1));
        queued += commune.hand_in_sheet(&month_of("31423", month)) as u64;
        commune.switch_off_and_on();
        let error = commune.sync_over(&line).await.unwrap_err();
        has(&read_out(&error), &["đường truyền bị ngắt", "những gì đã xếp hàng vẫn còn nguyên"]);
        assert_eq!(commune.counts(), Counts { queued, ..Counts::default() });
    }
    assert_eq!(district.submissions().len(), 0);
    has(line_with(&commune.office().vi(&["status"]).done(), "Chờ gửi"), &[&queued.to_string()]);

    line.mend();
    let report = commune.sync_over(&line).await.unwrap();
    assert_eq!((report.handed_in, report.accepted, report.waiting), (queued, queued, 0));
    assert_eq!(commune.counts(), Counts { accepted: queued, ..Counts::default() });
    assert_eq!(commune.state("economy", "2024-02"), CellState::Accepted(1));
    let sequences: Vec<u64> = district.submissions().iter().map(|row| row.sequence).collect();
    assert_eq!(sequences, (1..=queued).collect::<Vec<_>>(), "in the officer's order");
    let months: Vec<u8> =
        district.submissions().iter().map(|row| row.place.unwrap().period.last_month()).collect();
    assert!(months.is_sorted(), "{months:?}");
    assert_eq!(district.total("production_agriculture", "2024-02"), "26.334");
    assert_eq!(district.total("births", "2024-Q1"), "58");
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switched_off_server_is_told_from_a_cut_line() {
    let mut district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "31")]);
    district.stop().await;
    let said = commune.office().vi(&["sync"]).failed();
    has(&said, &["lỗi: không có máy chủ nào tại http://127.0.0.1:", "máy chủ đã bật chưa"]);
    has(&commune.office().en(&["sync"]).failed(), &["error: there is no server at http://127.0.0.1:"]);
    assert_eq!(commune.state("society", "2024-05"), CellState::Queued);
}

/// The clock stands in 2009 for want of a battery, then somebody sets it to 2099.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_loses_and_blocks_nothing() {
    let district = District::open().await;
    let wrong = district.clock.another_at("2009-01-01");
    let commune = Commune::enrolled_with(&district, "31423", wrong.world()).await;
    commune.queue("society", "2024-01", &[("births", "1")]);
    commune.queue("society", "2024-02", &[("births", "2")]);
    wrong.turn_to("2099-12-31");
    commune.queue("society", "2024-03", &[("births", "4")]);
    commune.queue("society", "2024-02", &[("births", "3")]);
    wrong.turn_to("2009-01-02");
    commune.queue("society", "2024-04", &[("births", "5")]);
    let report = commune.sync().await;
    assert_eq!((report.handed_in, report.accepted), (5, 5));
    assert_eq!(commune.state("society", "2024-02"), CellState::Accepted(2));
    assert_eq!(district.total("births", "2024-02"), "3", "the later one, whatever the clock said");
    let births: Vec<String> = ["2024-01", "2024-03", "2024-04"].map(|m| district.total("births", m)).into();
    assert_eq!(births, ["1", "4", "5"]);
    has(
        &commune.office().vi(&["status"]).done(),
        &["đồng hồ máy này chậm hơn huyện", "hãy chỉnh lại ngày giờ"],
    );
    wrong.turn_to("2099-12-31");
    commune.sync().await;
    has(&commune.office().en(&["status"]).done(), &["ahead of the district's; set it right"]);
    district.verify();
}

/// Periods that have long begun look like the future to a clock in 2009. That is said, and holds nothing up.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_in_2009_warns_of_the_future_and_lets_the_district_decide() {
    let district = District::open().await;
    let wrong = district.clock.another_at("2009-01-01");
    let commune = Commune::enrolled_with(&district, "31423", wrong.world()).await;
    commune.set("society", "2024-05", &[("births", "1")]);
    let sealed = commune.submit("society", "2024-05").sealed.remove(0);
    let warned =
        sealed.warnings.iter().any(|found| finding(&sealed.place, found).vi.contains("chưa bắt đầu"));
    assert!(warned, "{sealed:?}");
    assert!(commune.sync().await.is_settled());
    let rejected = district.submissions().iter().any(|row| !row.ruling.is_accepted());
    assert!(!rejected, "not {}", RejectionCode::Future.code());
}

/// A correction stands because it was made on what stood, however far behind the clock is by which it was sealed.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_behind_takes_nothing_from_a_correction() {
    let district = District::open().await;
    let right = Commune::enrolled(&district, "31423").await;
    let behind = district.clock.another_at("2009-01-01").world();
    let behind = Commune::enrolled_with(&district, "31423", behind).await;
    right.queue("society", "2024-05", &[("births", "24")]);
    right.sync().await;
    behind.sync().await;
    behind.queue("society", "2024-05", &[("births", "25")]);
    behind.sync().await;
    assert_eq!(district.total("births", "2024-05"), "25");
    right.sync().await;
    right.queue("society", "2024-05", &[("births", "26")]);
    right.sync().await;
    assert_eq!(right.counts().conflicts, 0);
    assert_eq!(district.total("births", "2024-05"), "26");
    district.verify();
}
