//! Where a target's figure comes from: the formula with its numbers, the reports behind each, and what has changed.

use std::collections::{HashMap, HashSet};

use gom_domain::calendar::{day_start_ms, shown_day, vietnam_time};
use gom_domain::programme::Programme;
use gom_domain::totals::Origin;
use gom_domain::unit::UnitId;
use gom_domain::{Lang, Period, wording};
use gom_web::{escaped, mark, table};
use jiff::civil::Date;
use maud::{Markup, html};

use super::super::pager::{UNITS, on_page};
use super::super::viewer::Viewer;
use super::Shown;
use crate::explain::{Explanation, Filed, Source, UnitPart, explain};
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
    /// How it stood before a day began; none where there was nothing of it then that the viewer may see.
    pub(super) fn of(
        folder: &Folder,
        viewer: &Viewer,
        name: &str,
        as_of: Period,
        day: Date,
    ) -> Result<Option<Self>, Trouble> {
        let broken = |error| folder.trouble(&error);
        let Some(commit) = last_before(&mut folder.read()?, day_start_ms(day)).map_err(broken)? else {
            return Ok(None);
        };
        let (mut books, memory) = folder.recall(Some(commit))?;
        // The programme of that day may not have had it, or may have made it of other forms.
        let Ok(then) = explain(&mut books, &memory, name, as_of) else { return Ok(None) };
        let then = then.map_err(broken)?;
        Ok(viewer.sees_target(&then.programme, &then.target).then_some(Self { day, commit, then }))
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

/// Where the report is shown that a figure stands in.
fn report(programme: &Programme, source: &Source, as_of: Period) -> String {
    let form = programme.form(programme.element(source.element).form);
    let unit = programme.unit(source.figure.unit).id.as_str();
    format!("/reports/{}/{}/{}?as_of={as_of}", escaped(unit), escaped(&form.key), source.figure.period)
}

fn source_row(explanation: &Explanation, source: &Source, as_of: Period, lang: Lang) -> Markup {
    let (programme, figure) = (&explanation.programme, &source.figure);
    let element = programme.element(source.element);
    let address = report(programme, source, as_of);
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
    let lang = viewer.visit.lang;
    let asked = viewer.visit.asked("since").unwrap_or_default();
    html! {
        h2 #since-head { (lang.pick("Thay đổi kể từ một ngày", "What has changed since a day")) }
        form.row method="get" {
            input type="hidden" name="as_of" value=(as_of);
            label { (lang.pick("Từ ngày", "Since")) input type="date" name="since" value=(asked); }
            button type="submit" { (lang.pick("So sánh", "Compare")) }
        }
        @match &shown.since {
            Some(since) => (compared(shown, since, as_of, lang)),
            None if !asked.is_empty() && asked.parse::<Date>().is_err() => p {
                "«" (asked) "» " (lang.pick("không phải là ngày; viết 2024-09-30.", "is no day; write 2024-09-30."))
            },
            None if !asked.is_empty() => p { (lang.pick("Trước ngày đó chưa có gì.", "There was nothing before that day.")) },
            None => {}
        }
    }
}

/// A figure with the programme that it is of: elements and units have other places in other versions.
#[derive(Clone, Copy)]
struct Figure<'s> {
    programme: &'s Programme,
    source: &'s Source,
}

impl<'s> Figure<'s> {
    /// The figures behind the units of these ids.
    fn all(explanation: &'s Explanation, units: &HashSet<&UnitId>) -> Vec<Self> {
        let programme = &*explanation.programme;
        let shown = explanation.units.iter().filter(|part| units.contains(&programme.unit(part.unit).id));
        shown.flat_map(|part| &part.sources).map(|source| Self { programme, source }).collect()
    }

    /// What it is a figure of, by names that every version has.
    fn place(&self) -> (&'s str, &'s UnitId, Period, bool) {
        let Source { element, figure, .. } = self.source;
        let is_quota = figure.origin == Origin::Quota;
        (&self.programme.element(*element).key, &self.programme.unit(figure.unit).id, figure.period, is_quota)
    }

