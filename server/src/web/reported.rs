//! Who has reported: units by forms, or by one form's periods, and a text to remind those who have not.

use axum::extract::State;
use axum::response::Response;
use gom_domain::calendar::vietnam_day;
use gom_domain::form::FormIx;
use gom_domain::programme::Programme;
use gom_domain::ruling::Verdict;
use gom_domain::unit::UnitIx;
use gom_domain::{Lang, Period, calendar, text};
use gom_web::{escaped, table};
use jiff::civil::Date;
use maud::{Markup, html};

use super::pager::{on_page, page, pager};
use super::site::{Site, choice, period as said};
use super::viewer::Viewer;
use crate::memory::Memory;
use crate::progress::YearReport;
use crate::show;
use crate::store::{Journal, Place};
use crate::wording::Trouble;

/// How a unit's report of a period stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It came in time.
    InTime,
    /// It came so many days late.
    Late(i32),
    /// What came last waits for a decision or was refused; nothing stands.
    Refused,
    /// It should be here, for so many days.
    Missing(i32),
    /// There is time yet.
    NotDue,
}

impl Standing {
    fn mark(self) -> (&'static str, &'static str) {
        match self {
            Self::InTime => ("●", "good"),
            Self::Late(_) => ("◇", "warn"),
            Self::Refused => ("◆", "bad"),
            Self::Missing(_) => ("✕", "bad"),
            Self::NotDue => ("○", "dim"),
        }
    }

    /// In words.
    pub(super) fn text(self, lang: Lang) -> String {
        match (self, lang) {
            (Self::InTime, _) => lang.pick("đúng hạn", "in time").to_owned(),
            (Self::Late(days), Lang::Vi) => format!("muộn {days} ngày"),
            (Self::Late(days), Lang::En) => format!("{days} d late"),
            (Self::Refused, _) => lang.pick("bị từ chối hoặc xung đột", "rejected or in conflict").to_owned(),
            (Self::Missing(days), Lang::Vi) => format!("thiếu, quá hạn {days} ngày"),
            (Self::Missing(days), Lang::En) => format!("missing for {days} d"),
            (Self::NotDue, _) => lang.pick("chưa đến hạn", "not due yet").to_owned(),
        }
    }

    /// As a mark, with its words for whoever cannot see it.
    pub(super) fn shown(self, lang: Lang) -> Markup {
        let (sign, shade) = self.mark();
        html! {
            span class={ "mark " (shade) } title=(self.text(lang)) {
                span aria-hidden="true" { (sign) @if let Some(days) = self.days() { " " (days) } }
                span.unseen { (self.text(lang)) }
            }
        }
    }

    /// By how many days it is too late.
    fn days(self) -> Option<i32> {
        match self {
            Self::Late(days) | Self::Missing(days) => Some(days),
            Self::InTime | Self::Refused | Self::NotDue => None,
        }
    }
}

/// How a unit's report of a form and period stands today. The unit owes it.
pub(super) fn state(
    journal: &mut dyn Journal,
    memory: &Memory,
    programme: &Programme,
    (unit, form, period): (UnitIx, FormIx, Period),
    today: Date,
) -> Result<Standing, crate::store::StoreError> {
    let send_by = programme.form(form).window(period).send_by;
    let late = |day: Date| send_by.until(day).map_or(0, |span| span.get_days());
    let latest = place(memory, programme, (unit, form, period)).and_then(|place| memory.latest.get(&place));
    let Some(latest) = latest else {
        return Ok(if today > send_by { Standing::Missing(late(today)) } else { Standing::NotDue });
    };
    let Some(stands) = latest.stands else { return Ok(Standing::Refused) };
    let first = first_accepted(journal, stands.seq)?;
    let day = vietnam_day(journal.commit_of(first)?.at_ms);
    Ok(if day > send_by { Standing::Late(late(day)) } else { Standing::InTime })
}

/// Where a unit's report of a form and period is kept.
pub(super) fn place(
    memory: &Memory,
    programme: &Programme,
    (unit, form, period): (UnitIx, FormIx, Period),
) -> Option<Place> {
    let unit = memory.unit_number(&programme.unit(unit).id)?;
    Some(Place { unit, form: memory.form_number(&programme.form(form).key)?, period })
}

/// The first of the reports about the same that was accepted: whether it was late does not change with a correction.
fn first_accepted(journal: &mut dyn Journal, seq: u64) -> Result<u64, crate::store::StoreError> {
    let (mut first, mut next) = (seq, Some(seq));
    while let Some(seq) = next {
        let row = journal.submission(seq)?;
        if matches!(row.ruling.verdict, Verdict::Accepted { .. }) {
            first = seq;
        }
        next = row.prior;
    }
    Ok(first)
}

