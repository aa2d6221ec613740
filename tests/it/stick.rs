//! The stick as a line: the same reports by the same path with the same result, in any mixture with the line.

use std::path::{Path, PathBuf};

use gom::show::CellState;
use tests::commune::Counts;
use tests::program::{copy, has};
use tests::{Commune, District, Program};

/// Takes what a commune has queued to the district on a stick, and the answers back.
struct Stick<'a> {
    district: &'a District,
    queue: PathBuf,
    receipts: PathBuf,
}

impl<'a> Stick<'a> {
    fn new(district: &'a District, name: &str) -> Self {
        let desk = district.desk().to_owned();
        Self {
            district,
            queue: desk.join(format!("{name}.queue")),
            receipts: desk.join(format!("{name}.receipts")),
        }
    }

    fn export(&self, office: &Program) -> String {
        office.vi(&["export-queue", text(&self.queue)]).done()
    }

    fn take_in(&self) -> tests::Said {
        self.district.office().vi(&["import-queue", text(&self.queue), "--receipts", text(&self.receipts)])
    }

    fn import(&self, office: &Program) -> tests::Said {
        office.vi(&["import-receipts", text(&self.receipts)])
    }

    /// There and back.
    fn carry(&self, commune: &Commune) -> String {
        self.export(&commune.office());
        self.take_in().done();
        self.import(&commune.office()).done()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_by_stick_counts_like_what_goes_by_line() {
    let mut district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.queue("society", "2024-06", &[("births", "20")]);
    let stick = Stick::new(&district, "one");
    has(&stick.export(&commune.office()), &["Đã ghi 2 báo cáo đang chờ"]);
    assert_eq!(commune.counts().queued, 2, "until there are receipts");
    has(&stick.take_in().done(), &["2 báo cáo được nhận, 0 xung đột, 0 bị từ chối"]);
    has(&stick.import(&commune.office()).done(), &["Đã gửi 2 báo cáo: 2 được nhận"]);
    assert_eq!(commune.counts(), Counts { accepted: 2, ..Counts::default() });
    assert_eq!(district.total("births", "2024-Q2"), "44");

    // As often as one likes, and with a server that does not run.
    district.stop().await;
    let stick = Stick::new(&district, "one");
    has(&stick.take_in().done(), &["2 báo cáo được nhận"]);
    stick.import(&commune.office()).done();
    assert_eq!((district.submissions().len(), commune.counts().accepted), (2, 2));
    district.start().await;
    commune.call(district.url());

    // A queue that was written first and overtaken on the line, and its answers after that.
    let stick = Stick::new(&district, "late");
    commune.queue("society", "2024-07", &[("births", "7")]);
    stick.export(&commune.office());
    commune.queue("society", "2024-07", &[("births", "8")]);
    assert!(commune.sync().await.is_settled());
    stick.take_in().done();
    stick.import(&commune.office()).done();
    assert_eq!(commune.state("society", "2024-07"), CellState::Accepted(2));
    assert_eq!((district.submissions().len(), district.total("births", "2024-07")), (4, "8".to_owned()));

    // By stick, then by line, before the answers have come back.
    commune.queue("society", "2024-08", &[("births", "9")]);
    stick.export(&commune.office());
    stick.take_in().done();
    let report = commune.sync().await;
    assert_eq!((report.handed_in, report.accepted), (1, 1), "its receipt comes by line");
    stick.import(&commune.office()).done();
    assert_eq!(district.submissions().len(), 5);
    district.verify();
}

/// Two queues that were written one after the other may come in any order, each with its answers.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_queue_that_comes_after_a_newer_one_changes_nothing() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let [older, newer] = [Stick::new(&district, "older"), Stick::new(&district, "newer")];
    commune.queue("society", "2024-05", &[("births", "24")]);
    older.export(&commune.office());
    commune.queue("society", "2024-06", &[("births", "20")]);
    newer.export(&commune.office());
    has(&newer.take_in().done(), &["2 báo cáo được nhận"]);
    has(&older.take_in().done(), &["1 báo cáo được nhận"]);
    for stick in [&older, &newer] {
        let said = stick.import(&commune.office()).done();
        assert!(!said.contains("cũ hơn"), "{said}");
        assert_eq!(commune.counts(), Counts { accepted: 2, ..Counts::default() });
    }
    assert_eq!(commune.sync().await.handed_in, 0);
    assert_eq!(district.submissions().len(), 2, "each once");
    district.verify();
}

/// A folder that has gone back to a backup may lack what an older stick holds: it stays, and comes in.
#[tokio::test(flavor = "multi_thread")]
async fn a_stick_that_holds_what_a_folder_has_lost_is_not_written_over() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let backup = district.desk().join("monday.db");
    commune.office().vi(&["backup", text(&backup)]).done();
    commune.queue("society", "2024-05", &[("births", "24")]);
    let stick = Stick::new(&district, "one");
    stick.export(&commune.office());
    commune.office().vi(&["restore", "--replace", text(&backup)]).done();
    has(&commune.office().vi(&["export-queue", text(&stick.queue)]).failed(), &["đã có tệp cùng tên"]);
    has(&stick.take_in().done(), &["1 báo cáo được nhận"]);
    assert_eq!(district.total("births", "2024-05"), "24");
}

