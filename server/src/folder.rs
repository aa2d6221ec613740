//! The data folder of a district: where its books are, who may touch them, and who has them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gom_domain::greeting::HistoryId;
use gom_domain::world::World;
use gom_durable::lock::{self, Held};
use gom_durable::{name, private};
use gom_proto::planted;
use gom_proto::seal::SealKey;

use crate::authority;
use crate::memory::Memory;
use crate::store::{Sqlite, StoreError};
use crate::verify;
use crate::wording::Trouble;

/// A district's data folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// The right to write the books; given back when dropped.
#[derive(Debug)]
pub struct Lock {
    _held: Held,
}

impl Folder {
    /// The folder at a path; nothing is opened yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The books' file.
    pub fn books(&self) -> PathBuf {
        self.path.join("books.db")
    }

    /// The socket through which commands reach a running server.
    pub fn socket(&self) -> PathBuf {
        self.path.join("office.sock")
    }

    /// What was noted of verified backups, one a line.
    pub fn backups(&self) -> PathBuf {
        self.path.join("backups.jsonl")
    }

    /// Founds new books. A folder that holds some already is refused.
    pub fn found(&self, world: &World) -> Result<(Sqlite, Lock), Trouble> {
        if self.books().exists() {
            return Err(Trouble::AlreadyThere(self.shown()));
        }
        self.create().and_then(|()| self.close()).map_err(|error| self.file_trouble(&error))?;
        let lock = self.lock()?;
        let history = HistoryId(world.random());
        let key = SealKey(world.random());
        let founded = Sqlite::found(&self.books(), history, key, world.now_ms());
        let founded = founded.map_err(|error| self.trouble(&error));
        let private = || owner_only(&self.books(), 0o600).map_err(|error| self.file_trouble(&error));
        match founded.and_then(|books| private().and_then(|()| authority::found(books, world.now_ms()))) {
            Ok(books) => Ok((books, lock)),
            Err(trouble) => {
                self.abandon();
                Err(trouble)
            }
        }
    }

    /// Takes back books that were being founded and hold nothing yet.
    pub fn abandon(&self) {
        for ending in ["", "-wal", "-shm"] {
            // What was never written need not be removed.
            _ = fs::remove_file(self.path.join(format!("books.db{ending}")));
        }
    }

    /// Makes the folder, for its owner alone; one that is there stays as it is.
    pub fn create(&self) -> io::Result<()> {
        let there = self.path.is_dir();
        fs::create_dir_all(&self.path)?;
        if there {
            Ok(())
        } else {
            owner_only(&self.path, 0o700).and_then(|()| name::keep(&self.path.canonicalize()?))
        }
    }

    /// Closes the folder to everybody but its owner; returns what stood open to others.
    pub fn close(&self) -> io::Result<Vec<PathBuf>> {
        private::close(&self.path)
    }

    /// Takes the right to write, which only one process has.
    pub fn lock(&self) -> Result<Lock, Trouble> {
        let held = lock::hold(&self.path.join("books.lock")).map_err(|error| self.file_trouble(&error))?;
        held.map(|held| Lock { _held: held }).ok_or_else(|| Trouble::InUse(self.shown()))
    }

    /// Opens the books for writing.
    pub fn open(&self) -> Result<(Sqlite, Lock), Trouble> {
        if !self.books().exists() {
            return Err(Trouble::NoBooks(self.shown()));
        }
        let lock = self.lock()?;
        let books = Sqlite::open(&self.books()).map_err(|error| self.trouble(&error))?;
        Ok((books, lock))
    }

    /// Opens the books for reading, beside whoever writes them.
    pub fn read(&self) -> Result<Sqlite, Trouble> {
        match Sqlite::snapshot(&self.books()) {
            // Opening them for writing brings them up to date, unless a server of the older version still has them.
            Err(StoreError::Older) => self.open().map(drop)?,
            read => return read.map_err(|error| self.trouble(&error)),
        }
        Sqlite::snapshot(&self.books()).map_err(|error| self.trouble(&error))
    }

    /// Finds the books as they were written: the file with its indexes, and the journal with all that follows from it. Half
    /// a second for the books of a country, a thousandth for a district's.
    pub fn prove(&self, books: &mut Sqlite) -> Result<(), Trouble> {
        if planted::is("books-unproven") {
            return Ok(());
        }
        let sound = books.integrity().and_then(|damage| match damage.into_iter().next() {
            Some(damage) => Err(StoreError::Damaged(damage)),
            None => verify::sound(books),
        });
        // What SQLite refuses to read of books of our own is damaged.
        sound.map_err(|error| match error {
            StoreError::Sql(error) => self.trouble(&StoreError::Damaged(error.to_string())),
            error => self.trouble(&error),
        })
    }

    /// The same, unless a server runs beside: it has done so at its start, and goes on.
    pub fn prove_unless_served(&self) -> Result<(), Trouble> {
        if self.is_served() { Ok(()) } else { self.prove(&mut self.read()?) }
    }

    /// The books as they stand, or as of a commit, found as they were written.
    pub fn recall_proven(&self, at: Option<u64>) -> Result<(Sqlite, Memory), Trouble> {
        self.prove_unless_served()?;
        self.recall(at)
    }

    /// Whether a server answers at the folder's socket.
    #[cfg(unix)]
    fn is_served(&self) -> bool {
        std::os::unix::net::UnixStream::connect(self.socket()).is_ok()
    }

    /// Elsewhere there is no socket.
    #[cfg(not(unix))]
    fn is_served(&self) -> bool {
        false
    }

    /// The last commit; 0 before the first.
    pub fn last_commit(&self) -> Result<u64, Trouble> {
        use crate::store::Journal;
        let last = self.read()?.last_commit().map_err(|error| self.trouble(&error))?;
        Ok(last.map_or(0, |last| last.last_seq))
    }

    /// Recalls the books as they stand, or as of an earlier commit.
    pub fn recall(&self, at: Option<u64>) -> Result<(Sqlite, Memory), Trouble> {
        use crate::store::Journal;
        let mut books = self.read()?;
        let last = books.last_commit().map_err(|error| self.trouble(&error))?.map_or(0, |last| last.last_seq);
        if let Some(asked) = at.filter(|asked| *asked > last) {
            return Err(Trouble::NoSuchCommit(asked, last));
        }
        let memory = Memory::recall(&mut books, at).map_err(|error| self.trouble(&error))?;
        Ok((books, memory))
    }

    /// A store's error in words.
    pub fn trouble(&self, error: &StoreError) -> Trouble {
        match error {
            StoreError::Absent => Trouble::NoBooks(self.shown()),
            StoreError::Newer => Trouble::NewerBooks(self.shown()),
            StoreError::Older => Trouble::InUse(self.shown()),
            StoreError::Foreign => Trouble::ForeignBooks(self.books().display().to_string()),
            StoreError::Full(_) => Trouble::DiskFull,
            StoreError::Io(source) | StoreError::Sql(source) => Trouble::Books(source.to_string()),
            StoreError::Damaged(why) => {
                Trouble::DamagedBooks(self.books().display().to_string(), why.clone())
            }
        }
    }

    /// An error about the folder in words.
    pub fn file_trouble(&self, error: &io::Error) -> Trouble {
        if error.kind() == io::ErrorKind::StorageFull {
            return Trouble::DiskFull;
        }
        Trouble::file(self.shown(), error)
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

/// Lets nobody but the owner read or write.
#[cfg(unix)]
pub fn owner_only(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Elsewhere the folder's own rights decide.
#[cfg(not(unix))]
pub fn owner_only(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}
