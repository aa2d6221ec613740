//! How the time grows: with reports, with units, with targets, each doubled while the rest stays.

use super::{Country, DECEMBER, Extent, YEAR, ask};
use crate::goal::Goal;
use crate::pairs::{Contestant, in_turns, median};
use crate::report::{Row, thousands};

/// What is doubled.
const UNITS: usize = 5_000;
/// How often a round asks.
const TIMES: usize = 50;

/// One country.
struct Size {
    units: usize,
    targets: usize,
    through: u8,
}

/// Measures the smaller and the doubled country of each kind in turns.
pub(super) fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let units = if quick { 30 } else { UNITS };
    let base = Size { units, targets: 1, through: DECEMBER };
    let half_a_year = Size { through: DECEMBER / 2, ..base };
    let twice_the_units = Size { units: 2 * units, ..base };
    let twice_the_targets = Size { targets: 2, ..base };
    Ok(vec![
        doubled(quick, "reports", &half_a_year, &base)?,
        doubled(quick, "units and with them reports", &base, &twice_the_units)?,
        doubled(quick, "targets", &base, &twice_the_targets)?,
    ])
}

fn doubled(quick: bool, what: &str, small: &Size, large: &Size) -> anyhow::Result<Row> {
    let ((small, few), (large, many)) = (fill(small)?, fill(large)?);
    let asked = |country: &Country| Ok(median(ask(country, if quick { 3 } else { TIMES })));
    let [before, after] = in_turns(
        quick,
        &format!("ms, {what} doubled"),
        [Contestant::new("before", || asked(&small)), Contestant::new("after", || asked(&large))],
    )?;
    let sizes = format!(
        "{} units, {} reports, {} targets; before {}, {}, {}",
        thousands(large.units() as u64),
        thousands(many),
        large.targets(),
        thousands(small.units() as u64),
        thousands(few),
        small.targets(),
    );
    let row = Row::new(Goal::P4, format!("growth, {what} doubled: {sizes}"), after.median(), "ms (p50)");
    Ok(row.beside(before.median(), after.over(&before)))
}

fn fill(size: &Size) -> anyhow::Result<(Country, u64)> {
    let mut country = Country::new(&Extent { units: size.units, years: YEAR..=YEAR, targets: size.targets })?;
    let reports = country.hand_in(size.through, 0);
    Ok((country, reports))
}
