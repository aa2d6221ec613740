//! From tables to a programme: one function a table, each reporting all it finds.

use std::cell::RefCell;
use std::collections::HashMap;

use super::fault::{Fault, Problem};
use super::priors::{self, Baseline, Quotas};
use super::table::{Faults, Row, Table};
use super::{Bundle, Group, Index, Programme, checks};
use crate::calendar::{Calendar, Regime};
use crate::element::{Element, ElementIx, Kind};
use crate::form::{Form, FormIx};
use crate::formula::{Dialect, SyntaxFault, parse_condition, parse_formula};
use crate::number::{Decimal, Notation};
use crate::period::Frequency;
use crate::rule::{Level, Rule};
use crate::target::{Comparator, Formula, Pace, Scope, ScopeCondition, Target};
use crate::text;
use crate::unit::{AppliesTo, Unit, UnitId, UnitIx};
use crate::wording::Bilingual;

/// A programme that has been read, with the figures that came with it.
#[derive(Debug)]
pub struct Reading {
    /// The programme.
    pub programme: Programme,
    /// Its table of quotas, if there is one.
    pub quotas: Option<Quotas>,
    /// Its table of the prior year's figures, if there is one.
    pub baseline: Option<Baseline>,
    /// What is doubtful in it, though it can be used.
    pub doubts: Vec<Fault>,
}

/// Reads a programme's tables, or says everything that is wrong with them.
pub fn read(bundle: &Bundle) -> Result<Reading, Vec<Fault>> {
    let found = RefCell::new(Vec::new());
    let mut programme = heading(bundle, &found);
    units(&mut programme, bundle, &found);
    let regime = default_regime(bundle);
    forms(&mut programme, bundle, regime, &found);
    elements(&mut programme, bundle, &found);
    groups(&mut programme, bundle, &found);
    targets(&mut programme, bundle, &found);
    rules(&mut programme, bundle, &found);
    checks::units(&programme, &found);
    let quotas = bundle.get(Bundle::QUOTAS).map(|bytes| priors::quotas(&programme, bytes, &found));
    let baseline = bundle.get(Bundle::BASELINE).map(|bytes| priors::baseline(&programme, bytes, &found));
    checks::sums(&programme, quotas.as_ref(), &found);
    let mut faults = found.into_inner();
    faults.sort_by_key(|fault| (place(&fault.file), fault.line));
    let (doubts, faults): (Vec<_>, Vec<_>) = faults.into_iter().partition(|fault| fault.problem.is_doubt());
    if faults.is_empty() { Ok(Reading { programme, quotas, baseline, doubts }) } else { Err(faults) }
}

/// Where a file stands in the order in which its author fills them in.
fn place(file: &str) -> usize {
    Bundle::PROGRAMME.iter().position(|name| *name == file).unwrap_or(Bundle::PROGRAMME.len())
}

fn open<'a>(bundle: &Bundle, file: &'a str, columns: &[&str], found: &'a RefCell<Vec<Fault>>) -> Table<'a> {
    Table::read(bundle.get(file), columns, Faults::new(file, found))
}

fn bilingual(row: Row<'_>, vi: &str, en: &str) -> Bilingual {
    Bilingual { vi: row.text(vi), en: row.cell(en).to_owned() }
}

const HEADING: &str = "programme.toml";

fn toml_of(bundle: &Bundle) -> Option<Result<toml::Table, toml::de::Error>> {
    let text = std::str::from_utf8(bundle.get(HEADING)?).ok()?;
    Some(text.parse())
}

