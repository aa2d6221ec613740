//! The communes as witnesses: what the district has signed once it cannot unsay.

use tests::program::{copy, has};
use tests::{Commune, District, edit};

/// A district, a commune that is its witness, and a copy of the books from before the commune handed anything in.
async fn witnessed() -> (District, Commune, std::path::PathBuf) {
    let mut district = District::encrypted().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    commune.sync().await;
    district.stop().await;
    let before = district.desk().join("before");
    copy(&district.path(), &before);
    district.start().await;
    commune.call(district.url());
    for births in ["24", "25"] {
        commune.queue("society", "2024-05", &[("births", births)]);
        commune.sync().await;
    }
    // The greeting comes before what is handed in.
    commune.sync().await;
    (district, commune, before)
}

fn verify(commune: &Commune, district: &District) -> tests::Said {
    commune.office().vi(&["verify-district", "--server", &district.url()])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_only_grew_is_as_it_was_signed() {
    let (mut district, commune, _) = witnessed().await;
    has(&verify(&commune, &district).done(), &["còn đúng như đã ký", "từ lần ghi "]);
    let backup = district.desk().join("backup.db");
    district.office().vi(&["backup", backup.to_str().unwrap()]).done();
    district.stop().await;
    district.office().vi(&["restore", "--replace", backup.to_str().unwrap()]).done();
    district.start().await;
    // What it says of its past is weighed by those who have been told that it went on from a backup, and by nobody else.
    has(&verify(&commune, &district).failed(), &["mang một tên khác mà máy này chưa được báo"]);
    let mut commune = commune;
    commune.call(district.url());
    commune.sync().await;
    has(&verify(&commune, &district).done(), &["còn đúng như đã ký"]);
    let stranger = Commune::enrolled(&district, "31420").await;
    has(&verify(&stranger, &district).done(), &["từ lần ghi "]);
}

/// Whoever changes an entry without knowing of the chain is found by the district's own check.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_was_edited_does_not_agree_with_itself() {
    let edits = [
        "update submission set body = x'00' where seq = (select max(seq) from submission)",
        "update change set body = x'00' where seq = (select min(seq) from change where kind = 'code')",
        "delete from submission where seq = (select max(seq) from submission)",
        "delete from commits where last_seq = (select max(last_seq) from commits)",
        "update commits set at_ms = at_ms + 1 where last_seq = (select min(last_seq) from commits)",
    ];
    for sql in edits {
        let (mut district, commune, _) = witnessed().await;
        let path = district.path().join("books.db");
        // While it serves: what it holds in memory does not know of it.
        edit::write(&rusqlite::Connection::open(&path).unwrap(), sql);
        let said = verify(&commune, &district);
        assert_eq!(said.code, Some(1), "{sql}: {}{}", said.out, said.err);
        has(&said.err, &["lỗi: "]);
        assert_eq!(district.office().vi(&["verify"]).code, Some(1), "{sql}");
        district.stop().await;
    }
}

/// Whoever writes the whole chain anew, or puts an older copy back, is found by what the communes hold.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_was_written_anew_is_not_what_was_signed() {
    let (mut district, commune, before) = witnessed().await;
    district.stop().await;
    copy(&before, &district.path());
    district.start().await;
    has(&verify(&commune, &district).failed(), &["sổ của huyện kết thúc trước lần ghi "]);
    let other = Commune::enrolled(&district, "31423").await;
    for births in ["1", "2", "3", "4"] {
        other.queue("society", "2024-05", &[("births", births)]);
        other.sync().await;
    }
    has(&district.office().vi(&["verify"]).done(), &["Mọi số tổng hợp đều khớp"]);
    let said = verify(&commune, &district);
    has(&said.failed(), &["sổ của huyện đã bị sửa, xóa hoặc đổi thứ tự sau lần ghi "]);
}
