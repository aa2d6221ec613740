//! The line between a commune and its district, which misbehaves as it is told to.
//!
//! It carries bytes of a TCP connection on this computer. It knows of HTTP/2 only where a frame of data begins, so that
//! an answer can be lost that the server has certainly given.

mod echo;
mod frames;

pub use echo::{Said, say_again};

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use frames::Frames;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the commune to the district.
    Up,
    /// From the district to the commune.
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Whole,
    Cut,
    Stalled,
    Portal,
    CutAfter(Direction, u64),
    LoseAnswer(u32),
    LoseAfter(Direction, u64),
    Doubled,
}

/// What a sign-in page of a network answers to anybody.
const PORTAL: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 54\r\n\r\n\
    <html><body>Welcome! Please sign in first</body></html>";

/// A line to a server.
#[derive(Debug)]
pub struct Line {
    /// Where communes call.
    pub url: String,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    mode: watch::Sender<Mode>,
    server: std::sync::Mutex<SocketAddr>,
    up: AtomicU64,
    down: AtomicU64,
    callers: AtomicU64,
    /// What is said on the newest connection.
    said: std::sync::Mutex<Arc<std::sync::Mutex<Said>>>,
}

impl Line {
    /// A whole line to a server.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            mode: watch::Sender::new(Mode::Whole),
            server: std::sync::Mutex::new(server),
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
            callers: AtomicU64::new(0),
            said: std::sync::Mutex::default(),
        });
        let carrier = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            while let Ok((commune, _)) = listener.accept().await {
                tokio::spawn(connection(Arc::clone(&carrier), commune));
            }
        });
        Self { url, shared, listening }
    }

    /// Leads to another address from now on, as after the server was started again.
    pub fn lead_to(&self, server: SocketAddr) {
        *self.shared.server.lock().unwrap() = server;
    }

    /// Cuts it: connections are dropped, and new ones as soon as they are made.
    pub fn cut(&self) {
        self.become_mode(Mode::Cut);
    }

    /// Cuts it once so many more bytes have gone that way; it stays cut.
    pub fn cut_after(&self, direction: Direction, bytes: u64) {
        self.become_mode(Mode::CutAfter(direction, bytes));
    }

    /// Loses what the server answers to a greeting's operations: the welcome passes, and when the next answer is on
    /// its way the connection breaks. The server has committed what it answers, the commune never hears of it.
    pub fn lose_replies(&self) {
        self.lose_answer(2);
    }

    /// Loses the answer of that number, counted from 1 within each connection, and breaks the connection.
    pub fn lose_answer(&self, number: u32) {
        self.become_mode(Mode::LoseAnswer(number));
    }

    /// Loses what goes one way beyond so many bytes, and says nothing: the other way stays open.
    pub fn lose_after(&self, direction: Direction, bytes: u64) {
        self.become_mode(Mode::LoseAfter(direction, bytes));
    }

    /// Says everything twice: what communes say goes to the server over two connections at once, and what it answers on
    /// the second is thrown away.
    pub fn double(&self) {
        self.become_mode(Mode::Doubled);
    }

    /// Lets nothing through any more, and says nothing.
    pub fn stall(&self) {
        self.become_mode(Mode::Stalled);
    }

    /// Answers everything itself, with a page of HTML.
    pub fn become_portal(&self) {
        self.become_mode(Mode::Portal);
    }

    /// Makes it whole again.
    pub fn mend(&self) {
        self.become_mode(Mode::Whole);
    }

    /// Whether it is cut, also by what it was told to do before.
    pub fn is_cut(&self) -> bool {
        *self.shared.mode.borrow() == Mode::Cut
    }

    /// How many bytes it has carried that way since it last changed.
    pub fn carried(&self, direction: Direction) -> u64 {
        self.shared.count(direction).load(Ordering::SeqCst)
    }

    /// How many connections have been made since it last changed.
    pub fn callers(&self) -> u64 {
        self.shared.callers.load(Ordering::SeqCst)
    }

    /// What a commune has said on the newest connection.
    pub fn said(&self) -> Said {
        self.shared.said.lock().unwrap().lock().unwrap().clone()
    }

    fn become_mode(&self, mode: Mode) {
        for count in [&self.shared.up, &self.shared.down, &self.shared.callers] {
            count.store(0, Ordering::SeqCst);
        }
        self.shared.mode.send_replace(mode);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.listening.abort();
        self.shared.mode.send_replace(Mode::Cut);
    }
}

