//! The plain server and its client: what a competent engineer writes first.
//!
//! tonic and `SQLite` as here, every receipt after COMMIT, one writer that groups; but a message a report, a row a
//! figure, the id as primary key, and no check but that for duplicates.

mod client;
mod server;

#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    reason = "generated"
)]
mod wire {
    tonic::include_proto!("plain");
}

pub(crate) use client::{drain, queue};
pub(crate) use server::{count, run};

/// The name under which this program is the plain server.
pub(crate) const NAME: &str = "plain-server";

/// The database in a server's or a client's folder.
const FILE: &str = "plain.db";
