//! `totals`: the figures of a period, added up.

use gom_domain::{Lang, Period};
use gom_terminal::{Align, Shade, Table, put};
use serde_json::json;

use super::{Done, SheetFormat, commit, recalled};
use crate::folder::Folder;
use crate::show;
use crate::totals::{Over, Total, Totals};
use crate::wording::Trouble;

/// Shows the totals of a period.
pub(super) fn totals(
    folder: &Folder,
    period: Period,
    cumulative: bool,
    at: Option<u64>,
    format: SheetFormat,
    lang: Lang,
) -> Done {
    let (_, memory) = recalled(folder, at)?;
    let totals = crate::totals::totals(&memory, period, cumulative).map_err(|trouble| vec![trouble])?;
    let commit = commit(&memory, at);
    let text = match format {
        SheetFormat::Table => table(&totals, period, cumulative, commit, lang),
        SheetFormat::Csv => csv(&totals, period).map_err(|error| vec![Trouble::Books(error.to_string())])?,
        SheetFormat::Json => lines(&totals, period, cumulative, commit),
    };
    put(&text);
    Ok(())
}

fn table(totals: &Totals, period: Period, cumulative: bool, commit: u64, lang: Lang) -> String {
    let programme = &totals.programme;
    let what = if cumulative {
        lang.pick("Lũy kế từ đầu năm đến hết", "From January to the end of")
    } else {
        lang.pick("Trong kỳ", "Within")
    };
    let mut table = Table::new(&[
        (lang.pick("Biểu", "Form"), Align::Left),
        (lang.pick("Chỉ tiêu", "Element"), Align::Left),
        (lang.pick("ĐVT", "Measure"), Align::Left),
        (lang.pick("Tổng số", "Total"), Align::Right),
        (lang.pick("Đơn vị", "Units"), Align::Right),
        (lang.pick("Chưa báo cáo", "Not reported"), Align::Left),
    ]);
    for total in totals.rows.iter().filter(|total| total.over == Over::All) {
        let element = programme.element(total.element);
        let shade = if total.reported < total.expected { Shade::Warn } else { Shade::Plain };
        let value = total.value.map(|value| gom_domain::totals::amount(element, value));
        let value = value.map_or_else(|| "–".to_owned(), |value| value.shown(element.scale, lang));
        table.shaded([
            (programme.form(element.form).key.clone(), Shade::Plain),
            (element.label.get(lang).to_owned(), Shade::Plain),
            (element.measure.get(lang).to_owned(), Shade::Plain),
            (value, Shade::Plain),
            (format!("{}/{}", total.reported, total.expected), shade),
            (show::few_units(programme, &total.missing), Shade::Plain),
        ]);
    }
    let at = lang.pick("lần ghi", "commit");
    format!("{what} {period} ({at} {commit})\n{}{}", table.text(), show::notice(programme, lang))
}

/// Over which units a total goes, as text: `all`, `kind=commune`, `unit=cay-duong`.
fn scope(totals: &Totals, over: &Over) -> String {
    match over {
        Over::All => "all".to_owned(),
        Over::Kind(kind) => format!("kind={kind}"),
        Over::Unit(unit) => format!("unit={}", totals.programme.unit(*unit).id),
    }
}

fn plain(totals: &Totals, total: &Total) -> Option<String> {
    let element = totals.programme.element(total.element);
    total.value.map(|value| gom_domain::totals::amount(element, value).rounded(element.scale))
}

fn csv(totals: &Totals, period: Period) -> Result<String, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["scope", "form", "period", "element", "value", "reported", "expected"])?;
    for total in &totals.rows {
        let element = totals.programme.element(total.element);
        out.write_record([
            scope(totals, &total.over).as_str(),
            &totals.programme.form(element.form).key,
            &period.to_string(),
            &element.key,
            &plain(totals, total).unwrap_or_default(),
            &total.reported.to_string(),
            &total.expected.to_string(),
        ])?;
    }
    let bytes = out.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn lines(totals: &Totals, period: Period, cumulative: bool, commit: u64) -> String {
    let objects = totals.rows.iter().map(|total| {
        let element = totals.programme.element(total.element);
        let missing: Vec<&str> =
            total.missing.iter().map(|unit| totals.programme.unit(*unit).id.as_str()).collect();
        json!({
            "scope": scope(totals, &total.over),
            "form": totals.programme.form(element.form).key,
            "element": element.key,
            "period": period.to_string(),
            "cumulative": cumulative,
            "commit": commit,
            "value": plain(totals, total),
            "reported": total.reported,
            "expected": total.expected,
            "missing": missing,
        })
        .to_string()
    });
    objects.map(|object| object + "\n").collect()
}
