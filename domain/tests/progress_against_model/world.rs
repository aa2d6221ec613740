//! Districts out of a tape: a programme as its tables, the figures of its units, and both ways to ask for progress.

mod constituents;
mod formulas;
mod reports;
mod tables;

use std::collections::HashMap;

use gom_domain::cells::{Cells, Numbering};
use gom_domain::programme::{self, Baseline, Bundle, Programme, Quotas};
use gom_domain::progress::{self, Progress, Status};
use gom_domain::target::{Comparator, Target};
use gom_domain::totals::View;
use num_rational::BigRational;

use crate::model::{Answer, Facts, Model, Twist, fraction};
use crate::tape::Tape;
use reports::Report;
use tables::{TargetRow, targets_table};

/// A district with all that was told to it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) bundle: Bundle,
    pub(crate) programme: Programme,
    quotas: String,
    baseline: String,
    reports: Vec<Report>,
    facts: Facts,
    cells: Cells,
    numbering: Numbering,
}

impl World {
    pub(crate) fn new(tape: &Tape) -> Self {
        let mut bundle = tables::bundle(tape);
        let programme = programme::read(&bundle).unwrap().programme;
        let quotas = reports::quotas(&programme, tape);
        let baseline = reports::baseline(&programme, tape);
        let reports = reports::reports(&programme, tape);
        let rows = sound(&mut bundle, formulas::targets(&programme, tape));
        let mut world = Self::of(bundle, quotas, baseline, reports);
        world.aim(rows, tape);
        world
    }

    fn of(bundle: Bundle, quotas: String, baseline: String, reports: Vec<Report>) -> Self {
        let programme = programme::read(&bundle).unwrap().programme;
        let (quota_rows, _) = Quotas::read(&programme, quotas.as_bytes()).unwrap();
        let baseline_rows = Baseline::read(&programme, baseline.as_bytes()).unwrap();
        let facts = reports::facts(&programme, &quota_rows, &baseline_rows, &reports);
        let mut cells = Cells::default();
        let numbering = cells.number(&programme);
        cells.set_quotas(&programme, &numbering, &quota_rows);
        cells.set_baseline(&programme, &numbering, &baseline_rows);
        for report in &reports {
            cells.stand(&programme, &numbering, report.unit, report.form, report.period, &report.figures);
        }
        Self { bundle, programme, quotas, baseline, reports, facts, cells, numbering }
    }

    /// Moves most values to where the judgement is close: what the formula gives in some month, with and without
    /// the slack and the share of the year.
    fn aim(&mut self, mut rows: Vec<TargetRow>, tape: &Tape) {
        for (row, target) in rows.iter_mut().zip(&self.programme.targets) {
            let month = u8::try_from(1 + tape.below(12)).unwrap();
            let model = Model { programme: &self.programme, facts: &self.facts, month, twist: None };
            let of_year = i64::from(month);
            let share =
                [(1, 1), (12, of_year), (120, 9 * of_year), (120, 11 * of_year), (10, 9), (10, 11), (9, 10)]
                    [tape.below(7)];
            if let Some(actual) = model.answer(target).actual.filter(|_| tape.below(4) < 3) {
                row.aim(&(actual * fraction(share.0, share.1)));
            }
        }
        let mut bundle = self.bundle.clone();
        let rows = sound(&mut bundle, rows);
        bundle.insert("targets.csv", targets_table(&rows).into_bytes());
        *self =
            Self::of(bundle, self.quotas.clone(), self.baseline.clone(), std::mem::take(&mut self.reports));
    }

    /// What the crate says, target by target.
    pub(crate) fn progress(&self, month: u8) -> Vec<Progress> {
        let view = View::new(&self.programme, &self.numbering, &self.cells, month);
        progress::progress(&view, &HashMap::new())
    }

    /// What the model says, with a rule turned wrong or none.
    pub(crate) fn answer(&self, target: &Target, month: u8, twist: Option<Twist>) -> Answer {
        Model { programme: &self.programme, facts: &self.facts, month, twist }.answer(target)
    }

    /// The crate's answer in the model's terms, without what the definition leaves open.
    pub(crate) fn told(&self, target: &Target, progress: &Progress) -> Answer {
        let judged =
            !matches!(progress.status, Status::NotDue | Status::NoData | Status::NoTarget | Status::Manual);
        let is = |comparators: &[Comparator]| judged && comparators.contains(&target.comparator);
        let rational = |quantity: &gom_domain::Quantity| -> BigRational {
            let (numerator, denominator) = quantity.fraction();
            BigRational::new(numerator.parse().unwrap(), denominator.parse().unwrap())
        };
        let ids = || progress.failing.iter().map(|unit| self.programme.unit(*unit).id.to_string()).collect();
        let paced = [Comparator::AtLeast, Comparator::AtMost, Comparator::Range, Comparator::FallsBy];
        Answer {
            status: progress.status,
            actual: progress.actual.as_ref().map(rational),
            coverage: target.formula.as_ref().map(|_| (progress.reported, progress.expected)),
            failing: is(&[Comparator::EachAbove, Comparator::EachAtLeast]).then(ids),
            over: is(&[Comparator::Range]).then_some(progress.over),
            expected_by_now: progress.expected_by_now.as_ref().filter(|_| is(&paced)).map(rational),
        }
    }

    /// All tables and reports, for reading what went wrong.
    pub(crate) fn text(&self) -> String {
        let file = |name| String::from_utf8_lossy(self.bundle.get(name).unwrap_or_default()).into_owned();
        let tables = ["units.csv", "forms.csv", "elements.csv", "targets.csv"].map(file).join("\n");
        let reports: Vec<String> = self.reports.iter().map(|report| report.text(&self.programme)).collect();
        format!("{tables}\n{}\n{}\n{}", self.quotas, self.baseline, reports.join("\n"))
    }
}

/// Leaves out the targets that the programme's own check refuses.
fn sound(bundle: &mut Bundle, rows: Vec<TargetRow>) -> Vec<TargetRow> {
    bundle.insert("targets.csv", targets_table(&rows).into_bytes());
    let Err(faults) = programme::read(bundle) else { return rows };
    assert!(faults.iter().all(|fault| fault.file == "targets.csv"), "{faults:?}");
    let refused = |line: u64| faults.iter().any(|fault| fault.line == Some(line));
    let kept = rows.into_iter().zip(2..).filter(|(_, line)| !refused(*line)).map(|(row, _)| row).collect();
    sound(bundle, kept)
}
