//! Settings: a file in the data folder, below the environment, below the flags.
//!
//! A slip in it is never passed over: everything that is wrong is said at once, with what would do.

use std::path::{Path, PathBuf};

use gom_domain::{Bilingual, Lang, say};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// A setting that means something.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in the file.
    pub key: &'static str,
    /// Whether a value can be used.
    pub fits: fn(&str) -> bool,
    /// Which values can, in Vietnamese and in English.
    pub allowed: [&'static str; 2],
}

impl Setting {
    /// The language of messages.
    pub const LANG: Self = Self {
        key: "lang",
        fits: |text| Lang::from_key(text).is_some(),
        allowed: [r#""vi" hoặc "en""#, r#""vi" or "en""#],
    };
    /// What is logged.
    pub const LOG: Self = Self {
        key: "log",
        fits: is_log_filter,
        allowed: [
            r#"mức "error", "warn", "info", "debug", "trace", "off", hoặc mức theo phần như "gom_server=debug,warn""#,
            r#"a level "error", "warn", "info", "debug", "trace", "off", or levels by module such as "gom_server=debug,warn""#,
        ],
    };
}

/// The settings of a data folder, from its `settings.toml`; there need be none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    table: toml::Table,
}

/// The settings file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFault {
    /// The file.
    pub file: PathBuf,
    /// Everything that is wrong with it.
    pub problems: Vec<SettingsProblem>,
}

/// The ways in which a settings file can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsProblem {
    /// It cannot be read.
    Unreadable(String),
    /// It is no TOML from that line on, if the line is known.
    NotToml(Option<usize>, String),
    /// A key that means nothing; with those that do.
    UnknownKey(String, String),
    /// A value that is not in quotation marks: the key, the value.
    NotText(String, String),
    /// A value that cannot be used: the key, the value, what can be.
    NotAllowed(String, String, Bilingual),
}

impl Settings {
    /// The file's name in the data folder.
    pub const FILE: &'static str = "settings.toml";

    /// Reads the settings of a data folder. `known` are those that mean something.
    pub fn read(folder: &Path, known: &[Setting]) -> Result<Self, SettingsFault> {
        let file = folder.join(Self::FILE);
        let read = match std::fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text, known),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(vec![SettingsProblem::Unreadable(error.to_string())]),
        };
        read.map_err(|problems| SettingsFault { file, problems })
    }

    fn parse(text: &str, known: &[Setting]) -> Result<Self, Vec<SettingsProblem>> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map(|before| before.lines().count().max(1));
            vec![SettingsProblem::NotToml(line, error.message().to_owned())]
        })?;
        let problems: Vec<_> = table.iter().filter_map(|(key, value)| problem(key, value, known)).collect();
        if problems.is_empty() { Ok(Self { table }) } else { Err(problems) }
    }

    /// A setting's text.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.table.get(key)?.as_str()
    }

    /// The language of messages.
    pub fn lang(&self) -> Option<Lang> {
        self.get(Setting::LANG.key).and_then(Lang::from_key)
    }
}

fn problem(key: &str, value: &toml::Value, known: &[Setting]) -> Option<SettingsProblem> {
    let Some(setting) = known.iter().find(|setting| setting.key == key) else {
        let known: Vec<&str> = known.iter().map(|setting| setting.key).collect();
        return Some(SettingsProblem::UnknownKey(key.to_owned(), known.join(", ")));
    };
    let Some(text) = value.as_str() else {
        return Some(SettingsProblem::NotText(key.to_owned(), bare(value)));
    };
    if (setting.fits)(text) {
        return None;
    }
    let [vi, en] = setting.allowed.map(str::to_owned);
    Some(SettingsProblem::NotAllowed(key.to_owned(), text.to_owned(), Bilingual { vi, en }))
}

/// A value that is no text, as the file has it; of long ones only the marks around them.
fn bare(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(flag) => flag.to_string(),
        toml::Value::Datetime(time) => time.to_string(),
        toml::Value::Array(_) => "[…]".to_owned(),
        toml::Value::Table(_) => "{…}".to_owned(),
    }
}

