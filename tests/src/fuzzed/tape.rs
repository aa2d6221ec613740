//! Bytes as a tape of decisions: each takes the next ones, and where they end everything is zero.

/// Numbers at which something may go wrong.
const EDGES: [u64; 16] = [
    0,
    1,
    2,
    3,
    20,
    0x7f,
    0x80,
    0xffff,
    1 << 20,
    (1 << 40) - 1,
    u32::MAX as u64,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

/// The bytes that are left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tape<'a>(&'a [u8]);

impl<'a> Tape<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left to decide by.
    pub(super) fn is_out(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Some number below `n`; zero where there is none.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let mut drawn = 0;
        let mut reach = 1;
        while reach < n {
            drawn = drawn << 8 | usize::from(self.byte());
            reach <<= 8;
        }
        drawn.checked_rem(n).unwrap_or(0)
    }

    /// So, in one case of `n`; never where the tape has ended.
    pub(super) fn one_in(&mut self, n: u8) -> bool {
        self.byte() % n == n - 1
    }

    pub(super) fn one_of<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.below(things.len())]
    }

    /// A number at an edge, or any.
    pub(super) fn number(&mut self) -> u64 {
        match usize::from(self.byte()) {
            edge if edge < 8 * EDGES.len() => EDGES[edge / 8],
            small if small < 192 => small as u64 - 128,
            _ => self.eight().map_or(0, u64::from_le_bytes),
        }
    }

    fn eight(&mut self) -> Option<[u8; 8]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    /// Up to so many bytes, as they come.
    pub(super) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(self.below(most + 1).min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }

    /// Something valid with one change or a few, of which one may bring in any of these words.
    pub(super) fn changed(&mut self, valid: &[u8], words: &[&str]) -> Vec<u8> {
        let mut bytes = valid.to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes, words);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, words: &[&str]) {
        let at = self.below(bytes.len() + 1);
        let end = bytes.len().min(at + 1 + self.below(16));
        match self.below(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => drop(bytes.splice(at..at, self.bytes(16))),
            3 => drop(bytes.splice(at..end, self.bytes(16))),
            4 => bytes.extend_from_within(at..end),
            5 if !words.is_empty() => drop(bytes.splice(at..end, self.one_of(words).bytes())),
            6 if !words.is_empty() => drop(bytes.splice(at..at, self.one_of(words).bytes())),
            _ => {
                let bit = 1 << self.below(8);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= bit;
                }
            }
        }
    }
}