/// What is asked of the page.
#[derive(Clone, Debug)]
struct Asked {
    as_of: Period,
    form: Option<String>,
    find: String,
    page: usize,
}

/// A column: a form's newest period that is due, or a period of the form asked for.
type Column = (FormIx, Period);

/// What the page shows.
struct Matrix {
    /// Whether the columns are the periods of one form.
    one_form: bool,
    report: YearReport,
    columns: Vec<Column>,
    rows: Vec<(UnitIx, Vec<Option<Standing>>)>,
    units: usize,
    next: Vec<(FormIx, Period, Date)>,
}

/// Shows who has reported.
pub(super) async fn reported(State(site): State<Site>, viewer: Viewer) -> Response {
    let as_of = match site.as_of(&viewer.visit) {
        Ok(as_of) => as_of,
        Err(trouble) => return viewer.trouble(&trouble),
    };
    let visit = &viewer.visit;
    let (form, find) = (visit.asked("form"), visit.asked("find").unwrap_or_default());
    let asked = Asked { as_of, form, find, page: page(visit) };
    let today = vietnam_day(site.now_ms());
    let (asked_for, folder, who) = (asked.clone(), site.folder().clone(), viewer.clone());
    let looked = site
        .read(move |journal, memory| {
            matrix(journal, memory, &asked_for, &who, today)?.map_err(|error| folder.trouble(&error))
        })
        .await;
    match looked {
        Err(trouble) => viewer.trouble(&trouble),
        Ok(matrix) => {
            let title = viewer.visit.lang.pick("Ai đã báo cáo", "Who has reported");
            let content = content(&viewer, &matrix, &asked);
            viewer.page(&matrix.report.programme, title).show(&content)
        }
    }
}

fn matrix(
    journal: &mut dyn Journal,
    memory: &Memory,
    asked: &Asked,
    viewer: &Viewer,
    today: Date,
) -> Result<crate::store::Stored<Matrix>, Trouble> {
    let report = viewer.year_report(memory, asked.as_of)?;
    let programme = std::sync::Arc::clone(&report.programme);
    let month = asked.as_of.last_month();
    let seen = |form: &FormIx| viewer.sees(&programme, *form);
    let form = asked.form.as_deref().and_then(|key| programme.form_named(key)).filter(seen);
    let columns: Vec<Column> = form.map_or_else(
        || newest_of_each(&programme, month).filter(|(form, _)| seen(form)).collect(),
        |form| periods_of(&programme, form).map(|period| (form, period)).collect(),
    );
    let key = text::search_key(&asked.find);
    let units: Vec<UnitIx> = report
        .units
        .iter()
        .map(|unit| unit.unit)
        .filter(|unit| key.is_empty() || text::search_key(&programme.unit(*unit).name).contains(&key))
        .collect();
    let shown = on_page(&units, asked.page).iter().copied();
    let mut cell = |unit: UnitIx, (form, period): Column| {
        let owes = programme.gives(form, unit) && programme.unit(unit).counts_for(period);
        owes.then(|| state(journal, memory, &programme, (unit, form, period), today)).transpose()
    };
    let rows = shown
        .map(|unit| Ok((unit, columns.iter().map(|column| cell(unit, *column)).collect::<Result<_, _>>()?)))
        .collect::<crate::store::Stored<Vec<_>>>();
    let next = next_due(&programme, today, &seen);
    let one_form = form.is_some();
    Ok(rows.map(|rows| Matrix { one_form, units: units.len(), columns, rows, next, report }))
}

/// The periods of a form in the programme's year.
pub(super) fn periods_of(programme: &Programme, form: FormIx) -> impl Iterator<Item = Period> {
    let (frequency, year) = (programme.form(form).frequency, programme.year);
    (1..=12).filter_map(move |month| frequency.period_ending(year, month))
}

/// Each form's newest period that has ended with a month.
fn newest_of_each(programme: &Programme, month: u8) -> impl Iterator<Item = Column> {
    programme.form_places().filter_map(move |form| {
        let frequency = programme.form(form).frequency;
        Some((form, frequency.period_ending(programme.year, frequency.due_month(month))?))
    })
}

