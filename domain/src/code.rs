//! Enrolment codes: short enough to type, long enough not to be guessed, and with a check letter, so that a slip of
//! the finger is told apart from a wrong code.

use sha2::{Digest, Sha256};

/// Letters and digits that cannot be taken for each other (Crockford's alphabet).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How long a code may be used, in milliseconds: 72 hours.
pub const CODE_LIFE_MS: i64 = 72 * 3_600_000;

/// The text is not a code: a letter is missing, too many or mistyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistyped;

/// A one-time enrolment code of 130 random bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolCode(String);

impl EnrolCode {
    /// A code from random bytes.
    pub fn new(random: [u8; 26]) -> Self {
        let letters: Vec<u8> = random.iter().map(|byte| ALPHABET[usize::from(byte % 32)]).collect();
        let check = check_letter(&letters);
        Self(letters.into_iter().chain([check]).map(char::from).collect())
    }

    /// Reads a code as it was typed: in any case, with or without dashes and spaces, O for 0 and I or L for 1.
    pub fn parse(text: &str) -> Result<Self, Mistyped> {
        let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let letters: Option<Vec<u8>> = typed.map(|c| u8::try_from(c).ok().and_then(letter)).collect();
        let letters = letters.ok_or(Mistyped)?;
        match letters.split_last() {
            Some((check, code)) if code.len() == 26 && check_letter(code) == *check => {
                Ok(Self(letters.into_iter().map(char::from).collect()))
            }
            _ => Err(Mistyped),
        }
    }

    /// What the district keeps of it: its SHA-256.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The code in groups, as it is printed.
    pub fn shown(&self) -> String {
        let groups: Vec<&str> =
            (0..self.0.len()).step_by(5).map(|at| &self.0[at..(at + 5).min(self.0.len())]).collect();
        groups.join("-")
    }

    /// The code without groups, as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn letter(typed: u8) -> Option<u8> {
    let letter = match typed.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.contains(&letter).then_some(letter)
}

/// A weighted sum modulo 31, a prime: every single slip and every swap of neighbours changes it.
fn check_letter(letters: &[u8]) -> u8 {
    let value = |letter: &u8| ALPHABET.iter().position(|own| own == letter).unwrap_or(0);
    let sum: usize = letters.iter().zip(1..).map(|(letter, weight)| value(letter) * weight).sum();
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
}
