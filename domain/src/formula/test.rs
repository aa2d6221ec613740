//! Conditions made ready to be asked of every report: comparisons of sums of figures become sums of whole numbers.
//!
//! `value <= 3 * last(value)` over figures with two decimals is `value - 3 * last(value) <= 0` over their digits: no
//! fractions, nothing allocated. What is no such sum, as a product of two figures, is evaluated as it stands. Figures
//! are found by their places in a list, so that whoever asks many tests looks each figure up once.

use super::{Comparison, Condition, Expr, Operator, Term, both};
use crate::element::Value;
use crate::number::Decimal;
use crate::quantity::Quantity;

/// The list of figures that tests ask for: each term once, with the decimals that its figures have.
#[derive(Clone, Debug, Default)]
pub struct Asked(Vec<(Term, u8)>);

/// A condition made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// A comparison of sums of figures.
    Sum(Sum),
    /// Any other comparison.
    Exact(Comparison, Expr, Expr),
    /// Whether the figure at a place is there.
    Present(usize),
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
    /// The figures' places with their factors.
    parts: Vec<(usize, i64)>,
    constant: i128,
}

/// The figures that were asked for, in their order, each in digits at its element's scale.
#[derive(Clone, Copy, Debug)]
pub struct Figures<'a> {
    /// What was asked for.
    pub asked: &'a Asked,
    /// What there is of it.
    pub digits: &'a [Option<Value>],
}

impl Asked {
    /// The terms in the order of their places.
    pub fn terms(&self) -> impl Iterator<Item = Term> + '_ {
        self.0.iter().map(|(term, _)| *term)
    }

    /// A term's place; it gets one if it has none yet.
    fn place(&mut self, term: Term, scale: &dyn Fn(Term) -> u8) -> usize {
        self.find(term).unwrap_or_else(|| {
            self.0.push((term, scale(term)));
            self.0.len() - 1
        })
    }

    fn find(&self, term: Term) -> Option<usize> {
        self.0.iter().position(|(asked, _)| *asked == term)
    }
}

impl Figures<'_> {
    fn amount(self, term: Term) -> Option<Quantity> {
        let place = self.asked.find(term)?;
        Some(Quantity::scaled(self.digits[place]?.into(), self.asked.0[place].1))
    }
}

impl Test {
    /// Makes a condition ready and puts its terms on the list; `scale` tells how many decimals a term's figures have.
    pub fn new(condition: &Condition, asked: &mut Asked, scale: &dyn Fn(Term) -> u8) -> Self {
        let mut new = |condition: &Condition| Box::new(Self::new(condition, asked, scale));
        match condition {
            Condition::And(left, right) => Self::And(new(left), new(right)),
            Condition::Or(left, right) => Self::Or(new(left), new(right)),
            Condition::Not(inner) => Self::Not(new(inner)),
            Condition::Present(term) => Self::Present(asked.place(*term, scale)),
            Condition::Compare(comparison, left, right) => {
                condition.terms().into_iter().for_each(|term| _ = asked.place(term, scale));
                Sum::new(*comparison, left, right, asked)
                    .map_or_else(|| Self::Exact(*comparison, left.clone(), right.clone()), Self::Sum)
            }
        }
    }

    /// Whether the condition holds; none where a figure that decides it is missing.
    pub fn eval(&self, figures: Figures<'_>) -> Option<bool> {
        match self {
            Self::Sum(sum) => sum.eval(figures.digits),
            Self::Exact(comparison, left, right) => exact(*comparison, left, right, figures),
            Self::Present(place) => Some(figures.digits[*place].is_some()),
            Self::And(left, right) => both(false, left.eval(figures), || right.eval(figures)),
            Self::Or(left, right) => both(true, left.eval(figures), || right.eval(figures)),
            Self::Not(inner) => inner.eval(figures).map(|held| !held),
        }
    }
}

fn exact(comparison: Comparison, left: &Expr, right: &Expr, figures: Figures<'_>) -> Option<bool> {
    let amount = |term| figures.amount(term);
    Some(comparison.holds(left.eval(&amount)?.cmp(&right.eval(&amount)?)))
}

/// A sum while it is put together: factors and constant as decimals.
#[derive(Default)]
struct Linear {
    parts: Vec<(Term, Decimal)>,
    constant: Vec<Decimal>,
}

