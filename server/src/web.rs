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
use axum::routing::{MethodRouter, get, post};
use gom_web::{asset, guard, missing};

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
    guard::around(missing(router).merge(asset::routes()), FORM).with_state(site)
}
