//! The demonstration's calendar: a clock that is set by hand, and ordinary randomness.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Context;
use gom_domain::calendar::day_start_ms;
use gom_domain::world::World;
use jiff::civil::Date;

/// A morning in the office, in milliseconds after midnight.
const NINE_O_CLOCK_MS: i64 = 9 * 3_600_000;
/// How much time passes each time somebody looks at the clock.
const TICK_MS: i64 = 40;

/// A calendar whose days are turned by the demonstration.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    now_ms: Arc<AtomicI64>,
}

impl Calendar {
    /// A calendar that shows a day.
    pub(crate) fn at(day: &str) -> anyhow::Result<Self> {
        let day: Date = day.parse().context("the demonstration's first day")?;
        Ok(Self { now_ms: Arc::new(AtomicI64::new(morning(day))) })
    }

    /// Turns to a day; time never goes back.
    pub(crate) fn turn_to(&self, day: Date) {
        self.now_ms.fetch_max(morning(day), Ordering::Relaxed);
    }

    /// The world by this calendar, its clock wrong by so many milliseconds.
    pub(crate) fn world(&self, wrong_by_ms: i64) -> World {
        let now_ms = Arc::clone(&self.now_ms);
        let real = gom_server::clock::real();
        let clock = move || now_ms.fetch_add(TICK_MS, Ordering::Relaxed) + wrong_by_ms;
        let chance = move |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(16) {
                let drawn: [u8; 16] = real.random();
                chunk.copy_from_slice(&drawn[..chunk.len()]);
            }
        };
        World::new(clock, chance)
    }
}

fn morning(day: Date) -> i64 {
    day_start_ms(day) + NINE_O_CLOCK_MS
}
