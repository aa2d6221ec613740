//! Export: all figures in the columns of import, so that what comes out can go in again.
//!
//! Reports are read one by one as they are written, so that an export is no larger in memory than its list of reports.

use std::io::{self, Write};

use gom_domain::Period;
use gom_domain::programme::Programme;
use gom_domain::ruling::Verdict;
use gom_domain::sheet::COLUMNS;
use gom_domain::submission::Submission;
use gom_proto::submission::Envelope;

use crate::memory::Memory;
use crate::store::{Journal, StoreError, Stored, SubmissionRow};

/// The columns that a history has beside those of import.
pub const HISTORY_COLUMNS: [&str; 8] =
    ["revision", "verdict", "commit", "received", "submission", "entered_by", "reason", "officer"];

/// An export that did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The books failed.
    #[error("the books could not be read")]
    Books(#[from] StoreError),
    /// What it goes to failed.
    #[error("the figures could not be written")]
    Out(#[from] io::Error),
}

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        // The plain conversion hides what kind of failure it was.
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Out(error),
            other => Self::Out(io::Error::other(format!("{other:?}"))),
        }
    }
}

/// Writes every cell of every report that stands, blanks included; with `history` every report ever handed in, and a
/// row without figures for each that could not be read.
pub fn export<W: Write>(
    journal: &mut dyn Journal,
    memory: &Memory,
    period: Option<Period>,
    history: bool,
    out: &mut csv::Writer<W>,
) -> Result<(), ExportError> {
    let more: &[&str] = if history { &HISTORY_COLUMNS } else { &[] };
    out.write_record(COLUMNS.iter().chain(more))?;
    for seq in reports(journal, period, history)? {
        let report = Report::new(memory, journal.submission(seq)?);
        let rows = report.rows(memory, history)?;
        let more = if history { report.verdict(journal, memory)? } else { Vec::new() };
        for row in rows {
            out.write_record(row.iter().chain(&more))?;
        }
    }
    Ok(out.flush()?)
}

/// The reports to write, by unit, period and form; those that are about nothing known come last in their unit.
fn reports(journal: &mut dyn Journal, period: Option<Period>, history: bool) -> Stored<Vec<u64>> {
    let mut found = Vec::new();
    let mut keep = |row: SubmissionRow| {
        let of = period_of(&row);
        if period.is_none_or(|asked| of.is_some_and(|of| within(of, asked))) {
            let when = of.map_or((i16::MAX, 0), |of| (of.year(), of.last_month()));
            let form = row.place.map_or(u32::MAX, |place| place.form);
            found.push((row.unit, when, form, row.seq));
        }
        Ok(())
    };
    if history {
        journal.each_submission(u64::MAX, &mut keep)?;
    } else {
        journal.each_standing(&mut keep)?;
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(.., seq)| seq).collect())
}

/// What a report is about, as far as its body can be read.
fn period_of(row: &SubmissionRow) -> Option<Period> {
    let read = || Envelope::decode(&row.body).ok().map(|envelope| envelope.period);
    row.place.map(|place| place.period).or_else(read)
}

/// Whether a form's period lies in the period asked for.
fn within(of: Period, asked: Period) -> bool {
    of.year() == asked.year()
        && of.first_month() >= asked.first_month()
        && of.last_month() <= asked.last_month()
}

/// A report, read as far as it can be.
struct Report {
    row: SubmissionRow,
    envelope: Option<Envelope>,
    submission: Option<Submission>,
}

impl Report {
    fn new(memory: &Memory, row: SubmissionRow) -> Self {
        let (envelope, submission) = (Envelope::decode(&row.body).ok(), memory.open(&row.body));
        Self { row, envelope, submission }
    }

    /// The programme that it follows.
    fn programme<'a>(&self, memory: &'a Memory) -> Option<&'a Programme> {
        let envelope = self.envelope.as_ref()?;
        memory.editions.version(envelope.programme_version).map(AsRef::as_ref)
    }

    /// Its rows in the columns of import. In a history there is always one.
    fn rows(&self, memory: &Memory, history: bool) -> Stored<Vec<[String; 5]>> {
        match self.cells(memory, history) {
            Some(cells) if !history || !cells.is_empty() => Ok(cells),
            None if !history => {
                Err(StoreError::Damaged(format!("the submission {} cannot be read", self.row.seq)))
            }
            _ => {
                Ok(vec![[self.unit(memory), self.form(memory), self.period(), String::new(), String::new()]])
            }
        }
    }

    /// The cells that its unit is asked for; in a history also those that it filled in unasked.
    fn cells(&self, memory: &Memory, history: bool) -> Option<Vec<[String; 5]>> {
        let (programme, submission) = (self.programme(memory)?, self.submission.as_ref()?);
        let unit = memory.unit_id(self.row.unit).and_then(|id| programme.unit_of(id))?;
        let cells = programme.form(submission.form).elements.iter().zip(&submission.figures);
        let wanted =
            cells.filter(|(element, value)| programme.asks(**element, unit) || history && value.is_some());
        let row = |(element, value): (&gom_domain::element::ElementIx, &Option<i64>)| {
            let of = programme.element(*element);
            let value = value.map(|value| of.plain(value)).unwrap_or_default();
            [self.unit(memory), self.form(memory), self.period(), of.key.clone(), value]
        };
        Some(wanted.map(row).collect())
    }

    /// The unit's code in the programme that the report follows, or else in the newest that has the unit.
    fn unit(&self, memory: &Memory) -> String {
        let Some(id) = memory.unit_id(self.row.unit) else { return String::new() };
        let others = memory.editions.iter().rev().map(|edition| edition.programme.as_ref());
        let mut programmes = self.programme(memory).into_iter().chain(others);
        let code = programmes.find_map(|programme| Some(programme.unit(programme.unit_of(id)?).code.clone()));
        code.unwrap_or_else(|| id.to_string())
    }

    fn form(&self, memory: &Memory) -> String {
        let placed = self.row.place.and_then(|place| memory.form_key(place.form)).map(str::to_owned);
        let read = || {
            let form = self.envelope.as_ref()?.form;
            self.programme(memory)?.forms.get(form.get()).map(|form| form.key.clone())
        };
        placed.or_else(read).unwrap_or_default()
    }

    fn period(&self) -> String {
        period_of(&self.row).map(|period| period.to_string()).unwrap_or_default()
    }

    /// What was decided, in the columns of a history.
    fn verdict(&self, journal: &mut dyn Journal, memory: &Memory) -> Stored<Vec<String>> {
        let row = &self.row;
        let (verdict, revision) = match &row.ruling.verdict {
            Verdict::Accepted { revision } => ("accepted".to_owned(), revision.to_string()),
            Verdict::Conflict { .. } => ("conflict".to_owned(), String::new()),
            Verdict::Rejected(rejection) => (format!("rejected {}", rejection.code), String::new()),
        };
        let by_district = memory.device(row.device).is_some_and(|device| device.district);
        let at_ms = journal.commit_of(row.seq)?.at_ms;
        Ok(vec![
            revision,
            verdict,
            row.seq.to_string(),
            gom_domain::calendar::vietnam_time(at_ms),
            self.envelope.as_ref().map(|envelope| envelope.id.to_string()).unwrap_or_default(),
            if by_district { "district" } else { "unit" }.to_owned(),
            self.submission.as_ref().map(|submission| submission.reason.clone()).unwrap_or_default(),
            self.submission.as_ref().map(|submission| submission.officer.clone()).unwrap_or_default(),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_has_gone_away_is_known_as_such() {
        let gone = csv::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        let ExportError::Out(error) = ExportError::from(gone) else { panic!("the books are sound") };
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
