//! Targets: every comparator, pace and scope, over formulas from a single element to nested arithmetic.

use gom_domain::element::Kind;
use gom_domain::programme::Programme;

use super::tables::TargetRow;
use crate::tape::Tape;

const COMPARATORS: [&str; 16] = [
    ">=",
    ">=",
    ">=",
    "<=",
    "range",
    "each >",
    "each >=",
    "falls",
    "rises",
    "falls by >=",
    "=",
    "achieved",
    "reference",
    "guideline",
    ">=",
    "<=",
];

pub(super) fn targets(programme: &Programme, tape: &Tape) -> Vec<TargetRow> {
    let writer = Writer::new(programme);
    (0..4 + tape.below(6)).map(|_| writer.target(tape)).collect()
}

struct Writer<'a> {
    elements: Vec<&'a str>,
    flags: Vec<&'a str>,
    units: Vec<&'a str>,
}

impl<'a> Writer<'a> {
    fn new(programme: &'a Programme) -> Self {
        let of = |wanted: fn(Kind) -> bool| {
            programme
                .elements
                .iter()
                .filter(move |element| wanted(element.kind))
                .map(|e| e.key.as_str())
                .collect()
        };
        Self {
            elements: of(|_| true),
            flags: of(|kind| kind == Kind::Flag),
            units: programme.units.iter().map(|unit| unit.id.as_str()).collect(),
        }
    }

    fn target(&self, tape: &Tape) -> TargetRow {
        let comparator = COMPARATORS[tape.below(COMPARATORS.len())];
        let formula = match comparator {
            "guideline" => String::new(),
            "achieved" => tape.one(&self.flags).to_owned(),
            "falls" | "rises" | "falls by >=" => self.formula(tape, &["", "", "", "quota"]),
            _ => self.formula(tape, &["", "", "", "prev", "quota", "kept"]),
        };
        let value = match comparator {
            "falls" | "rises" | "achieved" | "guideline" => String::new(),
            _ if tape.chance(5) => String::new(),
            "range" => format!("{}..{}", tape.below(50), 50 + tape.below(50)),
            _ => tape.below(200).to_string(),
        };
        TargetRow {
            comparator,
            value,
            scope: self.scope(tape),
            formula,
            pace: ["", "linear", "level"][tape.below(3)],
            from: ["", "", "", "", "", "", "2025-02", "2025-Q2", "2025-H1", "2025-9M", "2025"]
                [tape.below(11)],
        }
    }

    fn scope(&self, tape: &Tape) -> String {
        if tape.below(2) == 0 {
            return "all".to_owned();
        }
        let first = self.condition(tape);
        if tape.below(3) == 2 { format!("{first} and {}", self.condition(tape)) } else { first }
    }

    fn condition(&self, tape: &Tape) -> String {
        let is = if tape.chance(40) { "!=" } else { "=" };
        match tape.below(4) {
            0 => format!("kind {is} {}", tape.one(&["commune", "township"])),
            1 => format!("unit {is} {}", tape.one(&self.units)),
            _ => format!("prev({}) {is} {}", tape.one(&self.flags), tape.one(&["no", "yes"])),
        }
    }

    fn formula(&self, tape: &Tape, aspects: &[&str]) -> String {
        let additive = aspects[0];
        match tape.below(6) {
            0 | 1 => self.sum(tape),
            2 => format!("100 * ({}) / ({})", self.sum(tape), self.sum(tape)),
            3 => format!("{} / {}", self.term(tape, &[additive]), self.term(tape, aspects)),
            // A term of its own beside the nested part, so that a formula is never all quotas.
            4 => format!("{} - {}", self.term(tape, &[additive]), self.nested(tape, aspects, 1)),
            _ => format!("{} + {}", self.nested(tape, aspects, 3), self.term(tape, &[additive])),
        }
    }

    fn sum(&self, tape: &Tape) -> String {
        let term = |tape: &Tape| match tape.below(4) {
            0 | 1 => tape.one(&self.elements).to_owned(),
            2 => format!("{} * {}", tape.one(&["2", "0.5", "2 * 3", "0"]), tape.one(&self.elements)),
            _ => format!("{} * 1.5", tape.one(&self.elements)),
        };
        let first = term(tape);
        if tape.below(3) == 2 { format!("{first} + {}", term(tape)) } else { first }
    }

    fn term(&self, tape: &Tape, aspects: &[&str]) -> String {
        match tape.one(aspects) {
            "" => tape.one(&self.elements).to_owned(),
            "kept" => format!("kept({})", tape.one(&self.flags)),
            word => format!("{word}({})", tape.one(&self.elements)),
        }
    }

    fn nested(&self, tape: &Tape, aspects: &[&str], depth: usize) -> String {
        match if depth == 0 { 0 } else { tape.below(6) } {
            0 | 1 => self.term(tape, aspects),
            2 => tape.one(&["3", "0.25", "100"]).to_owned(),
            3 => format!("-({})", self.nested(tape, aspects, depth - 1)),
            _ => {
                let left = self.nested(tape, aspects, depth - 1);
                format!(
                    "({left} {} {})",
                    tape.one(&["+", "-", "*", "/"]),
                    self.nested(tape, aspects, depth - 1)
                )
            }
        }
    }
}
