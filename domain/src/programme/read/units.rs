//! The table of units: who reports, and who goes on for whom.

use std::collections::HashMap;

use super::super::fault::Problem;
use super::super::found::Found;
use super::super::table::Row;
use super::super::{Bundle, Index, Programme, checks};
use super::open;
use crate::text;
use crate::unit::{AppliesTo, Unit, UnitId, UnitIx};

pub(super) fn units(programme: &mut Programme, bundle: &Bundle, found: &Found) {
    let columns = ["id", "code", "name", "kind", "valid_from", "valid_to", "successor", "lat", "lon"];
    let mut table = open(bundle, "units.csv", &columns, found);
    table.check_unique(&["id"]);
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
        let unread = |column, date: Option<_>| date.is_none() && !row.cell(column).is_empty();
        if unread("valid_from", unit.valid_from) || unread("valid_to", unit.valid_to) {
            row.lose_names(&["id", "code"]);
        }
        if unit.valid_from.zip(unit.valid_to).is_some_and(|(from, to)| to < from) {
            row.fault("valid_to", Problem::EndsBeforeItStarts);
        }
        programme.units.push(unit);
    }
    index_units(programme);
    checks::successors(programme, &table);
    checks::codes(programme, &table);
}

fn index_units(programme: &mut Programme) {
    let mut index = Index { predecessors: vec![Vec::new(); programme.units.len()], ..Index::default() };
    let year = programme.year;
    for (unit, ix) in programme.units.iter().zip((0..).map(UnitIx)) {
        index.months.push([unit.months(year - 1), unit.months(year)]);
        index.units.insert(unit.id.clone(), ix);
        index.codes.entry(unit.code.clone()).or_default().push(ix);
        if unit.months(year) != 0 {
            index.names.entry(text::tone_key(&unit.name)).or_default().push(ix);
        }
        if let Some(heir) = unit.successor {
            index.predecessors[heir.get()].push(ix);
        }
    }
    programme.index = index;
}

pub(super) fn applies_to(programme: &Programme, row: Row<'_>) -> AppliesTo {
    let applies = AppliesTo::parse(&row.text("applies_to"));
    let AppliesTo::Kinds(kinds) = &applies else { return applies };
    let unknown = |kind: &&String| !programme.units.iter().any(|unit| unit.kind == **kind);
    let unknown: Vec<&String> = kinds.iter().filter(unknown).collect();
    for kind in &unknown {
        row.fault("applies_to", Problem::Unknown("units (kind)", (*kind).clone()));
    }
    // Whom a word means that is not known cannot be held against other tables.
    if unknown.is_empty() { applies } else { AppliesTo::All }
}
