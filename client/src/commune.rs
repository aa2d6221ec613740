//! A commune's folder, in use: each thing that an officer does is one method.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gom_domain::code::EnrolCode;
use gom_domain::invitation::Invitation;
use gom_domain::wording::Remark;
use gom_domain::world::World;

use crate::drafts::{self, Entered, Imported};
use crate::enrolment::{self, Enrolled, Place};
use crate::failure::{Failure, Mistake};
use crate::folder;
use crate::identity;
use crate::line::{self, Trust};
use crate::means::Means;
use crate::outbox::{self, Submitted, Which};
use crate::programme::{self, KnownTables, Programmes};
use crate::receipts::{self, ReceiptView};
use crate::repair;
use crate::resolve::{self, Keep, Resolved};
use crate::show::{self, FormView, YearView};
use crate::status::{self, Status};
use crate::stick::{self, Exported};
use crate::store::{DraftRow, EnrolledRow, FolderRow, Rows, Store, StoreError, Stored};
use crate::sync::{Refused, SyncError, SyncReport, Syncing, watch};
use crate::witness::{self, Witnessed};

/// The longest name of an officer, in characters.
const LONGEST_NAME: usize = 100;

/// A commune's data folder.
#[derive(Debug)]
pub struct Commune {
    folder: PathBuf,
    world: World,
    means: Means,
    server: Option<String>,
    store: Mutex<Option<Store>>,
    known: KnownTables,
}

impl Commune {
    /// Opens an enrolled folder.
    pub fn open(folder: &Path, world: World) -> Result<Self, Failure> {
        let store = enrolment::enrolled(folder)?.ok_or_else(|| Failure::NotEnrolled(folder.to_owned()))?;
        let (store, known) = (Mutex::new(Some(store)), KnownTables::default());
        let (folder, means) = (folder.to_owned(), Means::default());
        Ok(Self { folder, world, means, server: None, store, known })
    }

    /// Opens a folder that is to be synced: one whose database is damaged as well, for syncing mends it.
    pub fn open_to_sync(folder: &Path, world: World) -> Result<Self, Failure> {
        match Self::open(folder, world.clone()) {
            Err(failure) if repair::may_help(folder, &failure) => {
                let (store, known) = (Mutex::new(None), KnownTables::default());
                let (folder, means) = (folder.to_owned(), Means::default());
                Ok(Self { folder, world, means, server: None, store, known })
            }
            opened => opened,
        }
    }

    /// Enrols a folder by an invitation, and fetches all that is needed to work without a line.
    pub async fn accept(
        folder: &Path,
        world: World,
        invitation: &Invitation,
    ) -> Result<(Self, Enrolled), Failure> {
        let (means, server) = (Means::default(), invitation.url());
        let place = Place { call: &means.call, server: &server, authority: invitation.authority };
        enrolment::enrol(folder, &world, place, &invitation.code).await?;
        Self::begin(folder, world, means).await
    }

    /// Enrols a folder at a server on this computer with a one-time code, and fetches all that is needed to work without a
    /// line.
    pub async fn enroll(
        folder: &Path,
        world: World,
        server: &str,
        code: &str,
    ) -> Result<(Self, Enrolled), Failure> {
        Self::enroll_by(Means::default(), folder, world, server, code).await
    }

    /// The same by other means than the usual ones.
    pub async fn enroll_by(
        means: Means,
        folder: &Path,
        world: World,
        server: &str,
        code: &str,
    ) -> Result<(Self, Enrolled), Failure> {
        let code = EnrolCode::parse(code).map_err(|_| Failure::MistypedCode)?;
        let place = Place { call: &means.call, server, authority: None };
        enrolment::enrol(folder, &world, place, &code).await?;
        Self::begin(folder, world, means).await
    }

    async fn begin(folder: &Path, world: World, means: Means) -> Result<(Self, Enrolled), Failure> {
        let commune = Self::open(folder, world)?.by(means);
        let report = commune.sync().await.map_err(|error| Failure::FirstSync(Box::new(error)))?;
        let (unit_name, programmes) = commune.read(|_, programmes, _| {
            let unit_name =
                programmes.own_unit().map_or(programmes.unit.to_string(), |unit| unit.name.clone());
            let newest = programmes.years().into_iter().rev();
            let newest = newest.filter_map(|year| programmes.editions.for_year(year));
            let names = newest.map(|programme| programme.name.clone()).collect();
            Ok((unit_name, names))
        })?;
        Ok((commune, Enrolled { unit_name, programmes, report }))
    }

    /// Syncs with another address than the one it was enrolled at.
    #[must_use]
    pub fn at(mut self, server: &str) -> Self {
        self.server = Some(server.to_owned());
        self
    }

    /// Works by other means than the usual ones.
    #[must_use]
    pub fn by(mut self, means: Means) -> Self {
        self.means = means;
        self
    }

    /// Lays a sheet's figures over what stands, as drafts: all of it or nothing.
    pub fn import(&self, bytes: &[u8]) -> Result<Imported, Failure> {
        self.write(|rows, programmes, _| drafts::import(rows, programmes, bytes))
    }

