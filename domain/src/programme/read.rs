//! From tables to a programme: one function a table, each reporting all it finds.

mod elements;
mod forms;
mod rules;
mod targets;
mod units;

use std::ops::RangeInclusive;

use super::fault::{Fault, Problem};
use super::found::Found;
use super::priors::{self, Baseline, Quotas};
use super::table::{Faults, Row, Table};
use super::{Bundle, Programme, checks};
use crate::calendar::Regime;
use crate::text;
use crate::wording::Bilingual;

/// A programme that has been read, with the figures that came with it.
#[derive(Debug)]
pub struct Reading {
    /// The programme.
    pub programme: Programme,
    /// Its table of quotas, if there is one.
    pub quotas: Option<Quotas>,
    /// Its table of the prior year's figures, if there is one.
    pub baseline: Option<Baseline>,
    /// What is doubtful in it, though it can be used.
    pub doubts: Vec<Fault>,
}

/// Reads a programme's tables, or says everything that is wrong with them.
pub fn read(bundle: &Bundle) -> Result<Reading, Vec<Fault>> {
    let found = Found::default();
    let mut programme = heading(bundle, &found);
    if !YEARS.contains(&programme.year) {
        found.lose_year();
    }
    units::units(&mut programme, bundle, &found);
    let regime = default_regime(bundle);
    forms::forms(&mut programme, bundle, regime, &found);
    elements::elements(&mut programme, bundle, &found);
    targets::groups(&mut programme, bundle, &found);
    targets::targets(&mut programme, bundle, &found);
    rules::rules(&mut programme, bundle, &found);
    let quotas = bundle.get(Bundle::QUOTAS).map(|bytes| {
        let (quotas, torn) = priors::quotas(&programme, bytes, &found);
        checks::quota_sums(&programme, &quotas, &torn, &found);
        quotas
    });
    let baseline = bundle.get(Bundle::BASELINE).map(|bytes| priors::baseline(&programme, bytes, &found));
    let mut faults = found.into_faults();
    faults.sort_by_key(|fault| (place(&fault.file), fault.line));
    let (doubts, faults): (Vec<_>, Vec<_>) = faults.into_iter().partition(|fault| fault.problem.is_doubt());
    if faults.is_empty() { Ok(Reading { programme, quotas, baseline, doubts }) } else { Err(faults) }
}

/// Where a file stands in the order in which its author fills them in.
fn place(file: &str) -> usize {
    Bundle::PROGRAMME.iter().position(|name| *name == file).unwrap_or(Bundle::PROGRAMME.len())
}

fn open<'a>(bundle: &Bundle, file: &'a str, columns: &[&str], found: &'a Found) -> Table<'a> {
    open_with(bundle, file, columns, &[], found)
}

/// Opens a table that may lack the columns of `spare`: they came later, and older tables stay readable.
fn open_with<'a>(
    bundle: &Bundle,
    file: &'a str,
    columns: &[&str],
    spare: &[&str],
    found: &'a Found,
) -> Table<'a> {
    Table::read(bundle.get(file), columns, spare, Faults::new(file, found))
}

fn bilingual(row: Row<'_>, vi: &str, en: &str) -> Bilingual {
    Bilingual { vi: row.text(vi), en: row.cell(en).to_owned() }
}

/// A text that may be blank, in either language.
fn remark(row: Row<'_>, vi: &str, en: &str) -> Bilingual {
    Bilingual { vi: row.cell(vi).to_owned(), en: row.cell(en).to_owned() }
}

const HEADING: &str = "programme.toml";

fn toml_of(bundle: &Bundle) -> Option<Result<toml::Table, toml::de::Error>> {
    let text = std::str::from_utf8(bundle.get(HEADING)?).ok()?;
    Some(text.parse())
}

fn heading(bundle: &Bundle, found: &Found) -> Programme {
    let faults = Faults::new(HEADING, found);
    let mut programme = Programme::default();
    let table = match toml_of(bundle) {
        Some(Ok(table)) => table,
        Some(Err(error)) => {
            let text = std::str::from_utf8(bundle.get(HEADING).unwrap_or_default()).unwrap_or_default();
            let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count() as u64);
            faults.add(line, "", Problem::Toml(error.message().to_owned()));
            return programme;
        }
        None if bundle.get(HEADING).is_some() => {
            faults.add(None, "", Problem::NotText);
            return programme;
        }
        None => {
            faults.add(None, "", Problem::MissingFile);
            return programme;
        }
    };
    for key in table.keys() {
        if !HEADING_KEYS.contains(&key.as_str()) {
            faults.add(None, key, Problem::UnknownColumn);
        }
    }
    let word = |key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let both = |vi: &str, en: &str| Bilingual { vi: word(vi), en: word(en) };
    programme.key = word("key");
    programme.name = both("name_vi", "name_en");
    programme.source = both("source_vi", "source_en");
    programme.notice = both("notice_vi", "notice_en");
    let year = table.get("year").and_then(toml::Value::as_integer);
    programme.year = year.and_then(|year| i16::try_from(year).ok()).unwrap_or_default();
    if !YEARS.contains(&programme.year) {
        let written = year.map_or_else(String::new, |year| year.to_string());
        faults.add(
            None,
            "year",
            Problem::NotBetween(written, (*YEARS.start()).into(), (*YEARS.end()).into()),
        );
    }
    for (key, text) in [("key", &programme.key), ("name_vi", &programme.name.vi)] {
        if text.is_empty() {
            faults.add(None, key, Problem::Missing);
        }
    }
    if Regime::from_key(&word("window")).is_none() {
        faults.add(None, "window", Problem::NotOneOf(word("window"), REGIMES));
    }
    if Bilingual::default() != programme.name && !text::is_composed(&programme.name.vi) {
        faults.add(None, "name_vi", Problem::NotComposed);
    }
    programme
}

const HEADING_KEYS: [&str; 10] = [
    "key",
    "name_vi",
    "name_en",
    "year",
    "window",
    "language",
    "source_vi",
    "source_en",
    "notice_vi",
    "notice_en",
];
/// The years that a programme may be for.
const YEARS: RangeInclusive<i16> = 1900..=2999;
const REGIMES: &str = "decree-09, calendar";

fn default_regime(bundle: &Bundle) -> Regime {
    let table = toml_of(bundle).and_then(Result::ok).unwrap_or_default();
    table.get("window").and_then(toml::Value::as_str).and_then(Regime::from_key).unwrap_or(Regime::Decree09)
}
