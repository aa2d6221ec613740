//! Repair: a database that is damaged or gone is set aside, and a new one is made in its place that the district fills.
//!
//! What was handed in is all at the district. What was not, queued reports and drafts, is salvaged from the damaged file as
//! far as it can be read, and what could not be is counted and said. It takes the right to sync, for the new database is
//! nothing before it was filled.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gom_domain::calendar::vietnam_stamp;
use gom_domain::greeting::Chain;
use gom_domain::programme::Programme;
use gom_domain::world::World;
use gom_proto::submission::Envelope;

use crate::failure::Failure;
use crate::folder::FolderError;
use crate::identity;
use crate::programme;
use crate::store::{FILE, FolderRow, OperationRow, Salvaged, Store, StoreError, Wreck};
use crate::swap::{self, Exchanged};
use crate::sync::SyncError;

/// What folders are called that hold damaged databases.
const ASIDE: &str = "damaged-";
/// What stands in for a database of which only the log is left.
const STAND_IN: &str = "salvaging.db";
/// With so many of them something else is wrong than the files, and a person has to look.
const MOST: usize = 20;

/// What was done about a damaged database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The folder that holds the damaged one.
    pub aside: PathBuf,
    /// How many queued reports were salvaged; they are queued again.
    pub queued: u64,
    /// How many drafts were salvaged.
    pub drafts: u64,
    /// How many reports and drafts could not be read, or not all of them.
    pub unread: u64,
    /// Whether there may have been more of them.
    pub blind: bool,
}

/// What mending has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mended {
    /// Nobody knows whose folder it is.
    Not,
    /// Going back to a backup had been cut short, and is done now.
    Finished,
    /// The database is a new one.
    Anew(Repaired),
}

/// Whether a repair may help against what keeps a folder from being opened.
pub(crate) fn may_help(folder: &Path, failure: &Failure) -> bool {
    match failure {
        Failure::Store(error) => is_damage(error),
        Failure::NotEnrolled(_) => identity::read(folder).is_some(),
        _ => false,
    }
}

/// The same for what keeps a folder from being synced.
pub(crate) fn may_help_sync(folder: &Path, error: &SyncError) -> bool {
    match error {
        SyncError::Store(StoreError::Absent) | SyncError::NotEnrolled => identity::read(folder).is_some(),
        SyncError::Store(error) => is_damage(error),
        _ => false,
    }
}

fn is_damage(error: &StoreError) -> bool {
    matches!(error, StoreError::Damaged(_) | StoreError::Interrupted)
}

/// Brings a repair to its end that was cut short, or makes one. Whoever calls it has the right to sync.
pub(crate) fn repair(folder: &Path, world: &World) -> Result<Mended, SyncError> {
    let unusable = |source: io::Error| FolderError::Unusable { folder: folder.to_owned(), source };
    if let Some(done) = swap::finish(folder).map_err(unusable)? {
        return Ok(told(done));
    }
    if asides(folder) >= MOST {
        return Ok(Mended::Not);
    }
    // Held to the end, so that nobody writes to what is being set aside.
    let wreck = open(folder);
    let gone = Salvaged { blind: true, ..Salvaged::default() };
    let mut salvaged = wreck.as_ref().map_or(gone, Wreck::salvage);
    place_by_body(&mut salvaged);
    let Some(row) = who(folder, &salvaged) else { return Ok(Mended::Not) };
    let ready = swap::clear(folder, "repairing.db");
    make(&ready, &row, &salvaged)?;
    let note = format!(
        "{} {} {} {}",
        salvaged.queued.len(),
        salvaged.drafts.len(),
        salvaged.unread,
        u8::from(salvaged.blind)
    );
    let aside = format!("{ASIDE}{}", vietnam_stamp(world.now_ms()));
    let done = swap::exchange(folder, &ready, &swap::free(folder, &aside), &note).map_err(unusable)?;
    drop(wreck);
    swap::clear(folder, STAND_IN);
    tracing::warn!(aside = %done.aside.display(), "a damaged database was set aside");
    Ok(told(done))
}

