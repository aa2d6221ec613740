//! Wrong codes and wrong passwords: who has tried too many is asked to stay away for a while.
//!
//! A code has 130 random bits, so nobody guesses one; this keeps whoever tries all the same from keeping the server busy. A
//! password somebody may guess, if he may try as often as he likes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a try is remembered, in milliseconds.
const MEMORY_MS: i64 = 10 * 60_000;
/// How many who try are remembered at most; beyond that the oldest are forgotten.
const MOST: usize = 10_000;

/// How often somebody has tried, and since when.
#[derive(Clone, Copy, Debug)]
struct Tried {
    times: u32,
    since_ms: i64,
}

/// Tries of late that have failed, by whoever made them.
#[derive(Debug)]
pub struct Tries<Who> {
    allowed: u32,
    of_late: Mutex<HashMap<Who, Tried>>,
}

impl<Who: Clone + Eq + Hash> Tries<Who> {
    /// Remembers tries; after so many somebody has to wait.
    pub fn new(allowed: u32) -> Self {
        Self { allowed, of_late: Mutex::default() }
    }

    /// How long somebody has to stay away; none if he may try.
    pub fn delay(&self, who: &Who, now_ms: i64) -> Option<Duration> {
        let tried = *self.lock().get(who)?;
        let left = remembered(tried, now_ms)?;
        (tried.times >= self.allowed).then_some(Duration::from_millis(left))
    }

    /// Somebody has failed.
    pub fn note(&self, who: Who, now_ms: i64) {
        let mut tries = self.lock();
        if tries.len() >= MOST {
            tries.retain(|_, tried| remembered(*tried, now_ms).is_some());
        }
        if tries.len() >= MOST
            && let Some(oldest) =
                tries.iter().min_by_key(|(_, tried)| tried.since_ms).map(|(who, _)| who.clone())
        {
            tries.remove(&oldest);
        }
        let fresh = Tried { times: 0, since_ms: now_ms };
        let so_far = tries.entry(who).or_insert(fresh);
        if remembered(*so_far, now_ms).is_none() {
            *so_far = fresh;
        }
        so_far.times += 1;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Who, Tried>> {
        self.of_late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For how long something is still remembered, in milliseconds. A clock that jumps back forgets it.
fn remembered(tried: Tried, now_ms: i64) -> Option<u64> {
    let age = now_ms.checked_sub(tried.since_ms).filter(|age| (0..MEMORY_MS).contains(age))?;
    Some((MEMORY_MS - age).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_wrong_tries_are_enough_for_a_while() {
        let tries = Tries::new(5);
        for now_ms in 0..5 {
            assert_eq!(tries.delay(&"one", now_ms), None);
            tries.note("one", now_ms);
        }
        assert_eq!(tries.delay(&"one", 4), Some(Duration::from_millis(599_996)));
        assert_eq!(tries.delay(&"two", 4), None, "somebody else");
        assert_eq!(tries.delay(&"one", MEMORY_MS), None, "after a while");
        assert_eq!(tries.delay(&"one", -1), None, "a clock that jumped back");
        tries.note("one", MEMORY_MS);
        assert_eq!(tries.delay(&"one", MEMORY_MS), None, "and from the beginning");
    }

    #[test]
    fn so_many_are_remembered_and_no_more() {
        let tries = Tries::new(5);
        for number in 0..i64::try_from(MOST).unwrap() + 10 {
            tries.note(number, number);
        }
        assert_eq!(tries.lock().len(), MOST);
        assert!(!tries.lock().contains_key(&0), "the oldest are forgotten");
    }
}
