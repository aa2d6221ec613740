//! Drafts and submissions: what a unit fills in, and what it hands in.
//!
//! A draft changes with every field; sealed, it becomes a submission, which never changes again.

use std::fmt;

use uuid::Uuid;

use crate::element::Value;
use crate::examine::{Finding, Record, examine};
use crate::form::FormIx;
use crate::period::Period;
use crate::programme::Programme;
use crate::rule::Level;
use crate::unit::UnitIx;

/// The lasting name of a submission: a UUID of version 7, made where it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubmissionId(Uuid);

impl SubmissionId {
    /// An id from a moment and ten random bytes.
    pub fn new(at_ms: i64, random: [u8; 10]) -> Self {
        let at_ms = u64::try_from(at_ms).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(at_ms, &random).into_uuid())
    }

    /// The id that these bytes are.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Its last digits, which are random, to tell it from others on paper.
    pub fn short(&self) -> String {
        let text = self.0.simple().to_string();
        text[text.len() - 8..].to_owned()
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The figures of a form, in the order of its elements; a blank is `None`.
pub type Figures = Vec<Option<Value>>;

/// A written explanation of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The rule that it answers.
    pub rule: String,
    /// The element's key beside which the finding showed.
    pub element: String,
    /// What the officer wrote.
    pub text: String,
}

/// A form being filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its form.
    pub form: FormIx,
    /// Its period.
    pub period: Period,
    /// The submission it was made from, if one stood.
    pub base: Option<SubmissionId>,
    /// What has been filled in.
    pub figures: Figures,
}

/// A sealed form. Its unit is not in it: the district knows who sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Its lasting name.
    pub id: SubmissionId,
    /// The version of the programme that its form and figures follow.
    pub programme_version: u32,
    /// Its form in that version.
    pub form: FormIx,
    /// Its period.
    pub period: Period,
    /// The submission that stood, or was queued, when it was made.
    pub base: Option<SubmissionId>,
    /// Its figures.
    pub figures: Figures,
    /// Explanations of what was found odd.
    pub notes: Vec<Note>,
    /// Why the district entered it on behalf of the unit; empty where the unit itself handed it in.
    pub reason: String,
    /// Who handed it in, as he has named himself; empty: he has not.
    pub officer: String,
}

impl Draft {
    /// Turns the draft into a submission, or says everything that keeps it from being one, so that an officer
    /// corrects the form in one go. `answer` is what he says to a warning, by the keys of its rule and its element.
    pub fn seal(
        &self,
        programme: &Programme,
        id: SubmissionId,
        version: u32,
        officer: &str,
        answer: &dyn Fn(&str, &str) -> Option<String>,
        findings: &[Finding],
    ) -> Option<Submission> {
        if findings.iter().any(|finding| finding.level == Level::Error) {
            return None;
        }
        let answered = |finding: &Finding| {
            let (rule, element) = finding.named(programme);
            let text = answer(rule, element)?;
            Some(Note { rule: rule.to_owned(), element: element.to_owned(), text })
        };
        Some(Submission {
            id,
            programme_version: version,
            form: self.form,
            period: self.period,
            base: self.base,
            figures: self.figures.clone(),
            notes: findings.iter().filter_map(answered).collect(),
            reason: String::new(),
            officer: officer.to_owned(),
        })
    }

    /// Everything that is to be said of the draft before it is handed in.
    pub fn examine(&self, programme: &Programme, unit: UnitIx, record: &dyn Record) -> Vec<Finding> {
        examine(programme, unit, self.form, self.period, &self.figures, record)
    }
}
