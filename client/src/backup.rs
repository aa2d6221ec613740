//! Backups of a commune's folder: a copy that counts only once it was opened and checked, and going back to one.
//!
//! A copy bears its name only when it is whole, on the disk and checked. A folder that goes back to one is older than what
//! the district knows of it; the next sync puts that right, and what was queued in the copy is handed in then.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use gom_domain::calendar::vietnam_stamp;
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_durable::lock::{self, Held};
use gom_durable::{database, name};

use crate::failure::Failure;
use crate::folder::{self, FolderError};
use crate::store::{FILE, FolderRow, Rows, Store, StoreError, Stored, Tally, Wreck};
use crate::{identity, swap};

/// A checked copy of a folder's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The file, by its whole path.
    pub file: PathBuf,
    /// Whose it is.
    pub unit: UnitId,
    /// Its size.
    pub bytes: u64,
    /// How many reports were sealed.
    pub operations: u64,
    /// How many of them the district has not ruled on.
    pub queued: u64,
    /// How many forms are being filled in.
    pub drafts: u64,
}

/// What going back to a copy has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Whose it is.
    pub unit: UnitId,
    /// How many reports of the copy the district has not ruled on, as far as the copy knows.
    pub queued: u64,
    /// How many forms are being filled in.
    pub drafts: u64,
    /// What has become of the database that was there.
    pub aside: Option<Aside>,
}

/// A database that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// The folder that holds it.
    pub folder: PathBuf,
    /// How many of its reports the district has not ruled on, and how many forms are being filled in; none where it cannot
    /// be read.
    pub open: Option<(u64, u64)>,
}

/// Makes a backup. Where it fails there is no file of that name.
pub fn backup(folder: &Path, file: &Path) -> Result<Backup, Failure> {
    let cannot = |source: io::Error| Failure::File { file: file.to_owned(), source };
    let mut store = Store::open(folder)?;
    let name = file.file_name().ok_or_else(|| cannot(io::ErrorKind::IsADirectory.into()))?;
    let above = file.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let above = above.canonicalize().map_err(cannot)?;
    let (file, mut partial) = (above.join(name), name.to_owned());
    partial.push(".partial");
    let partial = above.join(partial);
    refuse_if_there(&file)?;
    let held = hold(&partial).map_err(cannot)?;
    let made = fill(&mut store, folder, (&partial, &held), &file);
    if made.is_err() {
        clear(&partial);
    }
    made
}

/// Takes the file that a backup is until it is whole. It is kept open to the end: a file that SQLite has open must not be
/// closed by anybody else in the process.
fn hold(partial: &Path) -> io::Result<Held> {
    let held = lock::hold(partial)?.ok_or(io::ErrorKind::ResourceBusy)?;
    held.set_len(0).map(|()| held)
}

fn fill(
    store: &mut Store,
    folder: &Path,
    (partial, held): (&Path, &File),
    file: &Path,
) -> Result<Backup, Failure> {
    let cannot = |source: io::Error| Failure::File { file: file.to_owned(), source };
    let counted = store.read(|rows| {
        let counted = rows.tally()?;
        rows.copy_to(partial)?;
        Ok::<_, StoreError>(counted)
    })?;
    let counted = counted.ok_or_else(|| Failure::NotEnrolled(folder.to_owned()))?;
    held.sync_all().map_err(cannot)?;
    let bytes = fs::metadata(partial).map_err(cannot)?.len();
    if Store::examine(partial)? != counted {
        return Err(StoreError::Damaged("the copy".to_owned()).into());
    }
    refuse_if_there(file)?;
    fs::rename(partial, file).map_err(cannot)?;
    name::keep(file).map_err(cannot)?;
    let unit = unit(&counted.folder).cloned().ok_or_else(|| Failure::NotEnrolled(folder.to_owned()))?;
    let Tally { operations, queued, drafts: (drafts, _), .. } = counted;
    Ok(Backup { file: file.to_owned(), unit, bytes, operations, queued, drafts })
}

fn refuse_if_there(file: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(file) {
        Ok(_) => Err(Failure::File { file: file.to_owned(), source: io::ErrorKind::AlreadyExists.into() }),
        Err(_) => Ok(()),
    }
}

fn clear(partial: &Path) {
    // What was never written need not be removed.
    _ = fs::remove_file(partial);
    let mut journal = partial.as_os_str().to_owned();
    journal.push("-journal");
    _ = fs::remove_file(journal);
}

