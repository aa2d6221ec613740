//! Words for states, verdicts, and time left.

use gom_domain::ruling::{Receipt, Verdict};
use gom_domain::{Bilingual, say};

use crate::history::Origin;
use crate::show::CellState;

/// Clocks that differ by less are taken to agree.
const AGREED_MS: i64 = 2 * 60_000;

/// How a form and period stands.
pub fn state(state: CellState) -> Bilingual {
    match state {
        CellState::Draft => say!("đang nhập (nháp)", "being filled in (draft)"),
        CellState::Queued => say!("chờ gửi", "queued"),
        CellState::Rejected => say!("bị huyện từ chối", "rejected by the district"),
        CellState::Conflict => {
            say!("xung đột với bản đang có hiệu lực", "in conflict with the version that stands")
        }
        CellState::Accepted(revision) => {
            say!("huyện đã nhận, lần {revision}", "accepted, revision {revision}")
        }
        CellState::District(revision) => {
            say!("huyện nhập thay, lần {revision}", "entered by the district, revision {revision}")
        }
        CellState::Blank => say!("chưa có số liệu", "nothing yet"),
    }
}

/// The same in a word, where twelve of them stand in a row.
pub fn mark(state: CellState) -> Bilingual {
    match state {
        CellState::Draft => say!("nháp", "draft"),
        CellState::Queued => say!("chờ", "queued"),
        CellState::Rejected => say!("từ chối", "rejected"),
        CellState::Conflict => say!("xung đột", "conflict"),
        CellState::Accepted(revision) => say!("nhận {revision}", "rev {revision}"),
        CellState::District(revision) => say!("huyện {revision}", "district {revision}"),
        CellState::Blank => say!("–", "–"),
    }
}

/// What the words of [`mark`] mean.
pub fn marks() -> Bilingual {
    say!(
        "nháp: đang nhập · chờ: chưa gửi · nhận n: huyện đã nhận, lần n · huyện n: huyện nhập thay, lần n · từ chối, xung đột: cần xử lý",
        "draft: being filled in · queued: not sent yet · rev n: accepted, revision n · district n: entered by the district · rejected, conflict: need you"
    )
}

/// What the district said, in a few words.
pub fn verdict(receipt: &Receipt) -> Bilingual {
    match &receipt.ruling.verdict {
        Verdict::Accepted { .. } => say!("được nhận", "accepted"),
        Verdict::Conflict { current: 0 } => {
            say!("xung đột: không còn bản nào có hiệu lực", "conflict: nothing stands any more")
        }
        Verdict::Conflict { current } => {
            say!("xung đột: bản lần {current} đang có hiệu lực", "conflict: revision {current} stands")
        }
        Verdict::Rejected(rejection) => {
            let (code, text) = (&rejection.code, &rejection.text);
            let (vi, en) = (text.get(gom_domain::Lang::Vi), text.get(gom_domain::Lang::En));
            say!("bị từ chối {code}: {vi}", "rejected {code}: {en}")
        }
    }
}

/// Who handed a report in.
pub fn origin(origin: Origin) -> Bilingual {
    match origin {
        Origin::Own(sequence) => say!("máy này, số {sequence}", "this device, number {sequence}"),
        Origin::OtherDevice => say!("máy khác của đơn vị", "another device of the unit"),
        Origin::District => say!("huyện nhập thay", "the district, on the unit's behalf"),
    }
}

/// How many days are left.
pub fn days_left(days: i32) -> Bilingual {
    let late = days.unsigned_abs();
    match days {
        0 => say!("hạn hôm nay", "due today"),
        1 => say!("còn 1 ngày", "1 day left"),
        2.. => say!("còn {days} ngày", "{days} days left"),
        -1 => say!("quá hạn 1 ngày", "1 day late"),
        _ => say!("quá hạn {late} ngày", "{late} days late"),
    }
}

/// How many days there are to a period's closing.
pub fn days_to_closing(days: i32) -> Bilingual {
    match days {
        ..0 => say!("kỳ đã hết", "it is over"),
        0 => say!("chốt hôm nay", "closes today"),
        1 => say!("còn 1 ngày", "1 day to go"),
        2.. => say!("còn {days} ngày", "{days} days to go"),
    }
}

/// How far this computer's clock is from the district's, where that matters.
pub fn skew(skew_ms: i64) -> Option<Bilingual> {
    let minutes = skew_ms.unsigned_abs() / 60_000;
    let by = match minutes / 1_440 {
        0 => say!("{minutes} phút", "{minutes} minutes"),
        1 => say!("1 ngày", "1 day"),
        days => say!("{days} ngày", "{days} days"),
    };
    let Bilingual { vi, en } = by;
    match skew_ms {
        _ if skew_ms.unsigned_abs() < AGREED_MS.unsigned_abs() => None,
        1.. => Some(say!(
            "đồng hồ máy này chậm hơn huyện {vi}; hãy chỉnh lại ngày giờ",
            "this computer's clock is {en} behind the district's; set it right"
        )),
        _ => Some(say!(
            "đồng hồ máy này nhanh hơn huyện {vi}; hãy chỉnh lại ngày giờ",
            "this computer's clock is {en} ahead of the district's; set it right"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_in_words() {
        let closing: Vec<String> = [3, 1, 0, -1].into_iter().map(|days| days_to_closing(days).vi).collect();
        assert_eq!(closing, ["còn 3 ngày", "còn 1 ngày", "chốt hôm nay", "kỳ đã hết"]);
        let words: Vec<String> = [3, 1, 0, -1, -12].into_iter().map(|days| days_left(days).vi).collect();
        assert_eq!(words, ["còn 3 ngày", "còn 1 ngày", "hạn hôm nay", "quá hạn 1 ngày", "quá hạn 12 ngày"]);
    }

    #[test]
    fn only_a_clock_that_is_clearly_wrong_is_told() {
        assert_eq!(skew(90_000), None);
        assert_eq!(
            skew(3_600_000).unwrap().en,
            "this computer's clock is 60 minutes behind the district's; set it right"
        );
        assert!(skew(-3_600_000).unwrap().vi.contains("nhanh hơn"));
    }
}
