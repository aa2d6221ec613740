//! Sheets: verdicts under the district's seal, as it gives them and as it gets them back.

use gom_domain::ruling::Receipt;
use prost::Message;

use crate::seal::{self, Owner, SealKey};
use crate::verdicts::{self, Numbered};
use crate::{Malformed, planted, wire};

/// Receipts for the line, under a seal over them and the bodies with these fingerprints.
pub fn pack<'f>(
    key: &SealKey,
    owner: &Owner<'_>,
    receipts: &[Numbered],
    fingerprints: impl Iterator<Item = &'f [u8; 32]>,
) -> wire::Verdicts {
    let mut verdicts = verdicts::pack(receipts);
    verdicts.seal = key.sheet(owner, &verdicts.encode_to_vec(), fingerprints).to_vec();
    verdicts
}

/// The seal on one receipt by itself.
pub fn seal_one(
    key: &SealKey,
    owner: &Owner<'_>,
    sequence: u64,
    receipt: &Receipt,
    fingerprint: &[u8; 32],
) -> Vec<u8> {
    pack(key, owner, &[(sequence, receipt.clone())], std::iter::once(fingerprint)).seal
}

/// A sheet's verdicts as they were sealed, and their seal; nothing where they came without one.
pub fn part(mut verdicts: wire::Verdicts) -> Option<(Vec<u8>, Vec<u8>)> {
    let seal = std::mem::take(&mut verdicts.seal);
    (!seal.is_empty()).then(|| (verdicts.encode_to_vec(), seal))
}

/// One receipt as a sheet's verdicts.
pub fn one(sequence: u64, receipt: &Receipt) -> Vec<u8> {
    verdicts::pack(&[(sequence, receipt.clone())]).encode_to_vec()
}

/// The receipts of a sheet that came back; none if the seal is not the district's.
pub fn open<'f>(
    key: &SealKey,
    owner: &Owner<'_>,
    sheet: &[u8],
    shown: &[u8],
    fingerprints: impl Iterator<Item = &'f [u8; 32]>,
) -> Result<Option<Vec<Numbered>>, Malformed> {
    if !seal::is(shown, &key.sheet(owner, sheet, fingerprints)) && !planted::is("sheet-seal-unchecked") {
        return Ok(None);
    }
    let sheet = wire::Verdicts::decode(sheet).map_err(|_| Malformed::Message("Verdicts"))?;
    let mut receipts = Vec::new();
    for verdict in sheet.verdicts {
        receipts.extend(verdicts::unpack(verdict)?);
    }
    Ok(Some(receipts))
}
