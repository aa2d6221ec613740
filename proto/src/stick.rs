//! Files on a stick: the same messages as on the line, between a name of the format and a seal over all of it.
//!
//! A file is taken whole or not at all: one changed byte breaks the seal. Both ends know the key, the hash of the device's
//! secret; nobody else does who has not been in the books or on the commune's computer.

use gom_domain::greeting::DeviceId;
use prost::Message;

use crate::seal::{self, LENGTH, SealKey, Way};
use crate::{planted, wire};

/// The first bytes of each kind of file: what it is and the version of its format.
const QUEUE: [u8; 8] = *b"GOMqueu1";
const ANSWERS: [u8; 8] = *b"GOMansw1";

/// The largest file that is read: a hundred years of a unit's reports.
pub const LARGEST: usize = 64 * 1024 * 1024;

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is no file of that kind.
    #[error("this is no such file")]
    Foreign,
    /// It was written by a newer program.
    #[error("the file was written by a newer program")]
    Newer,
    /// It is damaged, or was not written by whom it names.
    #[error("the file is damaged")]
    Damaged,
}

/// A queue as a file.
pub fn write_queue(queue: &wire::Queue, key: &SealKey) -> Vec<u8> {
    write(QUEUE, Way::Queue, queue, key)
}

/// Answers as a file.
pub fn write_answers(answers: &wire::Answers, key: &SealKey) -> Vec<u8> {
    write(ANSWERS, Way::Answers, answers, key)
}

/// Reads a queue, given the key of whatever device it names; none if the device is not known.
pub fn read_queue(
    file: &[u8],
    key: impl FnOnce(DeviceId) -> Option<SealKey>,
) -> Result<Option<wire::Queue>, Unread> {
    let queue: wire::Queue = read(QUEUE, file)?;
    let device = queue.device.as_slice().try_into().map_err(|_| Unread::Damaged)?;
    let Some(key) = key(DeviceId(device)) else { return Ok(None) };
    proved(file, Way::Queue, &key).then_some(Some(queue)).ok_or(Unread::Damaged)
}

/// Reads answers.
pub fn read_answers(file: &[u8], key: &SealKey) -> Result<wire::Answers, Unread> {
    let answers = read(ANSWERS, file)?;
    proved(file, Way::Answers, key).then_some(answers).ok_or(Unread::Damaged)
}

/// Whose queue a file says that it is, if it is one. Nothing proves it.
pub fn queue_of(file: &[u8]) -> Option<DeviceId> {
    let queue: wire::Queue = read(QUEUE, file).ok()?;
    queue.device.as_slice().try_into().ok().map(DeviceId)
}

/// For whom a file says that its answers are, if it has some. Nothing proves it.
pub fn answers_for(file: &[u8]) -> Option<DeviceId> {
    let answers: wire::Answers = read(ANSWERS, file).ok()?;
    answers.device.as_slice().try_into().ok().map(DeviceId)
}

fn write(name: [u8; 8], way: Way, message: &impl Message, key: &SealKey) -> Vec<u8> {
    let mut file = name.to_vec();
    file.extend(message.encode_to_vec());
    file.extend(key.file(way, &file));
    file
}

fn read<M: Message + Default>(name: [u8; 8], file: &[u8]) -> Result<M, Unread> {
    let (first, rest) = file.split_at_checked(name.len()).ok_or(Unread::Foreign)?;
    let (kind, version) = (&name[..7], name[7]);
    if first[..7] != *kind {
        return Err(Unread::Foreign);
    }
    if first[7] != version {
        return Err(if first[7] > version { Unread::Newer } else { Unread::Damaged });
    }
    let end = rest.len().checked_sub(LENGTH).ok_or(Unread::Damaged)?;
    M::decode(&rest[..end]).map_err(|_| Unread::Damaged)
}

fn proved(file: &[u8], way: Way, key: &SealKey) -> bool {
    let (all, shown) = file.split_at(file.len() - LENGTH);
    seal::is(shown, &key.file(way, all)) || planted::is("stick-seal-unchecked")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: SealKey = SealKey([3; 32]);

    fn queue() -> wire::Queue {
        let operations =
            vec![wire::Operations { first_sequence: 1, bodies: vec![vec![1, 2]], squeezed: Vec::new() }];
        wire::Queue { device: vec![2; 16], unit: "a".into(), after: 7, operations, ..wire::Queue::default() }
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let file = write_queue(&queue(), &KEY);
        assert_eq!(read_queue(&file, |device| (device.0 == [2; 16]).then_some(KEY)), Ok(Some(queue())));
        assert_eq!(read_queue(&file, |_| None), Ok(None), "nobody known has written it");
    }

    #[test]
    fn a_file_says_whose_it_is() {
        let queue = write_queue(&queue(), &KEY);
        let answers = wire::Answers { device: vec![5; 16], ..wire::Answers::default() };
        let answers = write_answers(&answers, &KEY);
        assert_eq!((queue_of(&queue), answers_for(&queue)), (Some(DeviceId([2; 16])), None));
        assert_eq!((queue_of(&answers), answers_for(&answers)), (None, Some(DeviceId([5; 16]))));
        assert_eq!((queue_of(b""), answers_for(b"unit,form")), (None, None));
    }

    #[test]
    fn a_file_that_is_not_whole_is_not_taken() {
        let file = write_queue(&queue(), &KEY);
        for at in 0..file.len() {
            for bit in [0x01, 0x80] {
                let mut damaged = file.clone();
                damaged[at] ^= bit;
                assert!(read_queue(&damaged, |_| Some(KEY)).is_err(), "byte {at}");
            }
            assert!(read_queue(&file[..at], |_| Some(KEY)).is_err(), "cut at {at}");
        }
        assert_eq!(read_queue(&file, |_| Some(SealKey([4; 32]))), Err(Unread::Damaged));
        assert_eq!(read_answers(&file, &KEY), Err(Unread::Foreign), "the other kind");
        let newer = [b"GOMqueu2", &file[8..]].concat();
        assert_eq!(read_queue(&newer, |_| Some(KEY)), Err(Unread::Newer));
    }
}
