//! Who did what: an officer names himself once, and the district's journal names whoever changes something.

use serde_json::Value;
use tests::program::has;
use tests::{Commune, District};

#[tokio::test(flavor = "multi_thread")]
async fn each_report_bears_the_name_of_its_officer() {
    let district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    let other = Commune::enrolled(&district, "31423").await;
    let office = commune.office();
    has(&office.vi(&["name"]).out, &["Chưa ghi tên"]);
    office.vi(&["set", "society", "2024-05", "births=24"]).done();
    let said = office.vi(&["submit", "--all", "--note", "đúng"]);
    has(&said.err, &["gom name"]);
    for bad in ["", "  ", &"x".repeat(101), "hai\u{7}chuông"] {
        has(&office.vi(&["name", bad]).failed(), &["tên phải có từ 1 đến 100 ký tự"]);
    }
    has(&office.vi(&["name", " Cán bộ  văn phòng "]).done(), &["mang tên Cán bộ văn phòng."]);
    office.vi(&["set", "society", "2024-05", "births=25"]).done();
    let said = office.vi(&["submit", "--all", "--note", "đúng"]);
    assert!(!said.err.contains("gom name"), "{}", said.err);
    commune.sync().await;
    other.sync().await;
    has(
        &other.office().vi(&["show", "society", "2024-05"]).done(),
        &["máy khác của đơn vị (Cán bộ văn phòng)"],
    );
    let exported = district.office().vi(&["export", "--history"]).done();
    has(exported.lines().next().unwrap(), &["reason,officer"]);
    let births: Vec<&str> = exported.lines().filter(|line| line.contains(",births,")).collect();
    assert!(births[0].ends_with(',') && births[1].ends_with(",Cán bộ văn phòng"), "{births:?}");

    // A database that has to be made anew does not forget it.
    std::fs::remove_file(commune.path().join("gom.db")).unwrap();
    office.vi(&["sync"]).done();
    commune.switch_off_and_on();
    has(&office.vi(&["name"]).done(), &["Cán bộ văn phòng"]);
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_names_whoever_changes_something() {
    let mut district = District::open().await;
    let office = district.office();
    let (user, variable) = ("chi-hai", "USER");
    let code = office.command("vi", &["enroll", "31423"]).env(variable, user).output().unwrap();
    assert!(code.status.success());
    district.stop().await;
    office.vi(&["enroll", "31420"]).done();
    let listed = office.vi(&["journal", "--format", "json"]).done();
    let changes: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let issued: Vec<&Value> = changes.iter().filter(|change| change["kind"] == "code").collect();
    assert_eq!(issued.len(), 2);
    let whoever = issued[1]["who"].as_str().unwrap();
    assert!(!whoever.is_empty(), "with and without a server: {issued:?}");
    assert_eq!(issued[0]["who"], issued[1]["who"], "the system says who, not the environment");
    has(&office.vi(&["journal"]).done(), &["cấp mã ghi danh", whoever]);
    district.start().await;
    district.verify();
}
