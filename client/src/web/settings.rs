//! The unit, the computer, who hands in, the language, and a backup.

use axum::Form;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gom_domain::calendar::{vietnam_stamp, vietnam_time};
use gom_domain::say;
use gom_proto::pass::hex;
use gom_web::Visit;
use maud::{Markup, html};
use serde::Deserialize;

use super::site::{Head, Site, failed, to, told};
use crate::backup;
use crate::{Failure, wording};

/// A name as it was typed.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    name: String,
}

/// Shows the settings.
pub(super) async fn settings(State(site): State<Site>, visit: Visit) -> Response {
    match site.look(crate::Commune::officer).await {
        Err(failure) => failed(&visit, &failure),
        Ok((officer, head)) => {
            let title = visit.lang.pick("Cài đặt", "Settings");
            site.page(&visit, title, &head, "").show(&content(&site, &visit, &head, &officer))
        }
    }
}

fn content(site: &Site, visit: &Visit, head: &Head, officer: &str) -> Markup {
    let (lang, status) = (visit.lang, &head.status);
    html! {
        @if visit.asked("saved").is_some() { (told("good", &say!("Đã lưu.", "Saved."), lang)) }
        h2 { (lang.pick("Người nộp", "Who hands in")) }
        form.row method="post" action="/settings/name" {
            label { (lang.pick("Họ và tên", "Full name")) input name="name" value=(officer) maxlength="100" autocomplete="name" required; }
            button type="submit" { (lang.pick("Lưu", "Save")) }
        }
        p.quiet { (lang.pick("Mỗi báo cáo nộp từ máy này mang tên ấy.", "Each report handed in from here bears the name.")) }
        h2 { (lang.pick("Đơn vị và máy", "The unit and this computer")) }
        dl.facts {
            dt { (lang.pick("Đơn vị", "Unit")) } dd { (status.unit_name) " (" (status.unit) ")" }
            dt { (lang.pick("Mã máy", "This computer's id")) } dd { (hex(&status.device.0)) }
            dt { (lang.pick("Thư mục dữ liệu", "Data folder")) } dd { (std::path::absolute(site.folder()).unwrap_or_else(|_| site.folder().to_owned()).display()) }
            dt { (lang.pick("Liên hệ huyện lần cuối", "Last contact")) } dd { (status.last_contact_ms.map_or_else(|| "–".to_owned(), vietnam_time)) }
            @if let Some(text) = status.skew_ms.and_then(wording::skew) { dt { (lang.pick("Đồng hồ", "Clock")) } dd { (text.get(lang)) } }
            dt { (lang.pick("Phiên bản", "Version")) } dd { (env!("CARGO_PKG_VERSION")) }
        }
        h2 { (lang.pick("Ngôn ngữ", "Language")) }
        p { a href=(visit.in_other_language()) lang=(lang.pick("en", "vi")) { (lang.pick("English", "Tiếng Việt")) } }
        h2 { (lang.pick("Sao lưu", "Backup")) }
        form method="post" action="/settings/backup" { button type="submit" { (lang.pick("Sao lưu và tải về", "Back up and keep the file")) } }
        p.quiet { (lang.pick(
            "Bản sao đã được mở lại và kiểm tra. Nó chứa khóa của máy này: hãy cất như cất con dấu.",
            "The copy has been opened and checked. It holds this computer's key: keep it as you keep the seal.",
        )) }
    }
}

/// Names who hands in.
pub(super) async fn name(State(site): State<Site>, visit: Visit, Form(named): Form<Named>) -> Response {
    match site.with(move |commune| commune.name_officer(&named.name)).await {
        Err(failure) => failed(&visit, &failure),
        Ok(_) => to("/settings?saved=1"),
    }
}

/// Makes a backup, which the browser keeps.
pub(super) async fn backup(State(site): State<Site>, visit: Visit) -> Response {
    let (folder, now_ms) = (site.folder().to_owned(), site.now_ms());
    let made = site.look(move |_| {
        let file = folder.join(format!("backup-{now_ms}.tmp"));
        let made = backup::backup(&folder, &file).map(drop);
        let unread = |source| Failure::File { file: file.clone(), source };
        let bytes = made.and_then(|()| std::fs::read(&file).map_err(unread));
        // What the browser keeps need not stay here.
        _ = std::fs::remove_file(&file);
        bytes
    });
    match made.await {
        Err(failure) => failed(&visit, &failure),
        Ok((bytes, head)) => {
            let stamp = vietnam_stamp(now_ms);
            let name = format!("attachment; filename=\"gom-{}-{stamp}.db\"", head.status.unit);
            let headers =
                [(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_DISPOSITION, name)];
            (headers, bytes).into_response()
        }
    }
}
