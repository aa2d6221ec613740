//! Progress, as the district asks for it: every target, and what each unit has handed in.

use std::sync::Arc;

use gom_domain::Period;
use gom_domain::form::FormIx;
use gom_domain::programme::Programme;
use gom_domain::progress::{Progress, progress};
use gom_domain::unit::UnitIx;

use crate::memory::Memory;
use crate::wording::Trouble;

/// How the year stands as of a month.
#[derive(Debug)]
pub struct YearReport {
    /// The year's programme.
    pub programme: Arc<Programme>,
    /// The period asked for.
    pub as_of: Period,
    /// The last commit that is in it.
    pub commit: u64,
    /// How each target stands, in the programme's order.
    pub targets: Vec<Progress>,
    /// What each unit that reports has handed in.
    pub units: Vec<UnitReport>,
}

/// What a unit has handed in of what was due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitReport {
    /// The unit.
    pub unit: UnitIx,
    /// How many reports were due by then.
    pub due: usize,
    /// How many of them stand.
    pub handed_in: usize,
    /// Which do not: the form's key and the period.
    pub missing: Vec<(String, Period)>,
}

/// How the year stands as of a period, which stands for its last month.
pub fn year_report(memory: &Memory, as_of: Period, commit: u64) -> Result<YearReport, Trouble> {
    year_report_of(memory, as_of, commit, &|_, _| true)
}

/// The same, with what units have handed in of some forms only.
pub fn year_report_of(
    memory: &Memory,
    as_of: Period,
    commit: u64,
    counts: &dyn Fn(&Programme, FormIx) -> bool,
) -> Result<YearReport, Trouble> {
    let (programme, _) =
        memory.year(as_of.year()).ok_or_else(|| Trouble::no_programme(memory, Some(as_of.year())))?;
    let by_hand = memory.by_hand(as_of.year());
    let targets = memory
        .view(as_of, |view| progress(view, &by_hand))
        .ok_or_else(|| Trouble::no_programme(memory, Some(as_of.year())))?;
    let month = as_of.last_month();
    let forms: Vec<FormIx> = programme.form_places().filter(|form| counts(&programme, *form)).collect();
    let report = |unit| unit_report(memory, &programme, &forms, unit, month);
    let units = programme.unit_places().filter(|unit| programme.exists_in_year(*unit)).map(report);
    let units = units.filter(|report| report.due > 0).collect();
    Ok(YearReport { programme: Arc::clone(&programme), as_of, commit, targets, units })
}

fn unit_report(
    memory: &Memory,
    programme: &Programme,
    forms: &[FormIx],
    unit: UnitIx,
    month: u8,
) -> UnitReport {
    let mut report = UnitReport { unit, due: 0, handed_in: 0, missing: Vec::new() };
    let Some((_, numbering)) = memory.year(programme.year) else { return report };
    for form in forms.iter().copied() {
        for period in programme.due(form, unit, month) {
            report.due += 1;
            if memory.cells.is_handed_in(&numbering, form, unit, period) {
                report.handed_in += 1;
            } else {
                report.missing.push((programme.form(form).key.clone(), period));
            }
        }
    }
    report
}
