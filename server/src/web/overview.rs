//! The overview: every target on one page, worst first or in the document's order.

use axum::extract::State;
use axum::response::Response;
use gom_domain::calendar::vietnam_time;
use gom_domain::programme::Programme;
use gom_domain::progress::{Progress, Status};
use gom_domain::target::Target;
use gom_domain::unit::UnitIx;
use gom_domain::{Lang, Period};
use gom_web::chart::{Bullet, bullet};
use gom_web::{cards, escaped, mark, shade};
use maud::{Markup, html};

use super::pager::UNITS;
use super::site::{Site, choice, period};
use super::viewer::Viewer;
use crate::memory::Memory;
use crate::progress::YearReport;
use crate::share::short;
use crate::show;

/// Shows how every target stands.
pub(super) async fn overview(State(site): State<Site>, viewer: Viewer) -> Response {
    let as_of = match site.as_of(&viewer.visit) {
        Ok(as_of) => as_of,
        Err(trouble) => return viewer.trouble(&trouble),
    };
    let who = viewer.clone();
    let looked = site.look(move |memory| Ok(Shown::of(memory, who.year_report(memory, as_of)?))).await;
    match looked {
        Err(trouble) => viewer.trouble(&trouble),
        Ok(shown) => {
            let title = viewer
                .visit
                .lang
                .pick("Tiến độ các chỉ tiêu đến hết", "How the targets stand up to the end of");
            let title = format!("{title} {}", period(as_of, viewer.visit.lang));
            viewer.page(&shown.report.programme, &title).show(&content(&viewer, &shown))
        }
    }
}

/// What the page shows.
struct Shown {
    report: YearReport,
    /// When the last commit was made that is in it.
    at_ms: Option<i64>,
    /// Which units lag behind with each target that does not stand well.
    short: Vec<Vec<UnitIx>>,
}

impl Shown {
    fn of(memory: &Memory, report: YearReport) -> Self {
        let targets = report.programme.targets.iter().zip(&report.targets);
        // Of a country nobody would read them, and asking takes longer than the page.
        let named = report.units.len() <= UNITS;
        let short = targets.map(|(target, progress)| {
            let lags = matches!(progress.status, Status::Missed | Status::Behind | Status::AtRisk);
            if named && lags { short(memory, target, progress, report.as_of) } else { Vec::new() }
        });
        Self { short: short.collect(), at_ms: memory.last.as_ref().map(|last| last.at_ms), report }
    }
}

/// A target with how it stands, and who lags behind with it.
type Row<'r> = (&'r Target, &'r Progress, &'r [UnitIx]);

fn content(viewer: &Viewer, shown: &Shown) -> Markup {
    let (lang, report) = (viewer.visit.lang, &shown.report);
    let in_order = viewer.visit.asked("order").as_deref() == Some("document");
    let order = if in_order { "document" } else { "" };
    html! {
        (summary(viewer, shown))
        div.tools {
            (choice(viewer, report.as_of, &[("order", order)]))
            @if in_order {
                a href=(viewer.visit.with("order", "")) { (lang.pick("Xếp kém nhất lên đầu", "Worst first")) }
            } @else {
                a href=(viewer.visit.with("order", "document")) { (lang.pick("Xếp theo văn bản", "In the document's order")) }
            }
        }
        @if in_order { (by_group(viewer, shown)) } @else { (worst_first(viewer, shown)) }
        (legend(lang))
    }
}