fn heading(bundle: &Bundle, found: &RefCell<Vec<Fault>>) -> Programme {
    let faults = Faults::new(HEADING, found);
    let mut programme = Programme::default();
    let table = match toml_of(bundle) {
        Some(Ok(table)) => table,
        Some(Err(error)) => {
            let text = std::str::from_utf8(bundle.get(HEADING).unwrap_or_default()).unwrap_or_default();
            let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count() as u64);
            faults.add(line, "", Problem::Toml(error.message().to_owned()));
            return programme;
        }
        None if bundle.get(HEADING).is_some() => {
            faults.add(None, "", Problem::NotText);
            return programme;
        }
        None => {
            faults.add(None, "", Problem::MissingFile);
            return programme;
        }
    };
    for key in table.keys() {
        if !HEADING_KEYS.contains(&key.as_str()) {
            faults.add(None, key, Problem::UnknownColumn);
        }
    }
    let word = |key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let both = |vi: &str, en: &str| Bilingual { vi: word(vi), en: word(en) };
    programme.key = word("key");
    programme.name = both("name_vi", "name_en");
    programme.source = both("source_vi", "source_en");
    programme.notice = both("notice_vi", "notice_en");
    let year = table.get("year").and_then(toml::Value::as_integer);
    programme.year = year.and_then(|year| i16::try_from(year).ok()).unwrap_or_default();
    if !(1900..=2999).contains(&programme.year) {
        let written = year.map_or_else(String::new, |year| year.to_string());
        faults.add(None, "year", Problem::NotBetween(written, 1900, 2999));
    }
    for (key, text) in [("key", &programme.key), ("name_vi", &programme.name.vi)] {
        if text.is_empty() {
            faults.add(None, key, Problem::Missing);
        }
    }
    if Regime::from_key(&word("window")).is_none() {
        faults.add(None, "window", Problem::NotOneOf(word("window"), REGIMES));
    }
    if Bilingual::default() != programme.name && !text::is_composed(&programme.name.vi) {
        faults.add(None, "name_vi", Problem::NotComposed);
    }
    programme
}

const HEADING_KEYS: [&str; 10] = [
    "key",
    "name_vi",
    "name_en",
    "year",
    "window",
    "language",
    "source_vi",
    "source_en",
    "notice_vi",
    "notice_en",
];
const REGIMES: &str = "decree-09, calendar";

fn default_regime(bundle: &Bundle) -> Regime {
    let table = toml_of(bundle).and_then(Result::ok).unwrap_or_default();
    table.get("window").and_then(toml::Value::as_str).and_then(Regime::from_key).unwrap_or(Regime::Decree09)
}

fn units(programme: &mut Programme, bundle: &Bundle, found: &RefCell<Vec<Fault>>) {
    let columns = ["id", "code", "name", "kind", "valid_from", "valid_to", "successor", "lat", "lon"];
    let table = open(bundle, "units.csv", &columns, found);
    table.check_unique("id");
    let places: HashMap<&str, UnitIx> =
        table.rows().zip(0..).map(|(row, ix)| (row.cell("id"), UnitIx(ix))).collect();
    for row in table.rows() {
        let successor = row.cell("successor");
        let heir = places.get(successor).copied();
        if heir.is_none() && !successor.is_empty() {
            row.fault("successor", Problem::Unknown("units", successor.to_owned()));
        }
        let place = row.decimal("lat").zip(row.decimal("lon"));
        let unit = Unit {
            id: UnitId::from(row.key("id").as_str()),
            code: row.text("code"),
            name: row.text("name"),
            kind: row.key("kind"),
            valid_from: row.date("valid_from"),
            valid_to: row.date("valid_to"),
            successor: heir,
            place,
        };
        if unit.valid_from.zip(unit.valid_to).is_some_and(|(from, to)| to < from) {
            row.fault("valid_to", Problem::EndsBeforeItStarts);
        }
        programme.units.push(unit);
    }
    index_units(programme);
    checks::successors(programme, &table);
}

fn index_units(programme: &mut Programme) {
    let mut index = Index { predecessors: vec![Vec::new(); programme.units.len()], ..Index::default() };
    for (unit, ix) in programme.units.iter().zip((0..).map(UnitIx)) {
        index.units.insert(unit.id.clone(), ix);
        index.codes.entry(unit.code.clone()).or_default().push(ix);
        if let Some(heir) = unit.successor {
            index.predecessors[heir.get()].push(ix);
        }
    }
    programme.index = index;
}

fn applies_to(programme: &Programme, row: Row<'_>) -> AppliesTo {
    let applies = AppliesTo::parse(&row.text("applies_to"));
    if let AppliesTo::Kinds(kinds) = &applies {
        for kind in kinds.iter().filter(|kind| !programme.units.iter().any(|unit| unit.kind == **kind)) {
            row.fault("applies_to", Problem::Unknown("units (kind)", kind.clone()));
        }
    }
    applies
}

