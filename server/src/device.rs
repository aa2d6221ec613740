//! Devices: named and revoked by the district.

use gom_domain::greeting::DeviceId;

use crate::books::{Answer, Changes};
use crate::enrol::{next_change, refused};
use crate::memory::Memory;
use crate::store::{ChangeKind, DeviceRow, Ledger, Stored};
use crate::wording::Trouble;

/// What is to become of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetDevice {
    /// The device.
    pub device: DeviceId,
    /// What it is called from now on; none: as before.
    pub name: Option<String>,
    /// Why nothing more is taken of it; none: it goes on.
    pub revoked: Option<String>,
}

/// Names a device, or revokes it. A device that is revoked stays so: a computer that is to work again is enrolled anew.
pub fn set(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    job: &SetDevice,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let Some(known) = memory.device_called(job.device).filter(|known| !known.district) else {
        return refused(Trouble::UnknownDevice(gom_proto::pass::hex(&job.device.0)));
    };
    let revoked_ms = known.revoked_ms.or(job.revoked.as_ref().map(|_| now_ms));
    let name = job.name.clone().unwrap_or_else(|| known.name.clone());
    if (known.revoked_ms, &known.name) == (revoked_ms, &name) {
        return Ok((Changes::default(), Answer::Changed(0)));
    }
    let device = DeviceRow { name, revoked_ms, ..known.clone() };
    ledger.put_device(&device)?;
    let body = gom_proto::change::encode_set_device(job.device, job.name.as_deref(), job.revoked.as_deref());
    let row = next_change(memory, ChangeKind::SetDevice, 0, body);
    let answer = Answer::Changed(row.seq);
    Ok((Changes { rows: vec![row], devices: vec![device], ..Changes::default() }, answer))
}
