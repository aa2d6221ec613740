//! Changes of the books that are no submissions, to bytes and back: programmes, targets set by hand, codes, devices.

use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::number::{Decimal, Notation, plain};
use gom_domain::programme::Bundle;
use gom_domain::progress::{ByHand, Status};
use gom_domain::user::{Rights, Role, UserName};
use prost::Message;

use crate::{Malformed, fixed, wire};

/// A programme's tables as files on the wire.
pub fn files(bundle: &Bundle) -> Vec<wire::File> {
    bundle.iter().map(|(name, bytes)| wire::File { name: name.to_owned(), bytes: bytes.to_vec() }).collect()
}

/// A programme's tables from files on the wire.
pub fn bundle(files: Vec<wire::File>) -> Bundle {
    files.into_iter().map(|file| (file.name, file.bytes)).collect()
}

/// A programme's tables as bytes, for keeping.
pub fn encode_bundle(bundle: &Bundle) -> Vec<u8> {
    wire::Edition { version: 0, files: files(bundle) }.encode_to_vec()
}

/// The beginning of the SHA-256 of a programme's tables, by which two sides tell whether they have the same.
pub fn digest(bundle: &Bundle) -> [u8; 8] {
    let whole = gom_domain::greeting::fingerprint(&encode_bundle(bundle));
    let mut digest = [0; 8];
    digest.copy_from_slice(&whole[..8]);
    digest
}

/// A programme's tables that were kept.
pub fn decode_bundle(bytes: &[u8]) -> Result<Bundle, Malformed> {
    let edition = wire::Edition::decode(bytes).map_err(|_| Malformed::Message("Edition"))?;
    Ok(bundle(edition.files))
}

/// What the district set by hand for the target of a key.
pub fn target(year: i16, key: &str, set: &ByHand) -> wire::SetTarget {
    wire::SetTarget {
        year: year.unsigned_abs().into(),
        key: key.to_owned(),
        status: set.status.map_or("", Status::key).to_owned(),
        note: set.note.clone(),
        value: set.value.map(|value| plain(value.digits, value.scale)).unwrap_or_default(),
    }
}

/// The target's key, and what was set for it.
pub fn set_target(set: wire::SetTarget) -> Result<(i16, String, ByHand), Malformed> {
    let year = i16::try_from(set.year).map_err(|_| Malformed::Field("year"))?;
    let status = match set.status.as_str() {
        "" => None,
        word => Some(Status::from_key(word).ok_or(Malformed::Field("status"))?),
    };
    let value = match set.value.as_str() {
        "" => None,
        text => Some(Decimal::parse(text, Notation::Plain).map_err(|_| Malformed::Field("value"))?),
    };
    Ok((year, set.key, ByHand { status, note: set.note, value }))
}

/// A target set by hand as bytes, for keeping.
pub fn encode_target(year: i16, key: &str, set: &ByHand) -> Vec<u8> {
    target(year, key, set).encode_to_vec()
}

/// A target set by hand that was kept.
pub fn decode_target(bytes: &[u8]) -> Result<(i16, String, ByHand), Malformed> {
    set_target(wire::SetTarget::decode(bytes).map_err(|_| Malformed::Message("SetTarget"))?)
}

/// A code that was issued, as bytes for keeping.
pub fn encode_code(unit: &str, hash: &[u8; 32], expires_ms: i64) -> Vec<u8> {
    wire::IssueCode { unit: unit.to_owned(), code_hash: hash.to_vec(), expires_ms }.encode_to_vec()
}

/// A device that was enrolled, as bytes for keeping: its id, its unit and the code that it used.
pub fn encode_device(device: DeviceId, unit: &str, name: &str, code_hash: &[u8; 32]) -> Vec<u8> {
    wire::Enrolled {
        device: device.0.to_vec(),
        unit: unit.to_owned(),
        device_name: name.to_owned(),
        code_hash: code_hash.to_vec(),
        again: false,
    }
    .encode_to_vec()
}

/// A device that came back with its admission, as bytes for keeping.
pub fn encode_readmitted(device: DeviceId, unit: &str, name: &str) -> Vec<u8> {
    wire::Enrolled {
        device: device.0.to_vec(),
        unit: unit.to_owned(),
        device_name: name.to_owned(),
        code_hash: Vec::new(),
        again: true,
    }
    .encode_to_vec()
}

/// A decision about a device as bytes for keeping.
pub fn encode_set_device(device: DeviceId, name: Option<&str>, revoked: Option<&str>) -> Vec<u8> {
    set_device(device, name, revoked).encode_to_vec()
}

/// A decision about a device as a message.
pub fn set_device(device: DeviceId, name: Option<&str>, revoked: Option<&str>) -> wire::SetDevice {
    wire::SetDevice {
        device: device.0.to_vec(),
        name: name.unwrap_or_default().to_owned(),
        revoke: revoked.is_some(),
        note: revoked.unwrap_or_default().to_owned(),
    }
}

/// What was decided about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserAct {
    /// It was made.
    Add,
    /// It got another password.
    Password,
    /// It is called otherwise, or has other rights.
    Change,
    /// It is of no use any more.
    Disable,
    /// It is of use again.
    Enable,
}

impl UserAct {
    /// The word in messages.
    pub fn key(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Password => "password",
            Self::Change => "change",
            Self::Disable => "disable",
            Self::Enable => "enable",
        }
    }

    /// What a word stands for.
    pub fn from_key(key: &str) -> Result<Self, Malformed> {
        let all = [Self::Add, Self::Password, Self::Change, Self::Disable, Self::Enable];
        all.into_iter().find(|act| act.key() == key).ok_or(Malformed::Field("act"))
    }
}

/// A decision about an account as bytes for keeping. What is kept of a password does not belong in it.
pub fn encode_user(act: UserAct, name: &UserName, full_name: &str, rights: Rights) -> Vec<u8> {
    wire::User {
        name: name.to_string(),
        act: act.key().to_owned(),
        full_name: full_name.to_owned(),
        role: rights.role.key().to_owned(),
        restricted: rights.restricted,
    }
    .encode_to_vec()
}

/// A change as bytes for keeping.
pub fn encode(change: &impl Message) -> Vec<u8> {
    change.encode_to_vec()
}

/// A change that was kept as the message that it is.
pub fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, Malformed> {
    M::decode(bytes).map_err(|_| Malformed::Message("change"))
}

/// What a word says somebody is.
pub fn role(word: &str) -> Result<Role, Malformed> {
    Role::from_key(word).ok_or(Malformed::Field("role"))
}

/// The history that the books go by from an entry on, why, and instead of which, as bytes for keeping.
pub fn encode_history(history: HistoryId, why: &str, instead_of: HistoryId) -> Vec<u8> {
    let (history, instead_of) = (history.0.to_vec(), instead_of.0.to_vec());
    wire::History { history, why: why.to_owned(), instead_of }.encode_to_vec()
}

/// The history that was kept, and instead of which it began where that was kept, too.
pub fn decode_history(bytes: &[u8]) -> Result<(HistoryId, Option<HistoryId>), Malformed> {
    let history = wire::History::decode(bytes).map_err(|_| Malformed::Message("History"))?;
    let instead_of = history.instead_of.as_slice().try_into().ok().map(HistoryId);
    Ok((HistoryId(fixed(&history.history, "history")?), instead_of))
}

/// The hash of a code, of the right length.
pub fn code_hash(bytes: &[u8]) -> Result<[u8; 32], Malformed> {
    fixed(bytes, "code_hash")
}
