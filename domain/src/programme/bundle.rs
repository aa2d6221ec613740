//! The tables as they were handed in: kept verbatim in the books and sent verbatim to the communes, so that both
//! read the same programme.

use std::collections::BTreeMap;

/// The files of a programme's folder, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// The tables that make up a programme; quotas and baseline are apart, for they are replaced on their own.
    pub const PROGRAMME: [&'static str; 7] = [
        "programme.toml",
        "units.csv",
        "forms.csv",
        "elements.csv",
        "groups.csv",
        "targets.csv",
        "rules.csv",
    ];
    /// The table of quotas.
    pub const QUOTAS: &'static str = "quotas.csv";
    /// The table of the prior year's figures.
    pub const BASELINE: &'static str = "baseline.csv";

    /// Adds or replaces a file.
    pub fn insert(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.insert(name.to_owned(), bytes);
    }

    /// A file's bytes.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// All files in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }
}

impl<N: Into<String>> FromIterator<(N, Vec<u8>)> for Bundle {
    fn from_iter<I: IntoIterator<Item = (N, Vec<u8>)>>(files: I) -> Self {
        Self { files: files.into_iter().map(|(name, bytes)| (name.into(), bytes)).collect() }
    }
}
