//! Tables of units, so many at a time: a district's are on one page, a country's on many.

use std::ops::Range;

use gom_web::Visit;
use maud::{Markup, html};

use super::viewer::Viewer;

/// How many units a page shows.
pub(super) const UNITS: usize = 50;

/// The page that is asked for, from 1.
pub(super) fn page(visit: &Visit) -> usize {
    visit.asked("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1)
}

/// The places of what stands on a page.
pub(super) fn places(page: usize) -> Range<usize> {
    let from = (page - 1).saturating_mul(UNITS);
    from..from.saturating_add(UNITS)
}

/// What stands on a page.
pub(super) fn on_page<T>(all: &[T], page: usize) -> &[T] {
    all.chunks(UNITS).nth(page - 1).unwrap_or_default()
}

/// The ways to the pages before and after; nothing where there is but one.
pub(super) fn pager(viewer: &Viewer, page: usize, units: usize) -> Markup {
    let (lang, last) = (viewer.visit.lang, units.div_ceil(UNITS));
    let to = |page: usize| viewer.visit.with("page", &page.to_string());
    html! {
        @if last > 1 {
            p.noprint {
                @if page > 1 { a rel="prev" href=(to(page - 1)) { (lang.pick("← Trước", "← Before")) } " " }
                (lang.pick("Trang", "Page")) " " (page) "/" (last) " "
                @if page < last { a rel="next" href=(to(page + 1)) { (lang.pick("Sau →", "Next →")) } }
            }
        }
    }
}
