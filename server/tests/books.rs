//! The books without a network: what a device's operations come to, whatever order and repetition they come in.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

use std::path::Path;

use gom_domain::code::{CODE_LIFE_MS, EnrolCode};
use gom_domain::greeting::{DeviceId, HistoryId, fingerprint};
use gom_domain::programme::Bundle;
use gom_domain::ruling::{Receipt, Verdict};
use gom_domain::submission::{Submission, SubmissionId};
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_proto::{sheet, wire};
use gom_server::accept::Refusal;
use gom_server::books::{Answer, Books, Contact, Job, Push};
use gom_server::enrol::{By, Enrol, IssueCode};
use gom_server::folder::Folder;
use gom_server::give_back::{self, GiveBack};
use gom_server::history::{GoOn, NewHistory};
use gom_server::memory::Memory;
use gom_server::operation::Operation;
use gom_server::publish::Load;
use gom_server::sealer::Seals;
use gom_server::store::{Journal, Sqlite, StoreError, Stored};
use rusqlite::config::DbConfig;
use tempfile::TempDir;

const NOW_MS: i64 = 1_717_000_000_000;

/// Books with the year's programme and one device of Hòa An.
struct District {
    folder: TempDir,
    books: Books,
}

fn world() -> World {
    World::new(|| NOW_MS, |bytes| bytes.fill(7))
}

fn bundle() -> Bundle {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programmes/phung-hiep-2024");
    gom_server::publish::read_folder(&dir).unwrap()
}

impl District {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, _lock) = Folder::new(folder.path().join("d")).found(&world()).unwrap();
        let mut district = Self { folder, books: Books::open(Box::new(ledger)).unwrap() };
        let load = Job::Load(Load { programme: Some(bundle()), ..Load::default() });
        assert!(matches!(district.commit(load), Answer::Changed(3)));
        district.enrol(1);
        district
    }

    fn commit(&mut self, job: Job) -> Answer {
        self.books.commit(vec![job], NOW_MS).pop().unwrap()
    }

    fn enrol(&mut self, salt: u8) -> Answer {
        let code = EnrolCode::new([salt; 26]);
        let unit = UnitId::from("hoa-an");
        let issue = IssueCode { unit, hash: code.hash(), expires_ms: NOW_MS + CODE_LIFE_MS };
        self.commit(Job::IssueCode(issue));
        self.commit(Job::Enrol(Enrol {
            by: By::Code { hash: code.hash(), device: DeviceId([salt; 16]) },
            secret_hash: [salt; 32],
            name: "máy".into(),
            app_version: "0".into(),
        }))
    }

    fn push(
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
    fn given_back(&self, sequence: u64, body: Vec<u8>, told: &(u64, Receipt)) -> GiveBack {
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

    fn take_back(&mut self, given: &GiveBack) -> wire::Taken {
        match self.commit(Job::GiveBack(given.clone())) {
            Answer::TakenBack(taken) => give_back::reply(taken).taken(),
            other => panic!("{other:?}"),
        }
    }

    /// The books as a new process finds them.
    fn reopen(&mut self) {
        let file = Folder::new(self.folder.path().join("d")).books();
        self.books = Books::open(Box::new(Sqlite::open(&file).unwrap())).unwrap();
    }

    fn differences(&self) -> usize {
        let mut journal = Folder::new(self.folder.path().join("d")).read().unwrap();
        gom_server::verify::verify(&mut journal).unwrap().differences.len()
    }

    fn crimes(&self) -> Option<i64> {
        crimes_in(&self.books.shared().read().unwrap())
    }
}

fn crimes_in(memory: &Memory) -> Option<i64> {
    let (programme, numbering) = memory.year(2024).unwrap();
    let element = numbering.element(programme.element_named("public_order_crimes").unwrap());
    let unit = numbering.unit(programme.unit_of(&UnitId::from("hoa-an")).unwrap());
    memory.cells.figure(element, unit, "2024-05".parse().unwrap())
}

/// May's report of the society form with so many crimes.
fn report(id: u8, crimes: i64, base: Option<u8>) -> Vec<u8> {
    report_of(id, 1, "2024-05", crimes, base)
}

fn report_of(id: u8, version: u32, period: &str, crimes: i64, base: Option<u8>) -> Vec<u8> {
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
    })
}

