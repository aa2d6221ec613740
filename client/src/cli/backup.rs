//! `gom backup` and `gom restore`.

use std::path::Path;
use std::process::ExitCode;

use crate::Failure;
use crate::backup::{self, Aside, Backup, Restored};
use gom_domain::world::World;
use gom_domain::{Bilingual, Lang, say};

use super::{exit, put};

pub(super) fn backup(lang: Lang, folder: &Path, file: &Path) -> Result<ExitCode, Failure> {
    let Backup { file, unit, bytes, operations, queued, drafts } = backup::backup(folder, file)?;
    let (file, size) = (file.display(), bytes.div_ceil(1_000));
    put(
        lang,
        &say!(
            "{file}: đơn vị {unit}, {operations} báo cáo đã niêm phong ({queued} chờ gửi), {drafts} bản nháp, {size} kB; đã mở và kiểm tra.",
            "{file}: unit {unit}, {operations} sealed reports ({queued} queued), {drafts} drafts, {size} kB; verified: opened and checked."
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
    let Restored { unit, queued, drafts, aside } = backup::restore(folder, file, replace, world)?;
    put(
        lang,
        &say!(
            "Đã phục hồi đơn vị {unit}: {queued} báo cáo chờ gửi, {drafts} bản nháp.",
            "Restored the unit {unit}. Queued: {queued}. Drafts: {drafts}."
        ),
    );
    if let Some(aside) = aside {
        put(lang, &set_aside(&aside));
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

/// Where the data is that was there, and what of it nobody else has.
fn set_aside(aside: &Aside) -> Bilingual {
    let folder = aside.folder.display();
    match aside.open {
        Some((queued, drafts)) if queued + drafts > 0 => say!(
            "Dữ liệu trước đó còn nguyên ở {folder}, trong đó có {queued} báo cáo chờ gửi và {drafts} bản nháp: chúng KHÔNG còn chờ ở đây nữa. Muốn trở lại với chúng: gom restore --replace {folder}/gom.db",
            "What was there is kept in {folder}, with queued reports: {queued}, and drafts: {drafts}. They do NOT wait here any more. To go back to them: gom restore --replace {folder}/gom.db"
        ),
        _ => say!("Dữ liệu trước đó còn nguyên ở {folder}.", "What was there is kept in {folder}."),
    }
}
