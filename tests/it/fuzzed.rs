//! The fuzzer's targets with bytes by chance, always the same: what they do in `cargo test`. `fuzz/` tries for longer.

use proptest::collection::vec;
use proptest::num::u8::ANY;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tests::fuzzed::{Target, named};

/// Tries a target. What fails is made as short as possible first.
fn few(name: &str) {
    let Target { body, longest, few, .. } =
        named(name).unwrap_or_else(|| panic!("no target is called {name}"));
    let config = Config { cases: few, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let tried = runner.run(&vec(ANY, 0..=longest), |tape| {
        body(&tape);
        Ok(())
    });
    tried.unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

#[test]
fn any_message_to_the_district_keeps_its_promises() {
    few("protocol");
}

#[test]
fn any_message_to_a_commune_keeps_what_it_has_sealed() {
    few("line");
}

#[test]
fn a_queue_file_is_taken_whole_or_not_at_all() {
    few("queue_file");
}

#[test]
fn a_receipts_file_is_taken_whole_or_not_at_all() {
    few("receipts_file");
}

#[test]
fn any_sheet_is_read_or_refused_with_its_lines() {
    few("sheet");
}

#[test]
fn any_programme_is_refused_or_can_be_reckoned_with() {
    few("programme");
}

#[test]
fn any_number_comes_back_as_it_was_read() {
    few("number");
}

#[test]
fn any_formula_comes_back_and_means_the_same() {
    few("formula");
}

#[test]
fn any_file_of_books_is_refused_or_read_to_its_end() {
    few("books_file");
}

#[test]
fn any_file_of_a_commune_is_refused_or_read_to_its_end() {
    few("commune_file");
}
