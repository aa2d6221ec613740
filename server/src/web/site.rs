//! What every page is made from.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use gom_domain::programme::Programme;
use gom_domain::world::World;
use gom_domain::{Lang, Period};
use gom_web::{Link, Page, Visit};
use maud::{Markup, html};
use tokio::sync::Semaphore;

use super::viewer::Viewer;
use crate::folder::Folder;
use crate::login::{Login, User};
use crate::memory::Memory;
use crate::session::{Sessions, Token};
use crate::store::Sqlite;
use crate::wording::Trouble;
use crate::writer::Writer;

/// The district's screen.
#[derive(Clone, Debug)]
pub(crate) struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: Folder,
    writer: Writer,
    world: World,
    encrypted: bool,
    login: Login,
    sessions: Sessions,
    recalls: Arc<Semaphore>,
}

impl Site {
    /// A screen over the books of a folder.
    pub(crate) fn new(folder: Folder, writer: Writer, world: World, encrypted: bool) -> Self {
        let (login, sessions) = (Login::default(), Sessions::default());
        let recalls = Arc::new(Semaphore::new(1));
        Self(Arc::new(Inner { folder, writer, world, encrypted, login, sessions, recalls }))
    }

    /// By which name the browser keeps a session. Where lines are encrypted, it takes none of that name from elsewhere.
    pub(super) fn cookie(&self) -> &'static str {
        if self.0.encrypted { "__Host-gom" } else { "gom" }
    }

    /// What the browser is told to keep; nothing ends it.
    pub(super) fn kept(&self, token: Option<&Token>) -> String {
        let secure = if self.0.encrypted { "; Secure" } else { "" };
        let (value, ends) = token.map_or(("", "; Max-Age=0"), |token| (token.as_str(), ""));
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{ends}", self.cookie())
    }

    /// Where people show who they are.
    pub(super) fn login(&self) -> &Login {
        &self.0.login
    }

    /// Begins a session.
    pub(super) fn begin(&self, user: &User) -> Token {
        self.0.sessions.begin(user, self.0.world.random(), self.now_ms())
    }

    /// The user of a session that goes on.
    pub(super) fn user(&self, token: &str) -> Option<User> {
        self.0.sessions.user(token, &self.0.writer.memory(), self.now_ms())
    }

    /// The same, without going on by it.
    pub(super) fn peek(&self, token: &str) -> Option<User> {
        self.0.sessions.peek(token, &self.0.writer.memory(), self.now_ms())
    }

    /// Ends a session.
    pub(super) fn end(&self, token: &str) {
        self.0.sessions.end(token);
    }

    /// What time it is.
    pub(super) fn now_ms(&self) -> i64 {
        self.0.world.now_ms()
    }

    /// What the books come to now, at a glance.
    pub(super) fn glance<T>(&self, look: impl FnOnce(&Memory) -> T) -> T {
        look(&self.0.writer.memory())
    }

    /// Looks at the books as of now for longer; others are served meanwhile.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Memory) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let site = self.clone();
        waited(tokio::task::spawn_blocking(move || look(&site.0.writer.memory())).await)
    }

    /// Reads a little in the journal, beside what the books come to. No report is taken in meanwhile.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Sqlite, &Memory) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let site = self.clone();
        let read = move || {
            let Inner { folder, writer, .. } = &*site.0;
            let mut books = folder.read()?;
            // Whatever is in memory is in the journal already.
            read(&mut books, &writer.memory())
        };
        waited(tokio::task::spawn_blocking(read).await)
    }

    /// Looks at the books as they stood earlier, beside those that go on. That takes a core and as much memory again, so it is
    /// done for one after another, also where who has asked is gone.
    pub(super) async fn recall<T: Send + 'static>(
        &self,
        recall: impl FnOnce(&Folder) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let turn = Arc::clone(&self.0.recalls).acquire_owned().await;
        let site = self.clone();
        let recall = move || {
            let _turn = turn;
            recall(&site.0.folder)
        };
        waited(tokio::task::spawn_blocking(recall).await)
    }

    /// What a failure of the journal means.
    pub(super) fn folder(&self) -> &Folder {
        &self.0.folder
    }

    /// The period that an address asks for: until its end all is counted. Where it asks for none, the newest month for
    /// which there is a report.
    pub(super) fn as_of(&self, visit: &Visit) -> Result<Period, Trouble> {
        match visit.asked("as_of").filter(|text| !text.is_empty()) {
            Some(text) => text.parse().map_err(|_| Trouble::NotAPeriod(text)),
            None => self.glance(newest).ok_or(Trouble::NoProgrammeYet),
        }
    }
}

