//! Syncing: greet the district, hand in what is queued, settle what it has ruled on, fetch its news.
//!
//! Every step is durable before the next one begins, so a cut line or a power cut at any point loses nothing and the
//! next attempt goes on from there.

pub mod backoff;
mod desk;
pub(crate) mod give_back;
pub(crate) mod greeting;
pub(crate) mod pull;
pub(crate) mod push;
pub mod watch;

use std::path::Path;

use gom_domain::Period;
use gom_domain::ruling::Receipt;
use gom_domain::world::World;

use gom_proto::planted;

use crate::credentials;
use crate::enrolment;
use crate::folder::{self, FolderError, SyncLock};
use crate::identity;
use crate::line::{self, Line, LineFault, Trust};
use crate::means::{Call, Means};
use crate::repair::{self, Mended, Repaired};
use crate::store::{EnrolledRow, FolderRow, Rows, StoreError, Stored};
use desk::Desk;
use greeting::{Agreed, Exchange, Greeted};

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
    /// The district finds this folder older than what it knows of it, however often a new epoch is begun.
    #[error("the district grants one epoch after the other and takes none")]
    NeverCurrent,
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
    /// Whether this folder turned out to be older than what the district knows of it, so that a new epoch was begun.
    pub rebased: bool,
    /// How many sheets the district took back that it had lost.
    pub given_back: u64,
    /// Whether there may be more to give back.
    pub refills: bool,
    /// What was done about a damaged database before anything else.
    pub repaired: Option<Repaired>,
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

/// A folder that is to be synced, and by which means.
#[derive(Clone, Copy)]
pub(crate) struct Syncing<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) world: &'a World,
    pub(crate) means: &'a Means,
    /// Another address than the one it was enrolled at.
    pub(crate) server: Option<&'a str>,
}

impl Syncing<'_> {
    /// Makes one attempt. What it has come to stands in `report`, also where it fails half-way.
    pub(crate) async fn attempt(self, report: &mut SyncReport) -> Result<(), SyncError> {
        let lock = folder::lock(self.folder)?;
        self.attempt_with(&lock, report).await
    }

    /// The same, by one who has the right to sync already. A damaged database is mended once.
    async fn attempt_with(self, _: &SyncLock, report: &mut SyncReport) -> Result<(), SyncError> {
        match Box::pin(self.attempt_once(report)).await {
            Err(error) if repair::may_help_sync(self.folder, &error) => {
                let (path, clock) = (self.folder.to_owned(), self.world.clone());
                match desk::beside(&self.means.disk, move || Ok(repair::repair(&path, &clock))).await?? {
                    Mended::Not => return Err(error),
                    Mended::Finished => {}
                    Mended::Anew(repaired) => report.repaired = Some(repaired),
                }
                Box::pin(self.attempt_once(report)).await
            }
            done => done,
        }
    }

    async fn attempt_once(self, report: &mut SyncReport) -> Result<(), SyncError> {
        let Self { folder, world, means, server } = self;
        let desk = Desk::open(folder, &means.disk).await?;
        let (row, own) = desk.read(enrolled).await?.ok_or(SyncError::NotEnrolled)?;
        if identity::contradicts(folder, &row) {
            return Err(StoreError::Damaged("identity".to_owned()).into());
        }
        identity::keep(folder, &row);
        let address = line::url(server.unwrap_or(&row.server), row.credentials.is_some());
        let caller = Caller { folder, desk: &desk, call: &means.call, address: &address, world };
        let (mut line, own, agreed, exchange) = caller.greet(row, own, report).await?;
        let renew = exchange.renew;
        if let Some((row, _)) = desk.read(enrolled).await? {
            identity::keep(folder, &row);
        }
        caller.exchange(&mut line, &own, agreed, exchange, report).await?;
        if renew && let Err(error) = caller.renew(&mut line).await {
            // Everything has been handed in; the next sync asks again.
            tracing::warn!(error = &error as &dyn std::error::Error, "no other certificate was given");
        }
        (report.waiting, report.unresolved, report.refills) = desk.read(left).await?;
        Ok(())
    }
}

/// How often an attempt greets: once, again with proof, again with another certificate, again where the district has lost the device, and
/// again where a new epoch begins, which may turn out to be another computer's.
const GREETINGS: u32 = 7;

/// By what a folder may come back that the district does not let in.
enum Way {
    /// Another certificate, for the one that has run out.
    Renewal,
    /// The district's own seal, where its books have lost the device.
    Admission,
}

/// Who calls.
struct Caller<'a> {
    folder: &'a Path,
    desk: &'a Desk,
    call: &'a Call,
    address: &'a str,
    world: &'a World,
}

