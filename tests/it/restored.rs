//! Somebody goes on from an older state: a district from yesterday's backup, a commune from a copy of its folder. Nothing
//! that anybody still holds is lost, and nothing counts twice.

use std::path::Path;

use gom::SyncError;
use gom::show::CellState;
use gom_domain::greeting::HistoryId;
use gom_domain::ruling::Receipt;
use gom_server::books::{Answer, Job};
use gom_server::history::NewHistory;
use tests::commune::{Counts, read_out, revision};
use tests::program::{copy, has};
use tests::{Commune, District, Line, Program};

/// What was ruled, without the number that the books gave it.
fn revisions(receipts: &[Receipt]) -> Vec<Option<u32>> {
    receipts.iter().map(revision).collect()
}

async fn go_back(district: &mut District, backup: &Path) {
    district.stop().await;
    copy(backup, &district.path());
    district.start().await;
}

async fn back_up(district: &mut District, backup: &Path) {
    district.stop().await;
    copy(&district.path(), backup);
    district.start().await;
}

/// Three communes' reports of a day are lost with the district's disk. The communes bring them back, in another order than
/// the first time, and every ruling stays what it was: the receipts are out.
#[tokio::test(flavor = "multi_thread")]
async fn a_district_that_goes_on_from_yesterdays_copy_gets_back_what_communes_hold() {
    let mut district = District::open().await;
    let mut one = Commune::enrolled(&district, "31423").await;
    let mut other = Commune::enrolled(&district, "31423").await;
    let mut elsewhere = Commune::enrolled(&district, "31420").await;
    one.queue("society", "2024-04", &[("births", "10")]);
    one.sync().await;
    let backup = district.desk().join("yesterday");
    back_up(&mut district, &backup).await;
    for commune in [&mut one, &mut other, &mut elsewhere] {
        commune.call(district.url());
    }

    // Revision 1 by one PC, revision 2 on top of it by the other, then a conflict, and something of another unit.
    one.queue("society", "2024-05", &[("births", "24")]);
    one.sync().await;
    other.sync().await;
    other.queue("society", "2024-05", &[("births", "25")]);
    one.queue("society", "2024-05", &[("births", "26")]);
    other.sync().await;
    one.sync().await;
    assert_eq!(one.counts().conflicts, 1);
    elsewhere.queue("society", "2024-05", &[("births", "7")]);
    elsewhere.sync().await;
    let handed_in = district.submissions().len();
    let (total, receipts) = (district.total("births", "2024-05"), one.receipts());
    assert_eq!(total, "32");

    go_back(&mut district, &backup).await;
    assert_eq!(district.submissions().len(), 1, "the day is lost");
    // The second revision comes back before the first.
    for commune in [&mut other, &mut elsewhere, &mut one] {
        commune.call(district.url());
        commune.try_sync().await.unwrap();
    }
    other.sync().await;
    assert_eq!(district.submissions().len(), handed_in, "each once");
    assert_eq!(district.total("births", "2024-05"), total);
    assert_eq!(revisions(&one.receipts()), revisions(&receipts));
    assert_eq!((one.counts().conflicts, other.counts().conflicts), (1, 0), "the ruling stays what it was");
    assert_eq!(other.state("society", "2024-05"), CellState::Accepted(2));
    district.verify();
    let again = one.try_sync().await.unwrap();
    assert_eq!((again.given_back, again.handed_in), (0, 0), "nothing is left to be given back");

    one.queue("society", "2024-06", &[("births", "1")]);
    one.sync().await;
    assert_eq!(one.state("society", "2024-06"), CellState::Accepted(1));
    district.verify();
}

