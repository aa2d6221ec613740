//! What is to be done: the forms due, what waits for the officer, what waits for the line.

use axum::extract::State;
use axum::response::Response;
use gom_domain::calendar::shown_day;
use gom_domain::{Bilingual, Lang, Period, say};
use gom_web::{Visit, cards, escaped};
use maud::{Markup, html};

use super::site::{Head, Site, failed, told};
use crate::show::{CellState, YearView};
use crate::status::{Attention, Due, Status};
use crate::{DraftRow, Failure, SyncError, wording};

/// What the page shows beside how the folder stands.
struct Shown {
    drafts: Vec<DraftRow>,
    year: Option<YearView>,
    officer: String,
}

/// Shows what is to be done.
pub(super) async fn to_do(State(site): State<Site>, visit: Visit) -> Response {
    let looked = site
        .look(|commune| {
            let year = match commune.year(None) {
                Err(Failure::NoProgramme) => None,
                year => Some(year?),
            };
            Ok(Shown { drafts: commune.drafts()?, year, officer: commune.officer()? })
        })
        .await;
    match looked {
        Err(failure) => failed(&visit, &failure),
        Ok((shown, head)) => {
            let notice = shown.year.as_ref().map_or("", |year| year.notice.get(visit.lang));
            let title = visit.lang.pick("Việc cần làm", "To do");
            site.page(&visit, title, &head, notice).show(&content(&visit, &shown, &head))
        }
    }
}

/// Where a form of a period is filled in.
pub(super) fn address(form: &str, period: Period) -> String {
    format!("/forms/{}/{period}", escaped(form))
}

fn content(visit: &Visit, shown: &Shown, head: &Head) -> Markup {
    let (lang, status) = (visit.lang, &head.status);
    html! {
        (warnings(status, shown, lang))
        (attention(status, lang))
        (due(status, lang))
        (drafts(shown, lang))
        (by_district(shown, lang))
        @if status.queued > 0 { p { (waiting(status.queued).get(lang)) } }
    }
}

fn waiting(queued: u64) -> Bilingual {
    say!(
        "{queued} báo cáo đã xếp hàng và sẽ tự gửi khi có mạng; đừng xóa thư mục dữ liệu của máy này.",
        "Reports that are queued and go out by themselves once there is a line: {queued}. Keep this computer's data folder."
    )
}

/// What concerns the folder as a whole.
fn warnings(status: &Status, shown: &Shown, lang: Lang) -> Markup {
    html! {
        @if status.quarantined { (told("bad", &wording::sync_error(&SyncError::Quarantined), lang)) }
        @if status.update_needed {
            (told("bad", &say!(
                "Chương trình mới cần bản gom mới hơn; hãy cập nhật phần mềm.",
                "The programme needs a newer version of gom; update it."
            ), lang))
        }
        @if status.refills {
            (told("warn", &say!(
                "Huyện đang dùng bản sao lưu cũ: máy này sẽ trả lại những gì huyện bị mất khi có mạng.",
                "The district goes on from an older backup: this computer gives back what it has lost once there is a line."
            ), lang))
        }
        @if let Some(text) = status.skew_ms.and_then(wording::skew) { (told("warn", &text, lang)) }
        @if shown.officer.is_empty() {
            div.box.warn { p {
                (lang.pick("Chưa ghi tên người nộp. ", "Who hands in is not known yet. "))
                a href="/settings" { (lang.pick("Ghi họ và tên", "Write the full name")) }
            } }
        }
        @if shown.year.is_none() {
            (told("warn", &say!(
                "Chưa có chương trình nào; máy này sẽ tải về khi có mạng.",
                "There is no programme yet; it comes once there is a line."
            ), lang))
        }
    }
}

/// What the district refused or what is in conflict.
fn attention(status: &Status, lang: Lang) -> Markup {
    html! {
        @if !status.attention.is_empty() {
            h2 { (lang.pick("Cần xử lý", "Needs attention")) }
            @for item in &status.attention { (one(item, lang)) }
        }
    }
}

