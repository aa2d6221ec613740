//! Statuses as people see them: a word, a shape and a colour, so that none of the three is needed.

use gom_domain::Lang;
use gom_domain::progress::Status;
use gom_domain::wording;
use maud::{Markup, html};

/// How a status stands out.
pub fn shade(status: Status) -> &'static str {
    match status {
        Status::Missed | Status::Behind => "bad",
        Status::AtRisk | Status::Pending | Status::NoData => "warn",
        Status::OnTrack | Status::Met => "good",
        Status::Manual | Status::NotDue | Status::NoTarget => "dim",
    }
}

fn shape(status: Status) -> &'static str {
    match status {
        Status::Missed => "✕",
        Status::Behind => "▼",
        Status::AtRisk => "◆",
        Status::Pending => "□",
        Status::NoData => "?",
        Status::OnTrack => "▲",
        Status::Met => "●",
        Status::Manual => "✎",
        Status::NotDue => "○",
        Status::NoTarget => "·",
    }
}

/// A status.
pub fn mark(status: Status, lang: Lang) -> Markup {
    let words = wording::status(status);
    html! {
        span class={ "mark " (shade(status)) } { span aria-hidden="true" { (shape(status)) } " " (words.get(lang)) }
    }
}
