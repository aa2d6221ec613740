//! A few tries of each proof. The program `prove` makes many.

use tests::proof::named;

/// Makes the few tries of a proof that `cargo test` has time for.
fn few(name: &str) {
    let proof = named(name).unwrap_or_else(|| panic!("no proof is called {name}"));
    (proof.tries)(proof.few, 1);
}

#[test]
fn random_sequences_hold_against_plain_maps() {
    few("model");
}
