//! A commune: a client with a folder of its own, as its officer uses it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gom::folder::FolderError;
use gom::outbox::Submitted;
use gom::show::{CellState, FormView};
use gom::status::Status;
use gom::{Failure, SyncError, SyncReport, Which};
use gom_domain::Bilingual;
use gom_domain::invitation::Invitation;
use gom_domain::ruling::{Receipt, Verdict};
use gom_domain::world::World;
use tempfile::TempDir;

use crate::{District, Line, PATIENCE, Program, soon};

/// An enrolled commune.
#[derive(Debug)]
pub struct Commune {
    /// Its unit's code, as sheets have it.
    pub code: String,
    home: TempDir,
    world: World,
    url: String,
    gom: Arc<gom::Commune>,
}

impl Commune {
    /// A commune's PC that was just enrolled.
    pub async fn enrolled(district: &District, unit: &str) -> Self {
        Self::enrolled_with(district, unit, district.clock.world()).await
    }

    /// The same, with a clock of its own.
    pub async fn enrolled_with(district: &District, unit: &str, world: World) -> Self {
        let home = TempDir::new().unwrap();
        let (invitation, url) = (district.invitation(unit).await, district.url());
        let folder = home.path().join("commune");
        let enrolled = try_accept(&folder, world.clone(), &invitation).await;
        let gom = enrolled.unwrap_or_else(|failure| panic!("{unit}: {failure:?}"));
        Self { code: unit.to_owned(), home, world, url, gom: Arc::new(gom) }
    }

    /// Its folder.
    pub fn path(&self) -> PathBuf {
        self.home.path().join("commune")
    }

    /// The officer's program, at this folder.
    pub fn office(&self) -> Program {
        Program::gom(&self.path())
    }

    /// The client itself.
    pub fn gom(&self) -> Arc<gom::Commune> {
        Arc::clone(&self.gom)
    }

    /// Switches the PC off and on again: nothing is left but what is on the disk.
    pub fn switch_off_and_on(&mut self) {
        self.gom = Arc::new(gom::Commune::open(&self.path(), self.world.clone()).unwrap());
    }

    /// Fills in cells of a form.
    #[track_caller]
    pub fn set(&self, form: &str, period: &str, figures: &[(&str, &str)]) {
        assert!(self.gom.set(form, period, figures).unwrap().is_draft, "{form} {period} makes no draft");
    }

    /// Fills in a form, seals and queues it.
    #[track_caller]
    pub fn queue(&self, form: &str, period: &str, figures: &[(&str, &str)]) {
        self.set(form, period, figures);
        let submitted = self.submit(form, period);
        assert!(submitted.blocked.is_empty(), "{submitted:?}");
    }

    /// Seals and queues one form.
    #[track_caller]
    pub fn submit(&self, form: &str, period: &str) -> Submitted {
        self.gom.submit(&Which::One(form.to_owned(), period.to_owned()), None).unwrap()
    }

    /// Imports a sheet and queues all that came of it.
    #[track_caller]
    pub fn hand_in_sheet(&self, sheet: &[u8]) -> usize {
        self.gom.import(sheet).unwrap();
        let submitted = self.gom.submit(&Which::All, None).unwrap();
        assert!(submitted.blocked.is_empty(), "{submitted:?}");
        submitted.sealed.len()
    }

    /// Syncs with the district, which must go through.
    #[track_caller]
    pub fn sync(&self) -> impl Future<Output = SyncReport> {
        let place = std::panic::Location::caller();
        async move { self.try_sync().await.unwrap_or_else(|error| panic!("{place}: {error:?}")) }
    }

    /// Tries to sync with the district.
    pub async fn try_sync(&self) -> Result<SyncReport, SyncError> {
        self.sync_at(&self.url).await
    }

    /// Tries to sync over a line.
    pub async fn sync_over(&self, line: &Line) -> Result<SyncReport, SyncError> {
        self.sync_at(&line.url).await
    }

    /// Tries to sync with an address.
    pub async fn sync_at(&self, url: &str) -> Result<SyncReport, SyncError> {
        sync(&gom::Commune::open(&self.path(), self.world.clone()).unwrap().at(url)).await
    }

