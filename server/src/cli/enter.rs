//! `enroll` and `enter`: what the district does for one unit.

use std::collections::BTreeMap;
use std::path::Path;

use gom_domain::code::{CODE_LIFE_MS, EnrolCode};
use gom_domain::form::FormIx;
use gom_domain::greeting::DeviceId;
use gom_domain::programme::Programme;
use gom_domain::ruling::{Remark, Verdict};
use gom_domain::sheet;
use gom_domain::submission::{Figures, Submission};
use gom_domain::text::nfc;
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_domain::{Bilingual, Lang, Period};
use gom_terminal::{put, tell};

use super::{Done, block_on, read_file};
use crate::books::Job;
use crate::enrol::IssueCode;
use crate::enter::Enter;
use crate::folder::Folder;
use crate::memory::Memory;
use crate::store::{Journal, Place};
use crate::wording::Trouble;
use crate::{clock, office};

/// Issues a code and prints it, alone, on stdout.
pub(super) fn enroll(folder: &Folder, name: &str, lang: Lang) -> Done {
    let (_, memory) = folder.recall(None).map_err(|trouble| vec![trouble])?;
    let (programme, unit) = named(&memory, name)?;
    let world = clock::real();
    let code = EnrolCode::new(world.random());
    let expires_ms = world.now_ms() + CODE_LIFE_MS;
    let job = Job::IssueCode(IssueCode { unit, hash: code.hash(), expires_ms });
    block_on(office::commit(folder, job, &world))??;
    put(&code.shown());
    let until = gom_domain::calendar::vietnam_time(expires_ms);
    tell(lang.pick(
        &format!("Mã ghi danh cho {programme}: dùng một lần, đến {until}."),
        &format!("Enrolment code for {programme}: for one use, until {until}."),
    ));
    Ok(())
}

/// The unit of a name, with the unit's own name.
fn named(memory: &Memory, name: &str) -> Result<(String, UnitId), Vec<Trouble>> {
    let newest = memory.editions.newest().ok_or_else(|| vec![Trouble::NoProgramme])?;
    let programme = &newest.programme;
    match programme.units_called(&nfc(name))[..] {
        [unit] => Ok((programme.unit(unit).name.clone(), programme.unit(unit).id.clone())),
        [] => Err(vec![Trouble::UnknownUnit(name.to_owned())]),
        ref several => {
            let ids = several.iter().map(|unit| programme.unit(*unit).id.to_string()).collect();
            Err(vec![Trouble::AmbiguousUnit(name.to_owned(), ids)])
        }
    }
}

/// Enters a sheet on behalf of a unit: all of it or nothing.
pub(super) fn enter(folder: &Folder, name: &str, file: &Path, reason: &str, lang: Lang) -> Done {
    if reason.trim().is_empty() {
        return Err(vec![Trouble::ReasonMissing]);
    }
    let bytes = read_file(file).map_err(|trouble| vec![trouble])?;
    let (mut books, memory) = folder.recall(None).map_err(|trouble| vec![trouble])?;
    let (unit_name, unit) = named(&memory, name)?;
    let read = sheet::read(&memory.editions, &unit, &bytes).map_err(|faults| {
        let shown = file.display().to_string();
        faults.into_iter().map(|fault| Trouble::Sheet(shown.clone(), Box::new(fault))).collect::<Vec<_>>()
    })?;
    let world = clock::real();
    let reports = reports(&mut books, &memory, &unit, &read.cells, &nfc(reason), &world);
    let reports = reports.map_err(|error| vec![folder.trouble(&error)])?;
    if reports.is_empty() {
        return Err(vec![Trouble::NothingToEnter(unit_name)]);
    }
    let bodies = reports.iter().map(|(_, submission)| gom_proto::submission::encode(submission)).collect();
    let job = Job::Enter(Enter { unit, bodies, device: DeviceId(world.random()) });
    let outcome = block_on(office::commit(folder, job, &world))??;
    let refused = refusals(&reports, &outcome.rulings);
    if !refused.is_empty() {
        return Err(refused);
    }
    for ((programme, submission), ruling) in reports.iter().zip(&outcome.rulings) {
        put(&entered(programme, submission, &unit_name, lang));
        ruling.remarks.iter().for_each(|remark| tell(&said(remark, lang)));
    }
    if read.others > 0 {
        let others = read.others;
        tell(lang.pick(
            &format!("Bỏ qua {others} dòng của đơn vị khác."),
            &format!("{others} lines of other units were left out."),
        ));
    }
    Ok(())
}

