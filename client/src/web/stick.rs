//! The stick as a line: a file to take to the district, and the one that comes back.

use axum::extract::{Multipart, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gom_domain::{Lang, say};
use gom_web::{Page, Visit};
use maud::{Markup, html};

use super::site::{Site, failed, told};
use crate::SyncReport;

/// Shows both ways.
pub(super) async fn stick(State(site): State<Site>, visit: Visit) -> Response {
    match site.look(|_| Ok(())).await {
        Err(failure) => failed(&visit, &failure),
        Ok(((), head)) => {
            let title = visit.lang.pick("Gửi bằng USB", "By USB stick");
            site.page(&visit, title, &head, "").show(&content(visit.lang, head.status.queued))
        }
    }
}

fn content(lang: Lang, queued: u64) -> Markup {
    html! {
        h2 { (lang.pick("1. Ghi hàng đợi ra tệp", "1. Write the queue to a file")) }
        p {
            (lang.pick("Báo cáo đang chờ gửi: ", "Reports that wait: ")) strong { (queued) } ". "
            (lang.pick(
                "Chép tệp vào USB và mang lên huyện. Các báo cáo vẫn chờ ở đây cho đến khi có biên nhận.",
                "Put the file on a stick and take it to the district. The reports wait here until there are receipts.",
            ))
        }
        form method="post" action="/stick/export" { button.main type="submit" { (lang.pick("Ghi tệp hàng đợi", "Write the queue")) } }
        h2 { (lang.pick("2. Nhận biên nhận từ tệp huyện đưa về", "2. Take the receipts that came back")) }
        form method="post" action="/stick/import" enctype="multipart/form-data" {
            label { (lang.pick("Tệp của huyện", "The district's file")) input type="file" name="file" required; }
            p { button type="submit" { (lang.pick("Nhận biên nhận", "Take the receipts")) } }
        }
        p.quiet { (lang.pick(
            "Tệp được niêm phong để không ai sửa được, nhưng không mã hóa: đừng để lạc USB.",
            "The file is sealed, so that nobody can change it, and not encrypted: do not lose the stick.",
        )) }
    }
}

/// The queue, as a file to be kept.
pub(super) async fn export(State(site): State<Site>, visit: Visit) -> Response {
    match site.look(crate::Commune::export_queue).await {
        Err(failure) => failed(&visit, &failure),
        Ok((exported, head)) => {
            let name = format!("attachment; filename=\"{}.gomq\"", head.status.unit);
            let headers =
                [(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_DISPOSITION, name)];
            (headers, exported.file).into_response()
        }
    }
}

/// Takes the district's answers.
pub(super) async fn import(State(site): State<Site>, visit: Visit, mut parts: Multipart) -> Response {
    let lang = visit.lang;
    let title = lang.pick("Gửi bằng USB", "By USB stick");
    let Ok(Some(part)) = parts.next_field().await else { return no_file(&visit) };
    let Ok(file) = part.bytes().await else { return no_file(&visit) };
    let turn = site.line().take_turn().await;
    let came = site.look(move |commune| commune.import_receipts(&file)).await;
    drop(turn);
    match came {
        Err(failure) => failed(&visit, &failure),
        Ok((report, head)) => {
            site.line().changed();
            site.page(&visit, title, &head, "").show(&told_of(&report, lang))
        }
    }
}

fn no_file(visit: &Visit) -> Response {
    let lang = visit.lang;
    let text = say!("Chưa chọn tệp, hoặc tệp quá lớn.", "No file was chosen, or it is too large.");
    let title = lang.pick("Gửi bằng USB", "By USB stick");
    Page::bare(visit, title).show_as(
        axum::http::StatusCode::UNPROCESSABLE_ENTITY,
        &html! {
            (told("bad", &text, lang)) p { a href="/stick" { (lang.pick("Trở lại", "Back")) } }
        },
    )
}

fn told_of(report: &SyncReport, lang: Lang) -> Markup {
    let (handed_in, accepted, refused) = (report.handed_in, report.accepted, report.refused.len());
    let waiting = report.waiting;
    html! {
        (told("good", &say!(
            "Huyện đã trả lời {handed_in} báo cáo: {accepted} được nhận, {refused} bị từ chối hoặc xung đột.",
            "The district has answered for reports: {handed_in}. Accepted: {accepted}. Rejected or in conflict: {refused}."
        ), lang))
        @if report.rebased || report.refills || waiting > 0 {
            (told("warn", &say!(
                "Còn {waiting} báo cáo huyện chưa trả lời. Hãy ghi tệp hàng đợi mới và mang lên huyện lần nữa; không mất gì.",
                "Not ruled on by the district yet: {waiting}. Write the queue again and take it to the district once more; nothing is lost."
            ), lang))
        }
        p { a href="/receipts" { (lang.pick("Xem biên nhận", "See the receipts")) } }
    }
}
