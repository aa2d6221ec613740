//! Each operation is ruled on once, in the order of its device, whatever order and repetition they come in.

use gom_domain::code::EnrolCode;
use gom_domain::greeting::DeviceId;
use gom_domain::ruling::Verdict;
use gom_server::accept::Refusal;
use gom_server::books::{Answer, Contact, Job, Push};
use gom_server::device::SetDevice;
use gom_server::enrol::{By, Enrol};
use gom_server::folder::Folder;
use gom_server::give_back::GiveBack;
use gom_server::operation::Operation;
use gom_server::store::Journal;

use crate::district::{District, NOW_MS, report, report_of, verdicts};

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
fn contacts_do_not_part_a_group() {
    let mut district = District::open();
    district.enrol(2);
    let push = |device, body| {
        Job::Push(Push { device, epoch: 1, first_sequence: 1, operations: vec![Operation::from(body)] })
    };
    let contact = |device| {
        let (at_ms, skew_ms) = (NOW_MS, 5);
        Job::Contact(Contact { device, at_ms, skew_ms, app_version: "1".into(), authority: None })
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

/// A message may be on its way to the writer when its device is revoked.
#[test]
fn what_is_committed_after_a_revocation_is_not_taken() {
    let mut district = District::open();
    district.enrol(2);
    let device = district.books.shared().read().unwrap().device(1).unwrap().id;
    let push = |device, body| {
        Job::Push(Push { device, epoch: 1, first_sequence: 1, operations: vec![Operation::from(body)] })
    };
    let given = GiveBack {
        giver: 1,
        device,
        by_district: false,
        epoch: 1,
        first_sequence: 1,
        operations: vec![Operation::from(report(1, 5, None))],
        sheet: Vec::new(),
        seal: Vec::new(),
        hand: DeviceId([7; 16]),
    };
    let jobs = vec![
        Job::SetDevice(SetDevice { device, name: None, revoked: Some("mất".to_owned()) }),
        push(1, report(1, 5, None)),
        push(2, report_of(2, 1, "2024-04", 4, None)),
        Job::GiveBack(given),
    ];
    let answers = district.books.commit(jobs, NOW_MS);
    assert!(matches!(&answers[1], Answer::Receipts(none, Some(Refusal::Revoked)) if none.is_empty()));
    assert!(matches!(&answers[2], Answer::Receipts(one, None) if one.len() == 1), "others go on");
    assert!(matches!(&answers[3], Answer::Refused(_)), "{:?}", answers[3]);
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
            authority: None,
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
