//! What both programs show and ask at a terminal: tables, the language of messages, logs, secrets, and settings.
//!
//! Results go to stdout, everything else to stderr. Colour is used only where a person looks at it.

mod ask;
mod settings;
mod table;

pub use ask::{ask, ask_secret};
pub use settings::{Setting, Settings, SettingsFault, SettingsProblem};
pub use table::{Align, Shade, Table};

use std::io::{IsTerminal, Write};

use clap::ValueEnum;
use gom_domain::{Bilingual, Lang};
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
    let colour = std::io::stderr().is_terminal();
    // A second start in one process, as in tests, keeps the first.
    _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .try_init();
}

/// Writes a line to stderr, for the person at the terminal.
pub fn tell(text: &str) {
    _ = writeln!(std::io::stderr(), "{text}");
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
    let mut out = std::io::stdout().lock();
    _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        _ = out.write_all(b"\n");
    }
    _ = out.flush();
}