fn forms(programme: &mut Programme, bundle: &Bundle, regime: Regime, found: &RefCell<Vec<Fault>>) {
    let columns = [
        "key",
        "label_vi",
        "label_en",
        "frequency",
        "applies_to",
        "window",
        "closing_day",
        "send_by_day",
        "restricted",
    ];
    let table = open(bundle, "forms.csv", &columns, found);
    table.check_unique("key");
    for row in table.rows() {
        let frequency = row.one_of("frequency", "month, quarter, half, year", Frequency::from_key);
        let own = if row.cell("window").is_empty() {
            Some(regime)
        } else {
            row.one_of("window", REGIMES, Regime::from_key)
        };
        let day = |column| row.number(column, 1, 31).and_then(|day| u8::try_from(day).ok());
        let send_by_day = day("send_by_day");
        if send_by_day.is_none() && row.cell("send_by_day").is_empty() {
            row.fault("send_by_day", Problem::Missing);
        }
        let calendar = Calendar {
            regime: own.unwrap_or(regime),
            closing_day: day("closing_day"),
            send_by_day: send_by_day.unwrap_or(1),
        };
        let form = Form {
            key: row.key("key"),
            label: bilingual(row, "label_vi", "label_en"),
            frequency: frequency.unwrap_or(Frequency::Month),
            applies_to: applies_to(programme, row),
            calendar,
            restricted: row.yes("restricted"),
            elements: Vec::new(),
        };
        let ix = FormIx(u16::try_from(programme.forms.len()).unwrap_or(u16::MAX));
        programme.index.forms.insert(form.key.clone(), ix);
        programme.forms.push(form);
    }
}

