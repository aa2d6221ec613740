//! The clock on the wall of a story: turned by hand, the same for everybody, and dice that fall the same way each time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use gom_domain::calendar::day_start_ms;
use gom_domain::world::World;
use jiff::civil::Date;

/// A morning in the office, in milliseconds after midnight.
const NINE_O_CLOCK_MS: i64 = 9 * 3_600_000;

/// A clock that a story turns.
#[derive(Clone, Debug)]
pub struct Clock {
    now_ms: Arc<AtomicI64>,
    worlds: Arc<AtomicU64>,
}

impl Clock {
    /// A clock that shows nine in the morning of a day.
    pub fn at(day: &str) -> Self {
        Self { now_ms: Arc::new(AtomicI64::new(morning(day))), worlds: Arc::default() }
    }

    /// Turns to nine in the morning of a day.
    pub fn turn_to(&self, day: &str) {
        self.now_ms.store(morning(day), Ordering::SeqCst);
    }

    /// Lets minutes pass.
    pub fn pass(&self, minutes: i64) {
        self.now_ms.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }

    /// What it shows, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    /// A program's world by this clock. No two have the same dice.
    pub fn world(&self) -> World {
        let now_ms = Arc::clone(&self.now_ms);
        World::new(move || now_ms.load(Ordering::SeqCst), self.dice())
    }

    /// Another clock that has nothing to do with this one, such as a PC's that is wrong.
    #[must_use]
    pub fn another_at(&self, day: &str) -> Self {
        Self { now_ms: Arc::new(AtomicI64::new(morning(day))), worlds: Arc::clone(&self.worlds) }
    }

    fn dice(&self) -> impl Fn(&mut [u8]) + Send + Sync + 'static {
        let seed = self.worlds.fetch_add(1, Ordering::SeqCst) << 40;
        let state = AtomicU64::new(seed);
        move |bytes| {
            for chunk in bytes.chunks_mut(8) {
                let drawn = mixed(state.fetch_add(1, Ordering::SeqCst)).to_le_bytes();
                chunk.copy_from_slice(&drawn[..chunk.len()]);
            }
        }
    }
}

/// A counter's value, mixed beyond recognition (`SplitMix64`).
fn mixed(counter: u64) -> u64 {
    let z = counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Turns the clock of the programs that run over a data folder, those that run already too: it shows so many milliseconds
/// more than it should. Programs of their own do not look at it, only those that a program for trying things is itself.
pub fn turn(folder: &Path, by_ms: i64) {
    // By rename, so that nobody reads half of it.
    let (new, clock) = (beside(folder, ".clock-new"), beside(folder, ".clock"));
    std::fs::write(&new, by_ms.to_string()).unwrap();
    std::fs::rename(new, clock).unwrap();
}

/// A world as the clock of this program's folder shows it.
pub(crate) fn turned(real: &World) -> World {
    let clock = std::env::var_os("GOM_DATA").map(|folder| beside(Path::new(&folder), ".clock"));
    let right = real.clone();
    let by_ms = move || {
        let text = std::fs::read_to_string(clock.as_ref()?).ok()?;
        text.parse::<i64>().ok()
    };
    real.by_clock(move || right.now_ms() + by_ms().unwrap_or(0))
}

/// A file beside a folder, by the folder's name.
fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(folder);
    name.push(ending);
    name.into()
}

fn morning(day: &str) -> i64 {
    let day: Date = day.parse().expect("a day such as 2024-05-14");
    day_start_ms(day) + NINE_O_CLOCK_MS
}
