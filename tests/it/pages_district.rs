//! The district's pages: who may see what, what they show, and what nobody can do by them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tests::browser::{Browser, field};
use tests::program::has;
use tests::{Clock, Commune, District};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::time_provider::TimeProvider;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

const PASSWORD: &str = "mưa nắng tháng ba";

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Somebody who has not logged in.
    Nobody,
    /// With a session that has ended.
    LoggedOut,
    /// With an account that was disabled since.
    Disabled,
    Viewer,
    /// A viewer who may see restricted forms.
    Trusted,
    Officer,
    Administrator,
}

const ALL: [By; 7] =
    [By::Nobody, By::LoggedOut, By::Disabled, By::Viewer, By::Trusted, By::Officer, By::Administrator];

/// What each route answers, in the order of `ALL`. Who is not known is led to the page to log in.
fn table() -> BTreeMap<(&'static str, &'static str), (&'static str, [u16; 7])> {
    let inside = |path| (path, [303, 303, 303, 200, 200, 200, 200]);
    let everybody = |path| (path, [200; 7]);
    BTreeMap::from([
        (("GET", "/"), inside("/")),
        (("GET", "/live"), inside("/live")),
        (("GET", "/login"), everybody("/login")),
        // Wrong words: nobody is let in by them, whoever he is.
        (("POST", "/login"), ("/login", [401; 7])),
        // Without what the session's own page carries.
        (("POST", "/logout"), ("/logout", [303, 303, 303, 403, 403, 403, 403])),
        (("GET", "/programme"), inside("/programme")),
        (("GET", "/reported"), inside("/reported")),
        (
            ("GET", "/reports/{unit}/{form}/{period}"),
            ("/reports/hoa-an/defence/2024-Q1", [303, 303, 303, 403, 200, 403, 403]),
        ),
        (("GET", "/targets/{reference}"), inside("/targets/9a")),
        (("GET", "/units/{id}"), inside("/units/hoa-an")),
        (("GET", "/style.css"), everybody("/style.css")),
        (("GET", "/page.js"), everybody("/page.js")),
        (("GET", "/icon.svg"), everybody("/icon.svg")),
    ])
}

fn account(district: &District, name: &str, role: &str, restricted: bool) {
    let mut words = vec!["user", "add", name, "--role", role];
    if restricted {
        words.push("--restricted");
    }
    district.office().fed(&words, format!("{PASSWORD}\n").as_bytes()).done();
}

/// Somebody who has logged in by an account.
fn logged_in(base: &str, name: &str) -> Browser {
    let mut browser = Browser::at(base);
    let got = browser.post("/login", &[("name", name), ("password", PASSWORD), ("to", "/reported")]);
    assert_eq!((got.status, got.location.as_str()), (303, "/reported"), "{got:?}");
    browser
}

