//! Who looks at what: the address, and the language that he has chosen.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::Response;
use gom_domain::Lang;

/// A look at a page.
#[derive(Clone, Debug)]
pub struct Visit {
    /// In which language.
    pub lang: Lang,
    /// At which address.
    pub uri: Uri,
    /// Whether something is done and not only looked at: what is said of it is at no address.
    pub acts: bool,
}

impl Visit {
    /// What the address asks under a name.
    pub fn asked(&self, name: &str) -> Option<String> {
        asked(&self.uri, name)
    }

    /// The same address with something else asked under a name, or nothing where that is empty.
    pub fn with(&self, name: &str, value: &str) -> String {
        let others = self.uri.query().unwrap_or_default().split('&').filter(|pair| {
            let key = pair.split('=').next().unwrap_or_default();
            !key.is_empty() && key != name
        });
        let new = (!value.is_empty()).then(|| format!("{name}={}", escaped(value)));
        let query = others.map(str::to_owned).chain(new).collect::<Vec<_>>().join("&");
        if query.is_empty() { self.uri.path().to_owned() } else { format!("{}?{query}", self.uri.path()) }
    }

    /// The address of this page in the other language; of the first one where this page has none.
    pub fn in_other_language(&self) -> String {
        let other = self.lang.pick("en", "vi");
        if self.acts { format!("/?lang={other}") } else { self.with("lang", other) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self {
            lang: lang(&parts.uri, &parts.headers),
            uri: parts.uri.clone(),
            acts: !parts.method.is_safe(),
        })
    }
}

/// The language that an address asks for, or that was asked for before; Vietnamese where nobody has asked.
fn lang(uri: &Uri, headers: &HeaderMap) -> Lang {
    let asked = asked(uri, "lang").or_else(|| cookie(headers, "lang").map(str::to_owned));
    asked.and_then(|key| Lang::from_key(&key)).unwrap_or(Lang::Vi)
}

/// What a browser was told to keep under a name.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Has the browser keep the language that an address asks for.
pub(crate) async fn keep_language(request: Request, next: Next) -> Response {
    let chosen = asked(request.uri(), "lang").and_then(|key| Lang::from_key(&key));
    let mut response = next.run(request).await;
    if let Some(lang) = chosen {
        let kept =
            format!("lang={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly", lang.pick("vi", "en"));
        if let Ok(kept) = HeaderValue::from_str(&kept) {
            response.headers_mut().append(SET_COOKIE, kept);
        }
    }
    response
}

fn asked(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| unescaped(value))
}

/// A text as it stands in an address.
pub fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What an address says. What is no text is none.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut left = text.as_bytes();
    while let Some((first, rest)) = left.split_first() {
        let hex = rest.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        let (byte, after) = match (first, hex) {
            (b'%', Some(byte)) => (byte, &rest[2..]),
            (b'+', _) => (b' ', rest),
            _ => (*first, rest),
        };
        bytes.push(byte);
        left = after;
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(uri: &str) -> Visit {
        Visit { lang: Lang::Vi, uri: uri.parse().unwrap(), acts: false }
    }

    #[test]
    fn an_address_is_read_and_changed() {
        let here = visit("/targets/9a?as_of=2024-09&lang=vi");
        assert_eq!(here.asked("as_of").as_deref(), Some("2024-09"));
        assert_eq!(here.in_other_language(), "/targets/9a?as_of=2024-09&lang=en");
        assert_eq!(here.with("as_of", ""), "/targets/9a?lang=vi");
        assert_eq!(visit("/").with("lang", "en"), "/?lang=en");
        assert_eq!(visit("/?q=x%C3%A3+%26%zz%").asked("q").as_deref(), Some("xã &%zz%"));
        assert_eq!(visit("/?q=%ff").asked("q").as_deref(), Some(""));
        assert_eq!(visit("/").with("q", "xã & b"), "/?q=x%C3%A3%20%26%20b");
    }

    #[test]
    fn a_browser_keeps_more_than_one_thing() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("a=1; lang=en;b=2"));
        assert_eq!(cookie(&headers, "lang"), Some("en"));
        assert_eq!(cookie(&headers, "b"), Some("2"));
        assert_eq!(cookie(&headers, "c"), None);
    }
}
