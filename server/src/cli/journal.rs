//! `journal`: what was done at the district beside submissions, when and by whom.

use gom_domain::Lang;
use gom_domain::calendar::vietnam_time;
use gom_domain::unit::UnitId;
use gom_domain::user::Role;
use gom_proto::change::{self, UserAct};
use gom_proto::pass::hex;
use gom_proto::{Malformed, wire};
use gom_terminal::{Align, Format, Table, put};
use serde_json::json;

use super::devices::SHOWN;
use super::{Done, recalled};
use crate::folder::Folder;
use crate::memory::Memory;
use crate::store::{ChangeKind, ChangeRow, Journal, Stored};

pub(super) fn journal(folder: &Folder, format: Format, lang: Lang) -> Done {
    let (mut books, memory) = recalled(folder, None)?;
    let rows = changes(&mut books).map_err(|error| vec![folder.trouble(&error)])?;
    match format {
        Format::Json => {
            for (row, at_ms) in &rows {
                let at = jiff::Timestamp::from_millisecond(*at_ms).unwrap_or_default().to_string();
                let kind = row.kind.key();
                let about = about(row, &memory, Lang::En);
                let line =
                    json!({ "entry": row.seq, "at": at, "kind": kind, "about": about, "who": row.who });
                put(&line.to_string());
            }
        }
        Format::Table => {
            let mut table = Table::new(&[
                (lang.pick("Mục", "Entry"), Align::Right),
                (lang.pick("Thời gian", "Time"), Align::Left),
                (lang.pick("Việc", "What"), Align::Left),
                (lang.pick("Về", "About"), Align::Left),
                (lang.pick("Người", "Who"), Align::Left),
            ]);
            for (row, at_ms) in &rows {
                let who = if row.who.is_empty() { "–" } else { &row.who };
                let about = about(row, &memory, lang);
                table.row([&row.seq.to_string(), &vietnam_time(*at_ms), what(row.kind, lang), &about, who]);
            }
            put(table.text().trim_end());
        }
    }
    Ok(())
}

/// The changes, each with its moment.
fn changes(journal: &mut dyn Journal) -> Stored<Vec<(ChangeRow, i64)>> {
    let mut rows = Vec::new();
    journal.each_change(u64::MAX, &mut |row| {
        rows.push(row);
        Ok(())
    })?;
    rows.into_iter()
        .map(|row| {
            let at_ms = journal.commit_of(row.seq)?.at_ms;
            Ok((row, at_ms))
        })
        .collect()
}

fn what(kind: ChangeKind, lang: Lang) -> &'static str {
    match kind {
        ChangeKind::Programme => lang.pick("phát hành chương trình", "a programme was published"),
        ChangeKind::Quotas => lang.pick("thay bảng giao chỉ tiêu", "quotas were replaced"),
        ChangeKind::Baseline => lang.pick("thay số liệu năm trước", "the year before was replaced"),
        ChangeKind::Target => lang.pick("đặt tay một chỉ tiêu", "a target was set by hand"),
        ChangeKind::Code => lang.pick("cấp mã ghi danh", "a code was issued"),
        ChangeKind::Device => lang.pick("một máy ghi danh", "a computer was enrolled"),
        ChangeKind::History => lang.pick("sổ đi tiếp từ bản sao lưu", "the books go on from a backup"),
        ChangeKind::GoOn => {
            lang.pick("thôi chờ những gì còn thiếu", "what is missing is waited for no longer")
        }
        ChangeKind::Authority => lang.pick("lập khóa chứng thực", "an authority was made"),
        ChangeKind::RetireAuthority => lang.pick("bỏ một khóa chứng thực", "an authority was retired"),
        ChangeKind::User => lang.pick("lập hoặc đổi một tài khoản", "an account was made or changed"),
        ChangeKind::SetDevice => lang.pick("đặt tên hoặc thu hồi một máy", "a computer was named or revoked"),
    }
}

/// What a change was about, in a few words.
fn about(row: &ChangeRow, memory: &Memory, lang: Lang) -> String {
    let words = match row.kind {
        ChangeKind::Programme | ChangeKind::Quotas | ChangeKind::Baseline => Ok(row.year.to_string()),
        ChangeKind::Target => change::decode_target(&row.body).map(|(year, key, _)| format!("{key} {year}")),
        ChangeKind::Code => change::decode::<wire::IssueCode>(&row.body).map(|code| unit(&code.unit, memory)),
        ChangeKind::Device => change::decode::<wire::Enrolled>(&row.body).map(|device| {
            format!(
                "{} {}, {}",
                id(&device.device),
                quoted(&device.device_name, lang),
                unit(&device.unit, memory)
            )
        }),
        ChangeKind::SetDevice => change::decode::<wire::SetDevice>(&row.body).map(|set| decided(&set, lang)),
        ChangeKind::User => change::decode::<wire::User>(&row.body).and_then(|user| account(&user, lang)),
        ChangeKind::GoOn => Ok(String::from_utf8_lossy(&row.body).into_owned()),
        ChangeKind::Authority => Ok(fingerprint(&row.body)),
        ChangeKind::RetireAuthority => {
            change::decode::<wire::RetireAuthority>(&row.body).map(|retired| retired.number.to_string())
        }
        ChangeKind::History => Ok(String::new()),
    };
    words.unwrap_or_else(|_: Malformed| "?".to_owned())
}

/// By what the communes know an authority, by its certificate.
fn fingerprint(certificate: &[u8]) -> String {
    gom_trust::fingerprint(certificate).map(|print| print.shown()).unwrap_or_default()
}

/// A unit's name in the newest programme that has it.
fn unit(key: &str, memory: &Memory) -> String {
    let named = super::in_force(memory).into_iter().find_map(|programme| {
        let ix = programme.unit_of(&UnitId::from(key))?;
        Some(programme.unit(ix).name.clone())
    });
    named.unwrap_or_else(|| key.to_owned())
}

fn id(device: &[u8]) -> String {
    hex(device).chars().take(SHOWN).collect()
}

fn quoted(text: &str, lang: Lang) -> String {
    lang.pick(&format!("«{text}»"), &format!("“{text}”")).to_owned()
}

fn decided(set: &wire::SetDevice, lang: Lang) -> String {
    let id = id(&set.device);
    if set.revoke {
        format!("{id}: {} ({})", lang.pick("thu hồi", "revoked"), set.note)
    } else {
        format!("{id}: {}", quoted(&set.name, lang))
    }
}

fn account(user: &wire::User, lang: Lang) -> Result<String, Malformed> {
    let act = match UserAct::from_key(&user.act)? {
        UserAct::Add => lang.pick("lập", "made"),
        UserAct::Password => lang.pick("mật khẩu mới", "another password"),
        UserAct::Change => lang.pick("đổi", "changed"),
        UserAct::Disable => lang.pick("khóa", "disabled"),
        UserAct::Enable => lang.pick("mở lại", "enabled again"),
    };
    let role = Role::from_key(&user.role).map(|role| role.label().get(lang).to_owned()).unwrap_or_default();
    let more =
        if user.restricted { lang.pick(", xem biểu hạn chế", ", sees restricted forms") } else { "" };
    Ok(format!("{}: {act} ({role}{more})", user.name))
}
