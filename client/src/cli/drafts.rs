//! `gom import` and `gom set`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::{Commune, Failure, wording};
use gom_domain::sheet::LARGEST_MB;
use gom_domain::{Lang, say};

use super::{exit, put};

pub(super) fn import(lang: Lang, commune: &Commune, file: &Path) -> Result<ExitCode, Failure> {
    let bytes = match read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            let file = PathBuf::from(file);
            let file = file.display();
            let text = say!("không đọc được tệp {file}: {error}", "the file {file} cannot be read: {error}");
            gom_terminal::fail(lang, text.get(lang));
            return Ok(exit(false));
        }
    };
    let imported = commune.import(&bytes)?;
    let (drafts, figures, others) = (imported.drafts.len(), imported.figures, imported.others);
    let same = imported.same;
    if figures > 0 || same == 0 {
        put(
            lang,
            &say!(
                "Đã nhập {figures} số liệu vào {drafts} bản nháp.",
                "Figures imported: {figures}; drafts: {drafts}."
            ),
        );
        for (form, period) in &imported.drafts {
            gom_terminal::put(&format!("  {form} {period}"));
        }
    }
    if same > 0 {
        put(lang, &say!("{same} số liệu đã có sẵn như vậy.", "Figures that were the same already: {same}."));
    }
    let unchanged = imported.unchanged.len();
    if unchanged > 0 {
        put(
            lang,
            &say!(
                "{unchanged} biểu có số liệu giống hệt bản đã có, không tạo bản nháp.",
                "Forms with the figures that are there already, which made no draft: {unchanged}."
            ),
        );
    }
    if others > 0 {
        put(
            lang,
            &say!(
                "Bỏ qua {others} dòng của đơn vị khác.",
                "Lines of other units that were left out: {others}."
            ),
        );
    }
    Ok(exit(true))
}

/// The file's bytes, or those of stdin; a little more than the largest sheet at most, which is refused as too big.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let most = (LARGEST_MB as u64 + 1) * 1024 * 1024;
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

pub(super) fn set(
    lang: Lang,
    commune: &Commune,
    form: &str,
    period: &str,
    entries: &[String],
) -> Result<ExitCode, Failure> {
    let entered = commune.enter(form, period, entries)?;
    if entered.is_emptied {
        put(
            lang,
            &say!(
                "Bản nháp trống, đã xóa: {form} {period}.",
                "The draft was empty and is gone: {form} {period}."
            ),
        );
        return Ok(exit(true));
    }
    if !entered.is_draft {
        put(
            lang,
            &say!(
                "Số liệu giống hệt bản đã có; không có bản nháp {form} {period}.",
                "The figures are those that are there already; there is no draft of {form} {period}."
            ),
        );
        return Ok(exit(true));
    }
    put(lang, &say!("Đã lưu bản nháp {form} {period}.", "The draft of {form} {period} is saved."));
    let left_out = entered.left_out;
    if left_out > 0 {
        put(
            lang,
            &say!(
                "Biểu này đang xung đột: bản nháp lập từ bản đang có hiệu lực, {left_out} ô khác của bản máy này không có trong đó. Lấy cả: gom resolve {form} {period} --keep mine",
                "This form is in conflict: the draft starts from what stands, and {left_out} other cells of this device's version are not in it. To take them too: gom resolve {form} {period} --keep mine"
            ),
        );
    }
    for finding in &entered.findings {
        put(lang, &super::submit::marked(finding.level, &wording::finding(&entered.place, finding)));
    }
    Ok(exit(true))
}
