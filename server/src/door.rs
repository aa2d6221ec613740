//! The server's door: how many connections are served at once, and how soon whoever comes must begin to speak.
//!
//! On the morning after a cut line thousands of communes come at once. Those that cannot be served yet wait before
//! the door, in the system's own queue, where they cost the server nothing.
//!
//! **Invariant:** a connection holds its seat from the moment it is let in until it is closed, and nothing else does.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};
use tonic::transport::server::Connected;

use crate::caller::Peer;
use crate::metrics::{Away, Metrics};

/// How many connections are served at once. Each costs about 40 kB and a file descriptor; systems allow a program
/// 1,024 of these unless told otherwise, and whoever reads the books needs some as well.
const SEATS: usize = 512;
/// How many of them may be from one address: a commune needs one or two, and several may share an address.
const OF_ONE: usize = 64;
/// How many of them may be strangers', who have shown no certificate; the others are left to devices.
const STRANGERS: usize = 128;
/// How many connections may wait before the door; the system may have a lower limit of its own.
const BACKLOG: u32 = 16_384;
/// How long somebody may take to say the first words. Those who waited before the door have said them by then.
const PATIENCE: Duration = Duration::from_secs(10);
/// The first words of HTTP/2, `PRI * HTTP/2.0 …`, in bytes.
const FIRST_WORDS: usize = 24;
/// How long the door stays shut when the system has nothing left to let anybody in with.
const PAUSE: Duration = Duration::from_millis(200);

/// Where connections are let in.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    seats: Arc<Semaphore>,
    of_one: usize,
    inside: Inside,
    patience: Duration,
}

/// How many connections of each neighbourhood are inside.
#[derive(Clone, Debug, Default)]
struct Inside {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    metrics: Arc<Metrics>,
}

/// One of an address that is inside.
#[derive(Debug)]
struct Counted {
    inside: Inside,
    address: IpAddr,
}

impl Inside {
    /// Counts one more of an address; none if there are so many already.
    fn count(&self, address: IpAddr, most: usize) -> Option<Counted> {
        let mut inside = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = inside.entry(address).or_default();
        (*count < most).then(|| {
            *count += 1;
            self.metrics.came();
            Counted { inside: self.clone(), address }
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.inside.metrics.went();
        let mut inside = self.inside.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = inside.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                inside.remove(&self.address);
            }
        }
    }
}

/// A connection that was let in.
#[derive(Debug)]
pub struct Guest {
    stream: TcpStream,
    /// The first words, as long as they are awaited.
    silence: Option<Silence>,
    counted: Counted,
    _seat: OwnedSemaphorePermit,
}

impl Guest {
    /// From where it comes.
    pub fn from(&self) -> IpAddr {
        self.counted.address
    }

    /// Gives one who stays a stranger the seat that is his; none if strangers have all of theirs already.
    pub(crate) fn stranger(&self, strangers: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        let seat = Arc::clone(strangers).try_acquire_owned().ok();
        if seat.is_none() {
            self.counted.inside.metrics.turned_away(Away::TooManyStrangers);
        }
        seat
    }
}

/// The seats that strangers may have.
pub(crate) fn strangers() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(STRANGERS))
}

/// Whose address it is: whoever has one IPv6 address mostly has 2^64 of them.
pub(crate) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// Somebody who has not said the first words yet.
#[derive(Debug)]
pub(crate) struct Silence {
    awaited: usize,
    end: Pin<Box<Sleep>>,
}

