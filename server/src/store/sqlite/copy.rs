//! Copying the books as of one commit, beside whoever writes them.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::Sqlite;
use crate::store::{StoreError, Stored};

/// How many pages are copied at a time.
const PAGES: i32 = 1024;
/// How often a page that somebody holds is asked for again, and how long is waited in between.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

impl Sqlite {
    /// Copies what these books see into a file that holds nothing yet. A snapshot sees one commit however long it takes,
    /// and the writer need not wait for it. The copy is one file without a log beside it; it is the caller's to make it
    /// outlast a power cut.
    pub fn copy_to(&self, file: &Path) -> Stored<()> {
        let mut copy = Connection::open(file)?;
        // Whatever goes wrong, the whole copy is thrown away.
        copy.execute_batch("pragma journal_mode = off; pragma synchronous = off")?;
        copy_pages(&self.connection, &mut copy)?;
        let mode: String = copy.pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0))?;
        if mode == "delete" {
            Ok(())
        } else {
            Err(StoreError::Damaged(format!("a copy with journal {mode}")))
        }
    }

    /// Brings all that is in the log into the file, so that the file is whole by itself; whether that could be done, which
    /// it cannot while others read.
    pub fn make_whole(&mut self) -> Stored<bool> {
        let busy: i64 = self.connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
}

fn copy_pages(from: &Connection, to: &mut Connection) -> Stored<()> {
    let backup = Backup::new(from, to)?;
    let mut held = 0;
    while held < TRIES {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => {
                held += 1;
                std::thread::sleep(PAUSE);
            }
        }
    }
    Err(StoreError::Damaged("somebody holds the books and does not let go".to_owned()))
}