    fn shown(&self, lang: Lang) -> String {
        self.programme.element(self.source.element).shown(self.source.figure.value, lang)
    }
}

/// A figure as it was and as it is; none where it was not there, or is no more.
struct Change<'s> {
    old: Option<Figure<'s>>,
    new: Option<Figure<'s>>,
}

impl<'s> Change<'s> {
    /// What has changed behind the units of a page, in their order; on the first also behind units that are asked no more.
    fn all(then: &'s Explanation, now: &'s Explanation, page: usize) -> Vec<Self> {
        let ids = |of: &'s Explanation, parts: &'s [UnitPart]| -> HashSet<&'s UnitId> {
            parts.iter().map(|part| &of.programme.unit(part.unit).id).collect()
        };
        let mut units = ids(now, on_page(&now.units, page));
        if page == 1 {
            let asked = ids(now, &now.units);
            units.extend(ids(then, &then.units).difference(&asked));
        }
        let (old, new) = (Figure::all(then, &units), Figure::all(now, &units));
        let mut left: HashMap<_, Figure<'_>> = old.iter().map(|old| (old.place(), *old)).collect();
        let both = new.into_iter().map(|new| Self { old: left.remove(&new.place()), new: Some(new) });
        let value = |figure: Option<Figure<'_>>| figure.map(|figure| figure.source.figure.value);
        let mut all: Vec<Self> = both.filter(|change| value(change.old) != value(change.new)).collect();
        let gone = old.into_iter().filter(|old| left.contains_key(&old.place()));
        all.extend(gone.map(|old| Self { old: Some(old), new: None }));
        all
    }
}

fn compared(shown: &Shown, since: &Since, as_of: Period, lang: Lang) -> Markup {
    let explanation = &shown.explanation;
    let (then, now) = (&since.then.progress, &explanation.progress);
    let (target, changes) = (&explanation.target, Change::all(&since.then, explanation, shown.page));
    let more = changes.len().saturating_sub(CHANGES);
    let caption = lang.pick("Số liệu đã thay đổi", "Figures that have changed");
    html! {
        p {
            (shown_day(since.day)) ": " strong { (show::actual(target, then, lang)) } " " (mark(then.status, lang))
            " → " strong { (show::actual(target, now, lang)) } " " (mark(now.status, lang))
            span.quiet { " (" (lang.pick("từ lần ghi ", "since commit ")) (since.commit) ")" }
        }
        @if changes.is_empty() {
            @if explanation.units.len() > UNITS {
                p { (lang.pick("Không số liệu nào của các đơn vị trên trang này thay đổi.", "No figure of the units of this page has changed.")) }
            } @else {
                p { (lang.pick("Không số liệu nào thay đổi.", "No figure has changed.")) }
            }
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
    let Some(Figure { programme, source }) = change.new.or(change.old) else { return html! {} };
    let text =
        |figure: Option<Figure<'_>>| figure.map_or_else(|| "–".to_owned(), |figure| figure.shown(lang));
    html! {
        tr {
            td { (show::unit(programme, source.figure.unit)) } td { (programme.element(source.element).label.get(lang)) } td { (source.figure.span()) }
            td.num { (text(change.old)) } td.num { strong { (text(change.new)) } }
            td {
                @match change.new.map(|new| &new.source.submission) {
                    None => (lang.pick(
                        "không còn trong báo cáo đang có hiệu lực, hoặc đơn vị không còn thuộc chỉ tiêu này",
                        "no more in the report that stands, or the unit is no more asked",
                    )),
                    Some(Some(filed)) => (filed_link(explanation, source, filed, as_of, lang)),
                    Some(None) => (show::origin(source.figure.origin, lang)),
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
    let address = report(&explanation.programme, source, as_of);
    html! { a href=(address) { (lang.pick("số ", "no. ")) (filed.commit) } ", " (lang.pick("bản ", "revision ")) (filed.revision) ", " (vietnam_time(filed.at_ms)) }
}
