//! `gom export-queue` and `gom import-receipts`: the stick as a line.

use std::path::Path;
use std::process::ExitCode;

use crate::sync::SyncReport;
use crate::{Commune, Failure};
use gom_domain::{Lang, say};
use gom_durable::file::{spare, write_whole};

use super::{exit, put, sync};

pub(super) fn export(lang: Lang, commune: &Commune, file: &Path) -> Result<ExitCode, Failure> {
    let exported = commune.export_queue()?;
    let unwritten = |source| Failure::File { file: file.to_owned(), source };
    // This computer's own older queue may go, as long as what is in it is still here.
    spare(file, |there| commune.holds_queue(there).unwrap_or(false)).map_err(unwritten)?;
    write_whole(file, &exported.file).map_err(unwritten)?;
    let (operations, shown) = (exported.operations, file.display());
    put(
        lang,
        &say!(
            "Đã ghi {operations} báo cáo đang chờ vào {shown}. Mang tệp này lên huyện; các báo cáo vẫn chờ ở đây đến khi có biên nhận (gom import-receipts, hoặc gom sync khi có mạng).",
            "Reports waiting that were written to {shown}: {operations}. Take the file to the district; they wait here until there are receipts (gom import-receipts, or gom sync when there is a line)."
        ),
    );
    Ok(exit(true))
}

pub(super) fn import(lang: Lang, commune: &Commune, file: &Path) -> Result<ExitCode, Failure> {
    let unread = |source| Failure::File { file: file.to_owned(), source };
    let report = commune.import_receipts(&std::fs::read(file).map_err(unread)?)?;
    sync::put_came(lang, commune, &report);
    let waiting = report.waiting;
    if report.rebased || report.refills || waiting > 0 {
        let text = say!(
            "Còn {waiting} báo cáo huyện chưa trả lời. Hãy chạy gom export-queue và mang tệp mới lên huyện lần nữa (hoặc gom sync khi có mạng); không mất gì.",
            "Not ruled on by the district yet: {waiting}. Run gom export-queue and take the new file to the district once more (or gom sync when there is a line); nothing is lost."
        );
        gom_terminal::fail(lang, text.get(lang));
        // What waits for the officer is said as well.
        sync::end(lang, &SyncReport { waiting: 0, ..report });
        return Ok(exit(false));
    }
    Ok(sync::end(lang, &report))
}
