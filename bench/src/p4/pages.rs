//! Pages as a browser meets them for the first time: the overview with its style and its script, from a server in a
//! process of its own.

use std::path::Path;

use anyhow::{Context, ensure};
use gom_domain::Period;
use ureq::Agent;
use ureq::http::Request;

use super::millis;
use crate::district::{District, Server};

/// Who looks at the pages.
const NAME: &str = "viewer";
/// A password for the bench's own books.
const PASSWORD: &str = "only-for-measuring";

/// The pages of a folder's books.
pub(super) struct Pages {
    server: Server,
    base: String,
    cookie: String,
    as_of: Period,
}

impl Pages {
    /// Opens the pages and logs in.
    pub(super) fn open(folder: &Path, as_of: Period) -> anyhow::Result<Self> {
        let district = District::at(folder);
        district.let_in(NAME, PASSWORD)?;
        let (server, base) = district.serve_pages()?;
        let form = format!("name={NAME}&password={PASSWORD}");
        let request = Request::post(format!("{base}/login")).header("origin", base.as_str());
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form)?;
        let answer = browser().run(request)?;
        let cookie = answer.headers().get("set-cookie").context("nobody was let in")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { server, base, cookie, as_of })
    }

    /// The first view of a page by a browser that has nothing of it yet, in milliseconds.
    pub(super) fn first_view(&self, path: &str) -> anyhow::Result<f64> {
        let mut seen = Ok(());
        let took = millis(|| seen = self.view(path));
        seen.map(|()| took)
    }

    fn view(&self, path: &str) -> anyhow::Result<()> {
        let browser = browser();
        let get = |path: &str| {
            let request =
                Request::get(format!("{}{path}", self.base)).header("cookie", &self.cookie).body(())?;
            let mut answer = browser.run(request)?;
            ensure!(answer.status() == 200, "{path}: {}", answer.status());
            Ok(answer.body_mut().with_config().limit(LARGEST).read_to_string()?)
        };
        let page = get(&format!("{path}?as_of={}", self.as_of))?;
        ensure!(page.contains("</html>"), "{path} has no end");
        let parts: Vec<&str> = parts(&page).collect();
        ensure!(parts.len() >= 2, "{path} has no style or no script");
        for part in parts {
            get(part)?;
        }
        Ok(())
    }

    /// Closes them.
    pub(super) fn close(self) -> anyhow::Result<()> {
        self.server.stop().map(drop)
    }
}

/// The most that a page may be, so that one without an end is found.
const LARGEST: u64 = 10_000_000;

fn browser() -> Agent {
    Agent::config_builder().max_redirects(0).build().into()
}

/// What a page needs to be seen: its style and its script.
fn parts(page: &str) -> impl Iterator<Item = &str> {
    let named =
        |attribute: &'static str| page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
    let of = |kind: &'static str| {
        move |address: &&str| address.ends_with(kind) || address.contains(&format!("{kind}?"))
    };
    named("href=\"").filter(of(".css")).chain(named("src=\"").filter(of(".js")))
}
