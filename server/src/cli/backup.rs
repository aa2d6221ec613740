//! `backup` and `restore`.

use std::path::Path;

use gom_domain::Lang;
use gom_domain::calendar::vietnam_time;
use gom_domain::world::World;
use gom_terminal::{fail, put};

use super::Done;
use crate::backup::Backup;
use crate::backup::noted::{self, Noted};
use crate::folder::Folder;
use crate::restore::Restored;
use crate::wording::Trouble;
use crate::{backup as backups, restore as restoring};

/// Makes a verified backup, beside a server that goes on.
pub(super) fn backup(folder: &Folder, file: &Path, world: &World, lang: Lang) -> Done {
    let made = backups::backup(folder, file)?;
    put(&said(&made, lang));
    if noted::note(folder, &Noted::of(&made, world.now_ms(), false)).is_err() {
        // It is a backup all the same, and the folder's disk may be why it was made.
        let trouble = Trouble::NotNoted(folder.backups().display().to_string());
        fail(lang, trouble.message().get(lang));
    }
    Ok(())
}

fn said(made: &Backup, lang: Lang) -> String {
    let (file, entries, commit) =
        (made.file.display(), made.submissions + made.changes, made.commit.last_seq);
    let (submissions, size, at) = (made.submissions, size(made.bytes, lang), vietnam_time(made.commit.at_ms));
    match lang {
        Lang::Vi => format!(
            "{file}: {entries} mục ({submissions} báo cáo), đến lần ghi {commit} lúc {at}, {size}; đã mở và đếm lại, mọi số đều khớp."
        ),
        Lang::En => format!(
            "{file}: {entries} entries ({submissions} submissions), up to commit {commit} at {at}, {size}; verified: opened and recounted, everything agrees."
        ),
    }
}

/// A size that people can read.
pub(super) fn size(bytes: u64, lang: Lang) -> String {
    let tenths = bytes * 10 / 1_000_000;
    if tenths < 10 {
        return format!("{} kB", bytes.div_ceil(1_000));
    }
    format!("{}{}{} MB", tenths / 10, lang.pick(",", "."), tenths % 10)
}

/// Restores a backup and says what happens next.
pub(super) fn restore(folder: &Folder, file: &Path, replace: bool, world: &World, lang: Lang) -> Done {
    let restored = restoring::restore(folder, file, replace, world)?;
    put(&next(&restored, lang));
    Ok(())
}

fn next(restored: &Restored, lang: Lang) -> String {
    let (held, commit) = (restored.backup, restored.commit);
    let (last, at) = (held.commit.last_seq, vietnam_time(held.commit.at_ms));
    let mut lines = vec![match lang {
        Lang::Vi => format!(
            "Đã phục hồi sổ đến lần ghi {last} lúc {at} ({} báo cáo); lịch sử mới bắt đầu ở lần ghi {commit}.",
            held.submissions
        ),
        Lang::En => format!(
            "The books stand restored at commit {last} of {at} ({} submissions); a new history begins with commit {commit}.",
            held.submissions
        ),
    }];
    if let Some(aside) = &restored.aside {
        let aside = aside.display();
        lines.push(
            lang.pick(
                &format!("Sổ trước đó còn nguyên ở {aside}."),
                &format!("The books that were there are kept as {aside}."),
            )
            .to_owned(),
        );
    }
    lines.push(
        lang.pick(
            "Hãy chạy lại serve: ở lần đồng bộ kế tiếp, mỗi xã tự trả lại những báo cáo mà sổ bị mất. Những gì huyện tự ghi sau bản sao lưu (mã ghi danh, chương trình, chỉ tiêu đặt tay) cần ghi lại.\nNếu có thứ không bao giờ trở lại (máy hỏng hẳn), dùng gom-server go-on --note \"vì sao\" để sổ không chờ nữa.",
            "Serve again: at its next sync each commune gives back by itself what the books have lost. What the district itself committed after the backup (codes, programmes, targets set by hand) must be entered again.\nIf something will never come back (a computer that is gone), gom-server go-on --note \"why\" lets the books wait for it no longer.",
        )
        .to_owned(),
    );
    lines.join("\n")
}
