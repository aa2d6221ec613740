//! Publishing: a new version of the programme, a table of quotas, a table of the year before.
//!
//! All of a call is taken or none of it. What units have reported is never touched: a programme that would give a
//! figure another meaning is refused.

use std::collections::HashSet;
use std::io::{Error, ErrorKind};
use std::path::Path;

use gom_domain::programme::{self, Baseline, Bundle, Fault, Problem, Programme, Quotas, Reading};
use gom_domain::unit::UnitId;

use crate::books::{Answer, Changes};
use crate::memory::Memory;
use crate::store::{ChangeKind, ChangeRow, Ledger, Stored};
use crate::wording::Trouble;

/// What is to be published; what is empty stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// The year of the programme that tables without one belong to; none: the newest.
    pub year: Option<i16>,
    /// A programme's tables. Quotas and baseline in the same folder are published with it.
    pub programme: Option<Bundle>,
    /// A table of quotas, replacing the year's.
    pub quotas: Option<Vec<u8>>,
    /// A table of the prior year's figures, replacing it.
    pub baseline: Option<Vec<u8>>,
}

/// Publishes.
pub fn load(ledger: &mut dyn Ledger, memory: &Memory, job: &Load) -> Stored<(Changes, Answer)> {
    let checked = match check(memory, job) {
        Ok(checked) => checked,
        Err(troubles) => return Ok((Changes::default(), Answer::Refused(troubles))),
    };
    let mut changes = Changes::default();
    if let Some(programme) = &checked.programme {
        name(ledger, memory, programme, &mut changes)?;
    }
    let first = memory.last.map_or(1, |last| last.last_seq + 1);
    for (seq, (kind, year, body)) in (first..).zip(checked.entries) {
        let row = ChangeRow { seq, kind, year, body, who: String::new() };
        changes.rows.push(row);
    }
    let answer = Answer::Changed(changes.rows.last().map_or(0, |row| row.seq));
    Ok((changes, answer))
}

/// Gives new units and forms their numbers in the books.
fn name(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    programme: &Programme,
    changes: &mut Changes,
) -> Stored<()> {
    let (units, forms) = memory.next_names();
    let new_units = programme.units.iter().filter(|unit| memory.unit_number(&unit.id).is_none());
    for (unit, number) in new_units.zip(units..) {
        ledger.name_unit(number, unit.id.as_str())?;
        changes.units.push((number, unit.id.clone()));
    }
    let new_forms = programme.forms.iter().filter(|form| memory.form_number(&form.key).is_none());
    for (form, number) in new_forms.zip(forms..) {
        ledger.name_form(number, &form.key)?;
        changes.forms.push((number, form.key.clone()));
    }
    Ok(())
}

/// What can be published.
#[derive(Debug)]
pub struct Checked {
    programme: Option<Programme>,
    entries: Vec<(ChangeKind, i16, Vec<u8>)>,
}

/// Checks what is to be published against the books, without changing them.
pub fn check(memory: &Memory, job: &Load) -> Result<Checked, Vec<Trouble>> {
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    let mut published = None;
    if let Some(bundle) = &job.programme {
        let Reading { programme, .. } = programme::read(bundle).map_err(troubles)?;
        faults.extend(keeps_its_word(memory, &programme));
        let year = programme.year;
        let tables: Bundle = bundle
            .iter()
            .filter(|(name, _)| Bundle::PROGRAMME.contains(name))
            .map(|(name, bytes)| (name, bytes.to_vec()))
            .collect();
        entries.push((ChangeKind::Programme, year, gom_proto::change::encode_bundle(&tables)));
        published = Some(programme);
    }
    let meant = job.year.map_or_else(|| memory.editions.newest(), |year| memory.editions.edition_for(year));
    let newest = meant.map(|edition| edition.programme.as_ref());
    let Some(programme) = published.as_ref().or(newest) else {
        return Err(vec![Trouble::no_programme(memory, job.year)]);
    };
    let from_folder =
        |name: &str| job.programme.as_ref().and_then(|bundle| bundle.get(name)).map(<[u8]>::to_vec);
    let standing = |kept: Option<&crate::memory::Prior>| kept.map(|prior| prior.table.clone());
    let quotas = job.quotas.clone().or_else(|| from_folder(Bundle::QUOTAS));
    let under_force = quotas.clone().or_else(|| standing(memory.quotas.get(&programme.year)));
    if let Some(Err(found)) = under_force.map(|table| Quotas::read(programme, &table)) {
        faults.extend(found);
    }
    let baseline = job.baseline.clone().or_else(|| from_folder(Bundle::BASELINE));
    let under_force = baseline.clone().or_else(|| standing(memory.baselines.get(&programme.year)));
    if let Some(Err(found)) = under_force.map(|table| Baseline::read(programme, &table)) {
        faults.extend(found);
    }
    if !faults.is_empty() {
        return Err(troubles(faults));
    }
    entries.extend(quotas.map(|table| (ChangeKind::Quotas, programme.year, table)));
    entries.extend(baseline.map(|table| (ChangeKind::Baseline, programme.year, table)));
    Ok(Checked { programme: published, entries })
}

/// The tables of a programme's folder. Other files in it are left alone.
pub fn read_folder(dir: &Path) -> Result<Bundle, Trouble> {
    let cannot = |path: &Path, error: &Error| Trouble::file(path.display(), error);
    if !dir.is_dir() {
        let kind = if dir.exists() { ErrorKind::NotADirectory } else { ErrorKind::NotFound };
        return Err(cannot(dir, &Error::from(kind)));
    }
    let mut bundle = Bundle::default();
    for name in Bundle::PROGRAMME.into_iter().chain([Bundle::QUOTAS, Bundle::BASELINE]) {
        let path = dir.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => bundle.insert(name, bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(cannot(&path, &error)),
        }
    }
    Ok(bundle)
}

/// Faults of tables as troubles.
pub(crate) fn troubles(faults: Vec<Fault>) -> Vec<Trouble> {
    faults.into_iter().map(|fault| Trouble::Fault(Box::new(fault))).collect()
}

/// Whether every element and unit in the books means in the new programme what it meant before.
fn keeps_its_word(memory: &Memory, programme: &Programme) -> Vec<Fault> {
    let mut faults = Vec::new();
    let fault = |file: &str, line, column: &str, problem| Fault {
        file: file.to_owned(),
        line: Some(line),
        column: column.to_owned(),
        problem,
    };
    let olds: Vec<_> = memory.editions.iter().map(|edition| &edition.programme).collect();
    for (element, line) in programme.elements.iter().zip(2..) {
        let redefined = olds.iter().any(|old| {
            old.element_named(&element.key).map(|ix| old.element(ix)).is_some_and(|before| {
                let same_year = old.year == programme.year;
                let frequency = |p: &Programme, e: &gom_domain::element::Element| p.form(e.form).frequency;
                before.kind != element.kind
                    || before.scale != element.scale
                    || same_year
                        && (frequency(old, before) != frequency(programme, element)
                            || old.form(before.form).key != programme.form(element.form).key)
            })
        });
        if redefined {
            faults.push(fault("elements.csv", line, "key", Problem::Redefined(element.key.clone())));
        }
    }
    let reporting: HashSet<&UnitId> =
        memory.standing_places().filter_map(|place| memory.unit_id(place.unit)).collect();
    let dropped = reporting.into_iter().filter(|id| programme.unit_of(id).is_none());
    faults.extend(dropped.map(|id| fault("units.csv", 1, "id", Problem::UnitDropped(id.to_string()))));
    faults
}
