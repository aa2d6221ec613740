//! Tables of programmes, to the wire and back.

use gom_domain::programme::Bundle;

use crate::wire;

/// A programme's tables as files on the wire.
pub fn files(bundle: &Bundle) -> Vec<wire::File> {
    bundle.iter().map(|(name, bytes)| wire::File { name: name.to_owned(), bytes: bytes.to_vec() }).collect()
}

/// A programme's tables from files on the wire.
pub fn bundle(files: Vec<wire::File>) -> Bundle {
    files.into_iter().map(|file| (file.name, file.bytes)).collect()
}
