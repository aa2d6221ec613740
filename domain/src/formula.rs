//! Formulas and conditions: what targets and rules are written in.
//!
//! They are parsed and their names checked when a programme is loaded, so that evaluating cannot meet an unknown
//! name. Evaluation is exact, and every formula can be shown again with the numbers put in.

mod parse;
mod test;
mod writing;

pub use parse::{Dialect, Names, SyntaxFault, SyntaxProblem, parse_condition, parse_formula};
pub use test::{Asked, Test, TooLarge};
pub use writing::Writing;

use std::cmp::Ordering;

use crate::element::ElementIx;
use crate::number::Decimal;
use crate::quantity::Quantity;

/// What of an element a formula asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// The figure itself.
    Now,
    /// `prev(x)`: the year before.
    Prev,
    /// `quota(x)`: what was allotted for the year.
    Quota,
    /// `kept(x)`: units that have the flag and had it the year before (targets only).
    Kept,
    /// `last(x)`: the period before (rules only).
    Last,
    /// `total(x)`: the year so far (rules only).
    Total,
}

impl Aspect {
    /// How it is written in a formula; the figure itself has no word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Now => "",
            Self::Prev => "prev",
            Self::Quota => "quota",
            Self::Kept => "kept",
            Self::Last => "last",
            Self::Total => "total",
        }
    }
}

/// One name in a formula: an element seen in one aspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term {
    /// Which element.
    pub element: ElementIx,
    /// What of it.
    pub aspect: Aspect,
}

/// `+ - * /`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Sum.
    Add,
    /// Difference.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient; no value where the divisor is zero.
    Divide,
}

/// Something that comes out as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A number written out.
    Number(Decimal),
    /// `yes` or `no`, to compare a flag with.
    Flag(bool),
    /// An element.
    Term(Term),
    /// `-x`
    Negative(Box<Expr>),
    /// `x + y` and the like.
    Binary(Operator, Box<Expr>, Box<Expr>),
}

/// `= != < <= > >=`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Not equal.
    Unequal,
    /// Less.
    Less,
    /// Less or equal.
    AtMost,
    /// Greater.
    Greater,
    /// Greater or equal.
    AtLeast,
}

impl Comparison {
    /// Whether it holds of an ordering of left against right.
    pub fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Unequal => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

/// Something that is true, false or, where figures are missing, unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A comparison of two numbers; unknown where either has no value.
    Compare(Comparison, Expr, Expr),
    /// `present(x)`: the figure is there. Never unknown.
    Present(Term),
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
    /// Not.
    Not(Box<Condition>),
}

impl Expr {
    /// Its value with the numbers that `figures` gives; `None` where one is missing or a divisor is zero.
    pub fn eval(&self, figures: &dyn Fn(Term) -> Option<Quantity>) -> Option<Quantity> {
        match self {
            Self::Number(number) => Some(Quantity::from(*number)),
            Self::Flag(flag) => Some(Quantity::from(i64::from(*flag))),
            Self::Term(term) => figures(*term),
            Self::Negative(inner) => Some(&Quantity::zero() - &inner.eval(figures)?),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.eval(figures)?, right.eval(figures)?);
                match operator {
                    Operator::Add => Some(&left + &right),
                    Operator::Subtract => Some(&left - &right),
                    Operator::Multiply => Some(&left * &right),
                    Operator::Divide => left.checked_div(&right),
                }
            }
        }
    }

    /// Its terms, each once, in the order of their first mention.
    pub fn terms(&self) -> Vec<Term> {
        let mut terms = Vec::new();
        self.collect(&mut terms);
        terms
    }

    fn collect(&self, terms: &mut Vec<Term>) {
        match self {
            Self::Term(term) if !terms.contains(term) => terms.push(*term),
            Self::Negative(inner) => inner.collect(terms),
            Self::Binary(_, left, right) => {
                left.collect(terms);
                right.collect(terms);
            }
            Self::Number(_) | Self::Flag(_) | Self::Term(_) => {}
        }
    }

    /// Whether it adds up over units: elements, `+`, and `*` by a constant; nothing else.
    pub fn is_additive(&self) -> bool {
        match self {
            Self::Term(term) => term.aspect == Aspect::Now,
            Self::Binary(Operator::Add, left, right) => left.is_additive() && right.is_additive(),
            Self::Binary(Operator::Multiply, left, right) => {
                (left.is_constant() && right.is_additive()) || (left.is_additive() && right.is_constant())
            }
            _ => false,
        }
    }

    /// A product of numbers written out.
    fn is_constant(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Binary(Operator::Multiply, left, right) => left.is_constant() && right.is_constant(),
            _ => false,
        }
    }
}

