//! A power cut takes nothing that was acknowledged, and leaves nothing half-done.
//!
//! The real programs run on a disk that is watched (`disk`): a commune that fills in, hands in and syncs, and a district
//! that commits in groups. From each recording many images are made, of the disk as a power cut at some point may have left
//! it, and the real code goes on from them. Linux only.

pub mod books;
mod commune;
mod district;

use std::path::Path;

use super::Proof;
use super::chance::Chance;
use crate::disk;
use crate::disk::image::Disk;
use crate::disk::log::{self, Record};

/// The proof.
pub(super) const PROOF: Proof =
    Proof { name: "power-cut", promises: "G1 G3", unit: "images of a disk", few: 60, many: 2_000, tries };

/// How many images are made of one recording, at most.
const IMAGES: u64 = 250;
/// How many records the founding of a folder takes, about.
const BEGINNING: usize = 100;

fn tries(count: u64, seed: u64) {
    let halves = [count - count / 2, count / 2];
    for (side, images) in [commune::tries, district::tries].into_iter().zip(halves) {
        let mut left = images;
        for recording in 0.. {
            if left == 0 {
                break;
            }
            let now = left.min(IMAGES);
            side(now, seed.wrapping_add(recording));
            left -= now;
        }
    }
}

/// What a program did below a folder, and in which order.
struct Recording {
    begins: Disk,
    records: Vec<Record>,
}

impl Recording {
    /// Reads the log of a recording, which began on a disk.
    fn read(begins: Disk, log: &Path) -> Self {
        let records: Vec<Record> = log::read(log).into_iter().map(|(_, record)| record).collect();
        assert!(records.iter().any(|record| matches!(record, Record::Said(_))), "nothing was recorded");
        Self { begins, records }
    }

    /// What was said in a part of it.
    fn said(&self, from: usize, to: usize) -> String {
        let said = |record: &Record| match record {
            Record::Said(text) => Some(text.clone()),
            _ => None,
        };
        self.records[from..to].iter().filter_map(said).collect()
    }

    /// Cuts the power so many times, and has each image checked: it is given where it is, and how many records the cut came
    /// after. An image that is not as it should be is kept.
    fn cut(&self, images: u64, seed: u64, check: impl Fn(&Path, usize) -> Result<(), String>) {
        let mut chance = Chance::new(seed);
        let mut cuts: Vec<usize> = (0..images).map(|_| self.point(&mut chance)).collect();
        cuts.sort_unstable();
        let (mut now, mut gone) = (self.begins.clone(), 0);
        for (number, cut) in cuts.into_iter().enumerate() {
            self.records[gone..cut].iter().for_each(|record| now.go_on(record));
            gone = cut;
            let (place, path) = disk::place();
            let image = path.join("image");
            now.cut(&mut Chance::new(seed.wrapping_mul(1_000_003).wrapping_add(number as u64)), &image);
            if let Err(broken) = check(&image, cut) {
                let kept = place.keep();
                let all = self.records.len();
                panic!(
                    "image {number} of the recording from seed {seed}, cut after record {cut} of {all}: {broken}\nIt is kept in {}",
                    kept.display()
                );
            }
        }
    }

    /// Where to cut: just where something has been said, or while everything begins, or anywhere.
    fn point(&self, chance: &mut Chance) -> usize {
        let said = |place: &usize| matches!(self.records[*place], Record::Said(_));
        let after_said: Vec<usize> = (0..self.records.len()).filter(said).map(|place| place + 1).collect();
        let all = self.records.len() + 1;
        match chance.below(8) {
            0..4 => after_said[some_of(after_said.len(), chance)],
            4 => some_of(all.min(BEGINNING), chance),
            _ => some_of(all, chance),
        }
    }
}

fn some_of(places: usize, chance: &mut Chance) -> usize {
    usize::try_from(chance.below(places as u64)).unwrap()
}

/// Broken unless it is so.
fn must(so: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if so { Ok(()) } else { Err(otherwise()) }
}
