//! Books with the year's programme and one device, and what is done to them without a network.

use std::path::Path;

use gom_domain::code::{CODE_LIFE_MS, EnrolCode};
use gom_domain::greeting::{DeviceId, fingerprint};
use gom_domain::programme::Bundle;
use gom_domain::ruling::{Receipt, Verdict};
use gom_domain::submission::{Submission, SubmissionId};
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_proto::{sheet, wire};
use gom_server::accept::Refusal;
use gom_server::books::{Answer, Books, Job, Push};
use gom_server::enrol::{By, Enrol, IssueCode};
use gom_server::folder::Folder;
use gom_server::give_back::{self, GiveBack};
use gom_server::memory::Memory;
use gom_server::publish::Load;
use gom_server::sealer::Seals;
use gom_server::store::Sqlite;
use tempfile::TempDir;

pub(crate) const NOW_MS: i64 = 1_717_000_000_000;

/// Books with the year's programme and one device of Hòa An.
pub(crate) struct District {
    pub(crate) folder: TempDir,
    pub(crate) books: Books,
}

pub(crate) fn world() -> World {
    World::new(|| NOW_MS, |bytes| bytes.fill(7))
}

pub(crate) fn bundle() -> Bundle {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programmes/phung-hiep-2024");
    gom_server::publish::read_folder(&dir).unwrap()
}

impl District {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, _lock) = Folder::new(folder.path().join("d")).found(&world()).unwrap();
        let mut district = Self { folder, books: Books::open(Box::new(ledger)).unwrap() };
        let load = Job::Load(Load { programme: Some(bundle()), ..Load::default() });
        assert!(matches!(district.commit(load), Answer::Changed(3)));
        district.enrol(1);
        district
    }

    pub(crate) fn commit(&mut self, job: Job) -> Answer {
        self.books.commit(vec![job], NOW_MS).pop().unwrap()
    }

    pub(crate) fn enrol(&mut self, salt: u8) -> Answer {
        let code = EnrolCode::new([salt; 26]);
        let unit = UnitId::from("hoa-an");
        let issue = IssueCode { unit, hash: code.hash(), expires_ms: NOW_MS + CODE_LIFE_MS };
        self.commit(Job::IssueCode(issue));
        self.commit(Job::Enrol(Enrol {
            by: By::Code { hash: code.hash(), device: DeviceId([salt; 16]) },
            secret_hash: [salt; 32],
            name: "máy".into(),
            app_version: "0".into(),
            authority: None,
        }))
    }

    pub(crate) fn push(
        &mut self,
        device: u32,
        first: u64,
        bodies: &[Vec<u8>],
    ) -> (Vec<(u64, Receipt)>, Option<Refusal>) {
        let push = Push {
            device,
            epoch: 1,
            first_sequence: first,
            operations: bodies.iter().cloned().map(Into::into).collect(),
        };
        match self.commit(Job::Push(push)) {
            Answer::Receipts(receipts, refusal) => (receipts, refusal),
            other => panic!("{other:?}"),
        }
    }

    /// Device 1's operation with what the books have told of it.
    pub(crate) fn given_back(&self, sequence: u64, body: Vec<u8>, told: &(u64, Receipt)) -> GiveBack {
        let memory = self.books.shared();
        let memory = memory.read().unwrap();
        let device = memory.device(1).unwrap();
        let seals = Seals::new(&memory, device).unwrap();
        let fingerprint = fingerprint(&body);
        GiveBack {
            giver: 1,
            device: device.id,
            by_district: false,
            epoch: 1,
            first_sequence: sequence,
            operations: vec![body.into()],
            sheet: sheet::one(sequence, &told.1),
            seal: sheet::seal_one(seals.key(), &seals.owner(1), sequence, &told.1, &fingerprint),
            hand: DeviceId([8; 16]),
        }
    }

    pub(crate) fn take_back(&mut self, given: &GiveBack) -> wire::Taken {
        match self.commit(Job::GiveBack(given.clone())) {
            Answer::TakenBack(taken) => give_back::reply(taken).taken(),
            other => panic!("{other:?}"),
        }
    }

    /// The books as a new process finds them.
    pub(crate) fn reopen(&mut self) {
        let file = Folder::new(self.folder.path().join("d")).books();
        self.books = Books::open(Box::new(Sqlite::open(&file).unwrap())).unwrap();
    }

    pub(crate) fn differences(&self) -> usize {
        let mut journal = Folder::new(self.folder.path().join("d")).read().unwrap();
        gom_server::verify::verify(&mut journal).unwrap().differences.len()
    }

    pub(crate) fn crimes(&self) -> Option<i64> {
        crimes_in(&self.books.shared().read().unwrap())
    }
}

pub(crate) fn crimes_in(memory: &Memory) -> Option<i64> {
    let (programme, numbering) = memory.year(2024).unwrap();
    let element = numbering.element(programme.element_named("public_order_crimes").unwrap());
    let unit = numbering.unit(programme.unit_of(&UnitId::from("hoa-an")).unwrap());
    memory.cells.figure(element, unit, "2024-05".parse().unwrap())
}

/// May's report of the society form with so many crimes.
pub(crate) fn report(id: u8, crimes: i64, base: Option<u8>) -> Vec<u8> {
    report_of(id, 1, "2024-05", crimes, base)
}

pub(crate) fn report_of(id: u8, version: u32, period: &str, crimes: i64, base: Option<u8>) -> Vec<u8> {
    let programme = gom_domain::programme::read(&bundle()).unwrap().programme;
    let form = programme.form_named("society").unwrap();
    let crime = programme.element_named("public_order_crimes").unwrap();
    let elements = &programme.form(form).elements;
    let named = |salt: u8| SubmissionId::new(NOW_MS, [salt; 10]);
    gom_proto::submission::encode(&Submission {
        id: named(id),
        programme_version: version,
        form,
        period: period.parse().unwrap(),
        base: base.map(named),
        figures: elements.iter().map(|element| Some(if *element == crime { crimes } else { 1 })).collect(),
        notes: Vec::new(),
        reason: String::new(),
        officer: String::new(),
    })
}

pub(crate) fn verdicts(receipts: &[(u64, Receipt)]) -> Vec<&Verdict> {
    receipts.iter().map(|(_, receipt)| &receipt.ruling.verdict).collect()
}
