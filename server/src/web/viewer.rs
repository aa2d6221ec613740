//! Who looks: a user with a session that goes on.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use gom_domain::Period;
use gom_domain::form::FormIx;
use gom_domain::programme::Programme;
use gom_domain::target::Target;
use gom_web::{Visit, cookie, escaped};

use super::site::Site;
use crate::login::User;
use crate::memory::Memory;
use crate::progress::{YearReport, year_report_of};
use crate::session;
use crate::wording::Trouble;

/// What a page says with which it renews itself.
const RENEWAL: &str = "x-gom-renewal";

/// Somebody who has logged in, and what he looks at.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    /// Who.
    pub(super) user: User,
    /// At what.
    pub(super) visit: Visit,
    token: String,
}

impl Viewer {
    /// What forms of this session carry.
    pub(super) fn guard(&self) -> String {
        session::guard(&self.token)
    }

    /// Whether a form is of this session.
    pub(super) fn is_guarded(&self, shown: &str) -> bool {
        session::is_guarded(&self.token, shown)
    }

    /// By what the session is known.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Whether he may see a form.
    pub(super) fn sees(&self, programme: &Programme, form: FormIx) -> bool {
        self.user.rights.sees(programme.form(form))
    }

    /// How the year stands, with what units have handed in of the forms that he may see.
    pub(super) fn year_report(&self, memory: &Memory, as_of: Period) -> Result<YearReport, Trouble> {
        let commit = memory.last.map_or(0, |last| last.last_seq);
        year_report_of(memory, as_of, commit, &|programme, form| self.sees(programme, form))
    }

    /// Whether he may see every form that a target is made of.
    pub(super) fn sees_target(&self, programme: &Programme, target: &Target) -> bool {
        let terms = target.formula.iter().flat_map(|formula| formula.terms.iter().map(|term| term.element));
        let flags = target.scope.flags().map(|(element, _)| element);
        terms.chain(flags).all(|element| self.sees(programme, programme.element(element).form))
    }
}

impl FromRequestParts<Site> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let Ok(visit) = Visit::from_request_parts(parts, site).await;
        let token = cookie(&parts.headers, site.cookie()).unwrap_or_default().to_owned();
        // A page that asks for itself again, or listens, is nobody's look.
        let looks = parts.uri.path() != "/live" && !parts.headers.contains_key(RENEWAL);
        let user = if looks { site.user(&token) } else { site.peek(&token) };
        match user {
            Some(user) => Ok(Self { user, visit, token }),
            None => Err(asked_to_log_in(&visit)),
        }
    }
}

/// Leads to the page to log in, and from there back.
fn asked_to_log_in(visit: &Visit) -> Response {
    let back = visit.uri.path_and_query().map_or("/", |path| path.as_str());
    let to = format!("/login?to={}", escaped(back));
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}
