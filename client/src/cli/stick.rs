//! `gom export-queue` and `gom import-receipts`: the stick as a line.

use std::path::Path;
use std::process::ExitCode;

use crate::{Commune, Failure};
use gom_domain::{Lang, say};
use gom_durable::file::write_whole;

use super::{exit, put, sync};

pub(super) fn export(lang: Lang, commune: &Commune, file: &Path) -> Result<ExitCode, Failure> {
    let exported = commune.export_queue()?;
    let unwritten = |source| Failure::File { file: file.to_owned(), source };
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
    Ok(sync::end(lang, &report))
}
