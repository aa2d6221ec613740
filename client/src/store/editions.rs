//! The programme's versions and the tables that came with them, verbatim.

use gom_domain::programme::Bundle;
use rusqlite::named_params;

use super::value::{int, small};
use super::{Rows, Stored};

/// A table that comes with a programme and is replaced on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriorKind {
    /// The unit's quotas.
    Quotas,
    /// The unit's figures of the year before.
    Baseline,
}

impl PriorKind {
    fn key(self) -> &'static str {
        match self {
            Self::Quotas => "quotas",
            Self::Baseline => "baseline",
        }
    }
}

impl Rows<'_> {
    /// Keeps a version of the programme in place of what was known as it.
    pub fn put_edition(&self, version: u32, commit: u64, bundle: &Bundle) -> Stored<()> {
        self.connection
            .execute("delete from edition where version = :version", named_params! { ":version": version })?;
        let sql = "insert into edition (version, district_commit) values (:version, :district_commit)";
        self.connection
            .execute(sql, named_params! { ":version": version, ":district_commit": int(commit) })?;
        let sql = "insert into edition_file (version, name, bytes) values (:version, :name, :bytes)";
        let mut statement = self.connection.prepare_cached(sql)?;
        for (name, bytes) in bundle.iter() {
            statement.execute(named_params! { ":version": version, ":name": name, ":bytes": bytes })?;
        }
        Ok(())
    }

    /// The newest version with its tables.
    pub fn newest_edition(&self) -> Stored<Option<(u32, Bundle)>> {
        let sql = "select version, name, bytes from edition_file \
                   where version = (select max(version) from edition) order by name";
        Ok(self.read_editions(sql)?.pop())
    }

    /// All versions with their tables, oldest first.
    pub fn editions(&self) -> Stored<Vec<(u32, Bundle)>> {
        self.read_editions("select version, name, bytes from edition_file order by version, name")
    }

    fn read_editions(&self, sql: &str) -> Stored<Vec<(u32, Bundle)>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([])?;
        let mut editions: Vec<(u32, Bundle)> = Vec::new();
        while let Some(row) = found.next()? {
            let version = small(row, "version")?;
            if editions.last().is_none_or(|(last, _)| *last != version) {
                editions.push((version, Bundle::default()));
            }
            if let Some((_, bundle)) = editions.last_mut() {
                bundle.insert(&row.get::<_, String>("name")?, row.get("bytes")?);
            }
        }
        Ok(editions)
    }

    /// Keeps a table of a year in place of the one before.
    pub fn put_prior(&self, kind: PriorKind, year: i16, bytes: &[u8]) -> Stored<()> {
        let sql = include_str!("put_prior.sql");
        self.connection
            .execute(sql, named_params! { ":kind": kind.key(), ":year": year, ":bytes": bytes })?;
        Ok(())
    }

    /// The tables of a kind, by year.
    pub fn priors(&self, kind: PriorKind) -> Stored<Vec<(i16, Vec<u8>)>> {
        let sql = "select year, bytes from prior where kind = :kind order by year";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(named_params! { ":kind": kind.key() })?;
        let mut priors = Vec::new();
        while let Some(row) = found.next()? {
            priors.push((small(row, "year")?, row.get("bytes")?));
        }
        Ok(priors)
    }
}
