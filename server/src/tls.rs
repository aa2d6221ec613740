//! Encrypted lines: TLS 1.3 for whatever leaves this computer.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use gom_domain::world::World;
use gom_trust::{Authority, DeviceCertificate, Key, TrustError};
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use crate::authority;
use crate::caller::Peer;
use crate::door::{self, Guest, Silence};
use crate::metrics::Away;
use crate::writer::Writer;

/// How long somebody may take to agree on a line.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a stranger may stay. Whoever wants to enrol has a code at hand.
const STAY: Duration = Duration::from_secs(30);
/// How old the server's own certificate becomes before it gets another one.
const OLD_MS: i64 = 30 * 86_400_000;

/// Makes encrypted lines by the authorities in the books.
#[derive(Debug)]
pub struct Tls {
    writer: Writer,
    world: World,
    made: Mutex<Option<Made>>,
}

/// What was made by the authorities of a moment.
#[derive(Debug)]
struct Made {
    at_ms: i64,
    authorities: Vec<CertificateDer<'static>>,
    config: Arc<ServerConfig>,
}

impl Tls {
    /// Lines by the authorities that the writer's books have.
    pub fn new(writer: Writer, world: World) -> Self {
        Self { writer, world, made: Mutex::default() }
    }

    /// How a line is made now.
    pub fn config(&self) -> Result<Arc<ServerConfig>, TrustError> {
        let memory = self.writer.memory();
        let authorities: Vec<_> =
            authority::active(&memory).map(|row| CertificateDer::from(row.certificate.clone())).collect();
        // The oldest: devices that know of no newer one trust it, too.
        let speaks =
            authority::active(&memory).next().map(|row| Authority::read(&row.key.0, &row.certificate));
        drop(memory);
        let now_ms = self.world.now_ms();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |made: &&Made| {
            made.authorities == authorities && now_ms.abs_diff(made.at_ms) < OLD_MS.unsigned_abs()
        };
        if let Some(made) = made.as_ref().filter(is_fresh) {
            return Ok(Arc::clone(&made.config));
        }
        let speaks = speaks.unwrap_or_else(Authority::make)?;
        let key = Key::generate()?;
        let certificate = speaks.for_server(&key, self.world.random(), now_ms)?;
        let chain = vec![certificate, speaks.certificate().clone()];
        let config = Arc::new(gom_trust::server(&key, chain, &authorities)?);
        *made = Some(Made { at_ms: now_ms, authorities, config: Arc::clone(&config) });
        Ok(config)
    }

    /// Agrees on a line with each who was let in, and lets those through with whom that succeeded.
    pub fn agree(self, mut guests: Receiver<Guest>) -> Receiver<Encrypted> {
        let (agreed, taken) = mpsc::channel(1);
        let strangers = door::strangers();
        tokio::spawn(async move {
            loop {
                let guest = tokio::select! {
                    // The server has stopped.
                    () = agreed.closed() => break,
                    guest = guests.recv() => guest,
                };
                let Some(guest) = guest else { break };
                let config = match self.config() {
                    Ok(config) => config,
                    Err(error) => {
                        tracing::error!(%error, "no line can be encrypted");
                        continue;
                    }
                };
                let (agreed, strangers) = (agreed.clone(), Arc::clone(&strangers));
                let writer = self.writer.clone();
                tokio::spawn(async move {
                    match timeout(PATIENCE, Encrypted::agree(guest, config, &strangers)).await {
                        // Nobody takes it where the server stops.
                        Ok(Ok(line)) => _ = agreed.send(line).await,
                        // Its own counter says so.
                        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                        _ => writer.metrics().turned_away(Away::NoAgreement),
                    }
                });
            }
        });
        taken
    }
}

/// An encrypted line.
#[derive(Debug)]
pub struct Encrypted {
    line: TlsStream<Guest>,
    peer: Peer,
    silence: Option<Silence>,
    stay: Option<Stay>,
}

/// One who has shown no certificate: his seat, and until when.
#[derive(Debug)]
struct Stay {
    end: Pin<Box<Sleep>>,
    _seat: OwnedSemaphorePermit,
}

impl Stay {
    fn of(this: &mut Option<Self>, context: &mut Context<'_>) -> io::Result<()> {
        if let Some(stay) = this
            && stay.end.as_mut().poll(context).is_ready()
        {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }
}

impl Encrypted {
    async fn agree(guest: Guest, config: Arc<ServerConfig>, strangers: &Arc<Semaphore>) -> io::Result<Self> {
        let from = guest.from();
        let agreed = TlsAcceptor::from(config).accept(guest).into_fallible().await;
        let line = match agreed {
            Ok(line) => line,
            Err((error, guest)) => return Err(told_why(guest, error).await),
        };
        let shown = line.get_ref().1.peer_certificates().and_then(|shown| shown.first());
        let peer = match shown {
            None => Peer::Stranger(from),
            Some(shown) => Peer::Device(DeviceCertificate::read(shown).map_err(io::Error::other)?),
        };
        let stay = match peer {
            Peer::Stranger(_) => {
                let seat = line.get_ref().0.stranger(strangers).ok_or(io::ErrorKind::ConnectionAborted)?;
                Some(Stay { end: Box::pin(sleep(STAY)), _seat: seat })
            }
            Peer::Device(_) | Peer::Here => None,
        };
        Ok(Self { line, peer, silence: Some(Silence::new(PATIENCE)), stay })
    }
}

/// Hears somebody out who was told why there is no line: if the door were shut on what he is still saying, he would only
/// hear that.
async fn told_why(mut guest: Guest, error: io::Error) -> io::Error {
    const MOST: u64 = 64 * 1024;
    let heard = async {
        guest.shutdown().await?;
        tokio::io::copy(&mut (&mut guest).take(MOST), &mut tokio::io::sink()).await
    };
    // Whether he has gone by himself makes no difference.
    _ = timeout(Duration::from_secs(1), heard).await;
    error
}

impl Connected for Encrypted {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Stay::of(&mut self.stay, context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.line).poll_read(context, buffer);
        Silence::of(&mut self.silence, buffer.filled().len() - before, context)?;
        read
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.line).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.line).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.line.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_shutdown(context)
    }
}
