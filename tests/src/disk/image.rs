//! What may be on a disk after a power cut.
//!
//! What was synced is there. Of what was written since, each sector of 512 bytes may have come as far as any of the writes
//! to it; a file may be as long as it was made or shorter, and hold whatever was on the disk before where nothing came. A
//! name that was made, moved or removed has come if its folder was synced since, else perhaps.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::log::Record;
use crate::proof::chance::Chance;

/// What reaches the disk as a whole or not at all.
const SECTOR: usize = 512;

/// A disk as it stands at a point of a recording: what is certain, and what is still under way.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
    /// The nodes that have the system's numbers now; a number is given again once its file has gone.
    numbers: HashMap<u64, usize>,
    nodes: Vec<Node>,
    /// The names as programs see them.
    names: BTreeMap<PathBuf, usize>,
    kept_names: BTreeMap<PathBuf, usize>,
    new_names: Vec<Naming>,
}

/// A file or a folder.
#[derive(Clone, Debug)]
enum Node {
    Folder,
    File(Contents),
}

#[derive(Clone, Debug, Default)]
struct Contents {
    kept: Vec<u8>,
    new: Vec<Change>,
    length: usize,
}

#[derive(Clone, Debug)]
enum Change {
    Written(usize, Vec<u8>),
    Length(usize),
}

/// A change of names that may not have come yet: from where, and to where.
#[derive(Clone, Debug)]
struct Naming {
    gone: Option<PathBuf>,
    there: Option<(PathBuf, usize)>,
}

/// How much of what was under way has come.
#[derive(Clone, Copy, Debug)]
struct Luck {
    /// One in so many is lost; 0: nothing is.
    lost: u64,
    /// Whether what was on the disk before shows where nothing came.
    is_dirty: bool,
}

impl Luck {
    fn drawn(chance: &mut Chance) -> Self {
        let lost = [1, 2, 16, 0][usize::try_from(chance.below(4)).unwrap()];
        Self { lost, is_dirty: chance.one_in(3) }
    }

    fn loses(self, chance: &mut Chance) -> bool {
        self.lost > 0 && chance.one_in(self.lost)
    }
}

impl Disk {
    /// A disk as a recording of a folder finds it: all that is there is certain.
    pub fn of(root: &Path) -> Self {
        let mut disk = Self {
            root: root.to_owned(),
            numbers: HashMap::new(),
            nodes: Vec::new(),
            names: BTreeMap::new(),
            kept_names: BTreeMap::new(),
            new_names: Vec::new(),
        };
        disk.find(root);
        disk.kept_names.clone_from(&disk.names);
        disk.new_names.clear();
        disk
    }

    fn find(&mut self, path: &Path) {
        let number = fs::metadata(path).unwrap().ino();
        if !path.is_dir() {
            let kept = fs::read(path).unwrap();
            let length = kept.len();
            return self.make(number, path, Node::File(Contents { kept, new: Vec::new(), length }));
        }
        self.make(number, path, Node::Folder);
        fs::read_dir(path).unwrap().for_each(|entry| self.find(&entry.unwrap().path()));
    }

    /// Goes on by what was done.
    pub fn go_on(&mut self, record: &Record) {
        match record {
            Record::Made(number, path) => self.make(*number, path, Node::File(Contents::default())),
            Record::FolderMade(number, path) => self.make(*number, path, Node::Folder),
            Record::Linked(number, path) => self.name(None, Some((path.clone(), self.numbers[number]))),
            Record::Removed(path) => self.name(Some(path.clone()), None),
            Record::Renamed(from, to) => {
                let node = self.names[from];
                self.name(Some(from.clone()), Some((to.clone(), node)));
            }
            Record::Written(number, offset, bytes) => {
                let file = self.file(*number);
                file.length = file.length.max(offset + bytes.len());
                file.new.push(Change::Written(*offset, bytes.clone()));
            }
            Record::Length(number, length) => {
                let file = self.file(*number);
                file.length = *length;
                file.new.push(Change::Length(*length));
            }
            Record::Synced(number) => self.sync(self.numbers[number]),
            Record::Said(_) => {}
        }
    }

