//! What is secret stays so: in folders that others look into, and in logs however much is asked of them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gom_domain::invitation::Invitation;
use gom_proto::pass::hex;
use rusqlite::Connection;
use tempfile::TempDir;
use tests::program::{Program, Said, has};
use tests::repository;
use tests::serving::Serving;

const PASSWORD: &str = "mưa nắng tháng ba";

fn founded() -> TempDir {
    let folder = TempDir::new().unwrap();
    let programme = repository("programmes/phung-hiep-2024");
    Program::gom_server(folder.path()).vi(&["init", "--programme", programme.to_str().unwrap()]).done();
    folder
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Lets everybody look into a folder and all that is in it, as a copy from a stick or another account does.
fn open_to_all(folder: &Path) {
    for file in fs::read_dir(folder).unwrap() {
        fs::set_permissions(file.unwrap().path(), Permissions::from_mode(0o644)).unwrap();
    }
    fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
}

fn assert_closed(folder: &Path) {
    assert_eq!(mode(folder), 0o700);
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn what_others_could_look_into_is_closed_at_the_next_start_and_said() {
    let books = founded();
    assert_closed(books.path());
    open_to_all(books.path());
    let serving = Serving::start(books.path());
    assert_closed(books.path());
    let code = Program::gom_server(books.path()).vi(&["enroll", "31423"]).done();
    let home = TempDir::new().unwrap();
    let pc = Program::gom(&home.path().join("pc"));
    pc.vi(&["enroll", "--server", &serving.url, code.trim()]).done();
    assert_closed(pc.folder());
    let (_, complaints) = serving.terminate_and_tell();
    has(&complaints, &["warning: other users", "books.db"]);

    open_to_all(pc.folder());
    has(&pc.vi(&["status"]).err, &["cảnh báo: người dùng khác", "gom.db"]);
    assert_closed(pc.folder());
    assert!(!pc.vi(&["status"]).err.contains("cảnh báo: người"), "said once");
}

/// A secret, and how a careless program would write it.
fn ways(secret: &[u8]) -> Vec<String> {
    // Half of it is as bad as the whole, and a log may cut it.
    let secret = &secret[..secret.len().min(16)];
    let decimals: Vec<String> = secret.iter().map(u8::to_string).collect();
    let mut ways =
        vec![hex(secret), hex(secret).to_uppercase(), decimals.join(", "), secret.escape_ascii().to_string()];
    ways.extend(String::from_utf8(secret.to_vec()));
    ways
}

/// The last bytes of a key: the first are the same for all of its kind.
fn end_of(key: &[u8]) -> Vec<u8> {
    key[key.len() - 24..].to_vec()
}

fn kept<const N: usize>(database: &Path, sql: &str) -> [Vec<u8>; N] {
    let connection = Connection::open(database).unwrap();
    connection.query_row(sql, [], |row| Ok(std::array::from_fn(|n| row.get(n).unwrap()))).unwrap()
}

#[test]
fn no_log_tells_a_secret_or_lets_a_stranger_write_a_line() {
    const FORGED: &str = "\n2026-01-01T00:00:00.000000Z ERROR gom_server: forged\u{1b}[31m";
    let books = founded();
    let noisy =
        |program: Program| program.within(vec![("GOM_LOG", "trace".into()), ("HOSTNAME", FORGED.into())]);
    let office = noisy(Program::gom_server(books.path()));
    let serve = ["serve", "--listen", "127.0.0.1:0", "--tls"];
    let serving = Serving::of(&mut office.command("en", &serve)).unwrap();
    let mut said =
        vec![office.fed(&["user", "add", "quantri", "--role", "administrator"], PASSWORD.as_bytes())];
    let enroll = office.vi(&["enroll", "31423"]);
    let invitation = Invitation::parse(enroll.out.trim()).unwrap();
    let home = TempDir::new().unwrap();
    let pc = noisy(Program::gom(&home.path().join("pc")));
    let sheet = home.path().join("sheet.csv");
    fs::write(&sheet, tests::sheet::of("31423", "society", "2024-05", &[("births", "24")])).unwrap();
    said.push(pc.vi(&["enroll", &invitation.shown()]));
    for args in [
        &["name", FORGED][..],
        &["name", "Bà Bảy"],
        &["import", sheet.to_str().unwrap()],
        &["submit", "--all", "--note", FORGED],
        &["sync"],
        // A code that has been used, and one that was never given.
        &["enroll", "--data", home.path().join("b").to_str().unwrap(), &invitation.shown()],
    ] {
        said.push(pc.vi(args));
    }
    for args in [&["devices"][..], &["journal"], &["status"], &["user", "list"], &["authority", "list"]] {
        said.push(office.vi(args));
    }
    let (status, log) = serving.terminate_and_tell();
    assert!(status.success());
    assert!(log.contains("TRACE") && log.contains("greeting"), "it has said all that it can");

    let [secret, key] = kept(&pc.folder().join("gom.db"), "select secret, key from folder");
    let [authority] = kept(&books.path().join("books.db"), "select key from authority");
    let [seal] = kept(&books.path().join("books.db"), "select seal_key from district");
    let code = invitation.code.as_str().as_bytes();
    let secrets = [code, &secret, &end_of(&key), &end_of(&authority), &seal, PASSWORD.as_bytes()];
    let spoken = invitation.code.shown();
    let logs: Vec<&str> = said.iter().map(|Said { err, .. }| err.as_str()).chain([log.as_str()]).collect();
    let results = said.iter().map(|Said { out, .. }| out.as_str());
    for text in logs.iter().copied().chain(results) {
        let told = secrets.iter().flat_map(|secret| ways(secret)).find(|way| text.contains(way));
        assert_eq!(told, None);
        assert!(!text.contains(&spoken), "the code as it is printed");
        assert!(!text.contains('\u{1b}'), "nobody else writes in colour: {text}");
        assert!(text.lines().all(|line| !line.starts_with("2026-01-01T00:00:00")), "{text}");
    }
    // What is looked for would be found: the invitation itself tells its code.
    assert!(enroll.out.contains(&spoken));
}
