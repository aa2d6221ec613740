//! The units of a target: each one's part as a row with a bar, and where they lie on a map.

use gom_domain::element::Kind;
use gom_domain::formula::Term;
use gom_domain::target::{Comparator, Pace};
use gom_domain::unit::UnitIx;
use gom_domain::{Lang, Period, Quantity, wording};
use gom_web::chart::{Bullet, Spot, bullet, map, sign};
use gom_web::{cards, escaped};
use maud::{Markup, html};

use super::super::pager::{UNITS, on_page, pager};
use super::super::viewer::Viewer;
use super::Shown;
use crate::explain::{Explanation, UnitPart};
use crate::share::{Measure, Share, Standing};
use crate::show;

fn address(explanation: &Explanation, unit: UnitIx, as_of: Period) -> String {
    format!("/units/{}?as_of={as_of}", escaped(explanation.programme.unit(unit).id.as_str()))
}

/// Which columns the table has, beside those of every target.
struct Columns<'a> {
    explanation: &'a Explanation,
    terms: Vec<String>,
    /// What the unit's own outcome is called, where it is none of the terms.
    own: Option<&'a str>,
    /// Whether there are quotas.
    quota: bool,
    /// Whether less than the whole is expected by now.
    by_now: bool,
    /// Whether there are amounts to be drawn.
    chart: bool,
    most: Quantity,
}

impl<'a> Columns<'a> {
    fn of(shown: &'a Shown, lang: Lang) -> Self {
        let (explanation, shares) = (&shown.explanation, &shown.shares);
        let terms = explanation.terms.iter().map(|(term, _)| label(explanation, *term, lang)).collect();
        let flags = |(term, _): &(Term, _)| explanation.programme.element(term.element).kind == Kind::Flag;
        let amounts = shares.units.iter().flat_map(|share| [&share.own, &share.whole]).flatten();
        let has_own = shares.units.iter().any(|share| share.own.is_some());
        let quota = shares.measure == Measure::Quota;
        Self {
            explanation,
            terms,
            own: (explanation.terms.len() > 1 && has_own).then(|| explanation.target.unit.get(lang)),
            quota,
            by_now: shares.measure != Measure::None && explanation.target.pace == Pace::Linear,
            chart: has_own && !explanation.terms.iter().all(flags),
            most: amounts.max().cloned().unwrap_or_else(Quantity::zero),
        }
    }
}

/// What a term is called at the head of a column.
fn label(explanation: &Explanation, term: Term, lang: Lang) -> String {
    wording::term(&explanation.programme, term).get(lang).replace(['«', '»', '“', '”'], "")
}

/// Each unit's part; against what it is to reach where there is such a thing.
pub(super) fn parts(viewer: &Viewer, shown: &Shown, as_of: Period) -> Markup {
    let lang = viewer.visit.lang;
    let columns = Columns::of(shown, lang);
    if shown.explanation.units.is_empty() {
        return html! {};
    }
    let caption = lang.pick("Phần của từng đơn vị", "Each unit's part");
    let (parts, shares) = (&shown.explanation.units, &shown.shares.units);
    let rows = on_page(parts, shown.page).iter().zip(on_page(shares, shown.page));
    html! {
        h2 { (caption) }
        (cards(caption, &html! {
            (head(&columns, lang))
            tbody { @for (part, share) in rows { (row(&columns, part, share, as_of, lang)) } }
        }))
        (pager(viewer, shown.page, parts.len()))
        @if columns.chart { p.quiet { (key(&columns, shown.shares.measure, lang)) } }
    }
}

fn head(columns: &Columns<'_>, lang: Lang) -> Markup {
    html! {
        thead { tr {
            th scope="col" { (lang.pick("Đơn vị", "Unit")) }
            @for term in &columns.terms { th.num scope="col" { (term) } }
            @if let Some(own) = columns.own { th.num scope="col" { (lang.pick("Riêng đơn vị", "The unit alone")) ", " (own) } }
            @if columns.by_now { th.num scope="col" { (by_now(lang)) } }
            @if columns.quota { th.num scope="col" { (quota(lang)) } th.num scope="col" { (of_quota(lang)) } }
            @if columns.chart { th scope="col" { (lang.pick("Biểu đồ", "Chart")) } }
            th scope="col" { (lang.pick("Số liệu", "Figures")) }
        } }
    }
}

fn by_now(lang: Lang) -> &'static str {
    lang.pick("Cần đến nay", "Expected by now")
}

fn quota(lang: Lang) -> &'static str {
    lang.pick("Chỉ tiêu giao", "Quota")
}

fn of_quota(lang: Lang) -> &'static str {
    lang.pick("% chỉ tiêu", "% of quota")
}

fn row(columns: &Columns<'_>, part: &UnitPart, share: &Share, as_of: Period, lang: Lang) -> Markup {
    let (explanation, name) = (columns.explanation, show::unit(&columns.explanation.programme, part.unit));
    let terms = explanation.terms.iter().zip(&columns.terms).zip(&part.values);
    html! {
        tr {
            th scope="row" { a href=(address(explanation, part.unit, as_of)) { (name) } }
            @for (((term, _), label), value) in terms {
                @let element = explanation.programme.element(term.element);
                td.num data-head=(label) { (value.map_or_else(|| "–".to_owned(), |value| element.shown(value, lang))) }
            }
            @if let Some(own) = columns.own { td.num data-head=(own) { (show::amount(share.own.as_ref(), lang)) } }
            @if columns.by_now { td.num data-head=(by_now(lang)) { (show::amount(share.by_now.as_ref(), lang)) } }
            @if columns.quota {
                td.num data-head=(quota(lang)) { (show::amount(share.whole.as_ref(), lang)) }
                td.num data-head=(of_quota(lang)) { (show::percent(share.own.as_ref(), share.whole.as_ref(), lang)) }
            }
            @if columns.chart { td.chart { (drawn(columns, share, &format!("{name}: {}", said(share, lang)))) } }
            td { (reported(part, lang)) }
        }
    }
}

