//! The data folder: made for its owner alone, and synced by one program at a time.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use gom_durable::lock::{self, Held};
use gom_durable::{name, private};

/// The data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or opened.
    #[error("the folder {folder} cannot be made or opened")]
    Unusable {
        /// Which folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another program is syncing it.
    #[error("the folder {0} is being synced already")]
    Busy(PathBuf),
}

/// The right to sync a folder, for as long as it is kept.
#[derive(Debug)]
pub struct SyncLock {
    _held: Held,
}

/// Makes the folder, so that only its owner can look into it; one that is there stays as it is.
pub fn make(folder: &Path) -> Result<(), FolderError> {
    if folder.is_dir() {
        return Ok(());
    }
    make_durably(folder).map_err(|source| FolderError::Unusable { folder: folder.to_owned(), source })
}

fn make_durably(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    name::keep(&folder.canonicalize()?)
}

/// Closes a folder to everybody but its owner; returns what stood open to others.
pub fn close(folder: &Path) -> io::Result<Vec<PathBuf>> {
    private::close(folder)
}

/// Makes a folder in the data folder for its owner alone; one that is there stays as it is.
pub(crate) fn own_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() { Ok(()) } else { make_durably(folder) }
}

/// Makes a file anew, for its owner alone.
pub(crate) fn own_file(file: &Path) -> io::Result<File> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    private::options().create_new(true).open(file)
}

/// Takes the right to sync, unless another program has it.
pub fn lock(folder: &Path) -> Result<SyncLock, FolderError> {
    let unusable = |source| FolderError::Unusable { folder: folder.to_owned(), source };
    let held = lock::hold(&folder.join("sync.lock")).map_err(unusable)?;
    held.map(|held| SyncLock { _held: held }).ok_or_else(|| FolderError::Busy(folder.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_sync_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        assert!(matches!(lock(folder.path()), Err(FolderError::Busy(_))));
        drop(first);
        lock(folder.path()).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("a/b");
        make(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
