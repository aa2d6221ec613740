//! An operation as it came: hashed and read before the writer has it, so that the writer has less to do.

use std::sync::Arc;

use gom_domain::greeting::fingerprint;
use gom_domain::programme::{Editions, Programme};
use gom_domain::submission::Submission;
use gom_proto::submission::Envelope;

/// An operation of a device, read ahead.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its body, verbatim.
    pub body: Vec<u8>,
    /// The body's SHA-256.
    pub fingerprint: [u8; 32],
    /// What the body says by itself; none where it cannot be read.
    pub envelope: Option<Envelope>,
    /// What it says along its programme, where that was known when it came.
    submission: Option<Arc<Submission>>,
}

impl Operation {
    /// Reads a body as far as that can be done with the programmes there are.
    pub fn read(body: Vec<u8>, editions: &Editions) -> Self {
        let mut operation = Self::from(body);
        let version = operation.envelope.as_ref().map(|envelope| envelope.programme_version);
        operation.submission = version
            .and_then(|version| editions.version(version))
            .and_then(|programme| operation.open(programme));
        operation
    }

    /// The submission, along the programme of the version that the body names; none where the two do not fit.
    pub fn open(&self, programme: &Programme) -> Option<Arc<Submission>> {
        let open = || Some(Arc::new(self.envelope.as_ref()?.open(programme).ok()?));
        self.submission.clone().or_else(open)
    }
}

impl From<Vec<u8>> for Operation {
    fn from(body: Vec<u8>) -> Self {
        let (fingerprint, envelope) = (fingerprint(&body), Envelope::decode(&body).ok());
        Self { body, fingerprint, envelope, submission: None }
    }
}
