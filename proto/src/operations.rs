//! Operations on the line: the bodies of a message squeezed together, where that makes it smaller.
//!
//! Bodies come out verbatim, for hashes are taken over them. What a message says of its size is checked before anything
//! is made room for, so a small message cannot grow beyond the limit.

use std::cell::RefCell;

use prost::Message;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::get_frame_content_size;

use crate::{Malformed, wire};

/// How much a message may come to, squeezed or not.
pub const LARGEST_MESSAGE: usize = 1024 * 1024;

/// Higher levels make a message of 250 reports smaller by less than a hundredth; the third takes twice as long.
const LEVEL: i32 = 1;

/// Less than this, such as a report or two, hardly becomes smaller and is not tried: trying takes as long as the district
/// takes to judge it.
const WORTH_IT: usize = 300;

/// Squeezes bodies, message by message.
pub struct Packer {
    /// None where the library has no memory; bodies then travel as they are.
    compressor: Option<Compressor<'static>>,
}

impl Default for Packer {
    fn default() -> Self {
        Self { compressor: Compressor::new(LEVEL).ok() }
    }
}

impl Packer {
    /// Operations from a sequence on, as they take the fewest bytes.
    pub fn pack(&mut self, first_sequence: u64, bodies: Vec<Vec<u8>>) -> wire::Operations {
        let plain = wire::Bodies { bodies };
        let size = plain.encoded_len();
        let compressor = self.compressor.as_mut().filter(|_| size >= WORTH_IT);
        let squeezed = compressor.and_then(|zstd| zstd.compress(&plain.encode_to_vec()).ok());
        match squeezed.filter(|squeezed| squeezed.len() < size) {
            Some(squeezed) => wire::Operations { first_sequence, bodies: Vec::new(), squeezed },
            None => wire::Operations { first_sequence, bodies: plain.bodies, squeezed: Vec::new() },
        }
    }
}

/// The bodies of a message.
pub fn unpack(operations: wire::Operations) -> Result<Vec<Vec<u8>>, Malformed> {
    match (operations.bodies.is_empty(), operations.squeezed.is_empty()) {
        (_, true) => Ok(operations.bodies),
        (true, false) => unsqueeze(&operations.squeezed).ok_or(Malformed::Field("squeezed")),
        (false, false) => Err(Malformed::Field("squeezed")),
    }
}

thread_local! {
    /// What unsqueezing works in, some hundred kilobytes: one a thread that serves, not one a connection or a message.
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = RefCell::new(Decompressor::new().ok());
}

fn unsqueeze(frame: &[u8]) -> Option<Vec<Vec<u8>>> {
    let named = get_frame_content_size(frame).ok().flatten()?;
    let size = usize::try_from(named).ok().filter(|size| *size <= LARGEST_MESSAGE)?;
    let unpack = |unpacker: &RefCell<Option<Decompressor<'static>>>| {
        unpacker.borrow_mut().as_mut()?.decompress(frame, size).ok()
    };
    let plain = UNPACKER.with(unpack)?;
    Some(wire::Bodies::decode(plain.as_slice()).ok()?.bodies)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports() -> Vec<Vec<u8>> {
        (0..100_u8).map(|n| (0..150).map(|place| if place < 10 { n } else { place % 16 }).collect()).collect()
    }

    #[test]
    fn bodies_come_back_verbatim_and_take_fewer_bytes() {
        let operations = Packer::default().pack(7, reports());
        assert_eq!(operations.first_sequence, 7);
        assert!(operations.encoded_len() < 5_000, "{}", operations.encoded_len());
        assert_eq!(unpack(operations), Ok(reports()));
    }

    #[test]
    fn what_would_grow_travels_as_it_is() {
        let operations = Packer::default().pack(1, vec![vec![1, 2, 3]]);
        assert_eq!((operations.bodies.len(), operations.squeezed.len()), (1, 0));
        assert_eq!(unpack(operations), Ok(vec![vec![1, 2, 3]]));
    }

    fn squeezed(squeezed: Vec<u8>) -> Result<Vec<Vec<u8>>, Malformed> {
        unpack(wire::Operations { squeezed, ..wire::Operations::default() })
    }

    #[test]
    fn what_grows_beyond_the_limit_is_refused() {
        let bomb = wire::Bodies { bodies: vec![vec![0; LARGEST_MESSAGE]] }.encode_to_vec();
        let bomb = zstd::bulk::compress(&bomb, LEVEL).unwrap();
        assert!(bomb.len() < 1_000);
        assert_eq!(squeezed(bomb), Err(Malformed::Field("squeezed")));
    }

    #[test]
    fn a_frame_that_says_less_than_it_holds_is_refused() {
        let small = wire::Bodies { bodies: vec![vec![0; 20]] }.encode_to_vec();
        let large = wire::Bodies { bodies: vec![vec![0; 2_000]] }.encode_to_vec();
        let frame = |bytes: &[u8]| zstd::bulk::compress(bytes, LEVEL).unwrap();
        let two: Vec<u8> = frame(&small).into_iter().chain(frame(&large)).collect();
        assert_eq!(squeezed(two), Err(Malformed::Field("squeezed")));
        assert_eq!(squeezed(b"no frame at all".to_vec()), Err(Malformed::Field("squeezed")));
        assert_eq!(squeezed(frame(&[0xff; 9])), Err(Malformed::Field("squeezed")));
    }
}
