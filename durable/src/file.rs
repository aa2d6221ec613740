//! Files that are there whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::{name, private};

/// Refuses to write over what is not to be lost: a file that is there already and that nobody knows as one of ours.
pub fn spare(path: &Path, is_ours: impl FnOnce(&[u8]) -> bool) -> io::Result<()> {
    match fs::read(path) {
        Ok(there) if !is_ours(&there) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes a file for its owner alone, under another name first, so that nobody ever finds half of it, not even after a
/// power cut. One that is there is replaced.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = name::beside(path, ".partial");
    let written = write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // Whatever is left of it is of no use to anybody.
        _ = fs::remove_file(&partial);
    }
    written?;
    match name::keep(path) {
        // Sticks have file systems that know no such thing.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        kept => kept,
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private::options().create(true).truncate(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_is_spared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue");
        let kind = |is_ours: fn(&[u8]) -> bool| spare(&path, is_ours).err().map(|error| error.kind());
        assert_eq!(kind(|_| false), None, "nothing is there");
        fs::write(&path, "ours").unwrap();
        assert_eq!(kind(|there| there == b"ours"), None);
        assert_eq!(kind(|_| false), Some(io::ErrorKind::AlreadyExists));
        let error = spare(folder.path(), |_| true).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"other").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"other");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_whole(&folder.path().join("no/such/folder"), b"x").is_err());
    }
}
