//! What making a write durable costs on this disk: the measure of everything that waits for it.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

const PAGE: usize = 4096;
/// After so many pages SQLite's log begins again from its start, and from then on the file no longer grows.
const PAGES: usize = 1_000;

/// A file that is written as SQLite writes its log: a page after the last one, then `fdatasync`.
#[derive(Debug)]
pub(crate) struct Fsync {
    file: File,
    pages: usize,
}

impl Fsync {
    /// A new file in a folder, as long as it will ever be.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let mut file = File::create(folder.join("fsync"))?;
        file.write_all(&vec![0; PAGE * PAGES])?;
        file.sync_all()?;
        Ok(Self { file, pages: PAGES })
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