/// What was made from a report that is lost does not replace what the books have let stand in its place meanwhile: both are
/// seen, and a person decides.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_replaces_nothing_that_it_was_not_made_from() {
    let mut district = District::open().await;
    let mut one = Commune::enrolled(&district, "31423").await;
    let mut other = Commune::enrolled(&district, "31423").await;
    one.queue("society", "2024-05", &[("births", "24")]);
    one.sync().await;
    other.sync().await;
    let backup = district.desk().join("yesterday");
    back_up(&mut district, &backup).await;
    one.call(district.url());
    for births in ["25", "26"] {
        one.queue("society", "2024-05", &[("births", births)]);
        assert!(one.sync().await.is_settled());
    }

    go_back(&mut district, &backup).await;
    other.call(district.url());
    other.queue("society", "2024-05", &[("births", "30")]);
    assert!(other.sync().await.is_settled());
    assert_eq!(other.state("society", "2024-05"), CellState::Accepted(2));
    one.call(district.url());
    one.try_sync().await.unwrap();
    assert_eq!(
        district.total("births", "2024-05"),
        "30",
        "what stands was not seen by whoever filed the third"
    );
    assert_eq!(one.counts().conflicts, 2, "both that came back wait for the officer");
    district.verify();
}

/// A folder was copied, one of the two handed something in that the district then lost, and the other comes first with
/// something else under the same number. What was lost is handed in anew, under another one.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_clone_has_taken_the_number_of_is_handed_in_under_another() {
    let mut district = District::open().await;
    let mut one = Commune::enrolled(&district, "31423").await;
    let clone = district.desk().join("clone");
    copy(&one.path(), &clone);
    let backup = district.desk().join("yesterday");
    back_up(&mut district, &backup).await;
    one.call(district.url());
    one.queue("society", "2024-05", &[("births", "24")]);
    assert!(one.sync().await.is_settled());

    go_back(&mut district, &backup).await;
    let instead_of = district.memory().history;
    let new = NewHistory { instead_of, history: HistoryId([9; 16]) };
    assert!(matches!(district.perform(Job::NewHistory(new)).await, Answer::Changed(1..)));
    let office = Program::gom(&clone);
    office.vi(&["set", "society", "2024-06", "births=5"]).done();
    office.vi(&["submit", "--all", "--note", "x"]).done();
    office.vi(&["sync", "--server", &district.url()]).done();
    assert_eq!(district.total("births", "2024-Q2"), "5", "the clone's");
    one.call(district.url());
    assert!(one.sync().await.is_settled());
    assert_eq!(district.total("births", "2024-Q2"), "29");
    assert_eq!(one.counts(), Counts { accepted: 1, ..Counts::default() });
    assert_eq!(one.state("society", "2024-05"), CellState::Accepted(1));
    district.verify();
}

/// The same, but whoever handed it in is gone for good, and only the unit's other computer has it. It cannot have its own
/// number, so it comes in under the district's own hand, with its ruling as it was given; and it does so once.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_others_hold_of_a_number_that_is_taken_comes_in_by_the_districts_hand() {
    let mut district = District::open().await;
    let mut one = Commune::enrolled(&district, "31423").await;
    let mut others =
        [Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31423").await];
    let older = district.desk().join("older");
    copy(&one.path(), &older);
    let backup = district.desk().join("yesterday");
    back_up(&mut district, &backup).await;
    one.call(district.url());
    one.queue("society", "2024-05", &[("births", "24")]);
    assert!(one.sync().await.is_settled());
    drop(one);
    for other in &mut others {
        other.call(district.url());
        other.sync().await;
        assert_eq!(other.state("society", "2024-05"), CellState::Accepted(1));
    }

    go_back(&mut district, &backup).await;
    let instead_of = district.memory().history;
    let new = NewHistory { instead_of, history: HistoryId([9; 16]) };
    assert!(matches!(district.perform(Job::NewHistory(new)).await, Answer::Changed(1..)));
    let office = Program::gom(&older);
    office.vi(&["set", "society", "2024-06", "births=5"]).done();
    office.vi(&["submit", "--all", "--note", "x"]).done();
    office.vi(&["sync", "--server", &district.url()]).done();
    for other in &mut others {
        other.call(district.url());
        other.try_sync().await.unwrap();
    }
    assert_eq!(district.total("births", "2024-Q2"), "29");
    assert_eq!(district.submissions().len(), 2, "each once");
    for other in &mut others {
        assert_eq!(other.try_sync().await.unwrap().given_back, 0, "nothing is left to be given back");
        // Whoever brought it back knows whose it was.
        let state = other.state("society", "2024-05");
        assert!(matches!(state, CellState::Accepted(1) | CellState::District(1)), "{state:?}");
    }
    district.verify();
}