/// Whether a text says what is to be logged. A lone word that is no level would be taken for a module of that name,
/// so that a misspelt level went unnoticed.
pub(crate) fn is_log_filter(text: &str) -> bool {
    let understood = |part: &str| part.contains(['=', '[']) || part.trim().parse::<LevelFilter>().is_ok();
    EnvFilter::try_new(text).is_ok() && text.split(',').all(understood)
}

impl SettingsFault {
    /// Everything that is wrong, in both languages: the file, the key, the value, and what would do.
    pub fn messages(&self) -> Vec<Bilingual> {
        let file = self.file.display();
        let message = |problem: &SettingsProblem| match problem {
            SettingsProblem::Unreadable(why) => {
                say!("{file}: không đọc được: {why}", "{file}: cannot be read: {why}")
            }
            SettingsProblem::NotToml(line, why) => {
                let line = line.map(|line| format!(":{line}")).unwrap_or_default();
                say!("{file}{line}: không phải là TOML: {why}", "{file}{line}: this is no TOML: {why}")
            }
            SettingsProblem::UnknownKey(key, known) => say!(
                "{file}: không có cài đặt «{key}»; chọn: {known}",
                "{file}: there is no setting “{key}”; choose: {known}"
            ),
            SettingsProblem::NotText(key, value) => say!(
                "{file}: giá trị của {key} phải đặt trong ngoặc kép, không phải {value}",
                "{file}: the value of {key} must be in quotation marks, not {value}"
            ),
            SettingsProblem::NotAllowed(key, value, allowed) => {
                let (vi, en) = (&allowed.vi, &allowed.en);
                say!(
                    "{file}: {key} không nhận giá trị «{value}»; viết {vi}",
                    "{file}: {key} cannot be “{value}”; write {en}"
                )
            }
        };
        self.problems.iter().map(message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [Setting; 2] = [Setting::LANG, Setting::LOG];

    fn problems(text: &str) -> Vec<SettingsProblem> {
        Settings::parse(text, &KNOWN).unwrap_err()
    }

    #[test]
    fn settings_are_read() {
        let settings = Settings::parse("lang = \"en\"\nlog = \"gom_server=debug,warn\"\n", &KNOWN).unwrap();
        assert_eq!((settings.lang(), settings.get("log")), (Some(Lang::En), Some("gom_server=debug,warn")));
        assert_eq!(Settings::parse("", &KNOWN).unwrap(), Settings::default());
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let found = problems("lang = \"fr\"\nlisten = \"x\"\nlog = 3\n");
        let [
            SettingsProblem::NotAllowed(key, value, _),
            SettingsProblem::UnknownKey(unknown, known),
            SettingsProblem::NotText(..),
        ] = &found[..]
        else {
            panic!("{found:?}");
        };
        assert_eq!((key.as_str(), value.as_str()), ("lang", "fr"));
        assert_eq!((unknown.as_str(), known.as_str()), ("listen", "lang, log"));
        let fault = SettingsFault { file: "d/settings.toml".into(), problems: found };
        let said = fault.messages();
        assert_eq!(said[0].vi, "d/settings.toml: lang không nhận giá trị «fr»; viết \"vi\" hoặc \"en\"");
        assert_eq!(said[2].en, "d/settings.toml: the value of log must be in quotation marks, not 3");
    }

    #[test]
    fn what_is_no_toml_is_said_with_its_line() {
        assert!(matches!(problems("lang = \"vi\"\nlog = \n")[..], [SettingsProblem::NotToml(Some(2), _)]));
    }

    #[test]
    fn a_misspelt_level_is_no_filter() {
        for good in ["warn", "INFO", "off", "gom_server=debug,warn", "gom_server=trace"] {
            assert!(is_log_filter(good), "{good}");
        }
        for bad in ["loud", "gom_server=loud", "warn,inof", "a=b=c"] {
            assert!(!is_log_filter(bad), "{bad}");
        }
    }
}