/// What falls due next: the reports with the next day by which they are to be sent.
fn next_due(
    programme: &Programme,
    today: Date,
    seen: &dyn Fn(&FormIx) -> bool,
) -> Vec<(FormIx, Period, Date)> {
    let all = programme.form_places().filter(|form| seen(form)).flat_map(|form| {
        let of = programme.form(form);
        periods_of(programme, form).map(move |period| (form, period, of.window(period).send_by))
    });
    let coming: Vec<_> = all.filter(|(_, _, send_by)| *send_by >= today).collect();
    let first = coming.iter().map(|(_, _, send_by)| *send_by).min();
    coming.into_iter().filter(|(_, _, send_by)| Some(*send_by) == first).collect()
}

fn content(viewer: &Viewer, matrix: &Matrix, asked: &Asked) -> Markup {
    let (lang, programme) = (viewer.visit.lang, &matrix.report.programme);
    let form = asked.form.as_deref().unwrap_or_default();
    let caption = lang.pick("Đơn vị và báo cáo", "Units and reports");
    html! {
        div.tools {
            (choice(viewer, asked.as_of, &[("form", form), ("find", &asked.find)]))
            (filters(viewer, asked, programme))
        }
        @if matrix.rows.is_empty() { p { (lang.pick("Không có đơn vị nào như vậy.", "There is no such unit.")) } }
        (table(caption, &html! {
            (heads(matrix, asked, lang))
            tbody {
                @for (unit, cells) in &matrix.rows { (row(matrix, *unit, cells, asked, lang)) }
            }
        }))
        (pager(viewer, asked.page, matrix.units))
        (legend(lang))
        (reminder(matrix, asked, lang))
    }
}

fn filters(viewer: &Viewer, asked: &Asked, programme: &Programme) -> Markup {
    let lang = viewer.visit.lang;
    html! {
        form.row method="get" {
            input type="hidden" name="as_of" value=(asked.as_of);
            label {
                (lang.pick("Biểu", "Form"))
                select name="form" data-now {
                    option value="" { (lang.pick("Mọi biểu, kỳ mới nhất", "All forms, their newest period")) }
                    @for form in programme.form_places().filter(|form| viewer.sees(programme, *form)) {
                        @let form = programme.form(form);
                        option value=(form.key) selected[Some(&form.key) == asked.form.as_ref()] { (form.label.get(lang)) }
                    }
                }
            }
            label { (lang.pick("Tìm đơn vị", "Find a unit")) input type="search" name="find" value=(asked.find); }
            button type="submit" { (lang.pick("Tìm", "Find")) }
        }
    }
}

fn heads(matrix: &Matrix, asked: &Asked, lang: Lang) -> Markup {
    let programme = &matrix.report.programme;
    html! {
        thead { tr {
            th scope="col" { (lang.pick("Đơn vị", "Unit")) }
            @for (form, period) in &matrix.columns {
                th.mid.form scope="col" {
                    @if matrix.one_form { (said(*period, lang)) } @else {
                        a href={ "/reported?as_of=" (asked.as_of) "&form=" (escaped(&programme.form(*form).key)) } { (programme.form(*form).label.get(lang)) }
                        br; span.quiet { (said(*period, lang)) }
                    }
                }
            }
            th.num scope="col" { (lang.pick("Đã nộp đến kỳ này", "Handed in so far")) }
        } }
    }
}

fn row(matrix: &Matrix, unit: UnitIx, cells: &[Option<Standing>], asked: &Asked, lang: Lang) -> Markup {
    let programme = &matrix.report.programme;
    let id = programme.unit(unit).id.as_str();
    let own = matrix.report.units.iter().find(|report| report.unit == unit);
    html! {
        tr {
            th scope="row" { a href={ "/units/" (escaped(id)) "?as_of=" (asked.as_of) } { (show::unit(programme, unit)) } }
            @for ((form, period), cell) in matrix.columns.iter().zip(cells) {
                td.mid {
                    @match cell {
                        None => span.dim { "·" },
                        Some(state) => a href={ "/reports/" (escaped(id)) "/" (escaped(&programme.form(*form).key)) "/" (period) "?as_of=" (asked.as_of) } { (state.shown(lang)) },
                    }
                }
            }
            td.num { @if let Some(own) = own { span class=(if own.missing.is_empty() { "good" } else { "bad" }) { (own.handed_in) "/" (own.due) } } }
        }
    }
}

fn legend(lang: Lang) -> Markup {
    let all =
        [Standing::InTime, Standing::Late(1), Standing::Missing(1), Standing::Refused, Standing::NotDue];
    html! {
        p.legend {
            @for state in all {
                @let (sign, shade) = state.mark();
                span { span class={ "mark " (shade) } aria-hidden="true" { (sign) } " " (plain(state, lang)) }
            }
        }
    }
}

