//! `gom receipts`.

use gom_proto::pass::hex;
use std::process::ExitCode;

use crate::receipts::ReceiptView;
use crate::{Commune, Failure, wording};
use gom_domain::calendar::vietnam_time;
use gom_domain::ruling::Verdict;
use gom_domain::{Lang, say};
use gom_terminal::{Align, Format, Shade, Table};
use serde_json::json;

use super::{exit, put};

pub(super) fn receipts(lang: Lang, commune: &Commune, format: Format) -> Result<ExitCode, Failure> {
    let receipts = commune.receipts()?;
    match format {
        Format::Json => {
            for receipt in &receipts {
                gom_terminal::put(&as_json(lang, receipt).to_string());
            }
        }
        Format::Table if receipts.is_empty() => {
            put(lang, &say!("Chưa có biên nhận nào.", "There are no receipts yet."));
        }
        Format::Table => put_table(lang, &receipts),
    }
    Ok(exit(true))
}

fn as_json(lang: Lang, view: &ReceiptView) -> serde_json::Value {
    let (kind, code) = match &view.receipt.ruling.verdict {
        Verdict::Accepted { .. } => ("accepted", None),
        Verdict::Conflict { .. } => ("conflict", None),
        Verdict::Rejected(rejection) => ("rejected", Some(rejection.code.as_str())),
    };
    let at = jiff::Timestamp::from_millisecond(view.receipt.at_ms).ok();
    json!({
        "number": view.receipt.commit,
        "time": at.map(|at| at.to_string()),
        "form": view.form,
        "period": view.period.to_string(),
        "revision": revision(view),
        "verdict": kind,
        "code": code,
        "text": wording::verdict(&view.receipt).get(lang),
        "sequence": view.sequence,
        "fingerprint": hex(&view.fingerprint),
    })
}

fn revision(view: &ReceiptView) -> Option<u32> {
    match view.receipt.ruling.verdict {
        Verdict::Accepted { revision } => Some(revision),
        Verdict::Conflict { .. } | Verdict::Rejected(_) => None,
    }
}

fn put_table(lang: Lang, receipts: &[ReceiptView]) {
    let mut table = Table::new(&[
        (lang.pick("Số", "Number"), Align::Right),
        (lang.pick("Thời gian", "Time"), Align::Left),
        (lang.pick("Biểu", "Form"), Align::Left),
        (lang.pick("Kỳ", "Period"), Align::Left),
        (lang.pick("Lần", "Revision"), Align::Right),
        (lang.pick("Kết quả", "Verdict"), Align::Left),
        (lang.pick("Dấu", "Fingerprint"), Align::Left),
    ]);
    for view in receipts {
        let shade = if view.receipt.ruling.is_accepted() { Shade::Good } else { Shade::Bad };
        let plain = |text: String| (text, Shade::Plain);
        table.shaded([
            plain(view.receipt.commit.to_string()),
            plain(vietnam_time(view.receipt.at_ms)),
            plain(view.label.get(lang).to_owned()),
            plain(view.period.to_string()),
            plain(revision(view).map_or(String::new(), |revision| revision.to_string())),
            (wording::verdict(&view.receipt).get(lang).to_owned(), shade),
            plain(view.shown_fingerprint()),
        ]);
    }
    gom_terminal::put(&table.text());
}
