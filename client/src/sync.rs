//! Syncing: greet the district, hand in what is queued, settle what it has ruled on, fetch its news.
//!
//! Every step is durable before the next one begins, so a cut line or a power cut at any point loses nothing and the
//! next attempt goes on from there.

pub mod backoff;
mod desk;
mod greeting;
mod pull;
mod push;
pub mod watch;

use std::path::Path;

use gom_domain::Period;
use gom_domain::ruling::Receipt;
use gom_domain::world::World;

use crate::folder::{self, FolderError, SyncLock};
use crate::line::{self, LineFault, Pass};
use crate::means::Means;
use crate::store::{EnrolledRow, FolderRow, Rows, StoreError, Stored};
use desk::Desk;

/// The attempt ended before everything was settled. Nothing is lost.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The data folder cannot be used, or is being synced already.
    #[error("the data folder cannot be synced")]
    Folder(#[from] FolderError),
    /// The folder's database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// The folder is not enrolled.
    #[error("the folder is not enrolled")]
    NotEnrolled,
    /// The line or the district failed.
    #[error("the district could not be synced with")]
    Line(#[from] LineFault),
    /// The district knows operations of this device that are not in this folder: it is an older copy.
    #[error(
        "the district knows operation {district}, this folder has sealed {sealed} of this device, or others"
    )]
    OlderThanDistrict {
        /// The last operation that the district knows.
        district: u64,
        /// The last one sealed here.
        sealed: u64,
    },
    /// Another computer goes by this device's name.
    #[error("the district has quarantined this device")]
    Quarantined,
    /// The district asks for something that this version does not know.
    #[error("the district asks for something that only a newer version knows")]
    UnknownAction,
}

/// What a sync has come to.
#[derive(Clone, Debug, Default)]
pub struct SyncReport {
    /// How many operations were sent.
    pub handed_in: u64,
    /// How many of them were accepted.
    pub accepted: u64,
    /// Those that were rejected or are in conflict.
    pub refused: Vec<Refused>,
    /// How many reports of others came.
    pub filed: u64,
    /// The versions of the programme that came.
    pub editions: Vec<u32>,
    /// Whether something has come that only a newer version of the program can read.
    pub update_needed: bool,
    /// How many operations the district has not ruled on.
    pub waiting: u64,
    /// How many rejections and conflicts wait for the officer, earlier ones included.
    pub unresolved: u64,
}

/// A report that the district did not let stand.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The form's key.
    pub form: String,
    /// The period.
    pub period: Period,
    /// Its body, verbatim.
    pub body: Vec<u8>,
    /// What the district said.
    pub receipt: Receipt,
}

impl SyncReport {
    /// Whether everything that was queued has been ruled on and nothing waits for the officer.
    pub fn is_settled(&self) -> bool {
        self.waiting == 0 && self.unresolved == 0
    }
}

/// Makes one attempt. What it has come to stands in `report`, also where it fails half-way.
pub(crate) async fn attempt(
    folder: &Path,
    world: &World,
    means: &Means,
    server: Option<&str>,
    report: &mut SyncReport,
) -> Result<(), SyncError> {
    let lock = folder::lock(folder)?;
    attempt_with(&lock, folder, world, means, server, report).await
}

/// The same, by one who has the right to sync already.
async fn attempt_with(
    _: &SyncLock,
    folder: &Path,
    world: &World,
    means: &Means,
    server: Option<&str>,
    report: &mut SyncReport,
) -> Result<(), SyncError> {
    let desk = Desk::open(folder, &means.disk).await?;
    let (row, own) = desk.read(enrolled).await?.ok_or(SyncError::NotEnrolled)?;
    let pass = Pass::new(own.device, &row.secret);
    let address = server.unwrap_or(&row.server);
    let mut client = line::connect(&means.call, address).await?;
    let (agreed, mut exchange) = match greeting::greet(&desk, &mut client, &pass, &own, world).await {
        Err(SyncError::Line(fault)) => return Err(line::unmask(&means.call, address, fault).await.into()),
        greeted => greeted?,
    };
    push::push(&desk, &mut exchange, own.epoch, agreed.district_has, report).await?;
    drop(exchange);
    let news = agreed.pulled_to.is_none_or(|pulled_to| agreed.news > pulled_to);
    if news || !report.refused.is_empty() {
        let after = agreed.pulled_to.unwrap_or(0);
        pull::pull(&desk, &mut client, &pass, (own.device, own.epoch), after, report).await?;
    }
    (report.waiting, report.unresolved) =
        desk.read(|rows| Ok((rows.queued_count()?, rows.unresolved()?.len() as u64))).await?;
    Ok(())
}

fn enrolled(rows: &Rows<'_>) -> Stored<Option<(FolderRow, EnrolledRow)>> {
    let row = rows.folder()?;
    Ok(row.and_then(|row| row.enrolled.clone().map(|own| (row, own))))
}
