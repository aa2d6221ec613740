//! `gom submit`.

use std::process::ExitCode;

use crate::outbox::{Blocked, Obstacle, Sealed};
use crate::{Commune, Failure, Which, wording};
use gom_domain::greeting::shown_fingerprint;
use gom_domain::rule::Level;
use gom_domain::{Bilingual, Lang, say};

use super::{exit, put};

pub(super) fn submit(
    lang: Lang,
    commune: &Commune,
    which: &Which,
    note: Option<&str>,
) -> Result<ExitCode, Failure> {
    let submitted = commune.submit(which, note)?;
    if submitted.sealed.is_empty() && submitted.blocked.is_empty() {
        put(lang, &say!("Không có bản nháp nào để nộp.", "There is no draft to hand in."));
        return Ok(exit(true));
    }
    for sealed in &submitted.sealed {
        put_sealed(lang, sealed);
    }
    if submitted.sealed.iter().any(|sealed| sealed.unanswered > 0) {
        gom_terminal::tell(wording::answer_warnings().get(lang));
    }
    for blocked in &submitted.blocked {
        tell_blocked(lang, blocked);
    }
    let (sealed, blocked) = (submitted.sealed.len(), submitted.blocked.len());
    if sealed > 0 {
        put(
            lang,
            &say!(
                "Đã xếp hàng {sealed} báo cáo; gửi bằng gom sync.",
                "Queued: {sealed}. Send with gom sync."
            ),
        );
        if commune.officer()?.is_empty() {
            gom_terminal::tell(
                say!(
                    "Báo cáo chưa mang tên người nộp; ghi một lần: gom name \"Họ và tên\".",
                    "The reports bear no name; say it once: gom name \"FULL NAME\"."
                )
                .get(lang),
            );
        }
    }
    if blocked > 0 {
        let text = say!(
            "{blocked} bản nháp có lỗi và chưa được nộp; hãy sửa rồi nộp lại",
            "not handed in because of errors: {blocked}; correct the drafts and hand them in again"
        );
        gom_terminal::fail(lang, text.get(lang));
    }
    Ok(exit(submitted.blocked.is_empty()))
}

/// Says that it must be said which drafts are meant.
pub(super) fn which(lang: Lang) -> ExitCode {
    let text = say!(
        "chưa rõ nộp gì; viết gom submit --all để nộp mọi bản nháp, hoặc gom submit BIỂU KỲ",
        "which drafts? write gom submit --all for every draft, or gom submit FORM PERIOD"
    );
    gom_terminal::fail(lang, text.get(lang));
    ExitCode::from(2)
}

fn put_sealed(lang: Lang, sealed: &Sealed) {
    let (form, period, sequence) = (sealed.place.key(), sealed.place.period, sealed.sequence);
    let fingerprint = shown_fingerprint(&sealed.fingerprint);
    put(
        lang,
        &say!(
            "{form} {period}: đã xếp hàng, số {sequence}, dấu {fingerprint}",
            "{form} {period}: queued, number {sequence}, fingerprint {fingerprint}"
        ),
    );
    for warning in &sealed.warnings {
        put(lang, &marked(warning.level, &wording::finding(&sealed.place, warning)));
    }
}

fn tell_blocked(lang: Lang, blocked: &Blocked) {
    gom_terminal::tell(&format!("{} {}:", blocked.form, blocked.period));
    let levels: Vec<Level> = match &blocked.why {
        Obstacle::Findings(_, findings) => findings.iter().map(|finding| finding.level).collect(),
        Obstacle::NoPlace(_) => vec![Level::Error],
    };
    for (level, text) in levels.into_iter().zip(wording::obstacle(&blocked.why)) {
        gom_terminal::tell(marked(level, &text).get(lang));
    }
}

/// A finding's line with its weight in front.
pub(super) fn marked(level: Level, text: &Bilingual) -> Bilingual {
    let (vi, en) = (text.get(Lang::Vi), text.get(Lang::En));
    match level {
        Level::Error => say!("  lỗi: {vi}", "  error: {en}"),
        Level::Warning => say!("  cảnh báo: {vi}", "  warning: {en}"),
    }
}