fn browser(district: &District, base: &str, by: By) -> Browser {
    match by {
        By::Nobody => Browser::at(base),
        By::LoggedOut => {
            let mut browser = logged_in(base, "viewer");
            let stays = browser.clone();
            let guard = field(&browser.get("/").text, "guard").to_owned();
            assert_eq!(browser.post("/logout", &[("guard", &guard)]).status, 303);
            stays
        }
        By::Disabled => {
            account(district, "gone", "viewer", false);
            let browser = logged_in(base, "gone");
            district.office().vi(&["user", "disable", "gone"]).done();
            browser
        }
        By::Viewer => logged_in(base, "viewer"),
        By::Trusted => logged_in(base, "trusted"),
        By::Officer => logged_in(base, "officer"),
        By::Administrator => logged_in(base, "administrator"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_for_whom_it_is_for_and_nobody_else() {
    let mut district = District::open().await;
    let base = district.show_pages();
    for (name, role) in [("viewer", "viewer"), ("officer", "officer"), ("administrator", "administrator")] {
        account(&district, name, role, false);
    }
    account(&district, "trusted", "viewer", true);
    let table = table();
    let served = gom_server::web::served();
    assert_eq!(served.len(), table.len(), "a route without a row, or a row without a route");
    for (nth, by) in ALL.into_iter().enumerate() {
        let mut browser = browser(&district, &base, by);
        for route in &served {
            let (path, expected) = table.get(route).unwrap_or_else(|| panic!("{route:?} has no row"));
            let got = match route.0 {
                "POST" => browser.post(path, &[("name", "x"), ("password", "y"), ("guard", "z")]),
                method => browser.ask(method, path, String::new()),
            };
            // Too many wrong words make everybody wait who comes from there.
            let waits = *route == ("POST", "/login") && got.status == 429;
            assert!(got.status == expected[nth] || waits, "{by:?} {route:?}: {}", got.status);
            if expected[nth] == 303 {
                assert!(got.location.starts_with("/login?to="), "{}", got.location);
            }
        }
        assert_eq!(browser.get("/nowhere").status, 404, "{by:?}");
    }
}

/// Another page that has the browser send something, with all that the browser keeps, changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn another_page_cannot_act_for_whoever_has_logged_in() {
    let mut district = District::open().await;
    let base = district.show_pages();
    account(&district, "viewer", "viewer", false);
    let mut browser = logged_in(&base, "viewer");
    let guard = field(&browser.get("/").text, "guard").to_owned();
    for origin in [None, Some("http://evil.example"), Some("null"), Some("http://127.0.0.1:1")] {
        browser.origin = origin.map(str::to_owned);
        assert_eq!(browser.post("/logout", &[("guard", &guard)]).status, 403, "{origin:?}");
    }
    browser.origin = Some(base.clone());
    assert_eq!(browser.post("/logout", &[("guard", "")]).status, 403);
    assert_eq!(browser.get("/").status, 200, "he is still logged in");
    let elsewhere = [("name", "viewer"), ("password", PASSWORD), ("to", "//evil.example")];
    assert_eq!(Browser::at(&base).post("/login", &elsewhere).location, "/");
}

/// A browser goes by its computer's clock; this one's is a week behind.
#[derive(Debug)]
struct Behind(Clock);

impl TimeProvider for Behind {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now_ms() / 1_000 - 7 * 86_400).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// What a browser sends and is told by an encrypted line, if it trusts what answers.
async fn by_tls(
    district: &District,
    server: SocketAddr,
    roots: RootCertStore,
    request: String,
) -> std::io::Result<String> {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_details(ring, Arc::new(Behind(district.clock.clone())));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let line = TcpStream::connect(server).await?;
    let name = ServerName::from(server.ip());
    let mut line = TlsConnector::from(Arc::new(config)).connect(name, line).await?;
    line.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A computer on which the district's certificate was installed opens the pages by an encrypted line; no other does.
#[tokio::test(flavor = "multi_thread")]
async fn encrypted_pages_are_known_by_the_districts_certificate() {
    let mut district = District::open().await;
    let server = district.show_encrypted_pages();
    account(&district, "viewer", "viewer", false);
    let printed = district.office().vi(&["authority", "certificate"]).done();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(printed.as_bytes()).unwrap()).unwrap();

    let form = "name=viewer&password=m%C6%B0a%20n%E1%BA%AFng%20th%C3%A1ng%20ba";
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: {server}\r\nOrigin: https://{server}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let answer = by_tls(&district, server, roots, request.clone()).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    has(&answer, &["__Host-gom=", "; Secure", "HttpOnly", "SameSite"]);
    let stranger = by_tls(&district, server, RootCertStore::empty(), request).await;
    assert!(
        stranger.is_err_and(|error| error.to_string().contains("UnknownIssuer")),
        "nothing is trusted unasked"
    );
}

/// Who goes away from an open page is logged out, although the page goes on asking for itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_renews_itself_keeps_no_session_open() {
    let mut district = District::open().await;
    let base = district.show_pages();
    account(&district, "viewer", "viewer", false);
    let mut viewer = logged_in(&base, "viewer");
    let mut seen = |path: &str, renews: bool| {
        district.clock.pass(20);
        viewer.renews = renews;
        viewer.get(path).status
    };
    assert_eq!([seen("/", false), seen("/", false)], [200, 200], "somebody looks");
    assert_eq!(seen("/", true), 200, "twenty minutes after the last look");
    assert_eq!(seen("/", true), 303, "forty minutes after it");
    let mut listener = logged_in(&base, "viewer");
    district.clock.pass(20);
    assert_eq!(listener.get("/live").status, 200);
    district.clock.pass(20);
    assert_eq!(listener.get("/").status, 303, "who only listened has not looked");
}

/// Somebody who guesses has to wait, and is told for how long.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_passwords_has_to_wait() {
    let mut district = District::open().await;
    let base = district.show_pages();
    account(&district, "viewer", "viewer", false);
    let mut guesser = Browser::at(&base);
    let mut guess = |password: &str| guesser.post("/login", &[("name", "viewer"), ("password", password)]);
    for _ in 0..5 {
        assert_eq!(guess("sai mật khẩu").status, 401);
    }
    let got = guess(PASSWORD);
    assert_eq!(got.status, 429, "also with the right one");
    has(&got.text, &["Sai quá nhiều lần", "phút"]);
}