impl Sum {
    fn new(comparison: Comparison, left: &Expr, right: &Expr, asked: &Asked) -> Option<Self> {
        let mut linear = Linear::default();
        linear.add(left, Decimal { digits: 1, scale: 0 })?;
        linear.add(right, Decimal { digits: -1, scale: 0 })?;
        let placed = |(term, factor): &(Term, Decimal)| {
            let place = asked.find(*term)?;
            Some((place, *factor, factor.scale.checked_add(asked.0[place].1)?))
        };
        let linear_parts = linear.parts.iter().map(placed).collect::<Option<Vec<_>>>()?;
        let constants = linear.constant.iter().map(|constant| constant.scale);
        let common = linear_parts.iter().map(|(.., scale)| *scale).chain(constants).max()?;
        let digits = |decimal: Decimal, scale: u8| {
            i128::from(decimal.digits).checked_mul(10_i128.checked_pow((common - scale).into())?)
        };
        let mut parts: Vec<(usize, i64)> = Vec::new();
        for (place, factor, scale) in linear_parts {
            let factor = i64::try_from(digits(factor, scale)?).ok()?;
            match parts.iter_mut().find(|(known, _)| *known == place) {
                Some((_, sum)) => *sum = sum.checked_add(factor)?,
                None => parts.push((place, factor)),
            }
        }
        let constant = linear
            .constant
            .iter()
            .try_fold(0_i128, |sum, constant| sum.checked_add(digits(*constant, constant.scale)?))?;
        Some(Self { comparison, parts, constant })
    }

    /// A term that is subtracted from itself must still be there, so its part stays even where its factor is zero.
    fn eval(&self, digits: &[Option<Value>]) -> Option<bool> {
        let mut sum = Some(self.constant);
        for (place, factor) in &self.parts {
            let part = i128::from(digits[*place]?) * i128::from(*factor);
            sum = sum.and_then(|sum| sum.checked_add(part));
        }
        match sum {
            Some(sum) => Some(self.comparison.holds(sum.cmp(&0))),
            None => self.large(digits),
        }
    }

    /// The same where it does not fit the machine's integers.
    fn large(&self, digits: &[Option<Value>]) -> Option<bool> {
        let mut sum = Quantity::scaled(self.constant, 0);
        for (place, factor) in &self.parts {
            sum = &sum + &(&Quantity::from(digits[*place]?) * &Quantity::from(*factor));
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
    type Three = [Option<i64>; 3];

    fn scale(term: Term) -> u8 {
        [0, 1, 3][usize::from(term.element.0)]
    }

    fn digits(figures: Three, term: Term) -> Option<i64> {
        figures[usize::from(term.element.0)]
    }

    fn condition(text: &str) -> Condition {
        let names = |name: &str| "abc".find(name).and_then(|at| u16::try_from(at).ok()).map(ElementIx);
        parse_condition(text, &names).unwrap()
    }

    fn as_it_stands(condition: &Condition, figures: Three) -> Option<bool> {
        condition.eval(&|term| Some(Quantity::scaled(digits(figures, term)?.into(), scale(term))))
    }

    /// All conditions are made ready over one list, as a form's are.
    fn made_ready(which: usize, figures: Three) -> Option<bool> {
        let mut asked = Asked::default();
        let ready = CONDITIONS.map(|text| Test::new(&condition(text), &mut asked, &scale));
        let digits: Vec<Option<i64>> = asked.terms().map(|term| digits(figures, term)).collect();
        ready[which].eval(Figures { asked: &asked, digits: &digits })
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
            prop_assert_eq!(made_ready(which, figures), as_it_stands(&condition(CONDITIONS[which]), figures));
        }
    }

    #[test]
    fn sums_are_made_ready_and_products_are_not() {
        let is_sum =
            |text| matches!(Test::new(&condition(text), &mut Asked::default(), &|_| 1), Test::Sum(_));
        assert!(["a = 0", "b >= 0.7 * c", "-(a - b) * -2 > 5", "a - a = 0"].into_iter().all(is_sum));
        assert!(!["a * b > c", "a / 2 > b"].into_iter().any(is_sum));
    }
}
