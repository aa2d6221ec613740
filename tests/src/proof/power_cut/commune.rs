//! The commune's side: a folder that was filled in, handed in and synced, as a power cut left it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use gom::{Commune, Failure, SyncError, Which};
use gom_domain::greeting::fingerprint;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use tokio::runtime::Runtime;

use super::{Recording, must};
use crate::disk::image::Disk;
use crate::disk::log;
use crate::proof::chance::Chance;
use crate::{District, Program, disk, sheet};

/// Whose folder it is.
const UNIT: &str = "31423";
/// Enough for the log of the database to be moved into its file meanwhile.
const REPORTS: u64 = 100;
/// What the recording never hands in, so that it can be afterwards.
const SPARE: (&str, &str, &str) = ("budget", "2024-12", "tax_revenue");

/// The rows of each table, as text.
type Rows = BTreeMap<String, BTreeSet<String>>;

pub(super) fn tries(images: u64, seed: u64) {
    let runtime = Runtime::new().unwrap();
    let district = runtime.block_on(District::open());
    let session = Session::new(&district, runtime.block_on(district.code(UNIT)));
    let begins = Disk::of(&session.root);
    let steps = session.record(REPORTS.min(images * 2), &mut Chance::new(seed));
    let recording = Recording::read(begins, &session.log);
    recording.cut(images, seed, |image, cut| {
        let folder = image.join("commune");
        let place = steps.partition_point(|step| step.end <= cut);
        let before = place.checked_sub(1).map(|place| &steps[place]);
        let Some(after) = steps.get(place) else {
            return check(&folder, &district, &steps[place - 1].rows, &steps[place - 1].rows);
        };
        let was_said = !recording.said(before.map_or(0, |step| step.end), cut).is_empty();
        match before {
            None if !was_said => runtime.block_on(enrols(&folder, &district)),
            Some(before) if !was_said => check(&folder, &district, &before.rows, &after.rows),
            _ => check(&folder, &district, &after.rows, &after.rows),
        }
    });
    runtime.block_on(async { drop(district) });
}

/// Something that an officer does: where it ends in the recording, and what there is after it.
struct Step {
    end: usize,
    rows: Rows,
}

/// A commune whose power will have been cut, and a place beside its disk.
struct Session {
    _homes: [tempfile::TempDir; 2],
    root: PathBuf,
    desk: PathBuf,
    log: PathBuf,
    url: String,
    code: String,
}

impl Session {
    fn new(district: &District, code: String) -> Self {
        let ((home, root), (beside, desk)) = (disk::place(), disk::place());
        let log = desk.join("log");
        Self { _homes: [home, beside], root, desk, log, url: district.url(), code }
    }

    fn folder(&self) -> PathBuf {
        self.root.join("commune")
    }

    /// Enrols, fills in and hands in, now and then from a sheet, and syncs now and then.
    fn record(&self, reports: u64, chance: &mut Chance) -> Vec<Step> {
        let mut ends = vec![self.step(&["enroll", "--server", &self.url, &self.code])];
        for report in 1..=reports {
            let month = chance.below(9) + 1;
            let period = format!("2024-{month:02}");
            let value = report.to_string();
            if chance.one_in(8) {
                let sheet = self.desk.join("sheet.csv");
                let figures = [("tax_revenue", value.as_str()), ("domestic_revenue", "1000")];
                fs::write(&sheet, sheet::of(UNIT, "budget", &period, &figures)).unwrap();
                ends.push(self.step(&["import", sheet.to_str().unwrap()]));
                ends.push(self.step(&["set", "society", &period, &format!("births={value}")]));
                ends.push(self.step(&["submit", "--all"]));
            } else {
                ends.push(self.step(&["set", "society", &period, &format!("births={value}")]));
                ends.push(self.step(&["submit", "society", &period]));
            }
            if chance.one_in(12) {
                ends.push(self.step(&["sync"]));
            }
        }
        let records: Vec<u64> = log::read(&self.log).into_iter().map(|(end, _)| end).collect();
        let record = |end: u64| records.partition_point(|record| *record <= end);
        ends.into_iter().map(|(end, rows)| Step { end: record(end), rows }).collect()
    }

    /// Runs the officer's program on the watched disk; where the log ends afterwards, and what there is then.
    fn step(&self, args: &[&str]) -> (u64, Rows) {
        let gom = Program::gom(&self.folder()).within(disk::recorded(&self.root, &self.log));
        let said = gom.en(args).done();
        let rows = rows(&self.folder()).unwrap();
        let queued = said.lines().filter_map(|line| line.split_once("queued, number ")).count();
        let operations = rows.get("operation").map_or(0, BTreeSet::len);
        assert!(operations >= queued, "{said}\n{rows:?}");
        (fs::metadata(&self.log).unwrap().len(), rows)
    }
}