/// Where it is not proven what the salvaged reports are about, their bodies say so, along the programmes that they name.
/// One that cannot be placed is not handed in: its officer would find it nowhere, or in another's place.
fn place_by_body(salvaged: &mut Salvaged) {
    let Some(editions) = salvaged.to_be_read_by.take() else { return };
    let editions: BTreeMap<u32, Option<Programme>> =
        editions.into_iter().map(|(version, bundle)| (version, programme::read(&bundle))).collect();
    let before = salvaged.queued.len();
    salvaged.queued.retain_mut(|operation| {
        let Ok(envelope) = Envelope::decode(&operation.body) else { return false };
        let programme = editions.get(&envelope.programme_version).and_then(Option::as_ref);
        let Some(form) = programme.and_then(|programme| programme.forms.get(envelope.form.get())) else {
            return false;
        };
        (operation.form, operation.period) = (form.key.clone(), envelope.period);
        operation.submission = envelope.id;
        true
    });
    salvaged.unread += (before - salvaged.queued.len()) as u64;
}

fn asides(folder: &Path) -> usize {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter(|name| name.to_string_lossy().starts_with(ASIDE)).count()
}

/// The damaged database. Of one that is empty nothing may be left but its log, and whoever opened it would throw that
/// away; so a copy of the log is read, over a page that says nothing.
fn open(folder: &Path) -> Option<Wreck> {
    let (file, log) = (folder.join(FILE), folder.join(format!("{FILE}-wal")));
    if fs::metadata(&file).ok()?.len() > 0 {
        return Wreck::open(&file).ok();
    }
    let stand_in = swap::clear(folder, STAND_IN);
    fs::copy(log, folder.join(format!("{STAND_IN}-wal"))).ok()?;
    fs::write(&stand_in, [0; 4096]).ok()?;
    Wreck::open(&stand_in).ok()
}

/// Whose folder it is: by what was written down beside the database, or by the database itself.
fn who(folder: &Path, salvaged: &Salvaged) -> Option<FolderRow> {
    let epoch = |row: &FolderRow| row.enrolled.as_ref().map_or(0, |own| own.epoch);
    let known = [identity::read(folder), salvaged.folder.clone()].into_iter().flatten();
    known.filter(|row| row.enrolled.is_some()).reduce(|beside, inside| {
        // What is damaged may say anything: it is believed only where it knows more of the same.
        let same = beside.secret == inside.secret && epoch(&inside) > epoch(&beside);
        if same && epoch(&inside) - epoch(&beside) < 100 { inside } else { beside }
    })
}

/// Makes a database of the same device, in its next life, with all that was salvaged.
fn make(ready: &Path, row: &FolderRow, salvaged: &Salvaged) -> Result<(), StoreError> {
    let Some(own) = &row.enrolled else { return Err(StoreError::Foreign) };
    let epoch = own.epoch + 1;
    let mut store = Store::beside(ready)?;
    store.write(|rows| {
        rows.begin_as(row, own, epoch)?;
        let mut chain = Chain::default();
        for (sequence, old) in (1..).zip(&salvaged.queued) {
            chain = chain.then_sealed(&old.fingerprint);
            rows.append(&OperationRow { epoch, sequence, chain, ..old.clone() })?;
        }
        salvaged.drafts.iter().try_for_each(|draft| rows.put_draft(draft))
    })?;
    store.into_one_file()
}

/// What is to be told of a repair, from the note of it.
fn told(done: Exchanged) -> Mended {
    if done.note.is_empty() {
        return Mended::Finished;
    }
    let mut counts = done.note.split(' ').map(|count| count.parse().unwrap_or(0));
    let mut next = || counts.next().unwrap_or(0);
    let (queued, drafts, unread, blind) = (next(), next(), next(), next() > 0);
    Mended::Anew(Repaired { aside: done.aside, queued, drafts, unread, blind })
}
