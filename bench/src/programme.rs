//! A synthetic programme: forms of forty elements with as many checks as real ones, and figures that mostly pass them.
//!
//! Every figure follows from the unit, the form, the month and the version, so that every run hands in the same.

use std::path::Path;

use gom_domain::number::plain;
use gom_domain::programme::Bundle;

/// The year that the programme is for; all of it has passed.
pub(crate) const YEAR: i16 = 2024;
/// How many elements a form has.
pub(crate) const ELEMENTS: u64 = 40;

/// The units of the country in 2024: code, name, kind and where they are.
const COUNTRY: &[u8] = include_bytes!("../data/units-vietnam-2024.csv");
/// Usual sizes of figures, as integers of their scale: from births to production values.
const SIZES: [u64; 5] = [20, 900, 20_000, 2_500, 150_000];
/// The size that is kept with two decimals.
const WITH_DECIMALS: u64 = 150_000;
/// These elements are levels; the others add up.
const STOCKS: std::ops::Range<u64> = 20..32;
/// Parts and the elements that they may not exceed.
const PARTS: [(u64, u64); 2] = [(11, 12), (16, 17)];
/// Elements that are the sum of two others.
const SUMS: [(u64, [u64; 2]); 2] = [(38, [36, 37]), (39, [35, 38])];
/// One report in so many has a figure that is ten times too large; the month after it then looks odd as well.
const SLIPS: u64 = 40;
/// The figure that slips.
const SLIPPING: u64 = 4;

/// A unit that reports.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    /// Its id in the programme.
    pub(crate) id: String,
    /// Its code, name and kind in the country's list.
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) kind: String,
}

/// The first so many units of the country.
pub(crate) fn units(count: usize) -> anyhow::Result<Vec<Unit>> {
    let mut reader = csv::Reader::from_reader(COUNTRY);
    reader
        .records()
        .take(count)
        .map(|row| {
            let row = row?;
            let cell = |place: usize| row.get(place).unwrap_or_default().to_owned();
            Ok(Unit { id: format!("u{}", cell(0)), code: cell(0), name: cell(1), kind: cell(2) })
        })
        .collect()
}

/// One version of a report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version {
    /// The unit's place in the country's list.
    pub(crate) unit: u64,
    /// The form, from 0.
    pub(crate) form: u64,
    /// The month, from 1.
    pub(crate) month: u64,
    /// How many versions went before.
    pub(crate) before: u64,
}

impl Version {
    /// Its figures in the order of the form's elements.
    pub(crate) fn figures(self) -> Vec<i64> {
        let mut figures: Vec<i64> = (0..ELEMENTS).map(|element| self.figure(element)).collect();
        for (sum, [a, b]) in SUMS {
            figures[sum as usize] = figures[a as usize] + figures[b as usize];
        }
        figures
    }

    /// A figure around its usual size: levels move by a tenth, the rest by a third.
    fn figure(self, element: u64) -> i64 {
        let size = size(element);
        let swing = if STOCKS.contains(&element) { size / 10 } else { size * 3 / 10 };
        let slips = element == SLIPPING && self.seed(ELEMENTS).is_multiple_of(SLIPS);
        let value = size - swing + self.seed(element) % (2 * swing);
        (if slips { value * 10 } else { value }).cast_signed()
    }

    fn seed(self, element: u64) -> u64 {
        [self.unit, self.form, self.month, self.before, element].into_iter().fold(0, scatter)
    }

    /// The period.
    pub(crate) fn period(self) -> String {
        format!("{YEAR}-{:02}", self.month)
    }
}

