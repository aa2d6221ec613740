//! `gom resolve` and `gom conflicts`.

use std::process::ExitCode;

use crate::resolve::{Keep, Resolved};
use crate::status::Attention;
use crate::{Commune, Failure};
use gom_domain::{Lang, say};

use super::{exit, put, show};

/// Shows every conflict, both versions side by side.
pub(super) fn conflicts(lang: Lang, commune: &Commune) -> Result<ExitCode, Failure> {
    let attention = commune.status()?.attention.into_iter();
    let conflicts: Vec<_> = attention.filter(Attention::is_conflict).collect();
    if conflicts.is_empty() {
        put(lang, &say!("Không có xung đột nào.", "There are no conflicts."));
    }
    for conflict in &conflicts {
        show::form(lang, commune, &conflict.form, &conflict.period.to_string())?;
    }
    Ok(exit(conflicts.is_empty()))
}

pub(super) fn resolve(
    lang: Lang,
    commune: &Commune,
    form: &str,
    period: &str,
    keep: Keep,
) -> Result<ExitCode, Failure> {
    let text = match commune.resolve(form, period, keep)? {
        Resolved::Drafted => say!(
            "Số liệu của máy này đã thành bản nháp {form} {period}, lập trên bản đang có hiệu lực. Nộp bằng gom submit {form} {period} --note \"…\", rồi gom sync; xung đột còn cho đến khi nộp.",
            "This device's figures are a draft of {form} {period} now, made on what stands. Hand it in with gom submit {form} {period} --note \"…\", then gom sync; until then the conflict stays."
        ),
        Resolved::Same => say!(
            "Số liệu của máy này giống hệt bản đang có hiệu lực; xung đột {form} {period} đã xong.",
            "This device's figures are those that stand; the conflict of {form} {period} is settled."
        ),
        Resolved::Accepted { dropped_draft } => {
            let (vi, en) =
                if dropped_draft { (" Bản nháp đã bỏ.", " The draft was dropped.") } else { ("", "") };
            say!(
                "Đã nhận bản đang có hiệu lực của {form} {period}; bản của máy này vẫn còn trong lịch sử.{vi}",
                "What stands of {form} {period} is accepted; this device's version stays in the history.{en}"
            )
        }
    };
    put(lang, &text);
    Ok(exit(true))
}
