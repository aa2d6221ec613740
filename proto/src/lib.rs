//! The wire: generated types, and the only place where they meet the domain.
//!
//! Wire types are named here and at the two edges that send and receive them. The wire only grows: a field's number
//! is never used again.

pub mod change;
pub mod delay;
pub mod figures;
pub mod greeting;
pub mod operations;
pub mod pass;
#[doc(hidden)]
pub mod planted;
pub mod ruling;
pub mod seal;
pub mod sheet;
pub mod stick;
pub mod submission;
pub mod verdicts;

/// The types and services generated from `gom/v1/*.proto`.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    reason = "generated"
)]
pub mod wire {
    tonic::include_proto!("gom.v1");
}

/// The version of the protocol that this build speaks.
pub const PROTOCOL: u32 = 1;

/// What communes and the district say to each other, for reflection: the compiled .proto files.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// A message that is well-formed protobuf but breaks the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A part of the message is missing or of the wrong length.
    #[error("the field {0} is missing or malformed")]
    Field(&'static str),
    /// The bytes are no message of that type.
    #[error("the bytes are no {0}")]
    Message(&'static str),
    /// The verdict is of a kind that this program does not know: wait.
    #[error("a kind of verdict that this version does not know")]
    UnknownVerdict,
}

/// Bytes of a fixed length.
pub(crate) fn fixed<const N: usize>(bytes: &[u8], field: &'static str) -> Result<[u8; N], Malformed> {
    bytes.try_into().map_err(|_| Malformed::Field(field))
}
