//! Checkpoints: the district's signature on how far its journal went. Whoever has one can tell whether the journal still
//! holds what it held then.

use gom_domain::greeting::HistoryId;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::TrustError;

/// What stands before a checkpoint's bytes, so that a signature on one passes for nothing else.
const NAME: &[u8; 16] = b"gom checkpoint 1";

/// How far a journal went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The history that the books went by.
    pub history: HistoryId,
    /// The last commit.
    pub commit: u64,
    /// The journal's chain up to it.
    pub head: [u8; 32],
}

impl Checkpoint {
    fn bytes(&self) -> Vec<u8> {
        [NAME.as_slice(), &self.history.0, &self.commit.to_be_bytes(), &self.head].concat()
    }

    /// Whether the holder of a key has signed it.
    pub fn is_signed(&self, signature: &[u8], key: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, key).verify(&self.bytes(), signature).is_ok()
    }
}

/// Who signs checkpoints: Ed25519 ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)).
pub struct Signer(Ed25519KeyPair);

gom_domain::hidden!(Signer);

impl Signer {
    /// The signer of a seed; the same seed makes the same one.
    pub fn new(seed: &[u8; 32]) -> Result<Self, TrustError> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(TrustError::of)
    }

    /// Signs.
    pub fn sign(&self, checkpoint: &Checkpoint) -> Vec<u8> {
        self.0.sign(&checkpoint.bytes()).as_ref().to_vec()
    }

    /// By what others know the signer.
    pub fn key(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_what_was_signed_alone() {
        let [signer, other] = [Signer::new(&[1; 32]).unwrap(), Signer::new(&[2; 32]).unwrap()];
        let point = Checkpoint { history: HistoryId([3; 16]), commit: 7, head: [4; 32] };
        let signature = signer.sign(&point);
        assert!(point.is_signed(&signature, &signer.key()));
        assert!(!point.is_signed(&signature, &other.key()));
        let others = [
            Checkpoint { history: HistoryId([4; 16]), ..point },
            Checkpoint { commit: 8, ..point },
            Checkpoint { head: [5; 32], ..point },
        ];
        assert!(others.iter().all(|other| !other.is_signed(&signature, &signer.key())));
        assert!(!point.is_signed(b"", &signer.key()) && !point.is_signed(&signature, b""));
    }
}
