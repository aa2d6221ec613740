//! `progress`: all targets in one table, and what each unit has handed in.

use gom_domain::progress::{Decided, Progress, Status};
use gom_domain::target::Target;
use gom_domain::unit::UnitIx;
use gom_domain::{Lang, Period, Quantity};
use gom_terminal::{Align, Format, Shade, Table, put};
use serde_json::{Value, json};

use super::{Done, show};
use crate::folder::Folder;
use crate::progress::{YearReport, year_report};

/// Shows how every target stands.
pub(super) fn progress(folder: &Folder, as_of: Period, at: Option<u64>, format: Format, lang: Lang) -> Done {
    let (_, memory) = folder.recall(at).map_err(|trouble| vec![trouble])?;
    let commit = at.unwrap_or(memory.last.map_or(0, |last| last.last_seq));
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
            show::amount(progress.actual.as_ref(), lang)
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
        let missing: Vec<String> =
            unit.missing.iter().map(|(form, period)| format!("{form} {period}")).collect();
        let shade = if missing.is_empty() { Shade::Good } else { Shade::Warn };
        table.shaded([
            (report.programme.unit(unit.unit).name.clone(), Shade::Plain),
            (format!("{}/{}", unit.handed_in, unit.due), shade),
            (missing.len().to_string(), shade),
            (missing.join(", "), Shade::Plain),
        ]);
    }
    table.text()
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
        "expected_by_now": fraction(progress.expected_by_now.as_ref()),
        "failing": ids(&progress.failing),
        "over": progress.over,
        "decided": progress.decided.map(Decided::key),
        "set_status": by_hand.and_then(|set| set.status).map(Status::key),
        "set_note": by_hand.map(|set| set.note.as_str()),
        "doubt": target.doubt,
        "note": target.note,
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
