//! Conditions made ready to be asked of every report: comparisons of sums of figures become sums of whole numbers.
//!
//! `value <= 3 * last(value)` over figures with two decimals is `value - 3 * last(value) <= 0` over their digits: no
//! fractions, nothing allocated. What is no such sum, as a product of two figures, is evaluated as it stands.

use super::{Comparison, Condition, Expr, Operator, Term, both};
use crate::number::Decimal;
use crate::quantity::Quantity;

/// A condition made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// A comparison of sums of figures.
    Sum(Sum),
    /// Any other comparison.
    Exact(Comparison, Expr, Expr),
    /// Whether a figure is there.
    Present(Term),
    /// Both hold.
    And(Box<Test>, Box<Test>),
    /// At least one holds.
    Or(Box<Test>, Box<Test>),
    /// It does not hold.
    Not(Box<Test>),
}

/// `factor * figure + … + constant`, compared with zero; all in digits at one common scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    comparison: Comparison,
    parts: Vec<(Term, i128)>,
    constant: i128,
}

/// What a test is asked of.
pub trait Figures {
    /// A term's figure, in digits at its element's scale.
    fn digits(&self, term: Term) -> Option<i128>;
    /// How many decimals it has.
    fn scale(&self, term: Term) -> u8;
}

impl Test {
    /// Makes a condition ready; `scale` tells how many decimals a term's figures have.
    pub fn new(condition: &Condition, scale: &dyn Fn(Term) -> u8) -> Self {
        let new = |condition: &Condition| Box::new(Self::new(condition, scale));
        match condition {
            Condition::Compare(comparison, left, right) => Sum::new(*comparison, left, right, scale)
                .map_or_else(|| Self::Exact(*comparison, left.clone(), right.clone()), Self::Sum),
            Condition::Present(term) => Self::Present(*term),
            Condition::And(left, right) => Self::And(new(left), new(right)),
            Condition::Or(left, right) => Self::Or(new(left), new(right)),
            Condition::Not(inner) => Self::Not(new(inner)),
        }
    }

    /// Whether the condition holds; none where a figure that decides it is missing.
    pub fn eval(&self, figures: &impl Figures) -> Option<bool> {
        match self {
            Self::Sum(sum) => sum.eval(figures),
            Self::Exact(comparison, left, right) => exact(*comparison, left, right, figures),
            Self::Present(term) => Some(figures.digits(*term).is_some()),
            Self::And(left, right) => both(false, left.eval(figures), || right.eval(figures)),
            Self::Or(left, right) => both(true, left.eval(figures), || right.eval(figures)),
            Self::Not(inner) => inner.eval(figures).map(|held| !held),
        }
    }
}

fn exact(comparison: Comparison, left: &Expr, right: &Expr, figures: &impl Figures) -> Option<bool> {
    let amount = |term| Some(Quantity::scaled(figures.digits(term)?, figures.scale(term)));
    Some(comparison.holds(left.eval(&amount)?.cmp(&right.eval(&amount)?)))
}

/// A sum while it is put together: factors and constant as decimals.
#[derive(Default)]
struct Linear {
    parts: Vec<(Term, Decimal)>,
    constant: Vec<Decimal>,
}

impl Sum {
    fn new(comparison: Comparison, left: &Expr, right: &Expr, scale: &dyn Fn(Term) -> u8) -> Option<Self> {
        let mut linear = Linear::default();
        linear.add(left, Decimal { digits: 1, scale: 0 })?;
        linear.add(right, Decimal { digits: -1, scale: 0 })?;
        let own = |(term, factor): &(Term, Decimal)| factor.scale + scale(*term);
        let constants = linear.constant.iter().map(|constant| constant.scale);
        let common = linear.parts.iter().map(own).chain(constants).max()?;
        let digits = |decimal: Decimal, scale: u8| {
            i128::from(decimal.digits).checked_mul(10_i128.checked_pow((common - scale).into())?)
        };
        let mut parts: Vec<(Term, i128)> = Vec::new();
        for part in &linear.parts {
            let factor = digits(part.1, own(part))?;
            match parts.iter_mut().find(|(term, _)| *term == part.0) {
                Some((_, sum)) => *sum = sum.checked_add(factor)?,
                None => parts.push((part.0, factor)),
            }
        }
        let constant = linear
            .constant
            .iter()
            .try_fold(0_i128, |sum, constant| sum.checked_add(digits(*constant, constant.scale)?))?;
        Some(Self { comparison, parts, constant })
    }

    /// A term that is subtracted from itself must still be there, so its part stays even where its factor is zero.
    fn eval(&self, figures: &impl Figures) -> Option<bool> {
        let mut sum = Some(self.constant);
        for (term, factor) in &self.parts {
            let part = figures.digits(*term)?.checked_mul(*factor);
            sum = sum.zip(part).and_then(|(sum, part)| sum.checked_add(part));
        }
        match sum {
            Some(sum) => Some(self.comparison.holds(sum.cmp(&0))),
            None => self.large(figures),
        }
    }

