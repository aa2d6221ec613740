//! Backups: made while communes hand in, counted only once they are verified, and gone back to without losing anything.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gom_server::backup::schedule::Schedule;
use gom_server::folder::Folder;
use gom_server::memory::Memory;
use rusqlite::Connection;
use serde_json::Value;
use tests::program::has;
use tests::sheet::month_of;
use tests::{Commune, District, Program, Serving, repository, until};

pub(super) const UNITS: [&str; 3] = ["31423", "31420", "31399"];

pub(super) async fn communes(district: &District) -> Vec<Commune> {
    let mut communes = Vec::new();
    for unit in UNITS {
        communes.push(Commune::enrolled(district, unit).await);
    }
    communes
}

/// Every commune hands in months of the sample year and syncs.
pub(super) async fn hand_in(communes: &[Commune], months: std::ops::RangeInclusive<u8>) {
    for commune in communes {
        for month in months.clone() {
            commune.hand_in_sheet(&month_of(&commune.code, month));
        }
        assert!(commune.sync().await.is_settled());
    }
}

/// A verified backup of the books as they stand.
pub(super) fn backed_up(district: &District, name: &str) -> PathBuf {
    let file = district.desk().join(name);
    district.office().vi(&["backup", file.to_str().unwrap()]).done();
    file
}

/// Stops, goes back to a backup, and serves again at another address, which the communes learn.
pub(super) async fn go_back(district: &mut District, communes: &mut [Commune], backup: &Path) -> String {
    district.stop().await;
    let said = district.office().en(&["restore", "--replace", backup.to_str().unwrap()]).done();
    district.start().await;
    communes.iter_mut().for_each(|commune| commune.call(district.url()));
    said
}

/// Books that were set aside.
fn asides(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut asides: Vec<PathBuf> =
        paths.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("books-")).collect();
    asides.sort();
    asides
}

/// What a commune's officer has in hand: each report with what the district said of it.
pub(super) fn papers(commune: &Commune) -> Vec<(String, String)> {
    let receipts = commune.gom().receipts().unwrap();
    let mut papers: Vec<_> = receipts
        .into_iter()
        .map(|view| (format!("{:?}", view.fingerprint), format!("{:?}", view.receipt.ruling.verdict)))
        .collect();
    papers.sort();
    papers
}

