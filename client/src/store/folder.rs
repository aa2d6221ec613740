//! Whose folder it is, and how it stands with the district.

use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::unit::UnitId;
use rusqlite::{OptionalExtension, Row, named_params};

use super::value::{count, damaged, fixed, fixed_or_none, int, small};
use super::{Rows, Stored};
use crate::credentials::Credentials;

/// What the folder says of itself, enrolled or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderRow {
    /// Where the district's server is.
    pub server: String,
    /// What the device shows with each call.
    pub secret: [u8; 32],
    /// How it shows itself on an encrypted line; none where lines are not encrypted.
    pub credentials: Option<Credentials>,
    /// How the officer has named himself; empty: he has not.
    pub officer: String,
    /// By what the district's signatures are known; none where it was enrolled before there were any.
    pub checkpoint_key: Option<Vec<u8>>,
    /// Who it is, once the district has enrolled it.
    pub enrolled: Option<EnrolledRow>,
}

/// Who the device is and how it stands with the district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolledRow {
    /// The device.
    pub device: DeviceId,
    /// Its unit.
    pub unit: UnitId,
    /// The history that the district goes by.
    pub history: HistoryId,
    /// Which life of the device this is.
    pub epoch: u32,
    /// The commit up to which all that concerns the unit is known here.
    pub pulled_to: Option<u64>,
    /// When the district was last spoken to, by this computer's clock.
    pub last_contact_ms: Option<i64>,
    /// The district's clock less this computer's, then.
    pub skew_ms: Option<i64>,
    /// The district's seal on the enrolment; none where it was enrolled before seals.
    pub admission: Option<Vec<u8>>,
    /// Whether the district may lack what is here, since it goes on from a backup.
    pub refill: bool,
    /// Whether another computer goes by the device's name.
    pub quarantined: bool,
}

