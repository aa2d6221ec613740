//! The merger of 2025: fifteen units became seven in the middle of the year, and one code names two of them.

use gom::show::CellState;
use serde_json::{Value, json};
use tests::program::{has, line_with};
use tests::sheet::HEAD;
use tests::{Commune, District, repository};

/// The old units: id and code.
const OLD: [(&str, &str); 15] = [
    ("kinh-cung", "31393"),
    ("cay-duong", "31396"),
    ("tan-binh", "31399"),
    ("binh-thanh", "31402"),
    ("thanh-hoa", "31405"),
    ("long-thanh", "31408"),
    ("phung-hiep", "31417"),
    ("hoa-my", "31420"),
    ("hoa-an", "31423"),
    ("phuong-binh", "31426"),
    ("hiep-hung", "31429"),
    ("tan-phuoc-hung", "31432"),
    ("bung-tau", "31433"),
    ("phuong-phu", "31435"),
    ("tan-long", "31438"),
];

/// The communes after the merger: id and code.
const NEW: [(&str, &str); 7] = [
    ("hoa-an-2025", "31393"),
    ("hiep-hung-2025", "31396"),
    ("tan-binh-2025", "31399"),
    ("thanh-hoa-2025", "31408"),
    ("phung-hiep-2025", "31420"),
    ("phuong-binh-2025", "31426"),
    ("tan-phuoc-hung-2025", "31432"),
];

/// Lines of a sheet: every period has the same figures.
fn lines(code: &str, form: &str, periods: &[String], figures: &[(&str, &str)]) -> String {
    let line = |period: &String, (element, value): &(&str, &str)| {
        format!(
            "{code},{form},{period},{element},{value}
"
        )
    };
    periods.iter().flat_map(|period| figures.iter().map(move |figure| line(period, figure))).collect()
}

fn months(range: std::ops::RangeInclusive<u8>) -> Vec<String> {
    range.map(|month| format!("2025-{month:02}")).collect()
}

fn first_half(code: &str, months: &[String]) -> String {
    let monthly =
        [("births", "2"), ("net_migration", "-1"), ("jobs_created", "3"), ("public_order_crimes", "1")];
    let half = [
        ("production_agriculture", "10.5"),
        ("population", "4000"),
        ("households", "1000"),
        ("poor_households", "40"),
        ("service_centre", "yes"),
    ];
    HEAD.to_owned()
        + &lines(code, "monthly-report", months, &monthly)
        + &lines(code, "living-conditions", &["2025-H1".to_owned()], &half)
}

fn second_half(code: &str) -> String {
    let monthly =
        [("births", "5"), ("net_migration", "2"), ("jobs_created", "7"), ("public_order_crimes", "2")];
    let half = [
        ("production_agriculture", "25.25"),
        ("population", "9000"),
        ("households", "2300"),
        ("poor_households", "80"),
        ("service_centre", "yes"),
    ];
    HEAD.to_owned()
        + &lines(code, "monthly-report", &months(7..=12), &monthly)
        + &lines(code, "living-conditions", &["2025-H2".to_owned()], &half)
        + &lines(
            code,
            "year-review",
            &["2025".to_owned()],
            &[("rural_roads", "1.5"), ("trees_planted", "10")],
        )
}

fn enter(district: &District, unit: &str, sheet: &str) {
    let file = district.desk().join("paper.csv");
    std::fs::write(&file, sheet).unwrap();
    let file = file.to_str().unwrap();
    district.office().vi(&["enter", "--for", unit, file, "--reason", "nhập từ báo cáo giấy"]).done();
}

