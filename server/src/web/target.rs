//! A target: its curve over the year, each unit's part, a map, and how its figure comes about.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gom_domain::calendar::{day_start_ms, vietnam_time};
use gom_domain::formula::{Aspect, Term};
use gom_domain::progress::{Assembly, of_target};
use gom_domain::totals::Origin;
use gom_domain::unit::UnitIx;
use gom_domain::{Lang, Period, Quantity, wording};
use gom_web::chart::{Curve, Spot, bar, curves, map};
use gom_web::{cards, escaped, mark, table};
use jiff::civil::Date;
use maud::{Markup, html};

use super::overview::{drawn, hidden};
use super::site::{Site, choice};
use super::viewer::Viewer;
use crate::explain::{Explanation, Filed, Source, UnitPart, explain};
use crate::memory::Memory;
use crate::show;
use crate::store::{Journal, Stored};
use crate::wording::Trouble;

/// What the page shows.
struct Shown {
    explanation: Explanation,
    year: Year,
    /// What each unit was allotted, where the target is the sum of one element.
    quotas: Vec<Option<Quantity>>,
    since: Option<Since>,
}

/// The year, month by month.
#[derive(Debug, Default)]
struct Year {
    actual: Vec<Option<Quantity>>,
    pace: Vec<Option<Quantity>>,
    before: Vec<Option<Quantity>>,
}

/// How the figure stood on an earlier day, and what has come since.
struct Since {
    day: Date,
    commit: u64,
    then: Explanation,
}

/// Shows a target.
pub(super) async fn target(
    State(site): State<Site>,
    viewer: Viewer,
    Path(reference): Path<String>,
) -> Response {
    let lang = viewer.visit.lang;
    let Some(as_of) = site.as_of(&viewer.visit) else {
        return viewer.trouble(&Trouble::NoProgrammeYet);
    };
    let since = viewer.visit.asked("since").and_then(|day| day.parse::<Date>().ok());
    let folder = site.folder().clone();
    let looked = site
        .read(None, move |journal, memory| {
            let explanation =
                explain(journal, memory, &reference, as_of)?.map_err(|error| folder.trouble(&error))?;
            let (year, quotas) = (year(memory, &explanation, as_of), quotas(memory, &explanation, as_of));
            let since =
                since.map(|day| earlier(journal, &folder, &reference, as_of, day)).transpose()?.flatten();
            Ok(Shown { explanation, year, quotas, since })
        })
        .await;
    match looked {
        Err(trouble) => viewer.trouble(&trouble),
        Ok(shown) => {
            let (programme, target) = (&shown.explanation.programme, &shown.explanation.target);
            let title = format!("{} {}", target.reference, target.label.get(lang));
            let page = viewer.page(programme, title.trim());
            if viewer.sees_target(programme, target) {
                page.show(&content(&viewer, &shown, as_of))
            } else {
                page.show_as(StatusCode::FORBIDDEN, &html! { p { (hidden(lang)) } })
            }
        }
    }
}

/// The figure at the end of each month, what is expected then, and what it was a year before.
fn year(memory: &Memory, explanation: &Explanation, as_of: Period) -> Year {
    let target = &explanation.target;
    let mut year = Year::default();
    if target.comparator.is_each() {
        return year;
    }
    let by_hand = memory.by_hand(as_of.year()).remove(&target.key);
    for month in (1..=12).filter_map(|month| Period::month(as_of.year(), month)) {
        let at = memory.view(month, |view| {
            let progress = of_target(view, target, by_hand.as_ref());
            let before = target.formula.as_ref().filter(|_| progress.expected > 0);
            let before = before.and_then(|formula| Assembly::new(view, target, formula).value(formula, true));
            (progress.actual, progress.expected_by_now, before)
        });
        let (actual, pace, before) = at.unwrap_or_default();
        year.actual.push(actual.filter(|_| month.last_month() <= as_of.last_month()));
        year.pace.push(pace);
        year.before.push(before);
    }
    year
}

/// The element whose sum the target is, if it is that alone.
fn only_term(explanation: &Explanation) -> Option<Term> {
    match explanation.terms[..] {
        [(term, _)] if term.aspect == Aspect::Now && !explanation.target.comparator.is_each() => Some(term),
        _ => None,
    }
}

