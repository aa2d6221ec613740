//! `progress`: all targets in one table, and what each unit has handed in.

use gom_domain::progress::{Decided, Progress, Status};
use gom_domain::target::Target;
use gom_domain::unit::UnitIx;
use gom_domain::{Lang, Period, Quantity};
use gom_terminal::{Align, Format, Shade, Table, put};
use serde_json::{Value, json};

use super::{Done, commit, recalled};
use crate::folder::Folder;
use crate::progress::{YearReport, year_report};
use crate::show;

/// Shows how every target stands.
pub(super) fn progress(folder: &Folder, as_of: Period, at: Option<u64>, format: Format, lang: Lang) -> Done {
    let (_, memory) = recalled(folder, at)?;
    let commit = commit(&memory, at);
    let report = year_report(&memory, as_of, commit).map_err(|trouble| vec![trouble])?;
    put(&match format {
        Format::Table => table(&report, lang),
        Format::Json => lines(&report),
    });
    Ok(())
}

/// The report as tables for people.
pub fn table(report: &YearReport, lang: Lang) -> String {
    let programme = &report.programme;
    let (as_of, commit) = (report.as_of, report.commit);
    let heading = match lang {
        Lang::Vi => format!("{} – tính đến hết kỳ {as_of} (lần ghi {commit})\n", programme.name.get(lang)),
        Lang::En => format!("{} – as of the end of {as_of} (commit {commit})\n", programme.name.get(lang)),
    };
    [heading, targets(report, lang), units(report, lang), show::notice(programme, lang)].concat()
}

/// Every target in a table, with what its marks mean.
pub fn targets(report: &YearReport, lang: Lang) -> String {
    let mut table = Table::new(&[
        (lang.pick("Số", "Ref"), Align::Left),
        (lang.pick("Chỉ tiêu", "Target"), Align::Left),
        (lang.pick("Kế hoạch", "Aim"), Align::Left),
        (lang.pick("Thực hiện", "Actual"), Align::Right),
        (lang.pick("Cần đến nay", "Expected by now"), Align::Right),
        (lang.pick("Đơn vị", "Units"), Align::Right),
        (lang.pick("Trạng thái", "Status"), Align::Left),
    ]);
    for (target, progress) in report.programme.targets.iter().zip(&report.targets) {
        let plain = |text: String| (text, Shade::Plain);
        let actual = if target.comparator.is_each() && progress.expected > 0 {
            each(report, progress, lang)
        } else {
            show::actual(target, progress, lang)
        };
        table.shaded([
            plain(target.reference.clone()),
            plain(target.label.get(lang).to_owned()),
            plain(show::aim(target, progress, lang)),
            plain(actual),
            plain(show::amount(progress.expected_by_now.as_ref(), lang)),
            plain(show::coverage(progress)),
            (show::status(target, progress, lang), show::shade(progress.status)),
        ]);
    }
    table.text() + lang.pick(
        "* số tạm tính, còn đơn vị chưa báo cáo đủ.   (?) văn bản có cách hiểu khác.\n",
        "* provisional: not every unit has reported all that is due.   (?) the document can be read otherwise.\n",
    )
}

/// How many units satisfy an `each` target, and who does not.
fn each(report: &YearReport, progress: &Progress, lang: Lang) -> String {
    if progress.failing.is_empty() {
        return lang.pick("không đơn vị nào thiếu", "nobody short").to_owned();
    }
    let names = show::units(&report.programme, &progress.failing);
    format!("{}: {names}", lang.pick("chưa đạt", "short"))
}

fn units(report: &YearReport, lang: Lang) -> String {
    let mut table = Table::new(&[
        (lang.pick("Đơn vị", "Unit"), Align::Left),
        (lang.pick("Đã nộp", "Handed in"), Align::Right),
        (lang.pick("Còn thiếu", "Missing"), Align::Right),
        (lang.pick("Báo cáo còn thiếu", "Reports that are missing"), Align::Left),
    ]);
    for unit in &report.units {
        let missing = runs(&unit.missing);
        let shade = if unit.missing.is_empty() { Shade::Good } else { Shade::Warn };
        table.shaded([
            (show::unit(&report.programme, unit.unit), Shade::Plain),
            (format!("{}/{}", unit.handed_in, unit.due), shade),
            (unit.missing.len().to_string(), shade),
            (missing.join(", "), Shade::Plain),
        ]);
    }
    table.text()
}

