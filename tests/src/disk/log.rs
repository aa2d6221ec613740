//! What a program did to the files below a folder, and what it said, in one order.

use std::path::{Path, PathBuf};

/// How long a record's head is: kind, file, offset and length, eight bytes each.
const HEAD: usize = 32;

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A file was made.
    Made(u64, PathBuf),
    /// A folder was made.
    FolderMade(u64, PathBuf),
    /// A file got one more name.
    Linked(u64, PathBuf),
    /// A name was removed.
    Removed(PathBuf),
    /// A file got another name.
    Renamed(PathBuf, PathBuf),
    /// Bytes were written to a file, from an offset.
    Written(u64, usize, Vec<u8>),
    /// A file has another length.
    Length(u64, usize),
    /// A file or a folder was synced: what came before is on the disk.
    Synced(u64),
    /// Something was said to whoever reads.
    Said(String),
}

/// Reads a log: each record with where it ends in the file. There is no file before the first record.
pub fn read(log: &Path) -> Vec<(u64, Record)> {
    let bytes = std::fs::read(log).unwrap_or_default();
    let (mut rest, mut records) = (bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        let (head, after) = rest.split_at(HEAD);
        let number = |place: usize| u64::from_ne_bytes(head[place * 8..][..8].try_into().unwrap());
        let length = usize::try_from(number(3)).unwrap();
        let (piece, after) = after.split_at(length);
        let record = record(number(0), number(1), usize::try_from(number(2)).unwrap(), piece);
        rest = after;
        records.push(((bytes.len() - rest.len()) as u64, record));
    }
    records
}

fn record(kind: u64, file: u64, offset: usize, bytes: &[u8]) -> Record {
    let text = || String::from_utf8(bytes.to_vec()).expect("names and what is said are UTF-8");
    let path = || PathBuf::from(text());
    match u8::try_from(kind) {
        Ok(b'c') => Record::Made(file, path()),
        Ok(b'd') => Record::FolderMade(file, path()),
        Ok(b'l') => Record::Linked(file, path()),
        Ok(b'u') => Record::Removed(path()),
        Ok(b'r') => {
            let text = text();
            let (from, to) = text.split_once('\0').expect("two names");
            Record::Renamed(from.into(), to.into())
        }
        Ok(b'w') => Record::Written(file, offset, bytes.to_vec()),
        Ok(b't') => Record::Length(file, offset),
        Ok(b's') => Record::Synced(file),
        Ok(b'o') => Record::Said(text()),
        _ => panic!("a record of kind {kind}"),
    }
}
