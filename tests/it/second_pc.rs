//! More than one PC for a unit: each is a device of its own, and none overwrites what it has not seen.

use gom::show::CellState;
use tests::commune::Counts;
use tests::program::has;
use tests::sheet::month_of;
use tests::{Commune, District, Program};

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_pc_gets_the_units_history_and_goes_on_from_it() {
    let district = District::open().await;
    let old = Commune::enrolled(&district, "31423").await;
    let handed_in: usize = (1..=3).map(|month| old.hand_in_sheet(&month_of("31423", month))).sum();
    old.sync().await;
    let shown = old.figures("society", "2024-02");
    drop(old);

    let new = district.desk().join("new-pc");
    let said = Program::gom(&new).vi(&["enroll", "--server", &district.url(), &district.code("31423").await]);
    let said = said.done();
    has(&said, &["Đã ghi danh máy này cho đơn vị Xã Hòa An."]);
    has(&said, &[&format!("Đã tải {handed_in} báo cáo đã nộp trước đây.")]);

    let new = Commune::enrolled(&district, "31423").await;
    assert_eq!(new.state("society", "2024-02"), CellState::Accepted(1));
    assert_eq!(new.figures("society", "2024-02"), shown);
    new.queue("society", "2024-02", &[("births", "17")]);
    assert!(new.sync().await.is_settled());
    assert_eq!(new.state("society", "2024-02"), CellState::Accepted(2));
    assert_eq!(district.total("births", "2024-02"), "17");
    assert_eq!(district.total("deaths", "2024-02"), "7", "the other figures came with the history");
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_pcs_the_second_edit_of_a_form_conflicts_and_other_forms_do_not() {
    let district = District::open().await;
    let [one, other] =
        [Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31423").await];
    one.queue("society", "2024-05", &[("births", "24")]);
    other.queue("society", "2024-05", &[("births", "30")]);
    other.queue("society", "2024-06", &[("births", "20")]);
    other.queue("budget", "2024-05", &[("domestic_revenue", "1,5"), ("tax_revenue", "1,2")]);
    assert!(one.sync().await.is_settled());
    let report = other.sync().await;
    assert_eq!((report.accepted, report.refused.len()), (2, 1));
    assert_eq!(
        (report.refused[0].form.as_str(), report.refused[0].period),
        ("society", "2024-05".parse().unwrap())
    );
    assert_eq!(other.counts(), Counts { accepted: 2, conflicts: 1, ..Counts::default() });
    assert_eq!(district.total("births", "2024-05"), "24");
    assert_eq!(district.total("births", "2024-06"), "20");
    assert_eq!(district.total("domestic_revenue", "2024-05"), "1.500");

    one.sync().await;
    assert_eq!(one.state("budget", "2024-05"), CellState::Accepted(1), "filed by the other PC");
    let shown = one.office().vi(&["show", "society", "2024-05"]).done();
    has(&shown, &["máy này, số 1", "xung đột: bản lần 1 đang có hiệu lực · máy khác của đơn vị"]);
    assert_eq!(one.counts().conflicts, 0, "it is the other officer's to resolve");
    district.verify();
}
