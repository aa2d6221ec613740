//! Export: what stands, and everything that was ever handed in, read or not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

use std::path::Path;

use gom_domain::code::{CODE_LIFE_MS, EnrolCode};
use gom_domain::form::FormIx;
use gom_domain::greeting::DeviceId;
use gom_domain::submission::{Submission, SubmissionId};
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_server::books::{Answer, Books, Job, Push};
use gom_server::enrol::{By, Enrol, IssueCode};
use gom_server::export::export;
use gom_server::folder::Folder;
use gom_server::publish::{Load, read_folder};

const NOW_MS: i64 = 1_717_000_000_000;

fn commit(books: &mut Books, job: Job) -> Answer {
    books.commit(vec![job], NOW_MS).pop().unwrap()
}

/// Books with the year's programme, and what one device of Hòa An handed in.
fn books_with(folder: &Folder, bodies: Vec<Vec<u8>>) {
    let world = World::new(|| NOW_MS, |bytes| bytes.fill(7));
    let (ledger, _lock) = folder.found(&world).unwrap();
    let mut books = Books::open(Box::new(ledger)).unwrap();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programmes/phung-hiep-2024");
    let programme = Some(read_folder(&dir).unwrap());
    commit(&mut books, Job::Load(Load { programme, ..Load::default() }));
    let code = EnrolCode::new([1; 26]);
    let (unit, hash) = (UnitId::from("hoa-an"), code.hash());
    commit(&mut books, Job::IssueCode(IssueCode { unit, hash, expires_ms: NOW_MS + CODE_LIFE_MS }));
    commit(
        &mut books,
        Job::Enrol(Enrol {
            by: By::Code { hash, device: DeviceId([1; 16]) },
            secret_hash: [1; 32],
            name: "máy".into(),
            app_version: "0".into(),
            authority: None,
        }),
    );
    let operations = bodies.into_iter().map(Into::into).collect();
    let push = Push { device: 1, epoch: 1, first_sequence: 1, operations };
    assert!(matches!(commit(&mut books, Job::Push(push)), Answer::Receipts(_, None)));
}

fn exported(folder: &Folder, period: Option<&str>, history: bool) -> Vec<String> {
    let (mut books, memory) = folder.recall(None).unwrap();
    let mut out = csv::Writer::from_writer(Vec::new());
    let period = period.map(|period| period.parse().unwrap());
    export(&mut books, &memory, period, history, &mut out).unwrap();
    let text = String::from_utf8(out.into_inner().unwrap()).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn a_history_leaves_nothing_out() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::new(dir.path().join("d"));
    let report = |salt, form, figures| {
        gom_proto::submission::encode(&Submission {
            id: SubmissionId::new(NOW_MS, [salt; 10]),
            programme_version: 1,
            form: FormIx(form),
            period: "2024-04".parse().unwrap(),
            base: None,
            figures,
            notes: Vec::new(),
            reason: String::new(),
            officer: String::new(),
        })
    };
    let unknown_form = report(1, 999, vec![Some(1)]);
    let misfit = report(2, 0, vec![Some(1); 40]);
    books_with(&folder, vec![vec![0xff, 0xff], unknown_form, misfit]);

    assert_eq!(exported(&folder, None, false), [] as [&str; 0]);
    let (id_1, id_2) = (SubmissionId::new(NOW_MS, [1; 10]), SubmissionId::new(NOW_MS, [2; 10]));
    let starts_and_ends = |line: &str, start: &str, end: &str| {
        assert!(line.starts_with(start) && line.ends_with(end), "{line}");
    };
    let lines = exported(&folder, None, true);
    assert_eq!(lines.len(), 3);
    starts_and_ends(&lines[0], "31423,economy,2024-04,,,,rejected R08,8,", &format!("{id_2},unit,,"));
    starts_and_ends(&lines[1], "31423,,2024-04,,,,rejected R02,7,", &format!("{id_1},unit,,"));
    starts_and_ends(&lines[2], "31423,,,,,,rejected R01,6,", ",,unit,,");
    assert_eq!(exported(&folder, Some("2024-Q2"), true).len(), 2);
    assert_eq!(exported(&folder, Some("2024-05"), true).len(), 0);
}
