//! stub
use super::Proof;
/// The proof.
pub(super) const PROOF: Proof =
    Proof { name: "disk-errors", promises: "G2 G3 G4", unit: "positions", few: 1, many: 1, tries: |_, _| {} };
