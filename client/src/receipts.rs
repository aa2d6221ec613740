//! Receipts: what proves that a report was handed in, and what became of it.

use gom_domain::greeting::shown_fingerprint;
use gom_domain::ruling::Receipt;
use gom_domain::{Bilingual, Period};

use crate::failure::Failure;
use crate::programme::Programmes;
use crate::store::{ReceiptRow, Rows};

/// A receipt with what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptView {
    /// The form's key.
    pub form: String,
    /// The form's title.
    pub label: Bilingual,
    /// The period.
    pub period: Period,
    /// Its number in the outbox.
    pub sequence: u64,
    /// Who handed it in, as he had named himself then.
    pub officer: String,
    /// The body's SHA-256.
    pub fingerprint: [u8; 32],
    /// What the district said.
    pub receipt: Receipt,
}

impl ReceiptView {
    /// The fingerprint's first 16 digits in groups of four, as it is printed and read out.
    pub fn shown_fingerprint(&self) -> String {
        shown_fingerprint(&self.fingerprint)
    }
}

pub(crate) fn receipts(rows: &Rows<'_>, programmes: &Programmes) -> Result<Vec<ReceiptView>, Failure> {
    let view = |row: ReceiptRow| ReceiptView {
        label: form_label(programmes, &row.operation.form, row.operation.period),
        officer: programmes.open(&row.operation.body).map(|said| said.officer).unwrap_or_default(),
        form: row.operation.form,
        period: row.operation.period,
        sequence: row.operation.sequence,
        fingerprint: row.operation.fingerprint,
        receipt: row.receipt,
    };
    Ok(rows.receipts()?.into_iter().map(view).collect())
}

/// A form's title by the programme of the period's year, or its key where there is none.
pub(crate) fn form_label(programmes: &Programmes, form: &str, period: Period) -> Bilingual {
    let programme = programmes.editions.for_year(period.year());
    let known =
        programme.and_then(|programme| Some(programme.form(programme.form_named(form)?).label.clone()));
    known.unwrap_or_else(|| Bilingual { vi: form.to_owned(), en: form.to_owned() })
}
