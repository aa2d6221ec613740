//! How the district stands: its books, its computers, and how old its last verified backup is.

use std::io;

use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::unit::UnitId;

use crate::backup::noted::{self, Noted};
use crate::folder::Folder;
use crate::memory::Memory;
use crate::store::{CommitRow, DeviceRow, Journal, Stored};

/// A backup that is older is warned of.
pub const OLD_MS: i64 = 2 * 86_400_000;
/// A backup from further ahead was made by a wrong clock.
const SLACK_MS: i64 = 3_600_000;

/// How the district stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// The history that the books go by.
    pub history: HistoryId,
    /// Whether it goes on from a backup, so that communes may hold what the books have lost.
    pub restored: bool,
    /// The last commit.
    pub commit: Option<CommitRow>,
    /// How many submissions there are.
    pub submissions: u64,
    /// How many of them stand.
    pub standing: u64,
    /// The computers of the communes, in the order of their enrolment.
    pub devices: Vec<Device>,
    /// The last verified backup.
    pub backup: Option<Noted>,
}

/// A commune's computer.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its name on the wire.
    pub id: DeviceId,
    /// Its unit.
    pub unit: UnitId,
    /// The unit's name, in the newest year that knows it.
    pub unit_name: String,
    /// The computer's name.
    pub name: String,
    /// When it was last heard of, by the district's clock.
    pub contact_ms: Option<i64>,
    /// Its clock less the district's, then.
    pub skew_ms: Option<i64>,
    /// The program's version.
    pub app_version: String,
    /// Which life of the device this is: one more for each time that it went on from an older state.
    pub epoch: u32,
    /// How many operations of this life have been ruled on.
    pub operations: u64,
    /// From when on nothing is taken of it any more.
    pub revoked_ms: Option<i64>,
}

impl Status {
    /// How old the last verified backup is, by a clock.
    pub fn backup_age_ms(&self, now_ms: i64) -> Option<i64> {
        self.backup.as_ref().map(|noted| now_ms.saturating_sub(noted.at_ms).max(0))
    }

    /// Whether it is missing or too old.
    pub fn wants_backup(&self, now_ms: i64) -> bool {
        let age = |noted: &Noted| now_ms.saturating_sub(noted.at_ms);
        // One from the future was made while a clock was wrong: nobody knows how old it is.
        self.backup.as_ref().is_none_or(|noted| !(-SLACK_MS..=OLD_MS).contains(&age(noted)))
    }
}

/// Looks how the district stands.
pub fn status(folder: &Folder, journal: &mut dyn Journal, memory: &Memory) -> Stored<io::Result<Status>> {
    let mut changes = 0;
    journal.each_change(u64::MAX, &mut |_| {
        changes += 1;
        Ok(())
    })?;
    let entries = memory.last.map_or(0, |last| last.last_seq);
    let devices = memory.devices().filter(|device| !device.district);
    let status = |backup| Status {
        history: memory.history,
        restored: memory.restored,
        commit: memory.last,
        submissions: entries.saturating_sub(changes),
        standing: memory.standing_places().count() as u64,
        devices: devices.map(|row| device(memory, row)).collect(),
        backup,
    };
    Ok(noted::newest(folder).map(status))
}

fn device(memory: &Memory, row: &DeviceRow) -> Device {
    let unit = memory.unit_id(row.unit).cloned().unwrap_or_else(|| UnitId::from(""));
    let mut programmes: Vec<_> = memory.editions.iter().map(|edition| &edition.programme).collect();
    programmes.sort_by_key(|programme| std::cmp::Reverse(programme.year));
    let called = programmes.iter().find_map(|programme| {
        let ix = programme.unit_of(&unit)?;
        Some(programme.unit(ix).name.clone())
    });
    Device {
        id: row.id,
        unit_name: called.unwrap_or_else(|| unit.to_string()),
        unit,
        name: row.name.clone(),
        contact_ms: row.contact_ms,
        skew_ms: row.skew_ms,
        app_version: row.app_version.clone(),
        epoch: row.reached.epoch,
        operations: row.reached.last_sequence,
        revoked_ms: row.revoked_ms,
    }
}
