//! Conditions made ready to be asked of every report: a few steps over whole numbers.
//!
//! `value <= 3 * last(value)` over figures with two decimals is `value - 3 * last(value) <= 0` over their digits: no
//! fractions, nothing allocated. What is no comparison of such sums, as a product of two figures, is not made ready and
//! is evaluated as it stands. Figures are found by their places in a list, so that whoever asks many tests looks each
//! figure up once.

use super::{Comparison, Condition, Expr, Operator, Term, both};
use crate::element::Value;
use crate::number::Decimal;
use crate::quantity::Quantity;

/// The list of figures that tests ask for: each term once, with the decimals that its figures have.
#[derive(Clone, Debug, Default)]
pub struct Asked(Vec<(Term, u8)>);

/// A condition made ready.
#[derive(Clone, Debug, Default)]
pub struct Test(Vec<Step>);

/// Sums are added up part by part and compared with a constant; truths come last in, first out.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Adds a multiple of the figure at a place to the sum.
    Add { place: u16, factor: i64 },
    /// Compares the sum with a constant: a truth. The next sum begins.
    Compare { comparison: Comparison, constant: i64 },
    /// Whether the figure at a place is there: a truth.
    Present { place: u16 },
    /// The last two truths become one.
    And,
    /// Likewise.
    Or,
    /// The last truth becomes its opposite.
    Not,
}

/// A sum does not fit the machine's integers: the condition is to be evaluated as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl Asked {
    /// The terms in the order of their places.
    pub fn terms(&self) -> impl Iterator<Item = Term> + '_ {
        self.0.iter().map(|(term, _)| *term)
    }

    /// A term's amount, where its figure is there.
    pub fn amount(&self, term: Term, digits: &[Option<Value>]) -> Option<Quantity> {
        let place = self.0.iter().position(|(asked, _)| *asked == term)?;
        Some(Quantity::scaled(digits[place]?.into(), self.0[place].1))
    }

    /// A term's place; it gets one if it has none yet.
    fn place(&mut self, term: Term, scale: &dyn Fn(Term) -> u8) -> usize {
        let known = self.0.iter().position(|(asked, _)| *asked == term);
        known.unwrap_or_else(|| {
            self.0.push((term, scale(term)));
            self.0.len() - 1
        })
    }
}

impl Test {
    /// Makes a condition ready, if that can be done, and puts its terms on the list; `scale` tells how many decimals a
    /// term's figures have.
    pub fn new(condition: &Condition, asked: &mut Asked, scale: &dyn Fn(Term) -> u8) -> Option<Self> {
        condition.terms().into_iter().for_each(|term| _ = asked.place(term, scale));
        let mut test = Self::default();
        test.add(condition, asked, scale)?;
        test.0.shrink_to_fit();
        Some(test)
    }

    fn add(&mut self, condition: &Condition, asked: &mut Asked, scale: &dyn Fn(Term) -> u8) -> Option<()> {
        match condition {
            Condition::Compare(comparison, left, right) => {
                self.0.extend(sum(*comparison, left, right, &mut |term| {
                    let place = asked.place(term, scale);
                    (place, scale(term))
                })?);
            }
            Condition::Present(term) => {
                self.0.push(Step::Present { place: u16::try_from(asked.place(*term, scale)).ok()? });
            }
            Condition::And(left, right) | Condition::Or(left, right) => {
                self.add(left, asked, scale)?;
                self.add(right, asked, scale)?;
                let and = matches!(condition, Condition::And(..));
                self.0.push(if and { Step::And } else { Step::Or });
            }
            Condition::Not(inner) => {
                self.add(inner, asked, scale)?;
                self.0.push(Step::Not);
            }
        }
        Some(())
    }

    /// Whether the condition holds of the figures that were asked for, each in digits at its element's scale; none
    /// where a figure that decides it is missing. `truths` is room to work in.
    pub fn eval(
        &self,
        digits: &[Option<Value>],
        truths: &mut Vec<Option<bool>>,
    ) -> Result<Option<bool>, TooLarge> {
        let mut sum = Some(0_i64);
        truths.clear();
        for step in &self.0 {
            match *step {
                // A term that is subtracted from itself must still be there.
                Step::Add { place, factor } => {
                    sum = match sum.zip(digits[usize::from(place)]) {
                        Some((sum, digits)) => {
                            let part = digits.checked_mul(factor).ok_or(TooLarge)?;
                            Some(sum.checked_add(part).ok_or(TooLarge)?)
                        }
                        None => None,
                    };
                }
                Step::Compare { comparison, constant } => {
                    truths.push(sum.map(|sum| comparison.holds(sum.cmp(&constant))));
                    sum = Some(0);
                }
                Step::Present { place } => truths.push(Some(digits[usize::from(place)].is_some())),
                Step::And => join(truths, false),
                Step::Or => join(truths, true),
                Step::Not => {
                    let inner = truths.pop().flatten();
                    truths.push(inner.map(|held| !held));
                }
            }
        }
        Ok(truths.pop().flatten())
    }
}

