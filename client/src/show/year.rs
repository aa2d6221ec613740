//! The year at a glance: each form and period with its state.

use gom_domain::ruling::Verdict;
use gom_domain::sheet::SheetProblem;
use gom_domain::{Bilingual, Period};

use crate::failure::{Failure, Mistake};
use crate::history::{self, Origin};
use crate::programme::Programmes;
use crate::store::Rows;

/// The year at a glance.
#[derive(Clone, Debug)]
pub struct YearView {
    /// The programme's title.
    pub title: Bilingual,
    /// The year.
    pub year: i16,
    /// The other years that have a programme, the newest first.
    pub other_years: Vec<i16>,
    /// One row a form.
    pub rows: Vec<YearRow>,
    /// What must be said wherever figures of the programme are shown.
    pub notice: Bilingual,
}

/// One form's year.
#[derive(Clone, Debug)]
pub struct YearRow {
    /// The form's key.
    pub form: String,
    /// The form's title.
    pub label: Bilingual,
    /// Its periods, each by the month that it ends with.
    pub cells: Vec<(Period, CellState)>,
}

/// How one form and period stands. What the officer has to do comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellState {
    /// Being filled in.
    Draft,
    /// Handed in, and not ruled on.
    Queued,
    /// Rejected, and not replaced.
    Rejected,
    /// In conflict, and not replaced.
    Conflict,
    /// Accepted, as this revision.
    Accepted(u32),
    /// Entered by the district, as this revision.
    District(u32),
    /// Nothing yet.
    Blank,
}

pub(crate) fn year(rows: &Rows<'_>, programmes: &Programmes, year: Option<i16>) -> Result<YearView, Failure> {
    let mut other_years = programmes.years();
    let year = year.or(other_years.first().copied()).ok_or(Failure::NoProgramme)?;
    other_years.retain(|other| *other != year);
    let unknown = || Failure::Mistakes(vec![Mistake::Entry(SheetProblem::NoProgramme(year))]);
    let programme = programmes.editions.for_year(year).ok_or_else(unknown)?;
    let states = States::load(rows, programmes)?;
    let unit = programme.unit_of(&programmes.unit);
    let row = |ix| {
        let form = programme.form(ix);
        let periods = unit.map(|unit| programme.due(ix, unit, 12)).unwrap_or_default();
        let cells = periods.into_iter().map(|period| (period, states.of(&form.key, period))).collect();
        YearRow { form: form.key.clone(), label: form.label.clone(), cells }
    };
    Ok(YearView {
        title: programme.name.clone(),
        year,
        other_years,
        rows: programme.form_places().map(row).filter(|row: &YearRow| !row.cells.is_empty()).collect(),
        notice: programme.notice.clone(),
    })
}

type Key = (String, Period);

/// The state of every form and period that has one, the most pressing first.
struct States(Vec<(Key, CellState)>);

impl States {
    fn load(rows: &Rows<'_>, programmes: &Programmes) -> Result<Self, Failure> {
        let drafts = rows.drafts()?.into_iter().map(|draft| ((draft.form, draft.period), CellState::Draft));
        let queued = rows.newest_queued()?.into_iter().map(|row| ((row.form, row.period), CellState::Queued));
        let refused = rows.unresolved()?.into_iter().filter_map(|row| {
            let state = match row.receipt?.ruling.verdict {
                Verdict::Rejected(_) => CellState::Rejected,
                Verdict::Conflict { .. } => CellState::Conflict,
                Verdict::Accepted { revision } => CellState::Accepted(revision),
            };
            Some(((row.form, row.period), state))
        });
        let standing = history::standing(rows, programmes)?.into_iter().map(|(place, report)| {
            let revision = report.revision().unwrap_or(0);
            let by_district = report.origin == Origin::District;
            (place, if by_district { CellState::District(revision) } else { CellState::Accepted(revision) })
        });
        Ok(Self(drafts.chain(queued).chain(refused).chain(standing).collect()))
    }

    fn of(&self, form: &str, period: Period) -> CellState {
        let found = self.0.iter().find(|((key, of), _)| key == form && *of == period);
        found.map_or(CellState::Blank, |(_, state)| *state)
    }
}
