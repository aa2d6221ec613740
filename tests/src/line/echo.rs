//! What was said on a line, kept so that it can be said again: as it was, and at the same turns of the conversation.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::frames::Frames;

/// How long to wait for an answer that came when it was said first, and may not come now.
const TURN: Duration = Duration::from_millis(300);

/// What a commune has said on one connection.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The bytes, each with the number of answers that had come before them.
    turns: Vec<(u32, Vec<u8>)>,
    answers: u32,
}

impl Said {
    /// How many answers came.
    pub fn answers(&self) -> u32 {
        self.answers
    }

    pub(super) fn heard(&mut self, answers: u32) {
        self.answers = answers;
    }

    pub(super) fn says(&mut self, bytes: &[u8]) {
        match self.turns.last_mut() {
            Some((answers, said)) if *answers == self.answers => said.extend_from_slice(bytes),
            _ => self.turns.push((self.answers, bytes.to_owned())),
        }
    }
}

/// Says the same to a server again, on a new connection. Returns how many answers came this time.
pub async fn say_again(server: SocketAddr, said: &Said) -> u32 {
    let mut line = TcpStream::connect(server).await.unwrap();
    line.set_nodelay(true).unwrap();
    let mut frames = Frames::default();
    for (answers, bytes) in &said.turns {
        hear(&mut line, &mut frames, *answers).await;
        if line.write_all(bytes).await.is_err() {
            break;
        }
    }
    hear(&mut line, &mut frames, said.answers).await;
    frames.answers()
}

/// Listens until so many answers have come, or none comes any more.
async fn hear(line: &mut TcpStream, frames: &mut Frames, answers: u32) {
    let mut buffer = [0; 4096];
    while frames.answers() < answers {
        let Ok(Ok(read @ 1..)) = timeout(TURN, line.read(&mut buffer)).await else { return };
        frames.before_answer(u32::MAX, &buffer[..read]);
    }
}
