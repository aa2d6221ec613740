//! Ids that have been ruled on, so that an id that comes again is noticed without an index ordered by id.
//!
//! Ids are made offline over weeks, so an index by id is written all over the place and ingest falls with its size
//! (ADR 0001). Whether an id has come before matters only within its unit, form and period; whose submissions have been
//! looked through once stay known here by eight bytes each. It may say yes where no is right, never the other way round:
//! after a yes the journal itself is asked.

use std::collections::HashSet;

use gom_domain::submission::SubmissionId;
use gom_proto::submission::Envelope;

use crate::store::{Ledger, Place, Stored};

/// How many ids and places are kept before all of them are forgotten.
const MOST: usize = 2_000_000;

/// The ids of the places that have been looked through.
#[derive(Debug, Default)]
pub struct Seen {
    places: HashSet<Place>,
    ids: HashSet<u64>,
}

impl Seen {
    /// Whether an id may have been ruled on at a place, whose newest submission is given.
    pub(crate) fn may_know(
        &mut self,
        ledger: &mut dyn Ledger,
        place: Place,
        last: Option<u64>,
        id: SubmissionId,
    ) -> Stored<bool> {
        if !self.places.contains(&place) {
            self.look_through(ledger, place, last)?;
        }
        Ok(self.ids.contains(&short(place, id)))
    }

    /// Notes an id that is being ruled on. A group that fails after it leaves a yes too many, which does no harm.
    pub(crate) fn note(&mut self, place: Place, id: SubmissionId) {
        self.ids.insert(short(place, id));
    }

    fn look_through(&mut self, ledger: &mut dyn Ledger, place: Place, last: Option<u64>) -> Stored<()> {
        if self.ids.len() + self.places.len() > MOST {
            *self = Self::default();
        }
        let mut next = last;
        while let Some(seq) = next {
            let row = ledger.submission(seq)?;
            if let Ok(envelope) = Envelope::decode(&row.body) {
                self.note(place, envelope.id);
            }
            next = row.prior;
        }
        self.places.insert(place);
        Ok(())
    }
}

/// An id's random half, apart for each place.
fn short(place: Place, id: SubmissionId) -> u64 {
    let random = id.as_bytes().last_chunk().copied().unwrap_or_default();
    let place = u64::from(place.unit) << 32 | u64::from(place.form) << 16 | u64::from(place.period.code());
    u64::from_be_bytes(random) ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