/// A computer that was enrolled after the backup is let in again by the district's own seal; what the district entered on
/// the unit's behalf comes back, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_and_an_entry_that_the_books_have_lost_come_back() {
    let mut district = District::open().await;
    let backup = district.desk().join("yesterday");
    back_up(&mut district, &backup).await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    let sheet = district.desk().join("sheet.csv");
    std::fs::write(&sheet, tests::sheet::of("31423", "society", "2024-05", &[("births", "24")])).unwrap();
    district
        .office()
        .vi(&["enter", "--for", "31423", sheet.to_str().unwrap(), "--reason", "mất điện"])
        .done();
    commune.sync().await;
    commune.queue("society", "2024-05", &[("births", "25")]);
    commune.sync().await;
    assert_eq!(commune.state("society", "2024-05"), CellState::Accepted(2));

    go_back(&mut district, &backup).await;
    commune.call(district.url());
    commune.try_sync().await.unwrap();
    commune.sync().await;
    assert_eq!(district.submissions().len(), 2);
    assert_eq!(district.total("births", "2024-05"), "25");
    assert_eq!(commune.state("society", "2024-05"), CellState::Accepted(2));
    district.verify();
}

/// What was judged anew before the lost report came back takes nothing's place in silence: both are there, in conflict.
#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_was_given_again_meanwhile_conflicts_in_the_open() {
    let mut district = District::open().await;
    let mut one = Commune::enrolled(&district, "31423").await;
    let mut other = Commune::enrolled(&district, "31423").await;
    let backup = district.desk().join("yesterday");
    back_up(&mut district, &backup).await;
    one.call(district.url());
    one.queue("society", "2024-05", &[("births", "24")]);
    one.sync().await;
    go_back(&mut district, &backup).await;
    other.call(district.url());
    other.queue("society", "2024-05", &[("births", "30")]);
    other.sync().await;
    assert_eq!(other.state("society", "2024-05"), CellState::Accepted(1));
    one.call(district.url());
    one.try_sync().await.unwrap();
    assert_eq!(one.counts(), Counts { conflicts: 1, ..Counts::default() });
    assert_eq!(district.total("births", "2024-05"), "30");
    district.verify();
}

/// A PC's disk dies and its folder comes back from a copy of last week. It begins a new epoch, gets everything that was
/// handed in since, and what was queued in the copy shows as what it is now: older than what stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_commune_that_goes_on_from_an_older_copy_gets_everything_back_and_overwrites_nothing() {
    let district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-04", &[("births", "10")]);
    commune.sync().await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    let old = district.desk().join("last-week");
    copy(&commune.path(), &old);
    commune.sync().await;
    commune.queue("society", "2024-05", &[("births", "25")]);
    commune.queue("society", "2024-06", &[("births", "3")]);
    commune.sync().await;
    let handed_in = district.submissions().len();

    copy(&old, &commune.path());
    commune.switch_off_and_on();
    let report = commune.sync().await;
    assert!(report.rebased);
    assert_eq!(commune.state("society", "2024-06"), CellState::Accepted(1));
    assert_eq!(commune.figures("society", "2024-05")[0], "25");
    assert_eq!(district.total("births", "2024-05"), "25", "the queued one had been ruled on");
    let repeats = district.submissions().iter().filter(|row| row.repeats.is_some()).count();
    assert_eq!((district.submissions().len(), repeats), (handed_in + 1, 1));
    commune.queue("society", "2024-06", &[("births", "4")]);
    assert!(commune.sync().await.is_settled());
    assert_eq!(commune.state("society", "2024-06"), CellState::Accepted(2));
    let said = commune.office().vi(&["sync"]).done();
    has(&said, &["Đã gửi 0 báo cáo"]);
    district.verify();
}

