//! The table of rules: what is expected of the figures of a form.

use super::super::fault::Problem;
use super::super::found::Found;
use super::super::table::Row;
use super::super::{Bundle, Programme};
use super::{bilingual, open};
use crate::element::{ElementIx, Kind};
use crate::examine::Checklist;
use crate::formula::{SyntaxFault, parse_condition};
use crate::rule::{Level, Rule};

pub(super) fn rules(programme: &mut Programme, bundle: &Bundle, found: &Found) {
    let columns = ["key", "form", "element", "level", "expression", "message_vi", "message_en"];
    let mut table = open(bundle, "rules.csv", &columns, found);
    table.check_unique(&["key"]);
    let rows = (1..).zip(table.rows());
    let mut read: Vec<Rule> = rows.flat_map(|(number, row)| rules_of(programme, number, row)).collect();
    read.sort_by_key(|rule| rule.form);
    programme.rules = read;
    programme.index.checklists =
        programme.form_places().map(|form| Checklist::new(programme, form)).collect();
}

/// The rules that one row makes: one for each cell it is for.
fn rules_of(programme: &Programme, number: u16, row: Row<'_>) -> Vec<Rule> {
    let level = row.one_of("level", "error, warning", Level::from_key).unwrap_or(Level::Warning);
    let (key, message) = (row.key("key"), bilingual(row, "message_vi", "message_en"));
    let mut rules = Vec::new();
    for element in cells(programme, row) {
        let names = |name: &str| if name == "value" { Some(element) } else { programme.element_named(name) };
        match parse_condition(row.cell("expression"), &names) {
            Ok(condition) => {
                let form = programme.element(element).form;
                rules.push(Rule {
                    row: number,
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
