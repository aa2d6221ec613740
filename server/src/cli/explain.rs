//! `explain`: a figure down to the submissions that it is made of.

use gom_domain::calendar::vietnam_time;
use gom_domain::formula::{Aspect, Term};
use gom_domain::progress::Status;
use gom_domain::{Lang, Period, Quantity};
use gom_terminal::{Align, Shade, Table, put};

use super::{Done, show};
use crate::explain::{Explanation, Source, UnitPart};
use crate::folder::Folder;

/// Shows how a figure comes about.
pub(super) fn explain(folder: &Folder, name: &str, as_of: Period, at: Option<u64>, lang: Lang) -> Done {
    let (mut books, memory) = folder.recall(at).map_err(|trouble| vec![trouble])?;
    let explained =
        crate::explain::explain(&mut books, &memory, name, as_of).map_err(|trouble| vec![trouble])?;
    let explanation = explained.map_err(|error| vec![folder.trouble(&error)])?;
    put(&text(&explanation, as_of, lang));
    Ok(())
}

fn text(explanation: &Explanation, as_of: Period, lang: Lang) -> String {
    let mut text = head(explanation, as_of, lang);
    if let Some(formula) = formula(explanation, lang) {
        text.push_str(&formula);
        text.push_str(&parts(explanation, lang));
        text.push_str(&sources(explanation, lang));
        text.push_str(&silence(explanation, lang));
    }
    text.push_str(&show::notice(&explanation.programme, lang));
    text
}

fn head(explanation: &Explanation, as_of: Period, lang: Lang) -> String {
    let (target, progress) = (&explanation.target, &explanation.progress);
    let label = target.label.get(lang);
    let mut text = format!("{} {label}\n", target.reference).trim_start().to_owned();
    if !target.reference.is_empty() {
        let (aim, status) = (show::aim(target, progress, lang), show::status(target, progress, lang));
        let by_now = show::amount(progress.expected_by_now.as_ref(), lang);
        text.push_str(&match lang {
            Lang::Vi => format!(
                "Kế hoạch: {aim} («{}»). Cần đến nay: {by_now}. Trạng thái: {status}\n",
                target.printed
            ),
            Lang::En => {
                format!("Aim: {aim} (“{}”). Expected by now: {by_now}. Status: {status}\n", target.printed)
            }
        });
        if !target.note.is_empty() {
            text.push_str(&format!("{}: {}\n", lang.pick("Ghi chú", "Note"), target.note));
        }
    }
    let (coverage, scope) = (show::coverage(progress), &target.scope_text);
    text.push_str(&match lang {
        Lang::Vi => format!("Tính đến hết kỳ {as_of}; phạm vi: {scope}; đơn vị đã báo cáo đủ: {coverage}\n"),
        Lang::En => {
            format!("As of the end of {as_of}; scope: {scope}; units that have reported all: {coverage}\n")
        }
    });
    text
}

/// The formula by name, with its numbers, and what it comes to.
fn formula(explanation: &Explanation, lang: Lang) -> Option<String> {
    let expr = &explanation.target.formula.as_ref()?.expr;
    let names = expr.text(&|term| name(explanation, term));
    let numbers = expr.text(&|term| {
        let sum = explanation.terms.iter().find(|(own, _)| *own == term).and_then(|(_, sum)| sum.as_ref());
        exact(explanation, term, sum, lang)
    });
    let (target, progress) = (&explanation.target, &explanation.progress);
    if explanation.due == 0 {
        return Some(format!("{names}\n{}\n", lang.pick("Chưa có kỳ nào đến hạn.", "Nothing is due yet.")));
    }
    let unit = target.unit.get(lang);
    let mut text = format!("{names}\n");
    if target.comparator.is_each() {
        return Some(text);
    }
    if let (true, Some(previous)) = (target.comparator.looks_back(), &progress.previous) {
        let now = numbers;
        let before = expr.text(&|term| {
            let back = Term { aspect: Aspect::Prev, ..term };
            let sum =
                explanation.terms.iter().find(|(own, _)| *own == back).and_then(|(_, sum)| sum.as_ref());
            exact(explanation, term, sum, lang)
        });
        let value = |quantity: Option<&Quantity>| quantity.map_or("–".to_owned(), |q| q.shown(6, lang));
        let current = expr_value(explanation);
        text.push_str(&format!(
            "{}: {now} = {} {unit}\n",
            lang.pick("năm nay", "this year"),
            value(current.as_ref())
        ));
        text.push_str(&format!(
            "{}: {before} = {} {unit}\n",
            lang.pick("năm trước", "last year"),
            value(Some(previous))
        ));
        return Some(text);
    }
    let actual = progress.actual.as_ref().map_or("–".to_owned(), |actual| actual.shown(6, lang));
    if numbers != actual {
        text.push_str(&format!("= {numbers}\n"));
    }
    text.push_str(&format!("= {actual} {unit}\n"));
    Some(text)
}

fn expr_value(explanation: &Explanation) -> Option<Quantity> {
    let expr = &explanation.target.formula.as_ref()?.expr;
    expr.eval(&|term| explanation.terms.iter().find(|(own, _)| *own == term).and_then(|(_, sum)| sum.clone()))
}