fn verdicts(receipts: &[(u64, Receipt)]) -> Vec<&Verdict> {
    receipts.iter().map(|(_, receipt)| &receipt.ruling.verdict).collect()
}

#[test]
fn a_repeat_gets_the_stored_ruling_whatever_has_happened_since() {
    let mut district = District::open();
    let (first, _) = district.push(1, 1, &[report(1, 5, None)]);
    district.push(1, 2, &[report(2, 6, Some(1))]);
    let (again, _) = district.push(1, 1, &[report(1, 5, None)]);
    assert_eq!(first, again);
    district.reopen();
    let (after_restart, _) = district.push(1, 1, &[report(1, 5, None)]);
    assert_eq!(first, after_restart);
    assert_eq!(district.crimes(), Some(6));
    assert_eq!(district.differences(), 0);
}

/// What a group has appended is written before anything of it is looked for in the journal.
#[test]
fn a_repeat_inside_one_group_gets_the_ruling_that_the_group_has_just_made() {
    let mut district = District::open();
    let push = |first_sequence, bodies: &[Vec<u8>]| {
        let operations = bodies.iter().cloned().map(Operation::from).collect();
        Job::Push(Push { device: 1, epoch: 1, first_sequence, operations })
    };
    let first = [report(1, 5, None), report(2, -1, Some(1))];
    let jobs = vec![
        push(1, &first),
        push(1, &first),
        // The same report by another number, other content by a known number, and a base of this very group.
        push(3, &[report(1, 5, None), report(3, 6, Some(2))]),
        push(4, &[report(4, 9, None)]),
    ];
    let answers = district.books.commit(jobs, NOW_MS);
    let receipts: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            Answer::Receipts(receipts, refusal) => (receipts.clone(), *refusal),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(receipts[0], receipts[1]);
    assert!(receipts[0].0.iter().all(|(_, receipt)| receipt.at_ms == NOW_MS));
    let (by_another_number, _) = &receipts[2];
    assert_eq!(
        verdicts(by_another_number),
        [&Verdict::Accepted { revision: 1 }, &Verdict::Accepted { revision: 2 }]
    );
    assert_eq!(receipts[3], (Vec::new(), Some(Refusal::SequenceReused(4))));
    let mut journal = Folder::new(district.folder.path().join("d")).read().unwrap();
    let mut repeats = Vec::new();
    journal
        .each_submission(u64::MAX, &mut |row| {
            repeats.push(row.repeats.map(|seq| row.seq - seq));
            Ok(())
        })
        .unwrap();
    assert_eq!(repeats, [None, None, Some(2), None], "four operations, each entered once");
    assert_eq!((district.crimes(), district.differences()), (Some(6), 0));
}

#[test]
fn a_gap_is_refused_and_nothing_behind_it_is_taken() {
    let mut district = District::open();
    let (receipts, refusal) = district.push(1, 2, &[report(2, 6, None)]);
    assert!(receipts.is_empty());
    assert_eq!(refusal, Some(Refusal::Gap(2)));
    assert_eq!(district.crimes(), None);
}

#[test]
fn a_sequence_never_gets_other_content() {
    let mut district = District::open();
    district.push(1, 1, &[report(1, 5, None)]);
    let (_, refusal) = district.push(1, 1, &[report(2, 9, None)]);
    assert_eq!(refusal, Some(Refusal::SequenceReused(1)));
    assert_eq!(district.crimes(), Some(5));
}

