//! Files that one program holds at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::ops::Deref;
use std::path::Path;

use crate::private;

/// A file that this program holds until it lets go of it, or ends.
#[derive(Debug)]
pub struct Held(File);

impl Deref for Held {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for Held {
    /// Closing it alone would not do: a program that is being started has it open, too, for a moment.
    fn drop(&mut self) {
        _ = self.0.unlock();
    }
}

/// Holds a file, which is made for its owner alone; none where another program holds it.
pub fn hold(file: &Path) -> io::Result<Option<Held>> {
    let file = private::options().create(true).truncate(false).open(file)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Held(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_let_go_of_can_be_held_while_somebody_has_it_open() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lock");
        let held = hold(&file).unwrap().unwrap();
        assert!(hold(&file).unwrap().is_none());
        // As a program has it that was begun and has not come to itself yet.
        let inherited = held.try_clone().unwrap();
        drop(held);
        assert!(hold(&file).unwrap().is_some());
        drop(inherited);
    }
}
