//! P2, bytes on the wire: what TCP carries in both directions between the real client and the real server.

use std::time::{Duration, Instant};

use anyhow::ensure;
use gom::{Commune, Which};
use gom_proto::figures::pack;
use gom_server::publish::read_folder;
use tokio::runtime::Runtime;

use crate::commune::{self, Queue};
use crate::district::{District, Server};
use crate::goal::Goal;
use crate::place;
use crate::programme::{self, Unit};
use crate::proxy::Proxy;
use crate::report::{Row, thousands};
use crate::step::Step;

const FORMS: u64 = 40;
/// One way along a long line. Everything else that a re-sync does is short beside it.
const DELAY: Duration = Duration::from_millis(200);
const EACH: &str = "bytes/report";

/// The programme of the sample year, and its synthetic reports.
const SAMPLE_PROGRAMME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../programmes/phung-hiep-2024");
const SAMPLE_REPORTS: &str = include_str!("../../demo/sample-2024/reports.csv");

/// Measures the goal. Bytes do not depend on the machine, so once is enough.
pub(crate) fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    Runtime::new()?.block_on(async {
        let mut rows = runs(quick).await?;
        rows.push(sample_year().await?);
        Ok(rows)
    })
}

/// Runs of reports, and afterwards a sync with nothing new.
async fn runs(quick: bool) -> anyhow::Result<Vec<Row>> {
    let home = place::on_disk()?;
    let units = programme::units(15)?;
    let district = District::found(&home.path().join("district"), &programme::bundle(&units, FORMS)?)?;
    let server = district.serve()?;
    let lengths = if quick { vec![100] } else { vec![1_000, 10_000] };
    let (mut rows, mut total) = (Vec::new(), 0);
    for (place, reports) in (0..).zip(&lengths) {
        let unit = &units[place];
        let folder = home.path().join(&unit.id);
        drop(commune::enrol(&folder, &district, &server, &unit.id).await?);
        let queue = Queue { reports: *reports, forms: FORMS };
        fill(&folder, place as u64, unit, queue)?;
        let commune = Commune::open(&folder, gom_server::clock::real())?;
        rows.extend(run(commune, &server, queue, place as u64).await?);
        if *reports == lengths[0] {
            let commune = Commune::open(&folder, gom_server::clock::real())?;
            rows.extend(nothing_new(commune, &server).await?);
        }
        total += reports;
    }
    server.stop()?;
    district.verify(total)?;
    Ok(rows)
}

fn fill(folder: &std::path::Path, place: u64, unit: &Unit, queue: Queue) -> anyhow::Result<()> {
    let step = Step::begin("queueing reports", queue.reports);
    commune::queue(folder, place, unit, queue, &step)?;
    step.done();
    Ok(())
}

async fn run(commune: Commune, server: &Server, queue: Queue, unit: u64) -> anyhow::Result<[Row; 2]> {
    let (bytes, _) = synced(commune, server, Duration::ZERO, queue.reports).await?;
    let packed = |version: programme::Version| pack(&version.figures().into_iter().map(Some).collect()).len();
    let packed: usize = queue.versions(unit).map(packed).sum();
    let (each, packed) = (bytes as f64 / queue.reports as f64, packed as f64 / queue.reports as f64);
    let what = format!("{} reports of 40 figures, both ways", thousands(queue.reports));
    let beyond = each - packed;
    Ok([
        Row::new(Goal::P2, format!("{what}: beyond the packed figures ({packed:.1})"), beyond, EACH)
            .wanted("≤ 40", beyond <= 40.0),
        Row::new(Goal::P2, what, each, EACH).wanted("≤ 130", each <= 130.0),
    ])
}

async fn nothing_new(commune: Commune, server: &Server) -> anyhow::Result<[Row; 2]> {
    let (bytes, took) = synced(commune, server, DELAY, 0).await?;
    let trips = (took.as_secs_f64() / (2.0 * DELAY.as_secs_f64())).floor();
    Ok([
        Row::new(Goal::P2, "a sync with nothing new, both ways".to_owned(), bytes as f64, "bytes")
            .wanted("≤ 500", bytes <= 500),
        Row::new(Goal::P2, "a sync with nothing new, once connected".to_owned(), trips, "round trips")
            .wanted("1", trips <= 1.0),
    ])
}

/// Syncs along a counted line; how many bytes travelled, and how long it took.
async fn synced(
    commune: Commune,
    server: &Server,
    delay: Duration,
    reports: u64,
) -> anyhow::Result<(u64, Duration)> {
    let line = Proxy::to(&server.address, delay).await?;
    let commune = commune.at(&line.address);
    let start = Instant::now();
    let report = commune.sync().await?;
    let took = start.elapsed();
    ensure!(report.accepted == reports && report.is_settled(), "not all was accepted: {report:?}");
    // What is still under way when the client hangs up travels too.
    tokio::time::sleep(2 * delay + Duration::from_millis(100)).await;
    Ok((line.bytes(), took))
}

/// The real forms: nine months of each unit, handed in at once.
async fn sample_year() -> anyhow::Result<Row> {
    let home = place::on_disk()?;
    let bundle = read_folder(SAMPLE_PROGRAMME.as_ref());
    let bundle = bundle.map_err(|trouble| anyhow::Error::msg(trouble.message().en))?;
    let district = District::found(&home.path().join("district"), &bundle)?;
    let server = district.serve()?;
    let mut reader = csv::Reader::from_reader(bundle.get("units.csv").unwrap_or_default());
    let (mut bytes, mut reports) = (0, 0);
    for unit in reader.records() {
        let id = unit?.get(0).unwrap_or_default().to_owned();
        let folder = home.path().join(&id);
        let commune = commune::enrol(&folder, &district, &server, &id).await?;
        commune.import(SAMPLE_REPORTS.as_bytes())?;
        let sealed = commune.submit(&Which::All, None)?.sealed.len() as u64;
        bytes += synced(commune, &server, Duration::ZERO, sealed).await?.0;
        reports += sealed;
    }
    server.stop()?;
    district.verify(reports)?;
    let what = format!("the sample year's {} reports, a sync for each unit's", thousands(reports));
    Ok(Row::new(Goal::P2, what, bytes as f64 / reports as f64, EACH))
}
