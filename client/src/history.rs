//! The reports that this folder knows of: its own, those of the unit's other devices, those the district entered.
//!
//! What stands for a form and period is the highest revision that was accepted, whoever filed it; a district that has
//! taken back what it had lost may have got them in another order.

use std::collections::BTreeMap;

use gom_domain::Period;
use gom_domain::ruling::{Receipt, Verdict};
use gom_domain::submission::SubmissionId;
use gom_proto::submission::Envelope;

use crate::programme::Programmes;
use crate::store::{FiledRow, OperationRow, Rows, Stored};

/// Who handed a report in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This folder, under this number of its outbox.
    Own(u64),
    /// Another device of the unit.
    OtherDevice,
    /// The district, on the unit's behalf.
    District,
}

/// A sealed report, wherever it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The submission's id.
    pub id: SubmissionId,
    /// Who handed it in.
    pub origin: Origin,
    /// Its body, verbatim.
    pub body: Vec<u8>,
    /// The body's SHA-256.
    pub fingerprint: [u8; 32],
    /// What the district said of it; none while it is queued.
    pub receipt: Option<Receipt>,
    /// Whether it was refused and the officer has accepted what stands.
    pub is_resolved: bool,
    /// Which of our own it is, in the order of sealing: its epoch, then its number there.
    sealed: Option<(u32, u64)>,
}

impl Report {
    /// The submission that it was made from.
    pub fn base(&self) -> Option<SubmissionId> {
        Envelope::decode(&self.body).ok()?.base
    }

    /// Its revision, if it was accepted.
    pub fn revision(&self) -> Option<u32> {
        match self.receipt.as_ref()?.ruling.verdict {
            Verdict::Accepted { revision } => Some(revision),
            Verdict::Conflict { .. } | Verdict::Rejected(_) => None,
        }
    }

    /// Whether it was made from something else than what stood.
    pub fn is_conflict(&self) -> bool {
        let verdict = self.receipt.as_ref().map(|receipt| &receipt.ruling.verdict);
        matches!(verdict, Some(Verdict::Conflict { .. }))
    }

    /// Whether the district has not ruled on it.
    pub fn is_queued(&self) -> bool {
        self.receipt.is_none()
    }

    /// By which one of two accepted reports stands.
    fn rank(&self) -> (Option<u32>, u64) {
        (self.revision(), self.commit())
    }

    fn commit(&self) -> u64 {
        self.receipt.as_ref().map_or(u64::MAX, |receipt| receipt.commit)
    }
}

impl From<OperationRow> for Report {
    fn from(row: OperationRow) -> Self {
        Self {
            id: row.submission,
            origin: Origin::Own(row.sequence),
            body: row.body,
            fingerprint: row.fingerprint,
            receipt: row.receipt,
            is_resolved: false,
            sealed: Some((row.epoch, row.sequence)),
        }
    }
}

fn filed(row: FiledRow, id: SubmissionId) -> Report {
    let origin = if row.by_district { Origin::District } else { Origin::OtherDevice };
    let receipt = Some(row.receipt);
    Report {
        id,
        origin,
        body: row.body,
        fingerprint: row.fingerprint,
        receipt,
        is_resolved: false,
        sealed: None,
    }
}

/// All reports of one form and period: those ruled on by the district's commits, then those queued.
#[derive(Clone, Debug, Default)]
pub struct History(pub Vec<Report>);

impl History {
    /// Reads the reports of a form and period.
    pub(crate) fn load(rows: &Rows<'_>, programmes: &Programmes, form: &str, period: Period) -> Stored<Self> {
        let mut reports = Vec::new();
        for row in rows.operations_of(form, period)? {
            let is_resolved = rows.is_resolved(row.epoch, row.sequence)?;
            reports.push(Report { is_resolved, ..row.into() });
        }
        for row in rows.filed_of(period)? {
            let Some(about) = row.about else { continue };
            // One of our own may have come back to a restored district by another hand.
            let is_own =
                reports.iter().any(|own: &Report| own.fingerprint == row.fingerprint && !own.is_queued());
            if !is_own && programmes.form_key(about.programme_version, about.form) == Some(form) {
                reports.push(filed(row, about.submission));
            }
        }
        reports.sort_by_key(Report::commit);
        Ok(Self(reports))
    }

    /// What stands.
    pub fn standing(&self) -> Option<&Report> {
        self.0.iter().filter(|report| report.revision().is_some()).max_by_key(|report| report.rank())
    }

    /// The newest of our own that is still queued.
    pub fn newest_queued(&self) -> Option<&Report> {
        self.0.iter().rev().find(|report| report.is_queued())
    }

