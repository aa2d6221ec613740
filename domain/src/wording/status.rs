//! Words for statuses, comparators and frequencies.

use super::Bilingual;
use crate::period::Frequency;
use crate::progress::{Decided, Status};
use crate::say;
use crate::target::Comparator;

/// A status as people read it.
pub fn status(status: Status) -> Bilingual {
    match status {
        Status::Missed => say!("không đạt", "missed"),
        Status::Behind => say!("chậm", "behind"),
        Status::AtRisk => say!("có nguy cơ", "at risk"),
        Status::Pending => say!("chờ số liệu", "pending"),
        Status::NoData => say!("chưa có số liệu", "no data"),
        Status::OnTrack => say!("đúng tiến độ", "on track"),
        Status::Met => say!("đạt", "met"),
        Status::Manual => say!("huyện đánh giá", "by hand"),
        Status::NotDue => say!("chưa đến kỳ", "not due"),
        Status::NoTarget => say!("chưa có chỉ tiêu", "no target"),
    }
}

/// What is certain already, whatever is still missing.
pub fn decided(decided: Decided) -> Bilingual {
    match decided {
        Decided::Met => say!("chắc chắn đạt dù còn thiếu số liệu", "already met whatever is missing"),
        Decided::Missed => say!("không thể đạt được nữa", "can no longer be met"),
    }
}

/// A comparator as people read it, before its value.
pub fn comparator(comparator: Comparator) -> Bilingual {
    match comparator {
        Comparator::Guideline => say!("theo hướng dẫn", "guideline"),
        Comparator::Reference => say!("tham chiếu", "reference"),
        Comparator::AtLeast => say!("≥", "≥"),
        Comparator::AtMost => say!("≤", "≤"),
        Comparator::Equal => say!("=", "="),
        Comparator::Range => say!("từ", "from"),
        Comparator::FallsBy => say!("giảm ≥", "falls by ≥"),
        Comparator::Falls => say!("giảm", "falls"),
        Comparator::Rises => say!("tăng", "rises"),
        Comparator::Achieved => say!("đạt chuẩn", "achieved"),
        Comparator::EachAbove => say!("mỗi đơn vị >", "each >"),
        Comparator::EachAtLeast => say!("mỗi đơn vị ≥", "each ≥"),
    }
}

/// How often a form is due, as people say it.
pub fn frequency(frequency: Frequency) -> Bilingual {
    match frequency {
        Frequency::Month => say!("hằng tháng", "monthly"),
        Frequency::Quarter => say!("hằng quý", "quarterly"),
        Frequency::Half => say!("6 tháng một lần", "half-yearly"),
        Frequency::Year => say!("mỗi năm một lần", "yearly"),
    }
}
