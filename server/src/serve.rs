//! A running server: the writer, the service for communes, and the office's socket for the district's own commands.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gom_domain::world::World;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;
use tonic::transport::server::Connected;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};

use crate::authority;
use crate::backup::schedule::Schedule;
use crate::books::{Books, Job};
use crate::caller::Peer;
use crate::disk;
use crate::door::Door;
use crate::folder::{Folder, Lock};
use crate::gate::Gate;
use crate::grpc::SyncService;
use crate::metrics::{self, Metrics};
use crate::office::{self, Office};
use crate::tls::Tls;
use crate::web::{self, Site, WebTls};
use crate::wording::Trouble;
use crate::writer::{Writer, WriterThread};

/// How long a silent connection may stay before it is asked whether it is still there, and then to answer.
const KEEPALIVE: Duration = Duration::from_secs(20);
/// How long a connection takes new calls, and then to end those that it has; whoever comes back goes on where it was.
/// Nobody needs it for so long, and seats are few: one that stayed for ever would be taken from others for ever.
const AGE: Duration = Duration::from_mins(10);
/// How many calls of one connection are served at once; a commune makes one or two.
const STREAMS: u32 = 16;
/// How large the headers of a call may be.
const HEADERS: u32 = 16 * 1024;
/// How many calls that were taken back, or broke the language's rules, a connection may have before it is closed.
const RESETS: usize = 20;
/// How long a computer that was heard of may wait to be written down.
const SETTLE: Duration = Duration::from_secs(2);
/// How long open streams may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(2);

/// Where to listen, and whether lines are encrypted there.
#[derive(Clone, Copy, Debug)]
pub struct Listen {
    /// The address.
    pub address: SocketAddr,
    /// Whether they are.
    pub encrypted: bool,
    /// Whether tools that know nothing of the service may ask the server to describe it.
    pub reflection: bool,
}

impl From<SocketAddr> for Listen {
    /// Whatever may leave this computer is encrypted.
    fn from(address: SocketAddr) -> Self {
        Self { address, encrypted: !address.ip().is_loopback(), reflection: false }
    }
}

impl Listen {
    /// With encrypted lines, also where they do not leave this computer.
    pub fn encrypted(address: SocketAddr) -> Self {
        Self { encrypted: true, ..address.into() }
    }
}

/// A server that answers.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    writer: Writer,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    thread: WriterThread,
    _lock: Lock,
}

/// Starts serving the books of a folder.
#[allow(clippy::unused_async, reason = "it starts tasks, so it must be called where tasks can run")]
pub async fn start(folder: &Folder, listen: impl Into<Listen>, world: World) -> Result<Running, Trouble> {
    let Listen { address: listen, encrypted, reflection } = listen.into();
    let (mut ledger, lock) = folder.open()?;
    // Damaged books are left as they are: whatever is written to them may make it worse.
    folder.prove(&mut ledger)?;
    let mut books = Books::open(Box::new(ledger)).map_err(|error| folder.trouble(&error))?;
    if encrypted {
        authority::ensure(&mut books, &world)?;
    }
    let cannot = |error: std::io::Error| Trouble::CannotListen(listen.to_string(), error.to_string());
    let metrics = Arc::new(Metrics::default());
    let door = Door::listen(listen, Arc::clone(&metrics)).map_err(cannot)?;
    let address = door.address().map_err(cannot)?;
    let (writer, thread) = Writer::counted(books, world.clone(), metrics);
    let (stop, stopped) = watch::channel(false);
    let service =
        SyncService::new(folder.clone(), writer.clone(), world.clone(), disk::threads(), stopped.clone());
    let guests = door.open();
    let communes = if encrypted {
        let tls = Tls::new(writer.clone(), world.clone());
        // What is wrong with the authority is to be said now, and not to the first commune.
        tls.config().map_err(|error| Trouble::Authority(error.to_string()))?;
        let guests = ReceiverStream::new(tls.agree(guests));
        tokio::spawn(communes(guests, service, reflection, stopped.clone()))
    } else {
        tokio::spawn(communes(ReceiverStream::new(guests), service, reflection, stopped.clone()))
    };
    let mut tasks = vec![communes, tokio::spawn(settle(writer.clone(), stopped.clone()))];
    let office = Office { writer: writer.clone(), world, address, encrypted };
    tasks.extend(office::start(folder, office, stopped));
    tracing::info!(%address, folder = %folder.path().display(), "serving");
    Ok(Running { address, writer, stop, tasks, thread, _lock: lock })
}