#[test]
fn an_id_never_gets_other_content() {
    let mut district = District::open();
    let (receipts, _) = district.push(1, 1, &[report(1, 5, None), report(1, 9, Some(1))]);
    assert!(matches!(verdicts(&receipts)[1], Verdict::Rejected(rejection) if rejection.code == "R09"));
    assert_eq!(district.crimes(), Some(5));
    let (receipts, _) = district.push(1, 3, &[report(2, 6, Some(1)), report(1, 5, None)]);
    assert_eq!(
        verdicts(&receipts)[0],
        &Verdict::Accepted { revision: 2 },
        "the first one still stands as a base"
    );
    assert_eq!(verdicts(&receipts)[1], &Verdict::Accepted { revision: 1 }, "and keeps its own ruling");
    assert_eq!(district.crimes(), Some(6));
    assert_eq!(district.differences(), 0);
}

#[test]
fn ones_own_queued_corrections_follow_each_other_in_one_group() {
    let mut district = District::open();
    let bodies = [report(1, 5, None), report(2, 6, Some(1)), report(3, 7, Some(2))];
    let (receipts, _) = district.push(1, 1, &bodies);
    let revisions = verdicts(&receipts);
    assert_eq!(
        revisions,
        [1, 2, 3].map(|revision| Verdict::Accepted { revision }).iter().collect::<Vec<_>>()
    );
    assert_eq!(district.crimes(), Some(7));
    assert_eq!(district.differences(), 0);
}

#[test]
fn a_base_that_does_not_stand_is_a_conflict_and_both_are_kept() {
    let mut district = District::open();
    district.enrol(2);
    district.push(1, 1, &[report(1, 5, None)]);
    let (receipts, _) = district.push(2, 1, &[report(2, 9, None)]);
    assert_eq!(verdicts(&receipts), [&Verdict::Conflict { current: 1 }]);
    assert_eq!(district.crimes(), Some(5));
    let (receipts, _) = district.push(2, 2, &[report(3, 8, Some(1))]);
    assert_eq!(verdicts(&receipts), [&Verdict::Accepted { revision: 2 }]);
    assert_eq!(district.differences(), 0);
}

#[test]
fn a_rejected_base_is_looked_through() {
    let mut district = District::open();
    let bodies = [report(1, 5, None), report(2, -1, Some(1)), report(3, 6, Some(2))];
    let (receipts, _) = district.push(1, 1, &bodies);
    assert!(matches!(verdicts(&receipts)[1], Verdict::Rejected(rejection) if rejection.code == "R07"));
    assert_eq!(verdicts(&receipts)[2], &Verdict::Accepted { revision: 2 });
}

/// The way back from what stands today and the way forward from the first entry come to the same.
#[test]
fn what_stood_as_of_any_commit_is_what_stood_then() {
    let mut district = District::open();
    let bodies = [
        report(1, 5, None),
        report_of(2, 1, "2024-04", 7, None),
        report(3, -1, Some(1)),
        report(4, 6, Some(3)),
        vec![0xff],
        report(5, 9, Some(1)),
        report_of(6, 1, "2024-03", -1, None),
        report_of(7, 1, "2024-04", 8, Some(2)),
        report(4, 6, Some(3)),
        report_of(8, 1, "2024-03", 2, Some(6)),
        report(9, 4, Some(4)),
    ];
    let stood: Vec<_> = (1..)
        .zip(bodies)
        .map(|(sequence, body)| {
            let (receipts, _) = district.push(1, sequence, &[body]);
            let shared = district.books.shared();
            let memory = shared.read().unwrap();
            (receipts[0].1.commit, memory.latest.clone(), district.crimes())
        })
        .collect();
    assert_eq!(stood.last().unwrap().1.len(), 3, "one report of each month stands");
    let mut journal = Folder::new(district.folder.path().join("d")).read().unwrap();
    for (commit, latest, crimes) in stood {
        let memory = Memory::recall(&mut journal, Some(commit)).unwrap();
        assert_eq!((memory.latest.clone(), crimes_in(&memory)), (latest, crimes), "as of {commit}");
    }
}

