//! Credentials: the key that this device has made, the certificate that the district has given it, and the authorities by
//! which it knows the district.

use gom_domain::code::Fingerprint;
use gom_proto::{Malformed, wire};
use gom_trust::{Expected, Identity, Key, TrustError};
use prost::Message;

use crate::line::{Line, LineFault, Stage, patiently};
use crate::store::FolderRow;

/// How a device shows itself on an encrypted line, and knows the other end.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    key: Vec<u8>,
    given: wire::RenewReply,
}

gom_domain::hidden!(Credentials);

impl Credentials {
    /// What the district has given for a key; none where it has given nothing.
    pub(crate) fn new(key: &[u8], given: wire::RenewReply) -> Result<Option<Self>, Malformed> {
        match (given.certificate.is_empty(), given.authorities.is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Ok(Some(Self { key: key.to_vec(), given })),
            (true, false) => Err(Malformed::Field("certificate")),
            (false, true) => Err(Malformed::Field("authorities")),
        }
    }

    /// The same as it was kept.
    pub(crate) fn read(key: &[u8], kept: &[u8]) -> Result<Option<Self>, Malformed> {
        let given = wire::RenewReply::decode(kept).map_err(|_| Malformed::Message("RenewReply"))?;
        Self::new(key, given)
    }

    /// The key, as it is kept.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// What the district has given, as it is kept.
    pub(crate) fn kept(&self) -> Vec<u8> {
        self.given.encode_to_vec()
    }

    /// By what the district is known.
    pub(crate) fn expected(&self) -> Expected {
        Expected::Authorities(self.given.authorities.iter().cloned().map(Into::into).collect())
    }

    /// Whether the district is known by an authority of that fingerprint.
    pub(crate) fn know(&self, authority: Fingerprint) -> bool {
        let is_it =
            |certificate: &Vec<u8>| gom_trust::fingerprint(certificate).is_ok_and(|known| known == authority);
        self.given.authorities.iter().any(is_it)
    }

    /// With what the device shows itself.
    pub(crate) fn identity(&self) -> Result<Identity, TrustError> {
        Ok(Identity { key: Key::read(&self.key)?, certificate: self.given.certificate.clone().into() })
    }
}

/// Asks the district for another certificate for the key that there is. A certificate that has run out will do for that.
pub(crate) async fn renewed(line: &mut Line, row: &FolderRow) -> Result<Option<Credentials>, LineFault> {
    let Some(own) = &row.credentials else { return Ok(None) };
    let signing_request = Key::read(own.key()).and_then(|key| key.signing_request())?;
    let request = line.on(wire::RenewRequest { signing_request });
    let reply = patiently(line.client.renew(request), Stage::Talking).await?.into_inner();
    Ok(Credentials::new(own.key(), reply)?)
}
