//! What every page is made from.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gom_domain::world::World;
use gom_domain::{Bilingual, Lang, say};
use gom_web::{Link, Page, Visit, cookie, guard};
use maud::{Markup, html};

use super::sync::LineState;
use crate::status::Status;
use crate::{Commune, Failure, wording};

/// The commune's screen.
#[derive(Clone, Debug)]
pub(super) struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    commune: Arc<Commune>,
    folder: std::path::PathBuf,
    token: String,
    port: u16,
    world: World,
    line: LineState,
}

/// What a page is told of the folder whatever it shows.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// How the folder stands.
    pub(super) status: Status,
    /// The newest receipt's number and time.
    pub(super) newest: Option<(u64, i64)>,
}

impl Site {
    /// A screen of a folder.
    pub(super) fn new(
        commune: Arc<Commune>,
        folder: std::path::PathBuf,
        token: String,
        port: u16,
        world: World,
    ) -> Self {
        Self(Arc::new(Inner { commune, folder, token, port, world, line: LineState::default() }))
    }

    /// The folder in use.
    pub(super) fn commune(&self) -> &Arc<Commune> {
        &self.0.commune
    }

    /// Where the folder is.
    pub(super) fn folder(&self) -> &std::path::Path {
        &self.0.folder
    }

    /// What time it is.
    pub(super) fn now_ms(&self) -> i64 {
        self.0.world.now_ms()
    }

    /// How the line is.
    pub(super) fn line(&self) -> &LineState {
        &self.0.line
    }

    /// By which name the browser keeps what it was given: another screen on this computer has another.
    fn cookie(&self) -> String {
        format!("gom-{}", self.0.port)
    }

    /// Does something with the folder on a thread that may wait for the disk.
    pub(super) async fn with<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Commune) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let commune = Arc::clone(&self.0.commune);
        match tokio::task::spawn_blocking(move || what(&commune)).await {
            Ok(done) => done,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// The same, and how the folder stands then.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Commune) -> Result<T, Failure> + Send + 'static,
    ) -> Result<(T, Head), Failure> {
        self.with(|commune| Ok((what(commune)?, head(commune)?))).await
    }

    /// A page with the line's state at its head.
    pub(super) fn page<'a>(
        &self,
        visit: &'a Visit,
        title: &'a str,
        head: &'a Head,
        notice: &'a str,
    ) -> Page<'a> {
        Page {
            visit,
            title,
            whose: &head.status.unit_name,
            links: links(visit.lang, &head.status),
            aside: html! { div #line role="status" { (self.0.line.shown(visit.lang, head)) } (try_now(visit)) },
            notice,
            live: Some("/live"),
        }
    }
}

/// A page that says what is wrong, in all its parts.
pub(super) fn failed(visit: &Visit, failure: &Failure) -> Response {
    let lang = visit.lang;
    let texts = wording::failure(failure);
    let title = lang.pick("Chưa làm được", "That could not be done");
    let status = match failure {
        Failure::Mistakes(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Page::bare(visit, title).show_as(
        status,
        &html! {
            ul { @for text in &texts { li { (text.get(lang)) } } }
            p { a href="/" { (lang.pick("Về trang đầu", "To the first page")) } }
        },
    )
}

fn head(commune: &Commune) -> Result<Head, Failure> {
    let receipts = commune.receipts()?;
    let newest = receipts.last().map(|view| (view.receipt.commit, view.receipt.at_ms));
    Ok(Head { status: commune.status()?, newest })
}

fn links(lang: Lang, status: &Status) -> Vec<Link> {
    let conflicts = match status.conflicts {
        0 => lang.pick("Xung đột", "Conflicts").to_owned(),
        some => format!("{} ({some})", lang.pick("Xung đột", "Conflicts")),
    };
    [
        ("/", lang.pick("Việc cần làm", "To do").to_owned()),
        ("/forms", lang.pick("Cả năm", "The year").to_owned()),
        ("/receipts", lang.pick("Biên nhận", "Receipts").to_owned()),
        ("/conflicts", conflicts),
        ("/stick", "USB".to_owned()),
        ("/settings", lang.pick("Cài đặt", "Settings").to_owned()),
    ]
    .map(|(href, text)| Link { href: href.to_owned(), text })
    .into()
}

fn try_now(visit: &Visit) -> Markup {
    html! {
        form method="post" action="/sync" {
            button type="submit" { (visit.lang.pick("Gửi ngay", "Try now")) }
        }
    }
}

/// Lets in whoever has come by the address that was told; the browser keeps what shows it.
pub(super) async fn only_the_officer(
    State(site): State<Site>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Response {
    if visit.asked("token").is_some_and(|token| is_same(&token, &site.0.token)) {
        let kept = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", site.cookie(), site.0.token);
        let to = visit.with("token", "");
        return (StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, kept)]).into_response();
    }
    let shown = cookie(request.headers(), &site.cookie());
    if shown.is_some_and(|token| is_same(token, &site.0.token)) {
        return next.run(request).await;
    }
    let lang = visit.lang;
    let title = lang.pick("Hãy mở bằng gom open", "Open it with gom open");
    let text = say!(
        "Trang này chỉ mở được từ địa chỉ mà lệnh gom open vừa in ra. Hãy chạy lại gom open.",
        "This page opens only by the address that gom open has just printed. Run gom open again."
    );
    Page::bare(&visit, title).show_as(StatusCode::FORBIDDEN, &html! { p { (text.get(lang)) } })
}

/// Answers to nobody who asks by another name than this computer's.
pub(super) async fn only_by_name(State(site): State<Site>, request: Request, next: Next) -> Response {
    let port = site.0.port;
    let names = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    if guard::is_host(request.uri(), request.headers(), &names.each_ref().map(String::as_str)) {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, "this is not the place of that name").into_response()
    }
}

/// Compares without telling by the time it takes where they differ.
fn is_same(shown: &str, token: &str) -> bool {
    shown.len() == token.len()
        && shown.bytes().zip(token.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Leads to another page.
pub(super) fn to(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, address.to_owned())]).into_response()
}

/// A sentence that stands out.
pub(super) fn told(shade: &str, text: &Bilingual, lang: Lang) -> Markup {
    html! { div class={ "box " (shade) } role="status" { p { (text.get(lang)) } } }
}
