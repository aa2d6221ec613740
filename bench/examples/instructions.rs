//! Takes one step once, for a tool that counts its instructions: `.ci/instructions`.

#[path = "../micro/steps.rs"]
mod steps;
#[path = "../micro/year.rs"]
mod year;

use anyhow::Context;
use gom_terminal::put;

use crate::steps::STEPS;
use crate::year::Year;

/// Takes the step that is named; without a name it says which there are.
fn main() -> anyhow::Result<()> {
    let Some(name) = std::env::args().nth(1) else {
        STEPS.iter().for_each(|(name, _)| put(name));
        return Ok(());
    };
    let (_, step) = STEPS.into_iter().find(|(own, _)| *own == name).context("there is no such step")?;
    counted(step, &Year::read()?);
    Ok(())
}

/// Only what happens in here is counted: not the reading of the year.
#[inline(never)]
fn counted(step: fn(&Year), year: &Year) {
    step(year);
}