    /// The same where it does not fit the machine's integers.
    fn large(&self, figures: &impl Figures) -> Option<bool> {
        let mut sum = Quantity::scaled(self.constant, 0);
        for (term, factor) in &self.parts {
            sum = &sum + &(&Quantity::scaled(figures.digits(*term)?, 0) * &Quantity::scaled(*factor, 0));
        }
        Some(self.comparison.holds(sum.cmp(&Quantity::zero())))
    }
}

impl Linear {
    /// Adds `factor * expr`; none where it is no sum of figures with constant factors.
    fn add(&mut self, expr: &Expr, factor: Decimal) -> Option<()> {
        match expr {
            Expr::Number(number) => self.constant.push(times(*number, factor)?),
            Expr::Flag(flag) => {
                self.constant.push(times(Decimal { digits: (*flag).into(), scale: 0 }, factor)?);
            }
            Expr::Term(term) => self.parts.push((*term, factor)),
            Expr::Negative(inner) => self.add(inner, minus(factor)?)?,
            Expr::Binary(Operator::Add, left, right) => {
                self.add(left, factor)?;
                self.add(right, factor)?;
            }
            Expr::Binary(Operator::Subtract, left, right) => {
                self.add(left, factor)?;
                self.add(right, minus(factor)?)?;
            }
            Expr::Binary(Operator::Multiply, left, right) => match (constant(left), constant(right)) {
                (Some(number), _) => self.add(right, times(number, factor)?)?,
                (_, Some(number)) => self.add(left, times(number, factor)?)?,
                (None, None) => return None,
            },
            Expr::Binary(Operator::Divide, ..) => return None,
        }
        Some(())
    }
}

fn constant(expr: &Expr) -> Option<Decimal> {
    match expr {
        Expr::Number(number) => Some(*number),
        Expr::Negative(inner) => minus(constant(inner)?),
        _ => None,
    }
}

fn times(a: Decimal, b: Decimal) -> Option<Decimal> {
    Some(Decimal { digits: a.digits.checked_mul(b.digits)?, scale: a.scale.checked_add(b.scale)? })
}

fn minus(number: Decimal) -> Option<Decimal> {
    Some(Decimal { digits: number.digits.checked_neg()?, scale: number.scale })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::element::ElementIx;
    use crate::formula::parse_condition;

    /// Figures of a, b and c with 0, 1 and 3 decimals.
    struct Three([Option<i64>; 3]);

    impl Figures for Three {
        fn digits(&self, term: Term) -> Option<i128> {
            self.0[usize::from(term.element.0)].map(i128::from)
        }

        fn scale(&self, term: Term) -> u8 {
            [0, 1, 3][usize::from(term.element.0)]
        }
    }

    fn condition(text: &str) -> Condition {
        let names = |name: &str| "abc".find(name).and_then(|at| u16::try_from(at).ok()).map(ElementIx);
        parse_condition(text, &names).unwrap()
    }

    fn as_it_stands(condition: &Condition, figures: &Three) -> Option<bool> {
        condition.eval(&|term| Some(Quantity::scaled(figures.digits(term)?, figures.scale(term))))
    }

    const CONDITIONS: [&str; 14] = [
        "a <= 3 * b and 3 * a >= b",
        "a = 0 or a != c",
        "b >= 0.7 * c",
        "a <= 3 * b + 3.25",
        "a - a = 0",
        "a - b * 2 + 1 < c - 0.001 * a",
        "-(a - b) * -2 > 5",
        "not (a <= 1.05 * b)",
        "present(a) or b > c",
        "a * b > c",
        "a / b > 2",
        "a = yes or b = no",
        "1 < 2",
        "9999999999 * a > 999999999 * b",
    ];

    fn figure() -> impl Strategy<Value = Option<i64>> {
        prop_oneof![
            1 => Just(None),
            6 => (-40_i64..40).prop_map(Some),
            2 => (-4_000_i64..4_000).prop_map(Some),
            1 => any::<i64>().prop_map(Some),
        ]
    }

    proptest! {
        #[test]
        fn a_test_says_what_its_condition_says(which in 0..CONDITIONS.len(), figures in [figure(), figure(), figure()]) {
            let (condition, figures) = (condition(CONDITIONS[which]), Three(figures));
            let test = Test::new(&condition, &|term| figures.scale(term));
            prop_assert_eq!(test.eval(&figures), as_it_stands(&condition, &figures));
        }
    }

    #[test]
    fn sums_are_made_ready_and_products_are_not() {
        let is_sum = |text| matches!(Test::new(&condition(text), &|_| 1), Test::Sum(_));
        assert!(["a = 0", "b >= 0.7 * c", "-(a - b) * -2 > 5", "a - a = 0"].into_iter().all(is_sum));
        assert!(!["a * b > c", "a / 2 > b"].into_iter().any(is_sum));
    }
}