/// What an officer has handed in is on the pages at once, and where it comes from.
#[tokio::test(flavor = "multi_thread")]
async fn pages_show_what_the_books_come_to() {
    let mut district = District::open().await;
    let base = district.show_pages();
    account(&district, "viewer", "viewer", false);
    let commune = Commune::enrolled(&district, "31423").await;
    let mut browser = logged_in(&base, "viewer");
    has(
        &browser.get("/?as_of=2024-05&order=document").text,
        &["giả lập", "Tiến độ các chỉ tiêu", "0/270", "Số liệu hạn chế"],
    );
    // Who has not sent the defence form is nothing for everybody, nor how the target stands that is made of it.
    account(&district, "trusted", "viewer", true);
    let mut trusted = logged_in(&base, "trusted");
    has(&trusted.get("/?as_of=2024-05").text, &["0/285"]);
    has(&trusted.get("/reported?as_of=2024-05").text, &["Quốc phòng"]);
    assert!(!browser.get("/reported?as_of=2024-05").text.contains("Quốc phòng"));
    commune.gom().name_officer("<script>alert(1)</script>").unwrap();
    commune.queue("society", "2024-05", &[("births", "24"), ("trained_workers", "3")]);
    commune.sync().await;
    commune.queue("society", "2024-05", &[("births", "25")]);
    commune.sync().await;

    let report = browser.get("/reports/hoa-an/society/2024-05");
    has(&report.text, &["bản 2, đang có hiệu lực", "25 ≠", "&lt;script&gt;alert(1)&lt;/script&gt;"]);
    assert!(!report.text.contains("<script>alert"), "words are words");
    let target = browser.get("/targets/9a?as_of=2024-05").text;
    has(
        &target,
        &["«Lao động nông thôn được đào tạo nghề»", "/reports/hoa-an/society/2024-05", "Trên bản đồ"],
    );
    // Its quota is 34: five twelfths of it by now, of which it has reported 3, and not for every month.
    has(&target, &["Xã Hòa An: 3, thiếu số liệu", "14,17", "8,8 %"]);
    let changed = browser.get("/targets/9a?as_of=2024-05&since=2024-10-16").text;
    has(&changed, &["Không số liệu nào thay đổi"]);
    district.clock.turn_to("2024-10-20");
    commune.queue("society", "2024-05", &[("trained_workers", "")]);
    commune.sync().await;
    browser = logged_in(&base, "viewer");
    let withdrawn = browser.get("/targets/9a?as_of=2024-05&since=2024-10-20").text;
    has(&withdrawn, &["không còn trong báo cáo đang có hiệu lực"]);
    has(&browser.get("/reported?as_of=2024-05&form=society&find=hoa%20an").text, &["Xã Hòa An", "muộn"]);
    has(&browser.get("/units/hoa-an?as_of=2024-05").text, &["Máy của đơn vị", "đang dùng", "Chỉ tiêu giao"]);
    has(&browser.get("/programme?lang=en").text, &["The document's targets"]);
    has(&browser.get("/").text, &["How the targets stand"]);
    // Who has sent everything and lags behind is named where the target lags.
    for month in ["2024-01", "2024-02", "2024-03", "2024-04", "2024-05"] {
        commune.queue("society", month, &[("trained_workers", "1")]);
    }
    commune.sync().await;
    has(&browser.get("/?as_of=2024-05&lang=vi").text, &["Chưa đạt: Xã Hòa An"]);
    // On the day before the defence form is due, whoever may not see it is not reminded of it.
    district.clock.turn_to("2024-12-17");
    browser = logged_in(&base, "viewer");
    let reminder = browser.get("/reported?as_of=2024-12&lang=vi").text;
    has(&reminder, &["Giáo dục - y tế quý 4/2024"]);
    assert!(!reminder.contains("Quốc phòng"));
    for (path, status) in [
        ("/targets/nothing", 404),
        ("/units/nowhere", 404),
        ("/reports/hoa-an/society/2024-13", 404),
        ("/reports/hoa-an/nothing/2024-05", 404),
        ("/?as_of=1999-01", 404),
        ("/?as_of=2024-13", 400),
        ("/logout", 405),
    ] {
        let got = browser.get(path);
        assert_eq!(got.status, status, "{path}");
        has(&got.text, &["<main"]);
    }
    has(&browser.get("/targets/9a?as_of=2024-05&since=30/09").text, &["«30/09» không phải là ngày"]);
    has(&browser.get("/targets/9a?as_of=th%C3%A1ng%205").text, &["«tháng 5» không phải là kỳ"]);
}
