//! A database that grows to a million reports of all units of the country, and must not become slower.
//!
//! Ten thousand folders of real clients would measure the file system, so devices without databases send here.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gom_domain::submission::SubmissionId;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::district::District;
use crate::founding::{self, Device};
use crate::goal::Goal;
use crate::pairs::{Contestant, in_turns};
use crate::place;
use crate::programme::{self, Version, scatter};
use crate::report::{Row, thousands};
use crate::sender::{self, Push, Sealed};
use crate::step::Step;

/// The tenths of the whole.
const TENTHS: u64 = 10;
/// How many reports a device sends in a tenth: the first ones are new and the rest revise the first of these, so that all
/// tenths are the same work.
const EACH: u64 = 10;
const NEW: u64 = 7;
/// Forms of the programme.
const FORMS: u64 = 6;
/// How many streams are open at once, over how many connections.
const STREAMS: usize = 64;
const CONNECTIONS: usize = 8;
/// Ids are made on thirty days from 1 November 2024.
const FIRST_DAY_MS: i64 = 1_730_419_200_000;
const DAYS_30_MS: u64 = 30 * 86_400_000;

/// Measures the second and the last tenth; the first one finds everything cold.
pub(super) fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let units = programme::units(if quick { 30 } else { usize::MAX })?;
    let home = place::on_disk()?;
    let founded = home.path().join("founded");
    let devices = founding::found(&founded, programme::bundle(&units, FORMS)?, &units)?;
    let (devices, runtime) = (Arc::new(devices), Runtime::new()?);
    let mut seconds = Vec::new();
    let growing = Contestant::new("ours", || {
        let (second, last) = grow(&runtime, &founded, &devices)?;
        seconds.push(second);
        Ok(last)
    });
    let [lasts] = in_turns(quick, "reports/s in the last tenth", [growing])?;
    // The round that warms up does not count.
    let seconds = seconds.split_off(usize::from(!quick)).into();
    let (ratio, total) = (lasts.over(&seconds), devices.len() as u64 * EACH * TENTHS);
    let (reports, units) = (thousands(total), thousands(devices.len() as u64));
    let what = format!("0 to {reports} reports of {units} units: last tenth, second tenth");
    let row = Row::new(Goal::P1, what, lasts.median(), "reports/s").beside(seconds.median(), ratio);
    Ok(vec![row.wanted("≥ 0.8 ×", ratio >= 0.8)])
}

/// Sends everything, tenth by tenth; the rates of the second and the last.
fn grow(runtime: &Runtime, founded: &Path, devices: &Arc<Vec<Device>>) -> anyhow::Result<(f64, f64)> {
    let copy = place::on_disk()?;
    place::copy(founded, copy.path())?;
    let district = District::at(copy.path());
    let server = district.serve()?;
    let total = devices.len() as u64 * EACH;
    let step = Step::begin("growing", TENTHS * total);
    let mut sealed = vec![Sealed::default(); devices.len()];
    let mut rates = Vec::new();
    for tenth in 0..TENTHS {
        let parcels = parcels(&mut sealed, tenth)?;
        let took = runtime.block_on(send(&server.address, devices, parcels))?;
        rates.push(total as f64 / took.as_secs_f64());
        step.advance(total);
    }
    step.done();
    server.stop()?;
    district.verify(TENTHS * total)?;
    Ok((rates[1], rates[rates.len() - 1]))
}

/// What a device sends in a tenth.
struct Parcel {
    device: usize,
    first_sequence: u64,
    bodies: Vec<Vec<u8>>,
    sealed: Sealed,
}

/// Makes the reports of a tenth, device by device, and deals them out to the streams.
fn parcels(sealed: &mut [Sealed], tenth: u64) -> anyhow::Result<Vec<Vec<Parcel>>> {
    let mut streams: Vec<Vec<Parcel>> = (0..STREAMS).map(|_| Vec::new()).collect();
    for (device, sealed) in sealed.iter_mut().enumerate() {
        let numbers = tenth * EACH..(tenth + 1) * EACH;
        let bodies =
            numbers.map(|number| report(device as u64, number)).collect::<anyhow::Result<Vec<_>>>()?;
        let first_sequence = sealed.sequence + 1;
        *sealed = sealed.with(&bodies);
        streams[device % STREAMS].push(Parcel { device, first_sequence, bodies, sealed: *sealed });
    }
    Ok(streams)
}

/// A device's report of a number: a new one, or the next version of one it has sent before.
fn report(device: u64, number: u64) -> anyhow::Result<Vec<u8>> {
    let (tenth, within) = (number / EACH, number % EACH);
    let revised = within.checked_sub(NEW);
    let place = tenth * NEW + revised.unwrap_or(within);
    let base = revised.map(|first| id(device, tenth * EACH + first));
    let version = Version {
        unit: device,
        form: place % FORMS,
        month: place / FORMS + 1,
        before: u64::from(base.is_some()),
    };
    sender::body(id(device, number), base, version)
}

/// The id of a device's report: made on one of thirty days, so that ids of different devices come out of order.
fn id(device: u64, number: u64) -> SubmissionId {
    let seed = scatter(device, number);
    let at_ms = number * DAYS_30_MS / (TENTHS * EACH) + seed % (DAYS_30_MS / (TENTHS * EACH));
    let mut random = [0; 10];
    random[..8].copy_from_slice(&seed.to_be_bytes());
    SubmissionId::new(FIRST_DAY_MS + at_ms.cast_signed(), random)
}

/// Sends all parcels, each stream one after the other; how long it took.
async fn send(
    address: &str,
    devices: &Arc<Vec<Device>>,
    streams: Vec<Vec<Parcel>>,
) -> anyhow::Result<Duration> {
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(sender::connect(address).await?);
    }
    let start = Instant::now();
    let mut sending = JoinSet::new();
    for (stream, parcels) in streams.into_iter().enumerate() {
        sending.spawn(send_one_by_one(channels[stream % CONNECTIONS].clone(), Arc::clone(devices), parcels));
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    Ok(start.elapsed())
}

async fn send_one_by_one(
    channel: Channel,
    devices: Arc<Vec<Device>>,
    parcels: Vec<Parcel>,
) -> anyhow::Result<()> {
    for parcel in parcels {
        let mut push = Push::open(channel.clone(), &devices[parcel.device], parcel.sealed).await?;
        let count = parcel.bodies.len();
        push.send(parcel.first_sequence, parcel.bodies).await?;
        push.settled(count).await?;
    }
    Ok(())
}
