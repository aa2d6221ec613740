//! What a formula speaks of, as people say it.

use crate::formula::{Aspect, Term};
use crate::programme::Programme;
use crate::wording::{Bilingual, Lang};

/// A term as people say it: the element's label, and what of it is asked.
pub fn term(programme: &Programme, term: Term) -> Bilingual {
    let label = |lang| programme.element(term.element).label.get(lang);
    Bilingual {
        vi: format!("«{}»{}", label(Lang::Vi), said(term.aspect, Lang::Vi)),
        en: format!("“{}”{}", label(Lang::En), said(term.aspect, Lang::En)),
    }
}

fn said(aspect: Aspect, lang: Lang) -> &'static str {
    match aspect {
        Aspect::Now => "",
        Aspect::Prev => lang.pick(" cùng kỳ năm trước", " a year before"),
        Aspect::Quota => lang.pick(" chỉ tiêu giao", " as allotted"),
        Aspect::Kept => lang.pick(" giữ được từ năm trước", " kept from last year"),
        Aspect::Last => lang.pick(" kỳ trước", " in the period before"),
        Aspect::Total => lang.pick(" lũy kế từ đầu năm", " since the year began"),
    }
}