/// Has written down every few seconds who was heard of: the other commands read the books.
async fn settle(writer: Writer, stopped: watch::Receiver<bool>) {
    let heard = async {
        loop {
            tokio::time::sleep(SETTLE).await;
            _ = writer.perform(Job::Settle).await;
        }
    };
    tokio::select! {
        () = until(stopped) => {}
        () = heard => {}
    }
}

/// Serves whoever comes, over whatever line, until the server is told to stop.
pub async fn communes<G>(
    guests: impl Stream<Item = G>,
    service: SyncService,
    reflection: bool,
    stopped: watch::Receiver<bool>,
) where
    G: AsyncRead + AsyncWrite + Connected<ConnectInfo = Peer> + Unpin + Send + 'static,
{
    let guests = guests.map(Ok::<_, Infallible>);
    let served = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .max_concurrent_streams(STREAMS)
        .http2_max_header_list_size(HEADERS)
        .http2_max_pending_accept_reset_streams(Some(RESETS))
        .http2_max_local_error_reset_streams(Some(RESETS))
        .max_connection_age(AGE)
        .max_connection_age_grace(AGE)
        .layer(Gate::default())
        .add_service(health().await)
        .add_service(service.server())
        .add_optional_service(reflection.then(describe).flatten())
        .serve_with_incoming_shutdown(guests, until(stopped))
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the service ended");
    }
}

/// Says that the server serves, to whoever balances loads before it. No more is said to strangers.
async fn health() -> HealthServer<impl Health> {
    let (reporter, service) = tonic_health::server::health_reporter();
    reporter.set_service_status("gom.v1.Sync", ServingStatus::Serving).await;
    service
}

/// Describes the service to tools that know nothing of it, such as `grpcurl`. Strangers are told nothing.
fn describe() -> Option<ServerReflectionServer<impl ServerReflection>> {
    let described = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(gom_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1();
    described.inspect_err(|error| tracing::error!(%error, "the service cannot be described")).ok()
}

/// Waits until the server is told to stop.
pub(crate) async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that whoever could say so has gone, which is as good.
    _ = stopped.wait_for(|stopped| *stopped).await;
}

impl Running {
    /// The writer, for use cases in the same process.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Shows what it counts at an address of this computer.
    pub async fn show_metrics(
        &mut self,
        address: SocketAddr,
        folder: &Folder,
        world: &World,
    ) -> Result<SocketAddr, Trouble> {
        let of = (folder.clone(), self.writer.clone(), world.clone());
        let (address, served) = metrics::show(address, of, self.stop.subscribe()).await?;
        self.tasks.push(tokio::spawn(served));
        Ok(address)
    }

    /// Shows the district's screen; encrypted lines know these names of it, too. Returns where it is: `http://127.0.0.1:…/`.
    pub fn show_pages(
        &mut self,
        listen: Listen,
        names: Vec<String>,
        folder: &Folder,
        world: &World,
    ) -> Result<String, Trouble> {
        let Listen { address, encrypted, .. } = listen;
        let cannot = |error: std::io::Error| Trouble::CannotListen(address.to_string(), error.to_string());
        let door = Door::listen(address, Arc::new(Metrics::default())).map_err(cannot)?;
        let address = door.address().map_err(cannot)?;
        let mut all = vec!["localhost".to_owned(), address.ip().to_string()];
        all.extend(names);
        let tls = encrypted.then(|| WebTls::new(self.writer.clone(), world.clone(), all));
        if let Some(tls) = &tls {
            tls.config().map_err(|error| Trouble::Authority(error.to_string()))?;
        }
        let site = Site::new(folder.clone(), self.writer.clone(), world.clone(), encrypted);
        self.tasks.push(tokio::spawn(web::serve(door, site, tls, self.stop.subscribe())));
        Ok(format!("{}://{address}/", if encrypted { "https" } else { "http" }))
    }

    /// Makes backups by itself until it stops.
    pub fn keep_backups(&mut self, schedule: Schedule, folder: Folder, world: World) {
        self.tasks.push(tokio::spawn(schedule.run(folder, world, self.stop.subscribe())));
    }

    /// Stops: no new calls, open streams get a moment to end, everything handed in is answered.
    pub async fn stop(self) {
        _ = self.stop.send(true);
        for mut task in self.tasks {
            // A stream that a commune keeps open must not keep the server from stopping.
            if tokio::time::timeout(GRACE, &mut task).await.is_err() {
                task.abort();
                _ = task.await;
            }
        }
        drop(self.writer);
        let thread = self.thread;
        if tokio::task::spawn_blocking(move || thread.join()).await.is_err() {
            tracing::error!("the writer could not be waited for");
        }
        tracing::info!("stopped");
    }
}
