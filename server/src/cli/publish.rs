//! `programme check`, `init`, `load`: what the district publishes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use gom_domain::Lang;
use gom_domain::programme::{self, Bundle, Fault, Programme, Quotas, Reading};
use gom_domain::world::World;
use gom_terminal::{put, tell};

use super::{Done, block_on, in_force, read_file, recalled};
use crate::books::{Answer, Books, Job};
use crate::folder::Folder;
use crate::office;
use crate::publish::{self, Load, read_folder, troubles};
use crate::store::Sqlite;
use crate::wording::Trouble;

/// Checks a programme's folder.
pub(super) fn check(dir: &Path, lang: Lang) -> Done {
    let bundle = read_folder(dir).map_err(|trouble| vec![trouble])?;
    let reading = programme::read(&bundle).map_err(troubles)?;
    put(&summary(&reading, lang));
    Ok(())
}

/// Founds books with a programme. A programme with faults leaves nothing behind.
pub(super) fn init(folder: &Folder, dir: &Path, world: &World, lang: Lang) -> Done {
    let bundle = read_folder(dir).map_err(|trouble| vec![trouble])?;
    let reading = programme::read(&bundle).map_err(troubles)?;
    let (ledger, _lock) = folder.found(world).map_err(|trouble| vec![trouble])?;
    if let Err(troubles) = first_programme(folder, ledger, bundle, world.now_ms()) {
        folder.abandon();
        return Err(troubles);
    }
    put(&summary(&reading, lang));
    let path = folder.path().display();
    tell(&match lang {
        Lang::Vi => format!(
            "Đã lập sổ trong {path}. Tiếp theo: gom-server enroll --data {path} ĐƠN_VỊ; gom-server serve --data {path}"
        ),
        Lang::En => format!(
            "The books are in {path}. Next: gom-server enroll --data {path} UNIT; gom-server serve --data {path}"
        ),
    });
    Ok(())
}

/// Publishes the programme that books begin with.
fn first_programme(folder: &Folder, ledger: Sqlite, bundle: Bundle, now_ms: i64) -> Done {
    let mut books = Books::open(Box::new(ledger)).map_err(|error| vec![folder.trouble(&error)])?;
    let job = Job::Load(Load { programme: Some(bundle), ..Load::default() });
    let job = Job::By(office::who(), Box::new(job));
    match books.commit(vec![job], now_ms).pop() {
        Some(Answer::Refused(troubles)) => Err(troubles),
        Some(Answer::Failed(trouble)) => Err(vec![trouble]),
        _ => Ok(()),
    }
}

/// What is to be published, as it was typed.
#[derive(Debug, Args)]
pub(super) struct Tables {
    /// Thư mục chương trình / The programme's folder
    #[arg(long, value_name = "DIR")]
    programme: Option<PathBuf>,
    /// Bảng giao chỉ tiêu (unit,element,value), thay toàn bộ / A table of quotas, replaced whole
    #[arg(long, value_name = "CSV")]
    quotas: Option<PathBuf>,
    /// Bảng số liệu năm trước (unit,element,period,value), thay toàn bộ / The prior year's figures, replaced whole
    #[arg(long, value_name = "CSV")]
    baseline: Option<PathBuf>,
    /// Năm của chương trình mà các bảng thuộc về, nếu không phải năm mới nhất / The year of the programme that the tables belong to, if not the newest
    #[arg(long, value_name = "YEAR", conflicts_with = "programme")]
    year: Option<i16>,
}

/// Publishes a new version of the programme, quotas, a baseline. What is wrong with them is found here, so that a
/// running server gets only what can be published.
pub(super) fn load(folder: &Folder, tables: &Tables, world: &World, lang: Lang) -> Done {
    let mut load = tables.read()?;
    let (_, memory) = recalled(folder, None)?;
    let reading = load.programme.as_ref().map(programme::read).transpose().map_err(troubles)?;
    let asked = |programme: &&Arc<Programme>| tables.year.is_none_or(|year| programme.year == year);
    let published = reading.as_ref().map(|reading| &reading.programme);
    let programme = published.or_else(|| in_force(&memory).into_iter().find(asked).map(AsRef::as_ref));
    let programme = programme.ok_or_else(|| vec![Trouble::no_programme(&memory, tables.year)])?;
    let year = programme.year;
    load.year = Some(year);
    publish::check(&memory, &load).map_err(|found| tables.by_file(found))?;
    let doubts = doubts(programme, &load);
    let commit = block_on(office::commit(folder, Job::Load(load), world))??.commit;
    if let Some(reading) = &reading {
        put(&summary(reading, lang));
    }
    doubts.into_iter().for_each(|doubt| tell(&line(&tables.named(doubt), lang)));
    put(lang.pick(
        &format!("Đã nạp cho năm {year}, lần ghi {commit}."),
        &format!("Loaded for {year}, commit {commit}."),
    ));
    Ok(())
}

