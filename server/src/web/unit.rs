//! A unit: its reports, what it was allotted, and its computers.

use axum::extract::{Path, State};
use axum::response::Response;
use gom_domain::calendar::{vietnam_day, vietnam_time};
use gom_domain::element::{ElementIx, Value};
use gom_domain::form::FormIx;
use gom_domain::programme::Programme;
use gom_domain::totals::Holding;
use gom_domain::unit::{UnitId, UnitIx};
use gom_domain::{Lang, Period, Quantity};
use gom_web::{escaped, table};
use maud::{Markup, html};

use super::reported::{Standing, periods_of, state};
use super::site::{Site, choice};
use super::viewer::Viewer;
use crate::memory::Memory;
use crate::show;
use crate::store::DeviceRow;
use crate::wording::Trouble;

/// What the page shows.
struct Shown {
    programme: std::sync::Arc<Programme>,
    unit: UnitIx,
    forms: Vec<(FormIx, Vec<(Period, Standing)>)>,
    quotas: Vec<Quota>,
    devices: Vec<DeviceRow>,
}

/// Shows a unit.
pub(super) async fn unit(State(site): State<Site>, viewer: Viewer, Path(id): Path<String>) -> Response {
    let as_of = match site.as_of(&viewer.visit) {
        Ok(as_of) => as_of,
        Err(trouble) => return viewer.trouble(&trouble),
    };
    let (folder, today) = (site.folder().clone(), vietnam_day(site.now_ms()));
    let who = viewer.clone();
    let looked = site
        .read(move |journal, memory| {
            let year = as_of.year();
            let (programme, _) =
                memory.year(year).ok_or_else(|| Trouble::no_programme(memory, Some(year)))?;
            let ix = programme.unit_of(&UnitId::from(id.as_str())).ok_or(Trouble::UnknownUnit(id))?;
            let mut forms = Vec::new();
            for form in programme
                .form_places()
                .filter(|form| programme.gives(*form, ix) && who.sees(&programme, *form))
            {
                let periods = periods_of(&programme, form);
                let periods = periods.filter(|period| programme.unit(ix).counts_for(*period));
                let states = periods
                    .map(|period| {
                        Ok((period, state(journal, memory, &programme, (ix, form, period), today)?))
                    })
                    .collect::<crate::store::Stored<_>>();
                forms.push((form, states.map_err(|error| folder.trouble(&error))?));
            }
            let quotas = quotas(memory, &programme, ix, &who, as_of);
            let number = memory.unit_number(&programme.unit(ix).id);
            let devices = number.into_iter().flat_map(|number| memory.devices_of(number));
            let devices = devices.filter(|device| !device.district).cloned().collect();
            Ok(Shown { programme, unit: ix, forms, quotas, devices })
        })
        .await;
    match looked {
        Err(trouble) => viewer.trouble(&trouble),
        Ok(shown) => {
            let title = show::unit(&shown.programme, shown.unit);
            viewer.page(&shown.programme, &title).show(&content(&viewer, &shown, as_of))
        }
    }
}

/// What a unit was allotted of an element, and what it has of it.
struct Quota {
    element: ElementIx,
    allotted: Value,
    so_far: Holding,
}

/// The unit's quotas of what the viewer may see, each with what the unit has by now.
fn quotas(
    memory: &Memory,
    programme: &Programme,
    unit: UnitIx,
    viewer: &Viewer,
    as_of: Period,
) -> Vec<Quota> {
    let seen = |ix: &ElementIx| viewer.sees(programme, programme.element(*ix).form);
    let quotas = memory.view(as_of, |view| {
        let subject = view.subject(unit);
        let quota = |element| {
            let series = view.series(element);
            let so_far = series.now(&subject, as_of.last_month());
            Some(Quota { element, allotted: series.quota(&subject)?, so_far })
        };
        programme.element_places().filter(seen).filter_map(quota).collect()
    });
    quotas.unwrap_or_default()
}

