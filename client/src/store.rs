//! The folder's database: rows in, rows out. Decisions are made elsewhere.
//!
//! Every connection commits through the disk (WAL with `synchronous=FULL`, set and read back), so that what was said to be
//! queued survives a power cut. Whoever opens it finds every row as it was written, or is told that it is damaged
//! (`gom_durable::marks`).
//!
//! **Invariant:** nothing outside `store` knows that there is a database.

mod checkpoints;
mod copy;
mod drafts;
mod editions;
mod filed;
mod folder;
mod open;
mod operations;
mod parts;
mod receipts;
mod salvage;
mod value;

pub(crate) use checkpoints::CheckpointRow;
pub(crate) use copy::Tally;
pub(crate) use drafts::DraftNotes;
pub use drafts::DraftRow;
pub(crate) use editions::PriorKind;
pub(crate) use filed::{About, FiledRow, SealedBy};
pub(crate) use folder::{EnrolledRow, FolderRow};
pub(crate) use open::{FILE, NEXT};
pub(crate) use operations::{Head, OperationRow, Outgoing};
pub(crate) use receipts::{ReceiptRow, Sheet, Untold};
pub(crate) use salvage::{Salvaged, Wreck};

use gom_proto::planted;
use std::io;
use std::path::PathBuf;

use gom_durable::marks::Marks;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

/// A store's answer.
pub(crate) type Stored<T> = Result<T, StoreError>;

/// The database cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder has no database.
    #[error("there is no database in the folder")]
    Absent,
    /// The file is some other program's.
    #[error("the file is no database of a commune")]
    Foreign,
    /// The file was written by a newer program.
    #[error("the database was written by a newer version of the program")]
    Newer,
    /// The disk is full.
    #[error("the disk is full")]
    Full(#[source] rusqlite::Error),
    /// The disk or the file system refused.
    #[error("the disk refused to read or write the database")]
    Io(#[source] rusqlite::Error),
    /// The file or its folder may not be written.
    #[error("the database may not be written")]
    Denied(#[source] rusqlite::Error),
    /// Another program has held the database for too long.
    #[error("the database is in use by another program")]
    Busy(#[source] rusqlite::Error),
    /// The database holds something that cannot be.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Another database is taking this one's place, and that was cut short.
    #[error("an exchange of the database was cut short")]
    Interrupted,
    /// Another database has taken this one's place just now.
    #[error("the database has just been replaced")]
    Replaced,
    /// The connection is not as durable as it must be.
    #[error("the database cannot be made durable: {0}")]
    NotDurable(&'static str),
    /// The program was stopped in between.
    #[error("stopped before the database answered")]
    Stopped,
    /// Anything else that SQLite refused.
    #[error("the database refused a statement")]
    Sql(#[source] rusqlite::Error),
}

impl StoreError {
    /// Whether the connection must not be used again: after a failed write the file is opened and read anew. One that may
    /// not write stays so, though the disk may have refused for a moment only.
    pub fn spoils_connection(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Io(_) | Self::Denied(_) | Self::Damaged(_) | Self::Replaced)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // On a full disk not even the index of the log can be made, which SQLite tells apart only in its extended code.
        let no_room =
            error.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(error),
            _ if no_room => Self::Full(error),
            Some(
                ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Io(error),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::Denied(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Sql(error),
        }
    }
}

impl From<gom_durable::Error> for StoreError {
    fn from(error: gom_durable::Error) -> Self {
        use gom_durable::Error;
        match error {
            Error::Database(error) => error.into(),
            Error::System(error) => {
                let is_full = error.kind() == io::ErrorKind::StorageFull;
                let error = rusqlite::Error::ToSqlConversionFailure(error.into());
                if is_full { Self::Full(error) } else { Self::Io(error) }
            }
            Error::Held => Self::Stopped,
            Error::NotOneFile(_) => Self::NotDurable("journal_mode"),
        }
    }
}

/// A folder's database, open.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    marks: Marks,
    file: PathBuf,
    /// Which file that was when it was opened.
    which: Option<(u64, u64)>,
}

/// The rows as one transaction sees and changes them.
#[derive(Debug)]
pub struct Rows<'a> {
    connection: &'a Connection,
}

impl Rows<'_> {
    /// Runs a statement and keeps it ready: to read one takes longer than to run it.
    fn execute(&self, sql: &str, bound: impl rusqlite::Params) -> rusqlite::Result<usize> {
        self.connection.prepare_cached(sql)?.execute(bound)
    }
}

impl Store {
    /// Gives up a connection whose write the disk has refused. All of it may stand in the log nevertheless, where only the
    /// last sync failed, and whoever opens the file next would take it for done. So what was durable before goes into the
    /// file, and the log goes; a disk that goes on failing does not even let that be done.
    pub(crate) fn give_up(self) {
        _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
    }

    /// Looks at the rows as they stand at one moment.
    pub(crate) fn read<T, E: From<StoreError>>(
        &mut self,
        look: impl FnOnce(&Rows<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self.connection.transaction().map_err(StoreError::from)?;
        look(&Rows { connection: &transaction })
    }

    /// Changes rows: all of it is durable when this returns, or none of it is done.
    pub(crate) fn write<T, E: From<StoreError>>(
        &mut self,
        change: impl FnOnce(&Rows<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (file, opened) = (self.file.clone(), self.which);
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(StoreError::from)?;
        // Whoever exchanges the database has kept others from writing until it was done.
        if open::which(&file) != opened {
            return Err(StoreError::Replaced.into());
        }
        self.marks.forget();
        let done = change(&Rows { connection: &transaction })?;
        self.marks.write_down(&transaction).map_err(StoreError::from)?;
        let committed = transaction.commit().map_err(StoreError::from);
        if !planted::is("queued-whatever-the-disk-says") {
            committed?;
        }
        Ok(done)
    }
}
