//! Who is who on an open network: the district's authority, the devices' certificates, the lines that both
//! ends check, and the passwords of people at the district.
//!
//! The district is an authority of its own; nobody else is trusted. A device makes its key itself and never sends it. What
//! a certificate says of time is not asked while a line is made: clocks are wrong, and whoever was revoked is known to the
//! district by name. So both ends check every certificate as of the moment it was made, and the district alone decides
//! whose has run out.

mod authority;
mod certificate;
mod checkpoint;
mod key;
mod line;
mod password;

pub use authority::{Authority, BadRequest};
pub use certificate::{DeviceCertificate, KeyId, fingerprint, pem};
pub use checkpoint::{Checkpoint, Signer};
pub use key::Key;
pub use line::{Expected, Identity, SERVER_NAME, client, pages, server};
pub use password::{BadPassword, Password, SealedPassword};

/// Something of the district's own could not be made or read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TrustError(String);

impl TrustError {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}
