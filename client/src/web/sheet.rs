//! The form as a sheet: what is typed is saved at every field, and every rule answers beside its field.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gom_domain::Lang;
use gom_domain::calendar::shown_day;
use gom_domain::element::{Element, Kind, Value};
use gom_domain::examine::Finding;
use gom_domain::rule::Level;
use gom_web::Visit;
use maud::{Markup, html};
use serde_json::json;

use super::site::{Site, failed, to};
use super::to_do::{address, period};
use super::{notes, revisions};
use crate::show::{FormView, Line};
use crate::{Commune, Failure, Mistake, wording};

/// Shows a form of a period, to be filled in.
pub(super) async fn sheet(
    State(site): State<Site>,
    visit: Visit,
    Path((form, at)): Path<(String, String)>,
) -> Response {
    shown(&site, &visit, form, at, Vec::new()).await
}

async fn shown(site: &Site, visit: &Visit, form: String, at: String, wrong: Vec<Wrong>) -> Response {
    match site.look(move |commune| commune.form(&form, &at)).await {
        Err(failure) => failed(visit, &failure),
        Ok((view, head)) => {
            let lang = visit.lang;
            let title =
                format!("{} – {}", view.place.form().label.get(lang), period(view.place.period, lang));
            let notice = view.place.programme().notice.get(lang).to_owned();
            let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            site.page(visit, &title, &head, &notice).show_as(status, &content(visit, &view, &wrong))
        }
    }
}

/// A cell whose text is no figure.
#[derive(Clone, Debug)]
struct Wrong {
    element: String,
    text: String,
    why: Vec<gom_domain::Bilingual>,
}

fn content(visit: &Visit, view: &FormView, wrong: &[Wrong]) -> Markup {
    let lang = visit.lang;
    let here = address(view.place.key(), view.place.period);
    let [opens, closes, send_by] =
        [view.window.opens, view.window.closes, view.window.send_by].map(shown_day);
    html! {
        p.quiet {
            (lang.pick("Số liệu từ ", "Figures from ")) (opens) (lang.pick(" đến ", " to ")) (closes)
            (lang.pick("; gửi chậm nhất ngày ", "; to be sent by ")) (send_by) ". "
            (lang.pick("Tình trạng: ", "State: ")) span #state { (wording::state(view.state).get(lang)) }
        }
        @if view.base_is_outdated {
            div.box.warn { p { (lang.pick(
                "Bản nháp này lập từ một bản không còn hiệu lực; nếu nộp sẽ xung đột.",
                "This draft was made from a version that stands no more; handed in, it will conflict.",
            )) } }
        }
        form method="post" action=(here) data-sheet=(here)
            data-saving=(lang.pick("Đang lưu…", "Saving…"))
            data-unsaved=(lang.pick("Chưa lưu được, sẽ thử lại.", "Not saved yet; it is tried again."))
            data-refused=(lang.pick("Số ô chưa lưu vì ghi sai, xem bên dưới ô:", "Cells that are not saved, for what is beneath them:"))
            data-closed=(lang.pick("Màn hình này đã đóng; hãy chạy lại gom open.", "This screen was closed; run gom open again."))
            data-pasted=(lang.pick("Số ô đã dán:", "Cells that were pasted:"))
            data-column=(lang.pick("lấy cột thứ", "taken from column"))
            data-nofit=(lang.pick("Trong khối dán không có cột nào chỉ gồm số; chưa dán gì.", "No column of the block holds figures alone; nothing was pasted."))
            data-beyond=(lang.pick("Số ô dán thừa, không có chỗ:", "Cells that have no place:")) {
            (sheet_table(view, wrong, lang))
            div #whole { (whole(view, lang)) }
            p #saved role="status" { }
            p #pasted role="status" { }
            p {
                noscript { button type="submit" { (lang.pick("Lưu", "Save")) } " " }
                a.button href={ "/hand-in?form=" (view.place.key()) "&period=" (view.place.period) } { (lang.pick("Xem lại và nộp →", "Review and hand in →")) }
            }
        }
        p.quiet { (lang.pick(
            "Phím mũi tên, Enter và Tab để đi giữa các ô, hết ô thì đến các ô giải trình; dán được cả khối từ Excel. Ô trống là chưa có số liệu, khác với số 0. * lũy kế còn thiếu kỳ.",
            "Arrow keys, Enter and Tab move between the cells, and then to the explanations; a block from Excel can be pasted. An empty cell is no figure, which is not 0. * a period that is due is missing.",
        )) }
        (revisions::revisions(view, lang))
    }
}