fn quotas(memory: &Memory, explanation: &Explanation, as_of: Period) -> Vec<Option<Quantity>> {
    let Some(term) = only_term(explanation) else { return Vec::new() };
    let scale = explanation.programme.element(term.element).scale;
    let of_units = memory.view(as_of, |view| {
        let series = view.series(term.element);
        let quota =
            |part: &UnitPart| Some(Quantity::scaled(series.quota(&view.subject(part.unit))?.into(), scale));
        explanation.units.iter().map(quota).collect()
    });
    of_units.unwrap_or_default()
}

/// How it stood before a day began.
fn earlier(
    journal: &mut dyn Journal,
    folder: &crate::folder::Folder,
    name: &str,
    as_of: Period,
    day: Date,
) -> Result<Option<Since>, Trouble> {
    let broken = |error| folder.trouble(&error);
    let Some(commit) = last_before(journal, day_start_ms(day)).map_err(broken)? else { return Ok(None) };
    let (mut books, memory) = folder.recall(Some(commit))?;
    let then = explain(&mut books, &memory, name, as_of)?.map_err(broken)?;
    Ok(Some(Since { day, commit, then }))
}

fn last_before(journal: &mut dyn Journal, at_ms: i64) -> Stored<Option<u64>> {
    let mut last = None;
    journal.each_commit(&mut |commit| {
        if commit.at_ms < at_ms {
            last = Some(commit.last_seq);
        }
        Ok(())
    })?;
    Ok(last)
}

fn content(viewer: &Viewer, shown: &Shown, as_of: Period) -> Markup {
    let (lang, explanation) = (viewer.visit.lang, &shown.explanation);
    html! {
        (choice(viewer, as_of, &[]))
        (facts(explanation, lang))
        (curve(shown, lang))
        (parts(shown, as_of, lang))
        (places(shown, as_of, lang))
        (how(explanation, as_of, lang))
        (changes(viewer, shown, as_of))
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
                dt { (lang.pick("Còn thiếu báo cáo", "Reports are missing of")) } dd { (show::units(&explanation.programme, &progress.missing)) }
            }
            @if !progress.failing.is_empty() {
                dt { (lang.pick("Chưa đạt", "Short")) } dd { (show::units(&explanation.programme, &progress.failing)) }
            }
            @let note = target.note.get(lang);
            @if !note.is_empty() { dt { (lang.pick("Ghi chú", "Note")) } dd { (note) } }
        }
    }
}

fn curve(shown: &Shown, lang: Lang) -> Markup {
    let (year, target) = (&shown.year, &shown.explanation.target);
    let has = |amounts: &[Option<Quantity>]| amounts.iter().flatten().count() > 0;
    if !has(&year.actual) {
        return html! {};
    }
    let (actual, pace) = (lang.pick("Thực hiện", "Actual"), lang.pick("Cần đến lúc đó", "Expected by then"));
    let before = lang.pick("Năm trước", "The year before");
    let text = match lang {
        Lang::Vi => format!("Lũy kế từng tháng của {}", target.label.get(lang)),
        Lang::En => format!("{} at the end of each month", target.label.get(lang)),
    };
    let lines = [
        Curve { class: "before", name: before, amounts: &year.before },
        Curve { class: "pace", name: pace, amounts: &year.pace },
        Curve { class: "actual", name: actual, amounts: &year.actual },
    ];
    html! {
        h2 { (lang.pick("Diễn biến trong năm", "Over the year")) }
        (curves(&lines, &text, |amount| format!("{} {}", amount.shown(2, lang), target.unit.get(lang))))
        p.legend {
            span { span.key {} (actual) }
            @if has(&year.pace) { span { span.key.pace {} (pace) } }
            @if has(&year.before) { span { span.key.before {} (before) } }
        }
        details #months {
            summary { (lang.pick("Xem bằng bảng", "As a table")) }
            (table(&text, &html! {
                thead { tr { th scope="col" { (lang.pick("Tháng", "Month")) } th.num scope="col" { (actual) } th.num scope="col" { (pace) } th.num scope="col" { (before) } } }
                tbody { @for month in 0..12 {
                    tr {
                        th scope="row" { (month + 1) }
                        @for amounts in [&year.actual, &year.pace, &year.before] { td.num { (show::amount(amounts.get(month).and_then(Option::as_ref), lang)) } }
                    }
                } }
            }))
        }
    }
}