    fn make(&mut self, number: u64, path: &Path, node: Node) {
        let place = self.nodes.len();
        self.nodes.push(node);
        self.numbers.insert(number, place);
        self.name(None, Some((path.to_owned(), place)));
    }

    fn name(&mut self, gone: Option<PathBuf>, there: Option<(PathBuf, usize)>) {
        let naming = Naming { gone, there };
        naming.carry_out(&mut self.names);
        self.new_names.push(naming);
    }

    fn file(&mut self, number: u64) -> &mut Contents {
        match &mut self.nodes[self.numbers[&number]] {
            Node::File(contents) => contents,
            Node::Folder => panic!("a folder was written to"),
        }
    }

    fn sync(&mut self, node: usize) {
        if let Node::File(contents) = &mut self.nodes[node] {
            return contents.keep();
        }
        let found = self.names.iter().find(|(_, place)| **place == node);
        let Some(folder) = found.map(|(path, _)| path.clone()) else { return };
        let kept_names = &mut self.kept_names;
        self.new_names.retain(|naming| {
            let is_in = naming.folder() == Some(folder.as_path());
            if is_in {
                naming.carry_out(kept_names);
            }
            !is_in
        });
    }

    /// Writes down, in a folder that is not there yet, what a power cut at this point may have left.
    pub fn cut(&self, chance: &mut Chance, to: &Path) {
        self.cut_with(Luck::drawn(chance), chance, to);
    }

    /// The same where nothing has come that need not have.
    pub fn cut_at_worst(&self, to: &Path) {
        self.cut_with(Luck { lost: 1, is_dirty: false }, &mut Chance::new(0), to);
    }

    fn cut_with(&self, luck: Luck, chance: &mut Chance, to: &Path) {
        let names = self.names_left(luck, chance);
        for (path, node) in &names {
            let place = to.join(path.strip_prefix(&self.root).unwrap());
            let is_reached =
                path == &self.root || path.parent().is_some_and(|above| names.contains_key(above));
            if !is_reached {
                continue;
            }
            match &self.nodes[*node] {
                Node::Folder => fs::create_dir(&place).unwrap(),
                // It is no file but memory that programs share; whatever it holds after a power cut is worth nothing.
                Node::File(_) if path.to_string_lossy().ends_with("-shm") => {
                    let nothing: Vec<u8> = (0..32_768).map(|_| chance.below(256).to_le_bytes()[0]).collect();
                    fs::write(&place, nothing).unwrap();
                }
                Node::File(contents) => fs::write(&place, contents.left(luck, chance)).unwrap(),
            }
        }
    }

    /// The names that are there: of two changes to one name, the later has not come where the earlier has not.
    fn names_left(&self, luck: Luck, chance: &mut Chance) -> BTreeMap<PathBuf, usize> {
        let (mut names, mut lost) = (self.kept_names.clone(), HashSet::new());
        for naming in &self.new_names {
            let touched = [naming.gone.as_ref(), naming.there.as_ref().map(|(path, _)| path)];
            let touched: Vec<&PathBuf> = touched.into_iter().flatten().collect();
            if touched.iter().any(|path| lost.contains(*path)) || luck.loses(chance) {
                lost.extend(touched);
            } else {
                naming.carry_out(&mut names);
            }
        }
        names
    }
}

impl Naming {
    /// The folder that must be synced for it.
    fn folder(&self) -> Option<&Path> {
        let path = self.there.as_ref().map(|(path, _)| path).or(self.gone.as_ref());
        path.and_then(|path| path.parent())
    }

    fn carry_out(&self, names: &mut BTreeMap<PathBuf, usize>) {
        if let Some(gone) = &self.gone {
            names.remove(gone);
        }
        if let Some((path, node)) = &self.there {
            names.insert(path.clone(), *node);
        }
    }
}

