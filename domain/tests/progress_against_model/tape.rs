//! A tape of small numbers from which everything generated is read off.
//!
//! A shorter tape, or one with smaller numbers, gives a plainer district, so that what proptest shrinks is readable.
//! A tape at its end goes on with zeros, which always choose the first and plainest.

use std::cell::Cell;
use std::fmt;

use proptest::prelude::*;

/// How many numbers are on a tape at most; a large district reads fewer.
const LONGEST: usize = 2500;

pub(crate) struct Tape {
    numbers: Vec<u16>,
    next: Cell<usize>,
}

/// The district that a tape gives is what can be read; the numbers are not.
impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a tape of {} numbers", self.numbers.len())
    }
}

impl Tape {
    pub(crate) fn strategy() -> impl Strategy<Value = Self> {
        let numbers = prop::collection::vec(any::<u16>(), 0..LONGEST);
        numbers.prop_map(|numbers| Self { numbers, next: Cell::new(0) })
    }

    /// A tape of its own for each seed, always the same.
    pub(crate) fn fixed(seed: u32) -> Self {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        let mut step = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            u16::try_from(state >> 16).unwrap()
        };
        Self { numbers: (0..LONGEST).map(|_| step()).collect(), next: Cell::new(0) }
    }

    /// A number below `limit`.
    pub(crate) fn below(&self, limit: usize) -> usize {
        let number = self.numbers.get(self.next.get()).copied().unwrap_or(0);
        self.next.set(self.next.get() + 1);
        usize::from(number) % limit
    }

    /// True so many times in a hundred; false at the end of the tape.
    pub(crate) fn chance(&self, in_hundred: usize) -> bool {
        self.below(100) >= 100 - in_hundred
    }

    pub(crate) fn one<'a>(&self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    pub(crate) fn amount(&self, limit: usize) -> i64 {
        i64::try_from(self.below(limit)).unwrap()
    }
}
