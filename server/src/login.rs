//! Logging in: a name and a password show which user somebody is.
//!
//! **Invariant:** only this and [`session`](crate::session) make a [`User`], and whatever is shown to people asks for one.

use std::collections::HashSet;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gom_domain::user::UserName;
use gom_trust::{Password, SealedPassword};
use tokio::sync::Semaphore;

use crate::door::neighbourhood;
use crate::store::UserRow;
use crate::tries::Tries;

/// How many wrong passwords may come for one name from one address before it has to wait: people mistype.
const OF_ONE: u32 = 5;
/// How many from one address, whatever the names: a whole office may stand behind one.
const FROM_A_PLACE: u32 = 50;
/// How many for one name, wherever they come from. Addresses from which its user has come before are not asked to wait, or
/// anybody could keep him out.
const FOR_A_NAME: u32 = 100;
/// How many passwords are tried at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// How long somebody waits for his turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// A user who has shown who he is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User(UserRow);

impl User {
    /// The user of an account that is of use.
    pub(crate) fn of(row: &UserRow) -> Option<Self> {
        row.disabled_ms.is_none().then(|| Self(row.clone()))
    }
}

impl Deref for User {
    type Target = UserRow;

    fn deref(&self) -> &UserRow {
        &self.0
    }
}

/// Why somebody is not let in. That there is no such account is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// There is no account of this name with this password that is of use.
    Wrong,
    /// There were too many wrong ones; he is to come again after so long.
    Wait(Duration),
    /// Too many try at once.
    Busy,
}

/// What somebody shows to be let in.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The name as it was typed.
    pub name: String,
    /// The password.
    pub password: Password,
    /// From where it comes.
    pub from: IpAddr,
}

/// Where people show who they are.
#[derive(Debug)]
pub struct Login {
    of_one: Tries<(IpAddr, UserName)>,
    from_a_place: Tries<IpAddr>,
    for_a_name: Tries<UserName>,
    /// From where users have come.
    places: Mutex<HashSet<(IpAddr, UserName)>>,
    at_once: Semaphore,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            of_one: Tries::new(OF_ONE),
            from_a_place: Tries::new(FROM_A_PLACE),
            for_a_name: Tries::new(FOR_A_NAME),
            places: Mutex::default(),
            at_once: Semaphore::new(AT_ONCE),
        }
    }
}

impl Login {
    /// The user that somebody shows to be. `known` looks an account up.
    pub async fn login(
        &self,
        shown: Shown,
        known: impl FnOnce(&UserName) -> Option<UserRow>,
        now_ms: i64,
    ) -> Result<User, Denied> {
        let place = neighbourhood(shown.from);
        // What cannot be a name is nobody's.
        let name = UserName::parse(&shown.name).ok();
        if let Some(delay) = self.delay(place, name.as_ref(), now_ms) {
            return Err(Denied::Wait(delay));
        }
        let row = name.as_ref().and_then(known);
        let turn = tokio::time::timeout(PATIENCE, self.at_once.acquire()).await;
        let turn = turn.map_err(|_| Denied::Busy)?;
        // Who has come many times at once has used up his tries by now.
        if let Some(delay) = self.delay(place, name.as_ref(), now_ms) {
            return Err(Denied::Wait(delay));
        }
        let (row, password) = (row.as_ref().and_then(User::of), shown.password);
        let tried = tokio::task::spawn_blocking(move || is_shown(row, &password)).await;
        drop(turn);
        let user = tried.unwrap_or(None);
        match (user, name) {
            (Some(user), _) => {
                self.places().insert((place, user.name.clone()));
                Ok(user)
            }
            (None, name) => {
                self.from_a_place.note(place, now_ms);
                if let Some(name) = name {
                    self.of_one.note((place, name.clone()), now_ms);
                    self.for_a_name.note(name, now_ms);
                }
                Err(Denied::Wrong)
            }
        }
    }

    fn delay(&self, place: IpAddr, name: Option<&UserName>, now_ms: i64) -> Option<Duration> {
        let of_name = name.and_then(|name| {
            let one = (place, name.clone());
            let is_known = self.places().contains(&one);
            let for_name = self.for_a_name.delay(name, now_ms).filter(|_| !is_known);
            self.of_one.delay(&one, now_ms).max(for_name)
        });
        self.from_a_place.delay(&place, now_ms).max(of_name)
    }

