//! The slow end of many timings.

/// The value that 99 of 100 do not exceed.
pub(crate) fn p99(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * 99).div_ceil(100);
    place.checked_sub(1).map_or(f64::NAN, |place| values[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_hundred_may_be_slower() {
        let values = |slow: usize| (0..100).map(|place| if place < slow { 9.0 } else { 1.0 }).collect();
        assert!((p99(values(1)) - 1.0).abs() < f64::EPSILON);
        assert!((p99(values(2)) - 9.0).abs() < f64::EPSILON);
    }
}
