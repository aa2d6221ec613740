//! How long to wait before trying again: at random between nothing and a bound that doubles, so that communes whose
//! line comes back at the same moment do not all call at once.

use std::time::Duration;

use gom_domain::world::World;

/// The bound after the first failure, and the largest one, in milliseconds.
const FIRST_MS: u64 = 500;
const LARGEST_MS: u64 = 10_000;

/// The wait after so many failures in a row.
pub fn wait(failures: u32, world: &World) -> Duration {
    let bound = bound_ms(failures);
    Duration::from_millis(u64::from_le_bytes(world.random()) % (bound + 1))
}

/// The longest wait after so many failures in a row.
fn bound_ms(failures: u32) -> u64 {
    let doubled = 1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
    FIRST_MS.saturating_mul(doubled).min(LARGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_ten_seconds() {
        let bounds: Vec<u64> = [1, 2, 3, 4, 5, 6, 7, 64, 65, u32::MAX].into_iter().map(bound_ms).collect();
        assert_eq!(bounds, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000, 10_000]);
    }

    #[test]
    fn every_wait_is_within_its_bound() {
        for byte in 0..=255 {
            let world = World::new(|| 0, move |bytes| bytes.fill(byte));
            assert!(wait(3, &world) <= Duration::from_secs(2));
        }
        let never = World::new(|| 0, |bytes| bytes.fill(0));
        assert_eq!(wait(9, &never), Duration::ZERO);
    }
}
