//! Planted faults: what was put into both programs on purpose, and which tests have to find it.
//!
//! A fault that is found by nothing is a promise that nothing holds the programs to.

use std::path::PathBuf;

use crate::repository;

/// A fault that the programs have where `GOM_PLANTED` names it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name, as the programs know it.
    pub name: &'static str,
    /// The tests that are to find it, the quickest first.
    pub found_by: &'static [Test],
}

/// A test: where it is, and its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test(pub Suite, pub &'static str);

/// A program of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    /// The stories.
    Stories,
    /// The books without a network.
    Books,
    /// What is tested within the client.
    Client,
    /// What is tested within the wire.
    Wire,
}

impl Suite {
    /// What cargo calls a target, by its name and kind.
    pub fn of(target: (&str, &str)) -> Option<Self> {
        match target {
            ("it", "test") => Some(Self::Stories),
            ("books", "test") => Some(Self::Books),
            ("gom", "lib") => Some(Self::Client),
            ("gom_proto", "lib") => Some(Self::Wire),
            _ => None,
        }
    }

    /// The package's folder, from which cargo runs it.
    pub fn folder(self) -> PathBuf {
        repository(match self {
            Self::Stories => "tests",
            Self::Books => "server",
            Self::Client => "client",
            Self::Wire => "proto",
        })
    }
}

const fn story(name: &'static str) -> Test {
    Test(Suite::Stories, name)
}

const fn books(name: &'static str) -> Test {
    Test(Suite::Books, name)
}

const fn client(name: &'static str) -> Test {
    Test(Suite::Client, name)
}

const fn wire(name: &'static str) -> Test {
    Test(Suite::Wire, name)
}

const fn fault(name: &'static str, found_by: &'static [Test]) -> Fault {
    Fault { name, found_by }
}

/// All faults, those of the district first.
pub const FAULTS: &[Fault] = &[
    // A commit of the district that a power cut may take back.
    fault("district-synchronous-normal", &[story("proof::a_power_cut_takes_nothing_that_was_acknowledged")]),
    // "Accepted" before COMMIT: the group becomes durable with the next one.
    fault("answer-before-commit", &[story("books::what_was_acknowledged_survives_kill_9")]),
    // The ruling in one transaction, what it changes in another.
    fault("effects-after-commit", &[books("accepting::a_group_that_fails_half_way_leaves_nothing")]),
    // Last writer wins.
    fault("no-base-check", &[books("standing::a_base_that_does_not_stand_is_a_conflict_and_both_are_kept")]),
    // A repeat is judged by what stands meanwhile.
    fault(
        "repeat-judged-anew",
        &[books("accepting::a_repeat_gets_the_stored_ruling_whatever_has_happened_since")],
    ),
    // Operations are taken though some before them are missing.
    fault("gap-taken", &[books("accepting::a_gap_is_refused_and_nothing_behind_it_is_taken")]),
    // A body that cannot be read is never ruled on.
    fault(
        "poison-blocks",
        &[books("accepting::a_poison_operation_is_ruled_on_and_the_next_one_gets_through")],
    ),
    // Figures are entered for another unit than the device's.
    fault(
        "unit-of-another-device",
        &[story("enrolment::no_commune_gets_anothers_figures_quotas_or_baseline")],
    ),
    // The newest by the commune's clock stands.
    fault(
        "order-by-client-clock",
        &[story("offline::a_clock_that_is_behind_takes_nothing_from_a_correction")],
    ),
    // A restored district takes what it may have lost for what never was.
    fault(
        "unknown-base-judged",
        &[books("standing::a_restored_district_waits_for_a_base_that_it_may_have_lost")],
    ),
    // What communes give back is judged by what stands meanwhile.
    fault(
        "given-back-judged-anew",
        &[story("restored::a_district_that_goes_on_from_yesterdays_copy_gets_back_what_communes_hold")],
    ),
    // What can have its own number no more is offered again and again, and never taken.
    fault(
        "left-behind-for-ever",
        &[books("given_back::what_follows_a_gap_that_nobody_can_fill_comes_in_once_the_district_goes_on")],
    ),
    // Books are served whatever a disk has made of them.
    fault(
        "books-unproven",
        &[story("proof::whatever_a_disk_has_done_to_a_database_nothing_wrong_is_shown_or_handed_in")],
    ),
    // A commune that has followed the books further than they have come says nothing by it.
    fault(
        "lost-history-unnoticed",
        &[story("restored::books_that_are_put_back_twice_get_back_what_was_handed_in_before_both")],
    ),
    // Anybody's word is taken for the district's own.
    fault(
        "sheet-seal-unchecked",
        &[books("given_back::what_is_given_back_under_no_seal_of_the_district_is_not_let_stand")],
    ),
    // A clone is taken for the device.
    fault(
        "quarantine-ignored",
        &[story(
            "restored::of_a_cloned_folder_one_goes_on_and_the_other_is_quarantined_until_it_is_enrolled",
        )],
    ),
    // An older folder goes on in its epoch.
    fault(
        "no-rebase",
        &[story(
            "restored::a_commune_that_goes_on_from_an_older_copy_gets_everything_back_and_overwrites_nothing",
        )],
    ),
    // Who has not reported has reported 0.
    fault("missing-counts-as-zero", &[story("future::a_period_that_has_not_begun_is_handed_in_again_later")]),
    // Sums lose their last digit.
    fault("rounded-totals", &[story("corrections::a_correction_is_the_next_revision_and_totals_follow")]),
    // A commit of the commune that a power cut may take back.
    fault("commune-synchronous-normal", &[story("proof::a_power_cut_takes_nothing_that_was_acknowledged")]),
    // "Queued", whether or not COMMIT went through.
    fault(
        "queued-whatever-the-disk-says",
        &[
            story("full_disk::a_commune_whose_disk_is_full_keeps_its_draft_and_hands_in_later"),
            story("full_disk::a_disk_that_refuses_to_write_loses_nothing"),
        ],
    ),
    // Numbers begin anew with each program.
    fault(
        "sequence-reused",
        &[client("store::operations::tests::what_is_queued_hides_no_older_one_that_stands")],
    ),
    // A folder is shown and handed in whatever a disk has made of it.
    fault(
        "rows-unproven",
        &[story("proof::whatever_a_disk_has_done_to_a_database_nothing_wrong_is_shown_or_handed_in")],
    ),
    // Out of the outbox without a receipt.
    fault("settled-without-receipt", &[client("store::operations::tests::counts_follow_the_rulings")]),
    // Out of the outbox when sent.
    fault("outbox-emptied-when-sent", &[story("line::a_lost_receipt_counts_once")]),
    // What the district has is taken for what was sealed here.
    fault(
        "chain-not-compared",
        &[client("sync::greeting::tests::a_folder_that_lacks_what_the_district_knows_begins_another_epoch")],
    ),
    // What a restored district lacks is forgotten where the line breaks.
    fault(
        "refill-cleared-early",
        &[story("restored::a_line_that_breaks_before_anything_was_given_back_loses_nothing")],
    ),
    // Who is enrolled again keeps for itself what a restored district lacks.
    fault(
        "refill-missed-at-enrolment",
        &[story("restored::a_folder_that_is_enrolled_again_gives_back_what_its_district_has_lost_meanwhile")],
    ),
    // A file is taken from a stick whoever wrote it.
    fault("stick-seal-unchecked", &[wire("stick::tests::a_file_that_is_not_whole_is_not_taken")]),
];
