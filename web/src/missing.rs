//! What is said where there is no page.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

use crate::page::Page;
use crate::visit::Visit;

/// Has a router answer also at an address that is none, and at one to which only a button leads.
pub fn missing<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.method_not_allowed_fallback(only_a_button).fallback(nothing)
}

async fn nothing(visit: Visit) -> Response {
    let lang = visit.lang;
    let title = lang.pick("Không tìm thấy", "Not found");
    said(&visit, StatusCode::NOT_FOUND, title, lang.pick("Không có trang này.", "There is no such page."))
}

async fn only_a_button(visit: Visit) -> Response {
    let lang = visit.lang;
    let text =
        lang.pick("Địa chỉ này chỉ dành cho nút bấm trên trang.", "This address is for a button of a page.");
    let title = lang.pick("Không mở được", "Cannot be opened");
    said(&visit, StatusCode::METHOD_NOT_ALLOWED, title, text)
}

fn said(visit: &Visit, status: StatusCode, title: &str, text: &str) -> Response {
    let lang = visit.lang;
    Page::bare(visit, title).show_as(
        status,
        &html! { p { (text) } p { a href="/" { (lang.pick("Về trang đầu", "To the first page")) } } },
    )
}
