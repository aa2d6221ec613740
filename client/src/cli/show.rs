//! `gom show`.

use std::process::ExitCode;

use crate::show::{CellState, Comparison, FormView, Line, YearRow, YearView};
use crate::{Commune, Failure, wording};
use gom_domain::calendar::{shown_day, vietnam_time};
use gom_domain::element::{Element, Value};
use gom_domain::{Lang, say};
use gom_terminal::{Align, Shade, Table};

use super::submit::marked;
use super::{exit, put, put_notice};

pub(super) fn year(lang: Lang, commune: &Commune, year: Option<i16>) -> Result<ExitCode, Failure> {
    let view = commune.year(year)?;
    gom_terminal::put(view.title.get(lang));
    gom_terminal::put(&year_table(lang, &view));
    put(lang, &wording::marks());
    if !view.other_years.is_empty() {
        let years: Vec<String> = view.other_years.iter().map(i16::to_string).collect();
        let years = years.join(", ");
        put(
            lang,
            &say!(
                "Năm khác: {years}; xem bằng gom show --year NĂM",
                "Other years: {years}; see them with gom show --year YEAR"
            ),
        );
    }
    put_notice(lang, &view.notice);
    Ok(exit(true))
}

fn year_table(lang: Lang, view: &YearView) -> String {
    let months: Vec<String> = (1..=12).map(|month: u8| month.to_string()).collect();
    let mut columns = vec![(lang.pick("Biểu", "Form"), Align::Left)];
    columns.extend(months.iter().map(|month| (month.as_str(), Align::Left)));
    let mut table = Table::new(&columns);
    for row in &view.rows {
        let name = (format!("{} ({})", row.label.get(lang), row.form), Shade::Plain);
        let cells = (1..=12).map(|month| year_cell(lang, row, month));
        table.shaded(std::iter::once(name).chain(cells));
    }
    table.text()
}

/// The state of the period that ends with a month, if one does.
fn year_cell(lang: Lang, row: &YearRow, month: u8) -> (String, Shade) {
    let Some((_, state)) = row.cells.iter().find(|(period, _)| period.last_month() == month) else {
        return (String::new(), Shade::Plain);
    };
    (wording::mark(*state).get(lang).to_owned(), shade(*state))
}

fn shade(state: CellState) -> Shade {
    match state {
        CellState::Draft | CellState::Queued => Shade::Warn,
        CellState::Rejected | CellState::Conflict => Shade::Bad,
        CellState::Accepted(_) | CellState::District(_) => Shade::Good,
        CellState::Blank => Shade::Dim,
    }
}

pub(super) fn form(lang: Lang, commune: &Commune, form: &str, period: &str) -> Result<ExitCode, Failure> {
    let view = commune.form(form, period)?;
    put_head(lang, &view);
    gom_terminal::put(&form_table(lang, &view));
    if view.lines.iter().any(|line| !line.so_far.is_complete && line.so_far.value.is_some()) {
        put(lang, &say!("* lũy kế còn thiếu kỳ", "* the year to date lacks periods"));
    }
    put_notice(lang, &view.place.programme().notice);
    for finding in &view.findings {
        put(lang, &marked(finding.level, &wording::finding(&view.place, finding)));
    }
    put_state(lang, &view);
    put_revisions(lang, &view);
    if let Some(comparison) = &view.comparison {
        put_comparison(lang, &view, comparison);
    }
    Ok(exit(true))
}

fn put_head(lang: Lang, view: &FormView) {
    let form = view.place.form();
    gom_terminal::put(&format!("{} ({}) {}", form.label.get(lang), form.key, view.place.period));
    let [opens, closes, send_by] =
        [view.window.opens, view.window.closes, view.window.send_by].map(shown_day);
    put(
        lang,
        &say!(
            "Số liệu từ {opens} đến {closes}, gửi chậm nhất ngày {send_by}",
            "Figures from {opens} to {closes}, to be sent by {send_by}"
        ),
    );
}

fn form_table(lang: Lang, view: &FormView) -> String {
    let mut table = Table::new(&[
        (lang.pick("Chỉ tiêu", "Element"), Align::Left),
        (lang.pick("ĐVT", "Measure"), Align::Left),
        (lang.pick("Cùng kỳ năm trước", "Same period last year"), Align::Right),
        (lang.pick("Kỳ trước", "Last period"), Align::Right),
        (lang.pick("Kỳ này", "This period"), Align::Right),
        (lang.pick("Lũy kế", "Year to date"), Align::Right),
        (lang.pick("Kế hoạch năm", "Quota"), Align::Right),
        (lang.pick("% kế hoạch", "% of quota"), Align::Right),
    ]);
    for line in &view.lines {
        table.row(form_row(lang, line));
    }
    table.text()
}