impl Shared {
    fn count(&self, direction: Direction) -> &AtomicU64 {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }
}

async fn connection(shared: Arc<Shared>, mut commune: TcpStream) {
    shared.callers.fetch_add(1, Ordering::SeqCst);
    let mode = *shared.mode.borrow();
    match mode {
        Mode::Cut => return,
        Mode::Portal => return portal(&mut commune).await,
        Mode::Whole
        | Mode::Stalled
        | Mode::CutAfter(..)
        | Mode::LoseAnswer(_)
        | Mode::LoseAfter(..)
        | Mode::Doubled => {}
    }
    let address = *shared.server.lock().unwrap();
    let Ok(server) = TcpStream::connect(address).await else { return };
    let twin = if mode == Mode::Doubled { twin(address).await } else { None };
    _ = (commune.set_nodelay(true), server.set_nodelay(true));
    let (from_commune, to_commune) = commune.into_split();
    let (from_server, to_server) = server.into_split();
    let said = Arc::default();
    *shared.said.lock().unwrap() = Arc::clone(&said);
    let up = pump(&shared, &said, Direction::Up, from_commune, to_server, twin);
    let down = pump(&shared, &said, Direction::Down, from_server, to_commune, None);
    // When one way is broken, so is the other.
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// Another connection, whose answers nobody hears.
async fn twin(address: SocketAddr) -> Option<OwnedWriteHalf> {
    let server = TcpStream::connect(address).await.ok()?;
    _ = server.set_nodelay(true);
    let (mut from_server, to_server) = server.into_split();
    tokio::spawn(async move { _ = tokio::io::copy(&mut from_server, &mut tokio::io::sink()).await });
    Some(to_server)
}

async fn portal(commune: &mut TcpStream) {
    let mut asked = [0; 1024];
    _ = commune.read(&mut asked).await;
    _ = commune.write_all(PORTAL).await;
    _ = commune.shutdown().await;
}

/// Carries bytes one way until the connection ends or breaks.
async fn pump(
    shared: &Shared,
    said: &std::sync::Mutex<Said>,
    direction: Direction,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut twin: Option<OwnedWriteHalf>,
) {
    let mut modes = shared.mode.subscribe();
    let mut frames = Frames::default();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let mode = *modes.borrow_and_update();
        let read = tokio::select! {
            biased;
            changed = modes.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
            read = from.read(&mut buffer), if mode != Mode::Stalled => read,
        };
        let Ok(read @ 1..) = read else { return };
        let bytes = &buffer[..read];
        let before_lost = match direction {
            Direction::Up => read,
            Direction::Down => frames.before_answer(mode.lost_answer(), bytes),
        };
        said.lock().unwrap().goes(direction, bytes, frames.answers());
        let passes = shared.passing(mode, direction, before_lost, read);
        shared.count(direction).fetch_add(passes as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..passes]).await.is_err() {
            return;
        }
        if let Some(twin) = &mut twin {
            _ = twin.write_all(&buffer[..passes]).await;
        }
        if passes < read && !matches!(mode, Mode::LoseAfter(..)) {
            if matches!(mode, Mode::CutAfter(..)) {
                shared.stay_cut(mode);
            }
            return;
        }
    }
}

impl Shared {
    /// Stays cut, unless it has been told otherwise meanwhile: the last bytes of a connection come when all was said.
    fn stay_cut(&self, was: Mode) {
        self.mode.send_if_modified(|mode| {
            let unchanged = *mode == was;
            if unchanged {
                *mode = Mode::Cut;
            }
            unchanged
        });
    }

    /// How many of so many bytes pass, where so many come before an answer that is to be lost.
    fn passing(&self, mode: Mode, direction: Direction, before_lost: usize, read: usize) -> usize {
        match mode {
            Mode::Cut | Mode::Portal => 0,
            Mode::CutAfter(ends, limit) | Mode::LoseAfter(ends, limit) if ends == direction => {
                let left = limit.saturating_sub(self.count(direction).load(Ordering::SeqCst));
                read.min(usize::try_from(left).unwrap())
            }
            _ => before_lost,
        }
    }
}

impl Mode {
    /// The number of the answer that is lost; one that never comes where none is.
    fn lost_answer(self) -> u32 {
        if let Self::LoseAnswer(number) = self { number } else { u32::MAX }
    }
}