/// What programs read of a target: its figure, and who has reported.
fn stands(district: &District, reference: &str, as_of: &str) -> Value {
    let target = district.target(reference, as_of);
    json!([target["actual"], target["reported"], target["expected"], target["missing"]])
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_merged_units_add_up_through_the_lineage() {
    let district = District::of("seven-communes-2025", "2025-12-31").await;
    for (unit, code) in OLD {
        let until = if unit == "cay-duong" { 5 } else { 6 };
        enter(&district, unit, &first_half(code, &months(1..=until)));
    }
    let jobs = |count: u32| json!([count.to_string(), "1"]);
    assert_eq!(stands(&district, "2a", "2025-06"), json!([jobs(15 * 6 * 3 - 3), 14, 15, ["cay-duong"]]));

    for (unit, code) in NEW {
        let commune = Commune::enrolled(&district, unit).await;
        commune.hand_in_sheet(second_half(code).as_bytes());
        assert!(commune.sync().await.is_settled());
    }
    let desk = Commune::enrolled(&district, "statistics-desk").await;
    let quarters: Vec<String> = (1..=4).map(|quarter| format!("2025-Q{quarter}")).collect();
    let figures = [("retail_sales", "900.5"), ("new_enterprises", "12")];
    desk.hand_in_sheet((HEAD.to_owned() + &lines("TK", "desk-statistics", &quarters, &figures)).as_bytes());
    assert!(desk.sync().await.is_settled());

    let all = 15 * 6 * 3 + 7 * 6 * 7;
    assert_eq!(
        stands(&district, "2a", "2025-12"),
        json!([jobs(all - 3), 6, 7, ["hiep-hung-2025"]]),
        "what an old unit owes is missing from its successor"
    );
    enter(&district, "cay-duong", &first_half("31396", &months(6..=6)));
    assert_eq!(stands(&district, "2a", "2025-06"), json!([jobs(15 * 6 * 3), 15, 15, []]));
    assert_eq!(stands(&district, "2a", "2025-12"), json!([jobs(all), 7, 7, []]));
    assert_eq!(stands(&district, "1a", "2025-12")[0], json!(["1337", "4"]), "15 × 10.5 + 7 × 25.25 = 334.25");
    assert_eq!(
        stands(&district, "3b", "2025-12")[0],
        json!(["80", "23"]),
        "levels are the successors' alone"
    );
    assert_eq!(stands(&district, "1b", "2025-12"), json!([["3602", "1"], 1, 1, []]));
    assert_eq!(district.target("5a", "2025-12")["failing"], json!([]));
    assert_the_year_before(&district);
    assert_screens(&district);
    district.verify();
}

/// The year before is the old units': what is compared with it goes through the lineage as well.
fn assert_the_year_before(district: &District) {
    let baseline =
        std::fs::read_to_string(repository("programmes/seven-communes-2025/baseline.csv")).unwrap();
    let crimes = |line: &&str| line.contains(",public_order_crimes,2024-0") && !line.contains("2024-09");
    let before: u32 =
        baseline.lines().filter(crimes).map(|l| l.rsplit(',').next().unwrap().parse::<u32>().unwrap()).sum();
    let target = district.target("4a", "2025-08");
    assert_eq!(target["previous"], json!([before.to_string(), "1"]));
    assert_eq!(target["actual"], json!([(15 * 6 + 7 * 2 * 2).to_string(), "1"]));
}

fn assert_screens(district: &District) {
    let explained = district.explain("2a", "2025-12");
    has(line_with(&explained, "Xã Hiệp Hưng (hiep-hung-2025)"), &["78", "đủ"]);
    let sources: Vec<&str> = explained.lines().filter(|line| line.contains("2025-06  ")).collect();
    assert!(
        sources.iter().any(|line| line.contains("Thị trấn Cây Dương") && line.contains("(huyện nhập thay)"))
    );
    let table = district.office().vi(&["progress", "--as-of", "2025-12"]).done();
    has(&table, &["Đây là chương trình ví dụ."]);
}

/// 31396 is the township Cây Dương until 30 June, and the commune Hiệp Hưng from 1 July.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_names_another_unit_after_the_merger() {
    let district = District::of("seven-communes-2025", "2025-08-20").await;
    let said = district.office().vi(&["enroll", "31396"]).failed();
    has(&said, &["«31396» là nhiều đơn vị trong năm; hãy ghi tên khóa: cay-duong, hiep-hung-2025"]);
    let [old, new] = [
        Commune::enrolled(&district, "cay-duong").await,
        Commune::enrolled(&district, "hiep-hung-2025").await,
    ];
    let periods = ["2025-06".to_owned(), "2025-07".to_owned()];
    let sheet = HEAD.to_owned() + &lines("31396", "monthly-report", &periods, &[("births", "9")]);
    for (commune, own) in [(&old, "2025-06"), (&new, "2025-07")] {
        let imported = commune.gom().import(sheet.as_bytes()).unwrap();
        assert_eq!((imported.figures, imported.others), (1, 1));
        assert_eq!(imported.drafts, [("monthly-report".to_owned(), own.parse().unwrap())]);
    }
    for (commune, period) in [(&old, "2025-07"), (&new, "2025-06")] {
        let said = commune.office().vi(&["set", "monthly-report", period, "births=9"]).failed();
        has(&said, &["không có đơn vị", "trong kỳ này"]);
    }
    for (commune, period, births) in [(&old, "2025-06", "9"), (&new, "2025-07", "8")] {
        commune.queue("monthly-report", period, &[("births", births), ("jobs_created", "1")]);
        assert!(commune.sync().await.is_settled());
        assert_eq!(commune.state("monthly-report", period), CellState::Accepted(1));
    }
    let exported = district.office().vi(&["export"]).done();
    has(&exported, &["31396,monthly-report,2025-06,births,9\n", "31396,monthly-report,2025-07,births,8\n"]);
    let csv = district.office().vi(&["totals", "--period", "2025-07", "--format", "csv"]).done();
    has(&csv, &["unit=hiep-hung-2025,monthly-report,2025-07,births,8,1,1"]);
    assert!(!csv.contains("unit=cay-duong"), "{csv}");
    district.verify();
}
