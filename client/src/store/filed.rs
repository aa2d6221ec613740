//! What others have filed for the unit: its other devices, and the district on its behalf.

use gom_domain::Period;
use gom_domain::form::FormIx;
use gom_domain::ruling::Receipt;
use gom_domain::submission::SubmissionId;
use rusqlite::{Row, named_params};

use super::receipts::{receipt, verdict_key};
use super::value::{fixed, fixed_or_none, int, period, small};
use super::{Rows, Stored};

/// A submission that the district told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiledRow {
    /// What its body says it is; none if it cannot be read.
    pub about: Option<About>,
    /// Its body, verbatim.
    pub body: Vec<u8>,
    /// The body's SHA-256.
    pub fingerprint: [u8; 32],
    /// Whether the district entered it on the unit's behalf.
    pub by_district: bool,
    /// What the district said of it.
    pub receipt: Receipt,
}

/// What a body is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The submission's id.
    pub submission: SubmissionId,
    /// The version of the programme that it follows.
    pub programme_version: u32,
    /// Its form in that version.
    pub form: FormIx,
    /// Its period.
    pub period: Period,
}

impl Rows<'_> {
    /// Keeps a filed submission. Told again under the same history, it changes nothing.
    pub fn put_filed(&self, filed: &FiledRow) -> Stored<()> {
        let mut statement = self.connection.prepare_cached(include_str!("put_filed.sql"))?;
        let about = filed.about;
        statement.execute(named_params! {
            ":fingerprint": filed.fingerprint,
            ":history": self.history()?,
            ":district_commit": int(filed.receipt.commit),
            ":at_ms": filed.receipt.at_ms,
            ":submission": about.map(|about| *about.submission.as_bytes()),
            ":programme_version": about.map(|about| about.programme_version),
            ":form": about.map(|about| about.form.0),
            ":period": about.map(|about| about.period.code()),
            ":body": filed.body,
            ":by_district": filed.by_district,
            ":verdict": verdict_key(&filed.receipt.ruling.verdict),
            ":ruling": gom_proto::ruling::encode(&filed.receipt.ruling),
        })?;
        Ok(())
    }

    /// What has been filed for a period, under the district's present history, in the order of its commits.
    pub fn filed_of(&self, period: Period) -> Stored<Vec<FiledRow>> {
        self.filed(include_str!("filed_of.sql"), &[(":period", &period.code())])
    }

    /// What has been filed and accepted, under the district's present history, in the order of its commits.
    pub fn filed_accepted(&self) -> Stored<Vec<FiledRow>> {
        self.filed(include_str!("filed_accepted.sql"), &[])
    }

    fn filed(&self, sql: &str, bound: &[(&str, &dyn rusqlite::ToSql)]) -> Stored<Vec<FiledRow>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(bound)?;
        let mut all = Vec::new();
        while let Some(row) = found.next()? {
            all.push(filed(row)?);
        }
        Ok(all)
    }
}

fn filed(row: &Row<'_>) -> Stored<FiledRow> {
    let submission: Option<[u8; 16]> = fixed_or_none(row, "submission")?;
    let about = submission.map(|submission| -> Stored<About> {
        Ok(About {
            submission: SubmissionId::from_bytes(submission),
            programme_version: small(row, "programme_version")?,
            form: FormIx(small(row, "form")?),
            period: period(row)?,
        })
    });
    Ok(FiledRow {
        about: about.transpose()?,
        body: row.get("body")?,
        fingerprint: fixed(row, "fingerprint")?,
        by_district: row.get("by_district")?,
        receipt: receipt(row)?,
    })
}
