//! `journal`: what was done at the district beside submissions, when and by whom.

use gom_domain::Lang;
use gom_domain::calendar::vietnam_time;
use gom_terminal::{Align, Format, Table, put};
use serde_json::json;

use super::{Done, recalled};
use crate::folder::Folder;
use crate::store::{ChangeKind, ChangeRow, Journal, Stored};

pub(super) fn journal(folder: &Folder, format: Format, lang: Lang) -> Done {
    let (mut books, _) = recalled(folder, None)?;
    let rows = changes(&mut books).map_err(|error| vec![folder.trouble(&error)])?;
    match format {
        Format::Json => {
            for (row, at_ms) in &rows {
                let at = jiff::Timestamp::from_millisecond(*at_ms).unwrap_or_default().to_string();
                let kind = row.kind.key();
                put(&json!({ "entry": row.seq, "at": at, "kind": kind, "who": row.who }).to_string());
            }
        }
        Format::Table => {
            let mut table = Table::new(&[
                (lang.pick("Mục", "Entry"), Align::Right),
                (lang.pick("Thời gian", "Time"), Align::Left),
                (lang.pick("Việc", "What"), Align::Left),
                (lang.pick("Người", "Who"), Align::Left),
            ]);
            for (row, at_ms) in &rows {
                let who = if row.who.is_empty() { "–" } else { &row.who };
                table.row([&row.seq.to_string(), &vietnam_time(*at_ms), what(row.kind, lang), who]);
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
        ChangeKind::SetDevice => lang.pick("đặt tên hoặc thu hồi một máy", "a computer was named or revoked"),
    }
}
