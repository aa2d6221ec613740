//! Corrections: a report is never changed, the next revision takes its place, and nothing is overwritten unseen.

use gom::show::CellState;
use tests::commune::{Counts, revision};
use tests::program::{has, line_with};
use tests::{Commune, District, Line};

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_the_next_revision_and_totals_follow() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("trained_workers", "210"), ("births", "24")]);
    commune.sync().await;
    let before = district.commit();
    assert_eq!(district.target("9a", "2024-05")["actual"][0], "210");

    commune.queue("society", "2024-05", &[("trained_workers", "21")]);
    assert_eq!(commune.state("society", "2024-05"), CellState::Queued);
    commune.sync().await;
    assert_eq!(commune.state("society", "2024-05"), CellState::Accepted(2));
    assert_eq!(commune.receipts().iter().filter_map(revision).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(district.target("9a", "2024-05")["actual"][0], "21");
    assert_eq!(district.total("births", "2024-05"), "24", "what was not touched stays");

    let then = district.progress_at("2024-05", before);
    let target = then.iter().find(|target| target["ref"] == "9a").unwrap();
    assert_eq!((&target["actual"][0], &target["commit"]), (&"210".into(), &before.into()));
    assert_history_keeps_both(&district, &commune);
    district.verify();
}

fn assert_history_keeps_both(district: &District, commune: &Commune) {
    let history = district.office().vi(&["export", "--history"]).done();
    let rows: Vec<&str> = history.lines().filter(|line| line.contains("trained_workers")).collect();
    assert_eq!(rows.len(), 2, "{history}");
    has(rows[0], &["31423,society,2024-05,trained_workers,210,1,accepted,", ",unit,"]);
    has(rows[1], &["31423,society,2024-05,trained_workers,21,2,accepted,", ",unit,"]);
    let stands = district.office().vi(&["export", "--period", "2024-05"]).done();
    assert_eq!(line_with(&stands, "trained_workers"), "31423,society,2024-05,trained_workers,21");
    let source = district.explain("9a", "2024-05");
    let commit = district.commit().to_string();
    has(line_with(&source, "2024-05  "), &["Xã Hòa An", " 21 ", " 2 ", &commit]);
    let shown = commune.office().vi(&["show", "society", "2024-05"]).done();
    has(
        &shown,
        &["Tình trạng: huyện đã nhận, lần 2", "được nhận 1 · máy này, số 1", "được nhận 2 · máy này, số 2"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_may_be_queued_on_top_of_ones_own_queued_report() {
    let district = District::open().await;
    let mut commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    commune.queue("society", "2024-05", &[("births", "25")]);
    commune.switch_off_and_on();
    commune.queue("society", "2024-05", &[("births", "26")]);
    let report = commune.sync().await;
    assert_eq!((report.handed_in, report.accepted), (3, 3));
    assert_eq!(commune.state("society", "2024-05"), CellState::Accepted(3));
    assert_eq!(district.total("births", "2024-05"), "26");
    let unchanged = commune.gom().set("society", "2024-05", &[("births", "26")]).unwrap();
    assert!(!unchanged.is_draft, "the same figures are no correction");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_base_is_a_visible_conflict_and_both_versions_are_kept() {
    let district = District::open().await;
    let [one, other] =
        [Commune::enrolled(&district, "31423").await, Commune::enrolled(&district, "31423").await];
    one.queue("society", "2024-05", &[("births", "24"), ("deaths", "9")]);
    one.sync().await;
    other.sync().await;
    other.queue("society", "2024-05", &[("births", "30")]);
    other.sync().await;

    one.queue("society", "2024-05", &[("births", "25")]);
    let report = one.sync().await;
    assert_eq!((report.accepted, report.refused.len(), report.unresolved), (0, 1, 1));
    assert_eq!(one.state("society", "2024-05"), CellState::Conflict);
    assert_eq!(one.counts(), Counts { accepted: 1, conflicts: 1, ..Counts::default() });
    assert_eq!(district.total("births", "2024-05"), "30", "what stands is not overwritten");
    assert_conflict_is_seen(&district, &one);

    // The officer compares and hands in what is to stand, made from what stands.
    one.queue("society", "2024-05", &[("births", "31")]);
    assert!(one.sync().await.is_settled());
    assert_eq!(one.state("society", "2024-05"), CellState::Accepted(3));
    assert_eq!(district.total("births", "2024-05"), "31");
    assert_eq!(district.total("deaths", "2024-05"), "9");
    district.verify();
}

fn assert_conflict_is_seen(district: &District, commune: &Commune) {
    let said = commune.office().vi(&["sync"]).failed();
    has(&said, &["lỗi: 1 báo cáo bị từ chối hoặc xung đột cần xử lý; xem gom status"]);
    let status = commune.office().vi(&["status"]).done();
    has(&status, &["Cần xử lý:", "(society) 2024-05: xung đột: bản lần 2 đang có hiệu lực"]);
    let shown = commune.office().vi(&["show", "society", "2024-05"]).done();
    has(&shown, &["xung đột với bản đang có hiệu lực", "Bản của máy này bên cạnh bản đang có hiệu lực:"]);
    let compared: Vec<&str> = shown.lines().filter(|line| line.contains('≠')).collect();
    assert_eq!(compared.len(), 1, "only births differ:\n{shown}");
    has(compared[0], &["births", " 30 ", " 25 "]);
    let history = district.office().vi(&["export", "--history"]).done();
    let births: Vec<&str> = history.lines().filter(|line| line.contains(",births,")).collect();
    assert_eq!(births.len(), 3, "nothing is thrown away:\n{history}");
    has(births[2], &["31423,society,2024-05,births,25,,conflict,"]);
}

/// The district rejects a report, the commune never hears so and corrects it. The correction must not wait for a base
/// that never stood.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_base_is_looked_through() {
    let district = District::of("phung-hiep-2024", "2024-04-20").await;
    let commune = Commune::enrolled(&district, "31423").await;
    let line = Line::to(district.address()).await;
    commune.queue("society", "2024-06", &[("births", "24")]);
    line.lose_replies();
    commune.sync_over(&line).await.unwrap_err();
    assert_eq!(commune.state("society", "2024-06"), CellState::Queued);
    assert!(!district.submissions()[0].ruling.is_accepted());

    commune.queue("society", "2024-06", &[("births", "25")]);
    district.clock.turn_to("2024-06-14");
    line.mend();
    let report = commune.sync_over(&line).await.unwrap();
    assert_eq!((report.accepted, report.refused.len(), report.unresolved), (1, 1, 0));
    assert_eq!(commune.state("society", "2024-06"), CellState::Accepted(1));
    assert_eq!(district.total("births", "2024-06"), "25");
    assert_eq!(
        commune.counts(),
        Counts { accepted: 1, ..Counts::default() },
        "replaced, so nothing to resolve"
    );
}
