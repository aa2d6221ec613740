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
mod pager;
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
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use gom_web::{Visit, asset, guard};

pub(crate) use serve::serve;
pub(crate) use site::Site;
pub(crate) use tls::WebTls;

/// How large a form may be that somebody fills in.
const FORM: usize = 8 * 1024;

/// Everything that is served: the method, where it is, and what answers.
fn routes() -> [(&'static str, &'static str, MethodRouter<Site>); 10] {
    [
        ("GET", "/", get(overview::overview)),
        ("GET", "/live", get(live::live)),
        ("GET", "/login", get(login::ask)),
        ("POST", "/login", post(login::login)),
        ("POST", "/logout", post(login::logout)),
        ("GET", "/programme", get(programme::programme)),
        ("GET", "/reported", get(reported::reported)),
        ("GET", "/reports/{unit}/{form}/{period}", get(report::report)),
        ("GET", "/targets/{reference}", get(target::target)),
        ("GET", "/units/{id}", get(unit::unit)),
    ]
}

/// Where something is served: the tests hold it against who may see what.
pub fn served() -> Vec<(&'static str, &'static str)> {
    routes().into_iter().map(|(method, path, _)| (method, path)).chain(asset::SERVED).collect()
}

/// All pages.
fn pages(site: Site) -> Router {
    let router =
        routes().into_iter().fold(Router::new(), |router, (_, path, answer)| router.route(path, answer));
    let router = router.method_not_allowed_fallback(no_page).fallback(nothing);
    guard::around(router.merge(asset::routes()), FORM).with_state(site)
}

/// What is said of an address at which there is nothing.
async fn nothing(visit: Visit) -> Response {
    let text = visit.lang.pick("Không có trang này.", "There is no such page.");
    nowhere(&visit, StatusCode::NOT_FOUND, text)
}

/// What is said where only a button leads to.
async fn no_page(visit: Visit) -> Response {
    let lang = visit.lang;
    let text =
        lang.pick("Địa chỉ này chỉ dành cho nút bấm trên trang.", "This address is for a button of a page.");
    nowhere(&visit, StatusCode::METHOD_NOT_ALLOWED, text)
}

fn nowhere(visit: &Visit, status: StatusCode, text: &str) -> Response {
    site::bare(visit, visit.lang.pick("Không tìm thấy", "Not found"), status, text)
}