/// A folder that works by stick alone may go back to the same backup as often as it likes.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_a_line_goes_back_twice_and_is_no_clone() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let office = commune.office();
    let backup = district.desk().join("monday.db");
    office.vi(&["backup", text(&backup)]).done();
    let report = |births: &str| {
        office.vi(&["set", "society", "2024-05", &format!("births={births}")]).done();
        office.vi(&["submit", "--all", "--note", "đúng"]).done();
    };
    report("24");
    Stick::new(&district, "first").carry(&commune);
    for round in ["a", "b"] {
        office.vi(&["restore", "--replace", text(&backup)]).done();
        let stick = Stick::new(&district, round);
        stick.export(&office);
        stick.take_in();
        stick.import(&office);
        report("25");
        let again = Stick::new(&district, &format!("{round}-again"));
        again.export(&office);
        let said = again.take_in();
        assert!(!said.err.contains("máy khác đang dùng danh tính"), "{round}: {}", said.err);
        again.import(&office);
    }
    district.verify();
}

/// Whatever is in the way and is nobody's stick of this computer stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_stick_writes_over_nothing_that_is_not_its_own() {
    let district = District::open().await;
    let [commune, other] =
        [Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31420").await];
    commune.queue("society", "2024-05", &[("births", "24")]);
    let stick = Stick::new(&district, "one");
    let database = commune.path().join("gom.db");
    std::fs::write(&stick.queue, "unit,form,period\n").unwrap();
    for in_the_way in [&stick.queue, &database] {
        let said = commune.office().vi(&["export-queue", text(in_the_way)]).failed();
        has(&said, &["đã có tệp cùng tên"]);
    }
    std::fs::remove_file(&stick.queue).unwrap();
    stick.export(&commune.office());
    stick.export(&commune.office());
    has(&other.office().vi(&["export-queue", text(&stick.queue)]).failed(), &["đã có tệp cùng tên"]);
    let over = ["import-queue", text(&stick.queue), "--receipts", text(&stick.queue)];
    has(&district.office().vi(&over).failed(), &["đã có tệp cùng tên"]);
    assert_eq!(district.submissions().len(), 0, "before anything is taken in");
    stick.take_in().done();
    stick.take_in().done();
    stick.import(&commune.office()).done();
    assert_eq!(commune.counts().accepted, 1);
}