    /// The district is at another address from now on.
    pub fn call(&mut self, url: String) {
        self.url = url;
    }

    /// How a form and period stands on the officer's screen.
    pub fn state(&self, form: &str, period: &str) -> CellState {
        self.view(form, period).state
    }

    /// A form and period with all that it is compared with.
    pub fn view(&self, form: &str, period: &str) -> FormView {
        self.gom.form(form, period).unwrap()
    }

    /// A form's figures as the officer reads them, blanks as empty text.
    pub fn figures(&self, form: &str, period: &str) -> Vec<String> {
        let shown = |line: gom::show::Line| {
            line.now.map(|value| line.element.shown(value, gom_domain::Lang::Vi)).unwrap_or_default()
        };
        self.view(form, period).lines.into_iter().map(shown).collect()
    }

    /// How the folder stands.
    pub fn status(&self) -> Status {
        self.gom.status().unwrap()
    }

    /// How many reports are drafted, queued, accepted, rejected and in conflict.
    pub fn counts(&self) -> Counts {
        let status = self.status();
        Counts {
            drafts: status.drafts,
            queued: status.queued,
            accepted: status.accepted,
            rejected: status.rejected,
            conflicts: status.conflicts,
        }
    }

    /// All receipts, in the order of the district's commits.
    pub fn receipts(&self) -> Vec<Receipt> {
        self.gom.receipts().unwrap().into_iter().map(|view| view.receipt).collect()
    }
}

/// What the first lines of `gom status` say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Being filled in.
    pub drafts: u64,
    /// Not ruled on.
    pub queued: u64,
    /// Accepted.
    pub accepted: u64,
    /// Rejected, to be resolved.
    pub rejected: u64,
    /// In conflict, to be resolved.
    pub conflicts: u64,
}

/// The revision that a receipt is for; none where the report does not stand.
pub fn revision(receipt: &Receipt) -> Option<u32> {
    match receipt.ruling.verdict {
        Verdict::Accepted { revision } => Some(revision),
        Verdict::Conflict { .. } | Verdict::Rejected(_) => None,
    }
}

/// What an officer reads of a failed sync, in Vietnamese.
pub fn read_out(error: &SyncError) -> String {
    gom::wording::sync_error(error).vi
}

/// What an officer reads of something that was not done, line by line.
pub fn read_failure(failure: &Failure) -> Vec<Bilingual> {
    gom::wording::failure(failure)
}

/// Tries to enrol a folder by a code, at a server on this computer.
pub async fn try_enrol(folder: &Path, world: World, url: &str, code: &str) -> Result<gom::Commune, Failure> {
    enrolled(folder, world.clone(), soon(gom::Commune::enroll(folder, world, url, code)).await).await
}

/// Tries to enrol a folder by an invitation.
pub async fn try_accept(
    folder: &Path,
    world: World,
    invitation: &Invitation,
) -> Result<gom::Commune, Failure> {
    enrolled(folder, world.clone(), soon(gom::Commune::accept(folder, world, invitation)).await).await
}

async fn enrolled(
    folder: &Path,
    world: World,
    enrolled: Result<(gom::Commune, gom::Enrolled), Failure>,
) -> Result<gom::Commune, Failure> {
    match enrolled {
        Ok((commune, _)) => Ok(commune),
        Err(Failure::FirstSync(error)) if is_busy(&error) => {
            let commune = gom::Commune::open(folder, world)?;
            sync(&commune).await.map_err(|error| Failure::FirstSync(Box::new(error)))?;
            Ok(commune)
        }
        Err(failure) => Err(failure),
    }
}

/// Makes one attempt to sync. A program that another story is just starting holds copies of this process's files for a
/// moment, and with them the lock of the sync before.
async fn sync(commune: &gom::Commune) -> Result<SyncReport, SyncError> {
    let since = Instant::now();
    loop {
        match soon(commune.sync()).await {
            Err(error) if is_busy(&error) && since.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            synced => return synced,
        }
    }
}

fn is_busy(error: &SyncError) -> bool {
    matches!(error, SyncError::Folder(FolderError::Busy(_)))
}
