//! Giving back: a commune holds what the books have lost since the backup that they go on from.
//!
//! Only what bears the district's own seal is let stand as it was told. A device may give back its own operations of which
//! it lost the receipt, too; these are judged anew. What is sealed and can never have its own number again, because another
//! report has it or nobody holds those before it, comes in under the district's own hand for the unit.

use std::sync::Arc;

use gom_domain::greeting::DeviceId;
use gom_proto::planted;
use gom_proto::{Malformed, greeting, sheet, wire};

use crate::accept::{Group, Receipts, Taken};
use crate::books::{Answer, Changes};
use crate::enrol::refused;
use crate::memory::Memory;
use crate::operation::Operation;
use crate::sealer::{Sealer, Seals};
use crate::seen::Seen;
use crate::store::{DeviceRow, Ledger, StoreError, Stored};
use crate::wording::Trouble;

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
    /// The name of the district's hand for the unit, if there is none yet.
    pub hand: DeviceId,
}

impl GiveBack {
    /// What a message gives back, given its operations.
    pub fn read(
        giver: u32,
        message: wire::GivenBack,
        first_sequence: u64,
        operations: Vec<Operation>,
        hand: DeviceId,
    ) -> Result<Self, Malformed> {
        let device = message.device.as_slice().try_into().map_err(|_| Malformed::Field("device"))?;
        let last = first_sequence.checked_add(operations.len() as u64);
        if first_sequence == 0 || last.is_none() {
            return Err(Malformed::Field("first_sequence"));
        }
        greeting::epoch(message.epoch)?;
        let (epoch, sheet, seal) = (message.epoch, message.sheet, message.seal);
        let (device, by_district) = (DeviceId(device), message.by_district);
        Ok(Self { giver, device, by_district, epoch, first_sequence, operations, sheet, seal, hand })
    }
}

/// What became of them.
#[derive(Clone, Debug)]
pub struct TakenBack {
    taken: Taken,
    verdicts: wire::Verdicts,
    device: DeviceId,
    epoch: u32,
    first_sequence: u64,
}

/// The devices whose operations are given back by one of the same unit.
pub struct Owners<'m> {
    memory: &'m Memory,
    giver: &'m DeviceRow,
    /// Those that the books did not know.
    pub new: Vec<DeviceRow>,
}

impl<'m> Owners<'m> {
    /// For what a device gives back.
    pub fn new(memory: &'m Memory, giver: &'m DeviceRow) -> Self {
        Self { memory, giver, new: Vec::new() }
    }

    /// The device whose operations they are. One that the books do not know was enrolled after the backup; until it comes
    /// itself and shows its admission, nobody can speak in its name.
    fn of(&self, job: &GiveBack) -> (DeviceRow, bool) {
        let new = self.new.iter().find(|new| new.id == job.device);
        if let Some(known) = self.memory.device_called(job.device).or(new) {
            return (known.clone(), false);
        }
        (self.unheard(job.device, job.by_district), true)
    }

    /// The district's own hand for the unit.
    fn hand(&self, id: DeviceId) -> (DeviceRow, bool) {
        let here = |device: &&DeviceRow| device.district && device.unit == self.giver.unit;
        let known = self.memory.devices().find(here).or_else(|| self.new.iter().find(here));
        known.map_or_else(|| (self.unheard(id, true), true), |known| (known.clone(), false))
    }

    fn unheard(&self, id: DeviceId, district: bool) -> DeviceRow {
        let place = u32::try_from(self.new.len()).unwrap_or(u32::MAX);
        DeviceRow::unheard(self.memory.next_device().saturating_add(place), id, self.giver.unit, district)
    }

    /// Enters a device that the books did not know.
    fn enter(&mut self, group: &mut Group<'_>, (device, is_new): (DeviceRow, bool)) -> Stored<DeviceRow> {
        if is_new {
            group.enter(&device)?;
            self.new.push(device.clone());
        }
        Ok(device)
    }
}

/// Takes operations back, as the one job of a group.
pub fn give_back(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    seen: &mut Seen,
    job: &GiveBack,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let giver = memory.device(job.giver);
    let giver = giver.ok_or_else(|| StoreError::Damaged(format!("there is no device {}", job.giver)))?;
    if giver.revoked_ms.is_some() {
        return refused(Trouble::Revoked);
    }
    let mut owners = Owners::new(memory, giver);
    let mut group = Group::new(ledger, memory, seen, now_ms);
    let taken = take_back(&mut group, &mut owners, job)?;
    let changes = Changes { devices: owners.new, done: group.done()?, ..Changes::default() };
    Ok((changes, Answer::TakenBack(taken)))
}

/// Takes operations back within a group.
pub fn take_back(group: &mut Group<'_>, owners: &mut Owners<'_>, job: &GiveBack) -> Stored<TakenBack> {
    let (owner, is_new) = owners.of(job);
    let nothing = TakenBack {
        taken: Taken::Never,
        verdicts: wire::Verdicts::default(),
        device: job.device,
        epoch: job.epoch,
        first_sequence: job.first_sequence,
    };
    let Some(told) = told(owners, &owner, job)? else { return Ok(nothing) };
    let is_sealed = !told.is_empty();
    let owner = owners.enter(group, (owner, is_new))?;
    let number = (job.epoch, job.first_sequence);
    let (mut taken, mut receipts) = group.give_back(&owner, number, &job.operations, told.clone())?;
    // Nobody has promised to wait for what comes before it any more.
    let is_left = taken == Taken::Never || taken == Taken::Later && !owners.memory.restored;
    if is_sealed && is_left && !planted::is("left-behind-for-ever") {
        let hand = owners.hand(job.hand);
        let hand = owners.enter(group, hand)?;
        let rest = receipts.len();
        let first = job.first_sequence + rest as u64;
        let adopted = group.adopt(&hand, first, &job.operations[rest..], told)?;
        taken = adopted.0;
        receipts.extend(adopted.1);
    }
    let seals = Arc::new(Seals::new(owners.memory, &owner)?);
    let sealer = Sealer::new(&seals, job.epoch, job.first_sequence, &job.operations);
    Ok(TakenBack { taken, verdicts: sealer.seal(&receipts), ..nothing })
}

/// What was told of them by the district's own words, or nothing where a device gives back its own without; none if they
/// cannot be taken from it.
fn told(owners: &Owners<'_>, owner: &DeviceRow, job: &GiveBack) -> Stored<Option<Receipts>> {
    if owner.unit != owners.giver.unit || owner.district != job.by_district {
        return Ok(None);
    }
    if job.seal.is_empty() {
        return Ok((owner.id == owners.giver.id).then(Vec::new));
    }
    let seals = Seals::new(owners.memory, owner)?;
    let fingerprints = job.operations.iter().map(|operation| &operation.fingerprint);
    let opened = sheet::open(seals.key(), &seals.owner(job.epoch), &job.sheet, &job.seal, fingerprints);
    Ok(opened.unwrap_or_default())
}

/// The answer for the line.
pub fn reply(taken: TakenBack) -> wire::GivenBackReply {
    let word = match taken.taken {
        Taken::Now => wire::Taken::Now,
        Taken::Before => wire::Taken::Before,
        Taken::Later => wire::Taken::Later,
        Taken::Never => wire::Taken::Never,
    };
    wire::GivenBackReply {
        taken: word.into(),
        verdicts: Some(taken.verdicts),
        device: taken.device.0.to_vec(),
        epoch: taken.epoch,
        first_sequence: taken.first_sequence,
    }
}
