//! `gom verify-district`.

use std::process::ExitCode;

use gom_domain::calendar::vietnam_time;
use gom_domain::{Lang, say};

use super::{exit, put};
use crate::{Commune, Failure};

pub(super) async fn verify_district(lang: Lang, commune: &Commune) -> Result<ExitCode, Failure> {
    let found = commune.verify_district().await?;
    if let Some((first, last)) = found.held {
        let count = found.count;
        put(
            lang,
            &say!(
                "Sổ của huyện còn đúng như đã ký ở {count} mốc mà máy này giữ, từ lần ghi {first} đến lần ghi {last}.",
                "The district's journal is as it was signed, at the checkpoints kept here: {count}, from commit {first} to commit {last}."
            ),
        );
    }
    if found.held.is_none() && found.holds() && found.lost.is_empty() {
        put(
            lang,
            &say!(
                "Máy này chưa giữ mốc nào; hãy chạy gom sync trước.",
                "No checkpoint is kept here yet; run gom sync first."
            ),
        );
    }
    for (commit, told_ms) in &found.lost {
        let at = vietnam_time(*told_ms);
        put(
            lang,
            &say!(
                "Mốc lần ghi {commit} (nhận lúc {at}) thuộc phần sổ đã mất khi huyện phục hồi từ bản sao lưu.",
                "The checkpoint at commit {commit} (told at {at}) is of what was lost when the district went on from a backup."
            ),
        );
    }
    let mut wrong = Vec::new();
    if found.broken {
        wrong.push(say!(
            "sổ của huyện không khớp với chính nó; ở huyện hãy chạy gom-server verify",
            "the district's journal does not agree with itself; have gom-server verify run there"
        ));
    }
    if found.unproved {
        wrong.push(say!(
            "huyện không ký cho mốc cuối của sổ mình; hãy báo huyện",
            "the district does not sign for the end of its own journal; tell the district"
        ));
    }
    if found.another_history {
        wrong.push(say!(
            "sổ của huyện mang một tên khác mà máy này chưa được báo, như sau khi phục hồi; hãy chạy gom sync rồi kiểm tra lại",
            "the district's journal goes by a name that this computer has not been told of, as after a restore; run gom sync, then check again"
        ));
    }
    for (before, commit, told_ms) in &found.changed {
        let at = vietnam_time(*told_ms);
        wrong.push(say!(
            "sổ của huyện đã bị sửa, xóa hoặc đổi thứ tự sau lần ghi {before} và không sau lần ghi {commit} (mốc nhận lúc {at})",
            "the district's journal was changed, cut or reordered after commit {before} and not after commit {commit} (told at {at})"
        ));
    }
    for (commit, told_ms) in &found.missing {
        let at = vietnam_time(*told_ms);
        wrong.push(say!(
            "sổ của huyện kết thúc trước lần ghi {commit} mà huyện đã ký (mốc nhận lúc {at})",
            "the district's journal ends before commit {commit}, which it has signed (told at {at})"
        ));
    }
    for commit in &found.unsigned {
        wrong.push(say!(
            "mốc lần ghi {commit} không mang chữ ký của huyện",
            "the checkpoint at commit {commit} is not signed by the district"
        ));
    }
    wrong.iter().for_each(|text| gom_terminal::fail(lang, text.get(lang)));
    Ok(exit(wrong.is_empty()))
}
