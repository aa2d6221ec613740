//! Users of the district: who has an account, and what he may see and do.
//!
//! There is no account that nobody made. The journal says what was decided about each and by whom; what is kept of a password
//! is in no entry of it.

use gom_domain::user::{Rights, Role, UserName};
use gom_proto::change::{self, UserAct};
use gom_proto::{Malformed, wire};
use gom_trust::SealedPassword;

use crate::books::{Answer, Changes};
use crate::enrol::{next_change, refused};
use crate::memory::Memory;
use crate::store::{ChangeKind, Ledger, Stored, UserRow};
use crate::wording::Trouble;

/// What is to become of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUser {
    /// The account.
    pub name: UserName,
    /// What becomes of it.
    pub to: ToUser,
}

/// What becomes of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToUser {
    /// It is made.
    Added {
        /// What people call whom it is for.
        full_name: String,
        /// What he may see and do.
        rights: Rights,
        /// What is kept of his password.
        password: SealedPassword,
    },
    /// It gets another password.
    Password(SealedPassword),
    /// It is called otherwise, or has other rights; what is not said stays.
    Changed {
        /// What people call whom it is for.
        full_name: Option<String>,
        /// What he is.
        role: Option<Role>,
        /// Whether he sees restricted forms.
        restricted: Option<bool>,
    },
    /// It is of no use from now on.
    Disabled,
    /// It is of use again.
    Enabled,
}

impl ToUser {
    fn act(&self) -> UserAct {
        match self {
            Self::Added { .. } => UserAct::Add,
            Self::Password(_) => UserAct::Password,
            Self::Changed { .. } => UserAct::Change,
            Self::Disabled => UserAct::Disable,
            Self::Enabled => UserAct::Enable,
        }
    }
}

/// Makes an account, or changes one.
pub fn set(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    job: &SetUser,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let known = memory.user(&job.name);
    let user = match becomes(known, job, now_ms) {
        Ok(user) => user,
        Err(trouble) => return refused(trouble),
    };
    if known == Some(&user) {
        return Ok((Changes::default(), Answer::Changed(0)));
    }
    if known.is_some_and(is_administrator) && !is_administrator(&user) && administrators(memory) == 1 {
        return refused(Trouble::LastAdministrator(job.name.to_string()));
    }
    ledger.put_user(&user)?;
    let body = change::encode_user(job.to.act(), &user.name, &user.full_name, user.rights);
    let row = next_change(memory, ChangeKind::User, 0, body);
    let answer = Answer::Changed(row.seq);
    Ok((Changes { rows: vec![row], user: Some(user), ..Changes::default() }, answer))
}

fn becomes(known: Option<&UserRow>, job: &SetUser, now_ms: i64) -> Result<UserRow, Trouble> {
    if let ToUser::Added { full_name, rights, password } = &job.to {
        return match known {
            Some(_) => Err(Trouble::UserExists(job.name.to_string())),
            None => Ok(UserRow {
                name: job.name.clone(),
                full_name: full_name.clone(),
                rights: *rights,
                password: password.clone(),
                made_ms: now_ms,
                password_ms: now_ms,
                disabled_ms: None,
            }),
        };
    }
    let known = known.cloned().ok_or_else(|| Trouble::UnknownUser(job.name.to_string()))?;
    Ok(match &job.to {
        ToUser::Added { .. } => known,
        ToUser::Password(password) => UserRow { password: password.clone(), password_ms: now_ms, ..known },
        ToUser::Changed { full_name, role, restricted } => UserRow {
            full_name: full_name.clone().unwrap_or(known.full_name),
            rights: Rights {
                role: role.unwrap_or(known.rights.role),
                restricted: restricted.unwrap_or(known.rights.restricted),
            },
            ..known
        },
        ToUser::Disabled => UserRow { disabled_ms: known.disabled_ms.or(Some(now_ms)), ..known },
        ToUser::Enabled => UserRow { disabled_ms: None, ..known },
    })
}

fn is_administrator(user: &UserRow) -> bool {
    user.disabled_ms.is_none() && user.rights.may(Role::Administrator)
}

fn administrators(memory: &Memory) -> usize {
    memory.users().filter(|user| is_administrator(user)).count()
}

impl From<SetUser> for wire::SetUser {
    fn from(SetUser { name, to }: SetUser) -> Self {
        let message = Self { name: name.to_string(), act: to.act().key().to_owned(), ..Self::default() };
        match to {
            ToUser::Added { full_name, rights, password } => Self {
                full_name: Some(full_name),
                role: Some(rights.role.key().to_owned()),
                restricted: Some(rights.restricted),
                password: password.as_str().to_owned(),
                ..message
            },
            ToUser::Password(password) => Self { password: password.as_str().to_owned(), ..message },
            ToUser::Changed { full_name, role, restricted } => {
                Self { full_name, role: role.map(|role| role.key().to_owned()), restricted, ..message }
            }
            ToUser::Disabled | ToUser::Enabled => message,
        }
    }
}

impl TryFrom<wire::SetUser> for SetUser {
    type Error = Malformed;

    fn try_from(message: wire::SetUser) -> Result<Self, Malformed> {
        let name = UserName::parse(&message.name).map_err(|_| Malformed::Field("name"))?;
        let password = || SealedPassword::read(&message.password).map_err(|_| Malformed::Field("password"));
        let role = message.role.as_deref().map(change::role).transpose()?;
        let to = match UserAct::from_key(&message.act)? {
            UserAct::Add => ToUser::Added {
                password: password()?,
                rights: Rights {
                    role: role.ok_or(Malformed::Field("role"))?,
                    restricted: message.restricted.unwrap_or(false),
                },
                full_name: message.full_name.unwrap_or_default(),
            },
            UserAct::Password => ToUser::Password(password()?),
            UserAct::Change => {
                ToUser::Changed { full_name: message.full_name, role, restricted: message.restricted }
            }
            UserAct::Disable => ToUser::Disabled,
            UserAct::Enable => ToUser::Enabled,
        };
        Ok(Self { name, to })
    }
}
