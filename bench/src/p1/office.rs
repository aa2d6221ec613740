//! What handing in costs at the commune: a report sealed and queued durably, beside one fsync of the same disk.

use std::time::Instant;

use anyhow::ensure;
use gom::Which;
use tokio::runtime::Runtime;

use crate::commune::{self, Queue};
use crate::district::District;
use crate::fsync::Fsync;
use crate::goal::Goal;
use crate::pairs::Rounds;
use crate::place::{self, all_there};
use crate::programme::{self, empty_sheet, sheet};
use crate::report::Row;

/// Forms of the programme.
const FORMS: u64 = 6;

/// Measures handing in reports one by one.
pub(super) fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let home = place::on_disk()?;
    let units = programme::units(15)?;
    let district = District::found(&home.path().join("district"), &programme::bundle(&units, FORMS)?)?;
    let server = district.serve()?;
    let folder = home.path().join("commune");
    let commune = Runtime::new()?.block_on(commune::enrol(&folder, &district, &server, &units[0].id))?;
    server.stop()?;
    let mut fsync = Fsync::open(home.path())?;
    let (mut ours, mut fsyncs) = (Vec::new(), Vec::new());
    let queue = Queue { reports: if quick { 5 } else { 60 }, forms: FORMS };
    for version in queue.versions(0) {
        let mut figures = empty_sheet()?;
        sheet(&mut figures, &units[0].id, version)?;
        commune.import(&figures.into_inner()?)?;
        let start = Instant::now();
        let submitted = commune.submit(&Which::All, None)?;
        ours.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(submitted.sealed.len() == 1, "not queued: {submitted:?}");
        fsyncs.push(fsync.once()?.as_secs_f64() * 1e3);
    }
    drop(commune);
    all_there("accepted reports", commune::hand_in(&folder, &district)?, queue.reports)?;
    district.verify(queue.reports)?;
    let (ours, fsyncs) = (Rounds::from(ours), Rounds::from(fsyncs));
    let row =
        Row::new(Goal::P1, "a report handed in at the commune, one fsync".to_owned(), ours.median(), "ms");
    Ok(vec![row.beside(fsyncs.median(), ours.over(&fsyncs))])
}
