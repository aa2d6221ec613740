//! Where a target's figure comes from: the formula with its numbers, the reports behind each, and what has changed.

use gom_domain::calendar::{day_start_ms, shown_day, vietnam_time};
use gom_domain::{Lang, Period, wording};
use gom_web::{escaped, mark, table};
use jiff::civil::Date;
use maud::{Markup, html};

use super::super::viewer::Viewer;
use super::Shown;
use crate::explain::{Explanation, Filed, Source, explain};
use crate::folder::Folder;
use crate::formula::formula;
use crate::show;
use crate::store::{Journal, Stored};
use crate::wording::Trouble;

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
pub(super) fn how(explanation: &Explanation, as_of: Period, lang: Lang) -> Markup {
    let name = |term| wording::term(&explanation.programme, term).get(lang).to_owned();
    let Some(formula) = formula(explanation, &name, lang) else { return html! {} };
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
            (shown_day(since.day)) ": " strong { (show::actual(target, then, lang)) } " " (mark(then.status, lang))
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
