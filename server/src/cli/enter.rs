//! `enroll` and `enter`: what the district does for one unit.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gom_domain::element::ElementIx;
use gom_domain::examine::Finding;
use gom_domain::form::FormIx;
use gom_domain::greeting::DeviceId;
use gom_domain::programme::Programme;
use gom_domain::ruling::{Ruling, Verdict};
use gom_domain::sheet::{self, Cell};
use gom_domain::submission::{Figures, Submission, SubmissionId};
use gom_domain::text::nfc;
use gom_domain::unit::UnitId;
use gom_domain::wording;
use gom_domain::world::World;
use gom_domain::{Bilingual, Lang, Period};
use gom_terminal::{put, tell};

use super::{Done, block_on, in_force, read_file, recalled};
use crate::books::Job;
use crate::enter::Enter;
use crate::folder::Folder;
use crate::memory::Memory;
use crate::office;
use crate::show;
use crate::store::{Journal, Place, StoreError, Stored};
use crate::wording::Trouble;

/// The unit of a name, with the unit's own name: in the newest year that knows it.
pub(super) fn named(memory: &Memory, name: &str) -> Result<(String, UnitId), Vec<Trouble>> {
    let programmes = in_force(memory);
    if programmes.is_empty() {
        return Err(vec![Trouble::no_programme(memory, None)]);
    }
    let composed = nfc(name);
    let mut found = programmes.into_iter().map(|programme| (programme, programme.units_called(&composed)));
    let Some((programme, units)) = found.find(|(_, units)| !units.is_empty()) else {
        return Err(vec![Trouble::UnknownUnit(name.to_owned())]);
    };
    if let [unit] = units[..] {
        return Ok((show::unit(programme, unit), programme.unit(unit).id.clone()));
    }
    let ids = units.iter().map(|unit| programme.unit(*unit).id.to_string()).collect();
    Err(vec![Trouble::AmbiguousUnit(name.to_owned(), ids)])
}

/// Enters a sheet on behalf of a unit: all of it or nothing.
pub(super) fn enter(
    folder: &Folder,
    name: &str,
    file: &Path,
    reason: &str,
    world: &World,
    lang: Lang,
) -> Done {
    if reason.trim().is_empty() {
        return Err(vec![Trouble::ReasonMissing]);
    }
    let bytes = read_file(file).map_err(|trouble| vec![trouble])?;
    let (mut books, memory) = recalled(folder, None)?;
    let (unit_name, unit) = named(&memory, name)?;
    let read = sheet::read(&memory.editions, &unit, &bytes).map_err(|faults| {
        let shown = file.display().to_string();
        faults.into_iter().map(|fault| Trouble::Sheet(shown.clone(), Box::new(fault))).collect::<Vec<_>>()
    })?;
    if read.cells.is_empty() && read.others > 0 {
        return Err(vec![Trouble::OnlyOthers(unit_name, read.others)]);
    }
    let reports = reports(&mut books, &memory, &unit, &read.cells, &nfc(reason), world);
    let reports = reports.map_err(|error| vec![folder.trouble(&error)])?;
    if reports.is_empty() {
        return Err(vec![Trouble::NothingToEnter(unit_name)]);
    }
    let rulings = hand_in(folder, unit, &reports, world)?;
    say_entered(&reports, &rulings, &unit_name, read.others, lang);
    Ok(())
}

/// Hands the reports in, all or none.
fn hand_in(
    folder: &Folder,
    unit: UnitId,
    reports: &[Report],
    world: &World,
) -> Result<Vec<Ruling>, Vec<Trouble>> {
    let bodies = reports.iter().map(|(_, submission)| gom_proto::submission::encode(submission)).collect();
    let job = Job::Enter(Enter { unit, bodies, device: DeviceId(world.random()) });
    let rulings = block_on(office::commit(folder, job, world))??.rulings;
    let refused = refusals(reports, &rulings);
    if refused.is_empty() { Ok(rulings) } else { Err(refused) }
}

type Report = (Arc<Programme>, Submission);

/// The sheet's reports: its figures laid over those that stand. Reports that change nothing are left out.
fn reports(
    books: &mut dyn Journal,
    memory: &Memory,
    unit: &UnitId,
    cells: &[Cell],
    reason: &str,
    world: &World,
) -> Stored<Vec<Report>> {
    let mut reports = Vec::new();
    for ((period, form), cells) in by_form(cells) {
        let Some(edition) = memory.editions.edition_for(period.year()) else { continue };
        let programme = &edition.programme;
        let (before, base) = standing(books, memory, programme, unit, form, period)?;
        let figures = laid_over(&before, &programme.form(form).elements, &cells);
        if figures == before {
            continue;
        }
        let submission = Submission {
            id: world.submission_id(),
            programme_version: edition.version,
            form,
            period,
            base,
            figures,
            notes: Vec::new(),
            reason: reason.to_owned(),
            officer: office::who(),
        };
        reports.push((Arc::clone(programme), submission));
    }
    Ok(reports)
}

