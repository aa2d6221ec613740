//! What a program takes from the world: the time and randomness, and somebody who waits for the disk. All are handed in,
//! so that tests can be the world.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use crate::submission::SubmissionId;

type Clock = dyn Fn() -> i64 + Send + Sync;
type Chance = dyn Fn(&mut [u8]) + Send + Sync;

/// The clock and the dice of a program.
#[derive(Clone)]
pub struct World {
    clock: Arc<Clock>,
    chance: Arc<Chance>,
}

impl World {
    /// A world with this clock (milliseconds since 1970) and these dice (which fill the bytes given).
    pub fn new(
        clock: impl Fn() -> i64 + Send + Sync + 'static,
        chance: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self { clock: Arc::new(clock), chance: Arc::new(chance) }
    }

    /// The same dice by another clock.
    #[must_use]
    pub fn by_clock(&self, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), chance: Arc::clone(&self.chance) }
    }

    /// The time in milliseconds since 1970. It may be wrong.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// Random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.chance)(&mut bytes);
        bytes
    }

    /// An id for a submission that is sealed now.
    pub fn submission_id(&self) -> SubmissionId {
        SubmissionId::new(self.now_ms(), self.random())
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

/// Something that takes as long as the disk does.
pub type Work = Box<dyn FnOnce() + Send>;

/// Ready once the work has been done, or given up.
pub type Done = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Who waits for the disk, so that those who talk over a line need not: threads, mostly. Which of two comes first is then
/// chance, so a run that is to be repeated brings its own.
#[derive(Clone)]
pub struct Disk(Arc<dyn Fn(Work) -> Done + Send + Sync>);

impl Disk {
    /// Has work done so.
    pub fn new(wait: impl Fn(Work) -> Done + Send + Sync + 'static) -> Self {
        Self(Arc::new(wait))
    }

    /// Has something done and returns what came of it; none where it was given up.
    pub async fn wait<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let came = Arc::new(Mutex::new(None));
        let comes = Arc::clone(&came);
        let work = move || {
            let done = work();
            *comes.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
        };
        (self.0)(Box::new(work)).await;
        came.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn came_of(disk: &Disk) -> Option<i32> {
        let mut waiting = std::pin::pin!(disk.wait(|| 7));
        match waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(came) => came,
            Poll::Pending => panic!("neither disk lets anybody wait"),
        }
    }

    #[test]
    fn work_that_is_given_up_comes_to_nothing() {
        let done = |work: Work| -> Done {
            work();
            Box::pin(async {})
        };
        assert_eq!(came_of(&Disk::new(done)), Some(7));
        assert_eq!(came_of(&Disk::new(|_| Box::pin(async {}))), None);
    }
}