/// The folder was copied to a second computer, and both go on. Whoever comes second begins a new epoch; the first is then
/// taken nothing of, keeps what it has queued, and hands it in once it is enrolled as a computer of its own.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_cloned_folder_one_goes_on_and_the_other_is_quarantined_until_it_is_enrolled() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let clone = district.desk().join("clone");
    copy(&commune.path(), &clone);
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.sync().await;

    let office = Program::gom(&clone);
    office.vi(&["set", "society", "2024-06", "births=5"]).done();
    office.vi(&["submit", "--all", "--note", "x"]).done();
    let said = office.vi(&["sync"]).done();
    has(&said, &["cũ hơn những gì huyện đã nhận", "1 được nhận"]);

    commune.queue("society", "2024-07", &[("births", "6")]);
    let error = commune.try_sync().await.unwrap_err();
    assert!(matches!(error, SyncError::Quarantined), "{error:?}");
    has(&read_out(&error), &["máy khác đang dùng danh tính của máy này", "gom enroll"]);
    assert_eq!((commune.counts().queued, district.submissions().len()), (1, 2));

    let code = district.code("31423").await;
    commune.office().vi(&["enroll", "--server", &district.url(), &code]).done();
    assert!(commune.sync().await.is_settled());
    assert_eq!(district.submissions().len(), 3);
    assert_eq!(commune.state("society", "2024-06"), CellState::Accepted(1), "the clone's came, too");
    assert_eq!(district.total("births", "2024-Q2"), "29");
    assert!(office.vi(&["sync"]).code == Some(0), "the other goes on as before");
    district.verify();
}

/// A code for another unit does not make a folder that unit's.
#[tokio::test(flavor = "multi_thread")]
async fn a_quarantined_folder_is_enrolled_for_its_own_unit_only() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let clone = district.desk().join("clone");
    copy(&commune.path(), &clone);
    let code = district.code("31423").await;
    let said = commune.office().vi(&["enroll", "--server", &district.url(), &code]).failed();
    has(&said, &["đã ghi danh"]);
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.sync().await;
    let office = Program::gom(&clone);
    office.vi(&["set", "society", "2024-06", "births=5"]).done();
    office.vi(&["submit", "--all", "--note", "x"]).done();
    office.vi(&["sync"]).done();
    commune.try_sync().await.unwrap_err();
    let code = district.code("31420").await;
    let said = commune.office().vi(&["enroll", "--server", &district.url(), &code]).failed();
    has(&said, &["mã này cấp cho đơn vị"]);
}

/// The line breaks when a commune has just heard that its district went on from an older copy. What only it still holds, the
/// district's own entry, it gives back the next time.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_before_anything_was_given_back_loses_nothing() {
    let mut district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    let backup = district.desk().join("yesterday");
    back_up(&mut district, &backup).await;
    commune.call(district.url());
    let sheet = district.desk().join("sheet.csv");
    std::fs::write(&sheet, tests::sheet::of("31423", "society", "2024-05", &[("births", "24")])).unwrap();
    let words = ["enter", "--for", "31423", sheet.to_str().unwrap(), "--reason", "mất điện"];
    district.office().vi(&words).done();
    commune.sync().await;
    go_back(&mut district, &backup).await;
    let line = Line::to(district.address()).await;
    // It was asked for proof, and greeted again: the third answer is the first of the news.
    line.lose_answer(3);
    commune.sync_over(&line).await.unwrap_err();
    assert!(commune.status().refills, "it has heard that something is lost");
    assert_eq!(district.submissions().len(), 0, "and has given nothing back yet");
    line.mend();
    commune.sync_over(&line).await.unwrap();
    assert_eq!(district.submissions().len(), 1);
    assert_eq!(district.total("births", "2024-05"), "24");
    district.verify();
}