/// A sheet's cells by the report that they belong to.
fn by_form(cells: &[Cell]) -> BTreeMap<(Period, FormIx), Vec<&Cell>> {
    let mut forms: BTreeMap<(Period, FormIx), Vec<&Cell>> = BTreeMap::new();
    for cell in cells {
        forms.entry((cell.period, cell.form)).or_default().push(cell);
    }
    forms
}

/// Figures with a sheet's laid over them; a blank cell leaves what is there.
fn laid_over(before: &Figures, elements: &[ElementIx], cells: &[&Cell]) -> Figures {
    let mut figures = before.clone();
    for cell in cells.iter().filter(|cell| cell.value.is_some()) {
        if let Some(place) = elements.iter().position(|own| *own == cell.element) {
            figures[place] = cell.value;
        }
    }
    figures
}

/// The figures that stand, along the programme given, and the submission that they are of; blanks where nothing does.
fn standing(
    books: &mut dyn Journal,
    memory: &Memory,
    programme: &Programme,
    unit: &UnitId,
    form: FormIx,
    period: Period,
) -> Stored<(Figures, Option<SubmissionId>)> {
    let asked = programme.form(form);
    let numbers = memory.unit_number(unit).zip(memory.form_number(&asked.key));
    let place = numbers.map(|(unit, form)| Place { unit, form, period });
    let Some(stands) = place.and_then(|place| memory.latest.get(&place)?.stands) else {
        return Ok((vec![None; asked.elements.len()], None));
    };
    let seq = stands.seq;
    let damaged = || StoreError::Damaged(format!("the submission {seq} cannot be read"));
    let submission = memory.open(&books.submission(seq)?.body).ok_or_else(damaged)?;
    let own = memory.editions.version(submission.programme_version).ok_or_else(damaged)?;
    let figure = |key: &str| {
        let element = own.element_named(key)?;
        let place = own.form(submission.form).elements.iter().position(|other| *other == element)?;
        submission.figures.get(place).copied().flatten()
    };
    let figures = asked.elements.iter().map(|element| figure(&programme.element(*element).key)).collect();
    Ok((figures, Some(submission.id)))
}

/// Why reports were not accepted; nothing was entered then.
fn refusals(reports: &[Report], rulings: &[Ruling]) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for ((programme, submission), ruling) in reports.iter().zip(rulings) {
        let mut add = |why: &Bilingual| {
            let form = programme.form(submission.form).key.clone();
            troubles.push(Trouble::NotAccepted(form, submission.period.to_string(), why.clone()));
        };
        match &ruling.verdict {
            Verdict::Accepted { .. } => {}
            Verdict::Conflict { .. } => add(&gom_domain::say!(
                "đơn vị vừa nộp bản mới; hãy xem lại rồi nhập lại",
                "the unit has just handed in another version; look at it, then enter again"
            )),
            Verdict::Rejected(rejection) if ruling.findings.is_empty() => add(&rejection.text),
            Verdict::Rejected(_) => ruling.findings.iter().for_each(|finding| {
                let remark = wording::remark(programme, finding);
                let (element, vi, en) = (&remark.element, &remark.text.vi, &remark.text.en);
                add(&gom_domain::say!("{element}: {vi}", "{element}: {en}"));
            }),
        }
    }
    troubles
}

fn say_entered(reports: &[Report], rulings: &[Ruling], unit: &str, others: u64, lang: Lang) {
    for ((programme, submission), ruling) in reports.iter().zip(rulings) {
        put(&entered(programme, submission, unit, lang));
        ruling.findings.iter().for_each(|finding| tell(&said(programme, submission, finding, lang)));
    }
    if others > 0 {
        tell(lang.pick(
            &format!("Bỏ qua {others} dòng của đơn vị khác."),
            &format!("{others} lines of other units were left out."),
        ));
    }
}

fn entered(programme: &Programme, submission: &Submission, unit: &str, lang: Lang) -> String {
    let (form, period) = (&programme.form(submission.form).key, submission.period);
    lang.pick(
        &format!("Đã nhập thay {unit}: {form} {period}"),
        &format!("Entered on behalf of {unit}: {form} {period}"),
    )
    .to_owned()
}

/// A warning as the commune would read it, with the report that it is about.
fn said(programme: &Programme, submission: &Submission, finding: &Finding, lang: Lang) -> String {
    let (form, period) = (&programme.form(submission.form).key, submission.period);
    let element = finding.element.map(|ix| programme.element(ix));
    let text = wording::finding(programme, finding);
    let about =
        element.map_or_else(String::new, |element| format!("{} ({}) ", element.label.get(lang), element.key));
    format!("{}: {about}{form} {period}: {}", lang.pick("cảnh báo", "warning"), text.get(lang))
}
