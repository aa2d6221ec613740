//! The database seen from a conversation with the district: SQLite waits for the disk, the conversation must not.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gom_domain::world::Disk;

use crate::store::{Rows, Store, StoreError, Stored};

/// A connection of its own, worked on beside the threads that talk.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    folder: PathBuf,
    disk: Disk,
    store: Arc<Mutex<Store>>,
}

impl Desk {
    /// Opens the folder's database, which is whole: a damaged one is never handed in.
    pub(crate) async fn open(folder: &Path, disk: &Disk) -> Stored<Self> {
        Self::opened(folder, disk, Store::open).await
    }

    /// A second connection to the same database, which reads on while this one waits for the disk.
    pub(crate) async fn another(&self) -> Stored<Self> {
        Self::opened(&self.folder, &self.disk, Store::another).await
    }

    async fn opened(folder: &Path, disk: &Disk, open: fn(&Path) -> Stored<Store>) -> Stored<Self> {
        let path = folder.to_owned();
        let store = beside(disk, move || open(&path)).await?;
        Ok(Self { folder: folder.to_owned(), disk: disk.clone(), store: Arc::new(Mutex::new(store)) })
    }

    /// Looks at the rows as they stand at one moment.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Rows<'_>) -> Stored<T> + Send + 'static,
    ) -> Stored<T> {
        let store = Arc::clone(&self.store);
        beside(&self.disk, move || store.lock().unwrap_or_else(PoisonError::into_inner).read(look)).await
    }

    /// Changes rows, durably.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Rows<'_>) -> Stored<T> + Send + 'static,
    ) -> Stored<T> {
        let store = Arc::clone(&self.store);
        beside(&self.disk, move || store.lock().unwrap_or_else(PoisonError::into_inner).write(change)).await
    }
}

/// Works on files beside the threads that talk.
pub(super) async fn beside<T: Send + 'static>(
    disk: &Disk,
    work: impl FnOnce() -> Stored<T> + Send + 'static,
) -> Stored<T> {
    disk.wait(work).await.unwrap_or(Err(StoreError::Stopped))
}
