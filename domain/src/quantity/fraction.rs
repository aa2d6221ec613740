//! Fractions that fit the machine's integers: nearly every amount that a district meets.
//!
//! They are not reduced, for a common divisor costs more to find than it saves. Whatever does not fit comes out as
//! `None`, never as something else.

use std::cmp::Ordering;

use num_rational::BigRational;
use num_traits::ToPrimitive;

/// The powers of ten that figures and numbers in formulas are scaled by.
const TENS: [i128; 19] = {
    let mut tens = [1; 19];
    let mut place = 1;
    while place < tens.len() {
        tens[place] = 10 * tens[place - 1];
        place += 1;
    }
    tens
};

/// `numerator / denominator`.
///
/// **Invariant:** the denominator is above zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fraction {
    pub(super) numerator: i128,
    pub(super) denominator: i128,
}

impl Fraction {
    pub(super) fn whole(numerator: i128) -> Self {
        Self { numerator, denominator: 1 }
    }

    /// `value` divided by ten to the power of `scale`.
    pub(super) fn scaled(numerator: i128, scale: u8) -> Option<Self> {
        let denominator = *TENS.get(usize::from(scale))?;
        Some(Self { numerator, denominator })
    }

    /// A fraction of any size, if it fits.
    pub(super) fn fitting(exact: &BigRational) -> Option<Self> {
        let (numerator, denominator) = (exact.numer().to_i128()?, exact.denom().to_i128()?);
        Some(Self { numerator, denominator })
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        let (left, right) = self.beside(other)?;
        Some(Self { numerator: left.checked_add(right)?, denominator: self.common(other)? })
    }

    pub(super) fn sub(self, other: Self) -> Option<Self> {
        let (left, right) = self.beside(other)?;
        Some(Self { numerator: left.checked_sub(right)?, denominator: self.common(other)? })
    }

    pub(super) fn mul(self, other: Self) -> Option<Self> {
        let numerator = self.numerator.checked_mul(other.numerator)?;
        Some(Self { numerator, denominator: times(self.denominator, other.denominator)? })
    }

    /// The quotient; the divisor is not zero.
    pub(super) fn div(self, divisor: Self) -> Option<Self> {
        let numerator = self.numerator.checked_mul(divisor.denominator)?;
        let denominator = self.denominator.checked_mul(divisor.numerator)?;
        if denominator > 0 {
            return Some(Self { numerator, denominator });
        }
        Some(Self { numerator: numerator.checked_neg()?, denominator: denominator.checked_neg()? })
    }

    pub(super) fn cmp(self, other: Self) -> Option<Ordering> {
        let (left, right) = self.beside(other)?;
        Some(left.cmp(&right))
    }

    /// Both numerators over their common denominator.
    fn beside(self, other: Self) -> Option<(i128, i128)> {
        if self.denominator == other.denominator {
            return Some((self.numerator, other.numerator));
        }
        Some((times(self.numerator, other.denominator)?, times(other.numerator, self.denominator)?))
    }

    fn common(self, other: Self) -> Option<i128> {
        let same = self.denominator == other.denominator;
        if same { Some(self.denominator) } else { times(self.denominator, other.denominator) }
    }
}

/// A product by a denominator, which mostly is one.
fn times(left: i128, denominator: i128) -> Option<i128> {
    if denominator == 1 { Some(left) } else { left.checked_mul(denominator) }
}
