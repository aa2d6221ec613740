//! The page around what a screen shows.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gom_domain::Lang;
use maud::{DOCTYPE, Markup, html};

use crate::visit::Visit;

/// Where a page leads.
#[derive(Clone, Debug)]
pub struct Link {
    /// The address.
    pub href: String,
    /// What it is called.
    pub text: String,
}

/// A page.
#[derive(Debug)]
pub struct Page<'a> {
    /// Who looks at it.
    pub visit: &'a Visit,
    /// Its title.
    pub title: &'a str,
    /// Whose screen it is.
    pub whose: &'a str,
    /// Where it leads.
    pub links: Vec<Link>,
    /// What stands at its head beside the links: who has logged in, how the line is.
    pub aside: Markup,
    /// What must be said wherever figures are shown, such as that they are synthetic.
    pub notice: &'a str,
    /// Where the page hears that something has changed, if it can.
    pub live: Option<&'a str>,
}

impl<'a> Page<'a> {
    /// A page without anything around it.
    pub fn bare(visit: &'a Visit, title: &'a str) -> Self {
        Self { visit, title, whose: "", links: Vec::new(), aside: html! {}, notice: "", live: None }
    }

    /// The page with its content.
    pub fn show(&self, content: &Markup) -> Response {
        self.show_as(StatusCode::OK, content)
    }

    /// The same, where it is not what was asked for.
    pub fn show_as(&self, status: StatusCode, content: &Markup) -> Response {
        let lang = self.visit.lang;
        let page = html! {
            (DOCTYPE)
            html lang=(lang.pick("vi", "en")) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " – Gom" }
                    link rel="icon" href="/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href=(versioned("/style.css"));
                    script src=(versioned("/page.js")) defer {}
                }
                body data-live=[self.live] {
                    a.skip href="#content" { (lang.pick("Tới nội dung", "Skip to the content")) }
                    (self.head(lang))
                    main #content tabindex="-1" data-stays[self.visit.acts] {
                        h1 { (self.title) }
                        @if self.live.is_some() {
                            p.box.warn #stale role="status" hidden { (lang.pick(
                                "Mất liên lạc với chương trình: trang này có thể đã cũ. Hãy mở lại màn hình nếu thông báo này không tự mất.",
                                "The program does not answer: this page may be out of date. Open the screen again if this stays.",
                            )) }
                        }
                        (content)
                        @if !self.notice.is_empty() { p.notice { (self.notice) } }
                    }
                }
            }
        };
        (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], page.into_string()).into_response()
    }

    fn head(&self, lang: Lang) -> Markup {
        let here = self.visit.uri.path();
        let is_here = |href: &str| href.split('?').next() == Some(here);
        html! {
            header {
                p.whose { strong { "Gom" } " " (self.whose) }
                @if !self.links.is_empty() {
                    nav aria-label=(lang.pick("Các trang", "Pages")) {
                        @for link in &self.links {
                            a href=(link.href) aria-current=[is_here(&link.href).then_some("page")] { (link.text) }
                        }
                    }
                }
                div.aside {
                    (self.aside)
                    a.lang href=(self.visit.in_other_language()) lang=(lang.pick("en", "vi")) hreflang=(lang.pick("en", "vi")) {
                        (lang.pick("English", "Tiếng Việt"))
                    }
                }
            }
        }
    }
}

/// An address under which another version of the program has something else.
fn versioned(path: &str) -> String {
    format!("{path}?v={}", env!("CARGO_PKG_VERSION"))
}

/// A table of cells that are filled in, with what is compared beside them.
pub fn sheet(caption: &str, content: &Markup) -> Markup {
    framed("sheet cards", caption, content)
}

/// A table that can be moved sideways where it is too wide, also with the keyboard.
pub fn table(caption: &str, content: &Markup) -> Markup {
    framed("", caption, content)
}

/// A table whose rows stand below each other on a phone: each cell says of what it is.
pub fn cards(caption: &str, content: &Markup) -> Markup {
    framed("cards", caption, content)
}

fn framed(kind: &str, caption: &str, content: &Markup) -> Markup {
    html! {
        div.wide role="region" tabindex="0" aria-label=(caption) {
            table class=[(!kind.is_empty()).then_some(kind)] { caption.unseen { (caption) } (content) }
        }
    }
}
