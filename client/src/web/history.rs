//! What was handed in: the year with each period's state, and every receipt.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gom_domain::Lang;
use gom_domain::calendar::vietnam_time;
use gom_domain::ruling::Verdict;
use gom_web::{Visit, table};
use maud::{Markup, html};

use super::site::{Site, failed, to};
use super::to_do::{address, period};
use crate::receipts::ReceiptView;
use crate::show::{CellState, YearRow, YearView};
use crate::wording;

/// Shows a year: each form and period with its state.
pub(super) async fn year(State(site): State<Site>, visit: Visit) -> Response {
    let asked = visit.asked("year").and_then(|year| year.parse().ok());
    match site.look(move |commune| commune.year(asked)).await {
        Err(failure) => failed(&visit, &failure),
        Ok((view, head)) => {
            let title = format!("{} {}", visit.lang.pick("Báo cáo năm", "Reports of"), view.year);
            let notice = view.notice.get(visit.lang).to_owned();
            site.page(&visit, &title, &head, &notice).show(&matrix(&view, visit.lang))
        }
    }
}

fn matrix(view: &YearView, lang: Lang) -> Markup {
    let caption = view.title.get(lang);
    html! {
        p { (caption) }
        (table(caption, &html! {
            thead { tr {
                th scope="col" { (lang.pick("Biểu", "Form")) }
                @for month in 1..=12 { th.mid scope="col" { (month) } }
            } }
            tbody { @for row in &view.rows { (form_row(row, lang)) } }
        }))
        p.quiet { (wording::marks().get(lang)) }
        @if !view.other_years.is_empty() {
            p {
                (lang.pick("Năm khác: ", "Other years: "))
                @for year in &view.other_years { a href={ "/forms?year=" (year) } { (year) } " " }
            }
        }
    }
}

fn form_row(row: &YearRow, lang: Lang) -> Markup {
    html! {
        tr {
            th scope="row" { (row.label.get(lang)) }
            @for month in 1..=12_u8 {
                td.mid {
                    @if let Some((at, state)) = row.cells.iter().find(|(period, _)| period.last_month() == month) {
                        a class={ "mark " (shade(*state)) } href=(address(&row.form, *at)) {
                            (wording::mark(*state).get(lang))
                            span.unseen { " " (row.label.get(lang)) ", " (period(*at, lang)) }
                        }
                    }
                }
            }
        }
    }
}

fn shade(state: CellState) -> &'static str {
    match state {
        CellState::Draft | CellState::Queued => "warn",
        CellState::Rejected | CellState::Conflict => "bad",
        CellState::Accepted(_) | CellState::District(_) => "good",
        CellState::Blank => "dim",
    }
}

/// Shows every receipt, the newest first.
pub(super) async fn receipts(State(site): State<Site>, visit: Visit) -> Response {
    match site.look(crate::Commune::receipts).await {
        Err(failure) => failed(&visit, &failure),
        Ok((receipts, head)) => {
            let title = visit.lang.pick("Biên nhận của huyện", "The district's receipts");
            site.page(&visit, title, &head, "").show(&all(&receipts, visit.lang))
        }
    }
}

fn all(receipts: &[ReceiptView], lang: Lang) -> Markup {
    if receipts.is_empty() {
        return html! { p { (lang.pick("Chưa có biên nhận nào.", "There are no receipts yet.")) } };
    }
    table(
        lang.pick("Biên nhận", "Receipts"),
        &html! {
            thead { tr {
                th.num scope="col" { (lang.pick("Số", "Number")) } th scope="col" { (lang.pick("Huyện nhận lúc", "Received")) }
                th scope="col" { (lang.pick("Biểu", "Form")) } th scope="col" { (lang.pick("Kỳ", "Period")) }
                th scope="col" { (lang.pick("Kết quả", "Verdict")) } th scope="col" { (lang.pick("Dấu", "Fingerprint")) }
            } }
            tbody {
                @for view in receipts.iter().rev() {
                    tr {
                        td.num { a href={ "/receipts/" (view.receipt.commit) } { (view.receipt.commit) } }
                        td { (vietnam_time(view.receipt.at_ms)) }
                        td { a href=(address(&view.form, view.period)) { (view.label.get(lang)) } }
                        td { (period(view.period, lang)) }
                        td { (verdict(view, lang)) }
                        td.quiet { (view.shown_fingerprint()) }
                    }
                }
            }
        },
    )
}

fn verdict(view: &ReceiptView, lang: Lang) -> Markup {
    let (shade, sign) = if view.receipt.ruling.is_accepted() { ("good", "●") } else { ("bad", "✕") };
    let revision = match view.receipt.ruling.verdict {
        Verdict::Accepted { revision } => format!(", {} {revision}", lang.pick("lần", "revision")),
        Verdict::Conflict { .. } | Verdict::Rejected(_) => String::new(),
    };
    html! {
        span class={ "mark " (shade) } { span aria-hidden="true" { (sign) " " } (wording::verdict(&view.receipt).get(lang)) } (revision)
    }
}

/// Shows a receipt as it is printed.
pub(super) async fn receipt(State(site): State<Site>, visit: Visit, Path(number): Path<u64>) -> Response {
    let lang = visit.lang;
    let looked = site
        .look(move |commune| Ok(commune.receipts()?.into_iter().find(|view| view.receipt.commit == number)));
    match looked.await {
        Err(failure) => failed(&visit, &failure),
        Ok((None, _)) => to("/receipts"),
        Ok((Some(view), head)) => {
            let title = format!("{} {number}", lang.pick("Biên nhận số", "Receipt no."));
            let content = html! {
                dl.facts {
                    dt { (lang.pick("Đơn vị", "Unit")) } dd { (head.status.unit_name) }
                    dt { (lang.pick("Báo cáo", "Report")) } dd { (view.label.get(lang)) ", " (period(view.period, lang)) }
                    dt { (lang.pick("Huyện nhận số", "The district's number")) } dd { strong { (view.receipt.commit) } }
                    dt { (lang.pick("Huyện nhận lúc", "Received")) } dd { (vietnam_time(view.receipt.at_ms)) }
                    dt { (lang.pick("Kết quả", "Verdict")) } dd { (verdict(&view, lang)) }
                    dt { (lang.pick("Số trong hàng đợi", "Number in the queue")) } dd { (view.sequence) }
                    dt { (lang.pick("Dấu", "Fingerprint")) } dd { (view.shown_fingerprint()) }
                    @if !view.officer.is_empty() { dt { (lang.pick("Người nộp", "Officer")) } dd { (view.officer) } }
                }
                p.noprint { button type="button" data-print { (lang.pick("In biên nhận", "Print the receipt")) } }
            };
            site.page(&visit, &title, &head, "").show_as(StatusCode::OK, &content)
        }
    }
}