#[test]
fn an_id_is_known_again_after_a_restart() {
    let mut district = District::open();
    district.push(1, 1, &[report(1, 5, None), report(2, 6, Some(1))]);
    district.reopen();
    let (receipts, _) = district.push(1, 3, &[report(1, 7, Some(2)), report(3, 7, Some(2))]);
    assert!(matches!(verdicts(&receipts)[0], Verdict::Rejected(rejection) if rejection.code == "R09"));
    assert_eq!(verdicts(&receipts)[1], &Verdict::Accepted { revision: 3 });
}

#[test]
fn a_poison_operation_is_ruled_on_and_the_next_one_gets_through() {
    let mut district = District::open();
    let (receipts, _) = district.push(1, 1, &[vec![0xff; 9], report(1, 5, None)]);
    assert!(matches!(verdicts(&receipts)[0], Verdict::Rejected(rejection) if rejection.code == "R01"));
    assert_eq!(verdicts(&receipts)[1], &Verdict::Accepted { revision: 1 });
    assert_eq!(district.differences(), 0);
}

#[test]
fn an_unknown_programme_means_wait_and_is_no_ruling() {
    let mut district = District::open();
    let (receipts, refusal) = district.push(1, 1, &[report_of(1, 9, "2024-05", 5, None)]);
    assert!(receipts.is_empty());
    assert_eq!(refusal, Some(Refusal::UnknownProgramme(9)));
    let (receipts, _) = district.push(1, 1, &[report(1, 5, None)]);
    assert_eq!(receipts.len(), 1, "the sequence was not used up");
}

#[test]
fn a_base_that_nobody_can_know_is_a_conflict_and_blocks_nothing() {
    let mut district = District::open();
    let (receipts, refusal) = district.push(1, 1, &[report(2, 5, Some(1)), report(3, 6, None)]);
    assert_eq!(refusal, None);
    assert_eq!(verdicts(&receipts), [&Verdict::Conflict { current: 0 }, &Verdict::Accepted { revision: 1 }]);
    assert_eq!(district.crimes(), Some(6));
}

#[test]
fn a_restored_district_waits_for_a_base_that_it_may_have_lost() {
    let mut district = District::open();
    let instead_of = district.books.shared().read().unwrap().history;
    let new = NewHistory { instead_of, history: HistoryId([9; 16]) };
    assert!(matches!(district.commit(Job::NewHistory(new)), Answer::Changed(1..)));
    district.reopen();
    let (receipts, refusal) = district.push(1, 1, &[report(2, 5, Some(1))]);
    assert!(receipts.is_empty());
    assert_eq!(refusal, Some(Refusal::UnknownBase(1)));
    let note = "nobody has it any more".to_owned();
    assert!(matches!(district.commit(Job::GoOn(GoOn { note })), Answer::Changed(1..)));
    let (receipts, _) = district.push(1, 1, &[report(2, 5, Some(1))]);
    assert_eq!(verdicts(&receipts), [&Verdict::Conflict { current: 0 }]);
    assert_eq!(district.differences(), 0);
}

#[test]
fn rejected_bases_in_a_circle_are_seen_through() {
    let mut district = District::open();
    let bodies = [report(1, -1, Some(2)), report(2, -1, Some(1)), report(3, 6, Some(2))];
    let (receipts, _) = district.push(1, 1, &bodies);
    assert_eq!(receipts.len(), 3);
    assert!(matches!(verdicts(&receipts)[2], Verdict::Conflict { current: 0 }));
}

