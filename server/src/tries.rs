//! Wrong codes: who has tried too many is asked to stay away for a while.
//!
//! A code has 130 random bits, so nobody guesses one; this keeps whoever tries all the same from keeping the server busy.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gom_domain::greeting::DeviceId;

use crate::caller::Peer;
use crate::door::neighbourhood;

/// How many wrong codes somebody may show before he has to wait.
const TRIES: u32 = 5;
/// How long that is remembered, in milliseconds.
const MEMORY_MS: i64 = 10 * 60_000;
/// How many are remembered at most; beyond that the oldest are forgotten.
const MOST: usize = 10_000;

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    Address(IpAddr),
    Device(DeviceId),
}

/// How often somebody has tried, and since when.
#[derive(Clone, Copy, Debug)]
struct Tried {
    times: u32,
    since_ms: i64,
}

/// Wrong codes of late.
#[derive(Debug, Default)]
pub struct Tries(Mutex<HashMap<Who, Tried>>);

impl Tries {
    /// How long somebody has to stay away; none if he may try.
    pub fn delay(&self, peer: Option<Peer>, now_ms: i64) -> Option<Duration> {
        let tried = *self.lock().get(&who(peer)?)?;
        let left = remembered(tried, now_ms)?;
        (tried.times >= TRIES).then_some(Duration::from_millis(left))
    }

    /// Somebody has shown a wrong code.
    pub fn note(&self, peer: Option<Peer>, now_ms: i64) {
        let Some(who) = who(peer) else { return };
        let mut tries = self.lock();
        if tries.len() >= MOST {
            tries.retain(|_, tried| remembered(*tried, now_ms).is_some());
        }
        if tries.len() >= MOST
            && let Some(oldest) = tries.iter().min_by_key(|(_, tried)| tried.since_ms).map(|(who, _)| *who)
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For how long something is still remembered, in milliseconds. A clock that jumps back forgets it.
fn remembered(tried: Tried, now_ms: i64) -> Option<u64> {
    let age = now_ms.checked_sub(tried.since_ms).filter(|age| (0..MEMORY_MS).contains(age))?;
    Some((MEMORY_MS - age).unsigned_abs())
}

/// Whoever is on the same computer is not counted.
fn who(peer: Option<Peer>) -> Option<Who> {
    match peer? {
        Peer::Here => None,
        Peer::Stranger(address) => Some(Who::Address(neighbourhood(address))),
        Peer::Device(certificate) => Some(Who::Device(certificate.device)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "as it is asked for")]
    fn stranger(address: &str) -> Option<Peer> {
        Some(Peer::Stranger(address.parse().unwrap()))
    }

    #[test]
    fn five_wrong_codes_are_enough_for_a_while() {
        let tries = Tries::default();
        for now_ms in 0..5 {
            assert_eq!(tries.delay(stranger("10.0.0.1"), now_ms), None);
            tries.note(stranger("10.0.0.1"), now_ms);
        }
        assert_eq!(tries.delay(stranger("10.0.0.1"), 4), Some(Duration::from_millis(599_996)));
        assert_eq!(tries.delay(stranger("10.0.0.2"), 4), None, "somebody else");
        assert_eq!(tries.delay(stranger("10.0.0.1"), MEMORY_MS), None, "after a while");
        assert_eq!(tries.delay(stranger("10.0.0.1"), -1), None, "a clock that jumped back");
        tries.note(stranger("10.0.0.1"), MEMORY_MS);
        assert_eq!(tries.delay(stranger("10.0.0.1"), MEMORY_MS), None, "and from the beginning");
    }

    #[test]
    fn a_neighbourhood_is_one_and_this_computer_is_not_counted() {
        let tries = Tries::default();
        for last in 0..5 {
            tries.note(stranger(&format!("2001:db8::{last}")), 0);
            tries.note(Some(Peer::Here), 0);
        }
        assert!(tries.delay(stranger("2001:db8::ffff"), 0).is_some());
        assert_eq!(tries.delay(stranger("2001:db8:0:1::1"), 0), None);
        assert_eq!(tries.delay(Some(Peer::Here), 0), None);
    }

    #[test]
    fn so_many_are_remembered_and_no_more() {
        let tries = Tries::default();
        for number in 0..u32::try_from(MOST).unwrap() + 10 {
            tries.note(Some(Peer::Stranger(IpAddr::V4(number.into()))), number.into());
        }
        assert_eq!(tries.lock().len(), MOST);
    }
}