fn sheet_table(view: &FormView, wrong: &[Wrong], lang: Lang) -> Markup {
    let caption = lang.pick("Số liệu của biểu", "The form's figures");
    gom_web::sheet(
        caption,
        &html! {
            thead { tr {
                th scope="col" { (lang.pick("Chỉ tiêu", "Element")) }
                th scope="col" { (lang.pick("Đơn vị tính", "Measure")) }
                th.num scope="col" { (last_year(lang)) }
                th.num scope="col" { (last_period(lang)) }
                th.num scope="col" { (lang.pick("Kỳ này", "This period")) }
                th.num scope="col" { (year_to_date(lang)) }
                th.num scope="col" { (quota(lang)) }
                th.num scope="col" { (of_quota(lang)) }
            } }
            tbody { @for line in &view.lines { (row(view, line, wrong, lang)) } }
        },
    )
}

fn last_year(lang: Lang) -> &'static str {
    lang.pick("Cùng kỳ năm trước", "Same period last year")
}

fn last_period(lang: Lang) -> &'static str {
    lang.pick("Kỳ trước", "Last period")
}

fn year_to_date(lang: Lang) -> &'static str {
    lang.pick("Lũy kế", "Year to date")
}

fn quota(lang: Lang) -> &'static str {
    lang.pick("Kế hoạch năm", "Quota")
}

fn of_quota(lang: Lang) -> &'static str {
    lang.pick("% kế hoạch", "% of quota")
}

fn row(view: &FormView, line: &Line, wrong: &[Wrong], lang: Lang) -> Markup {
    let element = &line.element;
    let key = &element.key;
    let shown = |value: Option<Value>| value.map_or_else(String::new, |value| element.shown(value, lang));
    let mistyped = wrong.iter().find(|wrong| &wrong.element == key);
    let value = mistyped.map_or_else(|| shown(line.now), |wrong| wrong.text.clone());
    html! {
        tr {
            th scope="row" { label.cell for={ "cell-" (key) } { (element.label.get(lang)) } }
            td.quiet { @if element.kind == Kind::Flag { (lang.pick("có hoặc không", "yes or no")) } @else { (element.measure.get(lang)) } }
            td.num data-head=(last_year(lang)) { (shown(line.year_before)) }
            td.num data-head=(last_period(lang)) { (shown(line.last)) }
            td.num {
                input.figure id={ "cell-" (key) } name=(key) value=(value) inputmode="decimal" autocomplete="off" spellcheck="false"
                    aria-invalid=[mistyped.is_some().then_some("true")] aria-describedby={ "said-" (key) };
            }
            td.num #{ "so-far-" (key) } data-head=(year_to_date(lang)) { (so_far(line, lang)) }
            td.num data-head=(quota(lang)) { (shown(line.quota)) }
            td.num #{ "percent-" (key) } data-head=(of_quota(lang)) { (percent(line, lang)) }
        }
        tr.answers { td colspan="8" id={ "said-" (key) } aria-live="polite" { (answers(view, element, mistyped, lang)) } }
    }
}

fn so_far(line: &Line, lang: Lang) -> String {
    let lacks = if line.so_far.is_complete || line.so_far.value.is_none() { "" } else { "*" };
    line.so_far.value.map_or_else(String::new, |value| format!("{}{lacks}", line.element.shown(value, lang)))
}

fn percent(line: &Line, lang: Lang) -> String {
    line.percent_of_quota().map_or_else(String::new, |percent| format!("{} %", percent.shown(1, lang)))
}

/// What is to be said of a cell: that its text is no figure, or what the rules find.
fn answers(view: &FormView, element: &Element, mistyped: Option<&Wrong>, lang: Lang) -> Markup {
    let programme = view.place.programme();
    let of_cell =
        |finding: &&Finding| finding.element.is_some_and(|ix| programme.element(ix).key == element.key);
    let is_filled = view.lines.iter().any(|line| line.element.key == element.key && line.now.is_some());
    html! {
        @if let Some(wrong) = mistyped { @for why in &wrong.why { p.said.bad { (why.get(lang)) } } }
        @for finding in view.findings.iter().filter(of_cell) {
            (found(view, finding, lang))
            @if is_filled { (notes::field(view, finding, None, lang)) } @else if mistyped.is_none() { (notes::folded(view, finding, lang)) }
        }
    }
}

/// What is to be said of the form as a whole.
fn whole(view: &FormView, lang: Lang) -> Markup {
    html! {
        @for finding in view.findings.iter().filter(|finding| finding.element.is_none()) {
            (found(view, finding, lang)) (notes::field(view, finding, None, lang))
        }
    }
}

