//! An operation as it came: hashed and read as far as that needs no books, so that the writer has less to do.

use gom_domain::greeting::fingerprint;
use gom_proto::submission::Envelope;

/// An operation of a device, read ahead.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its body, verbatim.
    pub body: Vec<u8>,
    /// The body's SHA-256.
    pub fingerprint: [u8; 32],
    /// What the body says; none where it cannot be read.
    pub envelope: Option<Envelope>,
}

impl From<Vec<u8>> for Operation {
    fn from(body: Vec<u8>) -> Self {
        Self { fingerprint: fingerprint(&body), envelope: Envelope::decode(&body).ok(), body }
    }
}
