//! Somebody with a browser that draws nothing: it asks, keeps what it is told to keep, and goes nowhere by itself.

use std::collections::BTreeMap;

use ureq::http::Request;
use ureq::{Agent, Body};

/// Such a browser.
#[derive(Clone, Debug)]
pub struct Browser {
    agent: Agent,
    /// Where the pages are.
    pub base: String,
    kept: BTreeMap<String, String>,
    /// From which page what it sends says to come.
    pub origin: Option<String>,
    /// By which name it calls the place, if not by its own.
    pub host: Option<String>,
    /// Whether a page asks by itself, which is nobody's look.
    pub renews: bool,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Got {
    /// Its number.
    pub status: u16,
    /// Where it leads.
    pub location: String,
    /// What it says.
    pub text: String,
}

impl Browser {
    /// One that looks at pages of a place.
    pub fn at(base: &str) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let origin = Some(base.to_owned());
        Self { agent, base: base.to_owned(), kept: BTreeMap::new(), origin, host: None, renews: false }
    }

    /// Asks for a page.
    pub fn get(&mut self, path: &str) -> Got {
        self.ask("GET", path, String::new())
    }

    /// Sends a form.
    pub fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Got {
        let pairs = form.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        self.ask("POST", path, pairs.collect::<Vec<_>>().join("&"))
    }

    /// Asks by any method.
    pub fn ask(&mut self, method: &str, path: &str, body: String) -> Got {
        let cookies = self.kept.iter().map(|(name, value)| format!("{name}={value}"));
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        request = request.header("cookie", cookies.collect::<Vec<_>>().join("; "));
        if let Some(host) = &self.host {
            request = request.header("host", host);
        }
        if self.renews {
            request = request.header("x-gom-renewal", "1");
        }
        if method == "POST" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
            if let Some(origin) = &self.origin {
                request = request.header("origin", origin);
            }
        }
        let mut answer = self.agent.run(request.body(body).unwrap()).unwrap();
        for kept in answer.headers().get_all("set-cookie") {
            let (name, value) = kept.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.kept.insert(name.to_owned(), value.to_owned());
        }
        let location = answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
        let endless = answer.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let text = if endless { String::new() } else { read(answer.body_mut()) };
        Got { status: answer.status().as_u16(), location: location.unwrap_or_default(), text }
    }
}

fn read(body: &mut Body) -> String {
    String::from_utf8_lossy(&body.read_to_vec().unwrap()).into_owned()
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What a form on a page carries under a name.
pub fn field<'p>(page: &'p str, name: &str) -> &'p str {
    let from = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    page[from..].split('"').nth(3).unwrap()
}
