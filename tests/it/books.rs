//! The books: what was acknowledged is durable, one process writes them, and commands work beside it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use gom_domain::greeting::fingerprint;
use gom_proto::wire::sync_client::SyncClient;
use gom_proto::wire::{self, push_reply, push_request};
use gom_server::folder::Folder;
use tempfile::TempDir;
use tests::program::{has, line_with};
use tests::serving::{ended, signal};
use tests::sheet::{self, month_of};
use tests::{Clock, Commune, District, Line, Program, Serving, repository, soon, until};
use tokio::task::JoinSet;

use crate::enrolment::pass_of;

/// Books that `init` has founded, without a server.
fn founded() -> TempDir {
    let folder = TempDir::new().unwrap();
    let programme = repository("programmes/phung-hiep-2024");
    let said = Program::gom_server(folder.path()).vi(&["init", "--programme", programme.to_str().unwrap()]);
    has(&said.done(), &["15 đơn vị", "46 chỉ tiêu kế hoạch", "Chương trình dùng được."]);
    folder
}

/// Enrols a PC with the programs alone and fills in months of the sample year.
fn enrolled(district: &Program, url: &str, folder: &std::path::Path, unit: &str) -> Program {
    let code = district.vi(&["enroll", unit]).done();
    let pc = Program::gom(folder);
    pc.vi(&["enroll", "--server", url, code.trim()]).done();
    for month in 1..=9 {
        let sheet = month_of(unit, month);
        assert_eq!(pc.fed(&["import", "-"], &sheet).code, Some(0));
    }
    pc.vi(&["submit", "--all"]).done();
    pc
}

/// The server is killed in the midst of syncs, again and again. Every receipt that a commune has is in the books after
/// it, and in the end everything is in them once.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_kill_9() {
    const UNITS: [&str; 3] = ["31423", "31420", "31399"];
    let books = founded();
    let home = TempDir::new().unwrap();
    let district = Program::gom_server(books.path());
    let mut serving = Serving::start(books.path());
    let pcs = UNITS.map(|unit| enrolled(&district, &serving.url, &home.path().join(unit), unit));
    let world = Clock::at("2024-10-15").world();
    let communes: Vec<_> =
        UNITS.map(|unit| gom::Commune::open(&home.path().join(unit), world.clone()).unwrap()).into();
    for round in 0..6_u64 {
        for (commune, births) in communes.iter().zip(50..) {
            commune.set("society", "2024-05", &[("births", &(births * 10 + round).to_string())]).unwrap();
            commune.submit(&gom::Which::All, None).unwrap();
        }
        let url = serving.url.clone();
        let mut syncs = JoinSet::new();
        for unit in UNITS {
            let commune = gom::Commune::open(&home.path().join(unit), world.clone()).unwrap().at(&url);
            syncs.spawn(async move { soon(commune.sync()).await.is_ok() });
        }
        tokio::time::sleep(Duration::from_millis(12 + 9 * round)).await;
        serving.kill();
        syncs.join_all().await;
        assert_receipts_are_in_the_books(books.path(), &communes);
        serving = Serving::start(books.path());
    }
    for (pc, commune) in pcs.iter().zip(&communes) {
        pc.vi(&["sync", "--server", &serving.url]).done();
        assert_eq!(commune.status().unwrap().queued, 0);
    }
    assert_receipts_are_in_the_books(books.path(), &communes);
    assert!(serving.terminate().success());
    let handed_in: u64 = communes.iter().map(|commune| commune.status().unwrap().accepted).sum();
    let said = district.vi(&["verify"]).done();
    has(&said, &[&format!("Đã đếm lại {handed_in} báo cáo"), "Mọi số tổng hợp đều khớp."]);
}

fn assert_receipts_are_in_the_books(books: &std::path::Path, communes: &[gom::Commune]) {
    use gom_server::store::Journal;
    let mut kept = BTreeMap::new();
    let mut journal = Folder::new(books).read().unwrap();
    let keep = &mut |row: gom_server::store::SubmissionRow| {
        assert!(kept.insert(fingerprint(&row.body), row.seq).is_none(), "twice in the books");
        Ok(())
    };
    journal.each_submission(u64::MAX, keep).unwrap();
    for receipt in communes.iter().flat_map(|commune| commune.receipts().unwrap()) {
        assert_eq!(kept.get(&receipt.fingerprint), Some(&receipt.receipt.commit), "{receipt:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_serves_a_folder_and_commands_work_with_it_and_without() {
    let books = founded();
    let district = Program::gom_server(books.path());
    let serving = Serving::start(books.path());
    let said = Serving::try_start(books.path()).unwrap_err();
    has(&said, &["error: ", "another process has the books"]);
    let socket = books.path().join("office.sock");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&socket), mode(&books.path().join("books.db"))), (0o600, 0o600));

    let beside = write_all(&district, books.path(), "24");
    assert!(serving.terminate().success());
    assert!(!socket.exists(), "it tidies up");
    let without = write_all(&district, books.path(), "25");
    assert_eq!(without, beside + 4, "an entry each, the quotas' among them");
    let said = district.vi(&["verify"]).done();
    has(&said, &["Đã đếm lại 2 báo cáo (1 đang hiệu lực", "Mọi số tổng hợp đều khớp."]);
}