impl Tables {
    /// Faults of a table that was given by itself, under the name that it was given by.
    fn by_file(&self, found: Vec<Trouble>) -> Vec<Trouble> {
        let named = |trouble| match trouble {
            Trouble::Fault(fault) => Trouble::Fault(Box::new(self.named(*fault))),
            other => other,
        };
        found.into_iter().map(named).collect()
    }

    fn named(&self, mut fault: Fault) -> Fault {
        let given = match fault.file.as_str() {
            Bundle::QUOTAS => self.quotas.as_ref(),
            Bundle::BASELINE => self.baseline.as_ref(),
            _ => None,
        };
        if let Some(path) = given {
            fault.file = path.display().to_string();
        }
        fault
    }

    fn read(&self) -> Result<Load, Vec<Trouble>> {
        if self.programme.is_none() && self.quotas.is_none() && self.baseline.is_none() {
            return Err(vec![Trouble::NothingToLoad]);
        }
        let programme = self.programme.as_deref().map(read_folder).transpose();
        let file = |path: &Option<PathBuf>| path.as_deref().map(read_file).transpose();
        match (programme, file(&self.quotas), file(&self.baseline)) {
            (Ok(programme), Ok(quotas), Ok(baseline)) => {
                Ok(Load { year: self.year, programme, quotas, baseline })
            }
            (programme, quotas, baseline) => {
                Err([programme.err(), quotas.err(), baseline.err()].into_iter().flatten().collect())
            }
        }
    }
}

/// Quotas that do not add up to their target: pointed out, for an allotment may be under way.
fn doubts(programme: &Programme, load: &Load) -> Vec<Fault> {
    let read = load.quotas.as_ref().map(|table| Quotas::read(programme, table));
    read.and_then(Result::ok).map(|(_, doubts)| doubts).unwrap_or_default()
}

fn line(fault: &Fault, lang: Lang) -> String {
    let mark = lang.pick("lưu ý", "note");
    format!("{mark}: {}", Trouble::Fault(Box::new(fault.clone())).message().get(lang))
}

/// What a sound programme holds, and what is doubtful in it.
fn summary(reading: &Reading, lang: Lang) -> String {
    let mut text = counts(reading, lang);
    for doubt in &reading.doubts {
        text.push_str(&line(doubt, lang));
        text.push('\n');
    }
    let notice = reading.programme.notice.get(lang);
    if !notice.is_empty() {
        text.push_str(notice);
        text.push('\n');
    }
    text.push_str(lang.pick("Chương trình dùng được.\n", "The programme is sound.\n"));
    text
}

fn counts(reading: &Reading, lang: Lang) -> String {
    let programme = &reading.programme;
    let in_year = |ix: &gom_domain::unit::UnitIx| programme.exists_in_year(*ix);
    let units = programme.unit_places().filter(in_year).count();
    let others = programme.units.len() - units;
    let (forms, elements) = (programme.forms.len(), programme.elements.len());
    let (groups, targets) = (programme.groups.len(), programme.targets.len());
    let rules = programme.rules.iter().map(|rule| rule.key.as_str()).collect::<BTreeSet<_>>().len();
    let quotas = reading.quotas.as_ref().map_or(0, |quotas| quotas.rows.len());
    let baseline = reading.baseline.as_ref().map_or(0, |baseline| baseline.rows.len());
    let (name, year) = (programme.name.get(lang), programme.year);
    match lang {
        Lang::Vi => format!(
            "{name} ({year})\n{units} đơn vị (và {others} đơn vị trước hoặc sau sáp nhập), {forms} biểu, {elements} chỉ tiêu báo cáo, {rules} quy tắc\n\
             {groups} nhóm với {targets} chỉ tiêu kế hoạch, {quotas} dòng giao chỉ tiêu, {baseline} số liệu năm trước\n"
        ),
        Lang::En => format!(
            "{name} ({year})\n{units} units (and {others} before or after mergers), {forms} forms, {elements} elements, {rules} rules\n\
             {groups} groups with {targets} targets, {quotas} quotas, {baseline} figures of the year before\n"
        ),
    }
}