type Report = (std::sync::Arc<Programme>, Submission);

/// The sheet's reports: its figures laid over those that stand. Reports that change nothing are left out.
fn reports(
    books: &mut dyn Journal,
    memory: &Memory,
    unit: &UnitId,
    cells: &[sheet::Cell],
    reason: &str,
    world: &World,
) -> crate::store::Stored<Vec<Report>> {
    let mut forms: BTreeMap<(Period, FormIx), Vec<&sheet::Cell>> = BTreeMap::new();
    for cell in cells {
        forms.entry((cell.period, cell.form)).or_default().push(cell);
    }
    let mut reports = Vec::new();
    for ((period, form), cells) in forms {
        let Some(edition) = memory.editions.edition_for(period.year()) else { continue };
        let programme = &edition.programme;
        let standing = standing(books, memory, programme, unit, form, period)?;
        let elements = &programme.form(form).elements;
        let before =
            standing.as_ref().map_or_else(|| vec![None; elements.len()], |(figures, _)| figures.clone());
        let mut figures = before.clone();
        for cell in cells {
            if let (Some(place), Some(value)) =
                (elements.iter().position(|own| *own == cell.element), cell.value)
            {
                figures[place] = Some(value);
            }
        }
        if standing.is_some() && figures == before {
            continue;
        }
        let submission = Submission {
            id: world.submission_id(),
            programme_version: edition.version,
            form,
            period,
            base: standing.map(|(_, id)| id),
            figures,
            notes: Vec::new(),
            reason: reason.to_owned(),
        };
        reports.push((std::sync::Arc::clone(programme), submission));
    }
    Ok(reports)
}

/// The figures that stand, along the programme given, and the submission that they are of.
fn standing(
    books: &mut dyn Journal,
    memory: &Memory,
    programme: &Programme,
    unit: &UnitId,
    form: FormIx,
    period: Period,
) -> crate::store::Stored<Option<(Figures, gom_domain::submission::SubmissionId)>> {
    let numbers = memory.unit_number(unit).zip(memory.form_number(&programme.form(form).key));
    let Some(place) = numbers.map(|(unit, form)| Place { unit, form, period }) else { return Ok(None) };
    let Some(seq) = memory.sources.get(&place) else { return Ok(None) };
    let body = books.submission(*seq)?.body;
    let Some(submission) = memory.open(&body) else { return Ok(None) };
    let Some(own) = memory.editions.version(submission.programme_version) else { return Ok(None) };
    let figure = |key: &str| {
        let element = own.element_named(key)?;
        let place = own.form(submission.form).elements.iter().position(|other| *other == element)?;
        submission.figures.get(place).copied().flatten()
    };
    let elements = programme.form(form).elements.iter();
    Ok(Some((elements.map(|element| figure(&programme.element(*element).key)).collect(), submission.id)))
}

/// Why reports were not accepted; nothing was entered then.
fn refusals(reports: &[Report], rulings: &[gom_domain::ruling::Ruling]) -> Vec<Trouble> {
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
            Verdict::Rejected(rejection) if ruling.remarks.is_empty() => add(&rejection.text),
            Verdict::Rejected(_) => ruling.remarks.iter().for_each(|remark| {
                let (element, vi, en) = (&remark.element, &remark.text.vi, &remark.text.en);
                add(&gom_domain::say!("{element}: {vi}", "{element}: {en}"));
            }),
        }
    }
    troubles
}

fn entered(programme: &Programme, submission: &Submission, unit: &str, lang: Lang) -> String {
    let (form, period) = (&programme.form(submission.form).key, submission.period);
    lang.pick(
        &format!("Đã nhập thay {unit}: {form} {period}"),
        &format!("Entered on behalf of {unit}: {form} {period}"),
    )
    .to_owned()
}

fn said(remark: &Remark, lang: Lang) -> String {
    format!("{} {}: {}", lang.pick("lưu ý", "note"), remark.element, remark.text.get(lang))
}
