//! Words for findings and rejections.

use super::{Bilingual, Lang, figure_fault};
use crate::element::{Element, Value};
use crate::examine::{Check, Finding};
use crate::formula::{Term, Writing};
use crate::programme::Programme;
use crate::rule::{Level, Rule};
use crate::ruling::RejectionCode;
use crate::say;

/// A finding in words, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How much it weighs.
    pub level: Level,
    /// The key of the element it is about; empty for the form as a whole.
    pub element: String,
    /// What was found, with its numbers.
    pub text: Bilingual,
}

/// A finding in words. The programme is of the version that the form follows.
pub fn remark(programme: &Programme, finding: &Finding) -> Remark {
    let element = finding.element.and_then(|ix| programme.elements.get(ix.get()));
    Remark {
        level: finding.level,
        element: element.map_or_else(String::new, |element| element.key.clone()),
        text: self::finding(programme, finding),
    }
}

/// What was found, with its numbers.
pub fn finding(programme: &Programme, finding: &Finding) -> Bilingual {
    let element = finding.element.and_then(|ix| programme.elements.get(ix.get()));
    match finding.check {
        Check::Limits => limit(element, finding.figures.first().copied().flatten()),
        Check::NotForUnit => say!(
            "chỉ tiêu này không dành cho đơn vị; hãy để trống",
            "the element is not this unit's; leave it blank"
        ),
        Check::PartOf => {
            let whole = element.and_then(|element| element.part_of).map(|whole| programme.element(whole));
            let whole = |lang| whole.map_or("", |whole| whole.label.get(lang));
            let (vi, en) = (whole(Lang::Vi), whole(Lang::En));
            say!("lớn hơn tổng «{vi}»", "above its whole “{en}”")
        }
        Check::Future => say!(
            "kỳ này chưa bắt đầu theo đồng hồ máy; kiểm tra ngày giờ của máy",
            "the period has not begun by this computer's clock; check its date"
        ),
        Check::Rule(row) => match programme.rule_of(row, finding.element) {
            Some(rule) => broken(programme, rule, &finding.figures),
            None => unknown(),
        },
        Check::Unknown(_) => unknown(),
    }
}

fn unknown() -> Bilingual {
    say!(
        "một kiểm tra mà phiên bản này chưa biết; hãy cập nhật phần mềm",
        "a check that this version does not know; update the program"
    )
}

fn limit(element: Option<&Element>, figure: Option<Value>) -> Bilingual {
    let fault = element.zip(figure).and_then(|(element, figure)| element.check(figure).err());
    fault.as_ref().map_or_else(unknown, figure_fault)
}

/// A rule's message, and its condition with the numbers put in where there are any.
fn broken(programme: &Programme, rule: &Rule, figures: &[Option<Value>]) -> Bilingual {
    if figures.iter().all(Option::is_none) {
        return rule.message.clone();
    }
    let terms = rule.condition.terms();
    let figure = |term: Term| {
        let place = terms.iter().position(|own| *own == term)?;
        figures.get(place).copied().flatten()
    };
    let text = |lang| {
        let name = |term| written(programme, term, figure(term), lang);
        let condition = Writing::Prose(lang).condition(&rule.condition, &name);
        format!("{} ({condition})", rule.message.get(lang))
    };
    Bilingual { vi: text(Lang::Vi), en: text(Lang::En) }
}

/// A term as people say it, with its number.
fn written(programme: &Programme, term: Term, figure: Option<Value>, lang: Lang) -> String {
    let name = super::term(programme, term);
    match figure {
        Some(value) => format!("{} [{}]", name.get(lang), programme.element(term.element).shown(value, lang)),
        None => name.get(lang).to_owned(),
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