    fn places(&self) -> std::sync::MutexGuard<'_, HashSet<(IpAddr, UserName)>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The user, if the password is his. For nobody it takes as long.
fn is_shown(user: Option<User>, password: &Password) -> Option<User> {
    let Some(user) = user else {
        SealedPassword::try_on_nobody(password);
        return None;
    };
    user.password.is_of(password).then_some(user)
}

#[cfg(test)]
mod tests {
    use gom_domain::user::{Rights, Role};

    use super::*;

    const HOME: &str = "10.0.0.1";

    fn lan() -> UserRow {
        let name = UserName::parse("lan").unwrap();
        let password = Password::chosen("mưa nắng tháng ba", &name).unwrap().seal([1; 16]).unwrap();
        UserRow {
            name,
            full_name: String::new(),
            rights: Rights { role: Role::Viewer, restricted: false },
            password,
            made_ms: 0,
            password_ms: 0,
            disabled_ms: None,
        }
    }

    async fn shows(login: &Login, user: &UserRow, name: &str, password: &str, from: &str) -> Option<Denied> {
        let shown =
            Shown { name: name.to_owned(), password: Password::typed(password), from: from.parse().unwrap() };
        let known = |name: &UserName| (*name == user.name).then(|| user.clone());
        let came = login.login(shown, known, 1_000).await;
        assert!(came.as_ref().is_ok_and(|came| came.name == user.name) || came.is_err());
        came.err()
    }

    #[tokio::test]
    async fn whoever_knows_the_password_is_let_in_and_nobody_else() {
        let (login, user) = (Login::default(), lan());
        assert_eq!(shows(&login, &user, " LAN ", "mưa nắng tháng ba", HOME).await, None);
        assert_eq!(shows(&login, &user, "lan", "mưa nắng tháng tư", HOME).await, Some(Denied::Wrong));
        assert_eq!(shows(&login, &user, "minh", "mưa nắng tháng ba", HOME).await, Some(Denied::Wrong));
        assert_eq!(shows(&login, &user, "không phải tên", "", HOME).await, Some(Denied::Wrong));
        let disabled = UserRow { disabled_ms: Some(5), ..user };
        assert_eq!(shows(&login, &disabled, "lan", "mưa nắng tháng ba", HOME).await, Some(Denied::Wrong));
    }

    #[tokio::test]
    async fn who_mistypes_too_often_waits_and_keeps_nobody_else_out() {
        let (login, user) = (Login::default(), lan());
        for _ in 0..OF_ONE {
            assert_eq!(shows(&login, &user, "lan", "sai", HOME).await, Some(Denied::Wrong));
        }
        let waits = shows(&login, &user, "lan", "mưa nắng tháng ba", HOME).await;
        assert_eq!(waits, Some(Denied::Wait(Duration::from_mins(10))), "even with the right one");
        assert_eq!(shows(&login, &user, "lan", "mưa nắng tháng ba", "10.0.0.2").await, None);
    }

    #[tokio::test]
    async fn who_is_guessed_at_from_everywhere_still_gets_in_from_where_he_always_does() {
        let (login, user) = (Login::default(), lan());
        assert_eq!(shows(&login, &user, "lan", "mưa nắng tháng ba", HOME).await, None);
        for _ in 0..FOR_A_NAME {
            login.for_a_name.note(user.name.clone(), 1_000);
        }
        let elsewhere = shows(&login, &user, "lan", "mưa nắng tháng ba", "10.0.0.9").await;
        assert!(matches!(elsewhere, Some(Denied::Wait(_))), "{elsewhere:?}");
        assert_eq!(shows(&login, &user, "lan", "mưa nắng tháng ba", HOME).await, None);
    }

    #[tokio::test]
    async fn an_address_that_tries_name_after_name_waits() {
        let (login, user) = (Login::default(), lan());
        let place = HOME.parse().unwrap();
        (0..FROM_A_PLACE).for_each(|_| login.from_a_place.note(place, 1_000));
        assert!(matches!(shows(&login, &user, "lan", "x", HOME).await, Some(Denied::Wait(_))));
    }
}
