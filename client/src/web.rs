//! The commune's screen: pages of this computer for the officer who sits at it, with and without a line.
//!
//! Each page is one file here, named for what it shows, and calls [`Commune`](crate::Commune) once, as the commands do.
//!
//! **Invariant:** it listens on this computer alone, and whoever asks must have come by the address that `gom open` has
//! told, or bear what the browser was given there.

mod conflicts;
mod hand_in;
mod history;
mod serve;
mod settings;
mod sheet;
mod site;
mod stick;
mod sync;
mod to_do;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use gom_web::{asset, guard, keep_language};

pub(crate) use serve::open;
use site::Site;

/// How large a form or a file may be that is brought.
const LARGEST: usize = 64 * 1024 * 1024;

/// Where pages are.
pub const ROUTES: [(&str, &str); 22] = [
    ("GET", "/"),
    ("GET", "/forms"),
    ("GET", "/forms/{form}/{period}"),
    ("POST", "/forms/{form}/{period}"),
    ("POST", "/forms/{form}/{period}/cells"),
    ("GET", "/hand-in"),
    ("POST", "/hand-in"),
    ("GET", "/receipts"),
    ("GET", "/receipts/{number}"),
    ("GET", "/conflicts"),
    ("POST", "/conflicts"),
    ("GET", "/stick"),
    ("POST", "/stick/export"),
    ("POST", "/stick/import"),
    ("GET", "/settings"),
    ("POST", "/settings/name"),
    ("POST", "/settings/backup"),
    ("POST", "/sync"),
    ("GET", "/live"),
    ("GET", "/style.css"),
    ("GET", "/page.js"),
    ("GET", "/icon.svg"),
];

/// All pages.
fn pages(site: Site) -> Router {
    Router::new()
        .route("/", get(to_do::to_do))
        .route("/forms", get(history::year))
        .route("/forms/{form}/{period}", get(sheet::sheet).post(sheet::save))
        .route("/forms/{form}/{period}/cells", post(sheet::cells))
        .route("/hand-in", get(hand_in::review).post(hand_in::hand_in))
        .route("/receipts", get(history::receipts))
        .route("/receipts/{number}", get(history::receipt))
        .route("/conflicts", get(conflicts::conflicts).post(conflicts::settle))
        .route("/stick", get(stick::stick))
        .route("/stick/export", post(stick::export))
        .route("/stick/import", post(stick::import))
        .route("/settings", get(settings::settings))
        .route("/settings/name", post(settings::name))
        .route("/settings/backup", post(settings::backup))
        .route("/sync", post(sync::now))
        .route("/live", get(sync::live))
        .fallback(site::nothing)
        .layer(from_fn_with_state(site.clone(), site::only_the_officer))
        .merge(asset::routes())
        .layer(from_fn_with_state(site.clone(), site::only_by_name))
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(from_fn(guard::own_alone))
        .layer(from_fn(keep_language))
        .layer(from_fn(guard::headers))
        .with_state(site)
}
