//! The district's authority: who may call himself the district, and who a device of it.

use std::net::IpAddr;

use gom_domain::code::Fingerprint;
use gom_domain::greeting::DeviceId;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer};
use time::OffsetDateTime;

use crate::TrustError;
use crate::certificate::{device_name, fingerprint};
use crate::key::Key;
use crate::line::SERVER_NAME;

/// The largest request that is read; one for a key on P-256 has some 250 bytes.
const LARGEST_REQUEST: usize = 4 * 1024;

/// How long a device's certificate lasts, in milliseconds: 400 days.
const LIFE_MS: i64 = 400 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
/// How far the clock of a computer with a browser may be behind, in milliseconds: 30 days.
const BEHIND_MS: i64 = 30 * DAY_MS;

/// The request is none that a device of ours makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the signing request cannot be read, is too large, is not signed by its own key, or its key is not on P-256"
)]
pub struct BadRequest;

/// An authority: its key and the certificate that it has made for itself.
pub struct Authority {
    issuer: Issuer<'static, rcgen::KeyPair>,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

gom_domain::hidden!(Authority);

impl Authority {
    /// Makes an authority. Its certificate holds as long as dates go, since the clock that it is made by may be wrong; it
    /// ends when the district replaces it.
    pub fn make() -> Result<Self, TrustError> {
        let key = Key::generate()?;
        let mut params = named("Gom district authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        (params.not_before, params.not_after) = (moment(0), moment(i64::MAX));
        let certificate = params.self_signed(&key.0).map_err(TrustError::of)?;
        Self::read(&key.der(), certificate.der())
    }

    /// Reads an authority that was kept.
    pub fn read(key: &[u8], certificate: &[u8]) -> Result<Self, TrustError> {
        let certificate = CertificateDer::from(certificate.to_vec());
        let pair = Key::read(key)?.0;
        let issuer = Issuer::from_ca_cert_der(&certificate, pair).map_err(TrustError::of)?;
        Ok(Self { issuer, certificate, key: key.to_vec() })
    }

    /// Its key, as it is kept.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Its certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// What it is known by.
    pub fn fingerprint(&self) -> Result<Fingerprint, TrustError> {
        fingerprint(&self.certificate)
    }

    /// A certificate with which a server shows that it is the district's.
    pub fn for_server(
        &self,
        key: &Key,
        serial: [u8; 16],
        now_ms: i64,
    ) -> Result<CertificateDer<'static>, TrustError> {
        let mut params = named("Gom district server");
        let name = SERVER_NAME.try_into().map_err(TrustError::of)?;
        params.subject_alt_names = vec![SanType::DnsName(name)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params, &key.0, serial, (now_ms, now_ms))
    }

    /// A certificate for pages, by the names and addresses that browsers call. A browser goes by its computer's clock, so
    /// the certificate has begun before it was made.
    pub fn for_pages(
        &self,
        key: &Key,
        names: &[String],
        serial: [u8; 16],
        now_ms: i64,
    ) -> Result<CertificateDer<'static>, TrustError> {
        let mut params = named("Gom district pages");
        let name = |name: &String| match name.parse::<IpAddr>() {
            Ok(address) => Ok(SanType::IpAddress(address)),
            Err(_) => Ok(SanType::DnsName(name.as_str().try_into().map_err(TrustError::of)?)),
        };
        params.subject_alt_names = names.iter().map(name).collect::<Result<_, TrustError>>()?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params, &key.0, serial, (now_ms.saturating_sub(BEHIND_MS), now_ms))
    }

    /// A certificate for a device that has shown who it is. Of the request only the key is taken.
    pub fn for_device(
        &self,
        request: &[u8],
        device: DeviceId,
        serial: [u8; 16],
        now_ms: i64,
    ) -> Result<CertificateDer<'static>, BadRequest> {
        if request.len() > LARGEST_REQUEST {
            return Err(BadRequest);
        }
        let request = CertificateSigningRequestDer::from(request);
        let request = CertificateSigningRequestParams::from_der(&request).map_err(|_| BadRequest)?;
        if *PublicKeyData::algorithm(&request.public_key) != rcgen::PKCS_ECDSA_P256_SHA256 {
            return Err(BadRequest);
        }
        let mut params = named("Gom device");
        let name = device_name(device).as_str().try_into().map_err(|_| BadRequest)?;
        params.subject_alt_names = vec![SanType::URI(name)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params, &request.public_key, serial, (now_ms, now_ms)).map_err(|_| BadRequest)
    }

    /// Signs a certificate that has begun at a moment and lasts from another on.
    fn sign(
        &self,
        mut params: CertificateParams,
        key: &impl PublicKeyData,
        serial: [u8; 16],
        (from_ms, now_ms): (i64, i64),
    ) -> Result<CertificateDer<'static>, TrustError> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // A serial number is positive, and has no more bytes than it needs.
        let mut serial = serial;
        serial[0] = serial[0] & 0x3f | 0x40;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        (params.not_before, params.not_after) = (moment(from_ms), moment(now_ms.saturating_add(LIFE_MS)));
        params.use_authority_key_identifier_extension = true;
        let signed = params.signed_by(key, &self.issuer).map_err(TrustError::of)?;
        Ok(signed.der().clone())
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A clock's moment as certificates can say it: from 1970 to the end of 9999.
fn moment(at_ms: i64) -> OffsetDateTime {
    const LAST: i64 = 253_402_300_799;
    OffsetDateTime::from_unix_timestamp((at_ms / 1_000).clamp(0, LAST)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
