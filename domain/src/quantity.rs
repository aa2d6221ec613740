//! Exact amounts: what formulas compute with. Nothing is rounded but for display.

mod fraction;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::ops::{Add, Mul, Sub};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

use self::fraction::Fraction;
use crate::number::{Decimal, fixed, grouped, trimmed};
use crate::wording::Lang;

/// An exact fraction of integers of any size. Two are equal if their values are, however they came about.
#[derive(Clone, Debug)]
pub struct Quantity(Size);

/// Rules are asked of every figure of every report: what fits the machine's integers must allocate nothing.
#[derive(Clone, Debug)]
enum Size {
    Small(Fraction),
    Large(Box<BigRational>),
}

impl Quantity {
    /// Nothing at all, which is not the same as no value.
    pub fn zero() -> Self {
        Self::from(0)
    }

    /// A scaled integer, such as a figure or a sum of figures.
    pub fn scaled(value: i128, scale: u8) -> Self {
        let exact = || BigRational::new(value.into(), BigInt::from(10).pow(u32::from(scale)));
        Self::small_or(Fraction::scaled(value, scale), exact)
    }

    /// The fraction `numerator / denominator`; `None` if the denominator is zero.
    pub fn ratio(numerator: i64, denominator: i64) -> Option<Self> {
        Self::from(numerator).checked_div(&Self::from(denominator))
    }

    /// The quotient, or `None` where the divisor is zero.
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        let small = || self.small()?.div(divisor.small()?);
        (!divisor.is_zero()).then(|| Self::small_or(small(), || self.exact() / divisor.exact()))
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        match &self.0 {
            Size::Small(fraction) => fraction.numerator == 0,
            Size::Large(exact) => exact.is_zero(),
        }
    }

    /// Numerator and denominator as decimal texts, reduced, the denominator positive.
    pub fn fraction(&self) -> (String, String) {
        let exact = self.exact();
        (exact.numer().to_string(), exact.denom().to_string())
    }

    /// Rounded half away from zero to `decimals`, as a plain decimal: `8846.5`.
    pub fn rounded(&self, decimals: u8) -> String {
        let factor = BigInt::from(10).pow(u32::from(decimals));
        let scaled = (self.exact() * BigRational::from(factor)).round().to_integer();
        let text = fixed(&scaled.abs().to_string(), decimals);
        if scaled.is_negative() { format!("-{text}") } else { text }
    }

    /// Rounded to at most `decimals`, with the language's marks and without needless zeros: `8.846,5`.
    pub fn shown(&self, decimals: u8, lang: Lang) -> String {
        grouped(trimmed(&self.rounded(decimals)), lang)
    }

    fn small(&self) -> Option<Fraction> {
        match &self.0 {
            Size::Small(fraction) => Some(*fraction),
            Size::Large(_) => None,
        }
    }

    /// The value reduced, whatever its size.
    fn exact(&self) -> BigRational {
        match &self.0 {
            Size::Small(Fraction { numerator, denominator }) => {
                BigRational::new((*numerator).into(), (*denominator).into())
            }
            Size::Large(exact) => (**exact).clone(),
        }
    }

    /// A fraction of any size; small where it fits, so that one large amount does not slow down all that follow.
    fn fitting(exact: BigRational) -> Self {
        Self(Fraction::fitting(&exact).map_or_else(|| Size::Large(Box::new(exact)), Size::Small))
    }

    /// What was computed in machine integers, or else with integers of any size.
    fn small_or(small: Option<Fraction>, exact: impl FnOnce() -> BigRational) -> Self {
        small.map_or_else(|| Self::fitting(exact()), |small| Self(Size::Small(small)))
    }
}

impl From<i64> for Quantity {
    fn from(value: i64) -> Self {
        Self(Size::Small(Fraction::whole(value.into())))
    }
}

impl From<Decimal> for Quantity {
    fn from(decimal: Decimal) -> Self {
        Self::scaled(decimal.digits.into(), decimal.scale)
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        let small = || self.small()?.cmp(other.small()?);
        small().unwrap_or_else(|| self.exact().cmp(&other.exact()))
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Quantity {}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.exact().hash(state);
    }
}

impl PartialEq<i64> for Quantity {
    fn eq(&self, other: &i64) -> bool {
        self.cmp(&Self::from(*other)).is_eq()
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
                let small = || self.small()?.$method(other.small()?);
                Quantity::small_or(small(), || self.exact().$method(other.exact()))
            }
        }
        impl $trait for Quantity {
            type Output = Quantity;
            fn $method(self, other: Quantity) -> Quantity {
                (&self).$method(&other)
            }
        }
    };
}
exact!(Add, add);
exact!(Sub, sub);
exact!(Mul, mul);
