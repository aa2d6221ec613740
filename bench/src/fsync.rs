//! What making a write durable costs on this disk: the measure of everything that waits for it.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

const PAGE: usize = 4096;
/// After so many pages SQLite's log begins again from its start.
const PAGES: usize = 1_000;

/// A file that is written as SQLite writes its log: a page at its end, then `fdatasync`.
#[derive(Debug)]
pub(crate) struct Fsync {
    file: File,
    pages: usize,
}

impl Fsync {
    /// A new file in a folder.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { file: File::create(folder.join("fsync"))?, pages: 0 })
    }

    /// Writes a page durably; how long it took.
    pub(crate) fn once(&mut self) -> anyhow::Result<Duration> {
        if self.pages == PAGES {
            self.file.rewind()?;
            self.pages = 0;
        }
        self.pages += 1;
        let start = Instant::now();
        self.file.write_all(&[0x5a; PAGE])?;
        self.file.sync_data()?;
        Ok(start.elapsed())
    }
}
