//! The greeting: what a device and the district tell each other first, and the chain that both keep.

use sha2::{Digest, Sha256};

/// A hash over all that a device has sealed in an epoch, one operation after the other.
///
/// Both sides compute it; equal heads at the same sequence mean equal operations up to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Chain(pub [u8; 32]);

impl Chain {
    /// The chain after one more operation, whose body is given verbatim.
    #[must_use]
    pub fn then(self, body: &[u8]) -> Self {
        self.then_sealed(&fingerprint(body))
    }

    /// The same where the body's fingerprint is known.
    #[must_use]
    pub fn then_sealed(self, fingerprint: &[u8; 32]) -> Self {
        let mut both = [0; 64];
        both[..32].copy_from_slice(&self.0);
        both[32..].copy_from_slice(fingerprint);
        Self(Sha256::digest(both).into())
    }
}

/// The fingerprint of a submission: over its verbatim body, without device, epoch and sequence.
pub fn fingerprint(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

/// A fingerprint as people compare it: its first 16 digits in groups of four.
pub fn shown_fingerprint(fingerprint: &[u8; 32]) -> String {
    let groups: Vec<String> =
        fingerprint[..8].chunks(2).map(|pair| format!("{:02x}{:02x}", pair[0], pair[1])).collect();
    groups.join(" ")
}

/// Names the history of a district's books; a restored backup goes on under a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct HistoryId(pub [u8; 16]);

/// Names an enrolled device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub [u8; 16]);

/// What a device says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The device.
    pub device: DeviceId,
    /// Which life of the device this is; it grows when the device was restored from an older state.
    pub epoch: u32,
    /// The highest sequence that it has sealed in this epoch; 0 if none.
    pub last_sequence: u64,
    /// Its chain there.
    pub chain: Chain,
    /// The history it knows the district by; all zero before the first greeting.
    pub history: HistoryId,
    /// The version of the protocol that it speaks.
    pub protocol: u32,
    /// The program's version.
    pub app_version: String,
    /// Its clock, in milliseconds since 1970. Nothing is ordered by it.
    pub clock_ms: i64,
    /// The commit of the newest checkpoint that it has of that history; 0: it has none.
    pub seen: u64,
    /// The newest version of the programme that it has, with the beginning of its tables' SHA-256; none if it has none.
    pub programme: Option<(u32, [u8; 8])>,
}

/// What the device is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send what follows the district's last sequence.
    Go,
    /// Give back what the district has lost, of this device from this sequence on; then send.
    ResendFrom(u64),
    /// Begin the epoch that the welcome names: the device has lost what the district has.
    Rebase,
    /// Nothing of this epoch is taken any more: another device goes by its name.
    Quarantined,
    /// Greet again with the checkpoint: the books do not know of what the device has seen.
    Prove,
}

/// What the district answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The history of the district's books.
    pub history: HistoryId,
    /// The device's epoch by the district's books.
    pub epoch: u32,
    /// The last sequence of it that the district has ruled on.
    pub last_sequence: u64,
    /// The district's chain there.
    pub chain: Chain,
    /// The last commit that concerns the device's unit and did not come from the device itself.
    pub news: u64,
    /// The district's clock, in milliseconds since 1970.
    pub clock_ms: i64,
    /// What the device is to do.
    pub action: Action,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_printed_in_groups_of_four() {
        let mut fingerprint = [0; 32];
        fingerprint[..3].copy_from_slice(&[0x1f, 0x2e, 0xab]);
        assert_eq!(shown_fingerprint(&fingerprint), "1f2e ab00 0000 0000");
    }
}
