//! Books that somebody or a disk has changed.

use gom_domain::ruling::Verdict;
use gom_server::folder::Folder;
use gom_server::memory::Memory;
use gom_server::store::{Journal, StoreError, Stored};
use rusqlite::config::DbConfig;

use crate::district::{District, crimes_in, report, report_of, verdicts};

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
