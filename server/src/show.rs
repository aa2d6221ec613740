//! How figures, units and statuses are written in tables.

use std::cmp::Ordering;

use gom_domain::programme::Programme;
use gom_domain::progress::{Decided, Progress, Status};
use gom_domain::target::{Comparator, Target};
use gom_domain::totals::Origin;
use gom_domain::unit::UnitIx;
use gom_domain::wording;
use gom_domain::{Lang, Quantity};
use gom_terminal::Shade;

/// Figures of targets are shown with at most this many decimals.
pub const DECIMALS: u8 = 2;
/// So many units are named in a cell of a table.
const FEW: usize = 3;

/// An amount, or a dash where there is none.
pub fn amount(quantity: Option<&Quantity>, lang: Lang) -> String {
    quantity.map_or_else(|| "–".to_owned(), |quantity| quantity.shown(DECIMALS, lang))
}

/// How much of a whole an amount is: `71,4 %`.
pub fn percent(amount: Option<&Quantity>, whole: Option<&Quantity>, lang: Lang) -> String {
    let share =
        amount.zip(whole).and_then(|(amount, whole)| (amount * &Quantity::from(100)).checked_div(whole));
    share.map_or_else(|| "–".to_owned(), |share| format!("{} %", share.shown(1, lang)))
}

/// What a target aims at: `≥ 8.846 tỷ đồng`; a value that the district set says so.
pub fn aim(target: &Target, progress: &Progress, lang: Lang) -> String {
    let aim = bare_aim(target, progress, lang);
    if is_by_hand(progress) {
        return format!("{aim} {}", lang.pick("(huyện đặt)", "(set by the district)"));
    }
    aim
}

/// Whether the value aimed at is the district's and not the document's.
pub fn is_by_hand(progress: &Progress) -> bool {
    progress.by_hand.as_ref().is_some_and(|by_hand| by_hand.value.is_some())
}

/// What has been done. A flag that is to be achieved says whether it is, and of several units in how many.
pub fn actual(target: &Target, progress: &Progress, lang: Lang) -> String {
    let Some(actual) = progress.actual.as_ref().filter(|_| target.comparator == Comparator::Achieved) else {
        return amount(progress.actual.as_ref(), lang);
    };
    let all = i128::try_from(progress.expected).is_ok_and(|units| *actual >= Quantity::scaled(units, 0));
    let word = if all { lang.pick("đạt", "yes") } else { lang.pick("chưa đạt", "not yet") };
    if progress.expected > 1 {
        return format!("{word} {}/{}", actual.shown(0, lang), progress.expected);
    }
    word.to_owned()
}