#[test]
fn contacts_do_not_part_a_group() {
    let mut district = District::open();
    district.enrol(2);
    let push = |device, body| {
        Job::Push(Push { device, epoch: 1, first_sequence: 1, operations: vec![Operation::from(body)] })
    };
    let contact = |device| {
        let (at_ms, skew_ms) = (NOW_MS, 5);
        Job::Contact(Contact { device, at_ms, skew_ms, app_version: "1".into() })
    };
    let jobs = vec![
        contact(1),
        push(1, report(1, 5, None)),
        contact(2),
        push(2, report_of(2, 1, "2024-04", 4, None)),
    ];
    district.books.commit(jobs, NOW_MS);
    let mut journal = Folder::new(district.folder.path().join("d")).read().unwrap();
    let last = journal.last_commit().unwrap().unwrap().last_seq;
    assert_eq!(journal.commit_of(last - 1).unwrap().last_seq, last);
    assert!(journal.devices().unwrap().iter().all(|device| device.skew_ms == Some(5)));
}

#[test]
fn falsified_books_are_found_out() {
    let falsifications = [
        "update submission set body = zeroblob(9) where seq = (select max(seq) from submission)",
        "delete from submission where seq = (select min(seq) from submission)",
        "update submission set period = period + 1 where seq = (select max(seq) from submission)",
        "update commits set at_ms = at_ms + 1 where last_seq = (select max(last_seq) from commits)",
        "delete from commits where last_seq = (select max(last_seq) - 1 from commits)",
        "update unit set id = 'x' where id = 'hoa-an'; update unit set id = 'hoa-an' where id = 'hoa-my';
         update unit set id = 'hoa-my' where id = 'x'",
        "update change set body = zeroblob(3) where kind = 'code'",
        "update device set last_commit = 0 where number = 1",
        "update standing set seq = (select min(seq) from submission)",
        "update district set history = zeroblob(16)",
    ];
    for falsification in falsifications {
        let mut district = District::open();
        district.push(1, 1, &[report(1, 5, None)]);
        district.push(1, 2, &[report(2, 6, Some(1))]);
        assert_eq!(district.differences(), 0);
        let file = Folder::new(district.folder.path().join("d")).books();
        let connection = rusqlite::Connection::open(&file).unwrap();
        // Whoever falsifies lets nobody notice.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
        connection.execute_batch(falsification).unwrap();
        let mut journal = Folder::new(district.folder.path().join("d")).read().unwrap();
        let found = gom_server::verify::verify(&mut journal);
        assert!(found.is_err() || !found.unwrap().differences.is_empty(), "{falsification}");
    }
}

#[test]
fn a_period_that_has_not_begun_may_be_handed_in_again() {
    let mut district = District::open();
    let (receipts, _) = district.push(1, 1, &[report_of(1, 1, "2024-12", 5, None)]);
    let Verdict::Rejected(rejection) = verdicts(&receipts)[0] else { panic!("{receipts:?}") };
    assert_eq!((rejection.code.as_str(), rejection.may_retry), ("R06", true));
}

#[test]
fn pushes_of_many_devices_share_one_commit() {
    let mut district = District::open();
    district.enrol(2);
    let job = |device, body| {
        Job::Push(Push { device, epoch: 1, first_sequence: 1, operations: vec![Operation::from(body)] })
    };
    let jobs = vec![
        job(1, report(1, 5, None)),
        job(2, report_of(2, 1, "2024-04", 4, None)),
        job(9, report(3, 1, None)),
    ];
    let answers = district.books.commit(jobs, NOW_MS);
    assert!(matches!(&answers[2], Answer::Receipts(none, Some(Refusal::UnknownDevice)) if none.is_empty()));
    let mut journal = Folder::new(district.folder.path().join("d")).read().unwrap();
    let last = journal.last_commit().unwrap().unwrap().last_seq;
    assert_eq!(journal.commit_of(last - 1).unwrap().last_seq, last);
    assert_eq!(district.differences(), 0);
}

