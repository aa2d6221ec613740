//! Watching: keep trying to sync, so that what is queued is handed in as soon as there is a line.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::desk::Desk;
use super::{SyncError, SyncReport, Syncing, backoff};
use crate::folder::{self, FolderError, SyncLock};
use crate::line::LineFault;
use crate::means::Means;
use crate::store::{Rows, Stored};

/// How often the outbox is looked at, and how often the district is greeted while nothing is queued.
const GLANCE: Duration = Duration::from_secs(1);
const GREETING: Duration = Duration::from_secs(30);

/// Syncs again and again until `stop` is ready. Every attempt is told, with its report and its failure, if it failed.
pub(crate) async fn watch(
    syncing: Syncing<'_>,
    stop: impl Future<Output = ()>,
    mut tell: impl FnMut(&SyncReport, Option<&SyncError>),
) {
    let Syncing { folder, world, means, .. } = syncing;
    let mut stop = pin!(stop);
    let mut failures = 0_u32;
    let mut lock = None;
    loop {
        let round = async {
            let mut report = SyncReport::default();
            let failed = match held(&mut lock, folder) {
                Ok(lock) => syncing.attempt_with(lock, &mut report).await.err(),
                Err(busy) => Some(busy.into()),
            };
            tell(&report, failed.as_ref());
            failures = if failed.is_some() { failures.saturating_add(1) } else { 0 };
            if failures > 0 {
                sleep(asked(failed.as_ref()) + backoff::wait(failures, world)).await;
            } else {
                idle(folder, means, report.waiting).await;
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = round => {}
        }
    }
}

/// How long the district asks this side to stay away; those who are asked the same spread by the wait that is added.
fn asked(failed: Option<&SyncError>) -> Duration {
    match failed {
        Some(SyncError::Line(LineFault::Overloaded { delay, .. })) => *delay,
        _ => Duration::ZERO,
    }
}

/// The right to sync, which is kept for as long as the watching goes on.
fn held<'a>(lock: &'a mut Option<SyncLock>, folder: &Path) -> Result<&'a SyncLock, FolderError> {
    match lock {
        Some(lock) => Ok(lock),
        None => Ok(lock.insert(folder::lock(folder)?)),
    }
}

/// Waits until more is queued than the district has left open, or it is time to greet it again.
async fn idle(folder: &Path, means: &Means, waiting: u64) {
    let since = Instant::now();
    // A folder that cannot be read is looked at by the next attempt, which will say why.
    let Ok(desk) = Desk::open(folder, &means.disk).await else { return sleep(GLANCE).await };
    while since.elapsed() < GREETING {
        sleep(GLANCE).await;
        match desk.read(queued).await {
            Ok(queued) if queued <= waiting => {}
            _ => return,
        }
    }
}

fn queued(rows: &Rows<'_>) -> Stored<u64> {
    rows.queued_count()
}
