//! Formulas and conditions: any text is refused or read; what is read is written, read again and evaluated as the same.

use gom_domain::Quantity;
use gom_domain::element::{ElementIx, VALUE_LIMIT};
use gom_domain::formula::{
    Asked, Aspect, Condition, Dialect, Expr, Term, Test, Writing, parse_condition, parse_formula,
};

use super::tape::Tape;

const FORMULAS: [&str; 12] = [
    "100 * a / (b + c)",
    "kept(a) - kept(b)",
    "-(a + b) * 2",
    "a - (b - c)",
    "a / (b / (c - 1.25))",
    "2 * a + b * 0.5 - quota(c)",
    "a <= 3 * last(a) or not present(b) and c = yes",
    "(a < 1 or b < 2) and c < 3",
    "not (not a >= total(b))",
    "a * b != prev(c) / 3",
    "1.5 * a - 0.25 * b + 7 > a + -c",
    "((((((a))))))",
];
const WORDS: [&str; 40] = [
    "a",
    "b",
    "c",
    "ab",
    " ",
    "(",
    ")",
    "((",
    "))",
    "-",
    "--",
    "- ",
    "+",
    "*",
    "/",
    " = ",
    " != ",
    "<",
    "<=",
    ">",
    ">=",
    " and ",
    " or ",
    " not ",
    "not not ",
    "yes",
    "no",
    "present(a)",
    "prev(b)",
    "quota(c)",
    "kept(a)",
    "last(b)",
    "total(c)",
    "0",
    "1.5",
    "999999999999999999",
    "0.000000000000000001",
    "ư",
    "(-a)",
    "a / 0",
];

/// Any text as a formula of each kind.
pub fn formula(data: &[u8]) {
    let mut tape = Tape::new(data);
    let valid = *tape.one_of(&FORMULAS);
    let mut text = tape.changed(valid.as_bytes(), &WORDS);
    if tape.one_in(32) {
        let times = tape.below(3_000);
        text = text.repeat(times);
    }
    let text = String::from_utf8_lossy(&text);
    let figures: Vec<Option<i64>> = (0..6).map(|_| figure(&mut tape)).collect();
    for dialect in [Dialect::Target, Dialect::Rule] {
        match parse_formula(&text, dialect, &names) {
            Ok(expr) => formula_holds(&expr, dialect, &figures),
            Err(fault) => lies_within(fault.at, &text),
        }
    }
    match parse_condition(&text, &names) {
        Ok(condition) => condition_holds(&condition, &figures),
        Err(fault) => lies_within(fault.at, &text),
    }
}

/// The place of a fault is a character of the text, or the one after its end.
fn lies_within(at: usize, text: &str) {
    assert!((1..=text.chars().count() + 1).contains(&at), "{at} in {text:?}");
}

fn formula_holds(expr: &Expr, dialect: Dialect, figures: &[Option<i64>]) {
    let text = Writing::Table.formula(expr, &write);
    let again = parse_formula(&text, dialect, &names).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    assert_eq!(Writing::Table.formula(&again, &write), text);
    let amount = |term: Term| amount(term, figures);
    assert_eq!(again.eval(&amount), expr.eval(&amount), "{text}");
    assert_eq!(again.terms(), expr.terms(), "{text}");
    assert_eq!(again.is_additive(), expr.is_additive(), "{text}");
}

fn condition_holds(condition: &Condition, figures: &[Option<i64>]) {
    let written = Writing::Table.condition(condition, &write);
    let again = parse_condition(&written, &names).unwrap_or_else(|fault| panic!("{written}: {fault:?}"));
    assert_eq!(Writing::Table.condition(&again, &write), written);
    let held = condition.eval(&|term| amount(term, figures));
    assert_eq!(again.eval(&|term| amount(term, figures)), held, "{written}");
    let mut asked = Asked::default();
    let Some(ready) = Test::new(condition, &mut asked, &scale) else { return };
    let digits: Vec<Option<i64>> = asked.terms().map(|term| figures[place(term)]).collect();
    if let Ok(tested) = ready.eval(&digits, &mut Vec::new()) {
        assert_eq!(tested, held, "{written}, made ready, of {digits:?}");
    }
}

fn names(name: &str) -> Option<ElementIx> {
    ["a", "b", "c"].into_iter().zip(0..).find_map(|(known, at)| (known == name).then_some(ElementIx(at)))
}

fn write(term: Term) -> String {
    let key = ["a", "b", "c"][term.element.get()];
    if term.aspect == Aspect::Now { key.to_owned() } else { format!("{}({key})", term.aspect.word()) }
}

fn scale(term: Term) -> u8 {
    [0, 2, 3][term.element.get()]
}

/// Where a term's figure stands: a figure itself apart from what is told of it otherwise.
fn place(term: Term) -> usize {
    term.element.get() + if term.aspect == Aspect::Now { 0 } else { 3 }
}

fn amount(term: Term, figures: &[Option<i64>]) -> Option<Quantity> {
    Some(Quantity::scaled(figures[place(term)]?.into(), scale(term)))
}

/// A figure as reports may have it, or none.
fn figure(tape: &mut Tape<'_>) -> Option<i64> {
    match tape.byte() {
        0..32 => None,
        32..64 => Some(VALUE_LIMIT - 1),
        64..96 => Some(1 - VALUE_LIMIT),
        small => Some(i64::from(small) - 128),
    }
}
