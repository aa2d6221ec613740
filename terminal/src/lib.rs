//! What both programs show and ask at a terminal: tables, the language of messages, logs, secrets, and settings.
//!
//! Results go to stdout, everything else to stderr. Colour is used only where a person looks at it.

mod ask;
mod settings;
mod table;

pub use ask::{ask, ask_secret};
pub use settings::{Setting, Settings, SettingsFault, SettingsProblem};
pub use table::{Align, Shade, Table};

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use gom_domain::{Bilingual, Lang, say};
use tracing_subscriber::EnvFilter;

/// The language on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// Tiếng Việt.
    Vi,
    /// English.
    En,
}

impl From<LangArg> for Lang {
    fn from(arg: LangArg) -> Self {
        match arg {
            LangArg::Vi => Self::Vi,
            LangArg::En => Self::En,
        }
    }
}

/// The format of results on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: aligned, in the chosen language.
    #[default]
    Table,
    /// For programs: one JSON object a line.
    Json,
}

/// Starts logging to stderr. What is logged is set by `GOM_LOG` (such as `info` or `gom_server=debug`), else by
/// the settings file, else warnings only.
pub fn start_log(from_settings: Option<&str>) {
    let wanted = std::env::var("GOM_LOG").ok().or_else(|| from_settings.map(str::to_owned));
    let filter =
        EnvFilter::try_new(wanted.as_deref().unwrap_or("warn")).unwrap_or_else(|_| EnvFilter::new("warn"));
    let colour = io::stderr().is_terminal();
    // A second start in one process, as in tests, keeps the first.
    _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colour)
        .try_init();
}

/// Writes a line to stderr, for the person at the terminal.
pub fn tell(text: &str) {
    _ = writeln!(io::stderr(), "{text}");
}

/// Says on stderr what of a data folder stood open to others, or could not be closed to them. Nothing is said of one that
/// is not there.
pub fn tell_open(lang: Lang, folder: &Path, closed: &io::Result<Vec<PathBuf>>) {
    match closed {
        Ok(stood_open) if stood_open.is_empty() => {}
        Ok(stood_open) => {
            let names: Vec<String> = stood_open.iter().map(|path| path.display().to_string()).collect();
            let names = names.join(", ");
            tell(say!(
                "cảnh báo: người dùng khác của máy này mở được {names}; từ nay chỉ chủ thư mục mở được. Nếu người khác đã dùng máy này thì khóa trong đó có thể đã bị lộ: hãy báo quản trị huyện",
                "warning: other users of this computer could open {names}; from now on only the folder's owner can. If others have used this computer, the keys in there may be known: tell the district's administrator"
            ).get(lang));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            let folder = folder.display();
            tell(say!(
                "cảnh báo: người dùng khác của máy này có thể mở được {folder}, và không đóng lại được ({error}); hãy để thư mục nơi chỉ mình mở được",
                "warning: other users of this computer may be able to open {folder}, and it cannot be closed to them ({error}); keep the folder where only you can open it"
            ).get(lang));
        }
    }
}

/// Writes a failure to stderr: what is wrong and what to do.
pub fn fail(lang: Lang, text: &str) {
    tell(&format!("{}: {text}", lang.pick("lỗi", "error")));
}

/// Writes every line of a list of failures.
pub fn fail_all(lang: Lang, texts: &[Bilingual]) {
    for text in texts {
        fail(lang, text.get(lang));
    }
}

/// Writes a result to stdout. A reader that has gone away (`| head`) is no failure.
pub fn put(text: &str) {
    let mut out = io::stdout().lock();
    _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        _ = out.write_all(b"\n");
    }
    _ = out.flush();
}
