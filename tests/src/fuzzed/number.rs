//! Numbers: what is read is written as the same again, in both notations.

use gom_domain::Lang;
use gom_domain::number::{self, Decimal, Notation};

use super::tape::Tape;

const NUMBERS: [&str; 10] = [
    "8.846,5",
    "-0,050",
    "1.234.567",
    "999999999999999999",
    " −1.000,25 ",
    "0",
    "8846.5",
    "000",
    "0,000000000000000001",
    "-999.999.999.999.999.999",
];
const WORDS: [&str; 16] =
    ["0", "9", "00", "000", ".", ",", "-", "−", " ", "+", "e", "٣", "\u{a0}", "1.000", ",5", "−-"];

/// Any text as a number.
pub fn number(data: &[u8]) {
    let mut tape = Tape::new(data);
    let valid = *tape.one_of(&NUMBERS);
    let bytes = tape.changed(valid.as_bytes(), &WORDS);
    let text = String::from_utf8_lossy(&bytes);
    for (notation, lang) in [(Notation::Vietnamese, Some(Lang::Vi)), (Notation::Plain, None)] {
        if let Ok(read) = Decimal::parse(&text, notation) {
            comes_back(read, notation, lang);
            fits(read, tape.byte());
        }
    }
}

/// What was read is written as a text that is read as the same number.
fn comes_back(read: Decimal, notation: Notation, lang: Option<Lang>) {
    assert!(read.digits.unsigned_abs() < 10_u64.pow(18), "{read:?}");
    let written = match lang {
        Some(lang) => number::shown(read.digits, read.scale, lang),
        None => number::plain(read.digits, read.scale),
    };
    let again = Decimal::parse(&written, notation).unwrap_or_else(|fault| panic!("{written}: {fault:?}"));
    assert_eq!(again.at_scale(read.scale), Ok(read.digits), "{read:?} as {written}");
    let zeros = number::trimmed(&number::plain(read.digits, read.scale)).to_owned();
    assert_eq!(Decimal::parse(&zeros, Notation::Plain).unwrap().at_scale(read.scale), Ok(read.digits));
}

/// At any number of decimals it is the same number or none.
fn fits(read: Decimal, scale: u8) {
    let Ok(digits) = read.at_scale(scale) else { return };
    let as_written = Decimal { digits, scale };
    assert_eq!(as_written.at_scale(read.scale), Ok(read.digits), "{read:?} with {scale} decimals");
}