    /// What a new draft starts from: our own newest queued report, else what stands.
    pub fn newest(&self) -> Option<&Report> {
        self.newest_queued().or_else(|| self.standing())
    }

    /// A report by its id.
    pub fn find(&self, id: SubmissionId) -> Option<&Report> {
        self.0.iter().find(|report| report.id == id)
    }

    /// Our own newest report, if it was rejected or in conflict, and nothing of ours has replaced it, and the officer has
    /// not accepted what stands.
    pub fn refused(&self) -> Option<&Report> {
        let report =
            self.0.iter().filter(|report| report.sealed.is_some()).max_by_key(|report| report.sealed)?;
        (!report.is_queued() && report.revision().is_none() && !report.is_resolved).then_some(report)
    }

    /// The same, if it is in conflict.
    pub fn conflict(&self) -> Option<&Report> {
        self.refused().filter(|report| report.is_conflict())
    }
}

/// What stands for each form and period, by the forms' keys.
pub(crate) fn standing(
    rows: &Rows<'_>,
    programmes: &Programmes,
) -> Stored<BTreeMap<(String, Period), Report>> {
    let mut standing: BTreeMap<(String, Period), Report> = BTreeMap::new();
    for row in rows.newest_accepted()? {
        standing.insert((row.form.clone(), row.period), row.into());
    }
    for row in rows.filed_accepted()? {
        let Some(about) = row.about else { continue };
        let Some(form) = programmes.form_key(about.programme_version, about.form) else { continue };
        let (place, report) = ((form.to_owned(), about.period), filed(row, about.submission));
        if standing.get(&place).is_none_or(|other| other.rank() < report.rank()) {
            standing.insert(place, report);
        }
    }
    Ok(standing)
}

/// The bodies of what stands for each form and period, with what is queued in its place.
pub(crate) fn standing_bodies(rows: &Rows<'_>, programmes: &Programmes) -> Stored<Vec<Vec<u8>>> {
    let mut standing = standing(rows, programmes)?;
    for row in rows.newest_queued()? {
        standing.insert((row.form.clone(), row.period), row.into());
    }
    Ok(standing.into_values().map(|report| report.body).collect())
}

#[cfg(test)]
mod tests {
    use gom_domain::greeting::HistoryId;

    use super::*;
    use crate::fixture::{commune, filed_budget, folder, receipt};
    use crate::programme::{KnownTables, Programmes};
    use crate::store::Store;

    #[test]
    fn the_highest_revision_stands_whoever_filed_it() {
        let folder = folder();
        let mut store = Store::open(folder.path()).unwrap();
        store.write(|rows| rows.put_filed(&filed_budget(5, 1, 10, true))).unwrap();
        store.write(|rows| rows.put_filed(&filed_budget(9, 2, 20, false))).unwrap();
        let entered = commune(&folder).set("budget", "2024-05", &[("tax_revenue", "1")]).unwrap();
        assert!(entered.is_draft);
        let draft = commune(&folder).drafts().unwrap().remove(0);
        assert_eq!(draft.cells["domestic_revenue"], 20);
        assert_eq!(draft.base, Some(SubmissionId::new(1, [9; 10])));
    }

    #[test]
    fn told_again_nothing_changes_and_another_history_begins_anew() {
        let folder = folder();
        let mut store = Store::open(folder.path()).unwrap();
        let first = filed_budget(5, 1, 10, false);
        store.write(|rows| rows.put_filed(&first)).unwrap();
        store.write(|rows| rows.put_filed(&filed_budget(9, 2, 20, false))).unwrap();
        let repeated = FiledRow { receipt: receipt(12, Verdict::Accepted { revision: 1 }), ..first.clone() };
        store.write(|rows| rows.put_filed(&repeated)).unwrap();
        let standing = |store: &mut Store| -> Option<u64> {
            store
                .read(|rows| {
                    let programmes = Programmes::load(
                        rows,
                        &rows.folder()?.unwrap().enrolled.unwrap().unit,
                        &KnownTables::default(),
                    )?;
                    let history = History::load(rows, &programmes, "budget", "2024-05".parse().unwrap())?;
                    Ok::<_, crate::StoreError>(history.standing().map(Report::commit))
                })
                .unwrap()
        };
        assert_eq!(standing(&mut store), Some(9));
        store.write(|rows| rows.begin_history(HistoryId([4; 16]))).unwrap();
        assert_eq!(standing(&mut store), None, "until the district has told it again");
        store.write(|rows| rows.put_filed(&first)).unwrap();
        assert_eq!(standing(&mut store), Some(5));
    }
}
