//! Backups that the server makes by itself: one whenever the last verified one has become too old.
//!
//! It takes away only what it has made itself, only beyond the number that is to be kept, and only after a newer one has
//! been verified. What fails is logged and tried again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gom_domain::calendar::vietnam_stamp;
use gom_domain::world::World;
use gom_durable::lock;
use tokio::sync::watch;

use super::noted::{self, Noted};
use super::{Backup, backup};
use crate::folder::Folder;
use crate::wording::Trouble;

/// How often it is looked whether it is time.
const GLANCE: Duration = Duration::from_mins(2);
/// So often at least in the time that a backup may be old.
const GLANCES: u32 = 4;

/// When backups are made, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The folder for them.
    pub place: PathBuf,
    /// How old the last verified one may become.
    pub every_ms: i64,
    /// How many of its own the server keeps.
    pub keep: usize,
}

impl Schedule {
    /// Makes backups until the server stops.
    pub async fn run(self, folder: Folder, world: World, mut stopped: watch::Receiver<bool>) {
        let part = Duration::from_millis(self.every_ms.unsigned_abs()) / GLANCES;
        let glance = GLANCE.min(part).max(Duration::from_millis(100));
        loop {
            let (schedule, folder, world) = (self.clone(), folder.clone(), world.clone());
            // Not where the writer works, nor where calls are answered.
            let glanced = tokio::task::spawn_blocking(move || schedule.glance(&folder, &world));
            tokio::select! {
                glanced = glanced => tell(glanced.unwrap_or_else(|error| Err(vec![Trouble::Books(error.to_string())]))),
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
            tokio::select! {
                () = tokio::time::sleep(glance) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
    }

    /// Makes a backup if it is time. Returns what was made.
    pub fn glance(&self, folder: &Folder, world: &World) -> Result<Option<Backup>, Vec<Trouble>> {
        let one = |error: io::Error| vec![folder.file_trouble(&error)];
        let newest = noted::newest(folder).map_err(one)?;
        let now_ms = world.now_ms();
        // A note from the future is one of a clock that was wrong.
        let is_new = |noted: &Noted| (0..self.every_ms).contains(&now_ms.saturating_sub(noted.at_ms));
        if newest.as_ref().is_some_and(is_new) {
            return Ok(None);
        }
        let in_place = |error: io::Error| vec![Trouble::file(self.place.display(), &error)];
        fs::create_dir_all(&self.place).map_err(in_place)?;
        self.tidy().map_err(in_place)?;
        let last = folder.last_commit().map_err(|trouble| vec![trouble])?;
        let made = backup(folder, &self.place.join(file_name(last, now_ms)))?;
        if let Err(error) = noted::note(folder, &Noted::of(&made, world.now_ms(), true)) {
            // Nobody would ever take away what is not noted.
            _ = fs::remove_file(&made.file);
            return Err(one(error));
        }
        self.thin_out(folder, &made.file).map_err(one)?;
        Ok(Some(made))
    }

    /// Takes away what is left of backups that a power cut or a stop has cut short.
    fn tidy(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.place)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let unfinished = name.strip_suffix(".partial").is_some_and(is_file_name);
            // Another server that fills the same place has it locked.
            if unfinished && lock::hold(&path)?.is_some() {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Takes the oldest of its own away beyond the number that is kept; the one just made stays.
    fn thin_out(&self, folder: &Folder, newest: &Path) -> io::Result<()> {
        let own = noted::all(folder)?.into_iter().filter(|noted| {
            let named = noted.file.file_name().is_some_and(|name| is_file_name(&name.to_string_lossy()));
            let here = noted.file.parent() == newest.parent();
            noted.scheduled && named && here && noted.file != newest && noted.file.is_file()
        });
        // In the order of making, whatever clocks said.
        let own: Vec<Noted> = own.collect();
        let beyond = (own.len() + 1).saturating_sub(self.keep.max(1));
        for noted in &own[..beyond] {
            tracing::info!(file = %noted.file.display(), "an old backup is taken away");
            fs::remove_file(&noted.file)?;
        }
        Ok(())
    }
}

fn tell(glanced: Result<Option<Backup>, Vec<Trouble>>) {
    match glanced {
        Ok(None) => {}
        Ok(Some(made)) => {
            let (file, commit, bytes) = (made.file.display(), made.commit.last_seq, made.bytes);
            tracing::info!(%file, commit, bytes, "a verified backup");
        }
        Err(troubles) => {
            troubles.iter().for_each(|trouble| tracing::error!(why = %trouble.message().en, "no backup"));
        }
    }
}

/// The name of a backup: its last commit and when it was made.
pub fn file_name(commit: u64, at_ms: i64) -> String {
    format!("books-{commit}-{}.db", vietnam_stamp(at_ms))
}

fn is_file_name(name: &str) -> bool {
    let parts = name.strip_prefix("books-").and_then(|rest| rest.strip_suffix(".db"));
    parts.is_some_and(|parts| parts.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

/// A number of hours with up to four decimals, in milliseconds.
pub fn hours_ms(text: &str) -> Option<i64> {
    const TEN_THOUSANDTH_MS: i64 = 360;
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 4 {
        return None;
    }
    let whole: i64 = whole.parse().ok().filter(|hours| *hours <= 10_000)?;
    let part: i64 = format!("{part:0<4}").parse().ok()?;
    Some((whole * 10_000 + part) * TEN_THOUSANDTH_MS).filter(|ms| *ms > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_may_have_decimals() {
        assert_eq!(hours_ms("24"), Some(86_400_000));
        assert_eq!(hours_ms(" 0.5"), Some(1_800_000));
        assert_eq!(hours_ms("0.0005"), Some(1_800));
        for bad in ["", "0", "0.0", "-1", "x", ".5", "1.23456", "1e3", "99999999999"] {
            assert_eq!(hours_ms(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_name_says_the_commit_and_the_time() {
        let name = file_name(382, 1_717_200_000_000);
        assert_eq!(name, "books-382-20240601-070000.db");
        assert!(is_file_name(&name));
        for other in ["books.db", "books-382.db.partial", "books-of-last-year.db", "letter.txt"] {
            assert!(!is_file_name(other), "{other}");
        }
    }
}
