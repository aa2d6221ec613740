//! The line to the district: how it is, from what is stored; and a try at once.

use std::convert::Infallible;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::header::REFERER;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use gom_domain::calendar::vietnam_time;
use gom_domain::{Bilingual, Lang, say};
use gom_web::{Page, Visit};
use maud::{Markup, html};
use tokio::sync::{Mutex, MutexGuard, Notify, watch};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};

use super::site::{Head, Site, told};
use crate::line::LineFault;
use crate::{SyncError, SyncReport, wording};

/// How long somebody waits for a try that he has asked for.
const PATIENCE: Duration = Duration::from_secs(40);

/// How the line is.
#[derive(Debug)]
pub(super) struct LineState {
    trying: AtomicBool,
    last: Last,
    asked: Notify,
    /// Whose turn it is to sync: the background's, or somebody's who brings answers by hand.
    turn: Mutex<()>,
    changes: watch::Sender<u64>,
}

type Last = std::sync::Mutex<Option<Attempt>>;

/// What a try has come to.
#[derive(Clone, Debug)]
struct Attempt {
    text: Bilingual,
    went_through: bool,
    /// Whether there is no line, which is nothing to worry about.
    no_line: bool,
}

impl Default for LineState {
    fn default() -> Self {
        let (trying, asked) = (AtomicBool::new(true), Notify::new());
        Self { trying, last: Last::default(), asked, turn: Mutex::default(), changes: watch::Sender::new(0) }
    }
}

impl LineState {
    /// Waits until somebody asks for a try at once.
    pub(super) async fn asked(&self) {
        self.asked.notified().await;
        self.trying.store(true, Ordering::SeqCst);
        self.changed();
    }

    /// The background's turn to sync.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Takes the turn from the background for as long as it is kept.
    pub(super) async fn take_turn(&self) -> MutexGuard<'_, ()> {
        let mut turn = std::pin::pin!(self.turn.lock());
        tokio::select! {
            // Who waits is in the row before the background is told to begin anew.
            biased;
            turn = &mut turn => return turn,
            () = std::future::ready(()) => self.asked.notify_one(),
        }
        turn.await
    }

    /// Notes what a try has come to.
    pub(super) fn tried(&self, report: &SyncReport, failed: Option<&SyncError>) {
        self.trying.store(false, Ordering::SeqCst);
        let no_line = matches!(
            failed,
            Some(SyncError::Line(
                LineFault::NoServer { .. } | LineFault::Unresolved { .. } | LineFault::Silent { .. }
            ))
        );
        let attempt = Attempt { text: words(report, failed), went_through: failed.is_none(), no_line };
        *self.lock() = Some(attempt);
        self.changed();
    }

    /// Tells every page that something has changed.
    pub(super) fn changed(&self) {
        self.changes.send_modify(|change| *change += 1);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Attempt>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it is: from what is stored, and from the last try alone.
    pub(super) fn shown(&self, lang: Lang, head: &Head) -> Markup {
        let status = &head.status;
        let failed = self.lock().clone().filter(|attempt| !attempt.went_through);
        html! {
            @if status.queued > 0 {
                span.mark.warn { span aria-hidden="true" { "□ " } (lang.pick("chờ gửi", "waiting")) " " (status.queued) }
            } @else {
                span.mark.good { span aria-hidden="true" { "● " } (lang.pick("không còn gì chờ gửi", "nothing waits")) }
            }
            @if status.queued > 0 && self.trying.load(Ordering::SeqCst) { " · " (lang.pick("đang gửi", "sending")) }
            @if let Some((number, at_ms)) = head.newest {
                " · " (lang.pick("huyện đã nhận số", "received by the district as no.")) " " (number) ", " (vietnam_time(at_ms))
            }
            " · " (lang.pick("liên hệ lần cuối", "last contact")) " "
            (status.last_contact_ms.map_or_else(|| lang.pick("chưa có", "never").to_owned(), vietnam_time))
            @if let Some(failed) = failed {
                " · " span.quiet { @if failed.no_line { (lang.pick("chưa có đường truyền", "no line")) } @else { (failed.text.get(lang)) } }
            }
            @if status.conflicts + status.rejected > 0 {
                " · " a.mark.bad href="/" { span aria-hidden="true" { "✕ " } (lang.pick("cần xử lý", "needs you")) " " (status.conflicts + status.rejected) }
            }
        }
    }
}

