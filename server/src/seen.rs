//! Ids that have been ruled on, so that an id that comes again is noticed without an index ordered by id.
//!
//! Ids are made offline over weeks, so an index by id is written all over the place and ingest falls with its size
//! (ADR 0001). Whether an id has come before matters only within its unit, form and period; whose submissions have been
//! looked through once stay known here by eight bytes each. It may say yes where no is right, never the other way round:
//! after a yes the journal itself is asked.

use foldhash::HashSet;
use gom_domain::submission::SubmissionId;

use crate::store::Place;

/// How many ids and places are kept before all of them are forgotten.
const MOST: usize = 2_000_000;

/// The ids of the places that have been looked through.
#[derive(Debug, Default)]
pub struct Seen {
    places: HashSet<Place>,
    ids: HashSet<u64>,
}

impl Seen {
    /// Whether all ids of a place are known.
    pub(crate) fn has_looked_through(&self, place: Place) -> bool {
        self.places.contains(&place)
    }

    /// Learns the ids that have come in for a place.
    pub(crate) fn look_through(&mut self, place: Place, ids: impl Iterator<Item = SubmissionId>) {
        if self.ids.len() + self.places.len() > MOST {
            *self = Self::default();
        }
        ids.for_each(|id| self.note(place, id));
        self.places.insert(place);
    }

    /// Whether an id may have been ruled on at a place that was looked through.
    pub(crate) fn may_know(&self, place: Place, id: SubmissionId) -> bool {
        self.ids.contains(&short(place, id))
    }

    /// Notes an id that is being ruled on. A group that fails after it leaves a yes too many, which does no harm.
    pub(crate) fn note(&mut self, place: Place, id: SubmissionId) {
        self.ids.insert(short(place, id));
    }
}

/// An id's random half, apart for each place.
fn short(place: Place, id: SubmissionId) -> u64 {
    let random = id.as_bytes().last_chunk().copied().unwrap_or_default();
    let place = u64::from(place.unit) << 32 | u64::from(place.form) << 16 | u64::from(place.period.code());
    u64::from_be_bytes(random) ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
