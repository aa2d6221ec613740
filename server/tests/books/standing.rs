//! What stands: a report replaces only what it was made from.

use gom_domain::greeting::HistoryId;
use gom_domain::ruling::Verdict;
use gom_server::accept::Refusal;
use gom_server::books::{Answer, Job};
use gom_server::folder::Folder;
use gom_server::history::{GoOn, NewHistory};
use gom_server::memory::Memory;

use crate::district::{District, crimes_in, report, report_of, verdicts};

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
fn a_period_that_has_not_begun_may_be_handed_in_again() {
    let mut district = District::open();
    let (receipts, _) = district.push(1, 1, &[report_of(1, 1, "2024-12", 5, None)]);
    let Verdict::Rejected(rejection) = verdicts(&receipts)[0] else { panic!("{receipts:?}") };
    assert_eq!((rejection.code.as_str(), rejection.may_retry), ("R06", true));
}
