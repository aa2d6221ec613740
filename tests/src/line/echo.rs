//! What was said on a line, kept so that it can be said again: as it was, and at the same turns of the conversation.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Direction;
use super::frames::Frames;

/// How long to wait for the first answer, which always comes, and for a later one, which may not come this time.
const FIRST: Duration = Duration::from_secs(10);
const LATER: Duration = Duration::from_millis(500);

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

    /// Notes what goes over the line, and how many answers there were by then.
    pub(super) fn goes(&mut self, direction: Direction, bytes: &[u8], answers: u32) {
        match (direction, self.turns.last_mut()) {
            (Direction::Down, _) => self.answers = answers,
            (Direction::Up, Some((turn, said))) if *turn == self.answers => said.extend_from_slice(bytes),
            (Direction::Up, _) => self.turns.push((self.answers, bytes.to_owned())),
        }
    }
}

/// Says the same to a server again, on a new connection. Returns how many answers came this time.
pub async fn say_again(server: SocketAddr, said: &Said) -> u32 {
    let mut line = TcpStream::connect(server).await.unwrap();
    line.set_nodelay(true).unwrap();
    let mut frames = Frames::default();
    let mut talks = true;
    for (answers, bytes) in &said.turns {
        talks = talks && hear(&mut line, &mut frames, *answers).await;
        if line.write_all(bytes).await.is_err() {
            return frames.answers();
        }
    }
    if talks {
        hear(&mut line, &mut frames, said.answers).await;
    }
    frames.answers()
}

/// Listens until so many answers have come; whether they have.
async fn hear(line: &mut TcpStream, frames: &mut Frames, answers: u32) -> bool {
    let mut buffer = [0; 4096];
    while frames.answers() < answers {
        let patience = if frames.answers() == 0 { FIRST } else { LATER };
        let Ok(Ok(read @ 1..)) = timeout(patience, line.read(&mut buffer)).await else { return false };
        frames.before_answer(u32::MAX, &buffer[..read]);
    }
    true
}
