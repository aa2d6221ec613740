//! The line: TLS 1.3 and nothing older, the district checked by its authority, a device by its certificate.

use std::sync::Arc;

use gom_domain::code::Fingerprint;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme, version,
};

use crate::TrustError;
use crate::certificate::{fingerprint, made};
use crate::key::Key;

/// What every district's server is called in its certificate, wherever it stands: addresses change, and the authority has
/// no other servers.
pub const SERVER_NAME: &str = "district.gom";

/// The language that is spoken over the line: HTTP/2.
const LANGUAGE: &[u8] = b"h2";

/// By what a device knows the district.
#[derive(Clone, Debug)]
pub enum Expected {
    /// By what somebody typed: the authority shows itself, and must have this fingerprint.
    Fingerprint(Fingerprint),
    /// By authorities that it has come to trust.
    Authorities(Vec<CertificateDer<'static>>),
}

/// With what a device shows who it is.
#[derive(Debug)]
pub struct Identity {
    /// Its key.
    pub key: Key,
    /// The certificate that the district has made for it.
    pub certificate: CertificateDer<'static>,
}

/// How a device makes its line.
pub fn client(expected: Expected, identity: Option<&Identity>) -> Result<ClientConfig, TrustError> {
    let provider = provider();
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&version::TLS13])
        .map_err(TrustError::of)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(District { expected, provider }));
    let mut config = match identity {
        None => config.with_no_client_auth(),
        Some(Identity { key, certificate }) => {
            config.with_client_auth_cert(vec![certificate.clone()], key.for_line()).map_err(TrustError::of)?
        }
    };
    config.alpn_protocols = vec![LANGUAGE.to_vec()];
    // A session that was resumed would show the certificate of then.
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// How the district's server makes its lines. Whoever has no certificate yet is let in, too: he may enrol, and nothing else.
pub fn server(
    key: &Key,
    chain: Vec<CertificateDer<'static>>,
    authorities: &[CertificateDer<'static>],
) -> Result<ServerConfig, TrustError> {
    let provider = provider();
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(authorities)?, Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .map_err(TrustError::of)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13])
        .map_err(TrustError::of)?
        .with_client_cert_verifier(Arc::new(Devices(verifier)))
        .with_single_cert(chain, key.for_line())
        .map_err(TrustError::of)?;
    config.alpn_protocols = vec![LANGUAGE.to_vec()];
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// How pages are encrypted for browsers, which show who somebody is in another way.
pub fn pages(key: &Key, chain: Vec<CertificateDer<'static>>) -> Result<ServerConfig, TrustError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(TrustError::of)?
        .with_no_client_auth()
        .with_single_cert(chain, key.for_line())
        .map_err(TrustError::of)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn roots(authorities: &[CertificateDer<'static>]) -> Result<Arc<RootCertStore>, TrustError> {
    let mut roots = RootCertStore::empty();
    authorities.iter().try_for_each(|authority| roots.add(authority.clone())).map_err(TrustError::of)?;
    Ok(Arc::new(roots))
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::General(error.to_string())
}

/// Checks that a server is the district's.
#[derive(Debug)]
struct District {
    expected: Expected,
    provider: Arc<CryptoProvider>,
}

impl District {
    /// The authorities that the server's certificate may be of.
    fn authorities(&self, shown: &[CertificateDer<'_>]) -> Result<Vec<CertificateDer<'static>>, Error> {
        match &self.expected {
            Expected::Authorities(authorities) => Ok(authorities.clone()),
            Expected::Fingerprint(expected) => {
                let is_it =
                    |shown: &&CertificateDer<'_>| fingerprint(shown).is_ok_and(|print| print == *expected);
                let authority = shown.iter().find(is_it).ok_or(rustls::CertificateError::UnknownIssuer)?;
                Ok(vec![authority.clone().into_owned()])
            }
        }
    }
}

impl ServerCertVerifier for District {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let roots = roots(&self.authorities(chain)?).map_err(refused)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&self.provider));
        let name = ServerName::try_from(SERVER_NAME).map_err(refused)?;
        let verifier = verifier.build().map_err(refused)?;
        verifier.verify_server_cert(certificate, &[], &name, ocsp, made(certificate).map_err(refused)?)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(refused("TLS 1.2 is not spoken"))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Checks that a certificate is of one of the district's authorities, whatever clocks say.
#[derive(Debug)]
struct Devices(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Devices {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.0.verify_client_cert(certificate, chain, made(certificate).map_err(refused)?)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(refused("TLS 1.2 is not spoken"))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