fn elements(programme: &mut Programme, bundle: &Bundle, found: &RefCell<Vec<Fault>>) {
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
    let table = open(bundle, "elements.csv", &columns, found);
    table.check_unique("key");
    for row in table.rows() {
        let element = element(programme, row);
        let ix = ElementIx(u16::try_from(programme.elements.len()).unwrap_or(u16::MAX));
        programme.index.elements.insert(element.key.clone(), ix);
        if let Some(form) = programme.forms.get_mut(element.form.get()) {
            form.elements.push(ix);
        }
        programme.elements.push(element);
    }
    for (row, ix) in table.rows().zip(0..) {
        let whole = row.cell("part_of");
        if whole.is_empty() {
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

fn element(programme: &Programme, row: Row<'_>) -> Element {
    let key = row.key("key");
    if key.contains('-') || ["value", "yes", "no", "and", "or", "not"].contains(&key.as_str()) {
        row.fault("key", Problem::BadKey(key.clone()));
    }
    let form = programme.form_named(row.cell("form"));
    if form.is_none() {
        row.fault("form", Problem::Unknown("forms", row.cell("form").to_owned()));
    }
    let kind = row.one_of("kind", "flow, stock, flag", Kind::from_key).unwrap_or(Kind::Flow);
    let scale = row.number("scale", 0, 6).and_then(|scale| u8::try_from(scale).ok()).unwrap_or(0);
    let limit = |column: &str| {
        let limit = row.decimal(column)?;
        let scaled = limit.at_scale(scale).ok();
        if scaled.is_none() {
            let fault = crate::element::FigureFault::TooManyDecimals(scale);
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
    Element {
        key,
        form: form.unwrap_or(FormIx(0)),
        label: bilingual(row, "label_vi", "label_en"),
        measure: row.cell("measure").to_owned(),
        kind,
        scale,
        applies_to: applies_to(programme, row),
        min: min.unwrap_or(0),
        max,
        part_of: None,
        baseline: row.yes("baseline"),
        source: row.cell("source").to_owned(),
    }
}

fn groups(programme: &mut Programme, bundle: &Bundle, found: &RefCell<Vec<Fault>>) {
    let table = open(bundle, "groups.csv", &["group", "label_vi", "label_en"], found);
    table.check_unique("group");
    programme.groups = table
        .rows()
        .map(|row| Group { key: row.text("group"), label: bilingual(row, "label_vi", "label_en") })
        .collect();
}

fn targets(programme: &mut Programme, bundle: &Bundle, found: &RefCell<Vec<Fault>>) {
    let columns = [
        "ref",
        "group",
        "key",
        "label_vi",
        "label_en",
        "comparator",
        "value",
        "printed",
        "unit_vi",
        "unit",
        "scope",
        "formula",
        "pace",
        "from",
        "doubt",
        "note",
    ];
    let table = open(bundle, "targets.csv", &columns, found);
    table.check_unique("ref");
    table.check_unique("key");
    let read: Vec<Target> = table.rows().map(|row| target(programme, row)).collect();
    for (row, target) in table.rows().zip(&read) {
        checks::target(programme, target, row);
    }
    programme.targets = read;
}

const COMPARATORS: &str =
    ">=, <=, =, range, falls, rises, falls by >=, achieved, each >, each >=, reference, guideline";

fn target(programme: &Programme, row: Row<'_>) -> Target {
    let group = row.text("group");
    if !programme.groups.iter().any(|known| known.key == group) {
        row.fault("group", Problem::Unknown("groups", group.clone()));
    }
    let comparator =
        row.one_of("comparator", COMPARATORS, Comparator::from_key).unwrap_or(Comparator::Guideline);
    let (value, upper) = values(row, comparator);
    let pace = match row.cell("pace") {
        "" => Pace::Level,
        _ => row.one_of("pace", "linear, level", Pace::from_key).unwrap_or(Pace::Level),
    };
    let scope_text = row.text("scope");
    Target {
        reference: row.text("ref"),
        group,
        key: row.key("key"),
        label: bilingual(row, "label_vi", "label_en"),
        comparator,
        value,
        upper,
        printed: row.cell("printed").to_owned(),
        unit: Bilingual { vi: row.cell("unit_vi").to_owned(), en: row.cell("unit").to_owned() },
        scope: scope(programme, row, &scope_text),
        scope_text,
        formula: formula(programme, row, comparator),
        pace,
        from: from(programme, row),
        doubt: row.yes("doubt"),
        note: row.cell("note").to_owned(),
    }
}

fn values(row: Row<'_>, comparator: Comparator) -> (Option<Decimal>, Option<Decimal>) {
    if comparator != Comparator::Range {
        return (row.decimal("value"), None);
    }
    let text = row.cell("value");
    let number = |text: &str| Decimal::parse(text, Notation::Plain).ok();
    let ends = text.split_once("..").and_then(|(low, high)| number(low).zip(number(high)));
    match ends {
        Some((low, high)) if crate::Quantity::from(low) <= crate::Quantity::from(high) => {
            (Some(low), Some(high))
        }
        None if text.is_empty() => (None, None),
        _ => {
            row.fault("value", Problem::BadRange(text.to_owned()));
            (None, None)
        }
    }
}

fn from(programme: &Programme, row: Row<'_>) -> Option<crate::Period> {
    let text = row.cell("from");
    if text.is_empty() {
        return None;
    }
    let period = text.parse::<crate::Period>().ok();
    match period {
        None => row.fault("from", Problem::NotAPeriod(text.to_owned())),
        Some(period) if period.year() != programme.year => {
            row.fault("from", Problem::WrongYear(text.to_owned(), programme.year));
        }
        Some(_) => {}
    }
    period
}

fn formula(programme: &Programme, row: Row<'_>, comparator: Comparator) -> Option<Formula> {
    let text = row.cell("formula");
    if text.is_empty() {
        if comparator != Comparator::Guideline {
            row.fault("formula", Problem::FormulaMissing);
        }
        return None;
    }
    match parse_formula(text, Dialect::Target, &|name| programme.element_named(name)) {
        Ok(expr) => Some(Formula::from(expr)),
        Err(SyntaxFault { at, problem }) => {
            row.fault("formula", Problem::Formula(at, problem));
            None
        }
    }
}

fn scope(programme: &Programme, row: Row<'_>, text: &str) -> Scope {
    if text == "all" || text.is_empty() {
        return Scope::default();
    }
    Scope(text.split(" and ").filter_map(|part| condition(programme, row, part.trim())).collect())
}

fn condition(programme: &Programme, row: Row<'_>, text: &str) -> Option<ScopeCondition> {
    let refuse = |problem| {
        row.fault("scope", problem);
        None
    };
    let (left, is, right) = match (text.split_once("!="), text.split_once('=')) {
        (Some((left, right)), _) => (left.trim(), false, right.trim()),
        (None, Some((left, right))) => (left.trim(), true, right.trim()),
        (None, None) => return refuse(Problem::Scope(text.to_owned())),
    };
    let flag = left.strip_prefix("prev(").and_then(|rest| rest.strip_suffix(')'));
    match (left, flag, right) {
        ("kind", _, kind) if programme.units.iter().any(|unit| unit.kind == kind) => {
            Some(ScopeCondition::Kind { is, kind: kind.to_owned() })
        }
        ("kind", _, kind) => refuse(Problem::Unknown("units (kind)", kind.to_owned())),
        ("unit", _, id) => match programme.unit_of(&UnitId::from(id)) {
            Some(unit) => Some(ScopeCondition::Unit { is, unit }),
            None => refuse(Problem::Unknown("units (id)", id.to_owned())),
        },
        (_, Some(name), "yes" | "no") => match programme.element_named(name) {
            Some(flag) if programme.element(flag).kind == Kind::Flag => {
                Some(ScopeCondition::Prev { flag, is: is == (right == "yes") })
            }
            Some(_) => refuse(Problem::NotAFlag(name.to_owned())),
            None => refuse(Problem::Unknown("elements", name.to_owned())),
        },
        _ => refuse(Problem::Scope(text.to_owned())),
    }
}

fn rules(programme: &mut Programme, bundle: &Bundle, found: &RefCell<Vec<Fault>>) {
    let columns = ["key", "form", "element", "level", "expression", "message_vi", "message_en"];
    let table = open(bundle, "rules.csv", &columns, found);
    table.check_unique("key");
    let read: Vec<Rule> = table.rows().flat_map(|row| rules_of(programme, row)).collect();
    programme.rules = read;
}

/// The rules that one row makes: one for each cell it is for.
fn rules_of(programme: &Programme, row: Row<'_>) -> Vec<Rule> {
    let level = row.one_of("level", "error, warning", Level::from_key).unwrap_or(Level::Warning);
    let (key, message) = (row.key("key"), bilingual(row, "message_vi", "message_en"));
    let mut rules = Vec::new();
    for element in cells(programme, row) {
        let names = |name: &str| if name == "value" { Some(element) } else { programme.element_named(name) };
        match parse_condition(row.cell("expression"), &names) {
            Ok(condition) => {
                let form = programme.element(element).form;
                rules.push(Rule {
                    key: key.clone(),
                    form,
                    element,
                    level,
                    condition,
                    message: message.clone(),
                });
            }
            Err(SyntaxFault { at, problem }) => {
                row.fault("expression", Problem::Formula(at, problem));
                break;
            }
        }
    }
    rules
}

/// The elements that a rule's row is for.
fn cells(programme: &Programme, row: Row<'_>) -> Vec<ElementIx> {
    let (form, element) = (row.cell("form"), row.cell("element"));
    let wanted_form = programme.form_named(form);
    if wanted_form.is_none() && form != "*" {
        row.fault("form", Problem::Unknown("forms", form.to_owned()));
        return Vec::new();
    }
    let in_form = |ix: &ElementIx| wanted_form.is_none_or(|form| programme.element(*ix).form == form);
    let kind = Kind::from_key(element);
    if element == "*" || kind.is_some() {
        let of_kind = |ix: &ElementIx| kind.is_none_or(|kind| programme.element(*ix).kind == kind);
        return programme.element_places().filter(in_form).filter(of_kind).collect();
    }
    let named = programme.element_named(element).filter(in_form);
    if named.is_none() {
        row.fault("element", Problem::Unknown("elements", element.to_owned()));
    }
    named.into_iter().collect()
}
