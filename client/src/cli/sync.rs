//! `gom sync`.

use std::process::ExitCode;

use crate::repair::Repaired;
use crate::sync::Refused;
use crate::{Commune, SyncError, SyncReport, wording};
use gom_domain::{Bilingual, Lang, say};

use super::submit::marked;
use super::{exit, put};

pub(super) async fn sync(lang: Lang, commune: &Commune) -> ExitCode {
    let mut report = SyncReport::default();
    let attempt = tokio::select! {
        attempt = commune.sync_into(&mut report) => Some(attempt),
        () = stopped() => None,
    };
    if matches!(attempt, Some(Ok(()))) || report.handed_in > 0 {
        put_came(lang, commune, &report);
    } else {
        put_report(lang, commune, &report);
    }
    let left = match attempt {
        Some(Ok(())) => left_open(&report),
        Some(Err(error)) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "the sync failed");
            Some(wording::sync_error(&error))
        }
        None => Some(say!(
            "đã dừng theo yêu cầu; những gì đã xếp hàng vẫn còn nguyên",
            "stopped as asked; everything queued is still there"
        )),
    };
    if let Some(text) = &left {
        gom_terminal::fail(lang, text.get(lang));
    }
    exit(left.is_none())
}

/// Says what has come of operations and what has come beside.
pub(super) fn put_came(lang: Lang, commune: &Commune, report: &SyncReport) {
    put_counts(lang, report);
    put_report(lang, commune, report);
}

/// Says what is still open, and ends so.
pub(super) fn end(lang: Lang, report: &SyncReport) -> ExitCode {
    let left = left_open(report);
    if let Some(text) = &left {
        gom_terminal::fail(lang, text.get(lang));
    }
    exit(left.is_none())
}

/// What is still open after an attempt that went through.
fn left_open(report: &SyncReport) -> Option<Bilingual> {
    let (waiting, unresolved) = (report.waiting, report.unresolved);
    match (waiting, unresolved) {
        (0, 0) => None,
        (0, _) => Some(say!(
            "{unresolved} báo cáo bị từ chối hoặc xung đột cần xử lý; xem gom status",
            "rejected or in conflict, to be resolved: {unresolved}; see gom status"
        )),
        _ => Some(say!(
            "{waiting} báo cáo huyện chưa trả lời; hãy đồng bộ lại sau",
            "not ruled on by the district yet: {waiting}; sync again later"
        )),
    }
}

fn put_counts(lang: Lang, report: &SyncReport) {
    let (sent, accepted, refused) = (report.handed_in, report.accepted, report.refused.len());
    put(
        lang,
        &say!(
            "Đã gửi {sent} báo cáo: {accepted} được nhận, {refused} bị từ chối hoặc xung đột.",
            "Handed in: {sent}. Accepted: {accepted}. Rejected or in conflict: {refused}."
        ),
    );
}

fn put_report(lang: Lang, commune: &Commune, report: &SyncReport) {
    if let Some(repaired) = &report.repaired {
        put(lang, &self::repaired(repaired));
    }
    if report.rebased {
        put(lang, &rebased());
    }
    if report.given_back > 0 {
        put(lang, &given_back());
    }
    for refused in &report.refused {
        put_refused(lang, commune, refused);
    }
    let filed = report.filed;
    if filed > 0 {
        put(
            lang,
            &say!(
                "Đã tải {filed} báo cáo do nơi khác nộp.",
                "Reports filed elsewhere that have come: {filed}."
            ),
        );
    }
    for version in &report.editions {
        put(lang, &say!("Đã tải chương trình, bản {version}.", "The programme has come, version {version}."));
    }
    let waits = commune.update_needed().unwrap_or_else(|failure| {
        tracing::warn!(
            error = &failure as &dyn std::error::Error,
            "nobody knows whether an update is needed"
        );
        false
    });
    if report.update_needed || waits {
        put(lang, &update_needed());
    }
}

