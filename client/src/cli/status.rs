//! `gom status`.

use gom_proto::pass::hex;
use std::process::ExitCode;

use crate::status::{Attention, Due, Status};
use crate::sync::SyncError;
use crate::{Commune, Failure, wording};
use gom_domain::calendar::{shown_day, vietnam_time};
use gom_domain::ruling::Verdict;
use gom_domain::{Lang, say};
use gom_terminal::{Align, Format, Shade, Table};
use serde_json::json;

use super::{exit, put};

/// The most forms due that are listed.
const DUE: usize = 12;

pub(super) fn status(lang: Lang, commune: &Commune, format: Format) -> Result<ExitCode, Failure> {
    let status = commune.status()?;
    match format {
        Format::Json => gom_terminal::put(&as_json(lang, &status).to_string()),
        Format::Table => {
            put_counts(lang, &status);
            put_attention(lang, &status.attention);
            put_due(lang, &status.due);
        }
    }
    Ok(exit(true))
}

fn as_json(lang: Lang, status: &Status) -> serde_json::Value {
    let contact = status.last_contact_ms.and_then(|at_ms| jiff::Timestamp::from_millisecond(at_ms).ok());
    json!({
        "unit": status.unit,
        "unit_name": status.unit_name,
        "device": hex(&status.device.0),
        "drafts": status.drafts,
        "queued": status.queued,
        "accepted": status.accepted,
        "rejected": status.rejected,
        "conflicts": status.conflicts,
        "last_contact": contact.map(|at| at.to_string()),
        "skew_ms": status.skew_ms,
        "update_needed": status.update_needed,
        "quarantined": status.quarantined,
        "refills": status.refills,
        "needs_attention": status.attention.iter().map(|item| attention_json(lang, item)).collect::<Vec<_>>(),
        "due": status.due.iter().map(due_json).collect::<Vec<_>>(),
    })
}

fn attention_json(lang: Lang, item: &Attention) -> serde_json::Value {
    let (kind, code) = match &item.receipt.ruling.verdict {
        Verdict::Rejected(rejection) => ("rejected", Some(rejection.code.as_str())),
        Verdict::Conflict { .. } => ("conflict", None),
        Verdict::Accepted { .. } => ("accepted", None),
    };
    let text = match &item.receipt.ruling.verdict {
        Verdict::Rejected(rejection) => rejection.text.get(lang).to_owned(),
        _ => wording::verdict(&item.receipt).get(lang).to_owned(),
    };
    json!({
        "form": item.form,
        "period": item.period.to_string(),
        "verdict": kind,
        "code": code,
        "text": text,
    })
}

fn due_json(due: &Due) -> serde_json::Value {
    json!({
        "form": due.form,
        "period": due.period.to_string(),
        "send_by": due.send_by.to_string(),
        "days_left": due.days_left,
    })
}

fn put_counts(lang: Lang, status: &Status) {
    let shaded = |count: u64, shade: Shade| (count.to_string(), if count > 0 { shade } else { Shade::Plain });
    let name = lang.pick("Đơn vị", "Unit");
    let mut table = Table::new(&[(name, Align::Left), (&status.unit_name, Align::Right)]);
    let rows = [
        (say!("Bản nháp", "Drafts"), shaded(status.drafts, Shade::Plain)),
        (say!("Chờ gửi", "Queued"), shaded(status.queued, Shade::Warn)),
        (say!("Được nhận", "Accepted"), shaded(status.accepted, Shade::Good)),
        (say!("Bị từ chối, cần xử lý", "Rejected, to be resolved"), shaded(status.rejected, Shade::Bad)),
        (say!("Xung đột, cần xử lý", "Conflicts, to be resolved"), shaded(status.conflicts, Shade::Bad)),
        (say!("Liên hệ huyện lần cuối", "Last contact"), (contact(lang, status), Shade::Plain)),
    ];
    for (name, count) in rows {
        table.shaded([(name.get(lang).to_owned(), Shade::Plain), count]);
    }
    gom_terminal::put(&table.text());
    if let Some(text) = status.skew_ms.and_then(wording::skew) {
        put(lang, &text);
    }
    if status.quarantined {
        put(lang, &wording::sync_error(&SyncError::Quarantined));
    }
    if status.refills {
        let text = say!(
            "Huyện đang dùng bản sao lưu cũ: máy này còn phải trả lại những gì huyện bị mất; hãy chạy gom sync, hoặc gom export-queue để mang lên.",
            "The district goes on from an older backup: this computer still has to give back what it has lost; run gom sync, or gom export-queue to take it there."
        );
        put(lang, &text);
    }
    if status.update_needed {
        put(lang, &super::sync::update_needed());
    }
}

fn contact(lang: Lang, status: &Status) -> String {
    status.last_contact_ms.map_or_else(|| lang.pick("chưa có", "never").to_owned(), vietnam_time)
}

fn put_attention(lang: Lang, attention: &[Attention]) {
    if attention.is_empty() {
        return;
    }
    put(lang, &say!("Cần xử lý:", "Needs attention:"));
    for item in attention {
        let (label, text) = (item.label.get(lang), wording::verdict(&item.receipt));
        gom_terminal::put(&format!("  {label} ({}) {}: {}", item.form, item.period, text.get(lang)));
        for remark in &item.remarks {
            gom_terminal::put(&format!("    {} {}", remark.element, remark.text.get(lang)));
        }
    }
}

fn put_due(lang: Lang, due: &[Due]) {
    if due.is_empty() {
        put(lang, &say!("Không còn biểu nào phải nộp.", "Nothing is due."));
        return;
    }
    let mut table = Table::new(&[
        (lang.pick("Phải nộp", "Due"), Align::Left),
        (lang.pick("Kỳ", "Period"), Align::Left),
        (lang.pick("Hạn gửi", "Send by"), Align::Left),
        ("", Align::Left),
    ]);
    for due in due.iter().take(DUE) {
        let shade = if due.days_left < 0 { Shade::Bad } else { Shade::Plain };
        let draft = if due.is_draft { lang.pick(", có bản nháp", ", drafted") } else { "" };
        let left = format!("{}{draft}", wording::days_left(due.days_left).get(lang));
        let plain = |text: String| (text, Shade::Plain);
        let name = format!("{} ({})", due.label.get(lang), due.form);
        table.shaded([
            plain(name),
            plain(due.period.to_string()),
            plain(shown_day(due.send_by)),
            (left, shade),
        ]);
    }
    gom_terminal::put(&table.text());
    if let Some(more) = due.len().checked_sub(DUE).filter(|more| *more > 0) {
        put(lang, &say!("… và {more} biểu nữa; xem gom show", "… and {more} more; see gom show"));
    }
}
