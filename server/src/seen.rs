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
#[derive(Debug)]
pub struct Seen {
    places: HashSet<Place>,
    ids: HashSet<u64>,
    most: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self::with_room_for(MOST)
    }
}

impl Seen {
    fn with_room_for(most: usize) -> Self {
        Self { places: HashSet::default(), ids: HashSet::default(), most }
    }

    /// Whether all ids of a place are known.
    pub(crate) fn has_looked_through(&self, place: Place) -> bool {
        self.places.contains(&place)
    }

    /// Learns the ids that have come in for a place.
    pub(crate) fn look_through(&mut self, place: Place, ids: impl Iterator<Item = SubmissionId>) {
        self.make_room();
        self.ids.extend(ids.map(|id| short(place, id)));
        self.places.insert(place);
    }

    /// Whether an id may have been ruled on at a place that was looked through.
    pub(crate) fn may_know(&self, place: Place, id: SubmissionId) -> bool {
        self.ids.contains(&short(place, id))
    }

    /// Notes an id that is being ruled on. A group that fails after it leaves a yes too many, which does no harm.
    pub(crate) fn note(&mut self, place: Place, id: SubmissionId) {
        self.make_room();
        self.ids.insert(short(place, id));
    }

    /// Forgets ids and places together: a place counts as looked through only as long as all of its ids are known.
    fn make_room(&mut self) {
        if self.ids.len() + self.places.len() >= self.most {
            self.ids.clear();
            self.places.clear();
        }
    }
}

/// An id's random half, apart for each place.
fn short(place: Place, id: SubmissionId) -> u64 {
    let random = id.as_bytes().last_chunk().copied().unwrap_or_default();
    let place = u64::from(place.unit) << 32 | u64::from(place.form) << 16 | u64::from(place.period.code());
    u64::from_be_bytes(random) ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(unit: u32) -> Place {
        Place { unit, form: 1, period: "2024-05".parse().unwrap() }
    }

    fn id(salt: u8) -> SubmissionId {
        SubmissionId::new(1, [salt; 10])
    }

    #[test]
    fn however_many_ids_come_no_more_are_kept_than_there_is_room_for() {
        let mut seen = Seen::with_room_for(5);
        seen.look_through(place(1), std::iter::empty());
        for salt in 0..50 {
            seen.note(place(1), id(salt));
            assert!(seen.may_know(place(1), id(salt)));
            assert!(seen.ids.len() + seen.places.len() <= 5, "{seen:?}");
            assert!(
                !seen.has_looked_through(place(1)) || (0..salt).all(|salt| seen.may_know(place(1), id(salt))),
                "a forgotten id would be taken for a new one"
            );
        }
    }

    #[test]
    fn a_place_that_is_looked_through_is_known_whole() {
        let mut seen = Seen::with_room_for(5);
        for unit in 0..9 {
            seen.look_through(place(unit), (0..4).map(id));
            assert!(seen.has_looked_through(place(unit)));
            assert!((0..4).all(|salt| seen.may_know(place(unit), id(salt))));
        }
    }
}
