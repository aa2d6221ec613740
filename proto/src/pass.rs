//! The pass: how a call shows whose it is, in its `authorization`.
//!
//! `Gom`, then the device's name and its secret as hexadecimal digits. One field: each costs bytes in every call.

use std::fmt::Write;

use gom_domain::greeting::DeviceId;

const SCHEME: &str = "Gom ";

/// The pass of a device.
pub fn show(device: DeviceId, secret: &[u8; 32]) -> String {
    format!("{SCHEME}{}{}", hex(&device.0), hex(secret))
}

/// The device that a pass names, and the secret that it shows.
pub fn read(pass: &str) -> Option<(DeviceId, [u8; 32])> {
    let (device, secret) = pass.strip_prefix(SCHEME)?.split_at_checked(32)?;
    Some((DeviceId(from_hex(device)?), from_hex(secret)?))
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_read_as_it_was_shown() {
        let (device, secret) = (DeviceId([0xab; 16]), [0x0f; 32]);
        let pass = show(device, &secret);
        assert_eq!(pass, format!("Gom {}{}", "ab".repeat(16), "0f".repeat(32)));
        assert_eq!(read(&pass), Some((device, secret)));
    }

    #[test]
    fn what_is_no_pass_is_none() {
        let pass = show(DeviceId([1; 16]), &[2; 32]);
        let (short, long, sign) = (&pass[..99], format!("{pass}0"), pass.replace("0101", "+1+1"));
        for text in ["", "Gom ", "Bearer 01", short, &long, &sign, "Gom ã", &pass.replace("Gom", "gom")] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