fn one(item: &Attention, lang: Lang) -> Markup {
    let address = if item.is_conflict() { "/conflicts".to_owned() } else { address(&item.form, item.period) };
    html! {
        div.box.bad {
            p {
                strong { a href=(address) { (item.label.get(lang)) ", " (period(item.period, lang)) } } ": "
                (wording::verdict(&item.receipt).get(lang))
            }
            @for remark in &item.remarks { p { (remark.text.get(lang)) } }
        }
    }
}

fn due(status: &Status, lang: Lang) -> Markup {
    let caption = lang.pick("Biểu phải nộp", "Forms due");
    html! {
        h2 { (caption) }
        @if status.due.is_empty() {
            p { (lang.pick("Không còn biểu nào phải nộp.", "Nothing is due.")) }
        } @else {
            (cards(caption, &html! {
                thead { tr {
                    th scope="col" { (lang.pick("Biểu", "Form")) } th scope="col" { (lang.pick("Kỳ", "Period")) }
                    th scope="col" { (closing(lang)) } th scope="col" { (send_by(lang)) }
                } }
                tbody { @for due in &status.due { (due_row(due, lang)) } }
            }))
        }
    }
}

fn closing(lang: Lang) -> &'static str {
    lang.pick("Chốt số liệu", "Figures up to")
}

fn send_by(lang: Lang) -> &'static str {
    lang.pick("Gửi chậm nhất ngày", "To be sent by")
}

fn due_row(due: &Due, lang: Lang) -> Markup {
    let shade = match due.days_left {
        ..0 => "bad",
        0..=3 => "warn",
        _ => "plain",
    };
    html! {
        tr {
            th scope="row" { a href=(address(&due.form, due.period)) { (due.label.get(lang)) } }
            td data-head=(lang.pick("Kỳ", "Period")) { (period(due.period, lang)) }
            td data-head=(closing(lang)) { (shown_day(due.closes)) span.quiet { ", " (wording::days_to_closing(due.days_to_closing).get(lang)) } }
            td data-head=(send_by(lang)) {
                (shown_day(due.send_by)) ", " span class={ "mark " (shade) } { (wording::days_left(due.days_left).get(lang)) }
                @if due.is_draft { " · " (lang.pick("đang nhập", "being filled in")) }
            }
        }
    }
}

fn drafts(shown: &Shown, lang: Lang) -> Markup {
    html! {
        @if !shown.drafts.is_empty() {
            h2 { (lang.pick("Bản nháp", "Drafts")) }
            ul.plain {
                @for draft in &shown.drafts {
                    li { a href=(address(&draft.form, draft.period)) { (label(shown, &draft.form, lang)) ", " (period(draft.period, lang)) } }
                }
            }
            p { a href="/hand-in" { (lang.pick("Xem lại và nộp tất cả bản nháp", "Review and hand in all drafts")) } }
        }
    }
}

fn label<'a>(shown: &'a Shown, form: &'a str, lang: Lang) -> &'a str {
    let rows = shown.year.iter().flat_map(|year| &year.rows);
    rows.into_iter().find(|row| row.form == form).map_or(form, |row| row.label.get(lang))
}

/// What the district has entered on the unit's behalf.
fn by_district(shown: &Shown, lang: Lang) -> Markup {
    let rows = shown.year.iter().flat_map(|year| &year.rows);
    let entered: Vec<_> = rows
        .flat_map(|row| row.cells.iter().map(move |(period, state)| (row, *period, *state)))
        .filter(|(_, _, state)| matches!(state, CellState::District(_)))
        .collect();
    html! {
        @if !entered.is_empty() {
            h2 { (lang.pick("Huyện nhập thay", "Entered by the district")) }
            ul.plain {
                @for (row, at, _) in entered { li { a href=(address(&row.form, at)) { (row.label.get(lang)) ", " (period(at, lang)) } } }
            }
        }
    }
}

/// A period as people say it.
pub(super) fn period(period: Period, lang: Lang) -> String {
    gom_domain::wording::period(period).get(lang).to_owned()
}
