//! What is noted of verified backups: a line each in a small file beside the books, so that it can be said how old the
//! last one is. Lines are only added; the note of a backup says nothing of whether its file is still there.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use gom_durable::{name, private};
use gom_proto::pass::hex;
use serde_json::{Value, json};

use super::Backup;
use crate::folder::{self, Folder};

/// A verified backup, as it was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// When it was verified, by the district's clock.
    pub at_ms: i64,
    /// Its file.
    pub file: PathBuf,
    /// The last commit in it.
    pub commit: u64,
    /// The history that it goes by.
    pub history: String,
    /// Its size.
    pub bytes: u64,
    /// Whether the server made it by itself, so that it may take it away again.
    pub scheduled: bool,
}

impl Noted {
    /// What there is to note of a backup.
    pub fn of(backup: &Backup, at_ms: i64, scheduled: bool) -> Self {
        Self {
            at_ms,
            file: backup.file.clone(),
            commit: backup.commit.last_seq,
            history: hex(&backup.history.0),
            bytes: backup.bytes,
            scheduled,
        }
    }

    fn line(&self) -> String {
        let at = jiff::Timestamp::from_millisecond(self.at_ms).unwrap_or_default();
        let object = json!({
            "at": at.to_string(),
            "at_ms": self.at_ms,
            "file": self.file.to_string_lossy(),
            "commit": self.commit,
            "history": self.history,
            "bytes": self.bytes,
            "scheduled": self.scheduled,
        });
        object.to_string()
    }

    fn read(line: &str) -> Option<Self> {
        let object: Value = serde_json::from_str(line).ok()?;
        Some(Self {
            at_ms: object["at_ms"].as_i64()?,
            file: PathBuf::from(object["file"].as_str()?),
            commit: object["commit"].as_u64()?,
            history: object["history"].as_str()?.to_owned(),
            bytes: object["bytes"].as_u64()?,
            scheduled: object["scheduled"].as_bool()?,
        })
    }
}

/// Notes a verified backup. It is on the disk when this returns.
pub fn note(folder: &Folder, noted: &Noted) -> io::Result<()> {
    let file = folder.backups();
    let before = fs::read(&file).unwrap_or_default();
    let mut list = private::options().create(true).append(true).open(&file)?;
    folder::owner_only(&file, 0o600)?;
    // A line that a power cut has cut short stays alone.
    let torn = before.last().is_some_and(|last| *last != b'\n');
    let line = format!("{}{}\n", if torn { "\n" } else { "" }, noted.line());
    list.write_all(line.as_bytes())?;
    list.sync_all()?;
    name::keep(&file)
}

/// All that was noted, in the order of making. Lines that cannot be read are left out.
pub fn all(folder: &Folder) -> io::Result<Vec<Noted>> {
    match fs::read(folder.backups()) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).lines().filter_map(Noted::read).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The one that was made last. The clock may have been wrong, so it is not asked.
pub fn newest(folder: &Folder) -> io::Result<Option<Noted>> {
    Ok(all(folder)?.pop())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_is_left_out_and_harms_no_other() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::new(home.path());
        assert_eq!(newest(&folder).unwrap(), None);
        let noted = |at_ms| Noted {
            at_ms,
            file: "/elsewhere/a.db".into(),
            commit: 7,
            history: "00".to_owned(),
            bytes: 3,
            scheduled: at_ms > 1,
        };
        note(&folder, &noted(1)).unwrap();
        let mut whole = fs::read(folder.backups()).unwrap();
        let half = whole[..whole.len() / 2].to_vec();
        whole.extend(half);
        fs::write(folder.backups(), whole).unwrap();
        note(&folder, &noted(2)).unwrap();
        assert_eq!(all(&folder).unwrap(), [noted(1), noted(2)]);
        assert_eq!(newest(&folder).unwrap(), Some(noted(2)));
    }
}
