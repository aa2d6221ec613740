//! The real world: this computer's clock and dice. Nothing else in the program asks for either.

use gom_domain::world::World;

/// This computer's clock and the operating system's random numbers.
#[allow(clippy::disallowed_methods, reason = "the one place where the real world comes in")]
pub fn real() -> World {
    let clock = || jiff::Timestamp::now().as_millisecond();
    let chance = |bytes: &mut [u8]| {
        // Without randomness ids and secrets could repeat; stopping is the only safe answer.
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    };
    World::new(clock, chance)
}
