//! A target's curve over the year, beside what is expected and the year before.

use gom_domain::progress::{Assembly, of_target};
use gom_domain::target::Comparator;
use gom_domain::{Lang, Period, Quantity};
use gom_web::chart::{Curve, curves};
use gom_web::table;
use maud::{Markup, html};

use super::Shown;
use crate::explain::Explanation;
use crate::memory::Memory;
use crate::show;

/// The year, month by month.
#[derive(Debug, Default)]
pub(super) struct Year {
    actual: Vec<Option<Quantity>>,
    pace: Vec<Option<Quantity>>,
    before: Vec<Option<Quantity>>,
}

impl Year {
    /// The figure at the end of each month, what is expected then, and what it was a year before.
    pub(super) fn of(memory: &Memory, explanation: &Explanation, as_of: Period) -> Self {
        let target = &explanation.target;
        let mut year = Self::default();
        if target.comparator.is_each() {
            return year;
        }
        let by_hand = memory.by_hand(as_of.year()).remove(&target.key);
        for month in (1..=12).filter_map(|month| Period::month(as_of.year(), month)) {
            let at = memory.view(month, |view| {
                let progress = of_target(view, target, by_hand.as_ref());
                // Where the fall is what counts, last year's level would stand beside this year's fall.
                let is_level = target.comparator != Comparator::FallsBy;
                let before = target.formula.as_ref().filter(|_| progress.expected > 0 && is_level);
                let before =
                    before.and_then(|formula| Assembly::new(view, target, formula).value(formula, true));
                (progress.actual, progress.expected_by_now, before)
            });
            let (actual, pace, before) = at.unwrap_or_default();
            year.actual.push(actual.filter(|_| month.last_month() <= as_of.last_month()));
            year.pace.push(pace);
            year.before.push(before);
        }
        year
    }
}

/// The curve, and the same as a table. Nothing where there is no figure yet.
pub(super) fn curve(shown: &Shown, lang: Lang) -> Markup {
    let (year, target) = (&shown.year, &shown.explanation.target);
    let has = |amounts: &[Option<Quantity>]| amounts.iter().flatten().count() > 0;
    if !has(&year.actual) {
        return html! {};
    }
    let (actual, pace) = (lang.pick("Thực hiện", "Actual"), lang.pick("Cần đến lúc đó", "Expected by then"));
    let before = lang.pick("Năm trước", "The year before");
    let text = match lang {
        Lang::Vi => format!("Lũy kế từng tháng của {}", target.label.get(lang)),
        Lang::En => format!("{} at the end of each month", target.label.get(lang)),
    };
    let lines = [
        Curve { class: "before", name: before, amounts: &year.before },
        Curve { class: "pace", name: pace, amounts: &year.pace },
        Curve { class: "actual", name: actual, amounts: &year.actual },
    ];
    html! {
        section {
        h2 { (lang.pick("Diễn biến trong năm", "Over the year")) }
        (curves(&lines, &text, |amount| format!("{} {}", amount.shown(2, lang), target.unit.get(lang))))
        p.legend {
            span { span.key {} (actual) }
            @if has(&year.pace) { span { span.key.pace {} (pace) } }
            @if has(&year.before) { span { span.key.before {} (before) } }
        }
        details #months {
            summary { (lang.pick("Xem bằng bảng", "As a table")) }
            (table(&text, &html! {
                thead { tr { th scope="col" { (lang.pick("Tháng", "Month")) } th.num scope="col" { (actual) } th.num scope="col" { (pace) } th.num scope="col" { (before) } } }
                tbody { @for month in 0..12 {
                    tr {
                        th scope="row" { (month + 1) }
                        @for amounts in [&year.actual, &year.pace, &year.before] { td.num { (show::amount(amounts.get(month).and_then(Option::as_ref), lang)) } }
                    }
                } }
            }))
        }
        }
    }
}
