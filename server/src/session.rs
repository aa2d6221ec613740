//! Sessions: who has logged in goes on under a token for a while.
//!
//! They live in memory alone: after a restart everybody logs in again. A copy of the books or of the memory holds no token,
//! only what SHA-256 makes of it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gom_domain::user::UserName;
use gom_proto::pass::hex;
use sha2::{Digest, Sha256};

use crate::login::User;
use crate::memory::Memory;

/// How long somebody may do nothing, and how long a session lasts at most, in milliseconds: a working day.
const IDLE_MS: i64 = 30 * 60_000;
const LONGEST_MS: i64 = 12 * 3_600_000;
/// How many sessions one user may have; beyond that his oldest ends.
const OF_ONE: usize = 10;

/// What a browser shows to go on: 256 random bits. It is not shown elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

gom_domain::hidden!(Token);

#[derive(Clone, Debug)]
struct Session {
    user: UserName,
    /// When the user's password was set: after another one nobody goes on.
    password_ms: i64,
    begun_ms: i64,
    seen_ms: i64,
}

/// The sessions that go on.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

impl Sessions {
    /// Begins one for a user who has just shown who he is.
    pub fn begin(&self, user: &User, random: [u8; 32], now_ms: i64) -> Token {
        let token = Token(hex(&random));
        let session = Session {
            user: user.name.clone(),
            password_ms: user.password_ms,
            begun_ms: now_ms,
            seen_ms: now_ms,
        };
        let mut open = self.lock();
        open.retain(|_, session| session.goes_on(now_ms));
        let his = open.iter().filter(|(_, session)| session.user == user.name);
        if his.clone().count() >= OF_ONE
            && let Some(oldest) = his.min_by_key(|(_, session)| session.seen_ms).map(|(key, _)| *key)
        {
            open.remove(&oldest);
        }
        open.insert(key(&token.0), session);
        token
    }

    /// The user who goes on under a token: if it is one, has not run out, and he is still of use under the same password.
    pub fn user(&self, token: &str, memory: &Memory, now_ms: i64) -> Option<User> {
        let user = self.peek(token, memory, now_ms)?;
        if let Some(session) = self.lock().get_mut(&key(token)) {
            session.seen_ms = now_ms;
        }
        Some(user)
    }

    /// The same, where nobody looks: a page that renews itself keeps no session open.
    pub fn peek(&self, token: &str, memory: &Memory, now_ms: i64) -> Option<User> {
        let mut open = self.lock();
        let key = key(token);
        let session = open.get(&key).filter(|session| session.goes_on(now_ms));
        let user = session.and_then(|session| {
            let row = memory.user(&session.user).filter(|row| row.password_ms == session.password_ms)?;
            User::of(row)
        });
        if user.is_none() {
            open.remove(&key);
        }
        user
    }

    /// Ends one.
    pub fn end(&self, token: &str) {
        self.lock().remove(&key(token));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Whether it has not run out. A clock that jumps back ends it.
    fn goes_on(&self, now_ms: i64) -> bool {
        let since = |then: i64| now_ms.checked_sub(then).unwrap_or(i64::MAX);
        (0..IDLE_MS).contains(&since(self.seen_ms)) && (0..LONGEST_MS).contains(&since(self.begun_ms))
    }
}

fn key(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// What every form that changes something carries beside the token: another page can have the browser send the token, but
/// cannot read this.
pub fn guard(token: &str) -> String {
    hex(&guard_of(token))
}

/// Whether a form carries the guard of a token. Hashes are compared, so the time this takes tells nothing of it.
pub fn is_guarded(token: &str, shown: &str) -> bool {
    key(shown) == key(&guard(token))
}

fn guard_of(token: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"gom guard 1").chain_update(token.as_bytes()).finalize().into()
}

#[cfg(test)]
mod tests {
    use gom_domain::user::{Rights, Role};
    use gom_trust::SealedPassword;

