//! Founding a district with thousands of enrolled devices.
//!
//! Each enrolment is a commit of its own. They are made by the real use cases in books that lie in memory; the folder
//! is then copied to the disk, for enrolling is not what is measured.

use std::path::Path;

use anyhow::bail;
use gom_domain::code::{CODE_LIFE_MS, EnrolCode};
use gom_domain::greeting::{DeviceId, fingerprint};
use gom_domain::programme::Bundle;
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_server::books::{Answer, Books, Job};
use gom_server::enrol::{By, Enrol, IssueCode};
use gom_server::folder::Folder;
use gom_server::publish::Load;

use crate::place;
use crate::programme::Unit;
use crate::step::Step;

/// What a device shows with each call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Device {
    /// Its id.
    pub(crate) id: DeviceId,
    /// Its secret.
    pub(crate) secret: [u8; 32],
}

/// Founds books at `to` with a device for each unit.
pub(crate) fn found(to: &Path, bundle: Bundle, units: &[Unit]) -> anyhow::Result<Vec<Device>> {
    let step = Step::begin("enrolling devices", units.len() as u64);
    let world = gom_server::clock::real();
    let preparing = place::for_preparing()?;
    let folder = Folder::new(preparing.path().join("district"));
    let said = |trouble: gom_server::wording::Trouble| anyhow::Error::msg(trouble.message().en);
    let (ledger, lock) = folder.found(&world).map_err(said)?;
    let mut books = Books::open(Box::new(ledger))?;
    let load = Load { programme: Some(bundle), ..Load::default() };
    commit(&mut books, Job::Load(load), &world)?;
    let mut devices = Vec::with_capacity(units.len());
    for unit in units {
        devices.push(enrol(&mut books, &unit.id, &world)?);
        step.advance(1);
    }
    drop((books, lock));
    place::copy(folder.path(), to)?;
    step.done();
    Ok(devices)
}

fn enrol(books: &mut Books, unit: &str, world: &World) -> anyhow::Result<Device> {
    let code = EnrolCode::new(world.random());
    let expires_ms = world.now_ms() + CODE_LIFE_MS;
    commit(
        books,
        Job::IssueCode(IssueCode { unit: UnitId::from(unit), hash: code.hash(), expires_ms }),
        world,
    )?;
    let device = Device { id: DeviceId(world.random()), secret: world.random() };
    let enrol = Enrol {
        by: By::Code { hash: code.hash(), device: device.id },
        secret_hash: fingerprint(&device.secret),
        name: "bench".to_owned(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        authority: None,
    };
    commit(books, Job::Enrol(enrol), world)?;
    Ok(device)
}

fn commit(books: &mut Books, job: Job, world: &World) -> anyhow::Result<()> {
    match books.commit(vec![job], world.now_ms()).pop() {
        Some(Answer::Changed(_) | Answer::Enrolled(_)) => Ok(()),
        other => bail!("not committed: {other:?}"),
    }
}
