//! Progress against a model: generated districts with mergers, gaps, blanks and baselines of every sort, as of
//! every month, judged by the crate and by a naive reading of the definition, which must agree in every target.
//!
//! `PROPTEST_CASES=5000 cargo test -p gom-domain --test progress_against_model` looks at more of them.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod model;
mod tape;
mod world;

use proptest::prelude::*;
use proptest::test_runner::Config;

use model::{Answer, Twist};
use tape::Tape;
use world::World;

fn config() -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { 48 };
    Config { cases, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() }
}

/// The first target and month in which the crate and the model, with a rule turned wrong or none, differ.
fn difference(world: &World, twist: Option<Twist>) -> Option<String> {
    for month in 1..=12 {
        for (target, progress) in world.programme.targets.iter().zip(&world.progress(month)) {
            let (crate_says, model_says) = (world.told(target, progress), world.answer(target, month, twist));
            if crate_says != model_says {
                return Some(words(month, &target.reference, &crate_says, &model_says));
            }
        }
    }
    None
}

fn words(month: u8, reference: &str, crate_says: &Answer, model_says: &Answer) -> String {
    format!("target {reference} as of month {month}\n crate: {crate_says:?}\n model: {model_says:?}")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_crate_and_the_model_agree_on_every_target_in_every_month(tape in Tape::strategy()) {
        let world = World::new(&tape);
        if let Some(difference) = difference(&world, None) {
            return Err(TestCaseError::fail(format!("{difference}\n{}", world.text())));
        }
        if let Some(unexplained) = (1..=12).find_map(|month| world.unexplained(month)) {
            return Err(TestCaseError::fail(format!("{unexplained}\n{}", world.text())));
        }
    }
}

#[test]
fn the_comparison_notices_every_rule_that_is_turned_wrong() {
    let mut unnoticed = Twist::ALL.to_vec();
    for seed in 1..200 {
        let world = World::new(&Tape::fixed(seed));
        assert_eq!(difference(&world, None), None, "{}", world.text());
        assert_eq!((1..=12).find_map(|month| world.unexplained(month)), None, "{}", world.text());
        unnoticed.retain(|twist| difference(&world, Some(*twist)).is_none());
        if unnoticed.is_empty() {
            return;
        }
    }
    panic!("{unnoticed:?} may be turned wrong and nobody notices");
}
