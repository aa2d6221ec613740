//! Figures packed along a form's elements: a bit for each, then a zigzag varint for each that is present.
//!
//! Forty figures of an ordinary report take about 100 bytes. Packing is canonical: equal figures make equal bytes.

use gom_domain::submission::Figures;

use crate::Malformed;

const FAULT: Malformed = Malformed::Field("figures");

/// Packs figures.
pub fn pack(figures: &Figures) -> Vec<u8> {
    let mut bytes = vec![0; figures.len().div_ceil(8)];
    for (place, value) in figures.iter().enumerate() {
        if let Some(value) = value {
            bytes[place / 8] |= 1 << (place % 8);
            push_varint(&mut bytes, zigzag(*value));
        }
    }
    bytes
}

/// Unpacks the figures of a form of `count` elements.
pub fn unpack(bytes: &[u8], count: usize) -> Result<Figures, Malformed> {
    let (bits, mut rest) = bytes.split_at_checked(count.div_ceil(8)).ok_or(FAULT)?;
    let spare = if count.is_multiple_of(8) { 0 } else { bits.last().copied().unwrap_or(0) >> (count % 8) };
    if spare != 0 {
        return Err(FAULT);
    }
    let mut figures = Figures::with_capacity(count);
    for place in 0..count {
        let present = bits[place / 8] >> (place % 8) & 1 == 1;
        figures.push(if present { Some(unzigzag(take_varint(&mut rest)?)) } else { None });
    }
    if rest.is_empty() { Ok(figures) } else { Err(FAULT) }
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

/// Takes one varint off the front; longer writings of the same number are refused.
fn take_varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, tail) = rest.split_first().ok_or(FAULT)?;
        *rest = tail;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 || shift > 0 && *byte == 0 {
            return Err(FAULT);
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(FAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_back() {
        for figures in [
            vec![],
            vec![None; 9],
            vec![
                Some(0),
                None,
                Some(-1),
                Some(22_507),
                Some(i64::MAX),
                Some(i64::MIN),
                None,
                Some(1),
                Some(63),
            ],
        ] {
            assert_eq!(unpack(&pack(&figures), figures.len()), Ok(figures));
        }
    }

    #[test]
    fn malformed_figures_are_refused() {
        let packed = pack(&vec![Some(300), None]);
        assert_eq!(unpack(&packed[..1], 2), Err(FAULT));
        assert_eq!(unpack(&[], 2), Err(FAULT));
        assert_eq!(unpack(&[0b100, 1], 2), Err(FAULT), "a bit beyond the last element");
        assert_eq!(unpack(&[1, 0x80, 0], 1), Err(FAULT), "a longer writing of zero");
        assert_eq!(unpack(&[1, 2, 3], 1), Err(FAULT), "bytes to spare");
        assert_eq!(unpack(&[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], 1), Err(FAULT));
    }
}