/// One glance: what is behind, how provisional all is, and who is missing.
fn summary(viewer: &Viewer, shown: &Shown) -> Markup {
    let (lang, report) = (viewer.visit.lang, &shown.report);
    let seen: Vec<Row<'_>> = rows(shown).filter(|row| sees(viewer, report, row)).collect();
    let count = |status| seen.iter().filter(|(_, progress, _)| progress.status == status).count();
    let (due, handed_in) = report
        .units
        .iter()
        .fold((0, 0), |(due, handed_in), unit| (due + unit.due, handed_in + unit.handed_in));
    let silent: Vec<_> =
        report.units.iter().filter(|unit| !unit.missing.is_empty()).map(|unit| unit.unit).collect();
    let shade = if handed_in == due { "good" } else { "warn" };
    html! {
        div class={ "box " (shade) } {
            p {
                @for status in Status::ALL.into_iter().filter(|status| count(*status) > 0) {
                    (mark(status, lang)) " " strong { (count(status)) } " \u{2003}"
                }
            }
            p {
                (lang.pick("Báo cáo đến hạn đã nhận: ", "Reports that are due and here: "))
                strong { (handed_in) "/" (due) } ". "
                @if silent.is_empty() {
                    (lang.pick("Không đơn vị nào thiếu.", "No unit is missing."))
                } @else {
                    (lang.pick("Số liệu còn tạm tính; còn thiếu: ", "Figures are provisional; missing: "))
                    a href={ "/reported?as_of=" (report.as_of) } { (show::few_units(&report.programme, &silent)) } "."
                }
            }
            p.quiet {
                @if let Some(at_ms) = shown.at_ms { (lang.pick("Số liệu huyện nhận đến ", "Received by the district until ")) (vietnam_time(at_ms)) " " }
                (lang.pick("(lần ghi số ", "(commit ")) (report.commit) ")"
                " · " (report.programme.source.get(lang))
            }
        }
    }
}

fn rows(shown: &Shown) -> impl Iterator<Item = Row<'_>> {
    let report = &shown.report;
    let rows = report.programme.targets.iter().zip(&report.targets).zip(&shown.short);
    rows.map(|((target, progress), short)| (target, progress, short.as_slice()))
}

/// Whether the viewer may know how a target stands.
fn sees(viewer: &Viewer, report: &YearReport, (target, ..): &Row<'_>) -> bool {
    viewer.sees_target(&report.programme, target)
}

fn worst_first(viewer: &Viewer, shown: &Shown) -> Markup {
    let (lang, report) = (viewer.visit.lang, &shown.report);
    let mut sorted: Vec<Row<'_>> = rows(shown).collect();
    // What may not be seen stands last, whatever its status.
    sorted.sort_by_key(|row| {
        let seen = sees(viewer, report, row);
        (!seen, seen.then_some(row.1.status))
    });
    cards(
        lang.pick("Các chỉ tiêu, kém nhất lên đầu", "The targets, worst first"),
        &html! {
            (columns(lang))
            tbody { @for row in sorted { (line(viewer, report, row)) } }
        },
    )
}

fn by_group(viewer: &Viewer, shown: &Shown) -> Markup {
    let report = &shown.report;
    let (programme, lang) = (&report.programme, viewer.visit.lang);
    let status = |key: &str| {
        let own = rows(shown).filter(|row| row.0.group == key && sees(viewer, report, row));
        Status::of_group(own.map(|(_, progress, _)| progress.status))
    };
    cards(
        lang.pick("Các chỉ tiêu theo văn bản", "The targets in the document's order"),
        &html! {
            (columns(lang))
            @for group in &programme.groups {
                tbody {
                    tr.head {
                        th colspan="6" scope="rowgroup" { (group.key) ". " (group.label.get(lang)) }
                        td { @if let Some(status) = status(&group.key) { (mark(status, lang)) } }
                        td {}
                    }
                    @for row in rows(shown).filter(|(target, ..)| target.group == group.key) {
                        (line(viewer, report, row))
                    }
                }
            }
        },
    )
}

fn columns(lang: Lang) -> Markup {
    html! {
        thead { tr {
            th scope="col" { (lang.pick("Chỉ tiêu", "Target")) }
            th scope="col" { (lang.pick("So với cần đến nay và kế hoạch", "Against what is expected by now, and the aim")) }
            th.num scope="col" { (lang.pick("Thực hiện", "Actual")) }
            th.num scope="col" { (lang.pick("Cần đến nay", "Expected by now")) }
            th scope="col" { (lang.pick("Kế hoạch", "Aim")) }
            th.num scope="col" { (lang.pick("Đơn vị", "Units")) }
            th scope="col" { (lang.pick("Trạng thái", "Status")) }
            th scope="col" { (lang.pick("Vì đơn vị nào", "Because of whom")) }
        } }
    }
}

