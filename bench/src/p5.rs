//! P5, the morning after a cut line: everybody calls at once, and everything is in soon, once.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use gom_domain::world::World;
use gom_terminal::tell;
use tokio::runtime::Runtime;

use crate::district::District;
use crate::founding::{self, Device};
use crate::goal::Goal;
use crate::pairs::{Contestant, Rounds, in_turns};
use crate::place;
use crate::programme::{self, Version, scatter};
use crate::quantile::p99;
use crate::report::{Row, thousands};
use crate::sender;
use crate::storm::{self, Caller, Passage};

/// How many call, and how many reports each has queued: half a year of a monthly form.
const CALLERS: usize = 10_000;
const REPORTS: u64 = 6;
/// Forms of 40 figures: the programme of the district, too, asks about forty figures of a unit.
const FORMS: u64 = 1;
/// File descriptors that the callers' process needs besides their connections.
const BESIDES: usize = 100;
/// Of so many connections one is cut.
const CUT: usize = 3;
/// A greeting and a hand-in carry about this many bytes both ways; a cut comes somewhere among them.
const EXCHANGE: u64 = 1_600;

/// Measures the goal on lines that hold and on lines that are cut.
pub(crate) fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let morning = Morning::prepare(if quick { 200 } else { callers()? })?;
    let whole = morning.callers(|_| None);
    let cut = morning.callers(|place| place.is_multiple_of(CUT).then(|| cut_after(place)));
    let mut courses = [Vec::new(), Vec::new()];
    let [whole_course, cut_course] = &mut courses;
    in_turns(
        quick,
        "s until all is in",
        [
            Contestant::new("whole lines", || morning.storm(&whole, whole_course)),
            Contestant::new("a third of the lines cut", || morning.storm(&cut, cut_course)),
        ],
    )?;
    let warm_ups = usize::from(!quick);
    let [whole, cut] = courses.map(|mut course| course.split_off(warm_ups));
    let count = thousands(morning.devices.len() as u64);
    let [one, other] = [format!("{count} callers"), format!("{count} callers, a third cut off")];
    Ok(rows(&one, &whole).into_iter().chain(rows(&other, &cut)).collect())
}

/// As many callers as the goal says, or as this process may have connections.
fn callers() -> anyhow::Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files =
        files.and_then(|limits| limits.split_whitespace().next()).context("no limit of open files")?;
    let files = files.parse().unwrap_or(usize::MAX);
    if files < CALLERS + BESIDES {
        tell(&format!(
            "  only {files} open files are allowed (ulimit -n): the storm is smaller than the goal's"
        ));
    }
    Ok(CALLERS.min(files.saturating_sub(BESIDES)))
}

/// The byte after which a caller's first connection breaks.
fn cut_after(place: usize) -> usize {
    1 + (scatter(EXCHANGE, place as u64) % EXCHANGE) as usize
}

/// A district whose communes have all been without a line.
struct Morning {
    home: tempfile::TempDir,
    devices: Vec<Device>,
    bodies: Vec<Vec<Vec<u8>>>,
    runtime: Runtime,
}

/// What a storm came to.
struct Course {
    total: Duration,
    memory: f64,
    processor: Duration,
    passages: Vec<Passage>,
}

impl Morning {
    fn prepare(callers: usize) -> anyhow::Result<Self> {
        let home = place::on_disk()?;
        let units = programme::units(callers)?;
        let bundle = programme::bundle(&units, FORMS)?;
        let devices = founding::found(&home.path().join("founded"), bundle, &units)?;
        let world = gom_server::clock::real();
        let bodies = (0..devices.len() as u64).map(|unit| reports(unit, &world)).collect::<Result<_, _>>()?;
        Ok(Self { home, devices, bodies, runtime: Runtime::new()? })
    }

    fn callers(&self, cut_after: impl Fn(usize) -> Option<usize>) -> Arc<Vec<Caller>> {
        let callers = self.devices.iter().zip(&self.bodies).enumerate();
        let caller = |(place, (device, bodies)): (usize, (&Device, &Vec<Vec<u8>>))| Caller {
            device: *device,
            bodies: bodies.clone(),
            cut_after: cut_after(place),
        };
        Arc::new(callers.map(caller).collect())
    }

    /// Serves a copy of the district through a storm; the seconds it took.
    fn storm(&self, callers: &Arc<Vec<Caller>>, courses: &mut Vec<Course>) -> anyhow::Result<f64> {
        let folder = self.home.path().join("district");
        place::copy(&self.home.path().join("founded"), &folder)?;
        let course = self.course(&folder, callers)?;
        std::fs::remove_dir_all(&folder)?;
        let total = course.total.as_secs_f64();
        courses.push(course);
        Ok(total)
    }

    fn course(&self, folder: &Path, callers: &Arc<Vec<Caller>>) -> anyhow::Result<Course> {
        let district = District::at(folder);
        let server = district.serve()?;
        let passages = self.runtime.block_on(storm::rage(&server.address, Arc::clone(callers)))?;
        let usage = server.stop()?;
        // Each report once: the books hold as many as there were, and every figure agrees with them.
        district.verify(callers.len() as u64 * REPORTS)?;
        let to_be_cut = callers.iter().filter(|caller| caller.cut_after.is_some()).count();
        let cut = passages.iter().filter(|passage| passage.failures > 0).count();
        ensure!(2 * cut >= to_be_cut, "of {to_be_cut} lines only {cut} were cut");
        let total = passages.iter().map(|passage| passage.settled).max().context("nobody called")?;
        Ok(Course { total, memory: usage.memory, processor: usage.processor, passages })
    }
}

/// A unit's reports of a month, one of each form.
fn reports(unit: u64, world: &World) -> anyhow::Result<Vec<Vec<u8>>> {
    let version = |month| Version { unit, form: 0, month, before: 0 };
    (1..=REPORTS).map(|month| sender::body(world.submission_id(), None, version(month))).collect()
}

impl Course {
    fn acknowledged(&self) -> f64 {
        p99(self.passages.iter().map(|passage| passage.acknowledged.as_secs_f64()).collect())
    }

    fn failures(&self) -> f64 {
        self.passages.iter().map(|passage| f64::from(passage.failures)).sum()
    }
}

fn rows(who: &str, courses: &[Course]) -> Vec<Row> {
    let of =
        |figure: fn(&Course) -> f64| Rounds::from(courses.iter().map(figure).collect::<Vec<_>>()).median();
    let row = |what: &str, figure, unit| Row::new(Goal::P5, format!("{who}: {what}"), figure, unit);
    let total = of(|course| course.total.as_secs_f64());
    let acknowledged = of(Course::acknowledged);
    let memory = of(|course| course.memory / 1e6);
    vec![
        row("all in, each once", total, "s").wanted("≤ 15", total <= 15.0),
        row("acknowledgement once let in (p99)", acknowledged, "s").wanted("≤ 3", acknowledged <= 3.0),
        row("the server's memory", memory, "MB").wanted("≤ 300", memory <= 300.0),
        row("the server's processor time", of(|course| course.processor.as_secs_f64()), "s"),
        row("calls that failed and were made again", of(Course::failures), "calls"),
    ]
}