    /// Fills in cells of a form, as they were typed: all of them or none.
    pub fn set(&self, form: &str, period: &str, entries: &[(&str, &str)]) -> Result<Entered, Failure> {
        let entries: Vec<_> = entries.iter().map(|(key, text)| (*key, Some(*text))).collect();
        self.write(|rows, programmes, _| drafts::set(rows, programmes, form, period, &entries))
    }

    /// Keeps what the officer says to warnings of a draft: the rule's key, the element's, and the words.
    pub fn explain(&self, form: &str, period: &str, notes: &[(&str, &str, &str)]) -> Result<(), Failure> {
        self.write(|rows, programmes, _| drafts::explain(rows, programmes, (form, period), notes))
    }

    /// The same with entries as they stand on a command line: `ELEMENT=VALUE`.
    pub fn enter(&self, form: &str, period: &str, entries: &[String]) -> Result<Entered, Failure> {
        let entries: Vec<(&str, Option<&str>)> = entries
            .iter()
            .map(|entry| {
                entry.split_once('=').map_or((entry.as_str(), None), |(key, text)| (key, Some(text)))
            })
            .collect();
        self.write(|rows, programmes, _| drafts::set(rows, programmes, form, period, &entries))
    }

    /// Seals drafts and queues them. When it returns, what is in `sealed` is durable.
    pub fn submit(&self, which: &Which, note: Option<&str>) -> Result<Submitted, Failure> {
        self.write(|rows, programmes, own| {
            outbox::submit(rows, programmes, &self.world, own.epoch, which, note)
        })
    }

    /// Settles a conflict. Both versions stay in the history.
    pub fn resolve(&self, form: &str, period: &str, keep: Keep) -> Result<Resolved, Failure> {
        self.write(|rows, programmes, _| resolve::resolve(rows, programmes, form, period, keep))
    }

    /// Writes what is queued as a file for a stick.
    pub fn export_queue(&self) -> Result<Exported, Failure> {
        self.with_store(|store| {
            store.read(|rows| {
                let (row, own) = self.enrolled(rows)?;
                Ok(stick::export(rows, &row, &own, &self.world)?)
            })
        })
    }

    /// Takes the district's answers from a stick.
    pub fn import_receipts(&self, file: &[u8]) -> Result<SyncReport, Failure> {
        let _lock = folder::lock(&self.folder)?;
        let (report, row) = self.with_store(|store| {
            store.write(|rows| {
                let (row, own) = self.enrolled(rows)?;
                let report = stick::import(rows, &row, &own, file, self.world.now_ms())??;
                Ok::<_, Failure>((report, self.enrolled(rows)?.0))
            })
        })?;
        // They may have begun another epoch, or another history.
        identity::keep(&self.folder, &row);
        Ok(report)
    }

    /// Whether everything in a queue that this computer has written before is still here.
    pub fn holds_queue(&self, file: &[u8]) -> Result<bool, Failure> {
        self.with_store(|store| store.read(|rows| Ok(stick::holds(rows, &self.enrolled(rows)?.0, file)?)))
    }

    /// How the officer has named himself; empty: he has not.
    pub fn officer(&self) -> Result<String, Failure> {
        self.with_store(|store| store.read(|rows| Ok(self.enrolled(rows)?.0.officer)))
    }

