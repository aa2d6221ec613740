//! The district's screen: pages about what the books come to, for people who have logged in.
//!
//! Each page is one file here, named for what it shows, and asks the same use cases as the commands. Nothing is changed
//! from here but who is logged in.
//!
//! **Invariant:** every page but the one to log in takes a `Viewer`, which only a session makes, and
//! shows nothing of a restricted form to whoever may not see it.

mod live;
mod login;
mod overview;
mod programme;
mod report;
mod reported;
mod serve;
mod site;
mod target;
mod tls;
mod unit;
mod viewer;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::{get, post};
use gom_web::{Visit, asset, guard, keep_language};

pub(crate) use serve::serve;
pub(crate) use site::Site;
pub(crate) use tls::WebTls;

/// How large a form may be that somebody fills in.
const FORM: usize = 8 * 1024;

/// Where pages are, and who may look at them: the tests hold this against what is served.
pub const ROUTES: [(&str, &str); 13] = [
    ("GET", "/"),
    ("GET", "/live"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("GET", "/programme"),
    ("GET", "/reported"),
    ("GET", "/reports/{unit}/{form}/{period}"),
    ("GET", "/targets/{reference}"),
    ("GET", "/units/{id}"),
    ("GET", "/style.css"),
    ("GET", "/page.js"),
    ("GET", "/icon.svg"),
];

/// All pages.
fn pages(site: Site) -> Router {
    Router::new()
        .route("/", get(overview::overview))
        .route("/live", get(live::live))
        .route("/login", get(login::ask).post(login::login))
        .route("/logout", post(login::logout))
        .route("/programme", get(programme::programme))
        .route("/reported", get(reported::reported))
        .route("/reports/{unit}/{form}/{period}", get(report::report))
        .route("/targets/{reference}", get(target::target))
        .route("/units/{id}", get(unit::unit))
        .merge(asset::routes())
        .fallback(nothing)
        .layer(axum::extract::DefaultBodyLimit::max(FORM))
        .layer(from_fn(guard::own_alone))
        .layer(from_fn(keep_language))
        .layer(from_fn(guard::headers))
        .with_state(site)
}

/// What is said of an address at which there is nothing.
async fn nothing(visit: Visit) -> Response {
    let lang = visit.lang;
    let text = lang.pick("Không có trang này.", "There is no such page.");
    site::bare(&visit, lang.pick("Không tìm thấy", "Not found"), StatusCode::NOT_FOUND, text)
}
