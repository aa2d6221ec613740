//! Recalling the books: what they come to, made anew from the journal.

use gom_domain::unit::UnitId;

use super::lot::Lot;
use super::{Latest, Memory};
use crate::store::{CommitRow, Entries, Journal, Place, StoreError, Stored};

/// How much of the journal is recalled.
#[derive(Clone, Copy)]
struct Extent {
    /// The last entry.
    at: u64,
    /// How many entries up to it are changes.
    changes: u64,
}

/// The entry that is asked for; none, or one beyond the last commit, means the last commit.
fn as_of(at: Option<u64>, last: Option<CommitRow>) -> u64 {
    let last = last.map_or(0, |last| last.last_seq);
    at.unwrap_or(last).min(last)
}

impl Memory {
    /// Recalls the books as of an entry, or as they stand: forward through the journal, or back from the table of what
    /// stands, whichever is shorter. What cannot be read any more on the way forward need not matter to what stands.
    pub fn recall(journal: &mut dyn Journal, at: Option<u64>) -> Stored<Self> {
        if Self::is_forward_shorter(journal, at)? {
            match Self::recalled(journal, at, Self::go_forward) {
                Err(error @ StoreError::Damaged(_)) => {
                    tracing::warn!(%error, "the journal is damaged: verify the books");
                }
                recalled => return recalled,
            }
        }
        Self::recall_standing(journal, at)
    }

    /// The same from the table of what stands, however long that takes.
    pub fn recall_standing(journal: &mut dyn Journal, at: Option<u64>) -> Stored<Self> {
        Self::recalled(journal, at, Self::go_back_from_standing)
    }

    /// All but the submissions; these `learn` learns, as of the entry that it is told.
    fn recalled(
        journal: &mut dyn Journal,
        at: Option<u64>,
        learn: fn(&mut Self, &mut dyn Journal, Extent) -> Stored<()>,
    ) -> Stored<Self> {
        let (founded, key) = journal.founded()?;
        let mut memory = Self { founded, key, history: founded, ..Self::default() };
        let (units, forms) = journal.names()?;
        units.into_iter().for_each(|(number, id)| memory.units.learn(number, UnitId::from(id.as_str())));
        forms.into_iter().for_each(|(number, key)| memory.forms.learn(number, key));
        memory.authorities = journal.authorities()?;
        journal.devices()?.into_iter().for_each(|device| memory.learn_device(device));
        journal.users()?.into_iter().for_each(|user| memory.learn_user(user));
        memory.last = journal.last_commit()?;
        let at = as_of(at, memory.last);
        let mut changes = 0;
        journal.each_change(at, &mut |row| {
            changes += 1;
            memory.learn_change(&row)
        })?;
        learn(&mut memory, journal, Extent { at, changes })?;
        memory.settle_priors()?;
        Ok(memory)
    }

    fn is_forward_shorter(journal: &mut dyn Journal, at: Option<u64>) -> Stored<bool> {
        let last = journal.last_commit()?;
        let (at, last) = (as_of(at, last), as_of(None, last));
        Ok(at <= 2 * journal.places()? + (last - at))
    }

    /// Goes forward through the journal. Its entries have no gaps.
    fn go_forward(&mut self, journal: &mut dyn Journal, Extent { at, changes }: Extent) -> Stored<()> {
        self.latest.reserve(usize::try_from(journal.places()?.min(at)).unwrap_or(0));
        let submissions = Lot::each(journal, at, &mut |handed_in| self.learn(handed_in))?;
        if submissions + changes == at {
            return Ok(());
        }
        Err(StoreError::Damaged(format!(
            "there are {submissions} submissions and {changes} changes up to {at}"
        )))
    }

    /// Reads what the table says that stands, and goes back from what has come in since.
    fn go_back_from_standing(&mut self, journal: &mut dyn Journal, Extent { at, .. }: Extent) -> Stored<()> {
        let (mut standing, mut later) = (Entries::up_to(at), Vec::new());
        for (place, row) in journal.standings()? {
            if row.last > at {
                later.push((place, row.last));
            } else {
                self.latest.insert(place, Latest { last: row.last, stands: None });
                row.seq.into_iter().try_for_each(|seq| standing.insert(seq))?;
            }
        }
        for (place, newest) in later {
            let stood = self.go_back(journal, at, place, newest)?;
            stood.into_iter().try_for_each(|seq| standing.insert(seq))?;
        }
        journal.each_of(&standing, &mut |row| self.learn_submission(&row))
    }

    /// What stood at a place as of an entry, from the newest that has come in on: the highest revision that was accepted by
    /// then. What communes have given back may have come in in another order.
    fn go_back(
        &mut self,
        journal: &mut dyn Journal,
        at: u64,
        place: Place,
        newest: u64,
    ) -> Stored<Option<u64>> {
        let (mut next, mut best) = (Some(newest), None);
        while let Some(seq) = next {
            let row = journal.submission(seq)?;
            if seq <= at {
                self.latest.entry(place).or_insert(Latest { last: seq, stands: None });
                if let Some(revision) = row.handed_in().and_then(|handed_in| handed_in.accepted)
                    && best.is_none_or(|(_, best)| revision > best)
                {
                    best = Some((seq, revision));
                    // It was judged here, on all that had come in before it.
                    if row.ruling.told.is_none() {
                        break;
                    }
                }
            }
            next = row.prior;
            if next.is_some_and(|next| next >= seq) {
                return Err(StoreError::Damaged(format!("entry {seq} follows a later one")));
            }
        }
        Ok(best.map(|(seq, _)| seq))
    }
}
