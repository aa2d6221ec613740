//! The real world: the only place where the program reads the clock and draws random bytes.

use std::time::{SystemTime, UNIX_EPOCH};

use gom_domain::world::World;

/// The computer's own clock, which may be wrong, and its operating system's randomness.
pub fn real() -> World {
    World::new(now_ms, random)
}

#[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Without randomness there is no secret worth the name, so a system that has none cannot go on.
#[allow(clippy::disallowed_methods, reason = "the one place that draws random bytes")]
fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}