/// News go by stick, too: a new programme, what another PC has handed in, a conflict.
#[tokio::test(flavor = "multi_thread")]
async fn news_and_refusals_come_back_on_the_stick() {
    let district = District::open().await;
    let [one, other] =
        [Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31423").await];
    one.queue("society", "2024-05", &[("births", "24")]);
    one.sync().await;
    other.queue("society", "2024-05", &[("births", "30")]);
    let stick = Stick::new(&district, "other");
    stick.export(&other.office());
    has(&stick.take_in().done(), &["0 báo cáo được nhận, 1 xung đột"]);
    let said = stick.import(&other.office()).failed();
    has(&said, &["1 báo cáo bị từ chối hoặc xung đột cần xử lý"]);
    assert_eq!(other.counts(), Counts { conflicts: 1, ..Counts::default() });
    let shown = other.office().vi(&["conflicts"]);
    has(&shown.out, &["24", "30"]);
    assert_eq!(shown.code, Some(1), "something is left to be done");
    other.office().vi(&["resolve", "society", "2024-05", "--keep", "mine"]).done();
    other.office().vi(&["submit", "--all", "--note", "đúng"]).done();
    stick.carry(&other);
    assert_eq!(other.state("society", "2024-05"), CellState::Accepted(2));
    assert_eq!(district.total("births", "2024-05"), "30");
    has(&other.office().vi(&["conflicts"]).done(), &["Không có xung đột nào"]);
    district.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_foreign_file_is_refused_whole() {
    let district = District::open().await;
    let [commune, stranger] =
        [Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31420").await];
    commune.queue("society", "2024-05", &[("births", "24")]);
    let stick = Stick::new(&district, "one");
    stick.export(&commune.office());
    let whole = std::fs::read(&stick.queue).unwrap();
    for at in [0, 9, whole.len() / 2, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&stick.queue, &damaged).unwrap();
        let said = stick.take_in().failed();
        assert!(said.contains("bị hỏng") || said.contains("không phải tệp hàng đợi"), "{at}: {said}");
    }
    std::fs::write(&stick.queue, &whole[..whole.len() - 40]).unwrap();
    has(&stick.take_in().failed(), &["bị hỏng hoặc bị sửa nên không nhận gì"]);
    assert_eq!(district.submissions().len(), 0);
    assert!(!stick.receipts.exists());
    std::fs::write(&stick.queue, &whole).unwrap();
    stick.take_in().done();
    has(&stick.import(&stranger.office()).failed(), &["biên nhận của máy khác"]);
    let mut receipts = std::fs::read(&stick.receipts).unwrap();
    let middle = receipts.len() / 2;
    receipts[middle] ^= 1;
    std::fs::write(&stick.receipts, &receipts).unwrap();
    has(&stick.import(&commune.office()).failed(), &["bị hỏng hoặc bị sửa"]);
    has(
        &commune.office().vi(&["import-receipts", text(&stick.queue)]).failed(),
        &["không phải tệp biên nhận"],
    );
    assert_eq!(commune.counts().queued, 1);
}

/// A district that goes on from a backup is refilled by stick alone, and an older folder begins its new epoch by it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_lost_comes_back_by_stick() {
    let mut district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    district.stop().await;
    let backup = district.desk().join("yesterday");
    copy(&district.path(), &backup);
    district.start().await;
    commune.call(district.url());
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.queue("society", "2024-05", &[("births", "25")]);
    commune.sync().await;
    district.stop().await;
    copy(&backup, &district.path());
    commune.queue("society", "2024-06", &[("births", "1")]);
    let stick = Stick::new(&district, "refill");
    // The first way tells the commune that the books are others; the second takes back what they lack.
    stick.export(&commune.office());
    has(&stick.take_in().failed(), &["sổ của huyện đã phục hồi", "mang tệp mới lên"]);
    has(&stick.import(&commune.office()).failed(), &["huyện chưa trả lời"]);
    stick.carry(&commune);
    assert_eq!(district.submissions().len(), 3);
    assert_eq!(district.total("births", "2024-Q2"), "26");
    assert_eq!(commune.state("society", "2024-05"), CellState::Accepted(2));
    assert_eq!(commune.state("society", "2024-06"), CellState::Accepted(1));
    district.verify();
}

/// What a quarantined computer has queued can be taken by the district's decision.
#[tokio::test(flavor = "multi_thread")]
async fn the_queue_of_a_quarantined_computer_is_released_by_the_district() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let clone = district.desk().join("clone");
    copy(&commune.path(), &clone);
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.sync().await;
    let office = Program::gom(&clone);
    office.vi(&["set", "society", "2024-06", "births=5"]).done();
    office.vi(&["submit", "--all", "--note", "x"]).done();
    office.vi(&["sync"]).done();
    commune.queue("society", "2024-07", &[("births", "6")]);
    let stick = Stick::new(&district, "clone");
    stick.export(&commune.office());
    has(&stick.take_in().failed(), &["máy khác đang dùng danh tính", "--release"]);
    assert_eq!(district.submissions().len(), 2);
    let release = ["import-queue", text(&stick.queue), "--release", "--receipts", text(&stick.receipts)];
    let said = district.office().vi(&release);
    has(&said.err, &["Không có tệp biên nhận", "cấp mã ghi danh mới"]);
    has(&said.done(), &["1 báo cáo được nhận"]);
    assert_eq!(district.total("births", "2024-07"), "6");
    district.verify();
}