impl Caller<'_> {
    /// Gives back what the district has lost, hands in what it does not have, and fetches its news.
    async fn exchange(
        &self,
        line: &mut Line,
        own: &EnrolledRow,
        mut agreed: Agreed,
        mut exchange: Exchange,
        report: &mut SyncReport,
    ) -> Result<(), SyncError> {
        let desk = self.desk;
        if agreed.refill {
            if planted::is("refill-cleared-early") {
                desk.write(give_back::refilled).await?;
            }
            let after = agreed.pulled_to.take().unwrap_or(0);
            pull::pull(desk, line, after, report).await?;
            give_back::give_back(desk, line, own.device, report).await?;
            // It has all now that it can have; what is queued still goes out.
            agreed.district_has = u64::MAX;
        }
        push::push(desk, &mut exchange, own.epoch, agreed.district_has, report).await?;
        drop(exchange);
        let news = agreed.pulled_to.is_none_or(|pulled_to| agreed.news > pulled_to);
        if news || !report.refused.is_empty() {
            let after =
                if agreed.refill { desk.read(pulled_to).await? } else { agreed.pulled_to.unwrap_or(0) };
            pull::pull(desk, line, after, report).await?;
        }
        Ok(())
    }

    /// Greets until both sides agree from where to go on.
    async fn greet(
        &self,
        mut row: FolderRow,
        mut own: EnrolledRow,
        report: &mut SyncReport,
    ) -> Result<(Line, EnrolledRow, Agreed, Exchange), SyncError> {
        let mut line = line::connect(self.call, self.address, &Trust::of(&row, own.device)).await?;
        let mut ways = [Way::Renewal, Way::Admission].into_iter();
        let mut prove = false;
        for _ in 0..GREETINGS {
            match greeting::greet(self.desk, &mut line, &own, self.world, prove).await {
                Ok(Greeted::Asked) => prove = true,
                Ok(Greeted::Agreed(agreed, exchange)) => return Ok((line, own, agreed, *exchange)),
                Ok(Greeted::Older(epoch)) => {
                    tracing::warn!(epoch, "this folder is older than what the district knows of it");
                    self.desk.write(move |rows| rows.rebase(epoch)).await?;
                    report.rebased = true;
                    (row, own) = self.desk.read(enrolled).await?.ok_or(SyncError::NotEnrolled)?;
                    // Before the district hears of it: in an earlier life nobody would listen to the folder any more.
                    identity::keep(self.folder, &row);
                }
                Err(SyncError::Line(fault)) => {
                    let trust = Trust::of(&row, own.device);
                    let fault = line::unmask(self.call, self.address, &trust, fault).await;
                    (line, row) = self.come_back(&mut ways, (line, row), &own, fault).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(SyncError::NeverCurrent)
    }

    /// Comes back where the district does not let the folder in, by a way that has not been tried yet.
    async fn come_back(
        &self,
        ways: &mut impl Iterator<Item = Way>,
        (mut line, row): (Line, FolderRow),
        own: &EnrolledRow,
        fault: LineFault,
    ) -> Result<(Line, FolderRow), SyncError> {
        if matches!(fault, LineFault::Refused(_) | LineFault::CertificateRefused) {
            for way in ways {
                let is_in = match way {
                    Way::Renewal => line.is_encrypted() && self.renew(&mut line).await.is_ok(),
                    Way::Admission => own.admission.is_some() && self.readmit(&row, own).await?,
                };
                if is_in {
                    return self.connect_anew().await;
                }
            }
        }
        Err(fault.into())
    }

    /// Shows the district its seal on the folder's admission. Whether it knows the device again.
    async fn readmit(&self, row: &FolderRow, own: &EnrolledRow) -> Result<bool, SyncError> {
        match enrolment::readmit(self.call, self.address, row, own, self.world).await {
            Err(LineFault::Answer(_)) => Ok(false),
            Err(fault) => Err(fault.into()),
            Ok(given) => {
                if let Some(credentials) = given {
                    self.desk.write(move |rows| rows.keep_credentials(&credentials)).await?;
                }
                Ok(true)
            }
        }
    }

    /// A line on which the folder shows itself as it is now.
    async fn connect_anew(&self) -> Result<(Line, FolderRow), SyncError> {
        let (row, own) = self.desk.read(enrolled).await?.ok_or(SyncError::NotEnrolled)?;
        identity::keep(self.folder, &row);
        let line = line::connect(self.call, self.address, &Trust::of(&row, own.device)).await?;
        Ok((line, row))
    }

    /// Asks the district for another certificate, and keeps it.
    async fn renew(&self, line: &mut Line) -> Result<(), SyncError> {
        let (row, _) = self.desk.read(enrolled).await?.ok_or(SyncError::NotEnrolled)?;
        if let Some(credentials) = credentials::renewed(line, &row).await? {
            self.desk.write(move |rows| rows.keep_credentials(&credentials)).await?;
            tracing::info!("another certificate");
        }
        Ok(())
    }
}

/// How much has not been ruled on, how much waits for the officer, and whether there may be something to give back.
pub(crate) fn left(rows: &Rows<'_>) -> Stored<(u64, u64, bool)> {
    let refills = enrolled(rows)?.is_some_and(|(_, own)| own.refill);
    Ok((rows.queued_count()?, rows.unresolved()?.len() as u64, refills))
}

fn pulled_to(rows: &Rows<'_>) -> Stored<u64> {
    Ok(enrolled(rows)?.and_then(|(_, own)| own.pulled_to).unwrap_or(0))
}

fn enrolled(rows: &Rows<'_>) -> Stored<Option<(FolderRow, EnrolledRow)>> {
    let row = rows.folder()?;
    Ok(row.and_then(|row| row.enrolled.clone().map(|own| (row, own))))
}
