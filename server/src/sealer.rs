//! The district's seal on what it tells a device.

use std::sync::Arc;

use gom_domain::greeting::DeviceId;
use gom_domain::unit::UnitId;
use gom_proto::seal::{Owner, SealKey};
use gom_proto::{sheet, wire};

use crate::accept::Receipts;
use crate::memory::Memory;
use crate::operation::Operation;
use crate::store::{DeviceRow, StoreError, Stored};

/// Whose operations are ruled on, and the key that seals.
#[derive(Clone, Debug)]
pub struct Seals {
    key: SealKey,
    unit: UnitId,
    device: DeviceId,
    by_district: bool,
}

/// The same for one message, with what its verdicts will be about.
#[derive(Clone, Debug)]
pub struct Sealer {
    seals: Arc<Seals>,
    epoch: u32,
    first_sequence: u64,
    fingerprints: Vec<[u8; 32]>,
}

impl Seals {
    /// The seals for a device of the books.
    pub fn new(memory: &Memory, device: &DeviceRow) -> Stored<Self> {
        let unit = memory.unit_id(device.unit).cloned();
        let unit =
            unit.ok_or_else(|| StoreError::Damaged(format!("device {} has no unit", device.number)))?;
        Ok(Self { key: memory.key, unit, device: device.id, by_district: device.district })
    }

    /// Whose operations of an epoch they are, as seals have it.
    pub fn owner(&self, epoch: u32) -> Owner<'_> {
        Owner { unit: &self.unit, device: self.device, by_district: self.by_district, epoch }
    }

    /// The key that seals.
    pub fn key(&self) -> &SealKey {
        &self.key
    }
}

impl Sealer {
    /// For operations of an epoch from a sequence on.
    pub fn new(seals: &Arc<Seals>, epoch: u32, first_sequence: u64, operations: &[Operation]) -> Self {
        let fingerprints = operations.iter().map(|operation| operation.fingerprint).collect();
        Self { seals: Arc::clone(seals), epoch, first_sequence, fingerprints }
    }

    /// The verdicts under their seal.
    pub fn seal(&self, receipts: &Receipts) -> wire::Verdicts {
        let place = |sequence: &u64| usize::try_from(sequence.checked_sub(self.first_sequence)?).ok();
        let about = receipts.iter().filter_map(|(sequence, _)| self.fingerprints.get(place(sequence)?));
        sheet::pack(&self.seals.key, &self.seals.owner(self.epoch), receipts, about)
    }
}
