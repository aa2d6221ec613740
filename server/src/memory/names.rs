//! Names with the short numbers that stand for them in every row.

use std::collections::HashMap;

/// Names with the short numbers they have in the books.
#[derive(Debug)]
pub(super) struct Names<N> {
    pub(super) numbers: HashMap<N, u32>,
    names: Vec<N>,
}

impl<N> Default for Names<N> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), names: Vec::new() }
    }
}

impl<N: Clone + Eq + std::hash::Hash> Names<N> {
    pub(super) fn learn(&mut self, number: u32, name: N) {
        debug_assert_eq!(number as usize, self.names.len() + 1, "numbers are given without gaps");
        self.numbers.insert(name.clone(), number);
        self.names.push(name);
    }

    pub(super) fn name(&self, number: u32) -> Option<&N> {
        self.names.get((number as usize).checked_sub(1)?)
    }

    pub(super) fn next(&self) -> u32 {
        u32::try_from(self.names.len() + 1).unwrap_or(u32::MAX)
    }
}
