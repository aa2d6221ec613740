//! Exact amounts: what formulas compute with. Nothing is rounded but for display.

use std::cmp::Ordering;
use std::ops::{Add, Mul, Sub};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

use crate::number::{Decimal, fixed, grouped, trimmed};
use crate::wording::Lang;

/// An exact fraction of integers of any size, always reduced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(BigRational);

impl Quantity {
    /// Nothing at all, which is not the same as no value.
    pub fn zero() -> Self {
        Self(BigRational::zero())
    }

    /// A scaled integer, such as a figure or a sum of figures.
    pub fn scaled(value: i128, scale: u8) -> Self {
        Self(BigRational::new(value.into(), BigInt::from(10).pow(u32::from(scale))))
    }

    /// The fraction `numerator / denominator`; `None` if the denominator is zero.
    pub fn ratio(numerator: i64, denominator: i64) -> Option<Self> {
        (denominator != 0).then(|| Self(BigRational::new(numerator.into(), denominator.into())))
    }

    /// The quotient, or `None` where the divisor is zero.
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        (!divisor.0.is_zero()).then(|| Self(&self.0 / &divisor.0))
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Numerator and denominator as decimal texts, reduced, the denominator positive.
    pub fn fraction(&self) -> (String, String) {
        (self.0.numer().to_string(), self.0.denom().to_string())
    }

    /// Rounded half away from zero to `decimals`, as a plain decimal: `8846.5`.
    pub fn rounded(&self, decimals: u8) -> String {
        let factor = BigInt::from(10).pow(u32::from(decimals));
        let scaled = (&self.0 * BigRational::from(factor)).round().to_integer();
        let text = fixed(&scaled.abs().to_string(), decimals);
        if scaled.is_negative() { format!("-{text}") } else { text }
    }

    /// Rounded to at most `decimals`, with the language's marks and without needless zeros: `8.846,5`.
    pub fn shown(&self, decimals: u8, lang: Lang) -> String {
        grouped(trimmed(&self.rounded(decimals)), lang)
    }
}

impl From<i64> for Quantity {
    fn from(value: i64) -> Self {
        Self(BigRational::from(BigInt::from(value)))
    }
}

impl From<Decimal> for Quantity {
    fn from(decimal: Decimal) -> Self {
        Self::scaled(decimal.digits.into(), decimal.scale)
    }
}

impl PartialEq<i64> for Quantity {
    fn eq(&self, other: &i64) -> bool {
        self.0.is_integer() && self.0.numer() == &BigInt::from(*other)
    }
}

impl PartialOrd<i64> for Quantity {
    fn partial_cmp(&self, other: &i64) -> Option<Ordering> {
        self.partial_cmp(&Self::from(*other))
    }
}

macro_rules! exact {
    ($trait:ident, $method:ident) => {
        impl $trait<&Quantity> for &Quantity {
            type Output = Quantity;
            fn $method(self, other: &Quantity) -> Quantity {
                Quantity((&self.0).$method(&other.0))
            }
        }
        impl $trait for Quantity {
            type Output = Quantity;
            fn $method(self, other: Quantity) -> Quantity {
                Quantity(self.0.$method(other.0))
            }
        }
    };
}
exact!(Add, add);
exact!(Sub, sub);
exact!(Mul, mul);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_rounds_half_away_from_zero() {
        let half = |n| Quantity::ratio(n, 2).unwrap();
        assert_eq!(half(5).rounded(0), "3");
        assert_eq!(half(-5).rounded(0), "-3");
        assert_eq!(Quantity::ratio(2, 3).unwrap().rounded(2), "0.67");
        assert_eq!(Quantity::scaled(8_846_500, 3).shown(2, Lang::Vi), "8.846,5");
        assert_eq!(Quantity::ratio(-1, 1000).unwrap().shown(2, Lang::Vi), "0");
    }

    #[test]
    fn fractions_are_reduced() {
        let share = Quantity::from(100).checked_div(&Quantity::scaled(8_000, 1)).unwrap();
        assert_eq!(share.fraction(), ("1".into(), "8".into()));
        assert_eq!(share.checked_div(&Quantity::zero()), None);
    }
}
