//! A report: every cell with each of its revisions, and every receipt.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gom_domain::calendar::{vietnam_day, vietnam_time};
use gom_domain::form::FormIx;
use gom_domain::greeting::{fingerprint, shown_fingerprint};
use gom_domain::programme::Programme;
use gom_domain::ruling::Verdict;
use gom_domain::submission::Submission;
use gom_domain::unit::{UnitId, UnitIx};
use gom_domain::{Lang, Period, calendar, wording};
use gom_web::{escaped, table};
use maud::{Markup, html};

use super::overview::hidden;
use super::reported::{Standing, place, state};
use super::site::{Site, period as said};
use super::viewer::Viewer;
use crate::memory::Memory;
use crate::show;
use crate::store::{Journal, Stored, SubmissionRow};
use crate::wording::Trouble;

/// A report that was handed in.
struct Revision {
    row: SubmissionRow,
    at_ms: i64,
    by: String,
    fingerprint: String,
    /// What it says, with the programme that it follows; none where it could not be read.
    said: Option<(Submission, Arc<Programme>)>,
}

/// What the page shows.
struct Shown {
    programme: Arc<Programme>,
    unit: UnitIx,
    form: FormIx,
    period: Period,
    state: Standing,
    stands: Option<u64>,
    /// The newest first.
    revisions: Vec<Revision>,
}

/// Shows a unit's report of a form and period.
pub(super) async fn report(
    State(site): State<Site>,
    viewer: Viewer,
    Path((unit, form, period)): Path<(String, String, String)>,
) -> Response {
    let lang = viewer.visit.lang;
    let Ok(period) = period.parse::<Period>() else {
        return viewer.trouble(&Trouble::NoSuchReport);
    };
    let (folder, today) = (site.folder().clone(), vietnam_day(site.now_ms()));
    let looked = site
        .read(move |journal, memory| {
            let (programme, _) = memory
                .year(period.year())
                .ok_or_else(|| Trouble::no_programme(memory, Some(period.year())))?;
            let ix = programme.unit_of(&UnitId::from(unit.as_str())).ok_or(Trouble::UnknownUnit(unit))?;
            let form = programme.form_named(&form).filter(|ix| programme.form(*ix).takes(period));
            let owes = |form: &FormIx| programme.gives(*form, ix) && programme.unit(ix).counts_for(period);
            let form = form.filter(owes).ok_or(Trouble::NoSuchReport)?;
            let standing = state(journal, memory, &programme, (ix, form, period), today);
            let standing = standing.map_err(|error| folder.trouble(&error))?;
            let latest =
                place(memory, &programme, (ix, form, period)).and_then(|place| memory.latest.get(&place));
            let revisions = revisions(journal, memory, latest.map(|latest| latest.last));
            let revisions = revisions.map_err(|error| folder.trouble(&error))?;
            let stands = latest.and_then(|latest| Some(latest.stands?.seq));
            Ok(Shown { programme, unit: ix, form, period, state: standing, stands, revisions })
        })
        .await;
    match looked {
        Err(trouble) => viewer.trouble(&trouble),
        Ok(shown) if !viewer.sees(&shown.programme, shown.form) => {
            let title = lang.pick("Số liệu hạn chế", "Restricted");
            viewer
                .page(&shown.programme, title)
                .show_as(StatusCode::FORBIDDEN, &html! { p { (hidden(lang)) } })
        }
        Ok(shown) => {
            let title = format!(
                "{}, {} – {}",
                shown.programme.form(shown.form).label.get(lang),
                said(shown.period, lang),
                show::unit(&shown.programme, shown.unit)
            );
            viewer.page(&shown.programme, &title).show(&content(&shown, lang))
        }
    }
}

/// All that was handed in about the same, from the newest back.
fn revisions(journal: &mut dyn Journal, memory: &Memory, newest: Option<u64>) -> Stored<Vec<Revision>> {
    let (mut all, mut next) = (Vec::new(), newest);
    while let Some(seq) = next {
        let row = journal.submission(seq)?;
        let at_ms = journal.commit_of(seq)?.at_ms;
        let device = memory.device(row.device);
        let by = device.map_or_else(String::new, |device| device.name.clone());
        let fingerprint = shown_fingerprint(&fingerprint(&row.body));
        let said = memory.open(&row.body).and_then(|submission| {
            let programme = Arc::clone(&memory.published(submission.programme_version)?.programme);
            Some((submission, programme))
        });
        next = row.prior;
        all.push(Revision { row, at_ms, by, fingerprint, said });
    }
    Ok(all)
}