impl Contents {
    fn keep(&mut self) {
        for change in self.new.drain(..) {
            match change {
                Change::Written(offset, bytes) => put(&mut self.kept, offset, &bytes, 0),
                Change::Length(length) => self.kept.resize(length, 0),
            }
        }
    }

    /// What is left of a file.
    fn left(&self, luck: Luck, chance: &mut Chance) -> Vec<u8> {
        let fill = if luck.is_dirty { 0x5a } else { 0 };
        let (mut left, mut lost) = (self.kept.clone(), HashSet::new());
        for change in &self.new {
            match change {
                Change::Length(length) if !luck.loses(chance) => left.resize(*length, fill),
                Change::Length(_) => {}
                Change::Written(offset, bytes) => {
                    for (at, piece) in sectors(*offset, bytes) {
                        if lost.contains(&(at / SECTOR)) || luck.loses(chance) {
                            lost.insert(at / SECTOR);
                        } else {
                            put(&mut left, at, piece, fill);
                        }
                    }
                }
            }
        }
        // Its length may have come without what it is the length of.
        if left.len() < self.length && luck.lost > 0 && chance.one_in(2) {
            left.resize(self.length, fill);
        }
        left
    }
}

/// A write as the sectors that it touches: where, and what.
fn sectors(offset: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let first = (SECTOR - offset % SECTOR).min(bytes.len());
    let (head, tail) = bytes.split_at(first);
    let tails = tail.chunks(SECTOR).enumerate().map(move |(n, piece)| (offset + first + n * SECTOR, piece));
    std::iter::once((offset, head)).chain(tails)
}

fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8], between: u8) {
    if file.len() < offset + bytes.len() {
        file.resize(offset + bytes.len(), between);
    }
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_falls_into_the_sectors_that_it_touches() {
        let bytes = vec![7; 1_100];
        let found: Vec<(usize, usize)> = sectors(500, &bytes).map(|(at, piece)| (at, piece.len())).collect();
        assert_eq!(found, [(500, 12), (512, 512), (1_024, 512), (1_536, 64)]);
    }

    fn recorded(root: &Path) -> Disk {
        let mut disk = Disk::of(root);
        let file = root.join("a");
        let number = 1;
        disk.go_on(&Record::Made(number, file));
        disk.go_on(&Record::Written(number, 0, vec![1; 1_024]));
        disk.go_on(&Record::Synced(number));
        disk
    }

    fn left(disk: &Disk, seed: u64) -> Option<Vec<u8>> {
        let place = tempfile::tempdir().unwrap();
        disk.cut(&mut Chance::new(seed), &place.path().join("image"));
        fs::read(place.path().join("image/a")).ok()
    }

    #[test]
    fn a_file_whose_folder_was_not_synced_may_be_absent_but_is_never_torn_once_synced() {
        let root = tempfile::tempdir().unwrap();
        let mut disk = recorded(root.path());
        let images: Vec<_> = (0..50).map(|seed| left(&disk, seed)).collect();
        assert!(images.contains(&None) && images.contains(&Some(vec![1; 1_024])));
        assert_eq!(images.iter().flatten().find(|bytes| **bytes != [1; 1_024]), None);
        disk.go_on(&Record::Synced(fs::metadata(root.path()).unwrap().ino()));
        assert!((0..50).all(|seed| left(&disk, seed) == Some(vec![1; 1_024])));
    }

    #[test]
    fn sectors_that_were_not_synced_come_one_by_one() {
        let root = tempfile::tempdir().unwrap();
        let mut disk = recorded(root.path());
        disk.go_on(&Record::Synced(fs::metadata(root.path()).unwrap().ino()));
        disk.go_on(&Record::Written(1, 0, vec![2; 1_024]));
        let images: HashSet<(u8, u8)> =
            (0..200).filter_map(|seed| left(&disk, seed)).map(|bytes| (bytes[0], bytes[1_023])).collect();
        assert_eq!(images, HashSet::from([(1, 1), (1, 2), (2, 1), (2, 2)]));
    }
}