#[test]
fn a_code_makes_one_device_and_a_lost_answer_is_repeated() {
    let mut district = District::open();
    let code = EnrolCode::new([1; 26]);
    let enrol = |secret: u8| {
        Job::Enrol(Enrol {
            by: By::Code { hash: code.hash(), device: DeviceId([secret; 16]) },
            secret_hash: [secret; 32],
            name: String::new(),
            app_version: String::new(),
        })
    };
    assert!(matches!(district.commit(enrol(1)), Answer::Enrolled(same) if same.device == DeviceId([1; 16])));
    assert!(matches!(district.commit(enrol(3)), Answer::Refused(_)));
}

/// Whatever fails at the end of a group, its rulings are as little in the books as their effects.
#[test]
fn a_group_that_fails_half_way_leaves_nothing() {
    let mut district = District::open();
    district.push(1, 1, &[report(1, 5, None)]);
    let file = Folder::new(district.folder.path().join("d")).books();
    let trigger = "create trigger broken before insert on commits begin select raise(abort, 'broken'); end";
    rusqlite::Connection::open(&file).unwrap().execute_batch(trigger).unwrap();
    let push =
        Push { device: 1, epoch: 1, first_sequence: 2, operations: vec![report(2, 6, Some(1)).into()] };
    assert!(matches!(district.commit(Job::Push(push)), Answer::Failed(_)));
    rusqlite::Connection::open(&file).unwrap().execute_batch("drop trigger broken").unwrap();
    district.reopen();
    assert_eq!(district.crimes(), Some(5));
    let (receipts, refusal) = district.push(1, 2, &[report(3, 7, Some(1))]);
    assert_eq!((verdicts(&receipts)[0], refusal), (&Verdict::Accepted { revision: 2 }, None));
    assert_eq!(district.differences(), 0);
}

/// What a commune says that it was told counts only under the district's own seal.
#[test]
fn what_is_given_back_under_no_seal_of_the_district_is_not_let_stand() {
    let mut district = District::open();
    district.push(1, 1, &[report(1, 5, None)]);
    let told = Receipt {
        ruling: gom_domain::ruling::Ruling::plain(Verdict::Accepted { revision: 9 }),
        commit: 99,
        at_ms: NOW_MS,
    };
    let forged = GiveBack {
        giver: 1,
        device: DeviceId([1; 16]),
        by_district: false,
        epoch: 1,
        first_sequence: 2,
        operations: vec![report(2, 6, None).into()],
        sheet: sheet::one(2, &told),
        seal: vec![7; gom_proto::seal::LENGTH],
        hand: DeviceId([9; 16]),
    };
    assert!(matches!(district.commit(Job::GiveBack(forged)), Answer::TakenBack(_)));
    assert_eq!(district.crimes(), Some(5));
    let (receipts, refusal) = district.push(1, 2, &[report(3, 7, Some(1))]);
    assert_eq!((verdicts(&receipts)[0], refusal), (&Verdict::Accepted { revision: 2 }, None));
}

/// Nobody holds what came before it any more: while somebody may, it waits; then it comes in under the district's own hand
/// for the unit, with the ruling that was given, and once.
#[test]
fn what_follows_a_gap_that_nobody_can_fill_comes_in_once_the_district_goes_on() {
    let mut district = District::open();
    let file = Folder::new(district.folder.path().join("d")).books();
    let yesterday = district.folder.path().join("yesterday.db");
    let copied = rusqlite::Connection::open(&file).unwrap();
    copied.execute("vacuum into ?", [yesterday.to_str().unwrap()]).unwrap();
    drop(copied);
    let body = report(2, 6, Some(1));
    let (receipts, _) = district.push(1, 1, &[report(1, 5, None), body.clone()]);
    let given = district.given_back(2, body, &receipts[1]);

    drop(std::mem::replace(
        &mut district.books,
        Books::open(Box::new(Sqlite::open(&yesterday).unwrap())).unwrap(),
    ));
    let instead_of = district.books.shared().read().unwrap().history;
    district.commit(Job::NewHistory(NewHistory { instead_of, history: HistoryId([9; 16]) }));
    assert_eq!(district.take_back(&given), wire::Taken::Later);
    assert_eq!(district.crimes(), None);
    district.commit(Job::GoOn(GoOn { note: "máy đã hỏng".into() }));
    assert_eq!(district.take_back(&given), wire::Taken::Now);
    assert_eq!(district.crimes(), Some(6));
    assert_eq!(district.take_back(&given), wire::Taken::Before, "it is there already");
    let memory = district.books.shared();
    let memory = memory.read().unwrap();
    let hand = memory.devices().find(|device| device.district).unwrap();
    assert_eq!(hand.reached.last_sequence, 1, "once");
}

