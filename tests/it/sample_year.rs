//! The sample year: fifteen communes hand in nine months, and the district knows how every target stands.

use serde_json::Value;
use tests::program::{has, line_with};
use tests::sheet::{month_of, sample_year};
use tests::{Commune, District, repository};

/// The units that report, by their codes.
const UNITS: [&str; 15] = [
    "31393", "31396", "31399", "31402", "31405", "31408", "31417", "31420", "31423", "31426", "31429",
    "31432", "31433", "31435", "31438",
];

/// Fills in and hands in what ends with a month, everywhere.
async fn hand_in(communes: &[Commune], month: u8) {
    for commune in communes {
        let queued = commune.hand_in_sheet(&month_of(&commune.code, month));
        let report = commune.sync().await;
        assert_eq!((report.handed_in, report.accepted), (queued as u64, queued as u64));
        assert!(report.is_settled());
    }
}

fn expected(as_of: &str) -> Vec<Value> {
    let path = repository("tests/data").join(format!("expected-{as_of}.jsonl"));
    let lines = std::fs::read_to_string(path).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every field that is given is compared, in the order of the targets.
fn assert_as_expected(as_of: &str, targets: &[Value]) {
    let expected = expected(as_of);
    assert_eq!((expected.len(), targets.len()), (46, 46));
    for (wanted, found) in expected.iter().zip(targets) {
        for (field, value) in wanted.as_object().unwrap() {
            assert_eq!(&found[field], value, "{as_of} {} {field}: {found}", wanted["ref"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_communes_hand_in_the_sample_year() {
    let district = District::of("phung-hiep-2024", "2024-01-10").await;
    let mut communes = Vec::new();
    for code in UNITS {
        communes.push(Commune::enrolled(&district, code).await);
    }
    let mut in_april = Vec::new();
    let mut then = 0;
    for month in 1..=9 {
        // Budget revenue follows calendar months and comes last, so the reports of a month are in by the 5th of the next.
        district.clock.turn_to(&format!("2024-{:02}-05", month + 1));
        hand_in(&communes, month).await;
        if month == 3 {
            (in_april, then) = (district.progress("2024-03"), district.commit());
        }
    }
    district.verify();
    for as_of in ["2024-03", "2024-06", "2024-09"] {
        assert_as_expected(as_of, &district.progress(as_of));
    }
    assert_export_is_the_sample(&district);
    assert_eq!(district.progress_at("2024-03", then), in_april, "what stood in April");
    let later = district.office().en(&["progress", "--as-of", "2024-03", "--at", "999999"]).failed();
    has(&later, &["error: the books have no commit 999999"]);
    assert_screens(&district, &communes);
}

fn assert_export_is_the_sample(district: &District) {
    let exported = district.office().vi(&["export"]).done();
    let mut exported: Vec<&str> = exported.lines().collect();
    assert_eq!(exported.remove(0), "unit,form,period,element,value");
    exported.sort_unstable();
    let mut sample = sample_year();
    sample.sort_unstable();
    assert_eq!(exported, sample);
}

/// What the two officers see at the end of the year's third quarter.
fn assert_screens(district: &District, communes: &[Commune]) {
    let table = district.office().vi(&["progress", "--as-of", "2024-09"]).done();
    has(&table, &["tính đến hết kỳ 2024-09", "* số tạm tính", "số liệu giả lập"]);
    has(line_with(&table, " 9a "), &["≥ 450 người", "333", "337,5", "14/15 *", "có nguy cơ"]);
    has(line_with(&table, "Xã Hòa An"), &["40/40"]);
    let missing = "economy 2024-09, budget 2024-09, society 2024-09";
    has(line_with(&table, "Xã Long Thạnh"), &["37/40", missing]);
    let hoa_an = communes.iter().find(|commune| commune.code == "31423").unwrap();
    let counts = hoa_an.counts();
    assert_eq!((counts.queued, counts.rejected, counts.conflicts), (0, 0, 0));
    let receipts = hoa_an.office().vi(&["receipts"]).done();
    assert_eq!(receipts.lines().filter(|line| line.contains("được nhận")).count() as u64, counts.accepted);
}
