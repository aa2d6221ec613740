//! Where a target's figure comes from: the formula with its numbers, the reports behind each, and what has changed.

use std::collections::HashMap;

use gom_domain::calendar::{day_start_ms, shown_day, vietnam_time};
use gom_domain::element::Value;
use gom_domain::{Lang, Period, wording};
use gom_web::{escaped, mark, table};
use jiff::civil::Date;
use maud::{Markup, html};

use super::super::pager::on_page;
use super::super::viewer::Viewer;
use super::Shown;
use crate::explain::{Explanation, Filed, Source, explain};
use crate::folder::Folder;
use crate::formula::formula;
use crate::show;
use crate::store::{Journal, Stored};
use crate::wording::Trouble;

/// How many changes are shown: a country may have more than anybody reads.
const CHANGES: usize = 500;

/// How the figure stood on an earlier day, and what has come since.
pub(super) struct Since {
    day: Date,
    commit: u64,
    then: Explanation,
}

impl Since {
    /// How it stood before a day began.
    pub(super) fn of(
        journal: &mut dyn Journal,
        folder: &Folder,
        name: &str,
        as_of: Period,
        day: Date,
    ) -> Result<Option<Self>, Trouble> {
        let broken = |error| folder.trouble(&error);
        let Some(commit) = last_before(journal, day_start_ms(day)).map_err(broken)? else { return Ok(None) };
        let (mut books, memory) = folder.recall(Some(commit))?;
        let then = explain(&mut books, &memory, name, as_of)?.map_err(broken)?;
        Ok(Some(Self { day, commit, then }))
    }
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

/// How the figure comes about: the formula with its numbers, and the reports behind each.
pub(super) fn how(shown: &Shown, as_of: Period, lang: Lang) -> Markup {
    let explanation = &shown.explanation;
    let name = |term| wording::term(&explanation.programme, term).get(lang).to_owned();
    let Some(formula) = formula(explanation, &name, lang) else { return html! {} };
    let sources = on_page(&explanation.units, shown.page).iter().flat_map(|part| &part.sources);
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
                None => td colspan="3" { (show::origin(figure.origin, lang)) }
            }
        }
    }
}

/// What has changed since a day, and by which reports.
pub(super) fn changes(viewer: &Viewer, shown: &Shown, as_of: Period) -> Markup {
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

/// A figure as it was and as it is; none where it was not there, or is no more.
struct Change<'s> {
    old: Option<&'s Source>,
    new: Option<&'s Source>,
}

impl<'s> Change<'s> {
    /// What has changed from one explanation to another, in their order.
    fn all(then: &'s Explanation, now: &'s Explanation) -> Vec<Self> {
        let sources = |of: &'s Explanation| of.units.iter().flat_map(|part| &part.sources);
        let place = |source: &Source| (source.element, source.figure.unit, source.figure.period);
        let mut before: HashMap<_, &Source> = sources(then).map(|source| (place(source), source)).collect();
        let new = sources(now).map(|new| Self { old: before.remove(&place(new)), new: Some(new) });
        let mut all: Vec<Self> = new.filter(|change| figure(change.old) != figure(change.new)).collect();
        let gone = |source: &&Source| before.contains_key(&place(source));
        all.extend(sources(then).filter(gone).map(|old| Self { old: Some(old), new: None }));
        all
    }
}

fn figure(source: Option<&Source>) -> Option<Value> {
    source.map(|source| source.figure.value)
}

fn compared(explanation: &Explanation, since: &Since, as_of: Period, lang: Lang) -> Markup {
    let (then, now) = (&since.then.progress, &explanation.progress);
    let (target, changes) = (&explanation.target, Change::all(&since.then, explanation));
    let more = changes.len().saturating_sub(CHANGES);
    let caption = lang.pick("Số liệu đã thay đổi", "Figures that have changed");
    html! {
        p {
            (shown_day(since.day)) ": " strong { (show::actual(target, then, lang)) } " " (mark(then.status, lang))
            " → " strong { (show::actual(target, now, lang)) } " " (mark(now.status, lang))
            span.quiet { " (" (lang.pick("từ lần ghi ", "since commit ")) (since.commit) ")" }
        }
        @if changes.is_empty() {
            p { (lang.pick("Không số liệu nào thay đổi.", "No figure has changed.")) }
        } @else {
            (table(caption, &html! {
                thead { tr {
                    th scope="col" { (lang.pick("Đơn vị", "Unit")) } th scope="col" { (lang.pick("Chỉ tiêu", "Element")) } th scope="col" { (lang.pick("Kỳ", "Period")) }
                    th.num scope="col" { (lang.pick("Trước", "Before")) } th.num scope="col" { (lang.pick("Nay", "Now")) } th scope="col" { (lang.pick("Do báo cáo", "By the report")) }
                } }
                tbody { @for change in changes.iter().take(CHANGES) { (change_row(explanation, change, as_of, lang)) } }
            }))
            @if more > 0 { p { (lang.pick("Số thay đổi khác, không hiện ở đây: ", "Changes that are not shown here: ")) (more) } }
        }
    }
}

fn change_row(explanation: &Explanation, change: &Change<'_>, as_of: Period, lang: Lang) -> Markup {
    let Some(source) = change.new.or(change.old) else { return html! {} };
    let element = explanation.programme.element(source.element);
    let text = |of| figure(of).map_or_else(|| "–".to_owned(), |value| element.shown(value, lang));
    html! {
        tr {
            td { (show::unit(&explanation.programme, source.figure.unit)) } td { (element.label.get(lang)) } td { (source.figure.span()) }
            td.num { (text(change.old)) } td.num { strong { (text(change.new)) } }
            td {
                @match change.new {
                    None => (lang.pick("không còn trong báo cáo đang có hiệu lực", "no more in the report that stands")),
                    Some(Source { submission: Some(filed), .. }) => (filed_link(explanation, source, filed, as_of, lang)),
                    Some(_) => {}
                }
            }
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