fn unit_address(explanation: &Explanation, unit: UnitIx, as_of: Period) -> String {
    format!("/units/{}?as_of={as_of}", escaped(explanation.programme.unit(unit).id.as_str()))
}

/// A unit's part of the only term.
fn part_of(explanation: &Explanation, part: &UnitPart) -> Option<Quantity> {
    let scale = explanation.programme.element(only_term(explanation)?.element).scale;
    Some(Quantity::scaled(part.values.first().copied().flatten()?.into(), scale))
}

/// Each unit's part; against its quota where it was allotted one.
fn parts(shown: &Shown, as_of: Period, lang: Lang) -> Markup {
    let explanation = &shown.explanation;
    if explanation.units.is_empty() {
        return html! {};
    }
    let own: Vec<Option<Quantity>> =
        explanation.units.iter().map(|part| part_of(explanation, part)).collect();
    let most = own.iter().chain(&shown.quotas).flatten().max().cloned().unwrap_or_else(Quantity::zero);
    let quota = |nth: usize| shown.quotas.get(nth).and_then(Option::as_ref);
    let caption = lang.pick("Phần của từng đơn vị", "Each unit's part");
    html! {
        h2 { (caption) }
        (cards(caption, &html! {
            thead { tr {
                th scope="col" { (lang.pick("Đơn vị", "Unit")) }
                @for (term, _) in &explanation.terms { th.num scope="col" { (name(explanation, *term, lang)) } }
                @if only_term(explanation).is_some() {
                    th.num scope="col" { (lang.pick("Chỉ tiêu giao", "Quota")) }
                    th.num scope="col" { "%" }
                    th scope="col" { (lang.pick("So với chỉ tiêu giao", "Against the quota")) }
                }
                th scope="col" { (lang.pick("Báo cáo", "Reports")) }
            } }
            tbody {
                @for (nth, part) in explanation.units.iter().enumerate() {
                    tr {
                        th scope="row" { a href=(unit_address(explanation, part.unit, as_of)) { (show::unit(&explanation.programme, part.unit)) } }
                        @for ((term, _), value) in explanation.terms.iter().zip(&part.values) {
                            td.num data-head=(name(explanation, *term, lang)) { (value.map_or_else(|| "–".to_owned(), |value| explanation.programme.element(term.element).shown(value, lang))) }
                        }
                        @if only_term(explanation).is_some() {
                            @let (own, quota) = (own[nth].as_ref(), quota(nth));
                            @let percent = percent(own, quota, lang);
                            td.num data-head=(lang.pick("Chỉ tiêu giao", "Quota")) { (show::amount(quota, lang)) }
                            td.num data-head="%" { (percent) }
                            td.chart { (bar(own, quota, &most, "bar", &format!("{} {percent}", show::unit(&explanation.programme, part.unit)))) }
                        }
                        td { (reported(part, lang)) }
                    }
                }
            }
        }))
    }
}

fn percent(own: Option<&Quantity>, quota: Option<&Quantity>, lang: Lang) -> String {
    let share = own.zip(quota).and_then(|(own, quota)| (own * &Quantity::from(100)).checked_div(quota));
    share.map_or_else(|| "–".to_owned(), |share| format!("{} %", share.shown(1, lang)))
}

fn reported(part: &UnitPart, lang: Lang) -> Markup {
    let (shade, sign, text) = match (part.reported, part.counted) {
        (true, _) => ("good", "●", lang.pick("đủ", "all")),
        (false, true) => ("warn", "◐", lang.pick("thiếu, có tính", "not all; counted")),
        (false, false) => ("bad", "✕", lang.pick("thiếu, không tính", "not all; left out")),
    };
    html! { span class={ "mark " (shade) } { span aria-hidden="true" { (sign) } " " (text) } }
}

/// What a term is called.
fn name(explanation: &Explanation, term: Term, lang: Lang) -> String {
    let label = explanation.programme.element(term.element).label.get(lang);
    if term.aspect == Aspect::Now { label.to_owned() } else { format!("{label} ({})", term.aspect.word()) }
}

