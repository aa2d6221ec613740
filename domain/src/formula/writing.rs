//! Formulas as text: as the tables write them, or as people read them.
//!
//! Both follow the same tree, so what a person reads is what is evaluated.

use super::{Comparison, Condition, Expr, Operator, Term};
use crate::number::{Decimal, plain, shown};
use crate::wording::Lang;

/// How a formula is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// As in a table: it can be read again.
    Table,
    /// For people: `0,5 × …`, `≤`, `và`.
    Prose(Lang),
}

impl Writing {
    /// The formula as text, each term as `name` writes it.
    pub fn formula(self, formula: &Expr, name: &dyn Fn(Term) -> String) -> String {
        self.expr(0, formula, name)
    }

    /// The condition as text, each term as `name` writes it.
    pub fn condition(self, condition: &Condition, name: &dyn Fn(Term) -> String) -> String {
        self.claim(0, condition, name)
    }

    fn expr(self, outer: u8, expr: &Expr, name: &dyn Fn(Term) -> String) -> String {
        match expr {
            Expr::Number(number) => self.number(*number),
            Expr::Flag(flag) => self.flag(*flag).to_owned(),
            Expr::Term(term) => name(*term),
            Expr::Negative(inner) => {
                format!("{}{}", self.sign(Operator::Subtract), self.expr(3, inner, name))
            }
            Expr::Binary(operator, left, right) => {
                let (own, right_side) = match operator {
                    Operator::Add => (1, 1),
                    Operator::Subtract => (1, 2),
                    Operator::Multiply => (2, 2),
                    Operator::Divide => (2, 3),
                };
                let (left, right) = (self.expr(own, left, name), self.expr(right_side, right, name));
                within(outer, own, format!("{left} {} {right}", self.sign(*operator)))
            }
        }
    }

    fn claim(self, outer: u8, condition: &Condition, name: &dyn Fn(Term) -> String) -> String {
        let word = |table: &'static str, vi: &'static str| self.word(table, vi, table);
        match condition {
            Condition::Compare(comparison, left, right) => {
                let (left, right) = (self.expr(0, left, name), self.expr(0, right, name));
                within(outer, 3, format!("{left} {} {right}", self.comparison(*comparison)))
            }
            Condition::Present(term) => match self {
                Self::Table => format!("present({})", name(*term)),
                Self::Prose(lang) => format!("{} {}", name(*term), lang.pick("đã ghi", "is filled in")),
            },
            Condition::And(left, right) => {
                let (left, right) = (self.claim(1, left, name), self.claim(1, right, name));
                within(outer, 1, format!("{left} {} {right}", word("and", "và")))
            }
            Condition::Or(left, right) => {
                let (left, right) = (self.claim(0, left, name), self.claim(0, right, name));
                within(outer, 0, format!("{left} {} {right}", word("or", "hoặc")))
            }
            Condition::Not(inner) => {
                within(outer, 2, format!("{} {}", word("not", "không phải"), self.claim(2, inner, name)))
            }
        }
    }

    fn word(self, table: &'static str, vi: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Table => table,
            Self::Prose(lang) => lang.pick(vi, en),
        }
    }

    fn number(self, number: Decimal) -> String {
        match self {
            Self::Table => plain(number.digits, number.scale),
            Self::Prose(lang) => shown(number.digits, number.scale, lang),
        }
    }

    fn flag(self, flag: bool) -> &'static str {
        if flag { self.word("yes", "có", "yes") } else { self.word("no", "không", "no") }
    }

    fn sign(self, operator: Operator) -> &'static str {
        match (operator, self) {
            (Operator::Add, _) => "+",
            (Operator::Subtract, Self::Table) => "-",
            (Operator::Subtract, Self::Prose(_)) => "−",
            (Operator::Multiply, Self::Table) => "*",
            (Operator::Multiply, Self::Prose(_)) => "×",
            (Operator::Divide, Self::Table) => "/",
            (Operator::Divide, Self::Prose(_)) => "÷",
        }
    }

    fn comparison(self, comparison: Comparison) -> &'static str {
        let sign = |table, prose| self.word(table, prose, prose);
        match comparison {
            Comparison::Equal => "=",
            Comparison::Unequal => sign("!=", "≠"),
            Comparison::Less => "<",
            Comparison::AtMost => sign("<=", "≤"),
            Comparison::Greater => ">",
            Comparison::AtLeast => sign(">=", "≥"),
        }
    }
}

/// In brackets, where it binds less than what is around it.
fn within(outer: u8, own: u8, text: String) -> String {
    if own < outer { format!("({text})") } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::Aspect;
    use super::super::tests::{condition, formula};
    use super::*;

    fn write(term: Term) -> String {
        let key = char::from(b'a' + u8::try_from(term.element.0).unwrap());
        if term.aspect == Aspect::Now { key.to_string() } else { format!("{}({key})", term.aspect.word()) }
    }

    #[test]
    fn text_comes_back_as_it_was_written() {
        for text in [
            "100 * a / (b + c)",
            "a - (b - c)",
            "a - b - c",
            "a / (b / c)",
            "-(a + b) * 2",
            "kept(a) - kept(b)",
        ] {
            assert_eq!(Writing::Table.formula(&formula(text), &write), text);
        }
        for text in ["a <= 3 * last(a) or not present(b) and c = yes", "(a < 1 or b < 2) and c < 3"] {
            assert_eq!(Writing::Table.condition(&condition(text), &write), text);
        }
    }

    #[test]
    fn people_read_signs_and_words_of_their_own() {
        let rule = condition("a <= 0.002 * last(a) and not present(b) or c != yes");
        let said = |lang| Writing::Prose(lang).condition(&rule, &write);
        assert_eq!(said(Lang::Vi), "a ≤ 0,002 × last(a) và không phải b đã ghi hoặc c ≠ có");
        assert_eq!(said(Lang::En), "a ≤ 0.002 × last(a) and not b is filled in or c ≠ yes");
        assert_eq!(Writing::Prose(Lang::Vi).formula(&formula("-(a - b) / 1000"), &write), "−(a − b) ÷ 1.000");
    }
}
