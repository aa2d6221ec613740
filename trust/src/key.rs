//! A key: on the curve P-256, which every TLS library knows.

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::TrustError;

/// A private key with its public half.
pub struct Key(pub(crate) KeyPair);

gom_domain::hidden!(Key);

impl Key {
    /// Makes a key, by the system's own randomness.
    pub fn generate() -> Result<Self, TrustError> {
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map(Self).map_err(TrustError::of)
    }

    /// Reads a key that was kept, as PKCS #8 ([RFC 5958](https://www.rfc-editor.org/rfc/rfc5958)).
    pub fn read(der: &[u8]) -> Result<Self, TrustError> {
        let der = PrivatePkcs8KeyDer::from(der);
        KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ECDSA_P256_SHA256).map(Self).map_err(TrustError::of)
    }

    /// The key as it is kept.
    pub fn der(&self) -> Vec<u8> {
        self.0.serialize_der()
    }

    /// Asks for a certificate ([RFC 2986](https://www.rfc-editor.org/rfc/rfc2986)). Nothing is claimed in it: who asks is
    /// shown otherwise, and the authority decides what the certificate says.
    pub fn signing_request(&self) -> Result<Vec<u8>, TrustError> {
        let request = CertificateParams::default().serialize_request(&self.0).map_err(TrustError::of)?;
        Ok(request.der().to_vec())
    }

    pub(crate) fn for_line(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.der().into())
    }
}