/// An older copy is put in place twice. The commune that has heard of the first time and comes first after the second tells
/// the books by it that they have gone back again, so that whoever comes later gives back what only it holds.
#[tokio::test(flavor = "multi_thread")]
async fn books_that_are_put_back_twice_get_back_what_was_handed_in_before_both() {
    let mut district = District::open().await;
    let mut first = Commune::enrolled(&district, "31423").await;
    let mut between = Commune::enrolled(&district, "31429").await;
    let mut later = Commune::enrolled(&district, "31420").await;
    let backup = district.desk().join("yesterday");
    back_up(&mut district, &backup).await;
    later.call(district.url());
    let sheet = district.desk().join("sheet.csv");
    std::fs::write(&sheet, tests::sheet::of("31420", "society", "2024-05", &[("births", "24")])).unwrap();
    let words = ["enter", "--for", "31420", sheet.to_str().unwrap(), "--reason", "mất điện"];
    district.office().vi(&words).done();
    later.sync().await;
    let last = |district: &District| district.memory().last.unwrap().last_seq;
    let heard_of = last(&district);
    between.call(district.url());
    between.queue("society", "2024-05", &[("births", "1")]);
    between.sync().await;

    // The first one hears of another history, and never of what came into the books before they went back.
    go_back(&mut district, &backup).await;
    for commune in [&mut between, &mut first] {
        commune.call(district.url());
        commune.sync().await;
    }
    go_back(&mut district, &backup).await;
    first.call(district.url());
    // The books have more entries again than the later one has ever heard of.
    for births in 1..=8 {
        first.queue("society", "2024-05", &[("births", &births.to_string())]);
        first.sync().await;
    }
    assert!(last(&district) > heard_of, "{} > {heard_of}", last(&district));
    later.call(district.url());
    later.sync().await;
    assert_eq!(district.total("births", "2024-05"), "32", "8 and 24");
    let histories = |district: &District| district.memory().history;
    let before = histories(&district);
    first.sync().await;
    later.sync().await;
    assert_eq!(histories(&district), before, "nothing is left to be noticed");
    district.verify();
}

/// The district goes back while a folder is quarantined, which alone holds what was lost. It is enrolled again and gives it
/// back, though it has never heard of the change but by its enrolment.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_enrolled_again_gives_back_what_its_district_has_lost_meanwhile() {
    let mut district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    let (backup, clone) = (district.desk().join("yesterday"), district.desk().join("clone"));
    back_up(&mut district, &backup).await;
    commune.call(district.url());
    copy(&commune.path(), &clone);
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.sync().await;

    // The clone begins the next epoch, and the line breaks before it hears of anything else.
    let line = Line::to(district.address()).await;
    let open = |url: &str| gom::Commune::open(&clone, district.clock.world()).unwrap().at(url);
    open(&line.url).set("society", "2024-06", &[("births", "5")]).unwrap();
    open(&line.url).submit(&gom::Which::All, None).unwrap();
    line.lose_answer(4);
    open(&line.url).sync().await.unwrap_err();
    assert_eq!(district.submissions().len(), 2);

    let clone = open(&line.url);
    go_back(&mut district, &backup).await;
    commune.call(district.url());
    line.lead_to(district.address());
    line.mend();
    clone.sync().await.unwrap();
    assert_eq!(district.submissions().len(), 1, "the clone has only its own");
    assert!(matches!(commune.try_sync().await.unwrap_err(), SyncError::Quarantined));
    let code = district.code("31423").await;
    commune.office().vi(&["enroll", "--server", &district.url(), &code]).done();
    commune.sync().await;
    assert_eq!(district.total("births", "2024-05"), "24");
    assert_eq!(district.total("births", "2024-06"), "5");
    assert_eq!(commune.state("society", "2024-05"), CellState::Accepted(1));
    district.verify();
}
