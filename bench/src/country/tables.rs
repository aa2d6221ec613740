//! The tables of a programme for a country: the district's own, with more units, other years, more targets.

use std::collections::HashMap;

use anyhow::Context;
use gom_domain::Period;
use gom_domain::element::Kind;
use gom_domain::programme::{Bundle, Programme};

use crate::programme::{self, Unit};

/// The district's tables.
const TABLES: [(&str, &str); 7] = [
    ("programme.toml", include_str!("../../../programmes/phung-hiep-2024/programme.toml")),
    ("units.csv", include_str!("../../../programmes/phung-hiep-2024/units.csv")),
    ("forms.csv", include_str!("../../../programmes/phung-hiep-2024/forms.csv")),
    ("elements.csv", include_str!("../../../programmes/phung-hiep-2024/elements.csv")),
    ("groups.csv", include_str!("../../../programmes/phung-hiep-2024/groups.csv")),
    ("targets.csv", include_str!("../../../programmes/phung-hiep-2024/targets.csv")),
    ("rules.csv", include_str!("../../../programmes/phung-hiep-2024/rules.csv")),
];
/// The year that they are of.
const YEAR: &str = "2024";
/// The elements that are allotted.
const ALLOTTED: [&str; 4] = ["jobs_created", "trained_workers", "members_admitted", "recruits_called"];
/// A unit's quota for the year, and its figure of the year before.
const QUOTA: &str = "1200";
const BEFORE: &str = "900";

/// A year's tables; quotas and the year before come later than the rest, for enrolling must not wait for them.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(crate) bundle: Bundle,
    pub(crate) quotas: Vec<u8>,
    pub(crate) baseline: Vec<u8>,
}

/// The district's units and, beyond them, the country's.
pub(super) fn units(count: usize) -> anyhow::Result<Vec<Unit>> {
    let own = own_units()?;
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for mut unit in programme::units(usize::MAX)? {
        match own.get(&unit.code) {
            Some(id) => {
                unit.id.clone_from(id);
                first.push(unit);
            }
            None => others.push(unit),
        }
    }
    first.append(&mut others);
    first.truncate(count);
    Ok(first)
}

/// The ids of the district's units that the country's list has as well, by code.
fn own_units() -> anyhow::Result<HashMap<String, String>> {
    let (_, table) = TABLES[1];
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let mut units = HashMap::new();
    for row in reader.records() {
        let row = row?;
        let [id, code] = [0, 1].map(|place| row.get(place).unwrap_or_default().to_owned());
        // Units of later years bear the codes of those that they came from.
        units.entry(code).or_insert(id);
    }
    Ok(units)
}

impl Tables {
    pub(super) fn new(units: &[Unit], year: i16, targets: usize) -> anyhow::Result<Self> {
        let own: Vec<String> = own_units()?.into_values().collect();
        let more = units.iter().filter(|unit| !own.contains(&unit.id));
        let mut bundle = Bundle::default();
        for (name, table) in TABLES {
            let bytes = match name {
                "programme.toml" => table.replace(YEAR, &year.to_string()).into_bytes(),
                "units.csv" => with_units(table, more.clone())?,
                "targets.csv" => with_copies(&table.replace(YEAR, &year.to_string()), targets)?,
                _ => table.as_bytes().to_vec(),
            };
            bundle.insert(name, bytes);
        }
        Ok(Self { bundle, quotas: Vec::new(), baseline: Vec::new() })
    }

    /// Writes the tables of quotas and of the year before, for every unit.
    pub(super) fn add_priors(&mut self, programme: &Programme) -> anyhow::Result<()> {
        self.quotas = quotas(programme)?;
        self.baseline = baseline(programme)?;
        Ok(())
    }
}

fn with_units<'a>(table: &str, more: impl Iterator<Item = &'a Unit>) -> anyhow::Result<Vec<u8>> {
    let mut rows = csv::Writer::from_writer(table.as_bytes().to_vec());
    for unit in more {
        rows.write_record([&unit.id, &unit.code, &unit.name, &unit.kind, "", "", "", "", ""])?;
    }
    Ok(rows.into_inner()?)
}

/// The same targets again under other names.
fn with_copies(table: &str, copies: usize) -> anyhow::Result<Vec<u8>> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    let mut all = csv::Writer::from_writer(table.as_bytes().to_vec());
    for copy in 1..copies {
        for row in &rows {
            let renamed = row.iter().enumerate().map(|(place, cell)| match place {
                // Its reference and its key.
                0 | 2 => format!("{cell}-{copy}"),
                _ => cell.to_owned(),
            });
            all.write_record(renamed)?;
        }
    }
    Ok(all.into_inner()?)
}

fn quotas(programme: &Programme) -> anyhow::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["unit", "element", "value"])?;
    for unit in programme.unit_places().filter(|unit| programme.exists_in_year(*unit)) {
        let id = programme.unit(unit).id.as_str();
        ALLOTTED.iter().try_for_each(|element| table.write_record([id, element, QUOTA]))?;
    }
    Ok(table.into_inner()?)
}

/// Of each element that the year before matters for: a flow's sum, the last level of a stock, a flag's no.
fn baseline(programme: &Programme) -> anyhow::Result<Vec<u8>> {
    let before = programme.year - 1;
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["unit", "element", "period", "value"])?;
    for element in programme.element_places().filter(|element| programme.element(*element).baseline) {
        let of = programme.element(element);
        let last = programme.form(of.form).frequency.period_ending(before, 12);
        let last = last.as_ref().map(Period::to_string).context("no period ends with the year")?;
        let (period, value) = match of.kind {
            Kind::Flow => (format!("{before}-01..{before}-12"), BEFORE),
            Kind::Stock if of.max.is_some() => (last, "12"),
            Kind::Stock => (last, BEFORE),
            Kind::Flag => (last, "no"),
        };
        let asked = programme.unit_places().filter(|unit| programme.exists_in_year(*unit));
        for unit in asked.filter(|unit| programme.asks(element, *unit)) {
            table.write_record([programme.unit(unit).id.as_str(), &of.key, &period, value])?;
        }
    }
    Ok(table.into_inner()?)
}
