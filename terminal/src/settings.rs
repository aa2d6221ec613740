//! Settings: a file in the data folder, below the environment, below the flags.

use std::path::{Path, PathBuf};

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
    /// What is wrong with it.
    pub why: String,
}

impl Settings {
    /// The file's name in the data folder.
    pub const FILE: &'static str = "settings.toml";

    /// Reads the settings of a data folder. `known` are the keys that mean something.
    pub fn read(folder: &Path, known: &[&str]) -> Result<Self, SettingsFault> {
        let file = folder.join(Self::FILE);
        let fault = |why: String| SettingsFault { file: file.clone(), why };
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(fault(error.to_string())),
        };
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| fault(error.message().to_owned()))?;
        match table.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(fault(format!("{key}? ({})", known.join(", ")))),
            None => Ok(Self { table }),
        }
    }

    /// A setting's text.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.table.get(key)?.as_str()
    }
}