impl Door {
    /// Listens at an address; nobody is let in yet.
    pub fn listen(address: SocketAddr, metrics: Arc<Metrics>) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Elsewhere this would let another program listen at the same address.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        // Whoever is on this computer could do worse.
        let of_one = if address.ip().is_loopback() { SEATS } else { OF_ONE };
        let inside = Inside { counts: Arc::default(), metrics };
        Ok(Self::with(socket.listen(BACKLOG)?, (SEATS, of_one), inside, PATIENCE))
    }

    fn with(
        listener: TcpListener,
        (seats, of_one): (usize, usize),
        inside: Inside,
        patience: Duration,
    ) -> Self {
        let seats = Arc::new(Semaphore::new(seats));
        Self { listener, seats, of_one, inside, patience }
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Lets connections in for as long as somebody takes them.
    pub fn open(self) -> Receiver<Guest> {
        let (guests, taken) = mpsc::channel(1);
        tokio::spawn(self.let_in(guests));
        taken
    }

    async fn let_in(self, guests: Sender<Guest>) {
        loop {
            let guest = tokio::select! {
                guest = self.next() => guest,
                () = guests.closed() => return,
            };
            match guest {
                Ok(guest) => _ = guests.send(guest).await,
                Err(error) if concerns_one(&error) => {}
                // Whoever waits is still waiting then, so trying again at once would fail again at once.
                Err(error) => {
                    self.inside.metrics.turned_away(Away::NoneLeft);
                    tracing::warn!(%error, "nobody can be let in");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// The next one, as soon as there is a seat.
    async fn next(&self) -> io::Result<Guest> {
        let seat = Arc::clone(&self.seats).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, from) = self.listener.accept().await?;
        let counted = self.inside.count(neighbourhood(from.ip()), self.of_one);
        // Whoever has too many already is the only one who notices.
        let counted = counted.ok_or_else(|| {
            self.inside.metrics.turned_away(Away::TooMany);
            io::ErrorKind::ConnectionAborted
        })?;
        stream.set_nodelay(true)?;
        let silence = Silence::new(self.patience);
        Ok(Guest { stream, silence: Some(silence), counted, _seat: seat })
    }
}

/// Whether only one connection failed, which its other end gave up while it was waiting.
fn concerns_one(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | InvalidInput | NotConnected)
}

impl Silence {
    /// Somebody who has so long to say them.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { awaited: FIRST_WORDS, end: Box::pin(sleep(patience)) }
    }

    /// Hears so many bytes more of somebody who may be silent still.
    pub(crate) fn of(this: &mut Option<Self>, bytes: usize, context: &mut Context<'_>) -> io::Result<()> {
        if let Some(silence) = this
            && !silence.hear(bytes, context)?
        {
            *this = None;
        }
        Ok(())
    }

    /// Hears so many bytes more; whether there is still something to be awaited, and time left for it.
    fn hear(&mut self, bytes: usize, context: &mut Context<'_>) -> io::Result<bool> {
        self.awaited = self.awaited.saturating_sub(bytes);
        if self.awaited > 0 && self.end.as_mut().poll(context).is_ready() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(self.awaited > 0)
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        Silence::of(&mut self.silence, buffer.filled().len() - before, context)?;
        read
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Connected for Guest {
    /// Served as it is, it is a line that does not leave this computer.
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        Peer::Here
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    use super::*;

    /// As long as nothing is to happen, and as long as it may take where it is.
    const SHORT: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_secs(10);

    async fn door(seats: usize, patience: Duration) -> (SocketAddr, Receiver<Guest>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = Door::with(listener, (seats, 3), Inside::default(), patience);
        (door.address().unwrap(), door.open())
    }

    async fn next(guests: &mut Receiver<Guest>) -> Guest {
        timeout(LONG, guests.recv()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn whoever_finds_no_seat_waits_until_one_is_left() {
        let (address, mut guests) = door(2, LONG).await;
        let mut callers = Vec::new();
        for _ in 0..3 {
            callers.push(TcpStream::connect(address).await.unwrap());
        }
        let (first, _second) = (next(&mut guests).await, next(&mut guests).await);
        assert!(timeout(SHORT, guests.recv()).await.is_err(), "there are two seats only");
        drop(first);
        next(&mut guests).await;
    }

    #[tokio::test]
    async fn one_address_does_not_take_all_seats() {
        let (address, mut guests) = door(9, LONG).await;
        let (mut callers, mut inside) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            callers.push(TcpStream::connect(address).await.unwrap());
            inside.push(next(&mut guests).await);
        }
        let mut one_more = TcpStream::connect(address).await.unwrap();
        let heard = timeout(LONG, one_more.read(&mut [0; 1])).await.unwrap();
        assert!(matches!(heard, Ok(0) | Err(_)), "it is shown out: {heard:?}");
        inside.pop();
        callers.push(TcpStream::connect(address).await.unwrap());
        next(&mut guests).await;
    }

    #[tokio::test]
    async fn whoever_says_nothing_is_shown_out() {
        let (address, mut guests) = door(1, SHORT).await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut guest = next(&mut guests).await;
        silent.write_all(&[0; FIRST_WORDS - 1]).await.unwrap();
        let heard = timeout(LONG, guest.read_to_end(&mut Vec::new())).await.unwrap();
        assert_eq!(heard.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn whoever_has_begun_may_be_silent() {
        let (address, mut guests) = door(1, SHORT).await;
        let mut caller = TcpStream::connect(address).await.unwrap();
        let mut guest = next(&mut guests).await;
        caller.write_all(&[0; FIRST_WORDS]).await.unwrap();
        guest.read_exact(&mut [0; FIRST_WORDS]).await.unwrap();
        assert!(timeout(3 * SHORT, guest.read_u8()).await.is_err(), "it is still there");
    }

    #[tokio::test]
    async fn a_door_that_nobody_stands_behind_is_shut() {
        let (address, guests) = door(1, LONG).await;
        drop(guests);
        let shut = async {
            while TcpStream::connect(address).await.is_ok() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(LONG, shut).await.unwrap();
    }
}
