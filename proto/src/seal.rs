//! Seals: how a district knows its own words again after it has lost them, and how a file shows who wrote it.
//!
//! A district that goes on from yesterday's backup takes back what communes hold, but only what it has said itself. So it
//! seals what it says: HMAC with SHA-256 ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)), cut to 16 bytes, by a key
//! that stays in its books. On a stick, where no line shows who speaks, both ends seal by what only they know: the hash of
//! the device's secret.

use gom_domain::greeting::DeviceId;
use gom_domain::unit::UnitId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How many bytes a seal has.
pub const LENGTH: usize = 16;

/// A seal.
pub type Seal = [u8; LENGTH];

/// What is sealed, so that a seal on one thing can never pass for one on another.
#[derive(Clone, Copy)]
enum On {
    Sheet = 1,
    Admission = 2,
    Queue = 3,
    Answers = 4,
    Checkpoints = 5,
}

/// A key that seals.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct SealKey(pub [u8; 32]);

gom_domain::hidden!(SealKey);

/// Whose operations a sheet is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    /// The unit.
    pub unit: &'a UnitId,
    /// The device.
    pub device: DeviceId,
    /// Whether the device is the district's own hand for the unit.
    pub by_district: bool,
    /// The device's epoch.
    pub epoch: u32,
}

/// Which way a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From a commune to its district.
    Queue,
    /// Back.
    Answers,
}

impl SealKey {
    /// The seed of the key by which the district signs how far its journal goes.
    pub fn checkpoint_seed(&self) -> [u8; 32] {
        self.begin(On::Checkpoints).finalize().into_bytes().into()
    }

    /// The seal on a sheet of verdicts, encoded without their seal, over bodies with these fingerprints.
    pub fn sheet<'f>(
        &self,
        owner: &Owner<'_>,
        verdicts: &[u8],
        fingerprints: impl Iterator<Item = &'f [u8; 32]>,
    ) -> Seal {
        let mut mac = self.begin(On::Sheet);
        part(&mut mac, owner.unit.as_str().as_bytes());
        part(&mut mac, &owner.device.0);
        mac.update(&[u8::from(owner.by_district)]);
        mac.update(&owner.epoch.to_be_bytes());
        part(&mut mac, verdicts);
        fingerprints.for_each(|fingerprint| mac.update(fingerprint));
        cut(mac)
    }

    /// The seal on a device's admission.
    pub fn admission(&self, device: DeviceId, unit: &UnitId, secret_hash: &[u8]) -> Seal {
        let mut mac = self.begin(On::Admission);
        part(&mut mac, &device.0);
        part(&mut mac, unit.as_str().as_bytes());
        part(&mut mac, secret_hash);
        cut(mac)
    }

    /// The seal on a file.
    pub fn file(&self, way: Way, bytes: &[u8]) -> Seal {
        let mut mac = self.begin(match way {
            Way::Queue => On::Queue,
            Way::Answers => On::Answers,
        });
        mac.update(bytes);
        cut(mac)
    }

    fn begin(&self, on: On) -> Hmac<Sha256> {
        #[allow(clippy::unreachable, reason = "HMAC takes keys of any length")]
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { unreachable!() };
        mac.update(&[on as u8]);
        mac
    }
}

fn part(mac: &mut Hmac<Sha256>, bytes: &[u8]) {
    mac.update(&(bytes.len() as u64).to_be_bytes());
    mac.update(bytes);
}

fn cut(mac: Hmac<Sha256>) -> Seal {
    let whole: [u8; 32] = mac.finalize().into_bytes().into();
    let mut seal = [0; LENGTH];
    seal.copy_from_slice(&whole[..LENGTH]);
    seal
}

/// Whether a seal that was shown is the right one; the time that this takes tells nothing of it.
pub fn is(shown: &[u8], right: &Seal) -> bool {
    shown.len() == LENGTH && shown.iter().zip(right).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_on_all_of_it_and_by_its_key_alone() {
        let (key, unit) = (SealKey([7; 32]), UnitId::from("a"));
        let owner = Owner { unit: &unit, device: DeviceId([1; 16]), by_district: false, epoch: 1 };
        let bodies = [[3; 32], [4; 32]];
        let seal = key.sheet(&owner, b"verdicts", bodies.iter());
        assert!(is(&seal, &key.sheet(&owner, b"verdicts", bodies.iter())));
        let other = UnitId::from("b");
        let others = [
            SealKey([8; 32]).sheet(&owner, b"verdicts", bodies.iter()),
            key.sheet(&Owner { unit: &other, ..owner }, b"verdicts", bodies.iter()),
            key.sheet(&Owner { device: DeviceId([2; 16]), ..owner }, b"verdicts", bodies.iter()),
            key.sheet(&Owner { by_district: true, ..owner }, b"verdicts", bodies.iter()),
            key.sheet(&Owner { epoch: 2, ..owner }, b"verdicts", bodies.iter()),
            key.sheet(&owner, b"verdictz", bodies.iter()),
            key.sheet(&owner, b"verdicts", bodies.iter().rev()),
            key.sheet(&owner, b"verdicts", bodies[..1].iter()),
            key.admission(owner.device, &unit, b"verdicts"),
        ];
        assert!(others.iter().all(|other| !is(other, &seal)));
        assert!(!is(&[], &seal) && !is(&seal[..15], &seal));
        assert_ne!(key.file(Way::Queue, b"x"), key.file(Way::Answers, b"x"));
    }
}
