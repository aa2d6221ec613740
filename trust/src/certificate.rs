//! What a certificate says, once the line has checked who made it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use gom_domain::code::Fingerprint;
use gom_domain::greeting::DeviceId;
use rustls::pki_types::{CertificateDer, UnixTime};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::TrustError;

/// What a device is called in its certificate: a UUID as a URN ([RFC 9562](https://www.rfc-editor.org/rfc/rfc9562)).
pub(crate) fn device_name(device: DeviceId) -> String {
    Uuid::from_bytes(device.0).urn().to_string()
}

/// What a certificate's key is known by.
pub fn fingerprint(certificate: &[u8]) -> Result<Fingerprint, TrustError> {
    let hash: [u8; 32] = Sha256::digest(read(certificate)?.public_key().raw).into();
    let mut first = [0; 16];
    first.copy_from_slice(&hash[..16]);
    Ok(Fingerprint(first))
}

/// A certificate as text ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468), section 5.1).
pub fn pem(certificate: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(certificate);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// By which key a certificate is, or an authority's own is for: its key identifier
/// ([RFC 5280](https://www.rfc-editor.org/rfc/rfc5280), 4.2.1.1 and 4.2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 20]);

impl KeyId {
    /// The key of an authority, by its own certificate.
    pub fn of_authority(certificate: &[u8]) -> Result<Self, TrustError> {
        let certificate = read(certificate)?;
        let id = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => id.0.try_into().ok(),
            _ => None,
        });
        id.map(Self).ok_or_else(|| TrustError::of("the certificate is no authority's"))
    }

    /// The key that has signed a certificate, as it says.
    fn of_signer(certificate: &X509Certificate<'_>) -> Result<Self, TrustError> {
        let id = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(by) => by.key_identifier.as_ref()?.0.try_into().ok(),
            _ => None,
        });
        id.map(Self).ok_or_else(|| TrustError::of("the certificate does not say by which key it is"))
    }
}

/// When a certificate was made.
pub(crate) fn made(certificate: &CertificateDer<'_>) -> Result<UnixTime, TrustError> {
    let seconds = read(certificate)?.validity().not_before.timestamp();
    Ok(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds.max(0).unsigned_abs())))
}

fn read(certificate: &[u8]) -> Result<X509Certificate<'_>, TrustError> {
    Ok(X509Certificate::from_der(certificate).map_err(TrustError::of)?.1)
}

/// A device's certificate, as the line has checked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// The device.
    pub device: DeviceId,
    /// The key of the authority that it is by.
    pub by: KeyId,
    /// When it was made, in milliseconds since 1970, by the district's clock.
    pub from_ms: i64,
    /// When it runs out.
    pub to_ms: i64,
}

impl DeviceCertificate {
    /// Reads the certificate that the other end of a line has shown.
    pub fn read(certificate: &[u8]) -> Result<Self, TrustError> {
        let certificate = read(certificate)?;
        let device =
            certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(names) => names.general_names.iter().find_map(named),
                _ => None,
            });
        let validity = certificate.validity();
        Ok(Self {
            device: device.ok_or_else(|| TrustError::of("the certificate names no device"))?,
            by: KeyId::of_signer(&certificate)?,
            from_ms: validity.not_before.timestamp().saturating_mul(1_000),
            to_ms: validity.not_after.timestamp().saturating_mul(1_000),
        })
    }

    /// Whether it has run out.
    pub fn has_run_out(&self, now_ms: i64) -> bool {
        now_ms > self.to_ms
    }

    /// Whether it is time for another one: a third of its life is left, or its beginning is still to come.
    pub fn is_due(&self, now_ms: i64) -> bool {
        let third = self.to_ms.saturating_sub(self.from_ms) / 3;
        now_ms < self.from_ms.saturating_sub(third) || now_ms > self.to_ms.saturating_sub(third)
    }
}

fn named(name: &GeneralName<'_>) -> Option<DeviceId> {
    let GeneralName::URI(uri) = name else { return None };
    let is_urn = uri.starts_with("urn:uuid:");
    Uuid::parse_str(uri).ok().filter(|_| is_urn).map(|uuid| DeviceId(uuid.into_bytes()))
}
