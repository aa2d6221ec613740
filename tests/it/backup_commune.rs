//! Backups of a commune's folder: made while it is used, gone back to, and put right by the next sync.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use gom_domain::greeting::fingerprint;
use gom_server::store::Journal;
use rusqlite::Connection;
use tests::commune::Counts;
use tests::program::has;
use tests::sheet::month_of;
use tests::{Commune, District, edit};

use super::backup::{UNITS, backed_up, communes, go_back, hand_in, papers, totals};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_goes_back_to_its_own_units_backups_only_and_says_what_it_sets_aside() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let neighbour = Commune::enrolled(&district, "31420").await;
    let [own, others] = ["own.db", "others.db"].map(|name| district.desk().join(name));
    let office = commune.office();
    has(&office.vi(&["backup", own.to_str().unwrap()]).done(), &["đơn vị hoa-an"]);
    neighbour.office().vi(&["backup", others.to_str().unwrap()]).done();
    commune.queue("society", "2024-02", &[("births", "17")]);
    commune.set("society", "2024-04", &[("births", "19")]);
    let said = office.vi(&["restore", "--replace", others.to_str().unwrap()]).failed();
    has(&said, &["thư mục này là của hoa-an", "hãy chọn bản sao của đúng đơn vị"]);
    assert_eq!(commune.counts().queued, 1, "nothing was changed");
    let said = office.vi(&["restore", "--replace", own.to_str().unwrap()]).done();
    has(&said, &["1 báo cáo chờ gửi và 1 bản nháp: chúng KHÔNG còn chờ ở đây nữa"]);
    let back = said.lines().find_map(|line| line.split_once("gom restore --replace ")).unwrap().1;
    has(&office.vi(&["restore", "--replace", back]).done(), &["1 báo cáo chờ gửi, 1 bản nháp."]);
    has(&office.vi(&["restore", commune.path().to_str().unwrap()]).failed(), &["đây là thư mục"]);
    std::fs::write(&own, "").unwrap();
    has(
        &office.vi(&["restore", "--replace", own.to_str().unwrap()]).failed(),
        &["không phải là bản sao lưu"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commune_that_goes_back_to_an_old_backup_gets_everything_again() {
    let district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    let office = commune.office();
    commune.hand_in_sheet(&month_of("31423", 1));
    commune.sync().await;
    commune.queue("society", "2024-02", &[("births", "17")]);
    commune.queue("society", "2024-03", &[("births", "18")]);
    commune.set("society", "2024-04", &[("births", "19")]);
    let backup = district.desk().join("commune.db");
    let said = office.en(&["backup", backup.to_str().unwrap()]).done();
    has(&said, &["(2 queued), 1 drafts", "verified: opened and checked."]);
    assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    has(&office.vi(&["backup", backup.to_str().unwrap()]).failed(), &["đã có tệp cùng tên"]);

    // What was queued goes out, and one of the forms is handed in again.
    commune.sync().await;
    commune.queue("society", "2024-02", &[("births", "21")]);
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.sync().await;
    let (count, told) = (district.submissions().len(), district.total("births", "2024-02"));

    has(
        &office.vi(&["restore", backup.to_str().unwrap()]).failed(),
        &["thư mục đã có dữ liệu; thêm --replace"],
    );
    for round in 1..=2 {
        let said = office.vi(&["restore", "--replace", backup.to_str().unwrap()]).done();
        has(
            &said,
            &["Đã phục hồi đơn vị hoa-an: 2 báo cáo chờ gửi, 1 bản nháp.", "Dữ liệu trước đó còn nguyên ở "],
        );
        commune.switch_off_and_on();
        let report = commune.sync().await;
        assert!(report.is_settled(), "round {round}: {report:?}");
        commune.switch_off_and_on();
        assert_eq!(commune.counts().conflicts, 0, "what was handed in is known again");
        assert_eq!(commune.figures("society", "2024-05")[0], "24", "what came after the backup is there");
        assert_eq!(commune.figures("society", "2024-02")[0], "21");
        assert_eq!(commune.counts().drafts, 1);
        assert_eq!((district.total("births", "2024-02"), told.as_str()), (told.clone(), "21"));
        let repeats = 2 * round;
        assert!(district.submissions().len() <= count + repeats, "repeats are known");
        district.verify();
    }
}

/// What was queued in the backup and never sent is accepted, or shows as a conflict where others came before it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_queued_in_a_communes_backup_is_accepted_or_conflicts() {
    let district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    let second = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.queue("society", "2024-06", &[("births", "25")]);
    let backup = district.desk().join("commune.db");
    commune.office().vi(&["backup", backup.to_str().unwrap()]).done();
    second.queue("society", "2024-05", &[("births", "30")]);
    second.sync().await;
    std::fs::remove_dir_all(commune.path()).unwrap();
    let said = commune.office().vi(&["restore", backup.to_str().unwrap()]).done();
    assert!(!said.contains("còn nguyên ở"), "{said}");
    commune.switch_off_and_on();
    let report = commune.sync().await;
    assert_eq!((report.accepted, report.refused.len()), (1, 1), "{report:?}");
    assert_eq!(commune.counts(), Counts { accepted: 1, conflicts: 1, ..Counts::default() });
    assert_eq!([district.total("births", "2024-05"), district.total("births", "2024-06")], ["30", "25"]);
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_communes_damaged_newer_or_foreign_backup_is_refused_whole() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.hand_in_sheet(&month_of("31423", 1));
    commune.sync().await;
    let backup = district.desk().join("commune.db");
    commune.office().vi(&["backup", backup.to_str().unwrap()]).done();
    let whole = std::fs::read(&backup).unwrap();
    let edited = |sql: &str| {
        let file = district.desk().join("edited.db");
        std::fs::write(&file, &whole).unwrap();
        edit::spoil(&Connection::open(&file).unwrap(), sql);
        std::fs::read(&file).unwrap()
    };
    let books = std::fs::read(backed_up(&district, "books-copy.db")).unwrap();
    let cases = [
        (whole[..whole.len() - 4096].to_vec(), "tệp bị hỏng"),
        (edited("update operation set body = x'00' where id = (select min(id) from operation)"), "bị hỏng"),
        (edited("pragma user_version = 99"), "do phiên bản gom mới hơn ghi"),
        (books, "tệp này không phải là bản sao lưu của gom"),
    ];
    let papers_before = papers(&commune);
    for (bytes, why) in cases {
        let file = district.desk().join("bad.db");
        std::fs::write(&file, bytes).unwrap();
        let said = commune.office().vi(&["restore", "--replace", file.to_str().unwrap()]).failed();
        has(&said, &["lỗi: ", why]);
        assert!(!commune.path().join("restoring.db").exists());
    }
    assert_eq!(papers(&commune), papers_before);
    assert!(commune.sync().await.is_settled());
}

/// Every body in the books is there once, whatever was restored.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_commune_at_a_restored_district_counts_nothing_twice() {
    let mut district = District::open().await;
    let mut communes = communes(&district).await;
    hand_in(&communes, 1..=2).await;
    let of_district = backed_up(&district, "district.db");
    let of_commune = district.desk().join("commune.db");
    communes[0].office().vi(&["backup", of_commune.to_str().unwrap()]).done();
    hand_in(&communes, 3..=4).await;
    let before = totals(&district);
    go_back(&mut district, &mut communes, &of_district).await;
    communes[1].sync().await;
    communes[0].office().vi(&["restore", "--replace", of_commune.to_str().unwrap()]).done();
    communes[0].switch_off_and_on();
    assert!(communes[0].sync().await.is_settled());
    assert!(communes[2].sync().await.is_settled());
    // March and April of the first are gone on both sides: they were in neither backup.
    for month in 3..=4 {
        communes[0].hand_in_sheet(&month_of(UNITS[0], month));
    }
    assert!(communes[0].sync().await.is_settled());
    assert_eq!(totals(&district), before);
    let mut bodies: Vec<_> = Vec::new();
    let mut books = district.folder().read().unwrap();
    let keep = &mut |row: gom_server::store::SubmissionRow| {
        if row.repeats.is_none() {
            bodies.push(fingerprint(&row.body));
        }
        Ok(())
    };
    books.each_submission(u64::MAX, keep).unwrap();
    let all = bodies.len();
    bodies.sort_unstable();
    bodies.dedup();
    assert_eq!(bodies.len(), all);
    district.verify();
}

/// Killed at any moment there is the old database or the new one, and the next sync puts everything right.
#[tokio::test(flavor = "multi_thread")]
async fn a_communes_restore_that_is_killed_is_brought_to_its_end_or_has_not_begun() {
    let district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    commune.hand_in_sheet(&month_of("31423", 1));
    commune.sync().await;
    let backup = district.desk().join("commune.db");
    commune.office().vi(&["backup", backup.to_str().unwrap()]).done();
    commune.hand_in_sheet(&month_of("31423", 2));
    commune.sync().await;
    for round in 0..8_u64 {
        let mut command = std::process::Command::new(commune.office().path());
        command.args(["restore", "--replace"]).arg(&backup).env("GOM_DATA", commune.path());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(4 + 12 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let said = commune.office().vi(&["sync"]).done();
        assert!(!said.contains("bị hỏng"), "{said}");
        commune.switch_off_and_on();
        assert_eq!(commune.figures("society", "2024-02"), commune_of(&district).await);
    }
    district.verify();
}

/// The figures of society in February as another computer of the unit is told them.
async fn commune_of(district: &District) -> Vec<String> {
    Commune::enrolled(district, "31423").await.figures("society", "2024-02")
}
