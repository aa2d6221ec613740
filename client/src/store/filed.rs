//! What others have filed for the unit: its other devices, and the district on its behalf.

use gom_domain::Period;
use gom_domain::form::FormIx;
use gom_domain::greeting::DeviceId;
use gom_domain::ruling::Receipt;
use gom_domain::submission::SubmissionId;
use rusqlite::{Row, named_params};

use super::receipts::{receipt, verdict_key};
use super::value::{count, fixed, fixed_or_none, int, period, small};
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
    /// Who handed it in under which number, and the district's seal on that; none as it was told before seals.
    pub sealed: Option<SealedBy>,
}

/// Who handed a report in, under the district's seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBy {
    /// The device.
    pub device: DeviceId,
    /// Its epoch.
    pub epoch: u32,
    /// Its sequence there.
    pub sequence: u64,
    /// The seal.
    pub seal: Vec<u8>,
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
        let (about, sealed) = (filed.about, filed.sealed.as_ref());
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
            ":device": sealed.map(|sealed| sealed.device.0),
            ":epoch": sealed.map(|sealed| sealed.epoch),
            ":sequence": sealed.map(|sealed| int(sealed.sequence)),
            ":seal": sealed.map(|sealed| &sealed.seal),
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

    /// What was filed under an earlier history and has not been told under the present one, in the order in which each
    /// device handed it in.
    pub fn filed_untold(&self) -> Stored<Vec<FiledRow>> {
        self.filed(include_str!("filed_untold.sql"), &[])
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
        sealed: sealed_by(row)?,
    })
}

fn sealed_by(row: &Row<'_>) -> Stored<Option<SealedBy>> {
    let Some(device) = fixed_or_none(row, "device")? else { return Ok(None) };
    let seal: Option<Vec<u8>> = row.get("seal")?;
    let Some(seal) = seal.filter(|seal| !seal.is_empty()) else { return Ok(None) };
    let (epoch, sequence) = (small(row, "epoch")?, count(row, "sequence")?);
    Ok(Some(SealedBy { device: DeviceId(device), epoch, sequence, seal }))
}