impl Rows<'_> {
    /// What the folder says of itself; nothing before the first try to enrol.
    pub fn folder(&self) -> Stored<Option<FolderRow>> {
        let mut statement = self.connection.prepare_cached("select * from folder")?;
        let mut found = statement.query([])?;
        found.next()?.map(folder).transpose()
    }

    /// Keeps the secret for the enrolment, and where to ask for it. A secret that is there stays.
    pub fn prepare_enrolment(&self, server: &str, secret: &[u8; 32]) -> Stored<()> {
        let sql = include_str!("prepare_enrolment.sql");
        self.execute(sql, named_params! { ":server": server, ":secret": secret })?;
        Ok(())
    }

    /// The key that was made here, whether or not the district has signed for it.
    pub fn key(&self) -> Stored<Option<Vec<u8>>> {
        let sql = "select key from folder";
        let found: Option<Option<Vec<u8>>> =
            self.connection.prepare_cached(sql)?.query_row([], |row| row.get("key")).optional()?;
        Ok(found.flatten())
    }

    /// Keeps how the officer has named himself.
    pub fn put_officer(&self, officer: &str) -> Stored<()> {
        self.execute("update folder set officer = :officer", named_params! { ":officer": officer })?;
        Ok(())
    }

    /// Keeps a key for which nothing has been given yet.
    pub fn put_key(&self, key: &[u8]) -> Stored<()> {
        self.put_credentials(Some(key), None)
    }

    /// Keeps what the district has given for a key.
    pub(crate) fn keep_credentials(&self, credentials: &Credentials) -> Stored<()> {
        self.put_credentials(Some(credentials.key()), Some(&credentials.kept()))
    }

    /// Forgets them: the folder is enrolled where lines are not encrypted.
    pub fn forget_credentials(&self) -> Stored<()> {
        self.put_credentials(None, None)
    }

    fn put_credentials(&self, key: Option<&[u8]>, given: Option<&[u8]>) -> Stored<()> {
        let sql = "update folder set key = :key, credentials = :given";
        self.execute(sql, named_params! { ":key": key, ":given": given })?;
        Ok(())
    }

    /// Keeps what the district has answered to the enrolment.
    pub fn enrol(&self, device: DeviceId, unit: &UnitId, history: HistoryId, seal: &[u8]) -> Stored<()> {
        self.leave_history_for(history)?;
        let bound = named_params! {
            ":device": device.0, ":unit": unit.as_str(), ":history": history.0, ":admission": seal,
        };
        self.execute(include_str!("enrol.sql"), bound)?;
        Ok(())
    }

    /// Notes whether another computer goes by the device's name.
    pub fn note_quarantine(&self, quarantined: bool) -> Stored<()> {
        let sql = "update folder set quarantined = :quarantined where quarantined != :quarantined";
        self.execute(sql, named_params! { ":quarantined": quarantined })?;
        Ok(())
    }

    /// Notes that nothing is left to be given back.
    pub fn note_refilled(&self) -> Stored<()> {
        self.execute("update folder set refill = 0", [])?;
        Ok(())
    }

    /// Begins another epoch: all that concerns the unit is to be pulled anew, for something was lost here.
    pub(super) fn begin_epoch(&self, epoch: u32) -> Stored<()> {
        let sql = "update folder set epoch = :epoch, pulled_to = null";
        self.execute(sql, named_params! { ":epoch": epoch })?;
        Ok(())
    }

    /// Begins as a device that was enrolled before, in another life of it: all that the district has of the unit is to be
    /// pulled.
    pub fn begin_as(&self, row: &FolderRow, own: &EnrolledRow, epoch: u32) -> Stored<()> {
        self.prepare_enrolment(&row.server, &row.secret)?;
        if let Some(credentials) = &row.credentials {
            self.keep_credentials(credentials)?;
        }
        self.put_officer(&row.officer)?;
        if let Some(key) = &row.checkpoint_key {
            self.put_checkpoint_key(key)?;
        }
        self.enrol(own.device, &own.unit, own.history, own.admission.as_deref().unwrap_or_default())?;
        self.begin_epoch(epoch)
    }

    /// Keeps when the district was spoken to, and how far apart the clocks were.
    pub fn note_contact(&self, at_ms: i64, skew_ms: i64) -> Stored<()> {
        let sql = "update folder set last_contact_ms = :at_ms, skew_ms = :skew_ms";
        self.execute(sql, named_params! { ":at_ms": at_ms, ":skew_ms": skew_ms })?;
        Ok(())
    }

    /// Follows the district into another history: all that concerns the unit is to be pulled anew, and what is told no more
    /// is to be given back.
    pub fn begin_history(&self, history: HistoryId) -> Stored<()> {
        self.leave_history_for(history)?;
        let sql = "update folder set history = :history, pulled_to = null, refill = 1";
        self.execute(sql, named_params! { ":history": history.0 })?;
        Ok(())
    }

    /// Keeps the commit up to which all is known.
    pub fn note_pulled(&self, to: u64) -> Stored<()> {
        let sql = "update folder set pulled_to = :to";
        self.execute(sql, named_params! { ":to": int(to) })?;
        Ok(())
    }

    /// The history that the district goes by.
    pub(super) fn history(&self) -> Stored<Option<[u8; 16]>> {
        let sql = "select history from folder";
        let found: Option<Option<Vec<u8>>> =
            self.connection.prepare_cached(sql)?.query_row([], |row| row.get("history")).optional()?;
        found.flatten().map(|bytes| bytes.try_into().map_err(|_| damaged("history"))).transpose()
    }
}

pub(super) fn folder(row: &Row<'_>) -> Stored<FolderRow> {
    let enrolled = match fixed_or_none(row, "device")? {
        None => None,
        Some(device) => Some(EnrolledRow {
            device: DeviceId(device),
            unit: UnitId::from(row.get::<_, String>("unit")?.as_str()),
            history: HistoryId(fixed(row, "history")?),
            epoch: small(row, "epoch")?,
            pulled_to: row
                .get::<_, Option<i64>>("pulled_to")?
                .map(|_| count(row, "pulled_to"))
                .transpose()?,
            last_contact_ms: row.get("last_contact_ms")?,
            skew_ms: row.get("skew_ms")?,
            admission: row.get("admission")?,
            refill: row.get("refill")?,
            quarantined: row.get("quarantined")?,
        }),
    };
    let key: Option<Vec<u8>> = row.get("key")?;
    let given: Option<Vec<u8>> = row.get("credentials")?;
    let credentials = key.zip(given).map(|(key, given)| Credentials::read(&key, &given));
    let credentials = credentials.transpose().map_err(|_| damaged("credentials"))?.flatten();
    Ok(FolderRow {
        server: row.get("server")?,
        secret: fixed(row, "secret")?,
        credentials,
        officer: row.get("officer")?,
        checkpoint_key: row.get("checkpoint_key")?,
        enrolled,
    })
}
