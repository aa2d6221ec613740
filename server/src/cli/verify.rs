//! `verify`: recounting everything.

use gom_domain::Lang;
use gom_terminal::put;

use super::Done;
use crate::folder::Folder;
use crate::wording::Trouble;

/// Recounts the books; any difference is a failure.
pub(super) fn verify(folder: &Folder, lang: Lang) -> Done {
    let mut books = folder.read().map_err(|trouble| vec![trouble])?;
    let damage = books.integrity().map_err(|error| vec![folder.trouble(&error)])?;
    if !damage.is_empty() {
        return Err(damage.into_iter().map(Trouble::Books).collect());
    }
    let verified = crate::verify::verify(&mut books).map_err(|error| vec![folder.trouble(&error)])?;
    let (submissions, standing, figures) = (verified.submissions, verified.standing, verified.figures);
    let (changes, commit) = (verified.changes, verified.commit);
    put(&match lang {
        Lang::Vi => format!(
            "Đã đếm lại {submissions} báo cáo ({standing} đang hiệu lực, {figures} số liệu) và {changes} thay đổi khác, đến lần ghi {commit}."
        ),
        Lang::En => format!(
            "Recounted {submissions} submissions ({standing} standing, {figures} figures) and {changes} other changes, up to commit {commit}."
        ),
    });
    if verified.differences.is_empty() {
        put(lang.pick("Mọi số tổng hợp đều khớp.", "Everything agrees."));
        return Ok(());
    }
    Err(verified.differences.into_iter().map(Trouble::Said).collect())
}