    use super::*;
    use crate::store::UserRow;

    const SEALED: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

    fn lan() -> UserRow {
        UserRow {
            name: UserName::parse("lan").unwrap(),
            full_name: String::new(),
            rights: Rights { role: Role::Officer, restricted: false },
            password: SealedPassword::read(SEALED).unwrap(),
            made_ms: 0,
            password_ms: 7,
            disabled_ms: None,
        }
    }

    fn memory(user: UserRow) -> Memory {
        let mut memory = Memory::default();
        memory.learn_user(user);
        memory
    }

    #[test]
    fn a_session_goes_on_as_long_as_it_is_used_and_no_longer_than_a_day() {
        let (sessions, memory) = (Sessions::default(), memory(lan()));
        let token = sessions.begin(&User::of(&lan()).unwrap(), [1; 32], 0);
        let goes_on = |now_ms| sessions.user(token.as_str(), &memory, now_ms).is_some();
        assert!((0..LONGEST_MS).step_by(1_700_000).all(goes_on));
        assert!(!goes_on(LONGEST_MS), "a day is over");
        assert!(!goes_on(1), "and it does not come back");
        let idle = sessions.begin(&User::of(&lan()).unwrap(), [2; 32], 0);
        assert!(sessions.user(idle.as_str(), &memory, IDLE_MS).is_none());
        let open = sessions.begin(&User::of(&lan()).unwrap(), [4; 32], 0);
        assert!((0..IDLE_MS).step_by(60_000).all(|now| sessions.peek(open.as_str(), &memory, now).is_some()));
        assert!(
            sessions.user(open.as_str(), &memory, IDLE_MS).is_none(),
            "a page that stands open is nobody's look"
        );
        let back = sessions.begin(&User::of(&lan()).unwrap(), [3; 32], 10);
        assert!(sessions.user(back.as_str(), &memory, 9).is_none(), "a clock that jumped back");
    }

    #[test]
    fn a_session_ends_with_its_account_its_password_or_by_itself() {
        let sessions = Sessions::default();
        let begun = |byte| sessions.begin(&User::of(&lan()).unwrap(), [byte; 32], 0);
        let (one, two, three, four) = (begun(1), begun(2), begun(3), begun(4));
        let user = |token: &Token, row| sessions.user(token.as_str(), &memory(row), 1);
        assert!(user(&one, UserRow { disabled_ms: Some(1), ..lan() }).is_none());
        assert!(user(&one, lan()).is_none(), "an account that is of use again takes another login");
        assert!(user(&two, UserRow { password_ms: 8, ..lan() }).is_none());
        sessions.end(three.as_str());
        assert!(user(&three, lan()).is_none());
        assert_eq!(user(&four, lan()).unwrap().name, lan().name);
        assert!(sessions.user("", &memory(lan()), 1).is_none());
    }

    #[test]
    fn one_user_has_so_many_and_the_oldest_ends() {
        let (sessions, memory) = (Sessions::default(), memory(lan()));
        let begun: Vec<Token> =
            (0..11).map(|n| sessions.begin(&User::of(&lan()).unwrap(), [n; 32], n.into())).collect();
        assert!(sessions.user(begun[0].as_str(), &memory, 20).is_none());
        assert!(begun[1..].iter().all(|token| sessions.user(token.as_str(), &memory, 20).is_some()));
    }

    #[test]
    fn a_form_carries_the_guard_of_its_own_session() {
        assert!(is_guarded("one", &guard("one")));
        assert!(!is_guarded("one", &guard("two")) && !is_guarded("one", "") && !is_guarded("one", "one"));
    }

    #[test]
    fn nothing_shows_a_token() {
        let sessions = Sessions::default();
        let token = sessions.begin(&User::of(&lan()).unwrap(), [0xab; 32], 0);
        assert!(!format!("{token:?} {sessions:?}").contains(&"ab".repeat(4)));
    }
}
