//! What people type to enrol: one-time codes and fingerprints, short enough to type, long enough not to be guessed, and
//! with a check letter, so that a slip of the finger is told apart from a wrong code.

use sha2::{Digest, Sha256};

/// Letters and digits that cannot be taken for each other (Crockford's alphabet).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many letters stand before the check letter: 130 bits.
const LETTERS: usize = 26;

/// How long a code may be used, in milliseconds: 72 hours.
pub const CODE_LIFE_MS: i64 = 72 * 3_600_000;

/// The text is not what it should be: a letter is missing, too many or mistyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistyped;

/// A one-time enrolment code of 130 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolCode(String);

crate::hidden!(EnrolCode);

impl EnrolCode {
    /// A code from random bytes.
    pub fn new(random: [u8; LETTERS]) -> Self {
        Self(with_check(random.iter().map(|byte| ALPHABET[usize::from(byte % 32)]).collect()))
    }

    /// Reads a code as it was typed: in any case, with or without dashes and spaces, O for 0 and I or L for 1.
    pub fn parse(text: &str) -> Result<Self, Mistyped> {
        typed(text).map(Self)
    }

    /// What the district keeps of it: its SHA-256.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The code in groups, as it is printed.
    pub fn shown(&self) -> String {
        in_groups(&self.0)
    }

    /// The code without groups, as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the district's authority is known by: the first 16 bytes of the SHA-256 of its public key. Nobody can make another
/// key for a given fingerprint: that takes 2^128 tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// Reads a fingerprint as it was typed, as a code is.
    pub fn parse(text: &str) -> Result<Self, Mistyped> {
        let typed = typed(text)?;
        let values = typed.bytes().take(LETTERS).map(|letter| u128::from(value(letter)));
        let (first, rest) = (values.clone().next().unwrap_or(0), values.skip(1));
        // 26 letters hold two bits more than 16 bytes.
        let first = if first < 8 { first } else { return Err(Mistyped) };
        Ok(Self(rest.fold(first, |all, value| all << 5 | value).to_be_bytes()))
    }

    /// The fingerprint in groups, as it is printed.
    pub fn shown(&self) -> String {
        let all = u128::from_be_bytes(self.0);
        let letters = (0..LETTERS).rev().map(|place| ALPHABET[(all >> (5 * place) & 31) as usize]);
        in_groups(&with_check(letters.collect()))
    }
}

/// Letters with their check letter.
fn with_check(letters: Vec<u8>) -> String {
    let check = check_letter(&letters);
    letters.into_iter().chain([check]).map(char::from).collect()
}

/// The letters that were typed, the check letter included.
fn typed(text: &str) -> Result<String, Mistyped> {
    let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let letters: Option<Vec<u8>> = typed.map(|c| u8::try_from(c).ok().and_then(letter)).collect();
    let letters = letters.ok_or(Mistyped)?;
    match letters.split_last() {
        Some((check, code)) if code.len() == LETTERS && check_letter(code) == *check => {
            Ok(letters.into_iter().map(char::from).collect())
        }
        _ => Err(Mistyped),
    }
}

fn in_groups(letters: &str) -> String {
    let groups: Vec<&str> =
        (0..letters.len()).step_by(5).map(|at| &letters[at..(at + 5).min(letters.len())]).collect();
    groups.join("-")
}

fn letter(typed: u8) -> Option<u8> {
    let letter = match typed.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.contains(&letter).then_some(letter)
}

fn value(letter: u8) -> u8 {
    ALPHABET.iter().zip(0..).find(|(own, _)| **own == letter).map_or(0, |(_, value)| value)
}

/// A weighted sum modulo 31, a prime: every single slip and every swap of neighbours changes it.
fn check_letter(letters: &[u8]) -> u8 {
    let sum: usize =
        letters.iter().zip(1..).map(|(letter, weight)| usize::from(value(*letter)) * weight).sum();
    ALPHABET[sum % 31]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = EnrolCode::new(std::array::from_fn(|at| u8::try_from(at * 7).unwrap()));
        assert_eq!(EnrolCode::parse(&code.shown()), Ok(code.clone()));
        assert_eq!(
            EnrolCode::parse(&code.shown().to_lowercase().replace('-', " ").replace('0', "o")),
            Ok(code)
        );
    }

    #[test]
    fn a_slip_of_the_finger_is_noticed() {
        let code = EnrolCode::new([3; 26]).shown();
        assert_eq!(EnrolCode::parse(&code[1..]), Err(Mistyped));
        assert_eq!(EnrolCode::parse(&code.replacen('3', "4", 1)), Err(Mistyped));
        assert_eq!(EnrolCode::parse("ă"), Err(Mistyped));
    }

    #[test]
    fn a_fingerprint_is_read_as_it_was_shown() {
        for bytes in [[0; 16], [0xff; 16], std::array::from_fn(|at| u8::try_from(at * 17).unwrap())] {
            let fingerprint = Fingerprint(bytes);
            assert_eq!(Fingerprint::parse(&fingerprint.shown()), Ok(fingerprint));
            assert_eq!(fingerprint.shown().len(), 32);
        }
        // More than 16 bytes can hold.
        assert_eq!(Fingerprint::parse(&EnrolCode::new([31; 26]).shown()), Err(Mistyped));
    }
}
