//! Tables: sheets of figures, and a programme's own. Any bytes are refused with what is wrong and where, or read; and what
//! a programme's reading lets through can be reckoned with.

use std::sync::{Arc, LazyLock};

use gom_domain::Lang;
use gom_domain::cells::Cells;
use gom_domain::number::Notation;
use gom_domain::programme::{self, Bundle, Edition, Editions, Programme};
use gom_domain::progress::progress;
use gom_domain::sheet::{self, SheetProblem};
use gom_domain::totals::View;
use gom_domain::unit::UnitId;

use super::tape::Tape;
use crate::district::bundle;

static SAMPLE: LazyLock<Bundle> = LazyLock::new(|| bundle("phung-hiep-2024"));
static EDITIONS: LazyLock<Editions> = LazyLock::new(|| {
    let programme = Arc::new(programme::read(&SAMPLE).unwrap().programme);
    let mut editions = Editions::default();
    editions.publish(Edition { version: 1, programme });
    editions
});

const SHEET: &str = "unit,form,period,element,value\n\
    31423,society,2024-05,births,12\n\
    31423,budget,2024-05,tax_revenue,1.5\n\
    31420,society,2024-05,births,3\n\
    31423,living-standards,2024-H1,ntm,yes\n\
    31423,society,2024-05,deaths,\n";

const CELLS: [&str; 36] = [
    "unit",
    "value",
    "31423",
    "hoa-an",
    "31999",
    "society",
    "budget",
    "living-standards",
    "births",
    "deaths",
    "tax_revenue",
    "ntm",
    "2024-05",
    "2024-06",
    "2024-13",
    "2024-H1",
    "2024-Q3",
    "2024",
    "-9999-01",
    "2023-05",
    "12",
    "-1",
    "1.25",
    "1,5",
    "yes",
    "99999999999999",
    "\"",
    "\"\"",
    ",",
    ";",
    "\n",
    "\r\n",
    "\r",
    "\u{feff}",
    "a\u{301}",
    "ệ",
];

/// Any bytes as a sheet of a unit's figures.
pub fn sheet(data: &[u8]) {
    let mut tape = Tape::new(data);
    let bytes = tape.changed(SHEET.as_bytes(), &CELLS);
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
    match sheet::read(&EDITIONS, &UnitId::from("hoa-an"), &bytes) {
        Ok(sheet) => sheet.cells.iter().for_each(|cell| {
            assert!((2..=lines).contains(&cell.line), "line {} of {lines}", cell.line);
            let programme = EDITIONS.for_year(cell.period.year()).unwrap();
            let element = programme.element(cell.element);
            assert_eq!(element.form, cell.form);
            assert!(programme.form(cell.form).takes(cell.period));
            let Some(value) = cell.value else { return };
            let typed = element.shown(value, Lang::Vi);
            assert_eq!(element.read(&element.plain(value), Notation::Plain), Ok(Some(value)));
            assert_eq!(element.read(&typed, Notation::Vietnamese), Ok(Some(value)), "{typed}");
        }),
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults {
                assert!(
                    fault.line.is_none_or(|line| (1..=lines).contains(&line)),
                    "{fault:?} of {lines} lines"
                );
                if let SheetProblem::Twice(first) = fault.problem {
                    assert!(fault.line > Some(first), "{fault:?}");
                }
            }
        }
    }
}

const PROGRAMME_CELLS: [&str; 44] = [
    "yes",
    "no",
    "flow",
    "stock",
    "flag",
    "month",
    "quarter",
    "half",
    "year",
    "all",
    "commune",
    "0",
    "1",
    "-1",
    "12",
    "13",
    "255",
    "65536",
    "9999999999999",
    "99999999999999999999",
    "2024-01-01",
    "2024-06-30",
    "-9999-01-01",
    "9999-12-31",
    "2024",
    "1899",
    "32767",
    ">=",
    "<=",
    "hoa-an",
    "society",
    "births",
    "deaths",
    "births / deaths",
    "prev(births)",
    "kept(births)",
    "quota(births)",
    "present(value)",
    "value <= 3 * last(value)",
    "\"",
    ",",
    "\n",
    "ệ = \"",
    "\u{feff}",
];

/// Any bytes as one or two of the tables of a programme.
pub fn programme(data: &[u8]) {
    let mut tape = Tape::new(data);
    let mut bundle = SAMPLE.clone();
    for _ in 0..=tape.below(2) {
        let files: Vec<(String, Vec<u8>)> =
            bundle.iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
        let (name, bytes) = tape.one_of(&files);
        let valid = near(&mut tape, bytes);
        bundle.insert(name, tape.changed(&valid, &PROGRAMME_CELLS));
    }
    match programme::read(&bundle) {
        Ok(reading) => is_reckoned_with(&reading.programme, &reading),
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults {
                let file = bundle.get(&fault.file).unwrap_or_default();
                let lines = file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
                assert!(
                    fault.line.is_none_or(|line| (1..=lines).contains(&line)),
                    "{fault:?} of {lines} lines"
                );
            }
        }
    }
}

/// A table with fewer rows, so that a change is as likely in its head as below it.
fn near(tape: &mut Tape<'_>, bytes: &[u8]) -> Vec<u8> {
    if tape.one_in(4) {
        let lines = 1 + tape.below(4);
        return bytes.split_inclusive(|byte| *byte == b'\n').take(lines).flatten().copied().collect();
    }
    bytes.to_vec()
}

/// Progress of every month can be told under it, with the figures that came with it.
fn is_reckoned_with(programme: &Programme, reading: &programme::Reading) {
    let mut cells = Cells::default();
    let numbering = cells.number(programme);
    if let Some(quotas) = &reading.quotas {
        cells.set_quotas(programme, &numbering, quotas);
    }
    if let Some(baseline) = &reading.baseline {
        cells.set_baseline(programme, &numbering, baseline);
    }
    for month in [1, 12] {
        let view = View::new(programme, &numbering, &cells, month);
        let told = progress(&view, &std::collections::HashMap::new());
        assert_eq!(told.len(), programme.targets.len());
    }
}
