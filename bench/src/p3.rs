//! P3, one report in flight: how long until it is acknowledged as durable, beside one fsync of the same disk.

use std::time::Instant;

use tokio::runtime::Builder;

use crate::commune::Queue;
use crate::district::District;
use crate::founding;
use crate::fsync::Fsync;
use crate::goal::Goal;
use crate::pairs::{Rounds, median};
use crate::place;
use crate::programme;
use crate::report::Row;
use crate::sender::{self, Push, Sealed};

const FORMS: u64 = 6;
/// The first reports find caches empty and do not count.
const WARM_UP: usize = 50;
/// What an answer may cost beside the disk, in milliseconds.
const BESIDE_DISK_MS: f64 = 0.2;

/// Measures the goal: reports and fsyncs take turns.
pub(crate) fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let home = place::on_disk()?;
    let folder = home.path().join("district");
    let units = programme::units(15)?;
    let devices = founding::found(&folder, programme::bundle(&units, FORMS)?, &units)?;
    let district = District::at(&folder);
    let server = district.serve()?;
    let queue = Queue { reports: if quick { 60 } else { 1_050 }, forms: FORMS };
    let mut fsync = Fsync::open(home.path())?;
    let (mut reports, mut fsyncs) = (Vec::new(), Vec::new());
    // As the client itself: one thread that talks.
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let bodies = sender::bodies(queue)?;
        let sealed = Sealed::default().with(&bodies);
        let channel = sender::connect(&server.address).await?;
        let mut push = Push::open(channel, &devices[0], sealed).await?;
        for (sequence, body) in (1..).zip(bodies) {
            let start = Instant::now();
            push.send(sequence, vec![body]).await?;
            push.settled(1).await?;
            reports.push(start.elapsed().as_secs_f64() * 1e3);
            fsyncs.push(fsync.once()?.as_secs_f64() * 1e3);
        }
        anyhow::Ok(())
    })?;
    server.stop()?;
    district.verify(queue.reports)?;
    Ok(vec![row(reports.split_off(WARM_UP), fsyncs.split_off(WARM_UP))])
}

fn row(reports: Vec<f64>, fsyncs: Vec<f64>) -> Row {
    let fsync = median(fsyncs.clone());
    let most = (2.0 * fsync).max(fsync + BESIDE_DISK_MS);
    let (reports, fsyncs) = (Rounds::from(reports), Rounds::from(fsyncs));
    let p50 = reports.median();
    let row = Row::new(Goal::P3, "one report in flight, one fsync (p50)".to_owned(), p50, "ms");
    row.beside(fsync, reports.over(&fsyncs)).wanted(&format!("≤ {most:.2}"), p50 <= most)
}