/// Mixes a number into a seed (splitmix64), so that neighbours have nothing in common.
pub(crate) fn scatter(seed: u64, number: u64) -> u64 {
    let mut mixed = (seed ^ number).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn size(element: u64) -> u64 {
    SIZES[(element % SIZES.len() as u64) as usize]
}

fn scale(element: u64) -> u8 {
    let sum = SUMS.iter().any(|(sum, _)| *sum == element);
    if size(element) == WITH_DECIMALS && !sum { 2 } else { 0 }
}

fn form_key(form: u64) -> String {
    format!("f{form}")
}

fn element_key(form: u64, element: u64) -> String {
    format!("f{form}_e{element}")
}

/// The rows of an officer's sheet for one version of a report.
pub(crate) fn sheet(sheet: &mut csv::Writer<Vec<u8>>, unit: &str, version: Version) -> anyhow::Result<()> {
    let (form, period) = (form_key(version.form), version.period());
    for (element, value) in (0..).zip(version.figures()) {
        let value = plain(value, scale(element));
        sheet.write_record([unit, &form, &period, &element_key(version.form, element), &value])?;
    }
    Ok(())
}

/// An empty sheet with its heading.
pub(crate) fn empty_sheet() -> anyhow::Result<csv::Writer<Vec<u8>>> {
    let mut sheet = csv::Writer::from_writer(Vec::new());
    sheet.write_record(["unit", "form", "period", "element", "value"])?;
    Ok(sheet)
}

/// The programme's tables.
pub(crate) fn bundle(units: &[Unit], forms: u64) -> anyhow::Result<Bundle> {
    let tables = [
        ("units.csv", unit_rows(units)),
        ("forms.csv", form_rows(forms)),
        ("elements.csv", element_rows(forms)),
        ("groups.csv", vec![row(&["group", "label_vi", "label_en"]), row(&["1", "Tổng hợp", "Totals"])]),
        ("targets.csv", target_rows()),
        ("rules.csv", rule_rows(forms)),
    ];
    let mut bundle = Bundle::default();
    bundle.insert("programme.toml", HEADING.as_bytes().to_vec());
    for (name, rows) in tables {
        let mut table = csv::Writer::from_writer(Vec::new());
        rows.iter().try_for_each(|row| table.write_record(row))?;
        bundle.insert(name, table.into_inner()?);
    }
    Ok(bundle)
}

/// Writes the tables as a folder, as the district's own commands take them.
pub(crate) fn write(bundle: &Bundle, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, bytes) in bundle.iter() {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

const HEADING: &str = r#"key = "synthetic-2024"
name_vi = "Chương trình giả lập"
name_en = "Synthetic programme"
year = 2024
window = "calendar"
language = "vi"
"#;

type Cells = Vec<String>;

fn row(cells: &[&str]) -> Cells {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn unit_rows(units: &[Unit]) -> Vec<Cells> {
    let heading = row(&["id", "code", "name", "kind", "valid_from", "valid_to", "successor", "lat", "lon"]);
    let unit = |unit: &Unit| row(&[&unit.id, &unit.code, &unit.name, &unit.kind, "", "", "", "", ""]);
    std::iter::once(heading).chain(units.iter().map(unit)).collect()
}

fn form_rows(forms: u64) -> Vec<Cells> {
    let heading = row(&[
        "key",
        "label_vi",
        "label_en",
        "frequency",
        "applies_to",
        "window",
        "closing_day",
        "send_by_day",
        "restricted",
    ]);
    let form = |form: u64| {
        let (vi, en) = (format!("Biểu {form}"), format!("Form {form}"));
        row(&[&form_key(form), &vi, &en, "month", "all", "calendar", "", "5", "no"])
    };
    std::iter::once(heading).chain((0..forms).map(form)).collect()
}

fn element_rows(forms: u64) -> Vec<Cells> {
    let heading = row(&[
        "key",
        "form",
        "label_vi",
        "label_en",
        "measure",
        "kind",
        "scale",
        "applies_to",
        "min",
        "max",
        "part_of",
        "baseline",
        "source",
    ]);
    let elements = (0..forms).flat_map(|form| (0..ELEMENTS).map(move |element| element_row(form, element)));
    std::iter::once(heading).chain(elements).collect()
}

fn element_row(form: u64, element: u64) -> Cells {
    let (vi, en) =
        (format!("Chỉ tiêu {element} của biểu {form}"), format!("Element {element} of form {form}"));
    let kind = if STOCKS.contains(&element) { "stock" } else { "flow" };
    let whole = PARTS.iter().find(|(part, _)| *part == element);
    let whole = whole.map(|(_, whole)| element_key(form, *whole)).unwrap_or_default();
    let most = (100 * size(element).max(SIZES[2])).to_string();
    let scale = scale(element).to_string();
    row(&[
        &element_key(form, element),
        &form_key(form),
        &vi,
        &en,
        "đơn vị",
        kind,
        &scale,
        "all",
        "0",
        &most,
        &whole,
        "",
        "commune",
    ])
}

fn target_rows() -> Vec<Cells> {
    let heading = row(&[
        "ref",
        "group",
        "key",
        "label_vi",
        "label_en",
        "comparator",
        "value",
        "printed",
        "unit_vi",
        "unit",
        "scope",
        "formula",
        "pace",
        "from",
        "doubt",
        "note",
    ]);
    let sum = element_key(0, 0);
    let ratio = format!("100 * {} / {}", element_key(0, 11), element_key(0, 12));
    let target = |number: &str, key: &str, value: &str, formula: &str, pace: &str| {
        row(&[
            number,
            "1",
            key,
            "Chỉ tiêu giả lập",
            "Synthetic target",
            ">=",
            value,
            value,
            "",
            "",
            "all",
            formula,
            pace,
            "",
            "no",
            "",
        ])
    };
    vec![heading, target("1", "sum", "1000", &sum, "linear"), target("2", "ratio", "5", &ratio, "level")]
}

/// For each cell a blank check and one against the period before; besides, sums that must agree.
fn rule_rows(forms: u64) -> Vec<Cells> {
    let heading = row(&["key", "form", "element", "level", "expression", "message_vi", "message_en"]);
    let warning = |key: &str, form: &str, kind: &str, expression: &str, vi: &str, en: &str| {
        row(&[key, form, kind, "warning", expression, vi, en])
    };
    let mut rows = vec![
        heading,
        warning("blank", "*", "*", "present(value)", "Ô này còn để trống.", "This cell is blank."),
        warning(
            "threefold",
            "*",
            "flow",
            "value <= 3 * last(value) and 3 * value >= last(value)",
            "Chênh lệch trên 3 lần so với tháng trước.",
            "More than three times last month's figure, or less than a third of it.",
        ),
        warning(
            "jump",
            "*",
            "stock",
            "value <= 1.5 * last(value) and 1.5 * value >= last(value)",
            "Tăng hoặc giảm nhiều so với tháng trước.",
            "Rose or fell much against the month before.",
        ),
    ];
    for form in 0..forms {
        rows.extend(SUMS.map(|(sum, [a, b])| {
            let name = |element| element_key(form, element);
            let expression = format!("{} = {} + {}", name(sum), name(a), name(b));
            let key = format!("sum-{form}-{sum}");
            let texts = ["Tổng không khớp các thành phần.", "The sum does not agree with its parts."];
            row(&[&key, &form_key(form), &name(sum), "error", &expression, texts[0], texts[1]])
        }));
    }
    rows
}

#[cfg(test)]
mod tests {
    use gom_proto::figures::pack;

    use super::*;

    fn version(seed: u64) -> Version {
        Version { unit: seed % 15, form: seed % 3, month: 1 + seed % 12, before: seed / 36 }
    }

    #[test]
    fn the_tables_can_be_read() {
        let reading = gom_domain::programme::read(&bundle(&units(15).unwrap(), 3).unwrap()).unwrap();
        assert_eq!(reading.programme.elements.len(), 120);
        assert_eq!(reading.programme.rules.len(), 2 * 120 + 2 * 3);
    }

    #[test]
    fn the_whole_country_can_be_read() {
        let units = units(usize::MAX).unwrap();
        assert_eq!(units.len(), 10_035);
        assert!(gom_domain::programme::read(&bundle(&units, 1).unwrap()).is_ok());
    }

    #[test]
    fn forty_figures_pack_into_about_a_hundred_bytes() {
        let packed = |seed| pack(&version(seed).figures().into_iter().map(Some).collect()).len();
        let mean = (0..1_000).map(packed).sum::<usize>() / 1_000;
        assert!((90..=110).contains(&mean), "{mean}");
    }

    #[test]
    fn sums_agree_and_parts_are_within_their_wholes() {
        for figures in (0..1_000).map(|seed| version(seed).figures()) {
            let at = |element: u64| figures[element as usize];
            assert!(SUMS.iter().all(|(sum, [a, b])| at(*sum) == at(*a) + at(*b)));
            assert!(PARTS.iter().all(|(part, whole)| at(*part) <= at(*whole)));
        }
    }
}
