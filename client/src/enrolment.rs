//! Enrolling: a one-time code makes this folder a device of a unit.
//!
//! The device's secret is durable before the district hears of it, so an answer that was lost can be asked for again
//! with the same code.

use std::path::Path;

use gom_domain::code::EnrolCode;
use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_proto::wire::sync_client::SyncClient;
use gom_proto::{Malformed, wire};
use sha2::{Digest, Sha256};
use tonic::Request;
use tonic::transport::Channel;

use crate::failure::Failure;
use crate::folder;
use crate::identity;
use crate::line::{self, LineFault, Stage, patiently};
use crate::means::Call;
use crate::planted;
use crate::store::{EnrolledRow, FolderRow, Rows, Store, StoreError};
use crate::sync::SyncReport;

/// What enrolling has come to.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// The unit's name, once the programme is known.
    pub unit_name: String,
    /// The title of each year's newest programme, the newest year last.
    pub programmes: Vec<gom_domain::Bilingual>,
    /// What the first sync brought.
    pub report: SyncReport,
}

/// Enrols a folder. Where it fails the folder can be enrolled again.
pub(crate) async fn enrol(
    folder: &Path,
    world: &World,
    call: &Call,
    server: &str,
    code: &str,
) -> Result<(), Failure> {
    let code = EnrolCode::parse(code).map_err(|_| Failure::MistypedCode)?;
    line::on_this_computer(server).map_err(Failure::Enrolment)?;
    folder::make(folder)?;
    let _lock = folder::lock(folder)?;
    let mut store = Store::create(folder)?;
    let (secret, before) = prepare(&mut store, folder, world, server)?;
    if before.is_none() {
        // Whoever the folder was before, it is to be somebody new.
        identity::forget(folder);
    }
    let reply = ask(call, server, &code, &secret, world).await.map_err(Failure::Enrolment)?;
    let (device, unit, history) = read(&reply).map_err(|malformed| Failure::Enrolment(malformed.into()))?;
    let skew_ms = reply.clock_ms.saturating_sub(world.now_ms());
    if let Some(own) = before.as_ref().filter(|own| own.unit != unit) {
        return Err(Failure::OtherUnit { own: own.unit.to_string(), code: unit.to_string() });
    }
    store.write(|rows| {
        rows.enrol(device, &unit, history, &reply.seal)?;
        if let Some(own) = &before {
            if own.history != history && !planted::is("refill-missed-at-enrolment") {
                rows.begin_history(history)?;
            }
            rows.rebase(own.epoch + 1)?;
        }
        Ok::<_, Failure>(rows.note_contact(world.now_ms(), skew_ms)?)
    })?;
    let known = store.read(|rows: &Rows<'_>| rows.folder())?;
    if let Some(row) = known {
        identity::keep(folder, &row);
    }
    Ok(())
}

/// Makes the secret durable, or takes the one of an earlier try. A folder that was enrolled before is enrolled again only
/// where another computer goes by its name; what it has queued goes out in the new one.
fn prepare(
    store: &mut Store,
    folder: &Path,
    world: &World,
    server: &str,
) -> Result<([u8; 32], Option<EnrolledRow>), Failure> {
    store.write(|rows| {
        let known = rows.folder()?;
        let before = known.as_ref().and_then(|row| row.enrolled.clone());
        if before.as_ref().is_some_and(|own| !own.quarantined) {
            return Err(Failure::AlreadyEnrolled(folder.to_owned()));
        }
        let secret = known.map_or_else(|| world.random(), |row| row.secret);
        rows.prepare_enrolment(server, &secret)?;
        Ok((secret, before))
    })
}

async fn ask(
    call: &Call,
    server: &str,
    code: &EnrolCode,
    secret: &[u8; 32],
    world: &World,
) -> Result<wire::EnrolReply, LineFault> {
    let mut client = line::connect(call, server).await?;
    let request = wire::EnrolRequest {
        code: code.as_str().to_owned(),
        device_name: computer_name(),
        secret_hash: Sha256::digest(secret).to_vec(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        clock_ms: world.now_ms(),
        admission: None,
    };
    match patiently(client.enrol(Request::new(request)), Stage::Greeting).await {
        Ok(reply) => Ok(reply.into_inner()),
        Err(fault) => Err(line::unmask(call, server, fault).await),
    }
}

/// Shows the district its own seal on the enrolment, where it has lost the device.
pub(crate) async fn readmit(
    client: &mut SyncClient<Channel>,
    row: &FolderRow,
    own: &EnrolledRow,
    world: &World,
) -> Result<(), LineFault> {
    let admission = wire::Admission {
        device: own.device.0.to_vec(),
        unit: own.unit.to_string(),
        seal: own.admission.clone().unwrap_or_default(),
    };
    let request = wire::EnrolRequest {
        code: String::new(),
        device_name: computer_name(),
        secret_hash: Sha256::digest(row.secret).to_vec(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        clock_ms: world.now_ms(),
        admission: Some(admission),
    };
    patiently(client.enrol(Request::new(request)), Stage::Talking).await.map(drop)
}

/// What people call this computer.
fn computer_name() -> String {
    let from_environment = ["COMPUTERNAME", "HOSTNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let from_file = || std::fs::read_to_string("/etc/hostname").ok().map(|name| name.trim().to_owned());
    from_environment.or_else(from_file).unwrap_or_default()
}

fn read(reply: &wire::EnrolReply) -> Result<(DeviceId, UnitId, HistoryId), Malformed> {
    let device = reply.device.as_slice().try_into().map_err(|_| Malformed::Field("device"))?;
    let history = reply.history.as_slice().try_into().map_err(|_| Malformed::Field("history"))?;
    if reply.unit.is_empty() {
        return Err(Malformed::Field("unit"));
    }
    Ok((DeviceId(device), UnitId::from(reply.unit.as_str()), HistoryId(history)))
}

/// The database of a folder, if there is one that has been enrolled.
pub(crate) fn enrolled(folder: &Path) -> Result<Option<Store>, StoreError> {
    let mut store = match Store::open(folder) {
        Ok(store) => store,
        Err(StoreError::Absent) => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_enrolled =
        |rows: &Rows<'_>| Ok::<_, StoreError>(rows.folder()?.is_some_and(|row| row.enrolled.is_some()));
    Ok(if store.read(is_enrolled)? { Some(store) } else { None })
}