/// What happened to a damaged database, and where it is.
fn repaired(repaired: &Repaired) -> Bilingual {
    let Repaired { aside, queued, drafts, unread, blind } = repaired;
    let aside = aside.display();
    let mut text = say!(
        "Dữ liệu trên máy bị hỏng: tệp hỏng được cất nguyên ở {aside}, dữ liệu mới được tải về từ huyện. Cứu được {queued} báo cáo chờ gửi và {drafts} bản nháp.",
        "The data on this computer was damaged: the damaged file is kept in {aside}, and new data comes from the district. Saved from it: queued reports {queued}, drafts {drafts}."
    );
    if *unread > 0 {
        text.vi
            .push_str(&format!(" Không đọc được {unread} báo cáo hoặc bản nháp; hãy đối chiếu và nhập lại."));
        text.en.push_str(&format!(
            " Reports or drafts that could not be read: {unread}; check and enter them again."
        ));
    }
    if *blind {
        text.vi.push_str(" Có thể còn thứ khác chưa gửi mà không đọc được; hãy đối chiếu với gom show.");
        text.en.push_str(
            " There may have been more that was not handed in and cannot be read; compare with gom show.",
        );
    }
    text
}

fn rebased() -> Bilingual {
    say!(
        "Thư mục này cũ hơn những gì huyện đã nhận từ máy này (phục hồi từ bản sao, hoặc có máy khác dùng chung danh tính). Những gì chưa gửi đã được xếp hàng lại, những gì huyện đã có được tải về khi đồng bộ; không mất gì.",
        "This folder was older than what the district has had from this computer (a restored copy, or another computer by the same name). What was not handed in is queued anew, and what the district has comes with a sync; nothing is lost."
    )
}

fn given_back() -> Bilingual {
    say!(
        "Huyện đã phục hồi từ bản sao cũ: máy này đã trả lại cho huyện những báo cáo mà huyện bị mất.",
        "The district goes on from an older backup: this computer has given back the reports that it had lost."
    )
}

fn put_refused(lang: Lang, commune: &Commune, refused: &Refused) {
    let text = wording::verdict(&refused.receipt);
    gom_terminal::put(&format!("  {} {}: {}", refused.form, refused.period, text.get(lang)));
    for remark in commune.remarks(refused).unwrap_or_default() {
        let at = if remark.element.is_empty() { String::new() } else { format!("{}: ", remark.element) };
        let text = Bilingual {
            vi: format!("  {at}{}", remark.text.get(Lang::Vi)),
            en: format!("  {at}{}", remark.text.get(Lang::En)),
        };
        put(lang, &marked(remark.level, &text));
    }
}

pub(super) fn update_needed() -> Bilingual {
    say!(
        "Huyện đã gửi nội dung mà phiên bản này chưa đọc được; hãy cập nhật phần mềm gom.",
        "Update needed: the district has sent something that this version cannot read."
    )
}

pub(super) async fn watch(lang: Lang, commune: &Commune) -> ExitCode {
    let mut before = String::new();
    let tell = |report: &SyncReport, failed: Option<&SyncError>| {
        if let Some(error) = failed {
            tracing::debug!(error = error as &dyn std::error::Error, "the sync failed");
        }
        let busy = report.handed_in > 0
            || report.filed > 0
            || !report.editions.is_empty()
            || report.rebased
            || report.repaired.is_some()
            || report.given_back > 0;
        let now = line(lang, report, failed);
        if busy || now != before {
            gom_terminal::put(&now);
            report.repaired.iter().for_each(|mended| put(lang, &repaired(mended)));
            report.refused.iter().for_each(|refused| put_refused(lang, commune, refused));
        }
        before = now;
    };
    commune.watch(stopped(), tell).await;
    put(lang, &say!("Đã dừng.", "Stopped."));
    exit(true)
}

/// How an attempt went, in one line.
fn line(lang: Lang, report: &SyncReport, failed: Option<&SyncError>) -> String {
    if let Some(error) = failed {
        return wording::sync_error(error).get(lang).to_owned();
    }
    let (sent, accepted) = (report.handed_in, report.accepted);
    let text = match (sent, left_open(report)) {
        (0, None) => say!("Đã kết nối; không còn gì chờ gửi.", "Connected; nothing is waiting to be sent."),
        (_, None) => {
            say!("Đã gửi {sent} báo cáo, {accepted} được nhận.", "Handed in: {sent}. Accepted: {accepted}.")
        }
        (_, Some(open)) => open,
    };
    text.get(lang).to_owned()
}

/// Ready when the program is asked to stop.
pub(super) async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            },
            Err(_) => _ = tokio::signal::ctrl_c().await,
        }
    }
    #[cfg(not(unix))]
    {
        _ = tokio::signal::ctrl_c().await;
    }
}
