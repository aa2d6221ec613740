//! `gom backup` and `gom restore`.

use std::path::Path;
use std::process::ExitCode;

use crate::Failure;
use crate::backup::{self, Backup, Restored};
use gom_domain::world::World;
use gom_domain::{Lang, say};

use super::{exit, put};

pub(super) fn backup(lang: Lang, folder: &Path, file: &Path) -> Result<ExitCode, Failure> {
    let Backup { file, bytes, operations, queued, drafts } = backup::backup(folder, file)?;
    let (file, size) = (file.display(), bytes.div_ceil(1_000));
    put(
        lang,
        &say!(
            "{file}: {operations} báo cáo đã niêm phong ({queued} chờ gửi), {drafts} bản nháp, {size} kB; đã mở và kiểm tra.",
            "{file}: {operations} sealed reports ({queued} queued), {drafts} drafts, {size} kB; verified: opened and checked."
        ),
    );
    Ok(exit(true))
}

pub(super) fn restore(
    lang: Lang,
    folder: &Path,
    file: &Path,
    replace: bool,
    world: &World,
) -> Result<ExitCode, Failure> {
    let Restored { queued, drafts, aside } = backup::restore(folder, file, replace, world)?;
    put(
        lang,
        &say!(
            "Đã phục hồi: {queued} báo cáo chờ gửi, {drafts} bản nháp.",
            "Restored. Queued: {queued}. Drafts: {drafts}."
        ),
    );
    if let Some(aside) = aside {
        let aside = aside.display();
        put(lang, &say!("Dữ liệu trước đó còn nguyên ở {aside}.", "What was there is kept in {aside}."));
    }
    put(
        lang,
        &say!(
            "Hãy chạy gom sync: máy sẽ tải lại những gì huyện đã nhận sau bản sao lưu, và gửi những gì còn chờ.",
            "Run gom sync: what the district has had since the backup is fetched again, and what is queued is handed in."
        ),
    );
    Ok(exit(true))
}
