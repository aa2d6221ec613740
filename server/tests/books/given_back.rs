//! What a restored district lacks, from a commune that still has it.

use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::ruling::{Receipt, Verdict};
use gom_proto::{sheet, wire};
use gom_server::books::{Answer, Books, Job};
use gom_server::folder::Folder;
use gom_server::give_back::GiveBack;
use gom_server::history::{GoOn, NewHistory};
use gom_server::store::Sqlite;

use crate::district::{District, NOW_MS, report, verdicts};

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
