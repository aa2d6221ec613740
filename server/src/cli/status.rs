//! `status`: how the district stands, for people and for programs.

use gom_domain::calendar::vietnam_time;
use gom_domain::world::World;
use gom_domain::{Bilingual, Lang, say};
use gom_proto::pass::hex;
use gom_terminal::{Align, Format, Shade, Table, put};
use serde_json::{Value, json};

use super::devices::SHOWN;
use super::{Done, backup::size, recalled};
use crate::folder::Folder;
use crate::status::{self, Device, Status};

/// Clocks that differ by less are taken to agree.
const AGREED_MS: u64 = 3 * 60_000;

pub(super) fn status(folder: &Folder, format: Format, world: &World, lang: Lang) -> Done {
    let (mut books, memory) = recalled(folder, None)?;
    let looked = status::status(folder, &mut books, &memory).map_err(|error| vec![folder.trouble(&error)])?;
    let status = looked.map_err(|error| vec![folder.file_trouble(&error)])?;
    let now_ms = world.now_ms();
    match format {
        Format::Json => put(&as_json(&status, now_ms, lang).to_string()),
        Format::Table => put(&as_text(&status, now_ms, lang)),
    }
    Ok(())
}

fn as_json(status: &Status, now_ms: i64, lang: Lang) -> Value {
    let backup = status.backup.as_ref().map(|noted| {
        json!({
            "at": time(noted.at_ms),
            "age_hours": status.backup_age_ms(now_ms).unwrap_or(0) / 3_600_000,
            "file": noted.file.to_string_lossy(),
            "commit": noted.commit,
            "history": noted.history,
            "bytes": noted.bytes,
        })
    });
    json!({
        "history": hex(&status.history.0),
        "restored": status.restored,
        "commit": status.commit.map_or(0, |commit| commit.last_seq),
        "commit_at": status.commit.map(|commit| time(commit.at_ms)),
        "submissions": status.submissions,
        "standing": status.standing,
        "devices": status.devices.iter().map(device_json).collect::<Vec<_>>(),
        "backup": backup,
        "warnings": warnings(status, now_ms).iter().map(|text| text.get(lang)).collect::<Vec<_>>(),
    })
}

pub(super) fn device_json(device: &Device) -> Value {
    json!({
        "device": hex(&device.id.0),
        "unit": device.unit.to_string(),
        "unit_name": device.unit_name,
        "name": device.name,
        "last_contact": device.contact_ms.map(time),
        "skew_ms": device.skew_ms,
        "version": device.app_version,
        "epoch": device.epoch,
        "operations": device.operations,
        "revoked": device.revoked_ms.map(time),
    })
}

fn time(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default().to_string()
}

fn as_text(status: &Status, now_ms: i64, lang: Lang) -> String {
    let mut table = Table::new(&[(lang.pick("Sổ của huyện", "The books"), Align::Left), ("", Align::Left)]);
    for (name, value) in facts(status, now_ms) {
        table.row([name.get(lang), value.get(lang)]);
    }
    let mut text = table.text();
    text.push_str(&devices(status, lang));
    for warning in warnings(status, now_ms) {
        text.push_str(&format!("{}: {}\n", lang.pick("cảnh báo", "warning"), warning.get(lang)));
    }
    text
}

fn facts(status: &Status, now_ms: i64) -> Vec<(Bilingual, Bilingual)> {
    let same = |text: String| Bilingual { vi: text.clone(), en: text };
    let history = &hex(&status.history.0)[..8];
    let goes_on = if status.restored {
        say!("{history} (đi tiếp từ một bản sao lưu)", "{history} (it goes on from a backup)")
    } else {
        same(history.to_owned())
    };
    let commit = status.commit.map_or_else(
        || same("–".to_owned()),
        |commit| {
            let (seq, at) = (commit.last_seq, vietnam_time(commit.at_ms));
            say!("{seq}, lúc {at}", "{seq}, at {at}")
        },
    );
    vec![
        (say!("Lịch sử", "History"), goes_on),
        (say!("Lần ghi cuối", "Last commit"), commit),
        (say!("Báo cáo", "Submissions"), same(status.submissions.to_string())),
        (say!("Đang hiệu lực", "Standing"), same(status.standing.to_string())),
        (say!("Bản sao lưu đã kiểm tra", "Last verified backup"), last_backup(status, now_ms)),
    ]
}

fn last_backup(status: &Status, now_ms: i64) -> Bilingual {
    let Some(noted) = &status.backup else { return say!("chưa có", "none yet") };
    let (file, commit) = (noted.file.display(), noted.commit);
    let (age, at) = (age(status.backup_age_ms(now_ms).unwrap_or(0)), vietnam_time(noted.at_ms));
    let (vi, en) = (size(noted.bytes, Lang::Vi), size(noted.bytes, Lang::En));
    Bilingual {
        vi: format!("{at} ({} trước), đến lần ghi {commit}, {vi}: {file}", age.vi),
        en: format!("{at} ({} ago), up to commit {commit}, {en}: {file}", age.en),
    }
}

