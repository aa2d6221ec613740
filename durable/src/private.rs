//! What only its owner may look into: a data folder holds keys, what passwords are checked by, and figures.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The endings of what the programs keep in their folders. Whatever else somebody has put there is not theirs to close.
const ENDINGS: [&str; 6] = [".db", ".db-wal", ".db-shm", ".lock", ".jsonl", "identity"];

/// How a file is opened for writing that is its owner's alone if it is new.
pub fn options() -> OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Closes a data folder and the files in it to everybody but their owner; returns what stood open to others. A folder that
/// everybody may write to, as the one for temporary files, is somebody else's and stays as it is.
///
/// Windows has no such modes: there a folder in the user's own profile is the user's alone.
#[cfg(unix)]
pub fn close(folder: &Path) -> io::Result<Vec<PathBuf>> {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    const STICKY: u32 = 0o1000;
    const OTHERS: u32 = 0o077;
    let mut stood_open = Vec::new();
    let mut close = |path: &Path, mode: u32, private: u32| -> io::Result<()> {
        if mode & OTHERS != 0 {
            fs::set_permissions(path, Permissions::from_mode(private))?;
            stood_open.push(path.to_owned());
        }
        Ok(())
    };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A file may be gone again, as a database's log is when its last reader leaves.
        let Ok(metadata) = entry.metadata() else { continue };
        let name = entry.file_name();
        let is_own = name.to_str().is_some_and(|name| ENDINGS.iter().any(|ending| name.ends_with(ending)));
        if metadata.is_file() && is_own {
            close(&entry.path(), metadata.permissions().mode(), 0o600)?;
        }
    }
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & STICKY == 0 {
        close(folder, mode, 0o700)?;
    }
    Ok(stood_open)
}

/// Elsewhere the folder's own rights decide.
#[cfg(not(unix))]
pub fn close(_folder: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(Vec::new())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> Option<u32> {
        fs::metadata(path).ok().map(|found| found.permissions().mode() & 0o7777)
    }

    #[test]
    fn what_others_could_look_into_is_closed_once_and_named() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("data");
        fs::create_dir(&folder).unwrap();
        let (books, letter, link) =
            (folder.join("books.db"), folder.join("letter.txt"), folder.join("link.db"));
        for file in [&books, &letter] {
            fs::write(file, "24").unwrap();
            fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
        }
        std::os::unix::fs::symlink(&letter, &link).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        assert_eq!(close(&folder).unwrap(), [books.clone(), folder.clone()]);
        assert_eq!((mode(&books), mode(&letter), mode(&folder)), (Some(0o600), Some(0o644), Some(0o700)));
        assert_eq!(close(&folder).unwrap(), [] as [&Path; 0]);
    }

    #[test]
    fn a_folder_that_everybody_may_write_to_stays_so() {
        let above = tempfile::tempdir().unwrap();
        fs::set_permissions(above.path(), Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(close(above.path()).unwrap(), [] as [&Path; 0]);
        assert_eq!(mode(above.path()), Some(0o1777));
    }
}
