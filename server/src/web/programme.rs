//! The programme, for reading: what is asked, what is expected of the figures, and what is aimed at.

use axum::extract::State;
use axum::response::Response;
use gom_domain::form::FormIx;
use gom_domain::programme::Programme;
use gom_domain::{Lang, Period, calendar, wording};
use gom_web::table;
use maud::{Markup, html};

use super::overview::address;
use super::site::Site;
use super::viewer::Viewer;
use crate::wording::Trouble;

/// Shows the programme of a year.
pub(super) async fn programme(State(site): State<Site>, viewer: Viewer) -> Response {
    let as_of = match site.as_of(&viewer.visit) {
        Ok(as_of) => as_of,
        Err(trouble) => return viewer.trouble(&trouble),
    };
    let year = as_of.year();
    let looked = site
        .look(move |memory| {
            let found = memory.year(year).map(|(programme, _)| programme);
            found.ok_or_else(|| Trouble::no_programme(memory, Some(year)))
        })
        .await;
    match looked {
        Err(trouble) => viewer.trouble(&trouble),
        Ok(programme) => {
            let title = viewer.visit.lang.pick("Chương trình", "The programme");
            viewer.page(&programme, title).show(&content(&viewer, &programme, as_of))
        }
    }
}

fn content(viewer: &Viewer, programme: &Programme, as_of: Period) -> Markup {
    let lang = viewer.visit.lang;
    html! {
        p { strong { (programme.name.get(lang)) } ". " (programme.source.get(lang)) }
        h2 { (lang.pick("Chỉ tiêu của văn bản", "The document's targets")) }
        (targets(programme, as_of, lang))
        h2 { (lang.pick("Biểu báo cáo", "The forms")) }
        @for form in programme.form_places() {
            @if viewer.sees(programme, form) { (asked(programme, form, lang)) } @else {
                p { (programme.form(form).label.get(lang)) ": " (super::overview::hidden(lang)) }
            }
        }
    }
}

fn targets(programme: &Programme, as_of: Period, lang: Lang) -> Markup {
    table(
        lang.pick("Chỉ tiêu của văn bản", "The document's targets"),
        &html! {
            thead { tr {
                th scope="col" { (lang.pick("Số", "Ref")) } th scope="col" { (lang.pick("Chỉ tiêu", "Target")) }
                th scope="col" { (lang.pick("Văn bản ghi", "As printed")) } th scope="col" { (lang.pick("So sánh", "Comparison")) }
                th scope="col" { (lang.pick("Đơn vị tính", "Measure")) } th scope="col" { (lang.pick("Ghi chú", "Note")) }
            } }
            @for group in &programme.groups {
                tbody {
                    tr.head { th colspan="6" scope="rowgroup" { (group.key) ". " (group.label.get(lang)) } }
                    @for target in programme.targets.iter().filter(|target| target.group == group.key) {
                        tr {
                            td { (target.reference) }
                            th scope="row" { a href=(address(target, as_of)) { (target.label.get(lang)) } }
                            td { (target.printed) } td { (wording::comparator(target.comparator).get(lang)) }
                            td { (target.unit.get(lang)) }
                            td { @if target.doubt { "(?) " } (target.note.get(lang)) }
                        }
                    }
                }
            }
        },
    )
}

fn asked(programme: &Programme, ix: FormIx, lang: Lang) -> Markup {
    let form = programme.form(ix);
    let first = form.frequency.period_ending(programme.year, form.frequency.months());
    html! {
        details id={ "form-" (form.key) } {
            summary { strong { (form.label.get(lang)) } " – " (wording::frequency(form.frequency).get(lang)) @if form.restricted { " · " (lang.pick("hạn chế", "restricted")) } }
            @if let Some(window) = first.map(|period| form.window(period)) {
                p.quiet {
                    (lang.pick("Kỳ đầu năm: số liệu từ ", "The year's first period: figures from ")) (calendar::shown_day(window.opens)) (lang.pick(" đến ", " to ")) (calendar::shown_day(window.closes))
                    (lang.pick(", gửi chậm nhất ngày ", ", to be sent by ")) (calendar::shown_day(window.send_by)) "."
                }
            }
            (table(form.label.get(lang), &html! {
                thead { tr { th scope="col" { (lang.pick("Chỉ tiêu", "Element")) } th scope="col" { (lang.pick("Đơn vị tính", "Measure")) } th scope="col" { (lang.pick("Nguồn", "Source")) } } }
                tbody { @for element in &form.elements {
                    @let element = programme.element(*element);
                    tr { th scope="row" { (element.label.get(lang)) } td { (element.measure.get(lang)) } td { (element.source.get(lang)) } }
                } }
            }))
            @let rules = programme.rules_of(ix);
            @if !rules.is_empty() {
                p { (lang.pick("Quy tắc kiểm tra:", "What is expected of the figures:")) }
                ul { @for rule in rules { li { (programme.element(rule.element).label.get(lang)) ": " (rule.message.get(lang)) } } }
            }
        }
    }
}