/// The units on a map.
fn places(shown: &Shown, as_of: Period, lang: Lang) -> Markup {
    let explanation = &shown.explanation;
    let failing = &explanation.progress.failing;
    let spot = |(nth, part): (usize, &UnitPart)| {
        let (north, east) = explanation.programme.unit(part.unit).place?;
        let own = part_of(explanation, part);
        let quota = shown.quotas.get(nth).and_then(Option::as_ref);
        let short = own.as_ref().zip(quota).is_some_and(|(own, quota)| own < quota);
        let shade = match (part.reported, failing.contains(&part.unit) || short) {
            (false, _) => "warn",
            (true, true) => "bad",
            (true, false) => "good",
        };
        let text = match shade {
            "warn" => lang.pick("thiếu báo cáo", "reports are missing").to_owned(),
            "bad" => format!(
                "{} {}",
                lang.pick("còn thiếu so với chỉ tiêu giao", "short of its quota"),
                percent(own.as_ref(), quota, lang)
            ),
            _ => lang.pick("đã đạt hoặc không giao chỉ tiêu", "reached, or no quota").to_owned(),
        };
        Some(Spot {
            north: north.at_scale(6).ok()?,
            east: east.at_scale(6).ok()?,
            shade,
            name: show::unit(&explanation.programme, part.unit),
            text,
            href: unit_address(explanation, part.unit, as_of),
        })
    };
    let spots: Vec<Spot> = explanation.units.iter().enumerate().filter_map(spot).collect();
    if spots.len() < 2 {
        return html! {};
    }
    let title = lang.pick("Trên bản đồ", "On the map");
    html! {
        h2 { (title) }
        (map(&spots, title))
        p.legend {
            @for (shade, text) in [("good", lang.pick("đã đạt hoặc không giao chỉ tiêu", "reached, or no quota")), ("bad", lang.pick("còn thiếu", "short")), ("warn", lang.pick("thiếu báo cáo", "reports are missing"))] {
                span { span class={ "mark " (shade) } aria-hidden="true" { "●" } " " (text) }
            }
        }
    }
}

/// How the figure comes about: the formula with its numbers, and the reports behind each.
fn how(explanation: &Explanation, as_of: Period, lang: Lang) -> Markup {
    let name = |term| wording::term(&explanation.programme, term).get(lang).to_owned();
    let Some(formula) = crate::formula::formula(explanation, &name, lang) else { return html! {} };
    let sources = explanation.units.iter().flat_map(|part| &part.sources);
    let caption = lang.pick("Các báo cáo làm nên số liệu", "The reports behind the figures");
    html! {
        h2 { (lang.pick("Số này từ đâu ra", "How the figure comes about")) }
        pre.copy { (formula) }
        details #sources {
            summary { (caption) " (" (sources.clone().count()) ")" }
            (table(caption, &html! {
                thead { tr {
                    th scope="col" { (lang.pick("Đơn vị", "Unit")) } th scope="col" { (lang.pick("Chỉ tiêu", "Element")) }
                    th scope="col" { (lang.pick("Kỳ", "Period")) } th.num scope="col" { (lang.pick("Số liệu", "Value")) }
                    th.num scope="col" { (lang.pick("Bản", "Revision")) } th.num scope="col" { (lang.pick("Số nhận", "Number")) }
                    th scope="col" { (lang.pick("Nhận lúc", "Received")) }
                } }
                tbody { @for source in sources { (source_row(explanation, source, as_of, lang)) } }
            }))
        }
    }
}

fn source_row(explanation: &Explanation, source: &Source, as_of: Period, lang: Lang) -> Markup {
    let (programme, figure) = (&explanation.programme, &source.figure);
    let element = programme.element(source.element);
    let (unit, form) = (programme.unit(figure.unit), programme.form(element.form));
    let address = format!(
        "/reports/{}/{}/{}?as_of={as_of}",
        escaped(unit.id.as_str()),
        escaped(&form.key),
        figure.period
    );
    html! {
        tr {
            td { (show::unit(programme, figure.unit)) }
            td { (element.label.get(lang)) }
            td { @if source.submission.is_some() { a href=(address) { (figure.span()) } } @else { (figure.span()) } }
            td.num { (element.shown(figure.value, lang)) }
            @match &source.submission {
                Some(filed) => {
                    td.num { (filed.revision) } td.num { (filed.commit) }
                    td { (vietnam_time(filed.at_ms)) @if filed.by_district { " " (lang.pick("(huyện nhập thay)", "(entered by the district)")) } }
                }
                None => td colspan="3" { (origin(figure.origin, lang)) }
            }
        }
    }
}