fn content(shown: &Shown, lang: Lang) -> Markup {
    let window = shown.programme.form(shown.form).window(shown.period);
    let id = shown.programme.unit(shown.unit).id.as_str();
    html! {
        p {
            (shown.state.shown(lang)) " " (shown.state.text(lang)) ". "
            span.quiet {
                (lang.pick("Số liệu từ ", "Figures from ")) (calendar::shown_day(window.opens)) (lang.pick(" đến ", " to "))
                (calendar::shown_day(window.closes)) (lang.pick("; gửi chậm nhất ngày ", "; to be sent by ")) (calendar::shown_day(window.send_by)) "."
            }
        }
        p { a href={ "/units/" (escaped(id)) } { (show::unit(&shown.programme, shown.unit)) } }
        @if shown.revisions.is_empty() {
            p { (lang.pick("Chưa có báo cáo nào của kỳ này.", "Nothing has been handed in for this period.")) }
        } @else {
            (figures(shown, lang))
            h2 { (lang.pick("Biên nhận", "Receipts")) }
            @for revision in &shown.revisions { (receipt(shown, revision, lang)) }
        }
    }
}

/// The figures of every revision side by side, what changed marked.
fn figures(shown: &Shown, lang: Lang) -> Markup {
    let form = shown.programme.form(shown.form);
    table(
        lang.pick("Số liệu từng bản", "The figures of each revision"),
        &html! {
            thead { tr {
                th scope="col" { (lang.pick("Chỉ tiêu", "Element")) }
                th scope="col" { (lang.pick("Đơn vị tính", "Measure")) }
                @for revision in &shown.revisions {
                    th.num scope="col" {
                        (lang.pick("Số ", "No. ")) (revision.row.seq) br;
                        span.quiet { (verdict(shown, revision, lang)) }
                    }
                }
            } }
            tbody {
                @for ix in &form.elements {
                    @let element = shown.programme.element(*ix);
                    @if shown.programme.asks(*ix, shown.unit) {
                        tr {
                            th scope="row" { (element.label.get(lang)) }
                            td.quiet { (element.measure.get(lang)) }
                            @for (nth, revision) in shown.revisions.iter().enumerate() {
                                @let value = figure(shown, revision, *ix);
                                @let before = shown.revisions.get(nth + 1).map(|before| figure(shown, before, *ix));
                                @let text = value.map_or_else(|| "–".to_owned(), |value| element.shown(value, lang));
                                td.num { @if before.is_some_and(|before| before != value) { strong title=(lang.pick("khác bản trước", "changed")) { (text) " ≠" } } @else { (text) } }
                            }
                        }
                    }
                }
            }
        },
    )
}

/// A revision's figure of an element of the programme in force, by its key: versions may have their columns in another order.
fn figure(shown: &Shown, revision: &Revision, element: gom_domain::element::ElementIx) -> Option<i64> {
    let (submission, own) = revision.said.as_ref()?;
    let element = own.element_named(&shown.programme.element(element).key)?;
    submission.figures.get(own.element(element).place).copied().flatten()
}

fn verdict(shown: &Shown, revision: &Revision, lang: Lang) -> String {
    let stands = shown.stands == Some(revision.row.seq);
    match &revision.row.ruling.verdict {
        Verdict::Accepted { revision } if stands => format!(
            "{} {revision}, {}",
            lang.pick("bản", "revision"),
            lang.pick("đang có hiệu lực", "stands")
        ),
        Verdict::Accepted { revision } => format!("{} {revision}", lang.pick("bản", "revision")),
        Verdict::Conflict { .. } => lang.pick("xung đột", "conflict").to_owned(),
        Verdict::Rejected(_) => lang.pick("bị từ chối", "rejected").to_owned(),
    }
}

fn receipt(shown: &Shown, revision: &Revision, lang: Lang) -> Markup {
    let row = &revision.row;
    let submission = revision.said.as_ref().map(|(submission, _)| submission);
    let programme = revision.said.as_ref().map_or(&shown.programme, |(_, programme)| programme);
    let said = |of: fn(&Submission) -> &str| submission.map(of).filter(|text| !text.is_empty());
    html! {
        div.box {
            p {
                strong { (lang.pick("Huyện nhận số ", "Received by the district as no. ")) (row.seq) }
                ", " (vietnam_time(revision.at_ms)) " – " (verdict(shown, revision, lang))
            }
            dl.facts {
                dt { (lang.pick("Dấu", "Fingerprint")) } dd { (revision.fingerprint) }
                @if !revision.by.is_empty() { dt { (lang.pick("Máy", "Computer")) } dd { (revision.by) } }
                @if let Some(officer) = said(|submission| &submission.officer) { dt { (lang.pick("Người nộp", "Officer")) } dd { (officer) } }
                @if let Some(reason) = said(|submission| &submission.reason) { dt { (lang.pick("Huyện nhập thay vì", "Entered by the district because")) } dd { (reason) } }
                @for finding in &row.ruling.findings {
                    @let remark = wording::remark(programme, finding);
                    dt { (lang.pick("Nhận xét", "Finding")) } dd { (remark.text.get(lang)) }
                }
                @for note in submission.iter().flat_map(|submission| &submission.notes) {
                    dt { (lang.pick("Giải trình", "Note")) } dd { (note.text) }
                }
            }
        }
    }
}
