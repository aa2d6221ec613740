//! Rounds: contestants take turns, so that what the machine does besides falls on all of them alike.
//!
//! A ratio is taken between figures of the same round, and the median of the ratios counts.

use gom_terminal::tell;

use crate::report::figure;

/// How many rounds count; one more goes before them to warm up.
const ROUNDS: usize = 3;

/// One way of doing a piece of work.
pub(crate) struct Contestant<'a> {
    name: &'a str,
    run: Box<dyn FnMut() -> anyhow::Result<f64> + 'a>,
}

impl<'a> Contestant<'a> {
    /// A contestant; `run` does the work once and says what it came to.
    pub(crate) fn new(name: &'a str, run: impl FnMut() -> anyhow::Result<f64> + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// What one contestant came to, round by round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds(Vec<f64>);

impl Rounds {
    /// The figure that counts.
    pub(crate) fn median(&self) -> f64 {
        median(self.0.clone())
    }

    /// How many times the other's figure this is.
    pub(crate) fn over(&self, other: &Self) -> f64 {
        median(self.0.iter().zip(&other.0).map(|(ours, other)| ours / other).collect())
    }
}

impl From<Vec<f64>> for Rounds {
    fn from(figures: Vec<f64>) -> Self {
        Self(figures)
    }
}

/// Lets a known number of contestants take turns, as [`all_in_turns`] does.
pub(crate) fn in_turns<const N: usize>(
    quick: bool,
    unit: &str,
    contestants: [Contestant<'_>; N],
) -> anyhow::Result<[Rounds; N]> {
    let rounds = all_in_turns(quick, unit, contestants.into())?;
    rounds.try_into().map_err(|_| anyhow::anyhow!("a contestant has no figures"))
}

/// Lets all take turns: one round to warm up, then those that count. A quick run has one round and no warm-up.
pub(crate) fn all_in_turns(
    quick: bool,
    unit: &str,
    mut contestants: Vec<Contestant<'_>>,
) -> anyhow::Result<Vec<Rounds>> {
    let warm_ups = usize::from(!quick);
    let rounds = if quick { 1 } else { warm_ups + ROUNDS };
    let mut figures = vec![Rounds::default(); contestants.len()];
    for round in 0..rounds {
        for (contestant, figures) in contestants.iter_mut().zip(&mut figures) {
            let came_to = (contestant.run)()?;
            let counts = round >= warm_ups;
            let nth = if counts { format!("round {}", round + 1 - warm_ups) } else { "warm-up".to_owned() };
            tell(&format!("  {nth}, {}: {} {unit}", contestant.name, figure(came_to)));
            if counts {
                figures.0.push(came_to);
            }
        }
    }
    Ok(figures)
}

/// The value in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_taken_pair_by_pair() {
        let ours = Rounds(vec![10.0, 2.0, 30.0]);
        let other = Rounds(vec![5.0, 1.0, 3.0]);
        assert!((ours.over(&other) - 2.0).abs() < f64::EPSILON);
        assert!((ours.median() - 10.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_warm_up_does_not_count() {
        let mut runs = 0;
        let counting = Contestant::new("counting", || {
            runs += 1;
            Ok(f64::from(runs))
        });
        let rounds = in_turns(false, "runs", [counting]).unwrap();
        assert_eq!(rounds[0].0, [2.0, 3.0, 4.0]);
    }
}
