//! Accounts of people at the district: made, changed and disabled by whoever has its books.

use serde_json::Value;
use tests::District;
use tests::program::{Program, Said, has};

const PASSWORD: &[u8] = "mưa nắng tháng ba\n".as_bytes();

/// What it told the person, once it is clear that all went well.
fn told(said: Said) -> String {
    let told = said.err.clone();
    said.done();
    told
}

fn users(office: &Program) -> Vec<Value> {
    let listed = office.vi(&["user", "list", "--format", "json"]).done();
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_changed_and_disabled_with_and_without_a_server() {
    let mut district = District::open().await;
    let office = district.office();
    has(&office.vi(&["user", "list"]).err, &["Chưa có tài khoản nào", "user add"]);
    let add = ["user", "add", "Chu.Tich", "--role", "viewer", "--name", "Chủ tịch huyện"];
    has(&told(office.fed(&add, PASSWORD)), &["The account chu.tich is made (viewer)"]);
    has(&office.fed(&add, PASSWORD).failed(), &["there is an account chu.tich already"]);
    district.stop().await;
    let made = office.vi(&["user", "add", "quantri", "--role", "administrator", "--generate"]);
    has(&made.err, &["chỉ hiện một lần"]);
    let password = made.done();
    assert_eq!((password.trim().len(), password.lines().count()), (23, 1), "alone on stdout: {password}");
    office.vi(&["user", "change", "chu.tich", "--role", "officer", "--restricted", "yes"]).done();
    office.vi(&["user", "disable", "chu.tich"]).done();
    let listed = users(&office);
    assert_eq!((&listed[0]["login"], &listed[0]["role"]), (&"chu.tich".into(), &"officer".into()));
    assert_eq!((&listed[0]["name"], &listed[0]["restricted"]), (&"Chủ tịch huyện".into(), &true.into()));
    assert!(listed[0]["disabled"].is_string() && listed[1]["disabled"].is_null());
    has(&office.vi(&["user", "list"]).done(), &["Chủ tịch huyện", "khóa từ", "đang dùng", "được xem"]);
    has(&told(office.vi(&["user", "disable", "chu.tich"])), &["Không có gì thay đổi"]);
    office.vi(&["user", "enable", "chu.tich"]).done();
    assert!(users(&office)[0]["disabled"].is_null());

    // It is so after the books were opened anew, and the journal tells who has decided what, but no password.
    district.start().await;
    office.fed(&["user", "passwd", "chu.tich"], "một câu khác hẳn\n".as_bytes()).done();
    let journal = office.vi(&["journal"]).done();
    has(
        &journal,
        &[
            "chu.tich: lập (người xem)",
            "chu.tich: đổi (cán bộ, xem biểu hạn chế)",
            "chu.tich: khóa",
            "chu.tich: mật khẩu mới",
        ],
    );
    district.verify();
    district.stop().await;
    let books = std::fs::read(district.path().join("books.db")).unwrap();
    let holds = |text: &[u8]| books.windows(text.len()).any(|part| part == text);
    assert!(holds(b"$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(!holds("mưa nắng".as_bytes()) && !holds(password.trim().as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_an_account_is_said_and_nothing_is_made() {
    let district = District::open().await;
    let office = district.office();
    let add = |name: &str, password: &str| {
        let input = format!("{password}\n");
        office.fed(&["user", "add", name, "--role", "viewer"], input.as_bytes()).failed()
    };
    has(&add("chủ tịch", "mưa nắng tháng ba"), &["“chủ tịch” cannot be a login"]);
    has(&add("lan", "ngắn"), &["10 to 128 letters"]);
    has(&add("lan", ""), &["10 to 128 letters"]);
    has(&add("lan", "Matkhau2024"), &["soon guessed"]);
    let long = "x".repeat(101);
    let both = ["user", "add", "a", "--role", "viewer", "--name", &long, "--generate"];
    has(&office.vi(&both).failed(), &["không dùng làm tên đăng nhập", "họ tên có nhiều nhất 100"]);
    for command in [["user", "passwd", "lan", "--generate"], ["user", "change", "lan", "--role=viewer"]] {
        has(&office.vi(&command).failed(), &["không có tài khoản lan", "user list"]);
    }
    has(&office.vi(&["user", "change", "lan"]).failed(), &["chưa nói đổi gì"]);
    assert!(users(&office).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays() {
    let district = District::open().await;
    let office = district.office();
    let add = |name: &str| office.vi(&["user", "add", name, "--role", "administrator", "--generate"]).done();
    add("lan");
    has(&office.vi(&["user", "disable", "lan"]).failed(), &["người quản trị duy nhất"]);
    has(&office.vi(&["user", "change", "lan", "--role", "viewer"]).failed(), &["người quản trị duy nhất"]);
    add("minh");
    office.vi(&["user", "disable", "lan"]).done();
    has(&office.vi(&["user", "disable", "minh"]).failed(), &["người quản trị duy nhất"]);
}
