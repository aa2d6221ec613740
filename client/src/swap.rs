//! Another database takes the place of a folder's own, which is set aside with its log and never deleted.
//!
//! What comes in its place is made ready beside it, whole and on the disk. Once that bears the name `next.db` it is
//! decided: whatever happens then, the next sync brings it to its end, and until then nobody opens what is half exchanged.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gom_durable::database::{self, ENDINGS};
use gom_durable::name;

use crate::folder;
use crate::store::{FILE, NEXT};

/// Says where the old database goes, and what is to be told of it, until that is done.
const NOTE: &str = "next.txt";

/// An exchange that was brought to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchanged {
    /// The folder that holds the old database; there may have been none.
    pub(crate) aside: PathBuf,
    /// What was to be told of it.
    pub(crate) note: String,
}

/// Lets the database `ready` take the place of the folder's own, which goes into the folder `aside` in it.
pub(crate) fn exchange(folder: &Path, ready: &Path, aside: &str, note: &str) -> io::Result<Exchanged> {
    let mut file = folder::own_file(&folder.join(NOTE))?;
    file.write_all(format!("{aside}\n{note}\n").as_bytes())?;
    file.sync_all()?;
    fs::File::open(ready)?.sync_all()?;
    name::keep_in(folder)?;
    fs::rename(ready, folder.join(NEXT))?;
    name::keep_in(folder)?;
    finish(folder)?.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Brings an exchange to its end that has been decided; none if there is none.
pub(crate) fn finish(folder: &Path) -> io::Result<Option<Exchanged>> {
    if !folder.join(NEXT).exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(folder.join(NOTE))?;
    let mut lines = text.lines().map(str::to_owned);
    let (Some(name), note) = (lines.next(), lines.next().unwrap_or_default()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let aside = folder.join(Path::new(&name).file_name().ok_or(io::ErrorKind::InvalidData)?);
    folder::own_folder(&aside)?;
    for ending in ENDINGS {
        let old = folder.join(format!("{FILE}{ending}"));
        if old.exists() {
            fs::rename(old, aside.join(format!("{FILE}{ending}")))?;
        }
    }
    name::keep_in(&aside)?;
    name::keep_in(folder)?;
    fs::rename(folder.join(NEXT), folder.join(FILE))?;
    name::keep_in(folder)?;
    fs::remove_file(folder.join(NOTE))?;
    Ok(Some(Exchanged { aside, note }))
}

/// Removes what an earlier try has left of a database that is to be made ready, and says where it is to be.
pub(crate) fn clear(folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(name);
    database::remove(&file);
    file
}

/// A name that nothing bears yet.
pub(crate) fn free(folder: &Path, name: &str) -> String {
    name::free(name, |name| !folder.join(name).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("gom.db", "old"), ("gom.db-wal", "old log"), ("ready.db", "new")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn read(folder: &Path, name: &str) -> String {
        fs::read_to_string(folder.join(name)).unwrap_or_default()
    }

    #[test]
    fn the_old_database_is_set_aside_with_its_log() {
        let folder = folder();
        let path = folder.path();
        let done = exchange(path, &path.join("ready.db"), "damaged-1", "3 1").unwrap();
        assert_eq!(done, Exchanged { aside: path.join("damaged-1"), note: "3 1".to_owned() });
        assert_eq!(["gom.db", "gom.db-wal"].map(|name| read(path, name)), ["new", ""]);
        assert_eq!(["gom.db", "gom.db-wal"].map(|name| read(&done.aside, name)), ["old", "old log"]);
        assert_eq!(finish(path).unwrap(), None);
    }

    /// However far it had come: the old database whole in one place, the new one in the other.
    #[test]
    fn an_exchange_that_was_cut_short_is_brought_to_its_end() {
        let steps = ["gom.db", "gom.db-wal"];
        for moved in 0..=steps.len() {
            let folder = folder();
            let path = folder.path();
            fs::write(path.join("next.txt"), "damaged-1\n\n").unwrap();
            fs::rename(path.join("ready.db"), path.join("next.db")).unwrap();
            fs::create_dir(path.join("damaged-1")).unwrap();
            for name in &steps[..moved] {
                fs::rename(path.join(name), path.join("damaged-1").join(name)).unwrap();
            }
            assert!(matches!(crate::store::Store::open(path), Err(crate::StoreError::Interrupted)));
            let aside = finish(path).unwrap().unwrap().aside;
            assert_eq!(steps.map(|name| read(path, name)), ["new", ""]);
            assert_eq!(steps.map(|name| read(&aside, name)), ["old", "old log"]);
        }
    }
}