/// All totals of the year, as programs read them.
pub(super) fn totals(district: &District) -> Vec<String> {
    let read = |month: u8| {
        let period = format!("2024-{month:02}");
        district.office().vi(&["totals", "--period", &period, "--format", "csv"]).done()
    };
    (1..=9).map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_communes_hand_in_and_holds_one_commit() {
    let district = District::open().await;
    let communes = communes(&district).await;
    for commune in &communes {
        for month in 1..=9 {
            commune.hand_in_sheet(&month_of(&commune.code, month));
        }
    }
    let (one, other) = (district.desk().join("one.db"), district.desk().join("other.db"));
    let office = district.office();
    let backups = tokio::task::spawn_blocking(move || {
        [one, other].map(|file| (office.en(&["backup", file.to_str().unwrap()]).done(), file))
    });
    for commune in &communes {
        assert!(commune.sync().await.is_settled());
    }
    for (said, file) in backups.await.unwrap() {
        has(&said, &["verified: opened and recounted, everything agrees.", "up to commit "]);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let folder = district.desk().join("opened");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(&file, folder.join("books.db")).unwrap();
        has(&Program::gom_server(&folder).vi(&["verify"]).done(), &["Mọi số tổng hợp đều khớp."]);
    }
    let file = district.desk().join("one.db");
    let said = district.office().vi(&["backup", file.to_str().unwrap()]).failed();
    has(&said, &["lỗi: ", "one.db: đã có tệp cùng tên ở đây; hãy chọn tên khác"]);
    let nowhere = district.desk().join("nowhere/at/all.db");
    has(
        &district.office().vi(&["backup", nowhere.to_str().unwrap()]).failed(),
        &["không có tệp hoặc thư mục"],
    );
    let left: Vec<String> = std::fs::read_dir(district.desk())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("partial") || name.contains("-wal"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_of_yesterdays_backup_nothing_is_lost() {
    let mut district = District::open().await;
    let mut communes = communes(&district).await;
    hand_in(&communes, 1..=3).await;
    let backup = backed_up(&district, "yesterday.db");
    hand_in(&communes, 4..=6).await;
    communes[0].queue("society", "2024-02", &[("births", "17")]);
    communes[0].sync().await;
    let late = Commune::enrolled(&district, "31417").await;
    late.hand_in_sheet(&month_of("31417", 5));
    late.sync().await;
    communes.push(late);
    communes[1].queue("society", "2024-07", &[("births", "9")]);
    let (before, count) = (totals(&district), district.submissions().len());
    let held: Vec<_> = communes.iter().map(papers).collect();

    let said = go_back(&mut district, &mut communes, &backup).await;
    has(&said, &["The books stand restored at commit ", "a new history begins with commit "]);
    has(&said, &["The books that were there are kept as ", "gom-server go-on --note"]);
    assert!(district.submissions().len() < count);
    for commune in &communes {
        let report = commune.sync().await;
        assert!(report.is_settled(), "{}: {report:?}", commune.code);
    }
    assert_eq!(communes[1].state("society", "2024-07"), gom::show::CellState::Accepted(1));
    assert_eq!(district.submissions().len(), count + 1, "nothing is lost, nothing counted twice");
    assert_eq!(totals(&district)[..6], before[..6]);
    for (commune, held) in communes.iter().zip(held) {
        let now = papers(commune);
        assert!(held.iter().all(|paper| now.contains(paper)), "{}", commune.code);
    }
    district.verify();

    let status = district.office().en(&["status"]).done();
    has(&status, &["it goes on from a backup", "wait for what communes give back"]);
    let said = district.office().vi(&["go-on", "--note", "mọi xã đã đồng bộ"]).done();
    has(&said, &["Sổ đi tiếp, không chờ những gì còn thiếu nữa"]);
    has(&district.office().vi(&["go-on", "--note", "lần nữa"]).failed(), &["sổ không chờ gì cả"]);
    has(&district.office().vi(&["go-on", "--note", " "]).failed(), &["cần ghi vì sao sổ đi tiếp (--note)"]);
    assert!(!district.office().en(&["status"]).done().contains("it goes on from a backup"));
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_restores_in_a_row_lose_nothing() {
    let mut district = District::open().await;
    let mut communes = communes(&district).await;
    hand_in(&communes, 1..=2).await;
    let backup = backed_up(&district, "first.db");
    hand_in(&communes, 3..=4).await;
    let (before, count) = (totals(&district), district.submissions().len());
    go_back(&mut district, &mut communes, &backup).await;
    // One gives back, then it happens again.
    assert!(communes[0].sync().await.is_settled());
    go_back(&mut district, &mut communes, &backup).await;
    for commune in &communes {
        assert!(commune.sync().await.is_settled(), "{}", commune.code);
    }
    assert_eq!((totals(&district), district.submissions().len()), (before, count));
    district.verify();
    assert_eq!(asides(&district.path()).len(), 2, "what was there is never deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_is_refused_while_a_server_runs_and_where_books_are() {
    let mut district = District::open().await;
    let communes = communes(&district).await;
    hand_in(&communes, 1..=1).await;
    let backup = backed_up(&district, "b.db");
    let backup = backup.to_str().unwrap();
    let said = district.office().vi(&["restore", "--replace", backup]).failed();
    has(&said, &["một tiến trình khác đang dùng sổ; dừng tiến trình đó rồi làm lại"]);
    assert!(communes[0].sync().await.is_settled(), "the server goes on");
    district.stop().await;
    let said = district.office().vi(&["restore", backup]).failed();
    has(&said, &["thư mục đã có sổ; thêm --replace"]);
    let before = std::fs::read(district.path().join("books.db")).unwrap();
    let elsewhere = district.desk().join("new-machine");
    let said = Program::gom_server(&elsewhere).vi(&["restore", backup]).done();
    has(&said, &["Đã phục hồi sổ đến lần ghi "]);
    assert!(!said.contains("còn nguyên ở"), "{said}");
    has(&Program::gom_server(&elsewhere).vi(&["verify"]).done(), &["Mọi số tổng hợp đều khớp."]);
    assert!(std::fs::read(district.path().join("books.db")).unwrap() == before);
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_newer_and_foreign_backups_are_refused_whole() {
    let mut district = District::open().await;
    let communes = communes(&district).await;
    hand_in(&communes, 1..=3).await;
    let backup = backed_up(&district, "good.db");
    district.stop().await;
    let books = || std::fs::read(district.path().join("books.db")).unwrap();
    let (whole, before) = (std::fs::read(&backup).unwrap(), books());
    let edited = |sql: &str| {
        let file = district.desk().join("edited.db");
        std::fs::write(&file, &whole).unwrap();
        Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        std::fs::read(&file).unwrap()
    };
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle..middle + 4 * 4096].iter_mut().for_each(|byte| *byte ^= 0xff);
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("half", whole[..whole.len() / 2].to_vec(), "không phải là bản sao lưu nguyên vẹn"),
        ("one page short", whole[..whole.len() - 4096].to_vec(), "không phải là bản sao lưu nguyên vẹn"),
        ("flipped", flipped, ""),
        ("empty", Vec::new(), "không phải sổ của huyện"),
        ("a letter", "a letter to the district ".repeat(400).into_bytes(), "không phải sổ của huyện"),
        ("newer", edited("pragma user_version = 99"), "sổ do phiên bản mới hơn ghi"),
        (
            "edited",
            edited("update commits set head = zeroblob(32) where last_seq = 3"),
            "chuỗi kiểm không khớp",
        ),
    ];
    for (name, bytes, why) in cases {
        let file = district.desk().join("bad.db");
        std::fs::write(&file, &bytes).unwrap();
        let said = district.office().vi(&["restore", "--replace", file.to_str().unwrap()]);
        assert_eq!(said.code, Some(1), "{name}: {said:?}");
        has(&said.err, &["lỗi: ", why]);
        assert!(books() == before, "{name}: the books are as they were");
        assert!(std::fs::read(&file).unwrap() == bytes, "{name}: and so is the file");
        let left = ["restoring.db", "restoring.db-wal", "restoring.db-shm"];
        assert!(left.iter().all(|left| !district.path().join(left).exists()), "{name}");
    }
    district.verify();
}

/// Damaged books give no backup, and an earlier one takes their place.
#[tokio::test(flavor = "multi_thread")]
async fn books_that_cannot_be_read_give_no_backup_and_are_set_aside() {
    let mut district = District::open().await;
    let mut communes = communes(&district).await;
    hand_in(&communes, 1..=2).await;
    let backup = backed_up(&district, "good.db");
    hand_in(&communes, 3..=3).await;
    let (before, count) = (totals(&district), district.submissions().len());
    district.stop().await;
    let books = district.path().join("books.db");
    let mut bytes = std::fs::read(&books).unwrap();
    bytes[..100].fill(0);
    std::fs::write(&books, &bytes).unwrap();
    let file = district.desk().join("bad.db");
    assert_eq!(district.office().vi(&["backup", file.to_str().unwrap()]).code, Some(1));
    assert!(!file.exists());
    let said = district.office().en(&["restore", "--replace", backup.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{said:?}");
    has(&said.out, &["books-unreadable-"]);
    district.start().await;
    for commune in &mut communes {
        commune.call(district.url());
        assert!(commune.sync().await.is_settled());
    }
    assert_eq!((totals(&district), district.submissions().len()), (before, count));
    district.verify();
}

/// Killed at any moment there are the old books or the new ones.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_leaves_the_old_books_or_the_new_ones() {
    let mut district = District::open().await;
    let communes = communes(&district).await;
    hand_in(&communes, 1..=1).await;
    let backup = backed_up(&district, "b.db");
    hand_in(&communes, 2..=2).await;
    district.stop().await;
    let history = |memory: &Memory| (memory.history, memory.last.unwrap().last_seq);
    let mut before = history(&district.memory());
    let (mut old, mut new) = (0, 0);
    for round in 0..12_u64 {
        let mut command = std::process::Command::new(district.office().path());
        command.args(["restore", "--replace"]).arg(&backup).env("GOM_DATA", district.path());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(5 + 25 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        district.verify();
        let now = history(&district.memory());
        if now == before {
            old += 1;
        } else {
            assert!(district.memory().restored, "the new ones go by a new history");
            (new, before) = (new + 1, now);
        }
    }
    assert!(old > 0, "{old} {new}");
    district.office().vi(&["restore", "--replace", backup.to_str().unwrap()]).done();
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_district_sees_how_it_stands_and_is_warned_without_a_backup() {
    let district = District::open().await;
    let communes = communes(&district).await;
    hand_in(&communes, 1..=1).await;
    let said = district.office().vi(&["status"]).done();
    has(&said, &["Lần ghi cuối", "Xã Hòa An", "cảnh báo: chưa có bản sao lưu nào được kiểm tra"]);
    let backup = backed_up(&district, "b.db");
    let said = district.office().vi(&["status"]).done();
    assert!(!said.contains("chưa có bản sao lưu"), "{said}");
    let status = |district: &District| -> Value {
        serde_json::from_str(&district.office().en(&["status", "--format", "json"]).done()).unwrap()
    };
    let said = status(&district);
    assert_eq!(said["submissions"], district.submissions().len());
    assert_eq!(said["commit"], district.commit());
    assert_eq!(said["backup"]["commit"], district.commit());
    assert_eq!(said["backup"]["file"], backup.canonicalize().unwrap().to_str().unwrap());
    assert_eq!(said["devices"].as_array().unwrap().len(), UNITS.len());
    assert_eq!(said["restored"], false);
    // Three days later, by the note of it.
    let list = district.path().join("backups.jsonl");
    let mut noted: Value = serde_json::from_str(std::fs::read_to_string(&list).unwrap().trim()).unwrap();
    noted["at_ms"] = (noted["at_ms"].as_i64().unwrap() - 3 * 86_400_000).into();
    std::fs::write(&list, format!("{noted}\n")).unwrap();
    has(&district.office().en(&["status"]).done(), &["warning: the last verified backup is 3 d old"]);
    has(&status(&district)["warnings"].to_string(), &["verified backup is 3 d old"]);
}

/// One backup by a clock that is a year ahead takes none of the others away, and hides nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_by_a_wrong_clock_is_one_of_many() {
    let district = District::open().await;
    let place = district.desk().join("backups");
    let schedule = Schedule { place: place.clone(), every_ms: 86_400_000, keep: 3 };
    let folder = Folder::new(district.path());
    let glance = |day: &str| {
        district.clock.turn_to(day);
        schedule.glance(&folder, &district.clock.world()).unwrap().map(|made| made.file)
    };
    let days = ["2024-10-16", "2024-10-17", "2025-10-18"].map(|day| glance(day).unwrap());
    district.clock.turn_to("2024-10-18");
    let said = district.office().vi(&["status", "--format", "json"]).done();
    assert!(days.iter().all(|file| file.is_file()), "{said}");
    let right = glance("2024-10-18").expect("one by a wrong clock is not taken for a new one");
    assert_eq!(glance("2024-10-18"), None, "it is not made again and again");
    let left: Vec<bool> = days.iter().map(|file| file.is_file()).collect();
    assert_eq!(left, [false, true, true], "the oldest goes, in the order of making");
    assert!(right.is_file());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_makes_backups_by_itself_and_keeps_so_many() {
    let home = tempfile::TempDir::new().unwrap();
    let (books, place) = (home.path().join("district"), home.path().join("elsewhere"));
    let office = Program::gom_server(&books);
    let programme = repository("programmes/phung-hiep-2024");
    office.vi(&["init", "--programme", programme.to_str().unwrap()]).done();
    let settings =
        format!("backup_folder = \"{}\"\nbackup_hours = \"0.0003\"\nbackup_keep = \"3\"\n", place.display());
    std::fs::create_dir_all(&place).unwrap();
    let others = ["books-7-20240101-000000.db", "letter.txt"];
    others.iter().for_each(|other| std::fs::write(place.join(other), "not the server's own").unwrap());
    std::fs::write(place.join("books-7-20240101-000000.db.partial"), "cut short").unwrap();
    std::fs::write(books.join("settings.toml"), &settings).unwrap();
    let serving = Serving::start(&books);
    let made = || -> Vec<Value> {
        let notes = std::fs::read_to_string(books.join("backups.jsonl")).unwrap_or_default();
        notes.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    until("five backups", Duration::from_secs(40), || made().len() >= 5).await;
    assert!(serving.terminate().success());
    let names = || -> Vec<String> {
        let entries = std::fs::read_dir(&place).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with(".partial")).collect();
        names.sort();
        names
    };
    let own: Vec<String> = names().into_iter().filter(|name| !others.contains(&name.as_str())).collect();
    assert!((3..=4).contains(&own.len()), "a stop may come before the oldest is taken away: {own:?}");
    assert!(others.iter().all(|other| names().contains(&(*other).to_owned())), "only its own: {:?}", names());
    assert!(!place.join("books-7-20240101-000000.db.partial").exists(), "what was cut short is cleared away");
    let newest = made().pop().unwrap();
    assert_eq!(newest["scheduled"], true);
    let elsewhere = home.path().join("new-machine");
    Program::gom_server(&elsewhere).vi(&["restore", newest["file"].as_str().unwrap()]).done();
    has(&Program::gom_server(&elsewhere).vi(&["verify"]).done(), &["Mọi số tổng hợp đều khớp."]);
    std::fs::write(books.join("settings.toml"), "backup_folder = \"x\"\nbackup_hours = \"often\"\n").unwrap();
    has(&office.vi(&["status"]).failed(), &["backup_hours không nhận giá trị «often»; viết số giờ"]);
}

/// The server was killed: its last commits are in the log only. They are set aside with the rest, and the log of the old
/// books is never taken for one of the new.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_killed_server_is_set_aside_with_its_books() {
    let mut district = District::open().await;
    let communes = communes(&district).await;
    hand_in(&communes, 1..=1).await;
    let backup = backed_up(&district, "b.db");
    district.stop().await;
    let serving = Serving::start(&district.path());
    for commune in &communes {
        commune.hand_in_sheet(&month_of(&commune.code, 2));
        commune.sync_at(&serving.url).await.unwrap();
    }
    serving.kill();
    let log = std::fs::metadata(district.path().join("books.db-wal")).unwrap().len();
    assert!(log > 0, "the story needs a log");
    let before = district.commit();
    district.office().vi(&["restore", "--replace", backup.to_str().unwrap()]).done();
    let restored = district.commit();
    assert!(restored < before);
    let [aside] = &asides(&district.path())[..] else { panic!("{:?}", asides(&district.path())) };
    assert!(aside.file_name().unwrap().to_str().unwrap().starts_with(&format!("books-{before}-")));
    let opened = district.desk().join("opened");
    // What was set aside is a backup as well.
    Program::gom_server(&opened).vi(&["restore", aside.to_str().unwrap()]).done();
    let last = Folder::new(&opened).last_commit().unwrap();
    assert_eq!(last, before + 1, "all of it, and the new history");
    district.verify();
}
