//! The tables of a programme: units with their mergers, forms of every frequency, elements of every kind.

use gom_domain::programme::Bundle;
use num_bigint::BigInt;
use num_rational::BigRational;

use crate::tape::Tape;

const HEADING: &str = "key = \"p\"\nname_vi = \"p\"\nyear = 2025\nwindow = \"calendar\"\n";
const FORMS: &str = "key,label_vi,label_en,frequency,applies_to,window,closing_day,send_by_day,restricted\n\
    monthly,a,a,month,all,,,5,\nquarterly,b,b,quarter,all,,,5,\nhalf-yearly,c,c,half,all,,,5,\n\
    yearly,d,d,year,all,,,5,\ntown,e,e,month,township,,,5,\n";
const FORM_KEYS: [&str; 10] = [
    "monthly",
    "monthly",
    "quarterly",
    "quarterly",
    "monthly",
    "half-yearly",
    "yearly",
    "town",
    "monthly",
    "monthly",
];
/// Days on which units end; the day after is the successor's first.
const ENDS: [(&str, &str); 9] = [
    ("2025-06-30", "2025-07-01"),
    ("2024-12-31", "2025-01-01"),
    ("2025-03-31", "2025-04-01"),
    ("2025-08-15", "2025-08-16"),
    ("2025-09-30", "2025-10-01"),
    ("2024-06-30", "2024-07-01"),
    ("2024-09-30", "2024-10-01"),
    ("2025-12-30", "2025-12-31"),
    ("2025-12-31", "2026-01-01"),
];

pub(super) fn bundle(tape: &Tape) -> Bundle {
    let files = [
        ("programme.toml", HEADING.to_owned()),
        ("units.csv", units(tape)),
        ("forms.csv", FORMS.to_owned()),
        ("elements.csv", elements(tape)),
        ("groups.csv", "group,label_vi,label_en\n1,g,g\n".to_owned()),
        ("targets.csv", targets_table(&[])),
        ("rules.csv", "key,form,element,level,expression,message_vi,message_en\n".to_owned()),
    ];
    files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect()
}

#[derive(Clone, Debug, Default)]
struct UnitRow {
    id: String,
    kind: &'static str,
    from: &'static str,
    to: &'static str,
    successor: String,
}

fn units(tape: &Tape) -> String {
    let mut rows: Vec<UnitRow> = (0..3 + tape.below(4)).map(|place| base_unit(place, tape)).collect();
    for place in 0..tape.below(3) {
        merger(&mut rows, place, tape);
    }
    if tape.chance(20) {
        let from = tape.one(&["2025-05-01", "2024-07-01", "2024-03-15", "2025-10-15"]);
        rows.push(UnitRow { id: "new".into(), kind: "commune", from, ..UnitRow::default() });
    }
    if tape.chance(20) {
        let to = tape.one(&["2025-05-31", "2025-08-15", "2024-07-31"]);
        rows.push(UnitRow { id: "gone".into(), kind: "commune", to, ..UnitRow::default() });
    }
    let mut text = "id,code,name,kind,valid_from,valid_to,successor,lat,lon\n".to_owned();
    for UnitRow { id, kind, from, to, successor } in rows {
        text += &format!("{id},c-{id},{id},{kind},{from},{to},{successor},,\n");
    }
    text
}

fn base_unit(place: usize, tape: &Tape) -> UnitRow {
    let kind = match place {
        0 => "commune",
        1 => "township",
        _ => tape.one(&["commune", "township"]),
    };
    UnitRow { id: format!("u{place}"), kind, ..UnitRow::default() }
}

/// Some units that have not ended go on as one: a new one, or one of those that were there.
fn merger(rows: &mut Vec<UnitRow>, place: usize, tape: &Tape) {
    let (to, from) = ENDS[tape.below(ENDS.len())];
    let is_new = !tape.chance(25);
    let is_done = |heir: &str| rows.iter().all(|row| row.successor != heir || row.to < to);
    let open = |row: &UnitRow| row.to.is_empty() && row.from < to && is_done(&row.id);
    let mut members: Vec<usize> = (0..rows.len()).filter(|place| open(&rows[*place])).collect();
    if members.len() < 2 {
        return;
    }
    let heir = if is_new { format!("m{place}") } else { rows[members.remove(0)].id.clone() };
    for member in members.into_iter().take(1 + tape.below(3)) {
        rows[member].to = to;
        rows[member].successor.clone_from(&heir);
    }
    if is_new {
        rows.push(UnitRow { id: heir, kind: tape.one(&["commune", "township"]), from, ..UnitRow::default() });
    }
}

fn elements(tape: &Tape) -> String {
    let mut text =
        "key,form,label_vi,label_en,measure,kind,scale,applies_to,min,max,part_of,baseline,source\n"
            .to_owned();
    for (place, kind) in
        ["flow", "stock", "flag", "flow", "stock", "flag", "flow", "flow"].into_iter().enumerate()
    {
        let form = FORM_KEYS[tape.below(FORM_KEYS.len())];
        let scale = if kind == "flag" { "0" } else { tape.one(&["0", "1", "3"]) };
        let applies_to = tape.one(&["all", "all", "all", "commune", "township"]);
        let min = if kind != "flag" && tape.chance(25) { "-100000" } else { "" };
        text += &format!("{kind}{place},{form},x,x,,{kind},{scale},{applies_to},{min},,,,\n");
    }
    text
}

/// A row of the table of targets, as far as it varies.
#[derive(Clone, Debug)]
pub(crate) struct TargetRow {
    pub(super) comparator: &'static str,
    pub(super) value: String,
    pub(super) scope: String,
    pub(super) formula: String,
    pub(super) pace: &'static str,
    pub(super) from: &'static str,
}

impl TargetRow {
    /// Sets the value near an amount, where there is a value.
    pub(crate) fn aim(&mut self, amount: &BigRational) {
        let amount = (amount * BigRational::from(BigInt::from(1000))).round().to_integer().to_string();
        let Some(amount) = amount.parse().ok().filter(|_| !self.value.is_empty()) else { return };
        let amount = gom_domain::number::plain(amount, 3);
        self.value = if self.comparator == "range" { format!("{amount}..{amount}") } else { amount };
    }
}

pub(crate) fn targets_table(rows: &[TargetRow]) -> String {
    let mut text =
        "ref,group,key,label_vi,label_en,comparator,value,printed,unit_vi,unit,scope,formula,pace,from,doubt,note\n"
            .to_owned();
    for (row, place) in rows.iter().zip(1..) {
        let TargetRow { comparator, value, scope, formula, pace, from } = row;
        text +=
            &format!("{place},1,t{place},x,x,{comparator},{value},,,,{scope},{formula},{pace},{from},,\n");
    }
    text
}