fn bare_aim(target: &Target, progress: &Progress, lang: Lang) -> String {
    let sign = wording::comparator(target.comparator);
    let sign = sign.get(lang);
    if let (Comparator::Falls | Comparator::Rises, Some(previous)) = (target.comparator, &progress.previous) {
        let (last_year, unit) = (lang.pick("năm trước", "last year"), target.unit.get(lang));
        return format!("{sign} ({last_year} {} {unit})", previous.shown(DECIMALS, lang));
    }
    let value = match (&progress.value, &progress.upper) {
        (Some(low), Some(high)) => format!("{} – {}", low.shown(DECIMALS, lang), high.shown(DECIMALS, lang)),
        (Some(value), None) => value.shown(DECIMALS, lang),
        (None, _) => String::new(),
    };
    let unit = if value.is_empty() && !matches!(target.comparator, Comparator::Guideline) {
        ""
    } else {
        target.unit.get(lang)
    };
    [sign, &value, if value.is_empty() { "" } else { unit }]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Coverage: `14/15`; a provisional figure says so.
pub fn coverage(progress: &Progress) -> String {
    if progress.expected == 0 {
        return "–".to_owned();
    }
    let mark = if progress.is_provisional() { " *" } else { "" };
    format!("{}/{}{mark}", progress.reported, progress.expected)
}

/// A status in words, with what is certain, what was set by hand, and a mark of doubt.
pub fn status(target: &Target, progress: &Progress, lang: Lang) -> String {
    format!("{}{}", wording::status(progress.status).get(lang), beyond(target, progress, lang))
}

/// What is to be said of a status beside its name.
pub fn beyond(target: &Target, progress: &Progress, lang: Lang) -> String {
    let mut text = String::new();
    let settled = matches!(progress.status, Status::Missed) || !progress.is_provisional();
    if let Some(decided) = progress.decided.filter(|decided| *decided == Decided::Missed || !settled) {
        text = format!("; {}", wording::decided(decided).get(lang));
    }
    if progress.over {
        text = format!("{text}; {}", lang.pick("vượt khoảng", "above the range"));
    }
    if let Some(set) = progress.by_hand.as_ref().and_then(|by_hand| by_hand.status) {
        let note = progress.by_hand.as_ref().map_or("", |by_hand| &by_hand.note);
        text = format!("{text}: {} – {note}", wording::status(set).get(lang));
    }
    if target.doubt {
        text.push_str(" (?)");
    }
    text
}

/// How a status stands out.
pub fn shade(status: Status) -> Shade {
    match status {
        Status::Missed | Status::Behind => Shade::Bad,
        Status::AtRisk | Status::Pending | Status::NoData => Shade::Warn,
        Status::OnTrack | Status::Met => Shade::Good,
        Status::Manual | Status::NotDue | Status::NoTarget => Shade::Dim,
    }
}

/// A unit's name. Where another unit of the programme's year bears it as well, the id tells them apart.
pub fn unit(programme: &Programme, ix: UnitIx) -> String {
    let unit = programme.unit(ix);
    if programme.has_namesake(ix) { format!("{} ({})", unit.name, unit.id) } else { unit.name.clone() }
}

/// Units by name, separated by commas.
pub fn units(programme: &Programme, units: &[UnitIx]) -> String {
    units.iter().map(|ix| unit(programme, *ix)).collect::<Vec<_>>().join(", ")
}

/// The first few units by name, and how many more there are.
pub fn few_units(programme: &Programme, all: &[UnitIx]) -> String {
    let few = &all[..all.len().min(FEW)];
    let more = all.len() - few.len();
    let names = units(programme, few);
    if more > 0 { format!("{names} + {more}") } else { names }
}

/// By how much a target that does not stand well misses what is expected by now; once the year has decided, what it aims at.
pub fn gap(progress: &Progress, lang: Lang) -> Option<String> {
    let measure = match progress.status {
        Status::Behind | Status::AtRisk => progress.expected_by_now.as_ref()?,
        Status::Missed => progress.value.as_ref()?,
        _ => return None,
    };
    let gap = progress.actual.as_ref()? - measure;
    let zero = Quantity::zero();
    match gap.cmp(&zero) {
        Ordering::Less => {
            Some(format!("{} {}", lang.pick("thiếu", "short by"), (&zero - &gap).shown(DECIMALS, lang)))
        }
        Ordering::Greater => {
            Some(format!("{} {}", lang.pick("cao hơn", "above by"), gap.shown(DECIMALS, lang)))
        }
        Ordering::Equal => None,
    }
}

/// Where a figure comes from that is in no submission.
pub fn origin(origin: Origin, lang: Lang) -> &'static str {
    match origin {
        Origin::Report => "–",
        Origin::Baseline | Origin::RunningSum => lang.pick("số liệu năm trước", "baseline"),
        Origin::Quota => lang.pick("giao chỉ tiêu", "quota"),
    }
}

/// What must be said under every table of figures.
pub fn notice(programme: &Programme, lang: Lang) -> String {
    let notice = programme.notice.get(lang);
    if notice.is_empty() { String::new() } else { format!("{notice}\n") }
}
