//! A period that has not begun: a warning at the commune, whose clock may be wrong; refused by the district's clock.

use gom::show::CellState;
use gom::wording::finding;
use gom_domain::ruling::Verdict;
use tests::commune::Counts;
use tests::program::has;
use tests::{Commune, District};

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_has_not_begun_is_handed_in_again_later() {
    let district = District::of("phung-hiep-2024", "2024-05-10").await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.set("society", "2024-06", &[("births", "24")]);
    let sealed = commune.submit("society", "2024-06").sealed.remove(0);
    let said: Vec<String> = sealed.warnings.iter().map(|found| finding(&sealed.place, found).vi).collect();
    assert!(said.iter().any(|text| text.contains("kỳ này chưa bắt đầu theo đồng hồ máy")), "{said:?}");

    let report = commune.sync().await;
    assert_eq!((report.accepted, report.refused.len(), report.unresolved), (0, 1, 1));
    let Verdict::Rejected(rejection) = &report.refused[0].receipt.ruling.verdict else {
        panic!("{report:?}")
    };
    assert_eq!((rejection.code.as_str(), rejection.may_retry), ("R06", true));
    assert_eq!(commune.state("society", "2024-06"), CellState::Rejected);
    assert_eq!(district.total("births", "2024-06"), "–");
    let status = commune.office().vi(&["status"]).done();
    has(&status, &["(society) 2024-06: bị từ chối R06: kỳ này chưa bắt đầu theo đồng hồ của huyện"]);
    has(&commune.office().en(&["receipts"]).done(), &["rejected R06: the period has not begun"]);

    // The window of June opens on 15 May. The same figures are sealed anew, by name.
    district.clock.turn_to("2024-05-15");
    assert_eq!(commune.sync().await.unresolved, 1, "nothing is handed in again by itself");
    assert_eq!(commune.submit("society", "2024-06").sealed.len(), 1);
    assert!(commune.sync().await.is_settled());
    assert_eq!(commune.state("society", "2024-06"), CellState::Accepted(1));
    assert_eq!(commune.counts(), Counts { accepted: 1, ..Counts::default() });
    assert_eq!(district.total("births", "2024-06"), "24");
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_report_holds_up_none_of_those_after_it() {
    let district = District::of("phung-hiep-2024", "2024-05-20").await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-12", &[("births", "24")]);
    commune.queue("society", "2024-05", &[("births", "25")]);
    let report = commune.sync().await;
    assert_eq!((report.handed_in, report.accepted, report.refused.len()), (2, 1, 1));
    assert_eq!(commune.counts(), Counts { accepted: 1, rejected: 1, ..Counts::default() });
    assert_eq!(district.total("births", "2024-05"), "25");
    let said = commune.office().vi(&["sync"]).failed();
    has(&said, &["1 báo cáo bị từ chối hoặc xung đột cần xử lý"]);
    district.verify();
}