impl Condition {
    /// Whether it holds; `None` where missing figures leave it open.
    pub fn eval(&self, figures: &dyn Fn(Term) -> Option<Quantity>) -> Option<bool> {
        match self {
            Self::Compare(comparison, left, right) => {
                Some(comparison.holds(left.eval(figures)?.cmp(&right.eval(figures)?)))
            }
            Self::Present(term) => Some(figures(*term).is_some()),
            Self::And(left, right) => both(false, left.eval(figures), || right.eval(figures)),
            Self::Or(left, right) => both(true, left.eval(figures), || right.eval(figures)),
            Self::Not(inner) => inner.eval(figures).map(|held| !held),
        }
    }

    /// The terms it mentions, each once.
    pub fn terms(&self) -> Vec<Term> {
        let mut terms = Vec::new();
        self.collect(&mut terms);
        terms
    }

    fn collect(&self, terms: &mut Vec<Term>) {
        match self {
            Self::Compare(_, left, right) => {
                left.collect(terms);
                right.collect(terms);
            }
            Self::Present(term) => Expr::Term(*term).collect(terms),
            Self::And(left, right) | Self::Or(left, right) => {
                left.collect(terms);
                right.collect(terms);
            }
            Self::Not(inner) => inner.collect(terms),
        }
    }
}

/// Two truths in one: either settles it if it is `settles`; otherwise both must be known.
fn both(settles: bool, left: Option<bool>, right: impl FnOnce() -> Option<bool>) -> Option<bool> {
    if left == Some(settles) {
        return left;
    }
    let right = right();
    if right == Some(settles) { right } else { left.and(right) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str) -> Option<ElementIx> {
        "abc".find(name).and_then(|at| u16::try_from(at).ok()).map(ElementIx)
    }

    pub(super) fn formula(text: &str) -> Expr {
        parse_formula(text, Dialect::Target, &names).unwrap()
    }

    pub(super) fn condition(text: &str) -> Condition {
        parse_condition(text, &names).unwrap()
    }

    #[test]
    fn only_sums_and_constant_multiples_are_additive() {
        for text in ["a", "a + b", "2 * a + b * 3", "2 * 3 * a"] {
            assert!(formula(text).is_additive(), "{text}");
        }
        for text in
            ["a - b", "a / 2", "a * b", "-a", "a + 1", "prev(a)", "kept(a)", "quota(a)", "a + prev(a)"]
        {
            assert!(!formula(text).is_additive(), "{text}");
        }
    }

    #[test]
    fn missing_figures_leave_a_condition_open() {
        let only_a = |term: Term| (term.element == ElementIx(0)).then(|| Quantity::from(1));
        assert_eq!(condition("a < b").eval(&only_a), None);
        assert_eq!(condition("a = 1 or a < b").eval(&only_a), Some(true));
        assert_eq!(condition("a = 2 and a < b").eval(&only_a), Some(false));
        assert_eq!(condition("not a < b").eval(&only_a), None);
        assert_eq!(condition("present(a) and not present(b)").eval(&only_a), Some(true));
    }

    #[test]
    fn division_by_zero_is_no_value() {
        let zero = |_: Term| Some(Quantity::zero());
        assert_eq!(formula("a / b").eval(&zero), None);
        assert_eq!(formula("1 - 3").eval(&zero).unwrap(), -2);
    }
}
