//! The client's own messages, in both languages, in one place.
//!
//! Every message is one arm of an exhaustive `match`, so a variant without its words does not compile. A failure says
//! what is wrong, where, and what to do.

mod fault;
mod line;
mod state;

pub use fault::{failure, folder_fault, mistake, obstacle, store_fault};
pub use line::{line_fault, sync_error};
pub use state::{days_left, days_to_closing, mark, marks, origin, skew, state, verdict};

use gom_domain::examine::Finding;
use gom_domain::{Bilingual, say, wording};

use crate::programme::Place;

/// A finding beside the label and key of the element it is about.
pub fn finding(place: &Place, finding: &Finding) -> Bilingual {
    let text = wording::finding(place.programme(), finding);
    match finding.element.map(|ix| place.programme().element(ix)) {
        None => text,
        Some(element) => {
            let (key, label) = (&element.key, &element.label);
            let (vi, en) = (label.get(gom_domain::Lang::Vi), label.get(gom_domain::Lang::En));
            Bilingual { vi: format!("{vi} ({key}): {}", text.vi), en: format!("{en} ({key}): {}", text.en) }
        }
    }
}

/// What to do about warnings that no note has answered.
pub fn answer_warnings() -> Bilingual {
    say!(
        "kiểm tra lại các cảnh báo; nếu số liệu đúng, lần sau ghi giải trình bằng --note",
        "check the warnings; where the figures are right, explain them with --note next time"
    )
}
