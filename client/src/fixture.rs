//! For unit tests: an enrolled folder with the sample programme, without a district.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use gom_domain::greeting::{DeviceId, HistoryId, fingerprint};
use gom_domain::programme::Bundle;
use gom_domain::ruling::{Receipt, Ruling, Verdict};
use gom_domain::submission::{Submission, SubmissionId};
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use tempfile::TempDir;

use crate::Commune;
use crate::store::{About, FiledRow, PriorKind, Store};

/// 1 June 2024 in Viet Nam.
pub(crate) const JUNE_MS: i64 = 1_717_200_000_000;

/// A world whose clock stands still and whose dice are numbers in turn.
pub(crate) fn world() -> World {
    let turn = AtomicU64::new(1);
    World::new(
        || JUNE_MS,
        move |bytes| {
            let number = turn.fetch_add(1, Ordering::Relaxed).to_le_bytes();
            bytes.iter_mut().zip(number.into_iter().cycle()).for_each(|(byte, random)| *byte = random);
        },
    )
}

/// The tables of the sample programme.
pub(crate) fn sample() -> Bundle {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programmes/phung-hiep-2024");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap()))
        .collect()
}

/// A folder of the commune Hòa Mỹ (31420), enrolled.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(folder.path()).unwrap();
    let bundle = sample();
    let unit = {
        let programme = gom_domain::programme::read(&bundle).unwrap().programme;
        let ix = programme.units_called("31420")[0];
        UnitId::from(programme.unit(ix).id.as_str())
    };
    store
        .write(|rows| {
            rows.prepare_enrolment("http://127.0.0.1:1", &[1; 32])?;
            rows.enrol(DeviceId([2; 16]), &unit, HistoryId([3; 16]), &[5; 16])?;
            rows.put_edition(1, 1, &bundle)?;
            rows.put_prior(PriorKind::Quotas, 2024, bundle.get(Bundle::QUOTAS).unwrap())?;
            rows.put_prior(PriorKind::Baseline, 2024, bundle.get(Bundle::BASELINE).unwrap())
        })
        .unwrap();
    folder
}

/// The folder in use.
pub(crate) fn commune(folder: &TempDir) -> Commune {
    Commune::open(folder.path(), world()).unwrap()
}

/// What the district might say.
pub(crate) fn receipt(commit: u64, verdict: Verdict) -> Receipt {
    Receipt { ruling: Ruling::plain(verdict), commit, at_ms: JUNE_MS }
}

/// Lets the district rule on an operation.
pub(crate) fn rule(folder: &TempDir, sequence: u64, verdict: Verdict) {
    let receipt = receipt(100 + sequence, verdict);
    Store::open(folder.path()).unwrap().write(|rows| rows.settle(1, &[(sequence, receipt)], None)).unwrap();
}

/// A report of the budget of May by someone else.
pub(crate) fn filed_budget(commit: u64, revision: u32, value: i64, by_district: bool) -> FiledRow {
    let programme = gom_domain::programme::read(&sample()).unwrap().programme;
    let form = programme.form_named("budget").unwrap();
    let (id, period) = (SubmissionId::new(1, [commit.to_le_bytes()[0]; 10]), "2024-05".parse().unwrap());
    let submission = Submission {
        id,
        programme_version: 1,
        form,
        period,
        base: None,
        figures: vec![Some(value), None],
        notes: Vec::new(),
        reason: String::new(),
        officer: String::new(),
    };
    let body = gom_proto::submission::encode(&submission);
    FiledRow {
        about: Some(About { submission: id, programme_version: 1, form, period }),
        fingerprint: fingerprint(&body),
        body,
        by_district,
        receipt: receipt(commit, Verdict::Accepted { revision }),
        sealed: None,
    }
}
