//! Databases beside the folder's own: copies of it as it stands at one moment, and those that will take its place.

use std::path::Path;

use gom_domain::greeting::{Chain, fingerprint};
use gom_durable::database;
use rusqlite::{Connection, OpenFlags};

use super::open::refuse_others;
use super::value::{count, fixed, single, small};
use super::{FolderRow, Rows, Store, StoreError, Stored};

/// What a database holds, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Whose it is.
    pub folder: FolderRow,
    /// How many operations were sealed.
    pub operations: u64,
    /// How many of them the district has not ruled on.
    pub queued: u64,
    /// How many it has ruled on.
    pub receipts: u64,
    /// How many reports of others there are.
    pub filed: u64,
    /// How many forms are being filled in, and in how many cells.
    pub drafts: (u64, u64),
    /// The chain after the last operation.
    pub chain: Option<Chain>,
}

impl Rows<'_> {
    /// Copies the database as these rows see it into a file that holds nothing yet; others go on meanwhile. The copy has
    /// no log beside it; it is the caller's to make it outlast a power cut.
    pub fn copy_to(&self, file: &Path) -> Stored<()> {
        Ok(database::copy(self.connection, file)?)
    }

    /// Counts what is there; none where nobody has been enrolled.
    pub fn tally(&self) -> Stored<Option<Tally>> {
        let Some(folder) = self.folder()?.filter(|row| row.enrolled.is_some()) else { return Ok(None) };
        let counted = |table: &str| -> Stored<u64> {
            let sql = format!("select count(*) from {table}");
            Ok(self.connection.query_row(&sql, [], single::<i64>)?.unsigned_abs())
        };
        let mut last = self.connection.prepare("select chain from operation order by id desc limit 1")?;
        let mut last = last.query([])?;
        Ok(Some(Tally {
            folder,
            operations: counted("operation")?,
            queued: counted("outbox")?,
            receipts: counted("receipt")?,
            filed: counted("filed")?,
            drafts: (counted("draft")?, counted("draft_cell")?),
            chain: last.next()?.map(|row| fixed(row, "chain").map(Chain)).transpose()?,
        }))
    }

    /// Whether every operation is what was sealed, and follows the one before it.
    fn check_operations(&self) -> Stored<()> {
        let sql = "select epoch, sequence, fingerprint, chain, body from operation order by id";
        let mut statement = self.connection.prepare(sql)?;
        let mut found = statement.query([])?;
        let (mut epoch, mut chain, mut before) = (0, Chain::default(), 0);
        while let Some(row) = found.next()? {
            let (own, sequence): (u32, u64) = (small(row, "epoch")?, count(row, "sequence")?);
            if own != epoch {
                (epoch, chain, before) = (own, Chain::default(), 0);
            }
            let body: Vec<u8> = row.get("body")?;
            (chain, before) = (chain.then(&body), before + 1);
            if fixed(row, "fingerprint")? != fingerprint(&body)
                || Chain(fixed(row, "chain")?) != chain
                || sequence != before
            {
                return Err(StoreError::Damaged(format!("operation {epoch}/{sequence}")));
            }
        }
        Ok(())
    }
}

impl Store {
    /// Checks all of a file that was not opened before, and counts what is there. It stays as it is.
    pub(crate) fn examine(file: &Path) -> Stored<Tally> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        refuse_others(&connection)?;
        if let Some(found) = database::damage_with_indexes(&connection)? {
            return Err(StoreError::Damaged(found));
        }
        let rows = Rows { connection: &connection };
        rows.check_operations()?;
        rows.tally()?.ok_or(StoreError::Foreign)
    }

    /// Ends the work on a database that nobody else has: all of it is in the one file then.
    pub(crate) fn into_one_file(self) -> Stored<()> {
        Ok(database::into_one_file(&self.connection)?)
    }
}
