//! Publishing: a new version of the programme, other quotas, another year before. What units reported is not touched.

use std::path::{Path, PathBuf};

use gom::show::CellState;
use tests::commune::Counts;
use tests::district::copy_of;
use tests::program::{has, line_with};
use tests::{Commune, District, Said};

/// A copy of the programme in the story's folder, to be edited.
fn programme(district: &District) -> PathBuf {
    let folder = district.desk().join("programme");
    copy_of("phung-hiep-2024", &folder);
    folder
}

/// Replaces a piece of a table, which must be there.
#[track_caller]
fn edit(folder: &Path, table: &str, from: &str, to: &str) {
    let path = folder.join(table);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from} is not in {table}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn load(district: &District, what: &str, path: &Path) -> Said {
    district.office().vi(&["load", what, path.to_str().unwrap()])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_reaches_the_communes_and_a_draft_survives() {
    let district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-04", &[("births", "20")]);
    commune.set("society", "2024-05", &[("births", "24"), ("deaths", "9")]);
    commune.queue("society", "2024-06", &[("births", "26")]);

    let folder = programme(&district);
    edit(
        &folder,
        "elements.csv",
        "deaths,society,",
        "stillbirths,society,Số trẻ chết lưu,Stillbirths,người,people,flow,0,all,0,,,,,commune\ndeaths,society,",
    );
    edit(&folder, "forms.csv", "Xã hội - an ninh trật tự,", "Xã hội và trật tự,");
    let said = load(&district, "--programme", &folder).done();
    has(&said, &["43 chỉ tiêu báo cáo", "Đã nạp cho năm 2024, lần ghi "]);

    let report = commune.sync().await;
    assert_eq!(
        (report.accepted, report.editions),
        (2, vec![2]),
        "what was queued follows the version it was made with"
    );
    commune.switch_off_and_on();
    assert_eq!(commune.state("society", "2024-05"), CellState::Draft);
    assert_eq!(
        commune.figures("society", "2024-05")[..3],
        ["24", "", "9"],
        "with a cell for the new element"
    );
    has(&commune.office().vi(&["show"]).done(), &["Xã hội và trật tự"]);
    commune.queue("society", "2024-05", &[("stillbirths", "1")]);
    commune.queue("society", "2024-04", &[("stillbirths", "0")]);
    assert!(commune.sync().await.is_settled());
    assert_eq!(district.total("deaths", "2024-05"), "9");
    assert_eq!(district.total("births", "2024-Q2"), "70");
    assert_eq!(district.total("stillbirths", "2024-Q2"), "1");
    assert_eq!(commune.counts(), Counts { accepted: 4, ..Counts::default() });
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_and_the_year_before_are_replaced_whole() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let before = district.commit();
    let shown = |commune: &Commune, element: &str| {
        let text = commune.office().vi(&["show", "society", "2024-05"]).done();
        line_with(&text, element).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(shown(&commune, "jobs_created").last().unwrap(), "185");

    let (quotas, baseline) = (district.desk().join("quotas.csv"), district.desk().join("baseline.csv"));
    std::fs::write(&quotas, "unit,element,value\n31423,jobs_created,200\n31420,jobs_created,2250\n").unwrap();
    std::fs::write(&baseline, "unit,element,period,value\n31423,traffic_accidents,2023-05,7\n").unwrap();
    let said = load(&district, "--quotas", &quotas);
    assert_eq!(said.err, "", "2,450 are allotted, which is the target");
    has(&said.done(), &["Đã nạp cho năm 2024, lần ghi "]);
    load(&district, "--baseline", &baseline).done();
    commune.sync().await;
    assert_eq!(shown(&commune, "jobs_created").last().unwrap(), "200");
    assert_eq!(shown(&commune, "traffic_accidents").last().unwrap(), "7");
    assert!(!shown(&commune, "trained_workers").contains(&"34".to_owned()), "the old quotas are gone");
    let explained = district.explain("17d", "2024-05");
    has(&explained, &["số liệu năm trước"]);
    assert_eq!(
        district.target("1c", "2024-03")["actual"],
        serde_json::Value::Null,
        "no quota to compare with"
    );
    let then = district.progress_at("2024-03", before);
    assert_eq!(then.len(), 46);
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_that_do_not_add_up_are_only_pointed_out() {
    let district = District::open().await;
    let quotas = district.desk().join("quotas.csv");
    std::fs::write(&quotas, "unit,element,value\n31423,jobs_created,200\n31420,jobs_created,2180\n").unwrap();
    let said = load(&district, "--quotas", &quotas);
    has(&said.err, &["lưu ý: ", "quotas.csv", "tổng giao cho các đơn vị là 2380, chỉ tiêu 9b là 2450"]);
    has(&said.done(), &["Đã nạp cho năm 2024, lần ghi "]);

    // A table with errors is another matter: all of them are said, and nothing is published.
    let before = district.commit();
    std::fs::write(
        &quotas,
        "unit,element,value\n31423,storks,2\n31424,jobs_created,1\n31423,jobs_created,x\n",
    )
    .unwrap();
    let said = load(&district, "--quotas", &quotas).failed();
    has(&said, &["quotas.csv:2 [element]", "quotas.csv:3 [unit]", "quotas.csv:4 [value]"]);
    assert_eq!(district.commit(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_element_keeps_its_meaning() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.sync().await;
    let folder = programme(&district);
    edit(
        &folder,
        "elements.csv",
        "births,society,Số trẻ sinh sống,Live births,người,people,flow,0",
        "births,society,Số trẻ sinh sống,Live births,người,people,flow,1",
    );
    edit(
        &folder,
        "elements.csv",
        "deaths,society,Số người chết,Deaths,người,people,flow",
        "deaths,society,Số người chết,Deaths,người,people,stock",
    );
    let (before, said) = (district.commit(), load(&district, "--programme", &folder).failed());
    has(
        &said,
        &["«births» có loại, số thập phân hoặc kỳ khác", "«deaths» có loại, số thập phân hoặc kỳ khác"],
    );
    let folder = programme(&district);
    let hoa_an = "hoa-an,31423,Xã Hòa An,commune,,2025-06-30,hoa-an-2025,9.769257,105.629523\n";
    edit(&folder, "units.csv", hoa_an, "");
    std::fs::remove_file(folder.join("quotas.csv")).unwrap();
    std::fs::remove_file(folder.join("baseline.csv")).unwrap();
    let said = load(&district, "--programme", &folder).failed();
    has(&said, &["đơn vị «hoa-an» đã có số liệu nhưng không có trong bảng; giữ lại và ghi valid_to"]);
    assert_eq!(district.commit(), before, "nothing of it was published");
    assert_eq!(commune.sync().await.editions, [] as [u32; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_document_leaves_open_is_set_by_hand() {
    let district = District::open().await;
    let set = |args: &[&str]| district.office().vi(&[&["target", "set"], args].concat());
    let before = district.commit();
    set(&["1a", "--status", "met", "--note", "theo Hướng dẫn 12"]).done();
    let target = district.target("1a", "2024-09");
    assert_eq!((&target["set_status"], &target["set_note"]), (&"met".into(), &"theo Hướng dẫn 12".into()));
    let table = district.office().vi(&["progress", "--as-of", "2024-09"]).done();
    has(line_with(&table, " 1a "), &["theo Hướng dẫn 12"]);
    let then = district.progress_at("2024-09", before);
    assert_eq!(then[0]["set_status"], serde_json::Value::Null, "not yet, then");

    set(&["9b", "--value", "2.500"]).done();
    assert_eq!(district.target("9b", "2024-09")["value"][0], "2500");
    assert_eq!(district.progress_at("2024-09", before)[20]["value"][0], "2450");
    has(
        &set(&["9b", "--status", "met", "--note", "x"]).failed(),
        &["trạng thái của chỉ tiêu 9b được tính từ số liệu"],
    );
    has(&set(&["1a", "--value", "5"]).failed(), &["chỉ tiêu 1a không dùng giá trị"]);
    has(&set(&["99z", "--value", "5"]).failed(), &["không có chỉ tiêu «99z»"]);
    let said = set(&["1a", "--status", "splendid", "--value", "1,2,3", "--note", "x"]).failed();
    has(&said, &["không có trạng thái «splendid»; chọn: ", "«1,2,3» không phải là số"]);
    has(&set(&["1a"]).failed(), &["cần --status hoặc --value"]);
    has(
        &district.office().vi(&["load"]).failed(),
        &["cần ít nhất một trong --programme, --quotas, --baseline"],
    );
    district.verify();
}
