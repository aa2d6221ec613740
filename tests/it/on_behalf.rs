//! On behalf of a unit: a commune without power telephones its figures, the district enters them, marked as such.

use gom::show::CellState;
use tests::commune::Counts;
use tests::program::{has, line_with};
use tests::{Commune, District, Said, sheet};

fn enter(district: &District, unit: &str, lines: &str) -> Said {
    let file = district.desk().join("telephoned.csv");
    std::fs::write(&file, lines).unwrap();
    let file = file.to_str().unwrap();
    district.office().vi(&["enter", "--for", unit, file, "--reason", "mất điện, báo qua điện thoại"])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_district_enters_is_marked_everywhere() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let lines = sheet::of("31423", "society", "2024-05", &[("trained_workers", "12"), ("births", "24")])
        + "31420,society,2024-05,births,9\n";
    let said = enter(&district, "Xã Hoà An", &lines);
    has(&said.err, &["Bỏ qua 1 dòng của đơn vị khác."]);
    has(&said.done(), &["Đã nhập thay Xã Hòa An: society 2024-05"]);
    assert_eq!(district.total("births", "2024-05"), "24");
    has(line_with(&district.explain("9a", "2024-05"), "2024-05  "), &["Xã Hòa An", "(huyện nhập thay)"]);
    let history = district.office().vi(&["export", "--history"]).done();
    has(line_with(&history, ",births,"), &[",24,1,accepted,", ",district,\"mất điện, báo qua điện thoại\""]);

    assert_eq!(commune.sync().await.filed, 1);
    assert_eq!(commune.state("society", "2024-05"), CellState::District(1));
    let shown = commune.office().vi(&["show", "society", "2024-05"]).done();
    has(&shown, &["huyện nhập thay, lần 1", "· huyện nhập thay (", "): mất điện, báo qua điện thoại"]);
    has(&commune.office().vi(&["show"]).done(), &["huyện 1"]);

    // The commune goes on from there, without a conflict, and the report is its own again.
    commune.queue("society", "2024-05", &[("births", "25")]);
    assert!(commune.sync().await.is_settled());
    assert_eq!(commune.state("society", "2024-05"), CellState::Accepted(2));
    assert_eq!(district.total("trained_workers", "2024-05"), "12");
    assert_eq!(district.total("births", "2024-05"), "25");
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_communes_own_queued_report_conflicts_with_it() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "26")]);
    enter(&district, "31423", &sheet::of("31423", "society", "2024-05", &[("births", "24")])).done();
    let report = commune.sync().await;
    assert_eq!((report.refused.len(), report.filed), (1, 1));
    assert_eq!(commune.counts(), Counts { conflicts: 1, ..Counts::default() });
    assert_eq!(district.total("births", "2024-05"), "24");
    let shown = commune.office().vi(&["show", "society", "2024-05"]).done();
    has(shown.lines().find(|line| line.contains('≠')).unwrap(), &["births", " 24 ", " 26 "]);
    let history = district.office().vi(&["export", "--history"]).done();
    assert_eq!(history.lines().filter(|line| line.contains(",births,")).count(), 2, "both are kept");

    // So does the district's, if it was made from what stands no more: the commune has replaced it meanwhile.
    commune.queue("society", "2024-05", &[("births", "27")]);
    assert!(commune.sync().await.is_settled());
    assert_eq!(district.total("births", "2024-05"), "27");
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_with_errors_enters_nothing_and_says_them_all() {
    let district = District::open().await;
    let before = district.commit();
    let mut lines =
        sheet::of("31423", "society", "2024-05", &[("births", "24"), ("deaths", "-1"), ("storks", "2")]);
    lines += "31423,society,May,births,1\n31423,weather,2024-05,births,1\n31423,society,2024-05,births,25\n";
    let said = enter(&district, "31423", &lines).failed();
    let at = |line: usize| format!("telephoned.csv:{line}: ");
    has(&said, &[&at(3), &at(4), &at(5), &at(6), &at(7)]);
    has(
        &said,
        &["deaths = «-1»", "không có chỉ tiêu «storks»", "«May» không phải là kỳ", "không có biểu «weather»"],
    );
    has(&said, &["lặp lại dòng 2"]);
    assert_eq!(said.lines().count(), 5, "{said}");

    // What only the rules find is said of all reports, and the sound one among them is not entered either.
    let budget =
        |month| sheet::of("31423", "budget", month, &[("domestic_revenue", "1"), ("tax_revenue", "2")]);
    let lines = sheet::of("31423", "society", "2024-05", &[("births", "24")])
        + budget("2024-04").trim_start_matches(sheet::HEAD)
        + budget("2024-05").trim_start_matches(sheet::HEAD);
    let said = enter(&district, "31423", &lines).failed();
    has(&said, &["budget 2024-04: tax_revenue: lớn hơn tổng", "budget 2024-05: tax_revenue: lớn hơn tổng"]);
    assert_eq!(said.lines().count(), 2, "{said}");
    assert_eq!((district.commit(), district.submissions().len()), (before, 0));
    assert_eq!(district.total("births", "2024-05"), "–");
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_needs_a_reason_and_something_new() {
    let district = District::open().await;
    let file = district.desk().join("sheet.csv");
    let lines = sheet::of("31423", "society", "2024-05", &[("births", "24")]);
    std::fs::write(&file, &lines).unwrap();
    let file = file.to_str().unwrap();
    let said = district.office().vi(&["enter", "--for", "31423", file, "--reason", " "]).failed();
    has(&said, &["lỗi: cần ghi lý do nhập thay (--reason)"]);
    let said = district.office().en(&["enter", "--for", "31424", file, "--reason", "no power"]).failed();
    has(&said, &["error: there is no unit “31424”"]);
    enter(&district, "31423", &lines).done();
    has(
        &enter(&district, "31423", &lines).failed(),
        &["không có dòng nào khác số đang có của đơn vị Xã Hòa An"],
    );
    // Laid over what stands: what the sheet does not have stays.
    enter(&district, "31423", &sheet::of("31423", "society", "2024-05", &[("births", ""), ("deaths", "3")]))
        .done();
    assert_eq!(district.total("births", "2024-05"), "24");
    assert_eq!(district.total("deaths", "2024-05"), "3");
}
