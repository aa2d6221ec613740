//! The sample year, straight through the domain: the figures of fifteen units against the expected progress.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gom_domain::cells::Cells;
use gom_domain::programme::{self, Bundle, Edition, Editions};
use gom_domain::progress::progress;
use gom_domain::sheet;
use gom_domain::totals::View;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn bundle(name: &str) -> Bundle {
    let files = std::fs::read_dir(root().join("programmes").join(name)).unwrap();
    files
        .map(|file| file.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn both_programmes_are_sound() {
    for name in ["phung-hiep-2024", "seven-communes-2025"] {
        let reading = programme::read(&bundle(name)).unwrap();
        assert!(!reading.programme.targets.is_empty());
    }
}

/// Two columns of a line of the expected file that are easy to compare as text: reference and status.
#[test]
fn the_sample_year_has_the_expected_statuses() {
    let reading = programme::read(&bundle("phung-hiep-2024")).unwrap();
    let programme = Arc::new(reading.programme);
    let mut cells = Cells::default();
    let numbering = cells.number(&programme);
    cells.set_quotas(&programme, &numbering, &reading.quotas.unwrap());
    cells.set_baseline(&programme, &numbering, &reading.baseline.unwrap());
    let mut editions = Editions::default();
    editions.publish(Edition { version: 1, programme: Arc::clone(&programme) });
    let reports = std::fs::read(root().join("demo/sample-2024/reports.csv")).unwrap();
    for unit in programme.unit_places() {
        let sheet = sheet::read(&editions, &programme.unit(unit).id, &reports).unwrap();
        let mut forms: HashMap<_, Vec<Option<i64>>> = HashMap::new();
        for cell in sheet.cells {
            let elements = &programme.form(cell.form).elements;
            let place = elements.iter().position(|element| *element == cell.element).unwrap();
            forms.entry((cell.form, cell.period)).or_insert_with(|| vec![None; elements.len()])[place] =
                cell.value;
        }
        for ((form, period), figures) in forms {
            cells.stand(&programme, &numbering, unit, form, period, &figures);
        }
    }
    for (month, name) in [(3, "2024-03"), (6, "2024-06"), (9, "2024-09")] {
        let view = View::new(&programme, &numbering, &cells, month);
        let expected =
            std::fs::read_to_string(root().join(format!("tests/data/expected-{name}.jsonl"))).unwrap();
        for ((progress, target), line) in
            progress(&view, &HashMap::new()).iter().zip(&programme.targets).zip(expected.lines())
        {
            let has =
                |text: String| assert!(line.contains(&text), "{name} {text} not in {line}: {progress:?}");
            has(format!("\"ref\": \"{}\"", target.reference));
            has(format!("\"status\": \"{}\"", progress.status.key()));
            has(match &progress.actual {
                None => "\"actual\": null".to_owned(),
                Some(actual) => {
                    format!("\"actual\": [\"{}\", \"{}\"]", actual.fraction().0, actual.fraction().1)
                }
            });
            if line.contains("\"failing\"") {
                let ids: Vec<String> =
                    progress.failing.iter().map(|unit| format!("\"{}\"", programme.unit(*unit).id)).collect();
                has(format!("\"failing\": [{}]", ids.join(", ")));
            }
            if line.contains("\"over\"") {
                has(format!("\"over\": {}", progress.over));
            }
            if target.formula.is_some() {
                has(format!("\"reported\": {}", progress.reported));
                has(format!("\"expected\": {}", progress.expected));
            }
        }
    }
}