fn plain(state: Standing, lang: Lang) -> String {
    match state {
        Standing::Late(_) => lang.pick("muộn, số ngày", "late, by days").to_owned(),
        Standing::Missing(_) => lang.pick("thiếu, quá hạn số ngày", "missing, for days").to_owned(),
        state => state.text(lang),
    }
}

/// Reports with their form and period; those of a form that follow each other are one, from the first to the last.
fn runs(missing: &[(String, Period)]) -> Vec<(&str, Period, Period)> {
    let mut runs: Vec<(&str, Period, Period)> = Vec::new();
    for (form, period) in missing {
        match runs.last_mut() {
            Some((same, _, last)) if same == form && period.before() == *last => *last = *period,
            _ => runs.push((form, *period, *period)),
        }
    }
    runs
}

/// What is due next and who is missing, as a text for a message.
fn reminder(matrix: &Matrix, asked: &Asked, lang: Lang) -> Markup {
    let programme = &matrix.report.programme;
    // A message names the units that the page shows: of a country nobody reads all.
    let named = |unit: UnitIx| matrix.rows.iter().any(|(shown, _)| *shown == unit);
    let all = matrix.report.units.len() == matrix.rows.len();
    let lacking = matrix.report.units.iter().filter(|unit| !unit.missing.is_empty() && named(unit.unit));
    let lacking: Vec<_> = lacking.collect();
    let label = |(key, first, last): &(&str, Period, Period)| {
        let form = programme.form_named(key).map(|form| programme.form(form).label.get(lang));
        let periods = match (first == last, lang) {
            (true, _) => said(*first, lang),
            (false, Lang::Vi) => format!("từ {} đến {}", said(*first, lang), said(*last, lang)),
            (false, Lang::En) => format!("{} to {}", said(*first, lang), said(*last, lang)),
        };
        format!("{} {periods}", form.unwrap_or(key))
    };
    let labels =
        |missing: &[(String, Period)]| runs(missing).iter().map(label).collect::<Vec<_>>().join("; ");
    let next = matrix.next.iter().map(|(form, period, _)| {
        format!("{} {}", programme.form(*form).label.get(lang), said(*period, lang))
    });
    let next = next.collect::<Vec<_>>().join("; ");
    let send_by = matrix.next.first().map(|(_, _, send_by)| calendar::shown_day(*send_by));
    html! {
        h2 { (lang.pick("Nhắc việc", "A reminder")) }
        div.box {
            pre.copy #reminder {
                @if let Some(send_by) = send_by {
                    (lang.pick("Sắp đến hạn (gửi chậm nhất ngày ", "Due next (to be sent by ")) (send_by) "): " (next) ".\n"
                }
                @if lacking.is_empty() {
                    (lang.pick("Đến hết ", "Up to the end of ")) (said(asked.as_of, lang)) (if all { lang.pick(": mọi đơn vị đã nộp đủ.", ": every unit has handed in all.") } else { lang.pick(": các đơn vị trên trang này đã nộp đủ.", ": the units of this page have handed in all.") }) "\n"
                } @else {
                    (lang.pick("Còn thiếu đến hết ", "Missing up to the end of ")) (said(asked.as_of, lang)) @if !all { (lang.pick(" (các đơn vị trên trang này)", " (the units of this page)")) } ":\n"
                    @for unit in lacking { "- " (show::unit(programme, unit.unit)) ": " (labels(&unit.missing)) "\n" }
                }
            }
            p.noprint {
                button type="button" data-copy="reminder" data-done=(lang.pick("Đã chép.", "Copied.")) data-marked=(lang.pick("Đã chọn sẵn; nhấn Ctrl+C để chép.", "It is marked; press Ctrl+C to copy.")) { (lang.pick("Chép để gửi tin nhắn", "Copy for a message")) }
                " " span #reminder-said role="status" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_each_other_is_said_once() {
        let missing = ["2024-01", "2024-02", "2024-04", "2024-Q1", "2024-Q2"];
        let missing: Vec<_> =
            missing.iter().map(|period| ("economy".to_owned(), period.parse().unwrap())).collect();
        let [january, february, april, first, second] = [0, 1, 2, 3, 4].map(|nth| missing[nth].1);
        let expected =
            vec![("economy", january, february), ("economy", april, april), ("economy", first, second)];
        assert_eq!(runs(&missing), expected);
    }
}
