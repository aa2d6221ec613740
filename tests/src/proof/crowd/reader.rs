//! What a reader is told, and the plain sum that it should be told: recounted from the journal, row by row.

use std::collections::BTreeMap;

use gom_domain::Quantity;
use gom_server::memory::Memory;
use gom_server::progress::year_report;
use gom_server::totals::{Over, totals};

use crate::District;

/// The place at which figures are written and read.
pub(super) const FORM: &str = "economy";
pub(super) const PERIOD: &str = "2024-01";
pub(super) const ELEMENT: &str = "production_agriculture";
/// The target that is the sum of these figures.
const TARGET: &str = "4a";

/// The sum by the period's totals and by the year's target, and the commit they are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    commit: u64,
    total: Option<i128>,
    target: Option<Quantity>,
}

impl Answer {
    /// What somebody is told who asks now.
    pub(super) fn of(memory: &Memory) -> Self {
        Self::as_of(memory, memory.last.unwrap().last_seq)
    }

    fn as_of(memory: &Memory, commit: u64) -> Self {
        let period = PERIOD.parse().unwrap();
        let totals = totals(memory, period, false).unwrap();
        let element = totals.programme.element_named(ELEMENT).unwrap();
        let of_all = totals.rows.iter().find(|row| row.element == element && row.over == Over::All);
        let report = year_report(memory, period, commit).unwrap();
        let target = report.programme.targets.iter().position(|target| target.reference == TARGET).unwrap();
        let actual = report.targets[target].actual.clone();
        Self { commit: report.commit, total: of_all.unwrap().value, target: actual }
    }
}

/// The sum of what stood after each submission of the journal.
pub(super) struct Sums {
    after: BTreeMap<u64, i128>,
    scale: u8,
}

impl Sums {
    /// Adds up, row by row, without anything that the server adds up with.
    pub(super) fn recount(district: &District) -> Self {
        let memory = district.memory();
        let programme = &memory.editions.newest().unwrap().programme;
        let element = programme.element_named(ELEMENT).unwrap();
        let form = programme.form_named(FORM).unwrap();
        let place = programme.form(form).elements.iter().position(|own| *own == element).unwrap();
        let (mut standing, mut after) = (BTreeMap::new(), BTreeMap::new());
        for row in district.submissions() {
            let submission = memory.open(&row.body).unwrap();
            if row.ruling.is_accepted() && submission.form == form {
                standing.insert(row.unit, i128::from(submission.figures[place].unwrap()));
                after.insert(row.seq, standing.values().sum());
            }
        }
        Self { after, scale: programme.element(element).scale }
    }

    fn as_of(&self, commit: u64) -> Option<i128> {
        self.after.range(..=commit).next_back().map(|(_, sum)| *sum)
    }

    /// What one reader was told: the sum as of each commit, and never an earlier commit than before.
    pub(super) fn assert_right(&self, answers: &[Answer]) {
        for answer in answers {
            let sum = self.as_of(answer.commit);
            assert_eq!(answer.total, sum, "the total as of commit {}", answer.commit);
            let target = sum.map(|sum| Quantity::scaled(sum, self.scale));
            assert_eq!(answer.target, target, "the target as of commit {}", answer.commit);
        }
        assert!(answers.is_sorted_by_key(|answer| answer.commit), "time runs backwards: {answers:?}");
        let commits: Vec<u64> = answers.iter().map(|answer| answer.commit).collect();
        assert!(commits.first() < commits.last(), "a reader has seen nothing happen: {commits:?}");
    }
}

/// The same can be had later, as of the same commits.
pub(super) fn assert_recalled(district: &District, answers: &[Answer]) {
    let told: BTreeMap<u64, &Answer> = answers.iter().map(|answer| (answer.commit, answer)).collect();
    assert!(told.len() > 2, "hardly any commits were seen: {:?}", told.keys());
    for (commit, answer) in told.into_iter().step_by(5) {
        let (_, memory) = district.folder().recall(Some(commit)).unwrap();
        assert_eq!(Answer::as_of(&memory, commit), *answer, "recalled");
    }
}
