//! `user`: accounts of people at the district.

use clap::{Args, Subcommand, ValueEnum};
use gom_domain::calendar::vietnam_time;
use gom_domain::code::EnrolCode;
use gom_domain::text::nfc;
use gom_domain::user::{Rights, Role, UserName};
use gom_domain::world::World;
use gom_domain::{Bilingual, Lang, say};
use gom_terminal::{Align, Format, Shade, Table, ask_secret, put, tell};
use gom_trust::{Password, SealedPassword};
use serde_json::json;

use super::{Data, Done, block_on, recalled};
use crate::books::Job;
use crate::folder::Folder;
use crate::office;
use crate::store::UserRow;
use crate::user::{SetUser, ToUser};
use crate::wording::Trouble;

/// The longest name that people call somebody by.
const LONGEST_NAME: usize = 100;
/// How many letters a password has that the program makes: 100 bits.
const MADE: usize = 20;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Lập tài khoản; mật khẩu được hỏi, hoặc đọc từ đầu vào / Make an account; the password is asked for, or read from stdin
    Add {
        #[command(flatten)]
        data: Data,
        /// Tên đăng nhập: chữ thường không dấu, số, . - _ / The login: letters without marks, digits, . - _
        name: String,
        /// Vai trò / The role
        #[arg(long, value_enum)]
        role: RoleArg,
        /// Họ tên / What people call him or her
        #[arg(long = "name", value_name = "TEXT", default_value = "")]
        full_name: String,
        /// Được xem biểu hạn chế (quốc phòng) / Sees restricted forms (defence)
        #[arg(long)]
        restricted: bool,
        #[command(flatten)]
        password: PasswordArg,
    },
    /// Đặt mật khẩu mới / Set another password
    Passwd {
        #[command(flatten)]
        data: Data,
        /// Tên đăng nhập / The login
        name: String,
        #[command(flatten)]
        password: PasswordArg,
    },
    /// Đổi họ tên, vai trò, quyền xem biểu hạn chế / Change the name, the role, the right to restricted forms
    Change {
        #[command(flatten)]
        data: Data,
        /// Tên đăng nhập / The login
        name: String,
        /// Vai trò / The role
        #[arg(long, value_enum)]
        role: Option<RoleArg>,
        /// Họ tên / What people call him or her
        #[arg(long = "name", value_name = "TEXT")]
        full_name: Option<String>,
        /// Được xem biểu hạn chế hay không / Whether restricted forms are seen
        #[arg(long, value_enum, value_name = "YES-NO")]
        restricted: Option<YesNo>,
    },
    /// Khóa tài khoản: người đang dùng phải ra ngay / Disable an account: whoever uses it is out at once
    Disable {
        #[command(flatten)]
        data: Data,
        /// Tên đăng nhập / The login
        name: String,
    },
    /// Mở lại tài khoản đã khóa / Enable a disabled account
    Enable {
        #[command(flatten)]
        data: Data,
        /// Tên đăng nhập / The login
        name: String,
    },
    /// Các tài khoản / The accounts
    List {
        #[command(flatten)]
        data: Data,
        /// Cho người đọc hay cho máy đọc / For people or for programs
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(super) struct PasswordArg {
    /// Máy tự đặt mật khẩu và in ra / Let the program make the password, and print it
    #[arg(long)]
    generate: bool,
}

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleArg {
    /// Chỉ xem / Reads
    Viewer,
    /// Nhập thay, đặt tay chỉ tiêu / Enters on behalf, sets targets by hand
    Officer,
    /// Quản lý người, máy, chương trình / Manages people, computers, the programme
    Administrator,
}

impl From<RoleArg> for Role {
    fn from(arg: RoleArg) -> Self {
        match arg {
            RoleArg::Viewer => Self::Viewer,
            RoleArg::Officer => Self::Officer,
            RoleArg::Administrator => Self::Administrator,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum YesNo {
    /// Có
    Yes,
    /// Không
    No,
}

impl UserCommand {
    pub(super) fn data(&self) -> &Data {
        match self {
            Self::Add { data, .. }
            | Self::Passwd { data, .. }
            | Self::Change { data, .. }
            | Self::Disable { data, .. }
            | Self::Enable { data, .. }
            | Self::List { data, .. } => data,
        }
    }
}

/// Does what was typed.
pub(super) fn user(folder: &Folder, command: UserCommand, world: &World, lang: Lang) -> Done {
    match command {
        UserCommand::List { format, .. } => list(folder, format, lang),
        UserCommand::Add { name, role, full_name, restricted, password, .. } => {
            let (name, full_name) = (login(&name), shown_name(&full_name));
            let (name, full_name) = match (name, full_name) {
                (Ok(name), Ok(full_name)) => (name, full_name),
                (name, full_name) => {
                    return Err([name.err(), full_name.err()].into_iter().flatten().collect());
                }
            };
            if known(folder, &name)?.is_some() {
                return Err(vec![Trouble::UserExists(name.to_string())]);
            }
            let (password, made) = password.get(&name, world, lang)?;
            let rights = Rights { role: role.into(), restricted };
            set(folder, name, ToUser::Added { full_name, rights, password }, world, lang)?;
            show_made(made.as_deref(), lang);
            Ok(())
        }
        UserCommand::Passwd { name, password, .. } => {
            let name = login(&name).map_err(|trouble| vec![trouble])?;
            if known(folder, &name)?.is_none() {
                return Err(vec![Trouble::UnknownUser(name.to_string())]);
            }
            let (password, made) = password.get(&name, world, lang)?;
            set(folder, name, ToUser::Password(password), world, lang)?;
            show_made(made.as_deref(), lang);
            Ok(())
        }
        UserCommand::Change { name, role, full_name, restricted, .. } => {
            let name = login(&name).map_err(|trouble| vec![trouble])?;
            let full_name =
                full_name.as_deref().map(shown_name).transpose().map_err(|trouble| vec![trouble])?;
            let (role, restricted) = (role.map(Role::from), restricted.map(|given| given == YesNo::Yes));
            if (&role, &full_name, restricted) == (&None, &None, None) {
                return Err(vec![Trouble::NothingToChange]);
            }
            set(folder, name, ToUser::Changed { full_name, role, restricted }, world, lang)
        }
        UserCommand::Disable { name, .. } => {
            set(folder, login(&name).map_err(|trouble| vec![trouble])?, ToUser::Disabled, world, lang)
        }
        UserCommand::Enable { name, .. } => {
            set(folder, login(&name).map_err(|trouble| vec![trouble])?, ToUser::Enabled, world, lang)
        }
    }
}

fn login(typed: &str) -> Result<UserName, Trouble> {
    UserName::parse(typed).map_err(|_| Trouble::BadUserName(typed.to_owned()))
}

fn shown_name(typed: &str) -> Result<String, Trouble> {
    let name = nfc(typed.trim());
    let fits = name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(Trouble::BadFullName) }
}

fn known(folder: &Folder, name: &UserName) -> Result<Option<UserRow>, Vec<Trouble>> {
    let (_, memory) = recalled(folder, None)?;
    Ok(memory.user(name).cloned())
}

impl PasswordArg {
    /// What is kept of the password, and the password itself if the program has made it.
    fn get(
        &self,
        name: &UserName,
        world: &World,
        lang: Lang,
    ) -> Result<(SealedPassword, Option<String>), Vec<Trouble>> {
        let made = self.generate.then(|| EnrolCode::new(world.random()).shown()[..MADE + 3].to_owned());
        let typed = match &made {
            Some(made) => made.clone(),
            None => ask_secret(
                lang.pick("Mật khẩu mới (ít nhất 10 ký tự)", "New password (at least 10 letters)"),
                Some(lang.pick("Gõ lại", "Again")),
            )
            .map_err(|error| vec![Trouble::file(lang.pick("đầu vào", "stdin"), &error)])?
            .ok_or_else(|| vec![Trouble::PasswordsDiffer])?,
        };
        let password = Password::chosen(&typed, name).map_err(|bad| vec![Trouble::BadPassword(bad)])?;
        let sealed =
            password.seal(world.random()).map_err(|error| vec![Trouble::Books(error.to_string())])?;
        Ok((sealed, made))
    }
}

/// The password alone on stdout, where a program may take it.
fn show_made(made: Option<&str>, lang: Lang) {
    let Some(made) = made else { return };
    tell(lang.pick(
        "Mật khẩu, chỉ hiện một lần; hãy đưa tận tay và nhắc đổi lại:",
        "The password, shown this once; hand it over in person, and have it changed:",
    ));
    put(made);
}

fn set(folder: &Folder, name: UserName, to: ToUser, world: &World, lang: Lang) -> Done {
    let done = said(&name, &to);
    let commit = block_on(office::commit(folder, Job::SetUser(SetUser { name, to }), world))??.commit;
    let done = if commit == 0 { say!("Không có gì thay đổi.", "Nothing has changed.") } else { done };
    tell(done.get(lang));
    Ok(())
}

fn said(name: &UserName, to: &ToUser) -> Bilingual {
    match to {
        ToUser::Added { rights, .. } => {
            let role = rights.role.label();
            let (vi, en) = (role.get(Lang::Vi), role.get(Lang::En));
            say!("Đã lập tài khoản {name} ({vi}).", "The account {name} is made ({en}).")
        }
        ToUser::Password(_) => say!(
            "Đã đặt mật khẩu mới cho {name}; ai đang dùng tài khoản này phải đăng nhập lại.",
            "{name} has another password; whoever uses the account has to log in again."
        ),
        ToUser::Changed { .. } => say!("Đã đổi tài khoản {name}.", "The account {name} is changed."),
        ToUser::Disabled => say!(
            "Đã khóa tài khoản {name}; những gì người ấy đã làm vẫn còn trong sổ.",
            "The account {name} is disabled; what its holder has done stays in the books."
        ),
        ToUser::Enabled => say!("Đã mở lại tài khoản {name}.", "The account {name} is enabled again."),
    }
}

fn list(folder: &Folder, format: Format, lang: Lang) -> Done {
    let (_, memory) = recalled(folder, None)?;
    match format {
        Format::Json => memory.users().for_each(|user| {
            let at = |ms| jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string();
            let row = json!({
                "login": user.name.as_str(),
                "name": user.full_name,
                "role": user.rights.role.key(),
                "restricted": user.rights.restricted,
                "made": at(user.made_ms),
                "password_set": at(user.password_ms),
                "disabled": user.disabled_ms.map(at),
            });
            put(&row.to_string());
        }),
        Format::Table if memory.users().next().is_none() => tell(lang.pick(
            "Chưa có tài khoản nào. Lập: gom-server user add TÊN --role administrator",
            "There are no accounts yet. Make one: gom-server user add NAME --role administrator",
        )),
        Format::Table => {
            let mut table = Table::new(&[
                (lang.pick("Đăng nhập", "Login"), Align::Left),
                (lang.pick("Họ tên", "Name"), Align::Left),
                (lang.pick("Vai trò", "Role"), Align::Left),
                (lang.pick("Biểu hạn chế", "Restricted forms"), Align::Left),
                (lang.pick("Lập", "Made"), Align::Left),
                (lang.pick("Tình trạng", "State"), Align::Left),
            ]);
            memory.users().for_each(|user| table.shaded(row(user, lang)));
            put(table.text().trim_end());
        }
    }
    Ok(())
}

fn row(user: &UserRow, lang: Lang) -> [(String, Shade); 6] {
    let disabled =
        |ms| (format!("{} {}", lang.pick("khóa từ", "disabled since"), vietnam_time(ms)), Shade::Dim);
    let plain = |text: String| (text, Shade::Plain);
    let restricted = if user.rights.restricted { lang.pick("được xem", "seen") } else { "–" };
    [
        plain(user.name.to_string()),
        plain(user.full_name.clone()),
        plain(user.rights.role.label().get(lang).to_owned()),
        plain(restricted.to_owned()),
        plain(vietnam_time(user.made_ms)),
        user.disabled_ms.map_or_else(|| plain(lang.pick("đang dùng", "in use").to_owned()), disabled),
    ]
}