/// Goes back to a backup. A database that is there is set aside, if that is asked for; the file stays as it is.
pub fn restore(folder: &Path, file: &Path, replace: bool, world: &World) -> Result<Restored, Failure> {
    let unusable = |source: io::Error| FolderError::Unusable { folder: folder.to_owned(), source };
    if !file.is_file() {
        let why = if file.is_dir() { io::ErrorKind::IsADirectory } else { io::ErrorKind::NotFound };
        return Err(Failure::File { file: file.to_owned(), source: why.into() });
    }
    folder::make(folder)?;
    let _lock = folder::lock(folder)?;
    swap::finish(folder).map_err(unusable)?;
    let there = folder.join(FILE).exists();
    if there && !replace {
        return Err(Failure::InTheWay(folder.to_owned()));
    }
    let ready = swap::clear(folder, "restoring.db");
    let before = if there { there_before(folder) } else { None };
    let own = before.as_ref().map(|tally| tally.folder.clone()).or_else(|| identity::read(folder));
    let lives = [before.as_ref().map(|tally| tally.folder.clone()), identity::read(folder)];
    let made = make_ready(&lives, file, &ready).and_then(|made| is_of(own.as_ref(), made));
    let (unit, row, tally) = match made {
        Ok(made) => made,
        Err(failure) => {
            swap::clear(folder, "restoring.db");
            return Err(failure);
        }
    };
    // Whoever writes to the database that is there has done so before, or finds that it is another now.
    let old = if there { Wreck::open(&folder.join(FILE)).ok() } else { None };
    let aside = swap::free(folder, &format!("replaced-{}", vietnam_stamp(world.now_ms())));
    let done = swap::exchange(folder, &ready, &aside, "").map_err(unusable)?;
    drop(old);
    identity::keep(folder, &row);
    let open = before.map(|tally| (tally.queued, tally.drafts.0));
    let aside = there.then_some(Aside { folder: done.aside, open });
    Ok(Restored { unit, queued: tally.queued, drafts: tally.drafts.0, aside })
}

/// What a folder holds before it goes back; none where that cannot be read.
fn there_before(folder: &Path) -> Option<Tally> {
    let tally = |rows: &Rows<'_>| rows.tally();
    Store::open(folder).ok()?.read(tally).ok()?
}

fn unit(row: &FolderRow) -> Option<&UnitId> {
    row.enrolled.as_ref().map(|own| &own.unit)
}

/// Refuses a copy of another unit's folder: its officer would hand in for the other unit.
fn is_of(
    own: Option<&FolderRow>,
    (row, tally): (FolderRow, Tally),
) -> Result<(UnitId, FolderRow, Tally), Failure> {
    let copy = unit(&tally.folder).cloned().unwrap_or_else(|| UnitId::from(""));
    match own.and_then(unit).filter(|own| **own != copy) {
        Some(own) => Err(Failure::BackupOfAnother { own: own.to_string(), copy: copy.to_string() }),
        None => Ok((copy, row, tally)),
    }
}

/// Copies a backup beside the database, checks the copy, and lets it go on in a life that comes after all that the folder
/// has had.
fn make_ready(lives: &[Option<FolderRow>], file: &Path, ready: &Path) -> Result<(FolderRow, Tally), Failure> {
    let bad = |source: StoreError| Failure::BadBackup { file: file.to_owned(), source };
    database::copy_files(file, ready).map_err(|source| Failure::File { file: file.to_owned(), source })?;
    let tally = Store::examine(ready).map_err(bad)?;
    let mut store = Store::beside(ready).map_err(bad)?;
    let row = store
        .write(|rows| -> Stored<Option<FolderRow>> {
            let Some(row) = rows.folder()? else { return Ok(None) };
            let later = lives.iter().flatten().filter_map(|life| later_life(&row, life));
            let later = later.max_by_key(|(_, _, epoch)| *epoch);
            if let Some((device, admission, epoch)) = later {
                if let Some(own) = &row.enrolled {
                    rows.enrol(device, &own.unit, own.history, &admission)?;
                }
                rows.rebase(epoch)?;
            }
            rows.folder()
        })
        .map_err(bad)?;
    let row = row.ok_or_else(|| bad(StoreError::Foreign))?;
    store.into_one_file().map_err(bad)?;
    Ok((row, tally))
}

/// As whom, and in which life, a copy goes on, where the folder has been on since: the copy's own life is over then, and
/// whoever spoke in it would be taken for another computer.
fn later_life(
    copy: &FolderRow,
    beside: &FolderRow,
) -> Option<(gom_domain::greeting::DeviceId, Vec<u8>, u32)> {
    let (old, new) = (copy.enrolled.as_ref()?, beside.enrolled.as_ref()?);
    let same = copy.secret == beside.secret && old.unit == new.unit;
    let is_over = old.device != new.device || old.epoch < new.epoch;
    (same && is_over).then(|| (new.device, new.admission.clone().unwrap_or_default(), new.epoch + 1))
}
