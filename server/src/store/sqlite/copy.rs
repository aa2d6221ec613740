//! Copying the books as of one commit, beside whoever writes them.

use std::path::Path;

use gom_durable::database;

use super::Sqlite;
use crate::store::Stored;

impl Sqlite {
    /// Copies what these books see into a file that holds nothing yet. A snapshot sees one commit however long it takes,
    /// and the writer need not wait for it. The copy is one file without a log beside it; it is the caller's to make it
    /// outlast a power cut.
    pub fn copy_to(&self, file: &Path) -> Stored<()> {
        Ok(database::copy(&self.connection, file)?)
    }

    /// Brings all that is in the log into the file, so that the file is whole by itself; whether that could be done, which
    /// it cannot while others read.
    pub fn make_whole(&mut self) -> Stored<bool> {
        let busy: i64 = self.connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
}
