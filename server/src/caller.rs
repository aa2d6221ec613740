//! Who calls: what the line says of the other end, and the device that it is.
//!
//! **Invariant:** only this makes a device out of a call, and whatever concerns a unit asks for one. What a message says of
//! its sender counts for nothing.

use std::net::IpAddr;
use std::ops::Deref;

use gom_domain::greeting::DeviceId;
use gom_proto::pass;
use gom_trust::DeviceCertificate;
use sha2::{Digest, Sha256};
use tonic::Request;

use crate::authority;
use crate::door::neighbourhood;
use crate::memory::Memory;
use crate::store::DeviceRow;

/// The other end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A line that does not leave this computer, and is not encrypted.
    Here,
    /// An encrypted line from this address; nobody has shown a certificate.
    Stranger(IpAddr),
    /// An encrypted line, and a device that the district's authority has signed for.
    Device(DeviceCertificate),
}

/// Who has shown a wrong code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guesser {
    /// Somebody at an address, or beside it.
    Address(IpAddr),
    /// A device.
    Device(DeviceId),
}

impl Guesser {
    /// Who it is at the other end. Whoever is on the same computer is not counted.
    pub fn of(peer: Option<Peer>) -> Option<Self> {
        match peer? {
            Peer::Here => None,
            Peer::Stranger(address) => Some(Self::Address(neighbourhood(address))),
            Peer::Device(certificate) => Some(Self::Device(certificate.device)),
        }
    }
}

/// A device that has shown who it is, and may call.
#[derive(Clone, Debug)]
pub struct Caller(DeviceRow);

/// Why a call is nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The district does not know such a device.
    Device,
    /// The device's certificate has run out: it may ask for another one, and nothing else.
    RunOut,
    /// The district has revoked the device.
    Revoked,
}

impl Caller {
    /// The device that a call comes from.
    pub fn of<T>(request: &Request<T>, memory: &Memory, now_ms: i64) -> Result<Self, Unknown> {
        let caller = Self::renewing(request, memory)?;
        match peer(request) {
            Some(Peer::Device(certificate)) if certificate.has_run_out(now_ms) => Err(Unknown::RunOut),
            _ => Ok(caller),
        }
    }

    /// The same where a certificate that has run out will do.
    pub fn renewing<T>(request: &Request<T>, memory: &Memory) -> Result<Self, Unknown> {
        let device = match peer(request) {
            // A line that was made when another authority still counted is no better than one that cannot be made now.
            Some(Peer::Device(certificate)) => {
                authority::of(memory, &certificate).and_then(|_| memory.device_called(certificate.device))
            }
            Some(Peer::Here) => by_pass(request, memory),
            Some(Peer::Stranger(_)) | None => None,
        };
        // Without a secret it is known by what others gave back of it alone, and has to show its admission first.
        let device = device.filter(|device| !device.district && !device.secret_hash.is_empty());
        match device.ok_or(Unknown::Device)? {
            device if device.revoked_ms.is_some() => Err(Unknown::Revoked),
            device => Ok(Self(device.clone())),
        }
    }
}

impl Deref for Caller {
    type Target = DeviceRow;

    fn deref(&self) -> &DeviceRow {
        &self.0
    }
}

/// What the line of a call says of its other end.
pub fn peer<T>(request: &Request<T>) -> Option<Peer> {
    request.extensions().get().copied()
}

/// On a line that is not encrypted a device shows a secret. Hashes are compared, so the time this takes tells nothing of it.
fn by_pass<'m, T>(request: &Request<T>, memory: &'m Memory) -> Option<&'m DeviceRow> {
    let shown = request.metadata().get("authorization")?.to_str().ok()?;
    let (id, secret) = pass::read(shown)?;
    let shown = Sha256::digest(secret);
    memory.device_called(id).filter(|device| device.secret_hash == shown.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbourhood_is_one_and_this_computer_is_not_counted() {
        let stranger = |address: &str| Guesser::of(Some(Peer::Stranger(address.parse().unwrap())));
        assert_eq!(stranger("2001:db8::1"), stranger("2001:db8::ffff"));
        assert_ne!(stranger("2001:db8::1"), stranger("2001:db8:0:1::1"));
        assert_ne!(stranger("10.0.0.1"), stranger("10.0.0.2"));
        assert_eq!((Guesser::of(Some(Peer::Here)), Guesser::of(None)), (None, None));
    }
}
