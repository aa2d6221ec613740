//! The commune's client: drafts, an outbox and receipts in a folder, and the district when there is a line.
//!
//! [`Commune`] is the whole of it: `gom` the program is a thin coat around it, and so are tests and demonstrations.
//! Everything but enrolling and syncing works without a line; what was said to be queued is durable.

mod args;
pub mod backup;
pub mod cli;
pub mod commune;
mod credentials;
pub mod drafts;
pub mod enrolment;
pub mod failure;
#[cfg(test)]
mod fixture;
pub mod folder;
pub mod history;
mod identity;
pub mod line;
pub mod means;
pub mod outbox;
pub mod programme;
pub mod receipts;
mod record;
pub mod repair;
pub mod resolve;
pub mod show;
pub mod status;
pub mod stick;
mod store;
mod swap;
pub mod sync;
pub mod web;
pub mod witness;
pub mod wording;
pub mod world;

pub use commune::Commune;
pub use enrolment::Enrolled;
pub use failure::{Failure, Mistake};
pub use outbox::Which;
pub use store::{DraftRow, StoreError};
pub use sync::{SyncError, SyncReport};
