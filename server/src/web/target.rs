//! A target: its curve over the year, each unit's part, a map, and how its figure comes about.

mod curve;
mod origin;
mod units;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gom_domain::{Lang, Period};
use gom_web::mark;
use jiff::civil::Date;
use maud::{Markup, html};

use self::curve::Year;
use self::origin::Since;
use super::overview::{drawn, hidden};
use super::pager::{page, places};
use super::site::{Site, choice};
use super::viewer::Viewer;
use crate::explain::{Explanation, explain_some};
use crate::share::{Shares, shares};
use crate::show;

/// What the page shows.
struct Shown {
    explanation: Explanation,
    year: Year,
    shares: Shares,
    /// Which of the units are shown.
    page: usize,
    since: Option<Since>,
}

/// Shows a target.
pub(super) async fn target(
    State(site): State<Site>,
    viewer: Viewer,
    Path(reference): Path<String>,
) -> Response {
    let lang = viewer.visit.lang;
    let as_of = match site.as_of(&viewer.visit) {
        Ok(as_of) => as_of,
        Err(trouble) => return viewer.trouble(&trouble),
    };
    let day = viewer.visit.asked("since").and_then(|day| day.parse::<Date>().ok());
    let (folder, page, name) = (site.folder().clone(), page(&viewer.visit), reference.clone());
    let looked = site
        .read(move |journal, memory| {
            let explanation = explain_some(journal, memory, &reference, as_of, places(page))?
                .map_err(|error| folder.trouble(&error))?;
            let (year, shares) = (Year::of(memory, &explanation, as_of), shares(memory, &explanation, as_of));
            Ok(Shown { explanation, year, shares, page, since: None })
        })
        .await;
    let mut shown = match looked {
        Err(trouble) => return viewer.trouble(&trouble),
        Ok(shown) => shown,
    };
    let (programme, target) = (&shown.explanation.programme, &shown.explanation.target);
    let title = format!("{} {}", target.reference, target.label.get(lang)).trim().to_owned();
    if !viewer.sees_target(programme, target) {
        let page = viewer.page(programme, &title);
        return page.show_as(StatusCode::FORBIDDEN, &html! { p { (hidden(lang)) } });
    }
    if let Some(day) = day {
        let who = viewer.clone();
        match site.recall(move |folder| Since::of(folder, &who, &name, as_of, day)).await {
            Err(trouble) => return viewer.trouble(&trouble),
            Ok(since) => shown.since = since,
        }
    }
    let mut page = viewer.page(&shown.explanation.programme, &title);
    // What was asked of an earlier day is not asked again with each commit.
    page.live = page.live.filter(|_| day.is_none());
    page.show(&content(&viewer, &shown, as_of))
}

fn content(viewer: &Viewer, shown: &Shown, as_of: Period) -> Markup {
    let (lang, explanation) = (viewer.visit.lang, &shown.explanation);
    html! {
        (choice(viewer, as_of, &[]))
        (facts(explanation, lang))
        div.pair {
            (curve::curve(shown, lang))
            (units::places(shown, as_of, lang))
        }
        (units::parts(viewer, shown, as_of))
        (origin::how(shown, as_of, lang))
        (origin::changes(viewer, shown, as_of))
    }
}

fn facts(explanation: &Explanation, lang: Lang) -> Markup {
    let (target, progress) = (&explanation.target, &explanation.progress);
    html! {
        div.facts-chart { (drawn(target, progress, lang)) }
        dl.facts {
            dt { (lang.pick("Trạng thái", "Status")) } dd { (mark(progress.status, lang)) (show::beyond(target, progress, lang)) }
            dt { (lang.pick("Thực hiện", "Actual")) } dd { (show::actual(target, progress, lang)) " " (target.unit.get(lang)) }
            dt { (lang.pick("Cần đến nay", "Expected by now")) } dd { (show::amount(progress.expected_by_now.as_ref(), lang)) }
            dt { (lang.pick("Kế hoạch", "Aim")) } dd { (show::aim(target, progress, lang)) @if !target.printed.is_empty() { " («" (target.printed) "»)" } }
            dt { (lang.pick("Đơn vị đã báo cáo đủ", "Units that have reported all")) } dd { (show::coverage(progress)) }
            @if !progress.missing.is_empty() {
                dt { (lang.pick("Còn thiếu số liệu", "Figures are missing of")) } dd { (show::units(&explanation.programme, &progress.missing)) }
            }
            @if !progress.failing.is_empty() {
                dt { (lang.pick("Chưa đạt", "Short")) } dd { (show::units(&explanation.programme, &progress.failing)) }
            }
            @let note = target.note.get(lang);
            @if !note.is_empty() { dt { (lang.pick("Ghi chú", "Note")) } dd { (note) } }
        }
    }
}
