//! What every answer says to the browser, and who may ask at all.
//!
//! Sources: the OWASP cheat sheets on Content Security Policy, HTTP headers, and cross-site request forgery.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

use crate::visit::keep_language;

/// Style, script and pictures of the program's own, and nothing of anybody else's; no page around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// How many bytes a filled-in form has at the most, and how long it may take to arrive.
const FORM: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// All that guards a screen, around what it serves; a form or a file may be so large at the most.
pub fn around<S: Clone + Send + Sync + 'static>(router: Router<S>, largest: usize) -> Router<S> {
    router
        .layer(DefaultBodyLimit::max(largest))
        .layer(from_fn(own_alone))
        .layer(from_fn(keep_language))
        .layer(from_fn(hear_out))
        .layer(from_fn(headers))
}

/// Reads a form whole before anybody answers, in good time. Who is refused halfway through speaking finds the line cut and
/// never hears why (RFC 9112, 9.6). What says that it is longer than a form is a file, and left to whoever takes files.
async fn hear_out(request: Request, next: Next) -> Response {
    if length(request.headers()).is_some_and(|length| length > FORM) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    match tokio::time::timeout(PATIENCE, to_bytes(body, FORM)).await {
        Ok(Ok(whole)) => next.run(Request::from_parts(head, Body::from(whole))).await,
        Ok(Err(_)) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Tells the browser with each answer what it may do with it. Pages are kept by nobody.
async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Lets nothing change anything that does not come from a page of this place.
async fn own_alone(request: Request, next: Next) -> Response {
    if is_own(request.method(), request.uri(), request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "this was not sent by a page of this program").into_response()
}

/// Whether somebody asks for this place by one of its names. A page of somebody else's that has its own name lead here asks
/// by that name.
pub fn is_host(uri: &Uri, headers: &HeaderMap, names: &[&str]) -> bool {
    host(uri, headers).is_some_and(|host| names.iter().any(|name| host.eq_ignore_ascii_case(name)))
}

/// By which name this place is asked: in a header, and by HTTP/2 as part of the address (RFC 9113, 8.3.1).
fn host<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    let of_address = uri.authority().map(Authority::as_str);
    of_address.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()))
}

/// Whether what changes something comes from a page of this place. A browser says from which page it comes; who says nothing
/// is no browser, or has a form without a page.
fn is_own(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    if method.is_safe() {
        return true;
    }
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let bare = origin.and_then(|origin| Some(origin.split_once("://")?.1));
    bare.is_some() && bare == host(uri, headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(host: &'static str, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    #[test]
    fn only_a_page_of_this_place_changes_anything() {
        let here = "127.0.0.1:8080";
        let root = Uri::from_static("/");
        let own = |origin| is_own(&Method::POST, &root, &said(here, origin));
        assert!(own(Some("http://127.0.0.1:8080")));
        assert!(
            !own(Some("http://127.0.0.1:8081")) && !own(Some("http://evil.example")) && !own(Some("null"))
        );
        assert!(!own(None), "a browser says where a form comes from");
        assert!(is_own(&Method::GET, &root, &said(here, None)), "looking changes nothing");
    }

    #[test]
    fn by_http_2_the_place_is_named_in_the_address() {
        let mut headers = said("unused", Some("https://10.0.0.5:8443"));
        headers.remove(HOST);
        assert!(is_own(&Method::POST, &Uri::from_static("https://10.0.0.5:8443/login"), &headers));
        assert!(!is_own(&Method::POST, &Uri::from_static("https://10.0.0.6:8443/login"), &headers));
        assert!(!is_own(&Method::POST, &Uri::from_static("/login"), &headers), "no place is named");
    }

    #[test]
    fn a_foreign_name_is_not_answered() {
        let names = ["127.0.0.1:80", "localhost:80"];
        let root = Uri::from_static("/");
        assert!(is_host(&root, &said("LOCALHOST:80", None), &names));
        assert!(!is_host(&root, &said("evil.example:80", None), &names));
        assert!(!is_host(&root, &HeaderMap::new(), &names));
    }
}
