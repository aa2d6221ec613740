//! The threads that wait for the disk, so that connections need not.

use gom_domain::world::Disk;
use tokio::task::spawn_blocking;

/// The runtime's own threads for work that waits.
pub fn threads() -> Disk {
    Disk::new(|work| {
        Box::pin(async {
            if let Err(error) = spawn_blocking(work).await {
                tracing::error!(%error, "reading the books failed");
            }
        })
    })
}
