//! A few tries of each proof. The program `prove` makes many.

use tests::proof::named;

/// Makes the few tries of a proof that `cargo test` has time for.
fn few(name: &str) {
    let proof = named(name).unwrap_or_else(|| panic!("no proof is called {name}"));
    (proof.tries)(proof.few, 1);
}

#[test]
fn a_backup_of_any_moment_is_whole_and_nothing_is_lost_where_it_is_gone_back_to() {
    few("backups");
}
