//! What a program takes from the world: the time and randomness. Both are handed in, so that tests can be the world.

use std::fmt;
use std::sync::Arc;

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
