//! How long each step takes on this machine: `cargo bench -p bench`.

#[path = "../micro/steps.rs"]
mod steps;
#[path = "../micro/year.rs"]
mod year;

use divan::Bencher;

use crate::steps::STEPS;
use crate::year::Year;

fn main() {
    divan::main();
}

#[divan::bench(args = STEPS.map(|(name, _)| name))]
fn step(bencher: Bencher<'_, '_>, name: &str) {
    let year = Year::read().expect("the sample year can be read");
    let (_, step) = STEPS.into_iter().find(|(own, _)| *own == name).expect("a step of that name");
    bencher.bench_local(|| step(&year));
}
