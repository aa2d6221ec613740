//! A full disk: nothing is lost, nothing is said that is not so, and with space it works again.
//!
//! Where the system lets nobody mount a small disk, the last of these stories has to do.

use tests::commune::Counts;
use tests::program::has;
use tests::{Commune, District, small_disk};

#[tokio::test(flavor = "multi_thread")]
async fn a_commune_whose_disk_is_full_keeps_its_draft_and_hands_in_later() {
    let mut district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.set("society", "2024-05", &[("births", "24")]);
    let desk = district.desk().join("pc");
    std::fs::create_dir(&desk).unwrap();
    let copy = rusqlite::Connection::open(commune.path().join("gom.db")).unwrap();
    copy.execute("vacuum into ?", [desk.join("gom.db").to_str().unwrap()]).unwrap();
    let script = format!(
        r#"
        export GOM_DATA="$DISK" GOM_SERVER_URL={}
        cp "$DESK/gom.db" "$DISK/"; fill
        says "$GOM" submit --all
        says "$GOM" set society 2024-05 births=25
        make_room
        says "$GOM" status
        says "$GOM" submit --all
        "$GOM" sync --server "$GOM_SERVER_URL" >/dev/null
        says "$GOM" status
        "#,
        district.url()
    );
    let Some(said) = small_disk::script(&desk, &script) else { return };
    let said = said.done();
    let parts: Vec<&str> = said.split("exit ").collect();
    let full = "lỗi: đĩa đầy, chưa ghi được gì; bản nháp vẫn còn. Hãy xóa bớt tệp rồi làm lại";
    has(parts[0], &[full]);
    has(parts[1], &[full]);
    assert!(!parts[0].contains("xếp hàng, số"), "not queued, and not said to be:\n{said}");
    has(parts[3], &["đã xếp hàng, số 1", "Đã xếp hàng 1 báo cáo"]);
    let codes: Vec<&str> = parts[1..].iter().map(|part| &part[..1]).collect();
    assert_eq!(codes, ["1", "1", "0", "0", "0"]);
    assert_eq!((district.submissions().len(), district.total("births", "2024-05")), (1, "24".to_owned()));
    district.verify();
    district.stop().await;
}

/// The report is accepted, but the commune cannot keep the receipt: it stays queued, and is counted once.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_cannot_be_kept_is_asked_for_again() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    let desk = district.desk().join("pc");
    std::fs::create_dir(&desk).unwrap();
    let copy = rusqlite::Connection::open(commune.path().join("gom.db")).unwrap();
    copy.execute("vacuum into ?", [desk.join("gom.db").to_str().unwrap()]).unwrap();
    let script = format!(
        r#"
        export GOM_DATA="$DISK"
        cp "$DESK/gom.db" "$DISK/"; fill
        says "$GOM" sync --server {0}
        make_room
        says "$GOM" sync --server {0}
        cp "$DISK/gom.db" "$DESK/after.db"; cp "$DISK/gom.db-wal" "$DESK/after.db-wal"
        "#,
        district.url()
    );
    let Some(said) = small_disk::script(&desk, &script) else { return };
    let said = said.done();
    let parts: Vec<&str> = said.split("exit ").collect();
    has(parts[0], &["lỗi: đĩa đầy"]);
    has(parts[2], &[""]);
    assert_eq!((&parts[1][..1], &parts[2][..1]), ("1", "0"), "{said}");
    assert_eq!(district.submissions().len(), 1);
    let after = rusqlite::Connection::open(desk.join("after.db")).unwrap();
    let receipts: i64 = after.query_row("select count(*) from receipt", [], |row| row.get(0)).unwrap();
    assert_eq!(receipts, 1);
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_district_whose_disk_is_full_answers_nothing_and_takes_it_later() {
    let mut district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    district.stop().await;
    let desk = district.desk().to_owned();
    std::fs::copy(district.path().join("books.db"), desk.join("books.db")).unwrap();
    std::fs::write(
        desk.join("sheet.csv"),
        tests::sheet::of("31420", "society", "2024-05", &[("births", "9")]),
    )
    .unwrap();
    let script = format!(
        r#"
        export GOM_DATA="$DISK"
        cp "$DESK/books.db" "$DISK/"; fill
        says "$GOM_SERVER" enter --for 31420 "$DESK/sheet.csv" --reason x
        make_room
        "$GOM_SERVER" serve --listen 127.0.0.1:0 >"$DESK/ready" & server=$!
        while ! grep -q ready "$DESK/ready"; do sleep 0.05; done
        export GOM_SERVER_URL=http://$(cut -d ' ' -f 2 "$DESK/ready")
        fill
        says "$GOM" sync --data {0} --server "$GOM_SERVER_URL"
        says "$GOM_SERVER" enter --for 31420 "$DESK/sheet.csv" --reason x
        make_room
        says "$GOM" sync --data {0} --server "$GOM_SERVER_URL"
        says "$GOM_SERVER" enter --for 31420 "$DESK/sheet.csv" --reason x
        says "$GOM_SERVER" verify
        kill $server
        wait $server
        "#,
        commune.path().display()
    );
    let Some(said) = small_disk::script(&desk, &script) else { return };
    let said = said.done();
    let parts: Vec<&str> = said.split("exit ").collect();
    let codes: Vec<&str> = parts[1..].iter().map(|part| &part[..1]).collect();
    assert_eq!(codes, ["1", "1", "1", "0", "0", "0"], "{said}");
    has(parts[0], &["lỗi: đĩa đã đầy; chưa ghi gì. Giải phóng chỗ rồi làm lại"]);
    has(parts[1], &["Đã gửi 1 báo cáo: 0 được nhận", "lỗi: "]);
    has(parts[3], &["Đã gửi 1 báo cáo: 1 được nhận"]);
    has(parts[5], &["Đã đếm lại 2 báo cáo", "Mọi số tổng hợp đều khớp."]);
    assert_eq!(commune.counts(), Counts { accepted: 1, ..Counts::default() });
}