impl Viewer {
    /// A page for somebody who has logged in.
    pub(super) fn page<'a>(&'a self, programme: &'a Programme, title: &'a str) -> Page<'a> {
        let lang = self.visit.lang;
        Page {
            visit: &self.visit,
            title,
            whose: programme.name.get(lang),
            links: links(&self.visit),
            aside: logged_in(self),
            notice: programme.notice.get(lang),
            live: Some("/live"),
        }
    }

    /// A page that says why there is nothing to be shown.
    pub(super) fn trouble(&self, trouble: &Trouble) -> Response {
        let lang = self.visit.lang;
        let status = match trouble {
            Trouble::Books(_) | Trouble::DamagedBooks(..) => StatusCode::INTERNAL_SERVER_ERROR,
            Trouble::NotAPeriod(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::NOT_FOUND,
        };
        let title = lang.pick("Không xem được", "Cannot be shown");
        let page = Page {
            visit: &self.visit,
            title,
            whose: "",
            links: links(&self.visit),
            aside: logged_in(self),
            notice: "",
            live: None,
        };
        page.show_as(status, &html! { p { (trouble.message().get(lang)) } })
    }
}

fn waited<T>(done: Result<Result<T, Trouble>, tokio::task::JoinError>) -> Result<T, Trouble> {
    done.unwrap_or_else(|error| Err(Trouble::Books(error.to_string())))
}

/// The newest month for which there is a report, or else the first of the newest programme's year.
fn newest(memory: &Memory) -> Option<Period> {
    let year = memory.editions.newest()?.programme.year;
    let periods = memory.standing_places().map(|place| place.period).filter(|period| period.year() == year);
    let month = periods.filter(|period| period.months() == 1).map(Period::last_month).max().unwrap_or(1);
    Period::month(year, month)
}

fn links(visit: &Visit) -> Vec<Link> {
    let lang = visit.lang;
    let period = visit.asked("as_of").and_then(|text| text.parse::<Period>().ok());
    let query = period.map(|period| format!("?as_of={period}")).unwrap_or_default();
    [
        ("/", lang.pick("Tổng quan", "Overview")),
        ("/reported", lang.pick("Ai đã báo cáo", "Who has reported")),
        ("/programme", lang.pick("Chương trình", "The programme")),
    ]
    .map(|(path, text)| Link { href: format!("{path}{query}"), text: text.to_owned() })
    .into()
}

fn logged_in(viewer: &Viewer) -> Markup {
    let (user, lang) = (&viewer.user, viewer.visit.lang);
    let name = if user.full_name.is_empty() { user.name.as_str() } else { &user.full_name };
    html! {
        form method="post" action="/logout" {
            input type="hidden" name="guard" value=(viewer.guard());
            span { (name) } " · "
            button.text type="submit" { (lang.pick("Đăng xuất", "Log out")) }
        }
    }
}

/// The choice of the period up to which all is counted; what else the address says stays.
pub(super) fn choice(viewer: &Viewer, as_of: Period, hidden: &[(&str, &str)]) -> Markup {
    let lang: Lang = viewer.visit.lang;
    let up_to = lang.pick("Tính đến hết", "Up to the end of");
    html! {
        p.paper { (up_to) " " strong { (period(as_of, lang)) } }
        form.row method="get" autocomplete="off" {
            label {
                (up_to)
                select name="as_of" data-now autocomplete="off" {
                    @for month in (1..=12).filter_map(|month| Period::month(as_of.year(), month)) {
                        option value=(month) selected[month.last_month() == as_of.last_month()] { (period(month, lang)) }
                    }
                }
            }
            @for (name, value) in hidden.iter().filter(|(_, value)| !value.is_empty()) {
                input type="hidden" name=(name) value=(value);
            }
            noscript { button type="submit" { (lang.pick("Xem", "Show")) } }
        }
    }
}

/// A period as people say it.
pub(super) fn period(period: Period, lang: Lang) -> String {
    gom_domain::wording::period(period).get(lang).to_owned()
}
