//! The commune's pages: who may see them, and a report's way through them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use tests::browser::{Browser, field};
use tests::program::has;
use tests::{Commune, District};

/// A screen that `gom open` has opened; it is closed with this.
struct Screen {
    child: Child,
    address: String,
}

impl Screen {
    fn open(commune: &Commune) -> Self {
        let words = ["open", "--no-browser"];
        let mut command = commune.office().command("vi", &words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim().to_owned() }
    }

    fn base(&self) -> &str {
        self.address.split("/?").next().unwrap()
    }

    /// The officer, who has come by the address that was told.
    fn officer(&self) -> Browser {
        let mut browser = Browser::at(self.base());
        let got = browser.get(&self.address[self.base().len()..]);
        assert_eq!((got.status, got.location.as_str()), (303, "/"), "{got:?}");
        browser
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_is_for_whoever_was_told_its_address_and_nobody_else() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let screen = Screen::open(&commune);
    let served = gom::web::served();
    let path = |path: &str| {
        path.replace("{form}", "society").replace("{period}", "2024-05").replace("{number}", "1")
    };
    let is_asset = |path: &str| matches!(path, "/style.css" | "/page.js" | "/icon.svg");
    for (method, route) in &served {
        let path = path(route);
        let ask = |browser: &mut Browser| match *method {
            "POST" => {
                browser
                    .post(
                        &path,
                        &[("births", "1"), ("keep", "theirs"), ("form", "x"), ("period", "y"), ("name", "z")],
                    )
                    .status
            }
            _ => browser.get(&path).status,
        };
        let expected = if is_asset(route) { 200 } else { 403 };
        assert_eq!(ask(&mut Browser::at(screen.base())), expected, "nobody {method} {route}");
        let mut guesser = Browser::at(screen.base());
        assert_eq!(guesser.get("/?token=0123456789abcdef0123456789abcdef").status, 403);
        assert_eq!(ask(&mut guesser), expected, "a guesser {method} {route}");
        // A name of somebody else's that leads here, with all that the browser keeps.
        let mut led = screen.officer();
        (led.host, led.origin) = (Some("evil.example".to_owned()), Some("http://evil.example".to_owned()));
        assert_eq!(ask(&mut led), 421, "a foreign name {method} {route}");
        if *method == "POST" {
            for origin in [None, Some("http://evil.example"), Some("null")] {
                let mut other = screen.officer();
                other.origin = origin.map(str::to_owned);
                assert_eq!(ask(&mut other), 403, "another page {origin:?} {route}");
            }
        }
        let status = ask(&mut screen.officer());
        assert!(matches!(status, 200 | 303 | 400 | 409 | 422), "the officer {method} {route}: {status}");
    }
    assert_eq!(screen.officer().get("/nowhere").status, 404);
    // Where a button led to, the address bar leads to nothing.
    let again = screen.officer().get("/sync");
    assert_eq!(again.status, 405);
    has(&again.text, &["nút bấm", "Về trang đầu"]);
}

/// The officer fills in a form, is told what is wrong beside each field, hands in, and has the receipt.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_goes_its_way_by_pages_alone() {
    let mut district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let address = district.address();
    district.stop().await;
    let screen = Screen::open(&commune);
    let mut officer = screen.officer();
    has(&officer.get("/").text, &["Chưa ghi tên người nộp", "Biểu phải nộp", "Xã hội"]);
    assert_eq!(officer.post("/settings/name", &[("name", "Họ và tên")]).status, 303);
    has(&officer.get("/settings").text, &["value=\"Họ và tên\"", "Xã Hòa An"]);

    let cells = "/forms/society/2024-05/cells";
    let got = officer.post(cells, &[("births", "24"), ("deaths", "không có"), ("nothing", "1")]);
    let said: serde_json::Value = serde_json::from_str(&got.text).unwrap();
    has(said["saved"].as_str().unwrap(), &["2 ô chưa lưu"]);
    let cell = |key: &str| {
        said["cells"].as_array().unwrap().iter().find(|cell| cell["element"] == key).unwrap().clone()
    };
    assert_eq!((&cell("births")["now"], &cell("births")["wrong"]), (&"24".into(), &false.into()));
    has(cell("deaths")["said"].as_str().unwrap(), &["không có", "không phải là số"]);
    assert_eq!(commune.figures("society", "2024-05")[0], "24", "it is saved");
    let sheet = officer.post("/forms/society/2024-05", &[("deaths", "<b>x")]);
    assert_eq!(sheet.status, 422);
    has(&sheet.text, &["value=\"&lt;b&gt;x\"", "value=\"24\""]);
    assert_eq!(officer.post("/forms/society/2024-05", &[("deaths", "7")]).status, 303);

    let review = officer.get("/hand-in?form=society&period=2024-05").text;
    has(&review, &["Sẽ nộp", "24"]);
    let seen = field(&review, "seen").to_owned();
    // What was changed after it was looked at, as in another tab, is looked at again before it goes anywhere.
    commune.set("society", "2024-05", &[("births", "25")]);
    let changed = officer.post("/hand-in", &[("seen", seen.as_str())]);
    assert_eq!(changed.status, 409);
    has(&changed.text, &["đã thay đổi từ lúc xem lại", "25"]);
    assert_eq!(commune.status().queued, 0);
    commune.set("society", "2024-05", &[("births", "24")]);
    let queued = officer.post("/hand-in", &[("seen", seen.as_str()), ("note", "đã kiểm tra")]);
    has(&queued.text, &["Đã xếp hàng chờ gửi", "chờ gửi 1"]);
    has(&officer.get("/").text, &["chờ gửi 1"]);
    // The line comes back.
    district.start_at(address).await;
    has(&officer.post("/sync", &[]).text, &["Đã gửi 1 báo cáo: 1 được nhận"]);
    has(&officer.get("/receipts").text, &["được nhận", "tháng 5/2024"]);
    assert_eq!(district.total("births", "2024-05"), "24");
    has(&officer.get("/forms").text, &["nhận 1"]);
    assert!(officer.post("/settings/backup", &[]).text.starts_with("SQLite format 3"));
}

/// Two computers of a unit hand in the same; the second one's officer sees both versions and decides.
#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_settled_side_by_side() {
    let district = District::open().await;
    let one = Commune::enrolled(&district, "31423").await;
    let other = Commune::enrolled(&district, "31423").await;
    one.queue("society", "2024-05", &[("births", "24")]);
    other.queue("society", "2024-05", &[("births", "26")]);
    one.sync().await;
    other.sync().await;
    let screen = Screen::open(&other);
    let mut officer = screen.officer();
    has(&officer.get("/").text, &["Cần xử lý", "Xung đột (1)"]);
    has(&officer.get("/conflicts").text, &["26", "24", "khác nhau"]);
    let mine = [("form", "society"), ("period", "2024-05"), ("keep", "mine")];
    has(&officer.post("/conflicts", &mine).text, &["đã thành bản nháp"]);
    let review = officer.get("/hand-in?form=society&period=2024-05").text;
    officer.post("/hand-in", &[("seen", field(&review, "seen"))]);
    has(&officer.post("/sync", &[]).text, &["1 được nhận"]);
    assert_eq!(district.total("births", "2024-05"), "26");
    has(&officer.get("/conflicts").text, &["Không có xung đột nào"]);
}
