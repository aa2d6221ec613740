//! Amounts of every size against fractions of integers of any size.

use std::collections::HashSet;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use proptest::prelude::*;

use super::{Quantity, Size};
use crate::wording::Lang;

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
    assert_eq!(Quantity::ratio(3, -6).unwrap().fraction(), ("-1".into(), "2".into()));
    assert_eq!(Quantity::ratio(1, 0), None);
}

#[test]
fn what_no_longer_fits_is_still_exact_and_comes_back_when_it_fits() {
    let most = Quantity::scaled(i128::MAX, 0);
    let beyond = &most + &Quantity::from(1);
    assert!(matches!(beyond.0, Size::Large(_)));
    assert_eq!(beyond.rounded(0), "170141183460469231731687303715884105728");
    assert!(matches!((&beyond - &Quantity::from(1)).0, Size::Small(_)));
    assert_eq!(beyond - Quantity::from(1), most);
    assert_eq!(Quantity::scaled(i128::MIN, 0).checked_div(&Quantity::from(-1)), Some(most + 1.into()));
    assert!(Quantity::scaled(1, 255) > 0);
}

/// Numerators of every length, most often beside the ends of what fits.
fn integer() -> impl Strategy<Value = i128> {
    let edges = [0, 1, -1, 10, i128::MAX, i128::MIN, i128::MAX - 1, i128::MIN + 1, 1 << 63, 1 << 64];
    prop_oneof![
        proptest::sample::select(edges.to_vec()),
        -2_000_i128..2_000,
        (any::<i128>(), 0_u32..128).prop_map(|(value, shift)| value >> shift),
    ]
}

/// An amount, made in one of the ways there are, and the fraction that it is to be.
fn amount() -> impl Strategy<Value = (Quantity, BigRational)> {
    let scaled = (integer(), prop_oneof![0_u8..8, 0_u8..60])
        .prop_map(|(value, scale)| (Quantity::scaled(value, scale), over(value, power(scale))));
    let ratio = (integer(), integer()).prop_filter_map("no divisor", |(over_line, under)| {
        let quotient = Quantity::scaled(over_line, 0).checked_div(&Quantity::scaled(under, 0))?;
        Some((quotient, over(over_line, under.into())))
    });
    prop_oneof![scaled, ratio]
}

fn power(scale: u8) -> BigInt {
    BigInt::from(10).pow(scale.into())
}

fn over(numerator: i128, denominator: BigInt) -> BigRational {
    BigRational::new(numerator.into(), denominator)
}

fn is(quantity: &Quantity, exact: &BigRational) -> bool {
    let same_text = quantity.fraction() == (exact.numer().to_string(), exact.denom().to_string());
    same_text && *quantity == Quantity::fitting(exact.clone()) && quantity.is_zero() == exact.is_zero()
}

proptest! {
    #[test]
    fn arithmetic_is_that_of_fractions_of_any_size((a, exact_a) in amount(), (b, exact_b) in amount()) {
        prop_assert!(is(&a, &exact_a) && is(&b, &exact_b));
        prop_assert!(is(&(&a + &b), &(&exact_a + &exact_b)));
        prop_assert!(is(&(&a - &b), &(&exact_a - &exact_b)));
        prop_assert!(is(&(&a * &b), &(&exact_a * &exact_b)));
        let quotient = (!exact_b.is_zero()).then(|| &exact_a / &exact_b);
        prop_assert_eq!(a.checked_div(&b), quotient.map(Quantity::fitting));
    }

    #[test]
    fn order_and_equality_go_by_value((a, exact_a) in amount(), (b, exact_b) in amount()) {
        prop_assert_eq!(a.cmp(&b), exact_a.cmp(&exact_b));
        prop_assert_eq!(a == b, exact_a == exact_b);
        let whole = i64::try_from(exact_a.to_integer()).unwrap_or(7);
        prop_assert_eq!(a.partial_cmp(&whole), exact_a.partial_cmp(&BigRational::from(BigInt::from(whole))));
    }

    #[test]
    fn equal_amounts_are_one_in_a_set((a, _) in amount(), factor in 2_i64..1_000) {
        let again = (&a * &Quantity::from(factor)).checked_div(&Quantity::from(factor)).unwrap();
        prop_assert_eq!(&a, &again);
        prop_assert_eq!(HashSet::from([a, again]).len(), 1);
    }

    #[test]
    fn display_is_that_of_the_reduced_fraction((a, exact) in amount(), decimals in 0_u8..9) {
        let reduced = Quantity::fitting(exact.clone());
        prop_assert_eq!(a.rounded(decimals), reduced.rounded(decimals));
        let factor = BigRational::from(power(decimals));
        let digits = a.rounded(decimals).replace('.', "").parse::<BigInt>().unwrap();
        prop_assert_eq!(digits, (exact * factor).round().to_integer());
    }
}
