//! `explain`: a figure down to the submissions that it is made of.

use gom_domain::calendar::vietnam_time;
use gom_domain::formula::{Aspect, Term};
use gom_domain::progress::Status;
use gom_domain::unit::UnitIx;
use gom_domain::{Lang, Period};
use gom_terminal::{Align, Shade, Table, put};

use super::{Done, commit, recalled};
use crate::explain::{Explanation, Filed, Source, UnitPart};
use crate::folder::Folder;
use crate::formula::{exact, formula};
use crate::show;

/// Shows how a figure comes about.
pub(super) fn explain(folder: &Folder, name: &str, as_of: Period, at: Option<u64>, lang: Lang) -> Done {
    let (mut books, memory) = recalled(folder, at)?;
    let explained =
        crate::explain::explain(&mut books, &memory, name, as_of).map_err(|trouble| vec![trouble])?;
    let explanation = explained.map_err(|error| vec![folder.trouble(&error)])?;
    put(&text(&explanation, as_of, commit(&memory, at), lang));
    Ok(())
}

fn text(explanation: &Explanation, as_of: Period, commit: u64, lang: Lang) -> String {
    let mut text = head(explanation, as_of, commit, lang);
    if let Some(formula) = formula(explanation, &|term| name(explanation, term), lang) {
        text.push_str(&formula);
        text.push_str(&parts(explanation, lang));
        text.push_str(&sources(explanation, lang));
        text.push_str(&silence(explanation, lang));
    }
    text.push_str(&show::notice(&explanation.programme, lang));
    text
}

/// The target with its aim, or the element, and as of when.
fn head(explanation: &Explanation, as_of: Period, commit: u64, lang: Lang) -> String {
    let target = &explanation.target;
    let is_element = target.reference.is_empty();
    let name = if is_element { &target.key } else { &target.reference };
    let mut text = format!("{name} {}\n", target.label.get(lang));
    if !is_element {
        text.push_str(&aim(explanation, lang));
    }
    let (coverage, scope) = (show::coverage(&explanation.progress), &target.scope_text);
    text.push_str(&match lang {
        Lang::Vi => {
            format!(
                "Tính đến hết kỳ {as_of} (lần ghi {commit}); phạm vi: {scope}; đơn vị đã báo cáo đủ: {coverage}\n"
            )
        }
        Lang::En => {
            format!(
                "As of the end of {as_of} (commit {commit}); scope: {scope}; units that have reported all: {coverage}\n"
            )
        }
    });
    text
}

fn aim(explanation: &Explanation, lang: Lang) -> String {
    let (target, progress) = (&explanation.target, &explanation.progress);
    let (aim, status) = (show::aim(target, progress, lang), show::status(target, progress, lang));
    let by_now = show::amount(progress.expected_by_now.as_ref(), lang);
    let printed = &target.printed;
    let mut text = match lang {
        Lang::Vi => format!("Kế hoạch: {aim} («{printed}»). Cần đến nay: {by_now}. Trạng thái: {status}\n"),
        Lang::En => format!("Aim: {aim} (“{printed}”). Expected by now: {by_now}. Status: {status}\n"),
    };
    let note = target.note.get(lang);
    if !note.is_empty() {
        text.push_str(&format!("{}: {}\n", lang.pick("Ghi chú", "Note"), note));
    }
    text
}

fn name(explanation: &Explanation, term: Term) -> String {
    let key = &explanation.programme.element(term.element).key;
    if term.aspect == Aspect::Now { key.clone() } else { format!("{}({key})", term.aspect.word()) }
}

/// A row for each unit: its part of each term; the last row is their sum.
fn parts(explanation: &Explanation, lang: Lang) -> String {
    let names: Vec<String> = explanation.terms.iter().map(|(term, _)| name(explanation, *term)).collect();
    let mut columns = vec![(lang.pick("Đơn vị", "Unit"), Align::Left)];
    columns.extend(names.iter().map(|name| (name.as_str(), Align::Right)));
    columns.push((lang.pick("Báo cáo", "Reported"), Align::Left));
    let mut table = Table::new(&columns);
    for part in &explanation.units {
        let mut cells = vec![(show::unit(&explanation.programme, part.unit), Shade::Plain)];
        cells.extend(values(explanation, part, lang).into_iter().map(|value| (value, Shade::Plain)));
        cells.push(state(part, lang));
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

fn state(part: &UnitPart, lang: Lang) -> (String, Shade) {
    let (words, shade) = match (part.reported, part.counted) {
        (true, _) => (lang.pick("đủ", "all"), Shade::Good),
        (false, _) if part.values.iter().all(Option::is_none) && part.sources.is_empty() => {
            (lang.pick("chưa nộp", "nothing yet"), Shade::Warn)
        }
        (false, true) => (lang.pick("thiếu, có tính", "not all; counted"), Shade::Warn),
        (false, false) => (lang.pick("thiếu, không tính", "not all; left out"), Shade::Warn),
    };
    (words.to_owned(), shade)
}

fn values(explanation: &Explanation, part: &UnitPart, lang: Lang) -> Vec<String> {
    let terms = explanation.terms.iter().zip(&part.values);
    terms
        .map(|((term, _), value)| {
            let element = explanation.programme.element(term.element);
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
    let (element, figure) = (explanation.programme.element(source.element), &source.figure);
    let mut row = vec![
        show::unit(&explanation.programme, figure.unit),
        element.key.clone(),
        figure.span(),
        element.shown(figure.value, lang),
    ];
    match &source.submission {
        Some(filed) => row.extend(filed_cells(filed, lang)),
        None => row.extend(["–", "–", "–", show::origin(figure.origin, lang)].map(str::to_owned)),
    }
    row
}

fn filed_cells(filed: &Filed, lang: Lang) -> [String; 4] {
    let by_district = lang.pick(" (huyện nhập thay)", " (entered by the district)");
    let by_district = if filed.by_district { by_district } else { "" };
    [
        filed.revision.to_string(),
        filed.commit.to_string(),
        vietnam_time(filed.at_ms),
        format!("{}{by_district}", filed.id),
    ]
}

/// Who has not reported, and whose silence leaves the figure out.
fn silence(explanation: &Explanation, lang: Lang) -> String {
    let progress = &explanation.progress;
    let mut text = String::new();
    let mut say = |what: &str, units: &[UnitIx]| {
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
