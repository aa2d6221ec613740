//! A few tries of each proof. The program `prove` makes many.

use tests::proof::named;

/// Makes the few tries of a proof that `cargo test` has time for.
fn few(name: &str) {
    let proof = named(name).unwrap_or_else(|| panic!("no proof is called {name}"));
    (proof.tries)(proof.few, 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    few("power-cut");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fails_makes_no_program_say_what_is_not_so() {
    few("disk-errors");
}

#[test]
fn what_was_acknowledged_outlasts_kill_9_of_both_programs() {
    few("kill");
}

#[test]
fn an_exchange_cut_at_any_byte_hands_in_everything_exactly_once() {
    few("line");
}

#[test]
fn a_crowd_counts_once_and_readers_see_one_commit() {
    few("crowd");
}

#[test]
fn storms_pass_and_every_report_counts_once() {
    few("simulation");
}

#[test]
fn a_backup_of_any_moment_is_whole_and_nothing_is_lost_where_it_is_gone_back_to() {
    few("backups");
}

#[test]
fn random_sequences_hold_against_plain_maps() {
    few("model");
}

#[test]
fn whatever_a_disk_has_done_to_a_database_nothing_wrong_is_shown_or_handed_in() {
    few("damage");
}