/// Books with a report of April, and one of May in three versions, edited behind the program's back; the entries are 1 to
/// 3 (programme, code, device) and 4 to 7.
fn edited(sql: &str) -> District {
    let mut district = District::open();
    let bodies = [
        report_of(9, 1, "2024-04", 3, None),
        report(1, 5, None),
        report(2, 6, Some(1)),
        report(3, 7, Some(2)),
    ];
    district.push(1, 1, &bodies);
    let file = Folder::new(district.folder.path().join("d")).books();
    rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
    district
}

fn recalled(district: &District, at: Option<u64>) -> Stored<Memory> {
    Memory::recall(&mut Folder::new(district.folder.path().join("d")).read().unwrap(), at)
}

#[test]
fn a_long_replaced_report_that_cannot_be_read_any_more_keeps_no_district_from_starting() {
    let mut district = edited("update submission set body = zeroblob(9) where sequence = 2");
    district.reopen();
    assert_eq!(district.crimes(), Some(7));
    let (receipts, _) = district.push(1, 5, &[report(4, 8, Some(3))]);
    assert_eq!(verdicts(&receipts), [&Verdict::Accepted { revision: 4 }]);
    let district = edited("delete from submission where sequence = 3");
    assert_eq!(crimes_in(&recalled(&district, None).unwrap()), Some(7));
    assert!(district.differences() > 0);
}

#[test]
fn a_report_that_stands_and_is_not_there_is_damage() {
    for sql in [
        "delete from submission where revision = 3",
        "delete from submission where seq = (select min(seq) from submission)",
    ] {
        let recalled = recalled(&edited(sql), None);
        assert!(matches!(recalled, Err(StoreError::Damaged(_))), "{sql}: {recalled:?}");
    }
}

#[test]
fn no_number_from_a_damaged_file_takes_petabytes() {
    let district = edited("update standing set seq = 1 << 50");
    let mut journal = Folder::new(district.folder.path().join("d")).read().unwrap();
    let recalled = Memory::recall_standing(&mut journal, None);
    assert!(matches!(recalled, Err(StoreError::Damaged(_))), "{recalled:?}");
    assert!(matches!(journal.each_standing(&mut |_| Ok(())), Err(StoreError::Damaged(_))));
    let district = edited("update submission set prior = seq where revision = 3");
    let mut journal = Folder::new(district.folder.path().join("d")).read().unwrap();
    let last = journal.last_commit().unwrap().unwrap().last_seq;
    let recalled = Memory::recall_standing(&mut journal, Some(last - 1));
    assert!(matches!(recalled, Err(StoreError::Damaged(_))), "it never ends: {recalled:?}");
}

#[test]
fn both_ways_of_recalling_come_to_the_same() {
    let district = edited("");
    let mut journal = Folder::new(district.folder.path().join("d")).read().unwrap();
    let last = journal.last_commit().unwrap().unwrap().last_seq;
    for at in 0..=last {
        let forward = Memory::recall(&mut journal, Some(at)).unwrap();
        let back = Memory::recall_standing(&mut journal, Some(at)).unwrap();
        assert_eq!(forward.latest, back.latest, "as of {at}");
    }
}
