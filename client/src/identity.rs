//! Who this folder is, kept beside the database as well, so that a database that is damaged or gone can be made anew and
//! filled by the district.
//!
//! The file `identity` has a word and its value on each line, bytes as hex digits, and ends with the SHA-256 of what is
//! above. It is written anew, durably, whenever any of it changes: at enrolment, with a new epoch, and when the district
//! goes by another history. Whoever can read it can speak in the folder's name, so it is its owner's alone.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::unit::UnitId;
use gom_durable::file::write_whole;
use gom_proto::pass::hex;
use sha2::{Digest, Sha256};

use crate::credentials::Credentials;
use crate::store::{EnrolledRow, FolderRow};

/// The file's name in the data folder.
pub(crate) const FILE: &str = "identity";

/// The first line: whose file it is, and how it is written.
const HEAD: &str = "gom identity 1";

/// Keeps who the folder is, if it is not written down so already. A folder whose disk is full still syncs.
pub(crate) fn keep(folder: &Path, row: &FolderRow) {
    let Some(own) = &row.enrolled else { return };
    let text = written(row, own);
    let file = folder.join(FILE);
    if fs::read(&file).is_ok_and(|kept| kept == text.as_bytes()) {
        return;
    }
    if let Err(error) = write_whole(&file, text.as_bytes()) {
        tracing::warn!(%error, "the identity could not be written down beside the database");
    }
}

/// Whether what was written down says of the same device, in the same life, that it is another: a secret is never changed,
/// and a new name comes with a new epoch, so one of the two is damaged.
pub(crate) fn contradicts(folder: &Path, row: &FolderRow) -> bool {
    let Some(kept) = read(folder) else { return false };
    let (Some(then), Some(now)) = (&kept.enrolled, &row.enrolled) else { return false };
    let (same_secret, same_device) = (kept.secret == row.secret, then.device == now.device);
    same_device && !same_secret || same_secret && !same_device && then.epoch == now.epoch
}

/// Forgets who the folder was.
pub(crate) fn forget(folder: &Path) {
    // There mostly is nothing to forget.
    _ = fs::remove_file(folder.join(FILE));
}

/// Who the folder was when it was last written down; none where that cannot be read.
pub(crate) fn read(folder: &Path) -> Option<FolderRow> {
    let mut text = String::new();
    io::Read::read_to_string(&mut File::open(folder.join(FILE)).ok()?, &mut text).ok()?;
    let (above, sum) = text.trim_end().rsplit_once("sum ")?;
    if sum != hex(&Sha256::digest(above)) {
        return None;
    }
    let mut lines = above.lines();
    if lines.next() != Some(HEAD) {
        return None;
    }
    let words: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(' ')).collect();
    let value = |word: &str| words.iter().find(|(key, _)| *key == word).map(|(_, value)| *value);
    let own = EnrolledRow {
        device: DeviceId(bytes(value("device")?)?.try_into().ok()?),
        unit: UnitId::from(value("unit")?),
        history: HistoryId(bytes(value("history")?)?.try_into().ok()?),
        epoch: value("epoch")?.parse().ok()?,
        pulled_to: None,
        last_contact_ms: None,
        skew_ms: None,
        admission: value("admission").and_then(bytes),
        refill: false,
        quarantined: false,
    };
    let secret = bytes(value("secret")?)?.try_into().ok()?;
    let credentials = match (value("key").and_then(bytes), value("credentials").and_then(bytes)) {
        (Some(key), Some(given)) => Credentials::read(&key, &given).ok()?,
        _ => None,
    };
    let officer = value("officer").unwrap_or_default().to_owned();
    Some(FolderRow {
        server: value("server")?.to_owned(),
        secret,
        credentials,
        officer,
        checkpoint_key: value("checkpoint-key").and_then(bytes),
        enrolled: Some(own),
    })
}

fn written(row: &FolderRow, own: &EnrolledRow) -> String {
    let mut text = format!("{HEAD}\n");
    let mut line = |word: &str, value: &str| text.push_str(&format!("{word} {value}\n"));
    line("server", &row.server);
    line("secret", &hex(&row.secret));
    line("device", &hex(&own.device.0));
    line("unit", own.unit.as_str());
    line("history", &hex(&own.history.0));
    line("epoch", &own.epoch.to_string());
    if !row.officer.is_empty() {
        line("officer", &row.officer);
    }
    if let Some(admission) = &own.admission {
        line("admission", &hex(admission));
    }
    if let Some(key) = &row.checkpoint_key {
        line("checkpoint-key", &hex(key));
    }
    if let Some(credentials) = &row.credentials {
        line("key", &hex(credentials.key()));
        line("credentials", &hex(&credentials.kept()));
    }
    let sum = hex(&Sha256::digest(&text));
    text.push_str(&format!("sum {sum}\n"));
    text
}

/// The bytes that hex digits stand for.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> FolderRow {
        let own = EnrolledRow {
            device: DeviceId([2; 16]),
            unit: UnitId::from("hoa-my"),
            history: HistoryId([3; 16]),
            epoch: 4,
            pulled_to: None,
            last_contact_ms: None,
            skew_ms: None,
            admission: Some(vec![5; 32]),
            refill: false,
            quarantined: false,
        };
        let given = gom_proto::wire::RenewReply { certificate: vec![6; 9], authorities: vec![vec![7; 8]] };
        let credentials = Credentials::new(&[8; 7], given).unwrap();
        let server = "https://127.0.0.1:1".to_owned();
        FolderRow {
            server,
            secret: [0xab; 32],
            credentials,
            officer: "Cán bộ thống kê".to_owned(),
            checkpoint_key: Some(vec![4; 32]),
            enrolled: Some(own),
        }
    }

    #[test]
    fn what_is_written_down_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), None);
        keep(folder.path(), &row());
        assert_eq!(read(folder.path()), Some(row()));
        let mut later = row();
        later.enrolled.as_mut().unwrap().epoch = 5;
        keep(folder.path(), &later);
        assert_eq!(read(folder.path()), Some(later));
    }

    #[test]
    fn a_changed_secret_or_name_is_damage_and_a_new_enrolment_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!contradicts(folder.path(), &row()));
        keep(folder.path(), &row());
        assert!(!contradicts(folder.path(), &row()));
        let changed = |change: fn(&mut FolderRow, &mut EnrolledRow)| {
            let mut other = row();
            let mut own = other.enrolled.take().unwrap();
            change(&mut other, &mut own);
            FolderRow { enrolled: Some(own), ..other }
        };
        assert!(contradicts(folder.path(), &changed(|row, _| row.secret[3] ^= 1)));
        assert!(contradicts(folder.path(), &changed(|_, own| own.device.0[3] ^= 1)));
        let again = changed(|_, own| (own.device, own.epoch) = (DeviceId([9; 16]), 5));
        assert!(!contradicts(folder.path(), &again));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        keep(folder.path(), &row());
        assert_eq!(fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_in_which_anything_was_changed_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        keep(folder.path(), &row());
        let whole = fs::read(folder.path().join(FILE)).unwrap();
        for place in 0..whole.len() - 1 {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            fs::write(folder.path().join(FILE), changed).unwrap();
            assert_eq!(read(folder.path()), None, "byte {place}");
        }
    }
}