fn drawn(columns: &Columns<'_>, share: &Share, text: &str) -> Markup {
    let colour = match share.standing {
        Standing::Short => "bad",
        Standing::Missing => "dim",
        Standing::Enough | Standing::Open => "bar",
    };
    bullet(Bullet {
        actual: share.own.as_ref(),
        expected: share.by_now.as_ref().filter(|_| columns.by_now),
        aim: share.whole.as_ref(),
        most: Some(&columns.most),
        shade: colour,
        text,
    })
}

/// What the signs of the bars mean.
fn key(columns: &Columns<'_>, measure: Measure, lang: Lang) -> String {
    let bar = match measure {
        Measure::Aim => lang.pick("Thanh: riêng đơn vị", "Bar: the unit alone"),
        Measure::Quota | Measure::None => lang.pick("Thanh: phần của đơn vị", "Bar: the unit's part"),
    };
    let grey = lang.pick("xám: thiếu số liệu", "grey: figures are missing");
    if measure == Measure::None {
        return format!("{bar} ({grey}).");
    }
    let is_least = columns.explanation.target.comparator != Comparator::AtMost;
    let red = match (is_least, columns.by_now) {
        (true, true) => lang.pick("đỏ: dưới mức cần đến nay", "red: below what is expected by now"),
        (true, false) => lang.pick("đỏ: chưa đạt", "red: short"),
        (false, true) => lang.pick("đỏ: trên mức cho phép đến nay", "red: above what is allowed by now"),
        (false, false) => lang.pick("đỏ: vượt mức cho phép", "red: above what is allowed"),
    };
    let tick = lang.pick("; vạch mảnh: cần đến nay", "; thin tick: expected by now");
    let tick = if columns.by_now { tick } else { "" };
    let edge = match measure {
        Measure::Quota => lang.pick("chỉ tiêu giao", "the quota"),
        Measure::Aim | Measure::None => lang.pick("kế hoạch chung", "the common aim"),
    };
    format!("{bar} ({red}; {grey}){tick}; {} {edge}.", lang.pick("vạch đậm:", "thick edge:"))
}

/// How a unit stands, in words.
fn said(share: &Share, lang: Lang) -> String {
    let own = show::amount(share.own.as_ref(), lang);
    let by_now = show::amount(share.by_now.as_ref(), lang);
    match (share.standing, lang) {
        (Standing::Missing, _) => format!("{own}, {}", word(Standing::Missing, lang)),
        (Standing::Open, _) => own,
        (standing, Lang::Vi) => format!("{own}, {}, cần đến nay {by_now}", word(standing, lang)),
        (standing, Lang::En) => format!("{own}, {}, expected by now {by_now}", word(standing, lang)),
    }
}

fn word(standing: Standing, lang: Lang) -> &'static str {
    match standing {
        Standing::Short => lang.pick("chưa bằng mức cần đến nay", "not up to what is expected by now"),
        Standing::Enough => lang.pick("bằng mức cần đến nay", "as expected by now"),
        Standing::Missing => lang.pick("thiếu số liệu", "figures are missing"),
        Standing::Open => lang.pick("đủ số liệu", "all figures are in"),
    }
}

fn reported(part: &UnitPart, lang: Lang) -> Markup {
    let (shade, sign, text) = match (part.reported, part.counted) {
        (true, _) => ("good", "●", lang.pick("đủ", "all")),
        (false, true) => ("warn", "◇", lang.pick("thiếu, có tính", "not all; counted")),
        (false, false) => ("bad", "✕", lang.pick("thiếu, không tính", "not all; left out")),
    };
    html! { span class={ "mark " (shade) } { span aria-hidden="true" { (sign) } " " (text) } }
}

fn shade(standing: Standing) -> &'static str {
    match standing {
        Standing::Short => "bad",
        Standing::Enough => "good",
        Standing::Missing => "warn",
        Standing::Open => "dim",
    }
}

/// The units on a map; of more than can be told apart there is none.
pub(super) fn places(shown: &Shown, as_of: Period, lang: Lang) -> Markup {
    let explanation = &shown.explanation;
    let spot = |(part, share): (&UnitPart, &Share)| {
        let (north, east) = explanation.programme.unit(part.unit).place?;
        Some(Spot {
            north: north.at_scale(6).ok()?,
            east: east.at_scale(6).ok()?,
            shade: shade(share.standing),
            name: show::unit(&explanation.programme, part.unit),
            text: said(share, lang),
            href: address(explanation, part.unit, as_of),
        })
    };
    let spots: Vec<Spot> = explanation.units.iter().zip(&shown.shares.units).filter_map(spot).collect();
    if !(2..=UNITS).contains(&spots.len()) {
        return html! {};
    }
    let title = lang.pick("Trên bản đồ", "On the map");
    let met = [Standing::Enough, Standing::Short, Standing::Missing, Standing::Open]
        .into_iter()
        .filter(|standing| spots.iter().any(|spot| spot.shade == shade(*standing)));
    html! {
        section {
            h2 { (title) }
            (map(&spots, title))
            p.legend {
                @for standing in met {
                    span { span class={ "mark " (shade(standing)) } aria-hidden="true" { (sign(shade(standing))) } " " (word(standing, lang)) }
                }
            }
        }
    }
}
