//! A connection that may break at any byte.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A connection that carries so many bytes, both ways together, and then breaks.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    left: usize,
}

impl Line {
    /// A line over a connection; without a number of bytes it holds.
    pub(crate) fn new(stream: TcpStream, cut_after: Option<usize>) -> Self {
        Self { stream, left: cut_after.unwrap_or(usize::MAX) }
    }

    fn carry(&mut self, bytes: usize) -> io::Result<()> {
        self.left = self.left.saturating_sub(bytes);
        if self.left == 0 { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        Poll::Ready(self.carry(buffer.filled().len() - before))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let until_cut = &bytes[..bytes.len().min(self.left)];
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, until_cut))?;
        self.carry(written)?;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
