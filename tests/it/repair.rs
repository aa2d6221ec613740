//! A commune's database is damaged: it is set aside, nothing that can be read is lost, and the officer is told.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tests::program::has;
use tests::proof::chance::Chance;
use tests::sheet::month_of;
use tests::{Commune, District, edit};

/// A district and a commune that has handed in a quarter, and has two reports queued and a draft.
async fn with_work() -> (District, Commune) {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    for month in 1..=3 {
        commune.hand_in_sheet(&month_of("31423", month));
    }
    commune.sync().await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.queue("society", "2024-06", &[("births", "25")]);
    commune.set("society", "2024-07", &[("births", "26")]);
    commune.gom().explain("society", "2024-07", &[("limits", "births", "hai tháng")]).unwrap();
    (district, commune)
}

fn database(commune: &Commune) -> PathBuf {
    commune.path().join("gom.db")
}

/// Brings the log into the file, so that damage to the file meets all of it.
fn settle(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).unwrap();
    connection
}

/// Spoils the page where a table begins. Returns the damaged file's bytes.
fn spoil(commune: &Commune, table: &str) -> Vec<u8> {
    let page: u32 = {
        let connection = settle(&database(commune));
        let sql = "select rootpage from sqlite_schema where name = ?";
        connection.query_row(sql, [table], |row| row.get(0)).unwrap()
    };
    let mut bytes = std::fs::read(database(commune)).unwrap();
    let start = (page as usize - 1) * 4096;
    bytes[start..start + 64].fill(0xa5);
    std::fs::write(database(commune), &bytes).unwrap();
    bytes
}

/// The folders that hold what was set aside.
fn asides(commune: &Commune) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(commune.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut asides: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    asides.sort();
    asides
}

/// What must hold once the folder was mended and synced: all three reports are there, and the totals are right.
async fn is_whole(district: &District, commune: &mut Commune, accepted_before: u64) {
    commune.switch_off_and_on();
    let counts = commune.counts();
    assert_eq!((counts.queued, counts.rejected, counts.conflicts), (0, 0, 0), "{counts:?}");
    assert_eq!(district.total("births", "2024-05"), "24");
    assert_eq!(district.total("births", "2024-06"), "25");
    assert_eq!(district.submissions().len() as u64, accepted_before + 2, "nothing was counted twice");
    assert_eq!(commune.figures("society", "2024-02"), figures_at_the_district(district).await);
    assert!(commune.sync().await.is_settled());
    district.verify();
}

/// The figures of society in February as another computer of the unit is told them.
async fn figures_at_the_district(district: &District) -> Vec<String> {
    Commune::enrolled(district, "31423").await.figures("society", "2024-02")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_is_set_aside_and_all_that_can_be_read_is_kept() {
    let (district, mut commune) = with_work().await;
    let before = district.submissions().len() as u64;
    let bytes = spoil(&commune, "receipt");

    let office = commune.office();
    let said = office.vi(&["show"]).failed();
    has(&said, &["lỗi: dữ liệu trong thư mục bị hỏng", "hãy chạy gom sync"]);
    let said = office.vi(&["sync"]).done();
    has(&said, &["Dữ liệu trên máy bị hỏng: tệp hỏng được cất nguyên ở ", "và 1 bản nháp."]);
    let [aside] = &asides(&commune)[..] else { panic!("{:?}", asides(&commune)) };
    assert!(aside.file_name().unwrap().to_str().unwrap().starts_with("damaged-"));
    assert!(said.contains(aside.to_str().unwrap()), "{said}");
    assert!(std::fs::read(aside.join("gom.db")).unwrap() == bytes, "it is kept as it was");
    let mode = std::fs::metadata(aside).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);

    commune.switch_off_and_on();
    assert_eq!(commune.counts().drafts, 1);
    assert_eq!(commune.figures("society", "2024-07")[0], "26");
    assert_eq!(notes(&commune), ["hai tháng"]);
    assert_eq!(district.total("births", "2024-05"), "24");
    let said = office.vi(&["sync"]).done();
    assert!(!said.contains("bị hỏng"), "once is enough: {said}");
    is_whole(&district, &mut commune, before).await;
}

fn notes(commune: &Commune) -> Vec<String> {
    commune.gom().form("society", "2024-07").unwrap().notes.into_values().collect()
}