fn origin(origin: Origin, lang: Lang) -> &'static str {
    match origin {
        Origin::Report => "–",
        Origin::Baseline | Origin::RunningSum => lang.pick("số liệu năm trước", "baseline"),
        Origin::Quota => lang.pick("giao chỉ tiêu", "quota"),
    }
}

/// What has changed since a day, and by which reports.
fn changes(viewer: &Viewer, shown: &Shown, as_of: Period) -> Markup {
    let (lang, explanation) = (viewer.visit.lang, &shown.explanation);
    let asked = viewer.visit.asked("since").unwrap_or_default();
    html! {
        h2 #since-head { (lang.pick("Thay đổi kể từ một ngày", "What has changed since a day")) }
        form.row method="get" {
            input type="hidden" name="as_of" value=(as_of);
            label { (lang.pick("Từ ngày", "Since")) input type="date" name="since" value=(asked); }
            button type="submit" { (lang.pick("So sánh", "Compare")) }
        }
        @match &shown.since {
            Some(since) => (compared(explanation, since, as_of, lang)),
            None if !asked.is_empty() => p { (lang.pick("Trước ngày đó chưa có gì.", "There was nothing before that day.")) },
            None => {}
        }
    }
}

fn compared(explanation: &Explanation, since: &Since, as_of: Period, lang: Lang) -> Markup {
    let (then, now) = (&since.then.progress, &explanation.progress);
    let target = &explanation.target;
    let old: Vec<&Source> = since.then.units.iter().flat_map(|part| &part.sources).collect();
    let new: Vec<&Source> = explanation.units.iter().flat_map(|part| &part.sources).collect();
    let same = |one: &Source, other: &Source| {
        (one.element, one.figure.unit, one.figure.period)
            == (other.element, other.figure.unit, other.figure.period)
    };
    let changed: Vec<(&Source, Option<&Source>)> = new
        .iter()
        .map(|source| (*source, old.iter().copied().find(|before| same(before, source))))
        .filter(|(source, before)| before.is_none_or(|before| before.figure.value != source.figure.value))
        .collect();
    let caption = lang.pick("Số liệu đã thay đổi", "Figures that have changed");
    html! {
        p {
            (gom_domain::calendar::shown_day(since.day)) ": " strong { (show::actual(target, then, lang)) } " " (mark(then.status, lang))
            " → " strong { (show::actual(target, now, lang)) } " " (mark(now.status, lang))
            span.quiet { " (" (lang.pick("từ lần ghi ", "since commit ")) (since.commit) ")" }
        }
        @if changed.is_empty() {
            p { (lang.pick("Không số liệu nào thay đổi.", "No figure has changed.")) }
        } @else {
            (table(caption, &html! {
                thead { tr {
                    th scope="col" { (lang.pick("Đơn vị", "Unit")) } th scope="col" { (lang.pick("Chỉ tiêu", "Element")) } th scope="col" { (lang.pick("Kỳ", "Period")) }
                    th.num scope="col" { (lang.pick("Trước", "Before")) } th.num scope="col" { (lang.pick("Nay", "Now")) } th scope="col" { (lang.pick("Do báo cáo", "By the report")) }
                } }
                tbody {
                    @for (source, before) in changed {
                        @let element = explanation.programme.element(source.element);
                        tr {
                            td { (show::unit(&explanation.programme, source.figure.unit)) } td { (element.label.get(lang)) } td { (source.figure.span()) }
                            td.num { (before.map_or_else(|| "–".to_owned(), |before| element.shown(before.figure.value, lang))) }
                            td.num { strong { (element.shown(source.figure.value, lang)) } }
                            td { @if let Some(filed) = &source.submission { (filed_link(explanation, source, filed, as_of, lang)) } }
                        }
                    }
                }
            }))
        }
    }
}

fn filed_link(
    explanation: &Explanation,
    source: &Source,
    filed: &Filed,
    as_of: Period,
    lang: Lang,
) -> Markup {
    let programme = &explanation.programme;
    let form = programme.form(programme.element(source.element).form);
    let unit = programme.unit(source.figure.unit).id.as_str();
    let address =
        format!("/reports/{}/{}/{}?as_of={as_of}", escaped(unit), escaped(&form.key), source.figure.period);
    html! { a href=(address) { (lang.pick("số ", "no. ")) (filed.commit) } ", " (lang.pick("bản ", "revision ")) (filed.revision) ", " (vietnam_time(filed.at_ms)) }
}
