//! Books and folders that earlier versions of the programs left behind go on where they were. Each version's are kept in
//! `tests/data` as it wrote them; the figures in them are synthetic.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;
use tests::program::has;
use tests::{Program, Serving, repository};

/// A district and a commune of it: a report that was accepted in two revisions, one that is queued, a draft.
struct Left {
    home: TempDir,
}

impl Left {
    fn by(version: &str) -> Self {
        let left = Self { home: TempDir::new().unwrap() };
        let data = repository("tests/data").join(version);
        for (folder, file) in [(left.district(), "books.db"), (left.commune(), "gom.db")] {
            std::fs::create_dir(&folder).unwrap();
            std::fs::copy(data.join(file), folder.join(file)).unwrap();
        }
        left
    }

    fn district(&self) -> PathBuf {
        self.home.path().join("district")
    }

    fn commune(&self) -> PathBuf {
        self.home.path().join("commune")
    }
}

fn version(file: &Path) -> i64 {
    Connection::open(file).unwrap().query_row("pragma user_version", [], |row| row.get(0)).unwrap()
}

#[test]
fn what_version_1_left_goes_on() {
    let left = Left::by("v1");
    let (books, folder) = (left.district().join("books.db"), left.commune().join("gom.db"));
    assert_eq!((version(&books), version(&folder)), (1, 1));
    let office = Program::gom(&left.commune());
    let status: serde_json::Value =
        serde_json::from_str(&office.vi(&["status", "--format", "json"]).done()).unwrap();
    assert_eq!(
        (&status["queued"], &status["accepted"], &status["drafts"]),
        (&1.into(), &2.into(), &1.into())
    );

    let serving = Serving::start(&left.district());
    has(&office.vi(&["sync", "--server", &serving.url]).done(), &["Đã gửi 1 báo cáo: 1 được nhận"]);
    office.vi(&["submit", "--all", "--note", "x"]).done();
    has(&office.vi(&["sync", "--server", &serving.url]).done(), &["Đã gửi 1 báo cáo: 1 được nhận"]);
    serving.terminate();
    let district = Program::gom_server(&left.district());
    has(&district.vi(&["verify"]).done(), &["Mọi số tổng hợp đều khớp."]);
    assert!(version(&books) > 1 && version(&folder) > 1);
    let totals = district.vi(&["totals", "--period", "2025-Q1", "--format", "csv"]).done();
    assert!(totals.lines().any(|line| line.contains("jobs_created") && line.contains("21")), "{totals}");
}

/// A command that only looks brings older books up to date, too, for no server may ever run there again.
#[test]
fn looking_at_older_books_brings_them_up_to_date() {
    let left = Left::by("v1");
    let district = Program::gom_server(&left.district());
    let totals = district.vi(&["totals", "--period", "2025-Q1", "--format", "csv"]).done();
    assert!(totals.lines().any(|line| line.contains("jobs_created") && line.contains(",6")), "{totals}");
    assert!(version(&left.district().join("books.db")) > 1);
}