/// Figures are worth keeping without what was said to them.
#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_was_changed_takes_no_figure_with_it() {
    let (_district, mut commune) = with_work().await;
    let connection = settle(&database(&commune));
    edit::spoil(&connection, "update draft_note set text = 'một tháng'");
    assert_eq!(connection.changes(), 1);
    drop(connection);
    let said = commune.office().en(&["sync"]).done();
    has(&said, &["The data on this computer was damaged", "drafts 1."]);
    commune.switch_off_and_on();
    assert_eq!(commune.figures("society", "2024-07")[0], "26");
    assert_eq!(notes(&commune), Vec::<String>::new(), "what nobody wrote is not shown as his");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_report_whose_body_was_changed_only_that_one_is_lost_and_it_is_said() {
    let (district, commune) = with_work().await;
    let connection = settle(&database(&commune));
    let sql =
        "update operation set body = zeroblob(length(body)) where id = (select max(operation) from outbox)";
    edit::spoil(&connection, sql);
    assert_eq!(connection.changes(), 1);
    drop(connection);
    let said = commune.office().en(&["sync"]).done();
    has(
        &said,
        &[
            "The data on this computer was damaged",
            "Saved from it: queued reports 1, drafts 1.",
            "Reports or drafts that could not be read: 1; check and enter them again.",
        ],
    );
    // The officer's program was open all the while: it goes on with the new database.
    assert_eq!(
        (district.total("births", "2024-05"), district.total("births", "2024-06")),
        ("24".to_owned(), "–".to_owned())
    );
    commune.queue("society", "2024-06", &[("births", "25")]);
    assert!(commune.sync().await.is_settled());
    assert_eq!(district.total("births", "2024-06"), "25");
    district.verify();
}

/// Cut short, emptied, its header gone, itself gone: whatever has become of the file, the next sync fills a new one.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_has_become_of_the_file_the_next_sync_fills_a_new_one() {
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 5] = [
        ("half", |file| {
            let whole = std::fs::read(file).unwrap();
            std::fs::write(file, &whole[..whole.len() / 2]).unwrap();
        }),
        ("empty", |file| std::fs::write(file, "").unwrap()),
        ("header", |file| {
            let mut whole = std::fs::read(file).unwrap();
            whole[..100].fill(0x5a);
            std::fs::write(file, whole).unwrap();
        }),
        ("noise", |file| std::fs::write(file, "nobody knows what this was ".repeat(999)).unwrap()),
        ("gone", |file| std::fs::remove_file(file).unwrap()),
    ];
    for (name, harm) in harms {
        let (district, mut commune) = with_work().await;
        drop(settle(&database(&commune)));
        for ending in ["-wal", "-shm"] {
            _ = std::fs::remove_file(commune.path().join(format!("gom.db{ending}")));
        }
        harm(&database(&commune));
        let said = commune.office().vi(&["sync"]);
        assert_eq!(said.code, Some(0), "{name}: {said:?}");
        has(&said.out, &["Dữ liệu trên máy bị hỏng"]);
        commune.switch_off_and_on();
        assert_eq!(commune.figures("society", "2024-02"), figures_at_the_district(&district).await, "{name}");
        for (period, births) in [("2024-05", "24"), ("2024-06", "25")] {
            if district.total("births", period) == "–" {
                commune.queue("society", period, &[("births", births)]);
            }
        }
        let synced = commune.sync().await;
        assert!(synced.is_settled(), "{name}: {synced:?}");
        assert!(synced.repaired.is_none(), "{name}");
        let counts = commune.counts();
        assert_eq!((counts.queued, counts.conflicts, counts.rejected), (0, 0, 0), "{name}");
        let totals = ["2024-05", "2024-06"].map(|period| district.total("births", period));
        assert_eq!(totals, ["24", "25"], "{name}");
        district.verify();
    }
}

/// The file is empty, and the log beside it has only what came since it was last moved into the file. SQLite would throw
/// such a log away; it is kept with the file, and the officer is told that something may be missing.
#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_file_throws_nothing_of_its_log_away() {
    let (district, mut commune) = with_work().await;
    commune.switch_off_and_on();
    std::fs::write(database(&commune), "").unwrap();
    let log = std::fs::read(commune.path().join("gom.db-wal")).unwrap();
    has(&commune.office().vi(&["status"]).failed(), &["bị hỏng (empty)"]);
    let said = commune.office().vi(&["sync"]).done();
    has(&said, &["tệp hỏng được cất nguyên ở", "Cứu được 0 báo cáo", "hãy đối chiếu với gom show"]);
    let asides = asides(&commune);
    assert_eq!(asides.len(), 1);
    let kept = std::fs::read(asides[0].join("gom.db-wal")).unwrap();
    assert!(!log.is_empty() && kept == log, "{} bytes of {}", kept.len(), log.len());
    commune.switch_off_and_on();
    assert_eq!(commune.figures("society", "2024-02"), figures_at_the_district(&district).await);
    commune.queue("society", "2024-05", &[("births", "24")]);
    assert!(commune.sync().await.is_settled());
    assert_eq!(district.total("births", "2024-05"), "24");
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_is_kept_beside_the_database_for_its_owner_alone() {
    let (_district, commune) = with_work().await;
    let identity = commune.path().join("identity");
    let mode = std::fs::metadata(&identity).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // A folder of an earlier version has none until it has synced once.
    std::fs::remove_file(&identity).unwrap();
    assert!(commune.sync().await.is_settled());
    assert!(identity.is_file());
}