/// Makes the last two truths one; either settles it if it is `settles`.
fn join(truths: &mut Vec<Option<bool>>, settles: bool) {
    let (right, left) = (truths.pop().flatten(), truths.pop().flatten());
    truths.push(both(settles, left, || right));
}

/// `left - right` as a sum of figures at one common scale, compared with a constant; none where it is no such sum.
fn sum(
    comparison: Comparison,
    left: &Expr,
    right: &Expr,
    place: &mut dyn FnMut(Term) -> (usize, u8),
) -> Option<Vec<Step>> {
    let mut linear = Linear::default();
    linear.add(left, Decimal { digits: 1, scale: 0 })?;
    linear.add(right, Decimal { digits: -1, scale: 0 })?;
    let mut placed = |(term, factor): (Term, Decimal)| {
        let (place, scale) = place(term);
        Some((u16::try_from(place).ok()?, factor.digits, factor.scale.checked_add(scale)?))
    };
    let parts = linear.parts.into_iter().map(&mut placed).collect::<Option<Vec<_>>>()?;
    let constants = linear.constant.iter().map(|constant| constant.scale);
    let common = parts.iter().map(|(.., scale)| *scale).chain(constants).max()?;
    let at_common = |digits: i64, scale: u8| digits.checked_mul(10_i64.checked_pow((common - scale).into())?);
    let mut steps: Vec<Step> = Vec::new();
    for (place, factor, scale) in parts {
        steps.push(Step::Add { place, factor: at_common(factor, scale)? });
    }
    let constants = linear.constant.iter();
    let constant = constants
        .map(|constant| at_common(constant.digits, constant.scale))
        .try_fold(0_i64, |sum, constant| sum.checked_sub(constant?))?;
    steps.push(Step::Compare { comparison, constant });
    Some(steps)
}

/// A sum while it is put together: factors and constant as decimals.
#[derive(Default)]
struct Linear {
    parts: Vec<(Term, Decimal)>,
    constant: Vec<Decimal>,
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
    fn made_ready(which: usize, figures: Three) -> Result<Option<bool>, TooLarge> {
        let mut asked = Asked::default();
        let ready = CONDITIONS.map(|text| Test::new(&condition(text), &mut asked, &scale).unwrap());
        let digits: Vec<Option<i64>> = asked.terms().map(|term| digits(figures, term)).collect();
        ready[which].eval(&digits, &mut Vec::new())
    }

    const CONDITIONS: [&str; 12] = [
        "a <= 3 * b and 3 * a >= b",
        "a = 0 or a != c",
        "b >= 0.7 * c",
        "a <= 3 * b + 3.25",
        "a - a = 0",
        "a - b * 2 + 1 < c - 0.001 * a",
        "-(a - b) * -2 > 5",
        "not (a <= 1.05 * b)",
        "present(a) or b > c",
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
            let exact = as_it_stands(&condition(CONDITIONS[which]), figures);
            prop_assert_eq!(made_ready(which, figures).unwrap_or(exact), exact);
        }
    }

    #[test]
    fn what_does_not_fit_is_said_so() {
        let large = [Some(i64::MIN), Some(i64::MAX), Some(1)];
        let mut asked = Asked::default();
        let test = Test::new(&condition("a < b"), &mut asked, &|_| 0).unwrap();
        let digits: Vec<Option<i64>> = asked.terms().map(|term| digits(large, term)).collect();
        assert_eq!(test.eval(&digits, &mut Vec::new()), Err(TooLarge));
    }

    #[test]
    fn products_are_not_made_ready_but_asked_for() {
        for text in ["a * b > c", "a / 2 > b", "a > 0 and a * b > c"] {
            let mut asked = Asked::default();
            assert!(Test::new(&condition(text), &mut asked, &scale).is_none(), "{text}");
            let terms = condition(text).terms();
            assert!(asked.terms().eq(terms), "{text}");
        }
    }
}
