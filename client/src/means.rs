//! By what means a commune works: how it calls the district, and who waits for the disk while it talks.
//!
//! Both are handed in, as the clock and the dice are. A run over another network than this computer's can be repeated.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use gom_domain::world::Disk;
use tokio::task::spawn_blocking;
use tonic::transport::{Channel, Endpoint, Error};

type Connecting = Pin<Box<dyn Future<Output = Result<Channel, Error>> + Send>>;

/// How the district is called.
#[derive(Clone)]
pub enum Call {
    /// Over TCP.
    Tcp,
    /// Over a network that somebody else provides.
    Over(Arc<dyn Fn(Endpoint) -> Connecting + Send + Sync>),
}

/// The means of a commune.
#[derive(Clone, Debug)]
pub struct Means {
    /// How the district is called.
    pub call: Call,
    /// Who waits for the disk.
    pub disk: Disk,
}

impl Default for Means {
    /// TCP, and the runtime's own threads for work that waits.
    fn default() -> Self {
        Self { call: Call::Tcp, disk: Disk::new(|work| Box::pin(beside(work))) }
    }
}

/// Does work beside the threads that talk. A panic in it goes on where it is waited for.
async fn beside(work: impl FnOnce() + Send + 'static) {
    if let Err(stopped) = spawn_blocking(work).await
        && let Ok(panic) = stopped.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}

impl Call {
    /// Over another network.
    pub fn over(connect: impl Fn(Endpoint) -> Connecting + Send + Sync + 'static) -> Self {
        Self::Over(Arc::new(connect))
    }

    pub(crate) async fn connect(&self, endpoint: Endpoint) -> Result<Channel, Error> {
        match self {
            Self::Tcp => endpoint.connect().await,
            Self::Over(connect) => connect(endpoint).await,
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "Tcp",
            Self::Over(_) => "Over",
        })
    }
}