fn content(viewer: &Viewer, shown: &Shown, as_of: Period) -> Markup {
    let (lang, programme) = (viewer.visit.lang, &shown.programme);
    let id = programme.unit(shown.unit).id.as_str();
    html! {
        (choice(viewer, as_of, &[]))
        h2 { (lang.pick("Báo cáo", "Reports")) }
        (reports(shown, id, as_of, lang))
        h2 { (lang.pick("Chỉ tiêu giao", "Quotas")) }
        @if shown.quotas.is_empty() { p { (lang.pick("Không giao chỉ tiêu nào.", "None.")) } } @else {
            (table(lang.pick("Chỉ tiêu giao", "Quotas"), &html! {
                thead { tr {
                    th scope="col" { (lang.pick("Chỉ tiêu", "Element")) } th scope="col" { (lang.pick("Đơn vị tính", "Measure")) }
                    th.num scope="col" { (lang.pick("Đến nay", "So far")) } th.num scope="col" { (lang.pick("Giao", "Quota")) } th.num scope="col" { "%" }
                } }
                tbody { @for quota in &shown.quotas { (allotted(programme, quota, lang)) } }
            }))
            @if shown.quotas.iter().any(|quota| !quota.so_far.complete) {
                p.quiet { (lang.pick("* còn thiếu kỳ đến hạn", "* not every period that is due is in")) }
            }
        }
        h2 { (lang.pick("Máy của đơn vị", "Its computers")) }
        (devices(shown, lang))
    }
}

fn allotted(programme: &Programme, quota: &Quota, lang: Lang) -> Markup {
    let element = programme.element(quota.element);
    let amount = |value: Value| Quantity::scaled(value.into(), element.scale);
    let so_far = quota.so_far.value.map_or_else(|| "–".to_owned(), |value| element.shown(value, lang));
    let provisional = quota.so_far.value.is_some() && !quota.so_far.complete;
    html! {
        tr {
            th scope="row" { (element.label.get(lang)) } td { (element.measure.get(lang)) }
            td.num { (so_far) @if provisional { " *" } } td.num { (element.shown(quota.allotted, lang)) }
            td.num { (show::percent(quota.so_far.value.map(amount).as_ref(), Some(&amount(quota.allotted)), lang)) }
        }
    }
}

fn reports(shown: &Shown, id: &str, as_of: Period, lang: Lang) -> Markup {
    table(
        lang.pick("Báo cáo của đơn vị", "The unit's reports"),
        &html! {
            thead { tr {
                th scope="col" { (lang.pick("Biểu", "Form")) }
                @for month in 1..=12 { th.mid scope="col" { (month) } }
            } }
            tbody {
                @for (form, states) in &shown.forms {
                    @let form = shown.programme.form(*form);
                    tr {
                        th scope="row" { (form.label.get(lang)) }
                        @for month in 1..=12_u8 {
                            @let cell = states.iter().find(|(period, _)| period.last_month() == month);
                            td.mid {
                                @if let Some((period, state)) = cell {
                                    a href={ "/reports/" (escaped(id)) "/" (escaped(&form.key)) "/" (period) "?as_of=" (as_of) } { (state.shown(lang)) }
                                }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn devices(shown: &Shown, lang: Lang) -> Markup {
    if shown.devices.is_empty() {
        return html! { p { (lang.pick("Chưa máy nào ghi danh.", "No computer is enrolled.")) } };
    }
    table(
        lang.pick("Máy của đơn vị", "The unit's computers"),
        &html! {
            thead { tr {
                th scope="col" { (lang.pick("Tên máy", "Computer")) } th scope="col" { (lang.pick("Liên lạc lần cuối", "Last contact")) }
                th scope="col" { (lang.pick("Phiên bản", "Version")) } th.num scope="col" { (lang.pick("Đồng hồ lệch", "Clock is off by")) } th scope="col" { (lang.pick("Tình trạng", "State")) }
            } }
            tbody {
                @for device in &shown.devices {
                    tr {
                        th scope="row" { (device.name) }
                        td { (device.contact_ms.map_or_else(|| "–".to_owned(), vietnam_time)) }
                        td { (device.app_version) }
                        td.num { (device.skew_ms.map_or_else(|| "–".to_owned(), |skew| format!("{} s", skew / 1_000))) }
                        td {
                            @match device.revoked_ms {
                                Some(at_ms) => span.bad { (lang.pick("đã khóa từ ", "revoked since ")) (vietnam_time(at_ms)) },
                                None => (lang.pick("đang dùng", "in use")),
                            }
                        }
                    }
                }
            }
        },
    )
}
