//! The table of elements: the single figures, each in its form.

use super::super::fault::Problem;
use super::super::found::Found;
use super::super::table::Row;
use super::super::{Bundle, Programme};
use super::units::applies_to;
use super::{bilingual, open_with, remark};
use crate::element::{Element, ElementIx, FigureFault, Kind};
use crate::form::FormIx;

pub(super) fn elements(programme: &mut Programme, bundle: &Bundle, found: &Found) {
    let columns = [
        "key",
        "form",
        "label_vi",
        "label_en",
        "measure",
        "kind",
        "scale",
        "applies_to",
        "min",
        "max",
        "part_of",
        "baseline",
        "source",
    ];
    let mut table = open_with(bundle, "elements.csv", &columns, &["measure_en", "source_vi"], found);
    table.check_unique(&["key"]);
    for row in table.rows() {
        let (mut element, usable) = element(programme, row);
        let ix = ElementIx(u16::try_from(programme.elements.len()).unwrap_or(u16::MAX));
        if usable {
            programme.index.elements.insert(element.key.clone(), ix);
            let on_form = &mut programme.forms[element.form.get()].elements;
            element.place = on_form.len();
            on_form.push(ix);
        } else {
            row.lose_names(&["key"]);
        }
        programme.elements.push(element);
    }
    programme.index_kinds();
    for (row, ix) in table.rows().zip(0..) {
        let whole = row.cell("part_of");
        if whole.is_empty() || programme.element_named(row.cell("key")).is_none() {
            continue;
        }
        match programme.element_named(whole) {
            None => row.fault("part_of", Problem::Unknown("elements", whole.to_owned())),
            Some(place) if !same_sort(programme.element(place), &programme.elements[ix]) => {
                row.fault("part_of", Problem::WholeElsewhere(whole.to_owned()));
            }
            Some(place) => programme.elements[ix].part_of = Some(place),
        }
    }
}

fn same_sort(whole: &Element, part: &Element) -> bool {
    whole.key != part.key && (whole.form, whole.kind, whole.scale) == (part.form, part.kind, part.scale)
}

/// A row's element, and whether its form, kind and scale are known, so that other tables can be held against it.
fn element(programme: &Programme, row: Row<'_>) -> (Element, bool) {
    let key = row.key("key");
    if key.contains('-') || ["value", "yes", "no", "and", "or", "not"].contains(&key.as_str()) {
        row.fault("key", Problem::BadKey(key.clone()));
    }
    let form = programme.form_named(row.cell("form"));
    if form.is_none() {
        row.fault("form", Problem::Unknown("forms", row.cell("form").to_owned()));
    }
    let kind = row.one_of("kind", "flow, stock, flag", Kind::from_key);
    let scale = row.number("scale", 0, 6).and_then(|scale| u8::try_from(scale).ok());
    let usable = form.is_some() && kind.is_some() && (scale.is_some() || row.cell("scale").is_empty());
    let (kind, scale) = (kind.unwrap_or(Kind::Flow), scale.unwrap_or(0));
    let limit = |column: &str| {
        let limit = row.decimal(column)?;
        let scaled = limit.at_scale(scale).ok();
        if scaled.is_none() {
            let fault = FigureFault::TooManyDecimals(scale);
            row.fault(column, Problem::Figure(row.cell(column).to_owned(), fault));
        }
        scaled
    };
    let (min, max) = (limit("min"), limit("max"));
    if max.is_some_and(|max| max < min.unwrap_or(0)) {
        row.fault("min", Problem::LimitsCrossed);
    }
    if kind == Kind::Flag && (scale > 0 || max.is_some() || !row.cell("part_of").is_empty()) {
        row.fault("kind", Problem::FlagWithLimits);
    }
    let element = Element {
        key,
        form: form.unwrap_or(FormIx(0)),
        place: 0,
        label: bilingual(row, "label_vi", "label_en"),
        measure: remark(row, "measure", "measure_en"),
        kind,
        scale,
        applies_to: applies_to(programme, row),
        min: min.unwrap_or(0),
        max,
        part_of: None,
        baseline: row.yes("baseline"),
        source: remark(row, "source_vi", "source"),
    };
    (element, usable)
}