/// A target's line. Of figures that the viewer may not see only that there is such a target is shown.
fn line(viewer: &Viewer, report: &YearReport, (target, progress, short): Row<'_>) -> Markup {
    let lang = viewer.visit.lang;
    let name = html! { (target.reference) " " (target.label.get(lang)) };
    if !viewer.sees_target(&report.programme, target) {
        return html! {
            tr { th scope="row" { (name) } td.dim colspan="7" { (hidden(lang)) } }
        };
    }
    let aim = show::aim(target, progress, lang);
    let actual = show::actual(target, progress, lang);
    let expected = show::amount(progress.expected_by_now.as_ref(), lang);
    html! {
        tr {
            th scope="row" { a href=(address(target, report.as_of)) { (name) } }
            td.chart { (drawn(target, progress, lang)) }
            td.num data-head=(lang.pick("Thực hiện", "Actual")) { (actual) }
            td.num data-head=(lang.pick("Cần đến nay", "Expected by now")) { (expected) }
            td data-head=(lang.pick("Kế hoạch", "Aim")) { (aim) }
            td.num data-head=(lang.pick("Đơn vị", "Units")) { (show::coverage(progress)) }
            td {
                (mark(progress.status, lang)) (show::beyond(target, progress, lang))
                @if let Some(gap) = show::gap(progress, lang) { " " span.gap { (gap) } }
            }
            td { (because(&report.programme, progress, short, lang)) }
        }
    }
}

/// What is said in place of figures of a restricted form.
pub(super) fn hidden(lang: Lang) -> &'static str {
    lang.pick(
        "Số liệu hạn chế: tài khoản này không được xem. Cần xem thì hỏi người quản trị ở huyện.",
        "Restricted: this account may not see it. Who has to, asks the district's administrator.",
    )
}

/// Where a target is shown.
pub(super) fn address(target: &Target, as_of: Period) -> String {
    format!("/targets/{}?as_of={as_of}", escaped(&target.reference))
}

/// A target's bullet. Where there is nothing to compare, there is none.
pub(super) fn drawn(target: &Target, progress: &Progress, lang: Lang) -> Markup {
    let (aim, actual) = (show::aim(target, progress, lang), show::actual(target, progress, lang));
    let expected = show::amount(progress.expected_by_now.as_ref(), lang);
    let text = match lang {
        Lang::Vi => format!("Thực hiện {actual}, cần đến nay {expected}, kế hoạch {aim}"),
        Lang::En => format!("Actual {actual}, expected by now {expected}, aim {aim}"),
    };
    // What is to fall or rise is held against the year before.
    let before = progress.previous.as_ref().filter(|_| progress.value.is_none());
    let aim = progress.upper.as_ref().or(progress.value.as_ref()).or(before);
    if target.comparator.is_each() || aim.is_none() {
        return html! {};
    }
    bullet(Bullet {
        actual: progress.actual.as_ref(),
        expected: progress.expected_by_now.as_ref(),
        aim,
        most: None,
        shade: shade(progress.status),
        text: &text,
    })
}

/// Who falls short, and who has not reported.
fn because(programme: &Programme, progress: &Progress, short: &[UnitIx], lang: Lang) -> Markup {
    let failing = if short.is_empty() { &progress.failing } else { short };
    html! {
        @if !failing.is_empty() {
            (lang.pick("Chưa đạt: ", "Short: ")) (show::few_units(programme, failing))
        }
        @if !progress.missing.is_empty() {
            @if !failing.is_empty() { "; " }
            span.quiet { (lang.pick("thiếu số liệu: ", "figures missing: ")) (missing(programme, progress, lang)) }
        }
    }
}

/// Who has not reported: all of them, or the first few by name.
fn missing(programme: &Programme, progress: &Progress, lang: Lang) -> String {
    let all = progress.missing.len() == progress.expected;
    match lang {
        _ if !all || progress.expected == 1 => show::few_units(programme, &progress.missing),
        Lang::Vi => format!("cả {} đơn vị", progress.expected),
        Lang::En => format!("all {} units", progress.expected),
    }
}

fn legend(lang: Lang) -> Markup {
    html! {
        p.quiet {
            (lang.pick(
                "Thanh: thực hiện; vạch mảnh: cần đến nay; vạch đậm: kế hoạch, hoặc năm trước nếu phải giảm, tăng. * số tạm tính, còn đơn vị thiếu số liệu: \
                 chưa nộp, còn ô trống, hoặc chưa biết số năm trước. (?) văn bản có cách hiểu khác.",
                "Bar: actual; thin tick: expected by now; thick edge: the aim, or last year's figure of what is to fall or rise. * provisional: figures of some units are missing, \
                 for want of a report, a cell, or the year before. (?) the document can be read otherwise.",
            ))
        }
    }
}