fn found(view: &FormView, finding: &Finding, lang: Lang) -> Markup {
    let text = gom_domain::wording::finding(view.place.programme(), finding);
    let (shade, what) = match finding.level {
        Level::Error => ("bad", lang.pick("Lỗi, phải sửa: ", "Error, to be corrected: ")),
        Level::Warning => {
            ("warn", lang.pick("Cảnh báo, sửa hoặc giải trình: ", "Warning, to be corrected or explained: "))
        }
    };
    html! { p class={ "said " (shade) } { (what) (text.get(lang)) } }
}

/// What a browser sends of a form, name by name.
pub(super) fn pairs(body: &[u8]) -> Vec<(String, String)> {
    serde_urlencoded::from_bytes(body).unwrap_or_default()
}

/// Saves cells: all that are figures, and says of each other why it is none.
fn put(commune: &Commune, form: &str, at: &str, cells: &[(String, String)]) -> Result<Vec<Wrong>, Failure> {
    let all: Vec<(&str, &str)> = cells.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    match commune.set(form, at, &all) {
        Ok(_) => return Ok(Vec::new()),
        Err(Failure::Mistakes(_)) if all.len() > 1 => {}
        Err(Failure::Mistakes(mistakes)) => return Ok(wrong(&all, &mistakes)),
        Err(failure) => return Err(failure),
    }
    let mut refused = Vec::new();
    for cell in all {
        match commune.set(form, at, &[cell]) {
            Ok(_) => {}
            Err(Failure::Mistakes(mistakes)) => refused.extend(wrong(&[cell], &mistakes)),
            Err(failure) => return Err(failure),
        }
    }
    Ok(refused)
}

fn wrong(cells: &[(&str, &str)], mistakes: &[Mistake]) -> Vec<Wrong> {
    let why: Vec<_> = mistakes.iter().map(wording::mistake).collect();
    let one = |(key, text): &(&str, &str)| Wrong {
        element: (*key).to_owned(),
        text: (*text).to_owned(),
        why: why.clone(),
    };
    cells.iter().map(one).collect()
}

/// Saves the whole sheet, where there is no script.
pub(super) async fn save(
    State(site): State<Site>,
    visit: Visit,
    Path((form, at)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let mut cells = pairs(&body);
    let said = notes::take(&mut cells);
    let (of, period) = (form.clone(), at.clone());
    let here = format!("/forms/{}/{}", gom_web::escaped(&form), gom_web::escaped(&at));
    let saved = site.with(move |commune| {
        let wrong = put(commune, &of, &period, &cells)?;
        notes::keep(commune, &said)?;
        Ok(wrong)
    });
    match saved.await {
        Err(failure) => failed(&visit, &failure),
        Ok(wrong) if wrong.is_empty() => to(&here),
        Ok(wrong) => shown(&site, &visit, form, at, wrong).await,
    }
}

/// Saves some cells and answers with what the form says then.
pub(super) async fn cells(
    State(site): State<Site>,
    visit: Visit,
    Path((form, at)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let (mut cells, lang) = (pairs(&body), visit.lang);
    let said = notes::take(&mut cells);
    let saved = site.with(move |commune| {
        let wrong = put(commune, &form, &at, &cells)?;
        notes::keep(commune, &said)?;
        Ok((wrong, commune.form(&form, &at)?))
    });
    match saved.await {
        Err(failure) => {
            let texts: Vec<_> =
                wording::failure(&failure).iter().map(|text| text.get(lang).to_owned()).collect();
            (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(json!({ "failed": texts.join(" ") })))
                .into_response()
        }
        Ok((wrong, view)) => {
            site.line().changed();
            axum::Json(answer(&view, &wrong, lang)).into_response()
        }
    }
}

fn answer(view: &FormView, wrong: &[Wrong], lang: Lang) -> serde_json::Value {
    let cell = |line: &Line| {
        let key = &line.element.key;
        let mistyped = wrong.iter().find(|wrong| &wrong.element == key);
        let now = line.now.map_or_else(String::new, |value| line.element.shown(value, lang));
        json!({
            "element": key,
            "now": now,
            "wrong": mistyped.is_some(),
            "so_far": so_far(line, lang),
            "percent": percent(line, lang),
            "said": answers(view, &line.element, mistyped, lang).into_string(),
        })
    };
    let saved = if wrong.is_empty() {
        lang.pick("Đã lưu trên máy này.", "Saved on this computer.").to_owned()
    } else {
        let count = wrong.len();
        match lang {
            Lang::Vi => format!("{count} ô chưa lưu vì ghi sai; các ô khác đã lưu."),
            Lang::En => format!("Cells that are not saved: {count}. All others are saved."),
        }
    };
    json!({
        "state": wording::state(view.state).get(lang),
        "saved": saved,
        "whole": whole(view, lang).into_string(),
        "cells": view.lines.iter().map(cell).collect::<Vec<_>>(),
    })
}
