//! `programme check`, `init`, `load`: what the district publishes.

use std::path::Path;

use gom_domain::Lang;
use gom_domain::programme::{self, Bundle, Fault, Programme, Quotas, Reading};
use gom_terminal::{put, tell};

use super::{Done, block_on, read_file};
use crate::books::{Answer, Books, Job};
use crate::clock;
use crate::folder::Folder;
use crate::office;
use crate::publish::Load;
use crate::store::Sqlite;
use crate::wording::Trouble;

/// Checks a programme's folder.
pub(super) fn check(dir: &Path, lang: Lang) -> Done {
    let bundle = bundle(dir)?;
    let reading = programme::read(&bundle).map_err(troubles)?;
    put(&summary(&reading, lang));
    Ok(())
}

/// Founds books with a programme. A programme with faults leaves nothing behind.
pub(super) fn init(folder: &Folder, dir: &Path, lang: Lang) -> Done {
    let bundle = bundle(dir)?;
    let reading = programme::read(&bundle).map_err(troubles)?;
    let world = clock::real();
    let (ledger, _lock) = folder.found(&world).map_err(|trouble| vec![trouble])?;
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
    match books.commit(vec![job], now_ms).pop() {
        Some(Answer::Refused(troubles)) => Err(troubles),
        Some(Answer::Failed(why)) => Err(vec![Trouble::Books(why)]),
        _ => Ok(()),
    }
}

/// Publishes a new version of the programme, quotas, a baseline.
pub(super) fn load(
    folder: &Folder,
    programme: Option<&Path>,
    quotas: Option<&Path>,
    baseline: Option<&Path>,
    lang: Lang,
) -> Done {
    if programme.is_none() && quotas.is_none() && baseline.is_none() {
        return Err(vec![Trouble::NothingToLoad]);
    }
    let file = |path: Option<&Path>| path.map(read_file).transpose().map_err(|trouble| vec![trouble]);
    let load = Load {
        programme: programme.map(bundle).transpose()?,
        quotas: file(quotas)?,
        baseline: file(baseline)?,
    };
    let reading = load.programme.as_ref().map(programme::read).transpose().map_err(troubles)?;
    let (_, memory) = folder.recall(None).map_err(|trouble| vec![trouble])?;
    let newest = memory.editions.newest().map(|edition| edition.programme.as_ref());
    let programme = reading.as_ref().map(|reading| &reading.programme).or(newest);
    let doubts = programme.map(|programme| doubts(programme, &load)).unwrap_or_default();
    let outcome = block_on(office::commit(folder, Job::Load(load), &clock::real()))??;
    if let Some(reading) = &reading {
        put(&summary(reading, lang));
    }
    doubts.iter().for_each(|doubt| tell(&line(doubt, lang)));
    let commit = outcome.commit;
    put(lang.pick(&format!("Đã nạp, lần ghi {commit}."), &format!("Loaded, commit {commit}.")));
    Ok(())
}

/// Quotas that do not add up to their target: pointed out, for an allotment may be under way.
fn doubts(programme: &Programme, load: &Load) -> Vec<Fault> {
    let read = load.quotas.as_ref().map(|table| Quotas::read(programme, table));
    read.and_then(Result::ok).map(|(_, doubts)| doubts).unwrap_or_default()
}

fn troubles(faults: Vec<Fault>) -> Vec<Trouble> {
    faults.into_iter().map(|fault| Trouble::Fault(Box::new(fault))).collect()
}

/// The files of a programme's folder. Others in it are left alone.
pub(crate) fn bundle(dir: &Path) -> Result<Bundle, Vec<Trouble>> {
    let cannot = |error: std::io::Error| vec![Trouble::File(dir.display().to_string(), error.to_string())];
    if !dir.is_dir() {
        return Err(cannot(std::io::Error::from(std::io::ErrorKind::NotFound)));
    }
    let mut bundle = Bundle::default();
    for name in Bundle::PROGRAMME.into_iter().chain([Bundle::QUOTAS, Bundle::BASELINE]) {
        match std::fs::read(dir.join(name)) {
            Ok(bytes) => bundle.insert(name, bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(cannot(error)),
        }
    }
    Ok(bundle)
}

fn line(fault: &Fault, lang: Lang) -> String {
    let mark = lang.pick("lưu ý", "note");
    format!("{mark}: {}", Trouble::Fault(Box::new(fault.clone())).message().get(lang))
}

fn summary(reading: &Reading, lang: Lang) -> String {
    let programme = &reading.programme;
    let in_year = |ix: &gom_domain::unit::UnitIx| programme.exists_in_year(*ix);
    let units = programme.unit_places().filter(in_year).count();
    let others = programme.units.len() - units;
    let (forms, elements) = (programme.forms.len(), programme.elements.len());
    let (groups, targets) = (programme.groups.len(), programme.targets.len());
    let mut keys: Vec<&str> = programme.rules.iter().map(|rule| rule.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let rules = keys.len();
    let quotas = reading.quotas.as_ref().map_or(0, |quotas| quotas.rows.len());
    let baseline = reading.baseline.as_ref().map_or(0, |baseline| baseline.rows.len());
    let (name, year) = (programme.name.get(lang), programme.year);
    let mut text = match lang {
        Lang::Vi => format!(
            "{name} ({year})\n{units} đơn vị (và {others} đơn vị trước hoặc sau sáp nhập), {forms} biểu, {elements} chỉ tiêu báo cáo, {rules} quy tắc\n\
             {groups} nhóm với {targets} chỉ tiêu kế hoạch, {quotas} dòng giao chỉ tiêu, {baseline} số liệu năm trước\n"
        ),
        Lang::En => format!(
            "{name} ({year})\n{units} units (and {others} before or after mergers), {forms} forms, {elements} elements, {rules} rules\n\
             {groups} groups with {targets} targets, {quotas} quotas, {baseline} figures of the year before\n"
        ),
    };
    for doubt in &reading.doubts {
        text.push_str(&line(doubt, lang));
        text.push('\n');
    }
    let notice = programme.notice.get(lang);
    if !notice.is_empty() {
        text.push_str(notice);
        text.push('\n');
    }
    text.push_str(lang.pick("Chương trình dùng được.\n", "The programme is sound.\n"));
    text
}
