//! Drafts, cell by cell.

use std::collections::BTreeMap;

use gom_domain::Period;
use gom_domain::element::Value;
use gom_domain::submission::SubmissionId;
use rusqlite::{Row, named_params};

use super::value::{fixed_or_none, period};
use super::{Rows, Stored};

/// A form being filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRow {
    /// The form's key.
    pub form: String,
    /// Its period.
    pub period: Period,
    /// The submission it was made from.
    pub base: Option<SubmissionId>,
    /// What has been filled in, by the elements' keys.
    pub cells: BTreeMap<String, Value>,
    /// What has been said to warnings.
    pub notes: DraftNotes,
}

/// Words to warnings, by the keys of the rule and of the element; no element is the form as a whole.
pub(crate) type DraftNotes = BTreeMap<(String, String), String>;

impl Rows<'_> {
    /// The draft of a form and period.
    pub fn draft(&self, form: &str, period: Period) -> Stored<Option<DraftRow>> {
        let sql = "select form, period, base from draft where form = :form and period = :period";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(named_params! { ":form": form, ":period": period.code() })?;
        found.next()?.map(|row| self.filled(row)).transpose()
    }

    /// All drafts, by period and form.
    pub fn drafts(&self) -> Stored<Vec<DraftRow>> {
        let sql = "select form, period, base from draft order by period, form";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([])?;
        let mut drafts = Vec::new();
        while let Some(row) = found.next()? {
            drafts.push(self.filled(row)?);
        }
        Ok(drafts)
    }

    /// Keeps a draft in place of the one before.
    pub fn put_draft(&self, draft: &DraftRow) -> Stored<()> {
        self.delete_draft(&draft.form, draft.period)?;
        let sql = "insert into draft (form, period, base) values (:form, :period, :base)";
        let base = draft.base.as_ref().map(SubmissionId::as_bytes);
        let period = draft.period.code();
        self.execute(sql, named_params! { ":form": draft.form, ":period": period, ":base": base })?;
        let mut statement = self.connection.prepare_cached(include_str!("put_draft_cell.sql"))?;
        for (element, value) in &draft.cells {
            let cell = named_params! { ":form": draft.form, ":period": period, ":element": element, ":value": value };
            statement.execute(cell)?;
        }
        let mut statement = self.connection.prepare_cached(include_str!("put_draft_note.sql"))?;
        for ((rule, element), text) in &draft.notes {
            let note = named_params! {
                ":form": draft.form, ":period": period, ":rule": rule, ":element": element, ":text": text
            };
            statement.execute(note)?;
        }
        Ok(())
    }

    /// Forgets a draft, cells and notes and all.
    pub fn delete_draft(&self, form: &str, period: Period) -> Stored<()> {
        let sql = "delete from draft where form = :form and period = :period";
        self.execute(sql, named_params! { ":form": form, ":period": period.code() })?;
        Ok(())
    }

    fn filled(&self, row: &Row<'_>) -> Stored<DraftRow> {
        let form: String = row.get("form")?;
        let period = period(row)?;
        let sql = "select element, value from draft_cell where form = :form and period = :period";
        let mut statement = self.connection.prepare_cached(sql)?;
        let cells = statement
            .query_map(named_params! { ":form": form, ":period": period.code() }, |row| {
                Ok((row.get("element")?, row.get("value")?))
            })?;
        let cells = cells.collect::<Result<_, _>>()?;
        let notes = self.draft_notes(&form, period)?;
        let base = fixed_or_none(row, "base")?.map(SubmissionId::from_bytes);
        Ok(DraftRow { form, period, base, cells, notes })
    }

    pub(super) fn draft_notes(&self, form: &str, period: Period) -> Stored<DraftNotes> {
        let sql = "select rule, element, text from draft_note where form = :form and period = :period";
        let mut statement = self.connection.prepare_cached(sql)?;
        let notes = statement
            .query_map(named_params! { ":form": form, ":period": period.code() }, |row| {
                Ok(((row.get("rule")?, row.get("element")?), row.get("text")?))
            })?;
        Ok(notes.collect::<Result<_, _>>()?)
    }
}
