//! Logging in and out.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use gom_trust::Password;
use gom_web::{Page, Visit};
use maud::html;
use serde::Deserialize;

use super::serve::From;
use super::site::Site;
use super::viewer::Viewer;
use crate::login::{Denied, Shown};

/// Where somebody wanted to go.
#[derive(Debug, Deserialize)]
pub(super) struct Way {
    #[serde(default)]
    to: String,
}

/// What somebody shows.
#[derive(Deserialize)]
pub(super) struct Asked {
    name: String,
    password: String,
    #[serde(default)]
    to: String,
}

/// A form that changes something.
#[derive(Deserialize)]
pub(super) struct Guarded {
    guard: String,
}

/// Asks who somebody is.
pub(super) async fn ask(visit: Visit, Query(way): Query<Way>) -> Response {
    asked(&visit, &way.to, None)
}

fn asked(visit: &Visit, to: &str, denied: Option<Denied>) -> Response {
    let lang = visit.lang;
    let title = lang.pick("Đăng nhập", "Log in");
    let page = Page { visit, title, whose: "", links: Vec::new(), aside: html! {}, notice: "", live: None };
    let content = html! {
        @if let Some(denied) = denied { div.box.bad role="alert" { p { (words(denied, visit)) } } }
        form method="post" action="/login" {
            input type="hidden" name="to" value=(to);
            label { (lang.pick("Tên đăng nhập", "Account")) input name="name" autocomplete="username" autocapitalize="none" required; }
            label { (lang.pick("Mật khẩu", "Password")) input type="password" name="password" autocomplete="current-password" required; }
            p { button.main type="submit" { (title) } }
        }
        p.quiet {
            (lang.pick(
                "Tài khoản do người quản trị ở huyện lập (gom-server user add).",
                "Accounts are made by the district's administrator (gom-server user add).",
            ))
        }
    };
    let status = match denied {
        None => StatusCode::OK,
        Some(Denied::Wrong) => StatusCode::UNAUTHORIZED,
        Some(Denied::Wait(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(Denied::Busy) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = page.show_as(status, &content);
    if let Some(Denied::Wait(delay)) = denied {
        response.headers_mut().insert(RETRY_AFTER, delay.as_secs().max(1).into());
    }
    response
}

fn words(denied: Denied, visit: &Visit) -> String {
    let lang = visit.lang;
    match denied {
        Denied::Wrong => lang
            .pick(
                "Tên hoặc mật khẩu không đúng, hoặc tài khoản đã ngừng.",
                "The account or the password is wrong, or the account is disabled.",
            )
            .to_owned(),
        Denied::Wait(delay) => {
            let minutes = delay.as_secs().div_ceil(60).max(1);
            match lang {
                gom_domain::Lang::Vi => format!("Sai quá nhiều lần. Hãy thử lại sau {minutes} phút."),
                gom_domain::Lang::En => format!("Too many wrong tries. Try again in {minutes} min."),
            }
        }
        Denied::Busy => lang
            .pick("Nhiều người đang đăng nhập. Hãy thử lại.", "Many are logging in. Please try again.")
            .to_owned(),
    }
}

/// Lets somebody in who shows who he is.
pub(super) async fn login(
    State(site): State<Site>,
    From(from): From,
    visit: Visit,
    Form(asked_for): Form<Asked>,
) -> Response {
    let shown = Shown { name: asked_for.name, password: Password::typed(&asked_for.password), from };
    let known = |name: &_| site.glance(|memory| memory.user(name).cloned());
    match site.login().login(shown, known, site.now_ms()).await {
        Ok(user) => {
            let token = site.begin(&user);
            tracing::info!(user = user.name.as_str(), %from, "logged in");
            let to = own(&asked_for.to).to_owned();
            (StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, site.kept(Some(&token)))]).into_response()
        }
        Err(denied) => {
            tracing::warn!(%from, ?denied, "somebody was not let in");
            asked(&visit, &asked_for.to, Some(denied))
        }
    }
}

/// Where to go after logging in: a page of this place, wherever the address says.
fn own(to: &str) -> &str {
    let plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && to.starts_with('/') && !to.starts_with("//") { to } else { "/" }
}

/// Ends a session.
pub(super) async fn logout(State(site): State<Site>, viewer: Viewer, Form(form): Form<Guarded>) -> Response {
    if !viewer.is_guarded(&form.guard) {
        return StatusCode::FORBIDDEN.into_response();
    }
    site.end(viewer.token());
    let headers = [(LOCATION, "/login".to_owned()), (SET_COOKIE, site.kept(None))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn nobody_is_led_elsewhere() {
        assert_eq!(own("/targets/9a?as_of=2024-09"), "/targets/9a?as_of=2024-09");
        for elsewhere in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:1",
            "/a\r\nb",
            "/\t/evil.example",
            "/ b",
        ] {
            assert_eq!(own(elsewhere), "/", "{elsewhere}");
        }
    }
}
