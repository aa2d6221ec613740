//! A set of entries of the journal, by their numbers.
//!
//! The numbers come from a file that may be damaged, so none is believed that the journal cannot have.

use super::{StoreError, Stored};

/// A bit for each entry: half a million of them take what a handful of pages do.
#[derive(Clone, Debug)]
pub struct Entries {
    words: Vec<u64>,
    count: u64,
    most: u64,
}

impl Entries {
    /// No entries yet, of those up to `most`, which is the last one that the journal has.
    pub fn up_to(most: u64) -> Self {
        Self { words: Vec::new(), count: 0, most }
    }

    /// Adds an entry.
    pub fn insert(&mut self, seq: u64) -> Stored<()> {
        if seq > self.most {
            let most = self.most;
            return Err(StoreError::Damaged(format!("entry {seq} is named, but the last one is {most}")));
        }
        let (word, bit) = place(seq);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.count += u64::from(self.words[word] & bit == 0);
        self.words[word] |= bit;
        Ok(())
    }

    /// Whether an entry is in the set.
    pub fn contains(&self, seq: u64) -> bool {
        let (word, bit) = place(seq);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The last one; 0 if there are none.
    pub fn last(&self) -> u64 {
        self.iter_words().last().map_or(0, |(first, word)| first + u64::from(word.ilog2()))
    }

    /// All of them in the order of the journal.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.iter_words().flat_map(|(first, word)| {
            (0..u64::from(u64::BITS)).filter(move |bit| word >> bit & 1 == 1).map(move |bit| first + bit)
        })
    }

    fn iter_words(&self) -> impl DoubleEndedIterator<Item = (u64, u64)> + '_ {
        let words = self.words.iter().enumerate().filter(|(_, word)| **word != 0);
        words.map(|(place, word)| (place as u64 * u64::from(u64::BITS), *word))
    }
}

/// The word that an entry is in, and its bit there.
fn place(seq: u64) -> (usize, u64) {
    (usize::try_from(seq / u64::from(u64::BITS)).unwrap_or(usize::MAX), 1 << (seq % u64::from(u64::BITS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let mut set = Entries::up_to(700);
        [700, 3, 64, 63, 3, 128].into_iter().for_each(|seq| set.insert(seq).unwrap());
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 63, 64, 128, 700]);
        assert_eq!((set.len(), set.last()), (5, 700));
        assert!(set.contains(128) && !set.contains(129) && !set.contains(9_999));
        let none = Entries::up_to(700);
        assert_eq!((none.last(), none.is_empty()), (0, true));
    }

    #[test]
    fn a_number_that_the_journal_cannot_have_is_damage_and_takes_no_memory() {
        let mut set = Entries::up_to(700);
        for seq in [701, 1 << 50, u64::MAX] {
            assert!(matches!(set.insert(seq), Err(StoreError::Damaged(_))), "{seq}");
        }
        assert!(set.is_empty() && set.words.is_empty());
    }
}