/// Reports that are missing, the periods that follow each other in one: `economy 2024-01…06`.
fn runs(missing: &[(String, Period)]) -> Vec<String> {
    let follows =
        |one: &(String, Period), next: &(String, Period)| one.0 == next.0 && next.1.before() == one.1;
    let run = |run: &[(String, Period)]| {
        let ((form, first), (_, last)) = (run.first()?, run.last()?);
        let last_text = last.to_string();
        let end = last_text.strip_prefix(&format!("{}-", first.year())).unwrap_or(&last_text);
        Some(if first == last { format!("{form} {first}") } else { format!("{form} {first}…{end}") })
    };
    missing.chunk_by(follows).filter_map(run).collect()
}

/// The report as one JSON object a target, in the order of the targets table.
fn lines(report: &YearReport) -> String {
    let targets = report.programme.targets.iter().zip(&report.targets);
    targets.map(|(target, progress)| object(report, target, progress).to_string() + "\n").collect()
}

fn object(report: &YearReport, target: &Target, progress: &Progress) -> Value {
    let ids = |units: &[UnitIx]| -> Vec<&str> {
        units.iter().map(|unit| report.programme.unit(*unit).id.as_str()).collect()
    };
    let by_hand = progress.by_hand.as_ref();
    json!({
        "ref": target.reference,
        "key": target.key,
        "group": target.group,
        "label_vi": target.label.vi,
        "label_en": target.label.en,
        "comparator": target.comparator.key(),
        "unit": target.unit.en,
        "as_of": report.as_of.to_string(),
        "commit": report.commit,
        "reported": progress.reported,
        "expected": progress.expected,
        "provisional": progress.is_provisional(),
        "missing": ids(&progress.missing),
        "silent": ids(&progress.silent),
        "status": progress.status.key(),
        "actual": fraction(progress.actual.as_ref()),
        "previous": fraction(progress.previous.as_ref()),
        "value": fraction(progress.value.as_ref()),
        "value_by_hand": show::is_by_hand(progress),
        "expected_by_now": fraction(progress.expected_by_now.as_ref()),
        "failing": ids(&progress.failing),
        "over": progress.over,
        "decided": progress.decided.map(Decided::key),
        "set_status": by_hand.and_then(|set| set.status).map(Status::key),
        "set_note": by_hand.map(|set| set.note.as_str()),
        "doubt": target.doubt,
        "note": target.note.get(Lang::En),
        "notice": report.programme.notice.en,
    })
}

/// An exact amount as a reduced fraction of decimal texts.
pub(crate) fn fraction(quantity: Option<&Quantity>) -> Value {
    quantity.map_or(Value::Null, |quantity| {
        let (numerator, denominator) = quantity.fraction();
        json!([numerator, denominator])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_that_follow_each_other_are_one_run() {
        let missing = |periods: &[(&str, &str)]| -> Vec<(String, Period)> {
            periods.iter().map(|(form, period)| ((*form).to_owned(), period.parse().unwrap())).collect()
        };
        let written = runs(&missing(&[
            ("economy", "2024-01"),
            ("economy", "2024-02"),
            ("economy", "2024-03"),
            ("economy", "2024-05"),
            ("budget", "2024-06"),
            ("people", "2024-Q1"),
            ("people", "2024-Q2"),
            ("culture", "2024"),
        ]));
        let expected =
            ["economy 2024-01…03", "economy 2024-05", "budget 2024-06", "people 2024-Q1…Q2", "culture 2024"];
        assert_eq!(written, expected);
        assert_eq!(runs(&[]), Vec::<String>::new());
    }
}
