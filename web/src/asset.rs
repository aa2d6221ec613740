//! The style and the script of every page, which are part of the programs.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;

/// The style of every page.
pub const STYLE: &str = include_str!("../assets/style.css");
/// The script of every page; each page can be read without it.
pub const SCRIPT: &str = include_str!("../assets/page.js");
/// The sign of the program, beside a page's title in the browser.
pub const ICON: &str = include_str!("../assets/icon.svg");

/// An hour: another version of the program brings others under other addresses.
const KEPT: &str = "max-age=3600";

/// Where they are served.
pub const SERVED: [(&str, &str); 3] = [("GET", "/style.css"), ("GET", "/page.js"), ("GET", "/icon.svg")];

/// What answers there.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let answer = |kind: &'static str, text: &'static str| {
        get(async move || ([(CONTENT_TYPE, kind), (CACHE_CONTROL, KEPT)], text))
    };
    Router::new()
        .route("/style.css", answer("text/css; charset=utf-8", STYLE))
        .route("/page.js", answer("text/javascript; charset=utf-8", SCRIPT))
        .route("/icon.svg", answer("image/svg+xml", ICON))
}
