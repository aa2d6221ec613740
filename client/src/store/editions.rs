//! The programme's versions and the tables that came with them, verbatim.

use gom_domain::programme::Bundle;
use rusqlite::{ToSql, named_params};

use super::value::{int, small};
use super::{Rows, Stored};

/// This program, as it notes what it has read: what one version can read another may not.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

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
        self.execute("delete from edition where version = :version", named_params! { ":version": version })?;
        let sql = "insert into edition (version, district_commit) values (:version, :district_commit)";
        self.execute(sql, named_params! { ":version": version, ":district_commit": int(commit) })?;
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
        Ok(self.read_editions(sql, named_params! {})?.pop())
    }

    /// All versions with their tables, oldest first.
    pub fn editions(&self) -> Stored<Vec<(u32, Bundle)>> {
        let sql = "select version, name, bytes from edition_file order by version, name";
        self.read_editions(sql, named_params! {})
    }

    /// The versions of which this version of the program has not noted that it can read them.
    pub fn unread_editions(&self) -> Stored<Vec<(u32, Bundle)>> {
        let sql = "select version, name, bytes from edition join edition_file using (version) \
                   where read_by is not :program order by version, name";
        self.read_editions(sql, named_params! { ":program": PROGRAM })
    }

    /// Notes that this version of the program can read a version of the programme.
    pub fn note_read(&self, version: u32) -> Stored<()> {
        let sql = "update edition set read_by = :program where version = :version";
        self.execute(sql, named_params! { ":program": PROGRAM, ":version": version })?;
        Ok(())
    }

    fn read_editions(&self, sql: &str, bound: &[(&str, &dyn ToSql)]) -> Stored<Vec<(u32, Bundle)>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(bound)?;
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
        self.execute(sql, named_params! { ":kind": kind.key(), ":year": year, ":bytes": bytes })?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{commune, folder};
    use crate::store::{Store, StoreError};

    #[test]
    fn a_programme_is_read_once_by_each_version_of_the_program_to_see_whether_it_can_be() {
        let folder = folder();
        let unread = || {
            let look = |rows: &Rows<'_>| rows.unread_editions();
            Store::open(folder.path()).unwrap().read(look).unwrap().len()
        };
        let change = |sql: &str| {
            let change = |rows: &Rows<'_>| Ok::<_, StoreError>(rows.connection.execute_batch(sql)?);
            Store::open(folder.path()).unwrap().write(change).unwrap();
        };
        assert_eq!(unread(), 1);
        assert!(!commune(&folder).update_needed().unwrap());
        assert_eq!(unread(), 0, "it is noted");
        change("update edition set read_by = 'another'");
        assert_eq!(unread(), 1);
        change("update edition_file set bytes = x'00' where name = 'programme.toml'");
        for _ in 0..2 {
            assert!(commune(&folder).update_needed().unwrap(), "it is said as long as it cannot be read");
        }
    }
}