    /// Names the officer: whatever is handed in from now on bears the name.
    pub fn name_officer(&self, name: &str) -> Result<String, Failure> {
        let name = gom_domain::text::nfc(name.split_whitespace().collect::<Vec<_>>().join(" ").as_str());
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(Failure::Mistakes(vec![Mistake::BadName(LONGEST_NAME)]));
        }
        let row = self.with_store(|store| {
            store.write(|rows| {
                self.enrolled(rows)?;
                rows.put_officer(&name)?;
                Ok::<_, Failure>(self.enrolled(rows)?.0)
            })
        })?;
        identity::keep(&self.folder, &row);
        Ok(name)
    }

    /// Holds the district's journal to what it has signed.
    pub async fn verify_district(&self) -> Result<Witnessed, Failure> {
        let (row, own, kept, left) = self.with_store(|store| {
            store.read(|rows| {
                let (row, own) = self.enrolled(rows)?;
                Ok::<_, Failure>((row, own, rows.checkpoints()?, rows.left_histories()?))
            })
        })?;
        let address = line::url(self.server.as_deref().unwrap_or(&row.server), row.credentials.is_some());
        let trust = Trust::of(&row, own.device);
        let asked = async {
            let mut line = line::connect(&self.means.call, &address, &trust).await?;
            witness::ask(&mut line, &kept).await
        };
        let said = asked.await.map_err(Failure::Line)?;
        Ok(witness::compare(&kept, &witness::Known::of(&row, &own, &left), &said))
    }

    fn enrolled(&self, rows: &Rows<'_>) -> Result<(FolderRow, EnrolledRow), Failure> {
        let row = rows.folder()?;
        let enrolled = row.and_then(|row| Some((row.clone(), row.enrolled?)));
        enrolled.ok_or_else(|| Failure::NotEnrolled(self.folder.clone()))
    }

    /// Makes one attempt to hand in what is queued and to fetch what is new.
    pub async fn sync(&self) -> Result<SyncReport, SyncError> {
        let mut report = SyncReport::default();
        self.sync_into(&mut report).await?;
        Ok(report)
    }

    /// The same, with a report also of an attempt that fails half-way.
    pub async fn sync_into(&self, report: &mut SyncReport) -> Result<(), SyncError> {
        self.syncing().attempt(report).await
    }

    fn syncing(&self) -> Syncing<'_> {
        let Self { folder, world, means, server, .. } = self;
        Syncing { folder, world, means, server: server.as_deref() }
    }

    /// Syncs again and again until `stop` is ready, and tells of every attempt.
    pub async fn watch(
        &self,
        stop: impl Future<Output = ()>,
        tell: impl FnMut(&SyncReport, Option<&SyncError>),
    ) {
        watch::watch(self.syncing(), stop, tell).await;
    }

    /// What the district found in a report that it refused, in words.
    pub fn remarks(&self, refused: &Refused) -> Result<Vec<Remark>, Failure> {
        self.look(|_, programmes, _| Ok(programmes.remarks(&refused.body, &refused.receipt.ruling)))
    }

    /// How the folder stands.
    pub fn status(&self) -> Result<Status, Failure> {
        self.look(|rows, programmes, own| status::status(rows, programmes, own, self.world.now_ms()))
    }

    /// Whether a version of the programme waits here for a newer program.
    pub fn update_needed(&self) -> Result<bool, Failure> {
        let all_read = self.with_store(|store| store.read(|rows| Ok(rows.unread_editions()?.is_empty())))?;
        if all_read {
            return Ok(false);
        }
        self.with_store(|store| Ok(store.write(note_readable)?))
    }

    /// The forms being filled in.
    pub fn drafts(&self) -> Result<Vec<DraftRow>, Failure> {
        self.look(|rows, _, _| Ok(rows.drafts()?))
    }

    /// All receipts, in the order of the district's commits.
    pub fn receipts(&self) -> Result<Vec<ReceiptView>, Failure> {
        self.look(|rows, programmes, _| receipts::receipts(rows, programmes))
    }

    /// A programme's year, the newest unless one is named: each form and period with its state.
    pub fn year(&self, year: Option<i16>) -> Result<YearView, Failure> {
        self.read(|rows, programmes, _| show::year(rows, programmes, year))
    }

    /// One form and period, with all that an officer compares it with.
    pub fn form(&self, form: &str, period: &str) -> Result<FormView, Failure> {
        self.read(|rows, programmes, _| show::form(rows, programmes, form, period, self.world.now_ms()))
    }

    /// Looks at what stands at one moment, once there is a programme.
    fn read<T>(
        &self,
        look: impl FnOnce(&Rows<'_>, &Programmes, &EnrolledRow) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.look(|rows, programmes, own| {
            needed(programmes)?;
            look(rows, programmes, own)
        })
    }

    fn look<T>(
        &self,
        look: impl FnOnce(&Rows<'_>, &Programmes, &EnrolledRow) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.with_store(|store| store.read(|rows| self.in_context(rows, look)))
    }

    fn write<T>(
        &self,
        change: impl FnOnce(&Rows<'_>, &Programmes, &EnrolledRow) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.with_store(|store| {
            store.write(|rows| {
                self.in_context(rows, |rows, programmes, own| {
                    needed(programmes)?;
                    change(rows, programmes, own)
                })
            })
        })
    }

    fn in_context<T>(
        &self,
        rows: &Rows<'_>,
        work: impl FnOnce(&Rows<'_>, &Programmes, &EnrolledRow) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let own = rows.folder()?.and_then(|row| row.enrolled);
        let own = own.ok_or_else(|| Failure::NotEnrolled(self.folder.clone()))?;
        let programmes = Programmes::load(rows, &own.unit, &self.known)?;
        work(rows, &programmes, &own)
    }

    /// Works with the open database. After a failed write it is opened anew, and read again from the disk.
    fn with_store<T>(&self, work: impl FnOnce(&mut Store) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut slot = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let mut store = match slot.take() {
            Some(store) if !store.is_replaced() => store,
            _ => Store::open(&self.folder)?,
        };
        let done = work(&mut store);
        match &done {
            Err(Failure::Store(StoreError::Io(_) | StoreError::Full(_))) => store.give_up(),
            Err(Failure::Store(error)) if error.spoils_connection() => drop(store),
            _ => *slot = Some(store),
        }
        done
    }
}

/// Notes which versions this program can read; whether there are others.
fn note_readable(rows: &Rows<'_>) -> Stored<bool> {
    let mut others = false;
    for (version, bundle) in rows.unread_editions()? {
        match programme::read(&bundle) {
            Some(_) => rows.note_read(version)?,
            None => others = true,
        }
    }
    Ok(others)
}

fn needed(programmes: &Programmes) -> Result<(), Failure> {
    match programmes.editions.newest() {
        Some(_) => Ok(()),
        None => Err(Failure::NoProgramme),
    }
}