/// Bytes anywhere in the file are changed. Whatever comes of it, no program panics, no total is wrong, and what the officer
/// has to enter again is taken.
#[tokio::test(flavor = "multi_thread")]
async fn whichever_bytes_are_changed_no_total_is_wrong() {
    let district = District::open().await;
    let mut chance = Chance::new(5);
    for round in 1..=10_u64 {
        let commune = Commune::enrolled(&district, "31423").await;
        let births = 100 + round;
        commune.queue("society", "2024-05", &[("births", &births.to_string())]);
        drop(settle(&database(&commune)));
        let mut bytes = std::fs::read(database(&commune)).unwrap();
        // Half of them in the pages that hold who the folder is and what it has queued.
        let near = if round % 2 == 0 { bytes.len() } else { 8 * 4096 };
        for _ in 0..=chance.below(40) {
            let place = usize::try_from(chance.below(near as u64)).unwrap();
            bytes[place] ^= 1 << chance.below(8);
        }
        std::fs::write(database(&commune), bytes).unwrap();
        let said = commune.office().vi(&["sync"]);
        assert!(!said.err.contains("panicked"), "round {round}: {said:?}");
        let total = district.total("births", "2024-05");
        let before = if round == 1 { "–".to_owned() } else { (births - 1).to_string() };
        assert!(total == births.to_string() || total == before, "round {round}: {total}");
        if total == before {
            let new = Commune::enrolled(&district, "31423").await;
            new.queue("society", "2024-05", &[("births", &births.to_string())]);
            assert!(new.sync().await.is_settled(), "round {round}");
        }
        assert_eq!(district.total("births", "2024-05"), births.to_string(), "round {round}");
    }
    district.verify();
}

/// A computer that does not know who it is makes nothing up.
#[tokio::test(flavor = "multi_thread")]
async fn without_an_identity_a_damaged_database_is_refused_and_left_alone() {
    let (_district, commune) = with_work().await;
    drop(settle(&database(&commune)));
    for name in ["identity", "gom.db-wal", "gom.db-shm"] {
        _ = std::fs::remove_file(commune.path().join(name));
    }
    let noise = "nobody knows what this was ".repeat(999);
    std::fs::write(database(&commune), &noise).unwrap();
    has(&commune.office().vi(&["sync"]).failed(), &["lỗi: dữ liệu trong thư mục bị hỏng"]);
    assert_eq!(std::fs::read_to_string(database(&commune)).unwrap(), noise);
    assert_eq!(asides(&commune), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_changed_in_the_database_is_known_from_beside_it() {
    let (district, mut commune) = with_work().await;
    let before = district.submissions().len() as u64;
    let connection = settle(&database(&commune));
    edit::spoil(&connection, "update folder set secret = zeroblob(32)");
    assert_eq!(connection.changes(), 1);
    drop(connection);
    let said = commune.office().vi(&["sync"]).done();
    has(&said, &["Dữ liệu trên máy bị hỏng", "Cứu được 2 báo cáo chờ gửi và 1 bản nháp."]);
    is_whole(&district, &mut commune, before).await;
}

/// The district goes on from a backup, and a commune's database is damaged: both at once lose nothing that is queued.
#[tokio::test(flavor = "multi_thread")]
async fn a_repair_at_a_restored_district_hands_in_what_was_queued() {
    let (mut district, mut commune) = with_work().await;
    let before = district.submissions().len() as u64;
    let backup = district.desk().join("yesterday.db");
    district.office().vi(&["backup", backup.to_str().unwrap()]).done();
    district.stop().await;
    district.office().vi(&["restore", "--replace", backup.to_str().unwrap()]).done();
    district.start().await;
    commune.call(district.url());
    spoil(&commune, "receipt");
    let said = commune.office().vi(&["sync", "--server", &district.url()]).done();
    has(&said, &["Dữ liệu trên máy bị hỏng"]);
    is_whole(&district, &mut commune, before).await;
    assert_eq!(commune.counts().drafts, 1);
}
