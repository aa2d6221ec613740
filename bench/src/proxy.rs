//! A line that counts what travels on it, and may be as long as a real one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// A line to a server. What arrives on it is sent on after a delay, the same in both directions.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// The address to connect to instead of the server's.
    pub(crate) address: String,
    bytes: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Opens a line to a server's address.
    pub(crate) async fn to(server: &str, delay: Duration) -> anyhow::Result<Self> {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let bytes = Arc::new(AtomicU64::new(0));
        let accepting = tokio::spawn(accept(listener, server, delay, Arc::clone(&bytes)));
        Ok(Self { address, bytes, accepting })
    }

    /// How many bytes have travelled in both directions: what TCP carries, without its own headers.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: String, delay: Duration, bytes: Arc<AtomicU64>) {
    while let Ok((caller, _)) = listener.accept().await {
        let Ok(callee) = TcpStream::connect(&server).await else { continue };
        let both = [&caller, &callee].into_iter().all(|end| end.set_nodelay(true).is_ok());
        if both {
            let (asked, answer_to) = caller.into_split();
            let (answered, ask) = callee.into_split();
            carry(asked, ask, delay, Arc::clone(&bytes));
            carry(answered, answer_to, delay, Arc::clone(&bytes));
        }
    }
}

/// Carries one direction: a long line holds many bytes at once, so reading does not wait for writing.
fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration, bytes: Arc<AtomicU64>) {
    let (enter, mut leave) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            bytes.fetch_add(count as u64, Ordering::Relaxed);
            if enter.send((Instant::now() + delay, buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some((at, bytes)) = leave.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
}