/// What has come of a try, in words.
fn words(report: &SyncReport, failed: Option<&SyncError>) -> Bilingual {
    if let Some(error) = failed {
        return wording::sync_error(error);
    }
    let (sent, accepted, refused) = (report.handed_in, report.accepted, report.refused.len());
    if sent == 0 {
        return say!(
            "Đã liên hệ với huyện; không có gì chờ gửi.",
            "The district was reached; nothing was waiting."
        );
    }
    say!(
        "Đã gửi {sent} báo cáo: {accepted} được nhận, {refused} bị từ chối hoặc xung đột.",
        "Handed in: {sent}. Accepted: {accepted}. Rejected or in conflict: {refused}."
    )
}

/// Tries at once and says what has happened.
pub(super) async fn now(State(site): State<Site>, visit: Visit, headers: HeaderMap) -> Response {
    let mut changes = site.line().changes.subscribe();
    site.line().asked.notify_one();
    let tried = async {
        // The first change is that it is being tried.
        for _ in 0..2 {
            if changes.changed().await.is_err() {
                return;
            }
            if !site.line().trying.load(Ordering::SeqCst) {
                return;
            }
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, tried).await.is_ok();
    let lang = visit.lang;
    let attempt = site.line().lock().clone().filter(|_| in_time);
    let back = came_from(&headers);
    let title = lang.pick("Gửi ngay", "Try now");
    let content = |said: Markup| html! { (said) p { a href=(back) { (lang.pick("Trở lại", "Back")) } } };
    let said = match attempt {
        Some(attempt) => told(if attempt.went_through { "good" } else { "warn" }, &attempt.text, lang),
        None => told(
            "warn",
            &say!(
                "Huyện chưa trả lời; máy này vẫn tiếp tục thử. Không mất gì.",
                "The district has not answered yet; this computer goes on trying. Nothing is lost."
            ),
            lang,
        ),
    };
    match site.look(|_| Ok(())).await {
        Ok(((), head)) => site.page(&visit, title, &head, "").show(&content(said)),
        Err(_) => Page::bare(&visit, title).show(&content(said)),
    }
}

/// Where something is done and nothing can be looked at.
const NO_PAGES: [&str; 5] = ["/sync", "/stick/export", "/stick/import", "/settings/name", "/settings/backup"];

/// The page from which somebody came; of this place alone.
fn came_from(headers: &HeaderMap) -> String {
    let referer = headers.get(REFERER).and_then(|referer| referer.to_str().ok());
    let uri = referer.and_then(|referer| referer.parse::<Uri>().ok());
    let path = uri.and_then(|uri| Some(uri.path_and_query()?.as_str().to_owned()));
    // What was said of something that was done is at no address.
    let is_page = |path: &String| {
        path.starts_with('/') && !path.starts_with("//") && !NO_PAGES.contains(&path.as_str())
    };
    path.filter(is_page).unwrap_or_else(|| "/".to_owned())
}

/// Tells pages how the line is, whenever that changes.
pub(super) async fn live(
    State(site): State<Site>,
    visit: Visit,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = WatchStream::new(site.line().changes.subscribe());
    let told = changes.then(move |change| {
        let (site, lang) = (site.clone(), visit.lang);
        async move {
            let head = site.look(|_| Ok(())).await.map(|((), head)| head).ok();
            let line = head.map(|head| site.line().shown(lang, &head).into_string()).unwrap_or_default();
            Ok(Event::default().event("line").id(change.to_string()).data(line))
        }
    });
    Sse::new(told).keep_alive(KeepAlive::default())
}
