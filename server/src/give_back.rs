//! Giving back: a commune holds what the books have lost since the backup that they go on from.
//!
//! Only what bears the district's own seal is let stand as it was told. A device may give back its own operations of which
//! it lost the receipt, too; these are judged anew.

use std::sync::Arc;

use gom_domain::greeting::DeviceId;
use gom_proto::{Malformed, sheet, wire};

use crate::accept::{Group, Receipts, Taken};
use crate::books::{Answer, Changes};
use crate::memory::Memory;
use crate::operation::Operation;
use crate::sealer::{Sealer, Seals};
use crate::seen::Seen;
use crate::store::{DeviceRow, Ledger, Reached, StoreError, Stored};

/// Operations that are given back, with the sheet that was told of them.
#[derive(Clone, Debug)]
pub struct GiveBack {
    /// Who gives them back: a device of the unit whose they are.
    pub giver: u32,
    /// Whose they are.
    pub device: DeviceId,
    /// Whether that is the district's own hand for the unit.
    pub by_district: bool,
    /// The device's epoch.
    pub epoch: u32,
    /// The first operation's sequence.
    pub first_sequence: u64,
    /// The operations.
    pub operations: Vec<Operation>,
    /// The verdicts on them, as they were sealed.
    pub sheet: Vec<u8>,
    /// The seal.
    pub seal: Vec<u8>,
}

impl GiveBack {
    /// What a message gives back, given its operations.
    pub fn read(
        giver: u32,
        message: wire::GivenBack,
        first_sequence: u64,
        operations: Vec<Operation>,
    ) -> Result<Self, Malformed> {
        let device = message.device.as_slice().try_into().map_err(|_| Malformed::Field("device"))?;
        let (epoch, sheet, seal) = (message.epoch, message.sheet, message.seal);
        let (device, by_district) = (DeviceId(device), message.by_district);
        Ok(Self { giver, device, by_district, epoch, first_sequence, operations, sheet, seal })
    }
}

/// What became of them.
#[derive(Clone, Debug)]
pub struct TakenBack {
    taken: Taken,
    verdicts: wire::Verdicts,
}

/// Takes operations back.
pub fn give_back(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    seen: &mut Seen,
    job: &GiveBack,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let giver = memory.device(job.giver);
    let giver = giver.ok_or_else(|| StoreError::Damaged(format!("there is no device {}", job.giver)))?;
    let (owner, is_new) = owner(memory, giver, job);
    let Some(told) = told(memory, giver, &owner, job)? else { return Ok(never()) };
    if is_new {
        ledger.put_device(&owner)?;
    }
    let mut group = Group::new(ledger, memory, seen, now_ms);
    let (taken, receipts) =
        group.give_back(&owner, (job.epoch, job.first_sequence), &job.operations, told)?;
    let mut done = group.done()?;
    let anything = done.last_seq > 0;
    if !anything {
        done.reached.clear();
    }
    let seals = Arc::new(Seals::new(memory, &owner)?);
    let sealer = Sealer::new(&seals, job.epoch, job.first_sequence, &job.operations);
    let answer = Answer::TakenBack(TakenBack { taken, verdicts: sealer.seal(&receipts) });
    let devices = if is_new && anything { vec![owner] } else { Vec::new() };
    Ok((Changes { devices, done, ..Changes::default() }, answer))
}

/// The device whose operations they are. One that the books do not know was enrolled after the backup; until it comes
/// itself and shows its admission, nobody can speak in its name.
fn owner(memory: &Memory, giver: &DeviceRow, job: &GiveBack) -> (DeviceRow, bool) {
    if let Some(known) = memory.device_called(job.device) {
        return (known.clone(), false);
    }
    let new = DeviceRow {
        number: memory.next_device(),
        id: job.device,
        unit: giver.unit,
        district: job.by_district,
        name: String::new(),
        secret_hash: Vec::new(),
        reached: Reached::default(),
        contact_ms: None,
        skew_ms: None,
        app_version: String::new(),
    };
    (new, true)
}

/// What was told of them by the district's own words, or nothing where a device gives back its own without; none if they
/// cannot be taken from it.
fn told(memory: &Memory, giver: &DeviceRow, owner: &DeviceRow, job: &GiveBack) -> Stored<Option<Receipts>> {
    if owner.unit != giver.unit || owner.district != job.by_district {
        return Ok(None);
    }
    if job.seal.is_empty() {
        return Ok((owner.id == giver.id).then(Vec::new));
    }
    let seals = Seals::new(memory, owner)?;
    let fingerprints = job.operations.iter().map(|operation| &operation.fingerprint);
    let opened = sheet::open(seals.key(), &seals.owner(job.epoch), &job.sheet, &job.seal, fingerprints);
    Ok(opened.unwrap_or_default())
}

fn never() -> (Changes, Answer) {
    let taken = TakenBack { taken: Taken::Never, verdicts: wire::Verdicts::default() };
    (Changes::default(), Answer::TakenBack(taken))
}

/// The answer for the line.
pub fn reply(taken: TakenBack) -> wire::GivenBackReply {
    let word = match taken.taken {
        Taken::Now => wire::Taken::Now,
        Taken::Before => wire::Taken::Before,
        Taken::Later => wire::Taken::Later,
        Taken::Never => wire::Taken::Never,
    };
    wire::GivenBackReply { taken: word.into(), verdicts: Some(taken.verdicts) }
}
