//! P4, progress of all targets: for a district, for the whole country, for one in which everything was revised ten
//! times; as of an earlier commit; explained; and in a program of its own that has to read the books first.

mod answers;
mod growth;
mod pages;

use std::time::{Duration, Instant};

use crate::country::{self, Country, Extent};
use crate::goal::Goal;
use crate::pairs::{Contestant, in_turns, median};
use crate::place;
use crate::quantile::p99;
use crate::report::{Row, thousands};
use crate::step::Step;

/// The year that is asked for, and the first of a district's five.
const YEAR: i16 = 2024;
const FIRST_YEAR: i16 = 2020;
/// The units of a district, and more than the country has.
const DISTRICT: usize = 15;
const ALL: usize = usize::MAX;
/// How many versions a revised country has of each report.
const VERSIONS: u64 = 10;
/// How often a round asks, unless it takes too long: then the slowest of fewer answers stands for all.
const TIMES: usize = 200;
const LONG: Duration = Duration::from_secs(10);
const DECEMBER: u8 = 12;

/// Measures the goal.
pub(crate) fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let places = Places::new(quick)?;
    let mut rows = places.in_memory(quick)?;
    rows.extend(answers::measure(&places, quick)?);
    rows.extend(growth::measure(quick)?);
    Ok(rows)
}

/// The places that are asked about.
struct Places {
    district: Country,
    country: Country,
    reports: [u64; 2],
}

impl Places {
    fn new(quick: bool) -> anyhow::Result<Self> {
        let units = if quick { 60 } else { ALL };
        let mut district = Country::new(&Extent { units: DISTRICT, years: FIRST_YEAR..=YEAR, targets: 1 })?;
        let mut country = Country::new(&Extent { units, years: YEAR..=YEAR, targets: 1 })?;
        let reports = [district.hand_in(DECEMBER, 0), country.hand_in(DECEMBER, 0)];
        Ok(Self { district, country, reports })
    }

    /// Progress of all targets by what stands in memory.
    fn in_memory(&self, quick: bool) -> anyhow::Result<Vec<Row>> {
        let step = Step::begin("revising everything", VERSIONS - 1);
        let mut revised =
            Country::new(&Extent { units: self.country.units(), years: YEAR..=YEAR, targets: 1 })?;
        for version in (0..VERSIONS).rev() {
            // The version that is laid last is the one that the other country has, so that the answers must agree.
            revised.hand_in(DECEMBER, version);
            step.advance(1);
        }
        step.done();
        anyhow::ensure!(revised.progress() == self.country.progress(), "revisions change what stands");
        let times = if quick { 10 } else { TIMES };
        let slow = |country: &Country| Ok(p99(ask(country, times)));
        let usual = |country: &Country| Ok(median(ask(country, times)));
        let [district, country] = in_turns(
            quick,
            "ms (p99)",
            [
                Contestant::new("district", || slow(&self.district)),
                Contestant::new("country", || slow(&self.country)),
            ],
        )?;
        let [once, revised] = in_turns(
            quick,
            "ms (p50)",
            [
                Contestant::new("one version of each report", || usual(&self.country)),
                Contestant::new("ten versions of each report", || usual(&revised)),
            ],
        )?;
        let [in_district, in_country] = self.reports.map(thousands);
        let (district, country, ratio) = (district.median(), country.median(), revised.over(&once));
        let of = format!("progress of {} targets", self.country.targets());
        let units = thousands(self.country.units() as u64);
        let p99 = |who: String, figure| Row::new(Goal::P4, format!("{of}, {who}"), figure, "ms (p99)");
        let versions = format!("{of}, {units} units, {VERSIONS} versions of each report; one version");
        let revised = Row::new(Goal::P4, versions, revised.median(), "ms (p50)");
        Ok(vec![
            p99(format!("15 units, 5 years, {in_district} reports"), district).wanted("≤ 5", district <= 5.0),
            p99(format!("{units} units, {in_country} reports"), country).wanted("≤ 20", country <= 20.0),
            revised.beside(once.median(), ratio).wanted("≤ 1.1 ×", ratio <= 1.1),
        ])
    }
}

/// How long each of so many questions took, in milliseconds.
fn ask(country: &Country, times: usize) -> Vec<f64> {
    let begun = Instant::now();
    let asking = (0..times).take_while(|asked| *asked == 0 || begun.elapsed() < LONG);
    asking.map(|_| millis(|| country.progress())).collect()
}

/// How long something takes, in milliseconds.
fn millis<T>(what: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    let came_to = what();
    let took = start.elapsed();
    // What it came to is thrown away after the clock was read.
    drop(std::hint::black_box(came_to));
    took.as_secs_f64() * 1e3
}
