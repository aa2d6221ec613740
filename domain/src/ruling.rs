//! Rulings: what the district says of a submission.
//!
//! A refusal is an answer like any other and is stored for ever. The kinds of verdict are closed; the codes of
//! rejections are open, and one that a commune does not know is shown with the district's own words.

use jiff::civil::Date;

use crate::examine::{Finding, Record, examine};
use crate::programme::Programme;
use crate::rule::Level;
use crate::submission::{Submission, SubmissionId};
use crate::unit::UnitIx;
use crate::wording::{self, Bilingual};

/// Why a submission was rejected. A code never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RejectionCode {
    /// Its body cannot be read.
    Unreadable,
    /// The programme's version has no such form.
    UnknownForm,
    /// The form is for units of another kind.
    NotForUnit,
    /// The period is not of the form's frequency or not of the programme's year.
    WrongPeriod,
    /// The unit does not exist at the end of the period.
    UnitNotThere,
    /// The period has not begun by the district's clock; it may be handed in again later.
    Future,
    /// Figures break the limits of their elements or an error rule.
    Figures,
    /// The figures do not fit the form's list of elements.
    Misfit,
    /// The same id came before with other content.
    IdReused,
    /// Judging it failed; the district's administrator has been told.
    JudgingFailed,
}

impl RejectionCode {
    /// Every code.
    pub const ALL: [Self; 10] = [
        Self::Unreadable,
        Self::UnknownForm,
        Self::NotForUnit,
        Self::WrongPeriod,
        Self::UnitNotThere,
        Self::Future,
        Self::Figures,
        Self::Misfit,
        Self::IdReused,
        Self::JudgingFailed,
    ];

    /// The code as it is sent, stored and printed.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "R01",
            Self::UnknownForm => "R02",
            Self::NotForUnit => "R03",
            Self::WrongPeriod => "R04",
            Self::UnitNotThere => "R05",
            Self::Future => "R06",
            Self::Figures => "R07",
            Self::Misfit => "R08",
            Self::IdReused => "R09",
            Self::JudgingFailed => "R10",
        }
    }

    /// Whether the same report may be handed in again later.
    pub fn may_retry(self) -> bool {
        matches!(self, Self::Future | Self::JudgingFailed)
    }
}

/// A rejection as the commune reads it, also where it does not know the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The code, such as `R07`.
    pub code: String,
    /// What it means and what to do.
    pub text: Bilingual,
    /// Whether the same report may be handed in again later.
    pub may_retry: bool,
}

impl From<RejectionCode> for Rejection {
    fn from(code: RejectionCode) -> Self {
        Self { code: code.code().to_owned(), text: wording::rejection(code), may_retry: code.may_retry() }
    }
}

/// What the district decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The report stands, as this revision (from 1) of its form and period.
    Accepted {
        /// The number of the revision.
        revision: u32,
    },
    /// Another version stands than the one it was made from; both are kept until a person decides.
    Conflict {
        /// The revision that stands; 0 if none does.
        current: u32,
    },
    /// It cannot stand.
    Rejected(Rejection),
}

/// A verdict with what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// What was decided.
    pub verdict: Verdict,
    /// What was found: errors of a rejection, warnings of an acceptance.
    pub findings: Vec<Finding>,
    /// When books that are lost decided it, if these have it from a commune.
    pub told: Option<Told>,
}

/// Where and when books that are lost have ruled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The number of the commit that made the ruling durable there.
    pub commit: u64,
    /// When that was, by the district's clock, in milliseconds since 1970.
    pub at_ms: i64,
}

impl Ruling {
    /// A ruling without further remarks.
    pub fn plain(verdict: Verdict) -> Self {
        Self { verdict, findings: Vec::new(), told: None }
    }

    /// A rejection without further remarks.
    pub fn rejected(code: RejectionCode) -> Self {
        Self::plain(Verdict::Rejected(code.into()))
    }

    /// Whether it says no more than that a report was accepted, and as which revision.
    pub fn is_plain(&self) -> bool {
        self.is_accepted() && self.findings.is_empty() && self.told.is_none()
    }

    /// Whether the report stands.
    pub fn is_accepted(&self) -> bool {
        matches!(self.verdict, Verdict::Accepted { .. })
    }
}

/// The proof of a ruling: what a commune keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What the district decided.
    pub ruling: Ruling,
    /// The number of the commit that made it durable at the district.
    pub commit: u64,
    /// When that was, by the district's clock, in milliseconds since 1970.
    pub at_ms: i64,
}

impl Receipt {
    /// The ruling as other books take it over, with when it was first given.
    pub fn taken_over(self) -> Ruling {
        let told = self.ruling.told.unwrap_or(Told { commit: self.commit, at_ms: self.at_ms });
        Ruling { told: Some(told), ..self.ruling }
    }
}

/// What stands for a unit, form and period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The submission that stands.
    pub id: SubmissionId,
    /// Its revision.
    pub revision: u32,
}

/// What the district knows that bears on a submission.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The programme in the version that the submission names.
    pub programme: &'a Programme,
    /// Whose it is.
    pub unit: UnitIx,
    /// The day at the district.
    pub today: Date,
    /// The unit's standing figures.
    pub record: &'a dyn Record,
    /// What stands for its form and period.
    pub standing: Option<Standing>,
    /// The version it was made from, with rejected ones in between left out.
    pub base: Option<SubmissionId>,
}

/// Decides about a submission. Nothing but its arguments goes into the decision.
pub fn judge(submission: &Submission, case: &Case<'_>) -> Ruling {
    if let Err(code) = fits(submission, case) {
        return Ruling::rejected(code);
    }
    let (form, period, figures) = (submission.form, submission.period, &submission.figures);
    let mut findings = examine(case.programme, case.unit, form, period, figures, case.record);
    if findings.iter().any(|finding| finding.level == Level::Error) {
        findings.retain(|finding| finding.level == Level::Error);
        return Ruling { findings, ..Ruling::rejected(RejectionCode::Figures) };
    }
    let current = case.standing.map_or(0, |standing| standing.revision);
    let verdict = if case.standing.map(|standing| standing.id) == case.base {
        Verdict::Accepted { revision: current + 1 }
    } else {
        Verdict::Conflict { current }
    };
    Ruling { findings, ..Ruling::plain(verdict) }
}

/// Whether a submission is one of a form, period and unit at all.
fn fits(submission: &Submission, case: &Case<'_>) -> Result<(), RejectionCode> {
    let form = case.programme.forms.get(submission.form.get()).ok_or(RejectionCode::UnknownForm)?;
    let period = submission.period;
    if form.elements.len() != submission.figures.len() {
        return Err(RejectionCode::Misfit);
    }
    if !case.programme.gives(submission.form, case.unit) {
        return Err(RejectionCode::NotForUnit);
    }
    if !form.takes(period) || period.year() != case.programme.year {
        return Err(RejectionCode::WrongPeriod);
    }
    if !case.programme.unit(case.unit).counts_for(period) {
        return Err(RejectionCode::UnitNotThere);
    }
    if is_future(form, period, case.today) {
        return Err(RejectionCode::Future);
    }
    Ok(())
}

/// Whether a period of a form has not begun on that day.
pub fn is_future(form: &crate::form::Form, period: crate::Period, today: Date) -> bool {
    form.window(period).opens > today
}
