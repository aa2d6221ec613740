//! Passwords: what may be one, and what is kept of it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use gom_domain::text::nfc;
use gom_domain::user::UserName;

use crate::TrustError;

/// The fewest and the most letters. Long ones are better than strange ones
/// ([NIST SP 800-63B](https://pages.nist.gov/800-63-3/sp800-63b.html), 5.1.1.2); nobody types one beyond the most.
const LETTERS: std::ops::RangeInclusive<usize> = 10..=128;
/// How many letters must differ, and how many there must be beside digits, marks and the account's name.
const DIFFERENT: usize = 5;

/// What everybody tries first, without the digits and marks that people put behind it.
const COMMON: [&str; 12] = [
    "password",
    "passw0rd",
    "matkhau",
    "mậtkhẩu",
    "qwerty",
    "qwertyuiop",
    "asdfghjkl",
    "admin",
    "administrator",
    "welcome",
    "iloveyou",
    "anhyeuem",
];

/// What a try costs: 19 MiB and two passes on one core, the least that OWASP's Password Storage Cheat Sheet asks for.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// A password as somebody has typed it. It is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a text cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPassword {
    /// It has too few letters, or too many.
    Length,
    /// Too few of its letters differ, or it is hardly more than digits, the account's name, or what everybody tries first.
    Guessable,
}

impl Password {
    /// A password that is shown to be the one of an account: typed composed or decomposed, it is the same.
    pub fn typed(text: &str) -> Self {
        Self(nfc(text))
    }

    /// A password that is to be an account's from now on.
    pub fn chosen(text: &str, name: &UserName) -> Result<Self, BadPassword> {
        let Self(password) = Self::typed(text);
        if !LETTERS.contains(&password.chars().count()) {
            return Err(BadPassword::Length);
        }
        let lower = password.to_lowercase();
        let different: BTreeSet<char> = lower.chars().collect();
        let letters: String =
            lower.replace(name.as_str(), "").chars().filter(|c| c.is_alphabetic()).collect();
        let is_common = COMMON.contains(&letters.as_str()) || letters.chars().count() < DIFFERENT;
        if different.len() < DIFFERENT || is_common {
            return Err(BadPassword::Guessable);
        }
        Ok(Self(password))
    }

    /// What is kept of it. Salts must not come twice.
    pub fn seal(&self, salt: [u8; 16]) -> Result<SealedPassword, TrustError> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(TrustError::of)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let sealed = argon2.hash_password_with_salt(self.0.as_bytes(), &salt).map_err(TrustError::of)?;
        Ok(SealedPassword(sealed.to_string()))
    }
}

gom_domain::hidden!(Password);

/// What is kept of a password: Argon2id of it, with its salt and what a try costs
/// ([RFC 9106](https://www.rfc-editor.org/rfc/rfc9106), in the PHC string format). It is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedPassword(String);

/// Nobody's, to be tried in place of one that there is not.
static NOBODYS: LazyLock<Option<SealedPassword>> =
    LazyLock::new(|| Password("nobody has this one".to_owned()).seal([0; 16]).ok());

impl SealedPassword {
    /// Reads one that was kept.
    pub fn read(text: &str) -> Result<Self, TrustError> {
        PasswordHash::new(text).map_err(TrustError::of)?;
        Ok(Self(text.to_owned()))
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is of this password.
    pub fn is_of(&self, password: &Password) -> bool {
        let sealed = PasswordHash::new(&self.0);
        sealed.is_ok_and(|sealed| Argon2::default().verify_password(password.0.as_bytes(), &sealed).is_ok())
    }

    /// Tries a password on nobody's, which takes as long as on somebody's: so the time tells nobody who has an account.
    pub fn try_on_nobody(password: &Password) {
        if let Some(nobodys) = NOBODYS.as_ref() {
            _ = nobodys.is_of(password);
        }
    }
}

gom_domain::hidden!(SealedPassword);

#[cfg(test)]
mod tests {
    use super::*;

    fn lan() -> UserName {
        UserName::parse("lan").unwrap()
    }

    #[test]
    fn a_password_is_known_by_what_is_kept_of_it() {
        let password = Password::chosen("mưa nắng tháng ba", &lan()).unwrap();
        let sealed = password.seal([7; 16]).unwrap();
        assert!(sealed.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", sealed.as_str());
        assert_eq!(SealedPassword::read(sealed.as_str()).unwrap(), sealed);
        assert!(sealed.is_of(&password));
        let decomposed = "mưa nắng tháng ba".chars().flat_map(unaccented).collect::<String>();
        assert!(sealed.is_of(&Password::typed(&decomposed)), "typed by another keyboard");
        assert!(!sealed.is_of(&Password::typed("mưa nắng tháng bA")));
        assert_ne!(password.seal([8; 16]).unwrap(), sealed, "another salt");
        assert!(SealedPassword::read("mưa nắng").is_err());
    }

    /// A letter and its marks apart, as some keyboards send them.
    fn unaccented(letter: char) -> Vec<char> {
        match letter {
            'ư' => vec!['u', '\u{31b}'],
            'á' => vec!['a', '\u{301}'],
            'ắ' => vec!['a', '\u{306}', '\u{301}'],
            other => vec![other],
        }
    }

    #[test]
    fn what_is_soon_guessed_is_no_password() {
        let chosen = |text: &str| Password::chosen(text, &lan()).err();
        assert_eq!(chosen("ngắn quá"), Some(BadPassword::Length));
        assert_eq!(chosen(&"mưa nắng ".repeat(20)), Some(BadPassword::Length));
        assert_eq!(chosen("aaaaaaaaaaaa"), Some(BadPassword::Guessable));
        assert_eq!(chosen("LanLanLan2024"), Some(BadPassword::Guessable));
        assert_eq!(chosen("12345678910"), Some(BadPassword::Guessable));
        assert_eq!(chosen("Matkhau123"), Some(BadPassword::Guessable));
        assert_eq!(chosen("mưa nắng tháng ba"), None);
    }

    #[test]
    fn neither_is_shown() {
        let password = Password::typed("mưa nắng tháng ba");
        let shown = format!("{password:?} {:?}", password.seal([7; 16]).unwrap());
        assert_eq!(shown, "Password(…) SealedPassword(…)");
    }
}
