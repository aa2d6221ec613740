//! The commune's screen: pages of this computer for the officer who sits at it, with and without a line.
//!
//! Each page is one file here, named for what it shows, and calls [`Commune`](crate::Commune) once, as the commands do.
//!
//! **Invariant:** it listens on this computer alone, and whoever asks must have come by the address that `gom open` has
//! told, or bear what the browser was given there.

mod conflicts;
mod hand_in;
mod history;
mod notes;
mod revisions;
mod serve;
mod settings;
mod sheet;
mod site;
mod stick;
mod sync;
mod to_do;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};
use gom_web::{asset, guard, missing};

pub use serve::{Opened, open};
use site::Site;

/// How large a form or a file may be that is brought.
const LARGEST: usize = 64 * 1024 * 1024;

/// Everything that the officer is served: the method, where it is, and what answers.
fn routes() -> [(&'static str, &'static str, MethodRouter<Site>); 19] {
    [
        ("GET", "/", get(to_do::to_do)),
        ("GET", "/forms", get(history::year)),
        ("GET", "/forms/{form}/{period}", get(sheet::sheet)),
        ("POST", "/forms/{form}/{period}", post(sheet::save)),
        ("POST", "/forms/{form}/{period}/cells", post(sheet::cells)),
        ("GET", "/hand-in", get(hand_in::review)),
        ("POST", "/hand-in", post(hand_in::hand_in)),
        ("GET", "/receipts", get(history::receipts)),
        ("GET", "/receipts/{number}", get(history::receipt)),
        ("GET", "/conflicts", get(conflicts::conflicts)),
        ("POST", "/conflicts", post(conflicts::settle)),
        ("GET", "/stick", get(stick::stick)),
        ("POST", "/stick/export", post(stick::export)),
        ("POST", "/stick/import", post(stick::import)),
        ("GET", "/settings", get(settings::settings)),
        ("POST", "/settings/name", post(settings::name)),
        ("POST", "/settings/backup", post(settings::backup)),
        ("POST", "/sync", post(sync::now)),
        ("GET", "/live", get(sync::live)),
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
    let router = missing(router)
        .layer(from_fn_with_state(site.clone(), site::only_the_officer))
        .merge(asset::routes())
        .layer(from_fn_with_state(site.clone(), site::only_by_name));
    guard::around(router, LARGEST).with_state(site)
}