/// A folder that was not said to be enrolled can be.
async fn enrols(folder: &Path, district: &District) -> Result<(), String> {
    let world = district.clock.world();
    match Commune::open(folder, world.clone()) {
        Ok(commune) => match commune.sync().await {
            // Another image of the same folder may have gone on in its name.
            Ok(_) | Err(SyncError::Quarantined) => Ok(()),
            Err(error) => Err(format!("it does not sync: {error:?}")),
        },
        Err(Failure::NotEnrolled(_)) => {
            let code = district.code(UNIT).await;
            let enrolled = Commune::enroll(folder, world, &district.url(), &code).await;
            enrolled.map(|_| ()).map_err(|failure| format!("it cannot be enrolled: {failure:?}"))
        }
        Err(failure) => Err(format!("it does not open: {failure:?}")),
    }
}

/// The folder opens, has what one of two moments had and nothing half-done, and can be worked in.
fn check(folder: &Path, district: &District, before: &Rows, after: &Rows) -> Result<(), String> {
    let commune = Commune::open(folder, district.clock.world())
        .map_err(|failure| format!("it does not open: {failure:?}"))?;
    let found = rows(folder).map_err(|error| format!("it cannot be read: {error}"))?;
    lies_between(before, &found, after)?;
    is_sound(folder).map_err(|error| format!("it cannot be read: {error}"))??;
    let failed = |failure: Failure| format!("the next report cannot be handed in: {failure:?}");
    let queued = commune.status().map_err(failed)?.queued;
    let (form, period, element) = SPARE;
    commune.set(form, period, &[(element, "7")]).map_err(failed)?;
    let submitted = commune.submit(&Which::One(form.to_owned(), period.to_owned()), None).map_err(failed)?;
    must(submitted.sealed.len() == 1, || format!("the next report is not queued: {submitted:?}"))?;
    let now = commune.status().map_err(failed)?.queued;
    must(now == queued + 1, || format!("after one more there are {now} in the outbox, not {queued} + 1"))
}

/// All rows that both moments have are there, and none that neither has.
fn lies_between(before: &Rows, found: &Rows, after: &Rows) -> Result<(), String> {
    let none = BTreeSet::new();
    let tables: BTreeSet<&String> = before.keys().chain(found.keys()).chain(after.keys()).collect();
    for table in tables {
        let [before, found, after] = [before, found, after].map(|rows| rows.get(table).unwrap_or(&none));
        let lost = before.intersection(after).find(|row| !found.contains(*row));
        must(lost.is_none(), || format!("lost from {table}: {lost:?}"))?;
        let strange = found.iter().find(|row| !before.contains(*row) && !after.contains(*row));
        // How the folder stands with the district is written several times in one sync.
        must(strange.is_none() || (table == "folder" && before != after), || {
            format!("never written to {table}: {strange:?}")
        })?;
    }
    Ok(())
}

/// SQLite finds nothing amiss, and each operation is either in the outbox or has its receipt, and its own body.
fn is_sound(folder: &Path) -> rusqlite::Result<Result<(), String>> {
    let database = Connection::open(folder.join("gom.db"))?;
    let checked: String = database.query_row("pragma integrity_check", [], |row| row.get(0))?;
    let sql = "select count(*) from operation
        where (id in (select operation from outbox)) = (id in (select operation from receipt))";
    let half: i64 = database.query_row(sql, [], |row| row.get(0))?;
    let mut statement = database.prepare("select body, fingerprint from operation")?;
    let sealed = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sealed: Vec<(Vec<u8>, Vec<u8>)> = sealed.collect::<Result<_, _>>()?;
    let is_whole = sealed.iter().all(|(body, kept)| fingerprint(body)[..] == kept[..]);
    let is_sound = checked == "ok" && half == 0 && is_whole;
    Ok(must(is_sound, || format!("{checked}; {half} operations half-done; bodies whole: {is_whole}")))
}

/// All rows of a folder's database, which is left as it is.
fn rows(folder: &Path) -> rusqlite::Result<Rows> {
    let database = Connection::open(folder.join("gom.db"))?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let sql = "select name from sqlite_schema where type = 'table' and name not like 'sqlite%'";
    let mut statement = database.prepare(sql)?;
    let tables = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let mut all = Rows::new();
    for table in tables {
        let mut statement = database.prepare(&format!("select * from {table}"))?;
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..columns).map(|column| Ok(shown(row.get(column)?))).collect::<rusqlite::Result<Vec<String>>>()
        })?;
        let rows = rows.map(|row| Ok(row?.join(" "))).collect::<rusqlite::Result<_>>()?;
        all.insert(table, rows);
    }
    Ok(all)
}

fn shown(value: Value) -> String {
    match value {
        Value::Blob(bytes) if bytes.len() > 32 => format!("{:02x?}", fingerprint(&bytes)),
        value => format!("{value:?}"),
    }
}