fn name(explanation: &Explanation, term: Term) -> String {
    let key = &explanation.programme.element(term.element).key;
    if term.aspect == Aspect::Now { key.clone() } else { format!("{}({key})", term.aspect.word()) }
}

fn exact(explanation: &Explanation, term: Term, sum: Option<&Quantity>, lang: Lang) -> String {
    let scale =
        if term.aspect == Aspect::Kept { 0 } else { explanation.programme.element(term.element).scale };
    sum.map_or_else(|| "?".to_owned(), |sum| sum.shown(scale, lang))
}

/// A row for each unit: its part of each term; the last row is their sum.
fn parts(explanation: &Explanation, lang: Lang) -> String {
    let names: Vec<String> = explanation.terms.iter().map(|(term, _)| name(explanation, *term)).collect();
    let mut columns = vec![(lang.pick("Đơn vị", "Unit"), Align::Left)];
    columns.extend(names.iter().map(|name| (name.as_str(), Align::Right)));
    columns.push((lang.pick("Báo cáo", "Reported"), Align::Left));
    let mut table = Table::new(&columns);
    for part in &explanation.units {
        let state = match (part.reported, part.counted) {
            (true, _) => (lang.pick("đủ", "all").to_owned(), Shade::Good),
            (false, true) => (lang.pick("thiếu, có tính", "not all; counted").to_owned(), Shade::Warn),
            (false, false) => (lang.pick("thiếu, không tính", "not all; left out").to_owned(), Shade::Warn),
        };
        let mut cells = vec![(explanation.programme.unit(part.unit).name.clone(), Shade::Plain)];
        cells.extend(values(explanation, part, lang).into_iter().map(|value| (value, Shade::Plain)));
        cells.push(state);
        table.shaded(cells);
    }
    if !explanation.target.comparator.is_each() {
        let mut total = vec![lang.pick("Cộng", "Sum").to_owned()];
        let sums = explanation.terms.iter();
        total.extend(sums.map(|(term, sum)| exact(explanation, *term, sum.as_ref(), lang)));
        total.push(String::new());
        table.row(total);
    }
    table.text()
}

fn values(explanation: &Explanation, part: &UnitPart, lang: Lang) -> Vec<String> {
    let terms = explanation.terms.iter().zip(&part.values);
    terms
        .map(|((term, _), value)| {
            let element = explanation.programme.element(term.element);
            let value = value.and_then(gom_domain::totals::as_value);
            value.map_or_else(|| "–".to_owned(), |value| element.shown(value, lang))
        })
        .collect()
}

/// A row for each figure behind the parts, with the submission that it comes from.
fn sources(explanation: &Explanation, lang: Lang) -> String {
    let mut table = Table::new(&[
        (lang.pick("Đơn vị", "Unit"), Align::Left),
        (lang.pick("Chỉ tiêu", "Element"), Align::Left),
        (lang.pick("Kỳ", "Period"), Align::Left),
        (lang.pick("Số liệu", "Value"), Align::Right),
        (lang.pick("Bản", "Revision"), Align::Right),
        (lang.pick("Số nhận", "Commit"), Align::Right),
        (lang.pick("Nhận lúc", "Received"), Align::Left),
        (lang.pick("Mã báo cáo", "Submission"), Align::Left),
    ]);
    for source in explanation.units.iter().flat_map(|part| &part.sources) {
        table.row(source_row(explanation, source, lang));
    }
    table.text()
}

fn source_row(explanation: &Explanation, source: &Source, lang: Lang) -> Vec<String> {
    let element = explanation.programme.element(source.element);
    let mut row = vec![
        explanation.programme.unit(source.unit).name.clone(),
        element.key.clone(),
        source.period.to_string(),
        element.shown(source.value, lang),
    ];
    match &source.submission {
        Some(filed) => {
            let by_district = if filed.by_district {
                lang.pick(" (huyện nhập thay)", " (entered by the district)")
            } else {
                ""
            };
            row.extend([filed.revision.to_string(), filed.commit.to_string(), vietnam_time(filed.at_ms)]);
            row.push(format!("{}{by_district}", filed.id));
        }
        None => row.extend([
            "–".into(),
            "–".into(),
            "–".into(),
            lang.pick("số liệu năm trước", "baseline").into(),
        ]),
    }
    row
}

/// Who has not reported, and whose silence leaves the figure out.
fn silence(explanation: &Explanation, lang: Lang) -> String {
    let progress = &explanation.progress;
    let mut text = String::new();
    let mut say = |what: &str, units: &[gom_domain::unit::UnitIx]| {
        if !units.is_empty() {
            text.push_str(&format!("{what}: {}\n", show::units(&explanation.programme, units)));
        }
    };
    say(lang.pick("Chưa báo cáo đủ", "Have not reported all that is due"), &progress.missing);
    if progress.status == Status::NoData {
        say(lang.pick("Không có số liệu vì thiếu", "No data for want of"), &progress.silent);
    }
    say(lang.pick("Chưa đạt", "Do not satisfy it"), &progress.failing);
    text
}
