//! Users: the people at the district who have an account, and what each may see and do there.

use std::fmt;

use crate::form::Form;
use crate::say;
use crate::wording::Bilingual;

/// The shortest and the longest name of an account, in letters.
const NAME: std::ops::RangeInclusive<usize> = 2..=40;

/// The text cannot be the name of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadUserName;

/// What somebody types to say who he is: small letters without marks, digits, and `.`, `-`, `_` between them. So a name
/// looks like no other one, and can be typed on any keyboard.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

impl UserName {
    /// Reads a name as it was typed, in any case.
    pub fn parse(text: &str) -> Result<Self, BadUserName> {
        let name = text.trim().to_ascii_lowercase();
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = NAME.contains(&name.len())
            && name.starts_with(is_letter)
            && name.ends_with(is_letter)
            && name.chars().all(|c| is_letter(c) || matches!(c, '.' | '-' | '_'));
        if fits { Ok(Self(name)) } else { Err(BadUserName) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What somebody is at the district. Whoever is more may do all that those before him may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Enters on behalf of units, and sets what the document leaves open.
    Officer,
    /// Decides who may do what: people, computers, the programme.
    Administrator,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Officer, Self::Administrator];

    /// The word in commands and in the books.
    pub fn key(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Officer => "officer",
            Self::Administrator => "administrator",
        }
    }

    /// The role of a word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }

    /// What people call it.
    pub fn label(self) -> Bilingual {
        match self {
            Self::Viewer => say!("người xem", "viewer"),
            Self::Officer => say!("cán bộ", "officer"),
            Self::Administrator => say!("quản trị", "administrator"),
        }
    }
}

/// What a user may see and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// What he is.
    pub role: Role,
    /// Whether he sees restricted forms, too (defence). That goes with no role: an administrator need not have it.
    pub restricted: bool,
}

impl Rights {
    /// Whether he may do what takes a role.
    pub fn may(self, role: Role) -> bool {
        self.role >= role
    }

    /// Whether he may see what a form asks for.
    pub fn sees(self, form: &Form) -> bool {
        self.restricted || !form.restricted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Calendar, Regime};
    use crate::period::Frequency;
    use crate::unit::AppliesTo;

    #[test]
    fn a_name_is_what_can_be_typed_anywhere() {
        let name = |text: &str| UserName::parse(text).map(|name| name.0);
        assert_eq!(name(" Lan.Nguyen "), Ok("lan.nguyen".to_owned()));
        assert_eq!(name("k2"), Ok("k2".to_owned()));
        for bad in ["", "a", "làn", "lan nguyen", ".lan", "lan-", "lan\n--", "root;", &"a".repeat(41)] {
            assert_eq!(name(bad), Err(BadUserName), "{bad}");
        }
    }

    #[test]
    fn whoever_is_more_may_all_that_those_before_him_may() {
        let may = |role| Role::ALL.map(|asked| Rights { role, restricted: false }.may(asked));
        assert_eq!(may(Role::Viewer), [true, false, false]);
        assert_eq!(may(Role::Officer), [true, true, false]);
        assert_eq!(may(Role::Administrator), [true, true, true]);
        assert!(Role::ALL.iter().all(|role| Role::from_key(role.key()) == Some(*role)));
    }

    #[test]
    fn restricted_forms_go_with_no_role() {
        let open = Form {
            key: "society".to_owned(),
            label: say!("Xã hội", "Society"),
            frequency: Frequency::Month,
            applies_to: AppliesTo::All,
            calendar: Calendar { regime: Regime::Calendar, closing_day: None, send_by_day: 5 },
            restricted: false,
            elements: Vec::new(),
        };
        let closed = Form { restricted: true, ..open.clone() };
        let rights = |restricted| Rights { role: Role::Administrator, restricted };
        assert!(rights(false).sees(&open) && !rights(false).sees(&closed));
        assert!(rights(true).sees(&open) && rights(true).sees(&closed));
    }
}
