//! Conflicts: both versions side by side, cell by cell, until the officer decides.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use gom_domain::calendar::vietnam_time;
use gom_domain::{Lang, say};
use gom_web::{Visit, table};
use maud::{Markup, html};
use serde::Deserialize;

use super::site::{Site, failed, told};
use super::to_do::{address, period};
use crate::resolve::{Keep, Resolved};
use crate::show::{CellState, Comparison, FormView, Revision};
use crate::status::Attention;
use crate::wording;

/// Which version is kept.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    form: String,
    period: String,
    keep: String,
}

/// Shows every conflict.
pub(super) async fn conflicts(State(site): State<Site>, visit: Visit) -> Response {
    let looked = site.look(|commune| {
        let attention = commune.status()?.attention.into_iter().filter(Attention::is_conflict);
        attention.map(|one| commune.form(&one.form, &one.period.to_string())).collect::<Result<Vec<_>, _>>()
    });
    match looked.await {
        Err(failure) => failed(&visit, &failure),
        Ok((views, head)) => {
            let title = visit.lang.pick("Xung đột", "Conflicts");
            let content = html! {
                @if views.is_empty() { p { (visit.lang.pick("Không có xung đột nào.", "There are no conflicts.")) } }
                @for view in &views { (one(view, visit.lang)) }
            };
            site.page(&visit, title, &head, "").show(&content)
        }
    }
}

fn one(view: &FormView, lang: Lang) -> Markup {
    let title = format!("{}, {}", view.place.form().label.get(lang), period(view.place.period, lang));
    html! {
        h2 { a href=(address(view.place.key(), view.place.period)) { (title) } }
        @if let Some(comparison) = &view.comparison {
            @if let Some(receipt) = &comparison.refused.receipt { p { (wording::verdict(receipt).get(lang)) } }
            @if let Some(standing) = view.revision(view.stands) { p { (lang.pick("Bản đang có hiệu lực: ", "What stands: ")) (who(standing, lang)) } }
            @if view.state == CellState::Draft {
                (told("warn", &say!(
                    "Đã có bản nháp của biểu này; nộp bản nháp thì xung đột hết.",
                    "There is a draft of this form; handing it in settles the conflict."
                ), lang))
                p { a.button href={ "/hand-in?form=" (view.place.key()) "&period=" (view.place.period) } { (lang.pick("Xem lại và nộp →", "Review and hand in →")) } }
            }
            (side_by_side(view, comparison, &title, lang))
        }
        form.row method="post" action="/conflicts" {
            input type="hidden" name="form" value=(view.place.key());
            input type="hidden" name="period" value=(view.place.period);
            button type="submit" name="keep" value="mine" { (lang.pick("Giữ bản máy này (thành bản nháp)", "Keep this computer's (as a draft)")) }
            button type="submit" name="keep" value="theirs" { (lang.pick("Nhận bản đang có hiệu lực", "Accept what stands")) }
        }
    }
}

/// From where a report came, by whom, and when the district had it.
fn who(revision: &Revision, lang: Lang) -> String {
    let of = |text: &str| if text.is_empty() { String::new() } else { format!(", {text}") };
    let receipt = revision.report.receipt.as_ref();
    let received = receipt.map_or_else(String::new, |receipt| {
        format!(", {} {}, {}", lang.pick("số", "no."), receipt.commit, vietnam_time(receipt.at_ms))
    });
    let origin = wording::origin(revision.report.origin);
    format!("{}{}{}{received}", origin.get(lang), of(&revision.officer), of(&revision.reason))
}

fn side_by_side(view: &FormView, comparison: &Comparison, title: &str, lang: Lang) -> Markup {
    table(
        title,
        &html! {
            thead { tr {
                th scope="col" { (lang.pick("Chỉ tiêu", "Element")) }
                th.num scope="col" { (lang.pick("Bản máy này", "This computer's")) }
                th.num scope="col" { (lang.pick("Bản đang có hiệu lực", "What stands")) }
                th scope="col" { (lang.pick("So sánh", "Compared")) }
            } }
            tbody {
                @for line in &view.lines {
                    @let at = |figures: &[Option<i64>]| figures.get(line.element.place).copied().flatten();
                    @let (mine, standing) = (at(&comparison.mine), at(&comparison.standing));
                    @let text = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| line.element.shown(value, lang));
                    tr {
                        th scope="row" { (line.element.label.get(lang)) }
                        td.num { (text(mine)) } td.num { (text(standing)) }
                        td { @if mine != standing { strong.bad { "≠ " (lang.pick("khác nhau", "differ")) } } }
                    }
                }
            }
        },
    )
}

/// Settles a conflict.
pub(super) async fn settle(State(site): State<Site>, visit: Visit, Form(asked): Form<Asked>) -> Response {
    let keep = if asked.keep == "mine" { Keep::Mine } else { Keep::Theirs };
    let (form, at) = (asked.form.clone(), asked.period.clone());
    match site.look(move |commune| commune.resolve(&form, &at, keep)).await {
        Err(failure) => failed(&visit, &failure),
        Ok((resolved, head)) => {
            site.line().changed();
            let lang = visit.lang;
            let text = match resolved {
                Resolved::Drafted => say!(
                    "Số liệu của máy này đã thành bản nháp, lập trên bản đang có hiệu lực. Hãy xem lại và nộp; xung đột còn cho đến khi nộp.",
                    "This computer's figures are a draft now, made on what stands. Review it and hand it in; until then the conflict stays."
                ),
                Resolved::Same => say!(
                    "Hai bản giống hệt nhau; xung đột đã xong.",
                    "Both versions are the same; the conflict is settled."
                ),
                Resolved::Accepted { .. } => say!(
                    "Đã nhận bản đang có hiệu lực; bản của máy này vẫn còn trong lịch sử.",
                    "What stands is accepted; this computer's version stays in the history."
                ),
            };
            let next = match resolved {
                Resolved::Drafted => format!(
                    "/hand-in?form={}&period={}",
                    gom_web::escaped(&asked.form),
                    gom_web::escaped(&asked.period)
                ),
                Resolved::Same | Resolved::Accepted { .. } => "/".to_owned(),
            };
            let title = lang.pick("Xung đột", "Conflicts");
            let content = html! { (told("good", &text, lang)) p { a href=(next) { (lang.pick("Tiếp tục", "Go on")) } } };
            site.page(&visit, title, &head, "").show(&content)
        }
    }
}
