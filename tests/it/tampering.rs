//! Somebody edits the books behind the program's back: `verify` names the place. Files that are not ours are left alone.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;
use tests::program::has;
use tests::sheet::month_of;
use tests::{Commune, District, Program};

/// The books of a district with a quarter's reports and a correction, after it has stopped.
async fn books() -> TempDir {
    let mut district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    for month in 1..=3 {
        commune.hand_in_sheet(&month_of("31423", month));
    }
    commune.queue("society", "2024-02", &[("births", "17")]);
    commune.sync().await;
    district.office().vi(&["target", "set", "9b", "--value", "2.500"]).done();
    district.verify();
    district.stop().await;
    let copy = TempDir::new().unwrap();
    copy_books(&district.path(), copy.path());
    copy
}

fn copy_books(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    std::fs::copy(from.join("books.db"), to.join("books.db")).unwrap();
}

fn edited(books: &Path, desk: &Path, sql: &str) -> PathBuf {
    let folder = desk.join("edited");
    copy_books(books, &folder);
    let file = Connection::open(folder.join("books.db")).unwrap();
    file.execute_batch("pragma foreign_keys = off").unwrap();
    file.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    folder
}

/// The entries: 1 programme, 2 quotas, 3 baseline, 4 code, 5 device, 6 to 19 reports, the last of them the correction,
/// and a target set by hand.
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_journal_is_named_by_verify() {
    let (books, desk) = (books().await, TempDir::new().unwrap());
    let file = Connection::open(books.path().join("books.db")).unwrap();
    let newest = |table: &str| -> i64 {
        file.query_row(&format!("select max(seq) from {table}"), [], |row| row.get(0)).unwrap()
    };
    let (report, target) = (newest("submission"), newest("change"));
    assert_eq!(target, report + 1);
    let swapped = "update submission set seq = -1 where seq = 8; update submission set seq = 8 where seq = 9; \
                   update submission set seq = 9 where seq = -1";
    let cases = [
        ("update submission set body = x'00' where seq = 9", 9),
        ("update submission set verdict = 2 where seq = 9", 9),
        ("update submission set revision = 2 where seq = 9", 9),
        ("update submission set period = period + 1 where seq = 9", 9),
        ("update submission set form = 1 + form % 3 where seq = 9", 9),
        ("update submission set unit = unit + 1 where seq = 9", 9),
        ("update submission set device = device + 1 where seq = 9", 9),
        ("delete from submission where seq = 9", 9),
        ("delete from submission where seq = (select max(seq) from submission)", report),
        (swapped, 8),
        ("update change set body = cast(replace(cast(body as text), '185', '186') as blob) where seq = 2", 3),
        ("update change set year = 2023 where seq = 3", 3),
        ("update change set seq = seq + 1 where seq = (select max(seq) from change)", target),
        ("delete from change where seq = (select max(seq) from change)", report),
        ("delete from change where seq > 5; delete from submission; delete from standing", 5),
        ("update commits set head = zeroblob(32) where last_seq = 3", 3),
        ("delete from commits where last_seq = (select max(last_seq) from commits)", target),
    ];
    let mut unnoticed = Vec::new();
    for (sql, entry) in cases {
        let folder = edited(books.path(), desk.path(), sql);
        let said = Program::gom_server(&folder).en(&["verify"]);
        let named =
            said.err.lines().any(|line| line.starts_with("error: ") && line.contains(&entry.to_string()));
        if said.code != Some(1) || !named || said.err.contains("panicked") {
            unnoticed.push(format!("{sql}: {entry} is not named: {said:?}"));
        }
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_what_stands_that_says_otherwise_is_noticed() {
    let (books, desk) = (books().await, TempDir::new().unwrap());
    for (sql, said) in [
        (
            "update standing set seq = (select min(seq) from submission) where seq = (select max(seq) from standing)",
            "the table of what stands",
        ),
        ("delete from standing where seq = (select max(seq) from standing)", "the table of what stands"),
        ("delete from standing where seq = (select min(seq) from standing)", "the table of what stands"),
        (
            "insert into standing select period + 1024, form, unit, null, last from standing limit 1",
            "a row that no submission made",
        ),
        (
            "insert into standing select period + 1024, form, unit, seq, last from standing limit 1",
            "a row that no submission made",
        ),
        (
            "insert into standing select max(period), 1, 2, null, 7 from standing",
            "a row that no submission made",
        ),
        (
            "update standing set last = last + 1 where last = (select max(last) from standing)",
            "of what stands",
        ),
        ("update standing set seq = 1 << 50 where seq = (select max(seq) from standing)", "the last one is"),
        ("update device set last_sequence = last_sequence + 1", "its sequence or chain says otherwise"),
    ] {
        let folder = edited(books.path(), desk.path(), sql);
        has(&Program::gom_server(&folder).en(&["verify"]).failed(), &[said]);
    }
    let folder = desk.path().join("torn");
    copy_books(books.path(), &folder);
    let whole = std::fs::read(folder.join("books.db")).unwrap();
    std::fs::write(folder.join("books.db"), &whole[..whole.len() / 2]).unwrap();
    has(&Program::gom_server(&folder).en(&["verify"]).failed(), &["the books are damaged"]);
    assert_eq!(Program::gom_server(books.path()).en(&["verify"]).code, Some(0), "the original is sound");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_or_foreign_database_is_refused_and_left_alone() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let desk = TempDir::new().unwrap();
    for (name, from) in [("books.db", district.path()), ("gom.db", commune.path())] {
        let file = desk.path().join(name);
        let whole = Connection::open(from.join(name)).unwrap();
        whole.execute("vacuum into ?", [file.to_str().unwrap()]).unwrap();
        Connection::open(&file).unwrap().execute_batch("pragma user_version = 99").unwrap();
    }
    let bytes = |name: &str| std::fs::read(desk.path().join(name)).unwrap();
    let refused = |vi: [&str; 2]| {
        let before = (bytes("books.db"), bytes("gom.db"));
        let (server, pc) = (Program::gom_server(desk.path()), Program::gom(desk.path()));
        for said in [
            server.vi(&["verify"]),
            server.vi(&["serve", "--listen", "127.0.0.1:0"]),
            server.vi(&["enroll", "31423"]),
        ] {
            has(&said.failed(), &["lỗi: ", vi[0]]);
        }
        for said in [pc.vi(&["status"]), pc.vi(&["sync"]), pc.vi(&["set", "society", "2024-05", "births=1"])]
        {
            has(&said.failed(), &["lỗi: ", vi[1]]);
        }
        assert!(before == (bytes("books.db"), bytes("gom.db")), "not a byte was changed");
    };
    refused([
        "sổ do phiên bản mới hơn ghi; hãy cập nhật gom-server",
        "dữ liệu do phiên bản gom mới hơn ghi; hãy cập nhật",
    ]);
    for name in ["books.db", "gom.db"] {
        std::fs::remove_file(desk.path().join(name)).unwrap();
        Connection::open(desk.path().join(name))
            .unwrap()
            .execute_batch("create table songs (title)")
            .unwrap();
    }
    refused(["tệp này không phải sổ của huyện", "là của phần mềm khác; hãy chọn thư mục khác"]);
    for name in ["books.db", "gom.db"] {
        std::fs::write(desk.path().join(name), "a letter to the district, saved under the wrong name")
            .unwrap();
    }
    refused(["tệp này không phải sổ của huyện", "bị hỏng (file is not a database)"]);
}

/// Books whose pages the disk has changed are not served; they are left as they are, and what to do is said.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_books_are_not_served_and_what_to_do_is_said() {
    let books = books().await;
    let file = books.path().join("books.db");
    let mut bytes = std::fs::read(&file).unwrap();
    // How many cells a page has, of every page but the first: none has so many.
    for page in (4096..bytes.len()).step_by(4096) {
        bytes[page + 3] = 0xff;
    }
    std::fs::write(&file, &bytes).unwrap();
    let said = tests::Serving::try_start(books.path()).unwrap_err();
    has(&said, &["damaged", "restore"]);
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
}
