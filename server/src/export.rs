//! Export: all figures in the columns of import, so that what comes out can go in again.

use gom_domain::Period;
use gom_domain::ruling::Verdict;
use gom_domain::submission::Submission;
use gom_domain::unit::UnitIx;

use crate::memory::Memory;
use crate::store::{Journal, StoreError, Stored, SubmissionRow};

/// The columns that a history has beside those of import.
pub const HISTORY_COLUMNS: [&str; 7] =
    ["revision", "verdict", "commit", "received", "submission", "entered_by", "reason"];

/// Writes every cell of every report that stands, blanks included; with `history` every report ever handed in.
pub fn export(
    journal: &mut dyn Journal,
    memory: &Memory,
    period: Option<Period>,
    history: bool,
    out: &mut csv::Writer<Vec<u8>>,
) -> Stored<()> {
    let wrong = |error: csv::Error| StoreError::Damaged(error.to_string());
    let mut header: Vec<&str> = gom_domain::sheet::COLUMNS.to_vec();
    if history {
        header.extend(HISTORY_COLUMNS);
    }
    out.write_record(header).map_err(wrong)?;
    let mut rows = Vec::new();
    let mut keep = |row: SubmissionRow| {
        if row.place.is_some_and(|place| period.is_none_or(|period| within(place.period, period))) {
            rows.push(row);
        }
        Ok(())
    };
    if history {
        journal.each_submission(u64::MAX, &mut keep)?;
    } else {
        journal.each_standing(&mut keep)?;
    }
    let mut sheets: Vec<(SubmissionRow, Submission)> = rows
        .into_iter()
        .filter_map(|row| memory.open(&row.body).map(|submission| (row, submission)))
        .collect();
    sheets.sort_by_key(|(row, submission)| {
        let last_month = (submission.period.year(), submission.period.last_month());
        (row.unit, last_month, submission.form, row.seq)
    });
    for (row, submission) in &sheets {
        write(journal, memory, row, submission, history, out)?;
    }
    Ok(())
}

/// Whether a form's period lies in the period asked for.
fn within(of: Period, asked: Period) -> bool {
    of.year() == asked.year()
        && of.first_month() >= asked.first_month()
        && of.last_month() <= asked.last_month()
}

fn write(
    journal: &mut dyn Journal,
    memory: &Memory,
    row: &SubmissionRow,
    submission: &Submission,
    history: bool,
    out: &mut csv::Writer<Vec<u8>>,
) -> Stored<()> {
    let damaged = || StoreError::Damaged(format!("the submission {} cannot be read", row.seq));
    let programme = memory.editions.version(submission.programme_version).ok_or_else(damaged)?;
    let unit: UnitIx = memory.unit_id(row.unit).and_then(|id| programme.unit_of(id)).ok_or_else(damaged)?;
    let form = programme.form(submission.form);
    let tail = if history { history_of(journal, memory, row, submission)? } else { Vec::new() };
    for (element, value) in form.elements.iter().zip(&submission.figures) {
        if !programme.asks(*element, unit) {
            continue;
        }
        let of = programme.element(*element);
        let value = value.map(|value| of.plain(value)).unwrap_or_default();
        let period = submission.period.to_string();
        let cells = [&programme.unit(unit).code, &form.key, &period, &of.key, &value];
        let cells = cells.into_iter().chain(&tail);
        out.write_record(cells).map_err(|error| StoreError::Damaged(error.to_string()))?;
    }
    Ok(())
}

fn history_of(
    journal: &mut dyn Journal,
    memory: &Memory,
    row: &SubmissionRow,
    submission: &Submission,
) -> Stored<Vec<String>> {
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
        submission.id.to_string(),
        if by_district { "district" } else { "unit" }.to_owned(),
        submission.reason.clone(),
    ])
}
