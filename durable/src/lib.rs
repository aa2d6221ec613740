//! Files and databases that a power cut leaves whole or not at all: what both programs' folders rest on.
//!
//! A new thing is written beside its place, synced, renamed into its place, and the folder synced. What anything means is
//! the caller's.

pub mod database;
pub mod file;
pub mod lock;
pub mod marks;
pub mod name;
pub mod private;

/// Something could not be made, copied or kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite refused.
    #[error("the database refused")]
    Database(#[from] rusqlite::Error),
    /// The system refused.
    #[error("the system refused")]
    System(#[from] std::io::Error),
    /// Somebody holds the database and does not let go.
    #[error("somebody holds the database and does not let go")]
    Held,
    /// A copy has still a log beside it.
    #[error("a copy with journal {0}")]
    NotOneFile(String),
}