fn form_row(lang: Lang, line: &Line) -> [String; 8] {
    let element = &line.element;
    let shown = |value: Option<Value>| shown(lang, element, value);
    let lacks = if line.so_far.is_complete || line.so_far.value.is_none() { "" } else { "*" };
    [
        format!("{} ({})", element.label.get(lang), element.key),
        element.measure.get(lang).to_owned(),
        shown(line.year_before),
        shown(line.last),
        shown(line.now),
        format!("{}{lacks}", shown(line.so_far.value)),
        shown(line.quota),
        line.percent_of_quota().map_or(String::new(), |percent| percent.shown(1, lang)),
    ]
}

/// A figure as people read it; a blank is nothing, not 0.
fn shown(lang: Lang, element: &Element, value: Option<Value>) -> String {
    value.map_or(String::new(), |value| element.shown(value, lang))
}

fn put_state(lang: Lang, view: &FormView) {
    let state = wording::state(view.state);
    let base = view.base.map(|base| base.short());
    let (vi, en) = (state.get(Lang::Vi), state.get(Lang::En));
    put(
        lang,
        &match base {
            Some(base) => say!("Tình trạng: {vi}; lập từ bản {base}", "State: {en}; made from {base}"),
            None => say!("Tình trạng: {vi}", "State: {en}"),
        },
    );
    if view.base_is_outdated {
        put(
            lang,
            &say!(
                "Bản nháp này lập từ một bản không còn hiệu lực; nếu nộp sẽ xung đột",
                "This draft was made from a version that stands no more; handed in, it will conflict"
            ),
        );
    }
}

fn put_revisions(lang: Lang, view: &FormView) {
    for revision in &view.revisions {
        let report = &revision.report;
        let who = wording::origin(report.origin);
        let said = match &report.receipt {
            None => lang.pick("chờ gửi", "queued").to_owned(),
            Some(receipt) => {
                let number = report.revision().map_or(String::new(), |number| format!(" {number}"));
                let verdict = wording::verdict(receipt);
                format!("{} {}{number}", vietnam_time(receipt.at_ms), verdict.get(lang))
            }
        };
        let officer =
            if revision.officer.is_empty() { String::new() } else { format!(" ({})", revision.officer) };
        let reason =
            if revision.reason.is_empty() { String::new() } else { format!(": {}", revision.reason) };
        gom_terminal::put(&format!("  {} · {said} · {}{officer}{reason}", report.id.short(), who.get(lang)));
    }
}

/// Two versions side by side, with the cells that differ marked.
fn put_comparison(lang: Lang, view: &FormView, comparison: &Comparison) {
    let verdict = comparison.refused.receipt.as_ref().map(wording::verdict).unwrap_or_default();
    put(
        lang,
        &say!(
            "Bản của máy này bên cạnh bản đang có hiệu lực:",
            "This device's version beside the one that stands:"
        ),
    );
    gom_terminal::put(&format!("  {}", verdict.get(lang)));
    let mut table = Table::new(&[
        (lang.pick("Chỉ tiêu", "Element"), Align::Left),
        (lang.pick("Đang có hiệu lực", "Stands"), Align::Right),
        (lang.pick("Máy này", "This device"), Align::Right),
        (lang.pick("Khác", "Differs"), Align::Left),
    ]);
    for ((_, element), (standing, mine)) in
        view.place.elements().zip(comparison.standing.iter().zip(&comparison.mine))
    {
        let differs = standing != mine;
        let shade = if differs { Shade::Bad } else { Shade::Plain };
        table.shaded([
            (format!("{} ({})", element.label.get(lang), element.key), Shade::Plain),
            (shown(lang, element, *standing), shade),
            (shown(lang, element, *mine), shade),
            (if differs { "≠".to_owned() } else { String::new() }, shade),
        ]);
    }
    gom_terminal::put(&table.text());
    if comparison.refused.is_conflict() {
        let (form, period) = (view.place.key(), view.place.period);
        put(
            lang,
            &say!(
                "Giữ số của máy này: gom resolve {form} {period} --keep mine; nhận bản đang có hiệu lực: --keep theirs",
                "To keep this device's figures: gom resolve {form} {period} --keep mine; to accept what stands: --keep theirs"
            ),
        );
    }
    put_notice(lang, &view.place.programme().notice);
}
