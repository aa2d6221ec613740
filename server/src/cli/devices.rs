//! `devices`, `rename`, `revoke`: the communes' computers.

use gom_domain::Lang;
use gom_domain::text::nfc;
use gom_domain::world::World;
use gom_proto::pass::hex;
use gom_terminal::{Format, put};
use serde_json::Value;

use super::{Done, block_on, recalled, status};
use crate::books::Job;
use crate::device::SetDevice;
use crate::folder::Folder;
use crate::memory::Memory;
use crate::office;
use crate::store::DeviceRow;
use crate::wording::Trouble;

/// How many digits of a device's name are shown; that many tell all devices of a district apart.
pub(super) const SHOWN: usize = 8;

/// Lists them.
pub(super) fn list(folder: &Folder, format: Format, lang: Lang) -> Done {
    let (mut books, memory) = recalled(folder, None)?;
    let looked = crate::status::status(folder, &mut books, &memory);
    let looked = looked.map_err(|error| vec![folder.trouble(&error)])?;
    let status = looked.map_err(|error| vec![folder.file_trouble(&error)])?;
    match format {
        Format::Json => {
            put(&Value::from(status.devices.iter().map(status::device_json).collect::<Vec<_>>()).to_string());
        }
        Format::Table => put(status::devices(&status, lang).trim_end()),
    }
    Ok(())
}

/// Gives one another name.
pub(super) fn rename(folder: &Folder, typed: &str, name: &str, world: &World, lang: Lang) -> Done {
    let name = nfc(name.trim());
    if name.is_empty() || name.chars().any(char::is_control) || name.chars().count() > 100 {
        return Err(vec![Trouble::BadName]);
    }
    let device = named(folder, typed)?;
    let set = SetDevice { device: device.id, name: Some(name.clone()), revoked: None };
    block_on(office::commit(folder, Job::SetDevice(set), world))??;
    let id = &hex(&device.id.0)[..SHOWN];
    put(lang.pick(&format!("{id} từ nay là «{name}»."), &format!("{id} is called “{name}” from now on.")));
    Ok(())
}

/// Revokes one.
pub(super) fn revoke(folder: &Folder, typed: &str, note: &str, world: &World, lang: Lang) -> Done {
    if note.trim().is_empty() {
        return Err(vec![Trouble::NoteMissing]);
    }
    let device = named(folder, typed)?;
    let set = SetDevice { device: device.id, name: None, revoked: Some(nfc(note.trim())) };
    let commit = block_on(office::commit(folder, Job::SetDevice(set), world))??.commit;
    let (id, name) = (&hex(&device.id.0)[..SHOWN], &device.name);
    put(match (commit, lang) {
        (0, Lang::Vi) => format!("{id} ({name}) đã bị thu hồi từ trước."),
        (0, Lang::En) => format!("{id} ({name}) was revoked before."),
        (_, Lang::Vi) => format!(
            "Đã thu hồi {id} ({name}), lần ghi {commit}: huyện không nhận gì từ máy này nữa. Những gì đã nhận vẫn còn. Báo cáo còn chờ ở máy ấy: gom export-queue, rồi gom-server import-queue --release."
        ),
        (_, Lang::En) => format!(
            "Revoked {id} ({name}), commit {commit}: nothing more is taken of it. What was taken stays. Reports that wait there: gom export-queue, then gom-server import-queue --release."
        ),
    }.as_str());
    Ok(())
}

/// The device that somebody means: by the first digits of its name on the wire, or by what it is called.
fn named(folder: &Folder, typed: &str) -> Result<DeviceRow, Vec<Trouble>> {
    let (_, memory) = recalled(folder, None)?;
    let found = meant(&memory, typed);
    match found[..] {
        [device] => Ok(device.clone()),
        [] => Err(vec![Trouble::UnknownDevice(typed.to_owned())]),
        ref many => {
            let ids = many.iter().map(|device| hex(&device.id.0)[..SHOWN].to_owned()).collect();
            Err(vec![Trouble::AmbiguousDevice(typed.to_owned(), ids)])
        }
    }
}

fn meant<'a>(memory: &'a Memory, typed: &str) -> Vec<&'a DeviceRow> {
    let devices = || memory.devices().filter(|device| !device.district);
    let digits = typed.trim().to_lowercase();
    let by_digits = devices().filter(|device| digits.len() >= 4 && hex(&device.id.0).starts_with(&digits));
    let found: Vec<_> = by_digits.collect();
    if found.is_empty() {
        devices().filter(|device| device.name == nfc(typed.trim())).collect()
    } else {
        found
    }
}
