//! What was handed in of a form and period: each report with who sent it and what the district said, and their figures
//! side by side.

use gom_domain::Lang;
use gom_domain::calendar::vietnam_time;
use gom_domain::ruling::Receipt;
use gom_web::{cards, table};
use maud::{Markup, html};

use crate::history::Origin;
use crate::show::{FormView, Revision};
use crate::wording;

/// Every report of the form and period; nothing where there is none.
pub(super) fn revisions(view: &FormView, lang: Lang) -> Markup {
    let caption = lang.pick("Các bản đã nộp", "What was handed in");
    html! {
        @if !view.revisions.is_empty() {
            h2 { (caption) }
            (cards(caption, &html! {
                thead { tr {
                    th scope="col" { (from(lang)) } th scope="col" { (officer(lang)) }
                    th.num scope="col" { (number_of(lang)) } th scope="col" { (received(lang)) }
                    th scope="col" { (lang.pick("Kết quả", "Verdict")) } th scope="col" { (explanation(lang)) }
                } }
                tbody { @for revision in &view.revisions { (row(revision, lang)) } }
            }))
            (figures(view, lang))
        }
    }
}

fn from(lang: Lang) -> &'static str {
    lang.pick("Nơi nộp", "From")
}

fn officer(lang: Lang) -> &'static str {
    lang.pick("Người nộp", "Officer")
}

fn number_of(lang: Lang) -> &'static str {
    lang.pick("Số nhận", "Number")
}

fn received(lang: Lang) -> &'static str {
    lang.pick("Huyện nhận lúc", "Received")
}

fn explanation(lang: Lang) -> &'static str {
    lang.pick("Giải trình", "Explanation")
}

fn row(revision: &Revision, lang: Lang) -> Markup {
    let report = &revision.report;
    html! {
        tr {
            td data-head=(from(lang)) { (wording::origin(report.origin).get(lang)) @if !revision.reason.is_empty() { ": " (revision.reason) } }
            td data-head=(officer(lang)) { (revision.officer) }
            @match &report.receipt {
                Some(receipt) => {
                    td.num data-head=(number_of(lang)) {
                        @if matches!(report.origin, Origin::Own(_)) { a href={ "/receipts/" (receipt.commit) } { (receipt.commit) } } @else { (receipt.commit) }
                    }
                    td data-head=(received(lang)) { (vietnam_time(receipt.at_ms)) }
                    td {
                        (verdict(revision, receipt, lang))
                        @for remark in &revision.remarks { p.quiet { (remark.text.get(lang)) } }
                    }
                }
                None => { td.num {} td {} td { (lang.pick("chờ gửi", "queued")) } }
            }
            td data-head=[(!revision.notes.is_empty()).then(|| explanation(lang))] { @for note in &revision.notes { p { (note.text) } } }
        }
    }
}

fn verdict(revision: &Revision, receipt: &Receipt, lang: Lang) -> String {
    let verdict = wording::verdict(receipt);
    match revision.report.revision() {
        Some(number) => format!("{}, {} {number}", verdict.get(lang), lang.pick("lần", "revision")),
        None => verdict.get(lang).to_owned(),
    }
}

/// The figures of each report, what differs from the one before it marked.
fn figures(view: &FormView, lang: Lang) -> Markup {
    let caption = lang.pick("Số liệu từng bản", "The figures of each");
    let figure = |revision: &Revision, place: usize| revision.figures.get(place).copied().flatten();
    html! {
        details #revisions open[view.revisions.len() > 1] {
            summary { (caption) }
            (table(caption, &html! {
                thead { tr {
                    th scope="col" { (lang.pick("Chỉ tiêu", "Element")) }
                    @for revision in &view.revisions { th.num scope="col" { (number(revision, lang)) } }
                } }
                tbody { @for line in &view.lines {
                    tr {
                        th scope="row" { (line.element.label.get(lang)) }
                        @for (nth, revision) in view.revisions.iter().enumerate() {
                            @let value = figure(revision, line.element.place);
                            @let text = value.map_or_else(|| "–".to_owned(), |value| line.element.shown(value, lang));
                            @let before = nth.checked_sub(1).map(|before| figure(&view.revisions[before], line.element.place));
                            td.num { @if before.is_some_and(|before| before != value) { strong { (text) " ≠" } } @else { (text) } }
                        }
                    }
                } }
            }))
        }
    }
}

fn number(revision: &Revision, lang: Lang) -> String {
    match &revision.report.receipt {
        Some(receipt) => format!("{} {}", lang.pick("số", "no."), receipt.commit),
        None => lang.pick("chờ gửi", "queued").to_owned(),
    }
}