/// Every command that writes; returns the last commit.
fn write_all(district: &Program, folder: &std::path::Path, births: &str) -> u64 {
    let sheet = folder.join("telephoned.csv");
    std::fs::write(&sheet, sheet::of("31423", "society", "2024-05", &[("births", births)])).unwrap();
    let quotas = repository("programmes/phung-hiep-2024/quotas.csv");
    district.vi(&["enroll", "31423"]).done();
    district.vi(&["enter", "--for", "31423", sheet.to_str().unwrap(), "--reason", "mất điện"]).done();
    district.vi(&["load", "--quotas", quotas.to_str().unwrap()]).done();
    let said = district.vi(&["target", "set", "9b", "--value", "2.500"]).done();
    let totals = district.vi(&["totals", "--period", "2024-05", "--format", "csv"]).done();
    has(&totals, &[&format!("all,society,2024-05,births,{births},1,15")]);
    let commit = line_with(&said, "lần ghi").rsplit(' ').next().unwrap();
    commit.trim_end_matches('.').parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stops_cleanly_while_communes_watch() {
    let books = founded();
    let home = TempDir::new().unwrap();
    let serving = Serving::start(books.path());
    let pc = enrolled(&Program::gom_server(books.path()), &serving.url, &home.path().join("pc"), "31423");
    let mut command = Command::new(pc.path());
    command.args(["sync", "--watch"]).env("GOM_DATA", home.path().join("pc")).stdout(Stdio::null());
    let mut watch = command.spawn().unwrap();
    let commune = gom::Commune::open(&home.path().join("pc"), Clock::at("2024-10-15").world()).unwrap();
    until("all is handed in", Duration::from_secs(20), || commune.status().unwrap().queued == 0).await;
    let said = pc.vi(&["sync"]).failed();
    has(&said, &["lỗi: thư mục ", "đang được đồng bộ bởi một chương trình gom khác; hãy chờ hoặc dừng"]);
    has(&pc.vi(&["status"]).done(), &["Được nhận"]);
    let since = std::time::Instant::now();
    assert_eq!(serving.terminate().code(), Some(0));
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    signal("-INT", watch.id());
    assert_eq!(ended(&mut watch).code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_syncs_of_one_folder_are_refused() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let line = Line::to(district.address()).await;
    line.stall();
    let second = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        commune.queue("society", "2024-05", &[("births", "24")]);
        has(&commune.office().en(&["sync"]).failed(), &["error: another gom is syncing the folder"]);
        line.mend();
    };
    tokio::join!(commune.sync_over(&line), second).0.unwrap();
    assert!(commune.sync().await.is_settled());
}

/// The same operation, pushed over sixty-four connections at once, as by a client that lost its patience.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_operation_sixty_four_times_at_once_counts_once() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    let folder = rusqlite::Connection::open(commune.path().join("gom.db")).unwrap();
    let bytes = |column: &str, table: &str| -> Vec<u8> {
        folder.query_row(&format!("select {column} from {table}"), [], |row| row.get(0)).unwrap()
    };
    let device = bytes("device", "folder");
    let hello = wire::Hello {
        device: device.clone(),
        epoch: 1,
        last_sequence: 1,
        chain: bytes("chain", "operation"),
        history: bytes("history", "folder"),
        protocol: 1,
        ..wire::Hello::default()
    };
    let bodies = vec![bytes("body", "operation")];
    let operations = wire::Operations { first_sequence: 1, bodies, ..wire::Operations::default() };
    let kinds = [push_request::Kind::Hello(hello), push_request::Kind::Operations(operations)];
    let mut pushes = JoinSet::new();
    for _ in 0..64 {
        let messages = kinds.clone().map(|kind| wire::PushRequest { kind: Some(kind) });
        let request = pass_of(&commune, tokio_stream::iter(messages));
        let url = district.url();
        pushes.spawn(soon(async move {
            let mut client = SyncClient::connect(url).await.unwrap();
            let mut replies = client.push(request).await.unwrap().into_inner();
            let mut commits = Vec::new();
            while let Some(reply) = replies.message().await.unwrap() {
                if let Some(push_reply::Kind::Verdicts(verdicts)) = reply.kind {
                    commits.extend(verdicts.verdicts.iter().map(|run| run.commit));
                }
            }
            commits
        }));
    }
    let commits: Vec<Vec<u64>> = pushes.join_all().await;
    assert_eq!(commits.len(), 64);
    assert!(commits.iter().all(|own| *own == [district.commit()]), "{commits:?}");
    assert_eq!((district.submissions().len(), district.total("births", "2024-05")), (1, "24".to_owned()));
    assert!(commune.sync().await.is_settled());
    assert_eq!(commune.receipts()[0].commit, district.commit());
    district.verify();
}
