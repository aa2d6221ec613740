//! Enrolling: a one-time code makes this folder a device of a unit.
//!
//! The device's secret is durable before the district hears of it, so an answer that was lost can be asked for again
//! with the same code.

use std::path::Path;

use gom_domain::code::{EnrolCode, Fingerprint};
use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_proto::planted;
use gom_proto::{Malformed, wire};
use gom_trust::Key;
use sha2::{Digest, Sha256};
use tonic::Request;

use crate::credentials::Credentials;
use crate::failure::Failure;
use crate::folder;
use crate::identity;
use crate::line::{self, LineFault, Stage, Trust, patiently};
use crate::means::Call;
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

/// Where to enrol, and by what the district is known there.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) call: &'a Call,
    pub(crate) server: &'a str,
    /// The fingerprint of the district's authority; none where the line does not leave this computer.
    pub(crate) authority: Option<Fingerprint>,
}

/// Enrols a folder. Where it fails the folder can be enrolled again.
pub(crate) async fn enrol(
    folder: &Path,
    world: &World,
    place: Place<'_>,
    code: &EnrolCode,
) -> Result<(), Failure> {
    line::address_of(place.server).map_err(Failure::Enrolment)?;
    folder::make(folder)?;
    // What stood open before there were any secrets in it is nothing to tell of.
    _ = folder::close(folder);
    let _lock = folder::lock(folder)?;
    let mut store = Store::create(folder)?;
    let Prepared { secret, key, before } = prepare(&mut store, folder, world, &place)?;
    if before.is_none() {
        // Whoever the folder was before, it is to be somebody new.
        identity::forget(folder);
    }
    let asked = ask(&place, code, &secret, key.as_deref(), world).await;
    let (reply, credentials) = asked.map_err(Failure::Enrolment)?;
    let (device, unit, history) = read(&reply).map_err(|malformed| Failure::Enrolment(malformed.into()))?;
    let skew_ms = reply.clock_ms.saturating_sub(world.now_ms());
    if let Some(own) = before.as_ref().filter(|own| own.unit != unit) {
        return Err(Failure::OtherUnit { own: own.unit.to_string(), code: unit.to_string() });
    }
    store.write(|rows| {
        rows.enrol(device, &unit, history, &reply.seal)?;
        if !reply.checkpoint_key.is_empty() {
            rows.put_checkpoint_key(&reply.checkpoint_key)?;
        }
        match &credentials {
            Some(credentials) => rows.keep_credentials(credentials)?,
            None => rows.forget_credentials()?,
        }
        if let Some(own) = &before {
            rows.prepare_enrolment(place.server, &secret)?;
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

/// What has to be durable before anything is asked for.
struct Prepared {
    secret: [u8; 32],
    /// Where the line is encrypted, a key that is nowhere else.
    key: Option<Vec<u8>>,
    /// Who the folder was.
    before: Option<EnrolledRow>,
}

/// Makes the secret and the key durable, or takes those of an earlier try. A folder that was enrolled before is enrolled
/// again only where it cannot come in any more: another computer goes by its name, or the district's authority is one that
/// it has never heard of. What it has queued goes out in its new name.
fn prepare(store: &mut Store, folder: &Path, world: &World, place: &Place<'_>) -> Result<Prepared, Failure> {
    store.write(|rows| {
        let known = rows.folder()?;
        let before = known.as_ref().and_then(|row| row.enrolled.clone());
        let comes_in =
            |own: &EnrolledRow| !own.quarantined && !is_unheard_of(known.as_ref(), place.authority);
        if before.as_ref().is_some_and(comes_in) {
            return Err(Failure::AlreadyEnrolled(folder.to_owned()));
        }
        let secret = known.map_or_else(|| world.random(), |row| row.secret);
        if before.is_none() {
            rows.prepare_enrolment(place.server, &secret)?;
        }
        let key = match (place.authority, rows.key()?) {
            (None, _) => None,
            (Some(_), Some(key)) => Some(key),
            (Some(_), None) => {
                let key = Key::generate().map_err(|error| Failure::Enrolment(error.into()))?.der();
                rows.put_key(&key)?;
                Some(key)
            }
        };
        Ok(Prepared { secret, key, before })
    })
}

/// Whether the authority of an invitation is none of those by which a folder knows its district.
fn is_unheard_of(folder: Option<&FolderRow>, authority: Option<Fingerprint>) -> bool {
    let credentials = folder.and_then(|row| row.credentials.as_ref());
    credentials.zip(authority).is_some_and(|(credentials, authority)| !credentials.know(authority))
}

async fn ask(
    place: &Place<'_>,
    code: &EnrolCode,
    secret: &[u8; 32],
    key: Option<&[u8]>,
    world: &World,
) -> Result<(wire::EnrolReply, Option<Credentials>), LineFault> {
    let request = wire::EnrolRequest {
        code: code.as_str().to_owned(),
        signing_request: signing_request(key)?,
        ..about_this_computer(secret, world)
    };
    let trust = place.authority.map_or(Trust::Here(None), Trust::Fingerprint);
    let mut line = line::connect(place.call, place.server, &trust).await?;
    match patiently(line.client.enrol(Request::new(request)), Stage::Greeting).await {
        Ok(reply) => given(reply.into_inner(), key),
        Err(fault) => Err(line::unmask(place.call, place.server, &trust, fault).await),
    }
}

fn signing_request(key: Option<&[u8]>) -> Result<Vec<u8>, LineFault> {
    Ok(key.map_or(Ok(Vec::new()), |key| Key::read(key)?.signing_request())?)
}

fn given(
    mut reply: wire::EnrolReply,
    key: Option<&[u8]>,
) -> Result<(wire::EnrolReply, Option<Credentials>), LineFault> {
    let Some(key) = key else { return Ok((reply, None)) };
    let given = wire::RenewReply {
        certificate: std::mem::take(&mut reply.certificate),
        authorities: std::mem::take(&mut reply.authorities),
    };
    let credentials = Credentials::new(key, given)?.ok_or(Malformed::Field("certificate"))?;
    Ok((reply, Some(credentials)))
}

/// Shows the district its own seal on the enrolment, where it has lost the device. On an encrypted line it gives another
/// certificate for the key that there is.
pub(crate) async fn readmit(
    call: &Call,
    server: &str,
    row: &FolderRow,
    own: &EnrolledRow,
    world: &World,
) -> Result<Option<Credentials>, LineFault> {
    let admission = wire::Admission {
        device: own.device.0.to_vec(),
        unit: own.unit.to_string(),
        seal: own.admission.clone().unwrap_or_default(),
    };
    let key = row.credentials.as_ref().map(Credentials::key);
    let request = wire::EnrolRequest {
        admission: Some(admission),
        signing_request: signing_request(key)?,
        ..about_this_computer(&row.secret, world)
    };
    let trust = row.credentials.clone().map_or(Trust::Here(None), Trust::Unshown);
    let mut line = line::connect(call, server, &trust).await?;
    let reply = patiently(line.client.enrol(Request::new(request)), Stage::Talking).await?;
    Ok(given(reply.into_inner(), key)?.1)
}

fn about_this_computer(secret: &[u8; 32], world: &World) -> wire::EnrolRequest {
    wire::EnrolRequest {
        device_name: computer_name(),
        secret_hash: Sha256::digest(secret).to_vec(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        clock_ms: world.now_ms(),
        ..wire::EnrolRequest::default()
    }
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