/// What any system can do: no file may grow. The disk is not full then, but it refuses to write all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_refuses_to_write_loses_nothing() {
    let district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    commune.set("society", "2024-05", &[("births", "24")]);
    let script = format!("GOM_DATA={} \"$GOM\" submit --all; echo exit $?", commune.path().display());
    commune.switch_off_and_on();
    let said = small_disk::script_with_limit(district.desk(), 0, &script);
    assert_eq!(said.out, "exit 1\n", "{said:?}");
    has(
        &said.err,
        &["lỗi: đĩa không đọc hoặc ghi được", "chưa có gì thay đổi, bản nháp vẫn còn. Hãy kiểm tra đĩa"],
    );
    assert_eq!(commune.counts(), Counts { drafts: 1, ..Counts::default() });
    assert_eq!(commune.submit("society", "2024-05").sealed.len(), 1);
    assert!(commune.sync().await.is_settled());
    district.verify();
}

/// Whichever call fails once while a report is handed in: what was said not to be done is not there afterwards either, as it
/// would be where only the last sync failed and the log was read again.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_disk_refused_is_not_there_when_the_folder_is_opened_again() {
    use tests::disk::{FailingDisk, Fault};
    use tests::{Program, disk};
    let district = District::open().await;
    let ((_home, root), (_beside, desk)) = (disk::place(), disk::place());
    let failing = FailingDisk::below(&root, &desk);
    let gom = Program::gom(&root.join("pc"));
    let code = district.code("31423").await;
    gom.en(&["enroll", "--server", &district.url(), &code]).done();
    let status = || -> serde_json::Value {
        serde_json::from_str(&gom.en(&["status", "--format", "json"]).done()).unwrap()
    };
    let mut refused = 0;
    for call in 1.. {
        gom.en(&["set", "society", "2024-05", &format!("births={call}")]).done();
        let before = status();
        failing.fails(call, call, Fault::Broken);
        let said = gom.clone().within(failing.environment()).en(&["submit", "--all"]);
        failing.heals();
        if failing.failed() == 0 {
            break;
        }
        if said.code == Some(1) {
            refused += 1;
            has(&said.failed(), &["error: the d"]);
            assert_eq!(status(), before, "at call {call}");
        }
    }
    assert!(refused > 3, "{refused} calls were refused");
    district.verify();
}

/// A change may stand in the log of the books though its sync failed, and the disk did not even let it be taken back. A server
/// that reads it there and answers for it has made sure of it first.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_answers_only_for_what_is_on_the_disk() {
    use std::process::Command;
    use tests::disk::{FailingDisk, Fault};
    use tests::{Program, Serving, disk};
    let mut district = District::open().await;
    district.stop().await;
    let mut refused = 0;
    for call in 1.. {
        let ((_home, root), (_beside, desk)) = (disk::place(), disk::place());
        let folder = root.join("district");
        disk::copy(&district.path(), &folder);
        let failing = FailingDisk::below(&root, &desk);
        failing.fails(call, u64::MAX, Fault::Broken);
        let office = Program::gom_server(&folder).within(failing.environment());
        let said = office.en(&["enroll", "31423"]);
        failing.heals();
        if failing.failed() == 0 {
            break;
        }
        refused += i32::from(said.code != Some(0));
        let mut command = Command::new(office.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("GOM_DATA", &folder).env("GOM_LANG", "en");
        let serving = Serving::of(command.envs(failing.environment())).unwrap();
        disk::copy(&folder, &desk.join("read"));
        failing.certain(&desk.join("certain"));
        let last = |path: &std::path::Path| {
            gom_server::folder::Folder::new(path).recall(None).unwrap().1.last.unwrap().last_seq
        };
        let found = [last(&desk.join("read")), last(&desk.join("certain/district"))];
        assert_eq!(
            found[0], found[1],
            "read by the server, and certain to outlast a power cut, at call {call}"
        );
        serving.terminate();
    }
    assert!(refused > 3, "{refused} calls were refused");
}
