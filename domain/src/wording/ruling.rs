//! Words for findings and rejections.

use super::{Bilingual, figure_fault};
use crate::examine::{Finding, Matter};
use crate::ruling::RejectionCode;
use crate::say;

/// What was found, with its numbers.
pub fn finding(finding: &Finding) -> Bilingual {
    match &finding.matter {
        Matter::Figure(fault) => figure_fault(fault),
        Matter::NotForUnit => say!(
            "chỉ tiêu này không dành cho đơn vị; hãy để trống",
            "the element is not this unit's; leave it blank"
        ),
        Matter::AboveWhole(whole) => say!("lớn hơn tổng «{whole}»", "above its whole “{whole}”"),
        Matter::Rule { message, numbers, .. } if numbers.vi.is_empty() => message.clone(),
        Matter::Rule { message, numbers, .. } => Bilingual {
            vi: format!("{} ({})", message.get(super::Lang::Vi), numbers.vi),
            en: format!("{} ({})", message.get(super::Lang::En), numbers.en),
        },
        Matter::Future => say!(
            "kỳ này chưa bắt đầu theo đồng hồ máy; kiểm tra ngày giờ của máy",
            "the period has not begun by this computer's clock; check its date"
        ),
    }
}

/// What a rejection means and what to do.
pub fn rejection(code: RejectionCode) -> Bilingual {
    match code {
        RejectionCode::Unreadable => say!(
            "huyện không đọc được báo cáo; số liệu vẫn còn ở máy này, hãy nộp lại",
            "the district cannot read the report; its figures are still here, hand it in again"
        ),
        RejectionCode::UnknownForm => {
            say!("chương trình không có biểu này", "the programme has no such form")
        }
        RejectionCode::NotForUnit => say!("biểu này không dành cho đơn vị", "the form is not for this unit"),
        RejectionCode::WrongPeriod => {
            say!("kỳ báo cáo không đúng với biểu", "the period is not one of the form's")
        }
        RejectionCode::UnitNotThere => {
            say!("đơn vị không tồn tại vào cuối kỳ này", "the unit does not exist at the end of the period")
        }
        RejectionCode::Future => say!(
            "kỳ này chưa bắt đầu theo đồng hồ của huyện; hãy nộp lại khi đến kỳ",
            "the period has not begun by the district's clock; hand it in again when it has"
        ),
        RejectionCode::Figures => say!(
            "số liệu có lỗi; sửa các ô bên dưới rồi nộp lại",
            "figures are wrong; correct the cells below and hand it in again"
        ),
        RejectionCode::Misfit => say!(
            "số liệu không khớp với danh sách chỉ tiêu của biểu; hãy đồng bộ rồi nộp lại",
            "the figures do not fit the form's elements; sync, then hand it in again"
        ),
        RejectionCode::IdReused => say!(
            "mã báo cáo đã dùng cho nội dung khác; hãy nộp lại",
            "the report's id was used for other content; hand it in again"
        ),
        RejectionCode::JudgingFailed => say!(
            "huyện gặp lỗi khi xét báo cáo; hãy báo người quản trị rồi nộp lại",
            "the district failed to judge the report; tell its administrator, then hand it in again"
        ),
    }
}