/// A length of time in words.
fn age(ms: i64) -> Bilingual {
    let (minutes, hours, days) = (ms / 60_000, ms / 3_600_000, ms / 86_400_000);
    match (days, hours) {
        (0, 0) => say!("{minutes} phút", "{minutes} min"),
        (0, _) => say!("{hours} giờ", "{hours} h"),
        _ => say!("{days} ngày", "{days} d"),
    }
}

pub(super) fn devices(status: &Status, lang: Lang) -> String {
    if status.devices.is_empty() {
        return format!("{}\n", lang.pick("Chưa có máy nào ghi danh.", "No computer is enrolled yet."));
    }
    let mut table = Table::new(&[
        (lang.pick("Đơn vị", "Unit"), Align::Left),
        (lang.pick("Máy", "Computer"), Align::Left),
        (lang.pick("Tên ngắn", "Short name"), Align::Left),
        (lang.pick("Liên hệ lần cuối", "Last contact"), Align::Left),
        (lang.pick("Đồng hồ", "Clock"), Align::Left),
        (lang.pick("Phiên bản", "Version"), Align::Left),
        (lang.pick("Đời", "Epoch"), Align::Right),
    ]);
    for device in &status.devices {
        let plain = |text: String| (text, Shade::Plain);
        let skew = device.skew_ms.and_then(skew);
        table.shaded([
            plain(device.unit_name.clone()),
            device.revoked_ms.map_or_else(
                || plain(device.name.clone()),
                |_| (format!("{} ({})", device.name, lang.pick("đã thu hồi", "revoked")), Shade::Bad),
            ),
            plain(hex(&device.id.0)[..SHOWN].to_owned()),
            plain(device.contact_ms.map_or_else(|| "–".to_owned(), vietnam_time)),
            skew.map_or_else(|| plain("–".to_owned()), |text| (text.get(lang).to_owned(), Shade::Warn)),
            plain(device.app_version.clone()),
            plain(device.epoch.to_string()),
        ]);
    }
    table.text()
}

/// How far a computer's clock is from the district's, where that matters.
fn skew(skew_ms: i64) -> Option<Bilingual> {
    let Bilingual { vi, en } = age(i64::try_from(skew_ms.unsigned_abs()).unwrap_or(i64::MAX));
    match skew_ms {
        _ if skew_ms.unsigned_abs() < AGREED_MS => None,
        1.. => Some(say!("nhanh {vi}", "{en} ahead")),
        _ => Some(say!("chậm {vi}", "{en} behind")),
    }
}

fn warnings(status: &Status, now_ms: i64) -> Vec<Bilingual> {
    let mut warnings = Vec::new();
    if status.wants_backup(now_ms) {
        warnings.push(match status.backup_age_ms(now_ms).map(age) {
            None => say!(
                "chưa có bản sao lưu nào được kiểm tra; hãy chạy gom-server backup, hoặc đặt backup_folder trong settings.toml",
                "there is no verified backup; run gom-server backup, or set backup_folder in settings.toml"
            ),
            Some(Bilingual { vi, en }) => say!(
                "bản sao lưu đã kiểm tra cuối cùng cách đây {vi}; hãy chạy gom-server backup",
                "the last verified backup is {en} old; run gom-server backup"
            ),
        });
    }
    if status.restored {
        warnings.push(say!(
            "sổ đi tiếp từ một bản sao lưu và chờ các xã trả lại những gì bị mất; khi không còn gì để chờ, dùng gom-server go-on",
            "the books go on from a backup and wait for what communes give back; when there is nothing left to wait for, use gom-server go-on"
        ));
    }
    let wrong = status.devices.iter().filter(|device| device.skew_ms.and_then(skew).is_some()).count();
    if wrong > 0 {
        warnings.push(say!(
            "{wrong} máy có đồng hồ sai; không mất gì, nhưng hãy nhắc xã chỉnh lại",
            "computers whose clocks are wrong: {wrong}; nothing is lost, but have them set right"
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_told_in_words_once_it_is_minutes_off() {
        assert_eq!(skew(120_000), None);
        assert_eq!(skew(600_000).unwrap().en, "10 min ahead");
        assert_eq!(skew(-3_600_000).unwrap().vi, "chậm 1 giờ");
    }

    #[test]
    fn ages_are_told_in_the_largest_whole_measure() {
        let words: Vec<String> = [59_000, 7_200_000, 200_000_000].into_iter().map(|ms| age(ms).en).collect();
        assert_eq!(words, ["0 min", "2 h", "2 d"]);
    }
}
