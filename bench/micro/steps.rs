//! The steps of the system that are worth counting one by one, each over the whole sample year.

use std::collections::HashMap;
use std::hint::black_box;

use gom_domain::calendar::vietnam_day;
use gom_domain::progress::{of_target, progress};
use gom_domain::ruling::{Case, judge};
use gom_domain::totals::View;
use gom_proto::submission::Envelope;

use crate::year::{Own, Year};

/// A step and its name.
pub(crate) type Step = (&'static str, fn(&Year));

/// All steps.
pub(crate) const STEPS: [Step; 5] =
    [("decode", decode), ("judge", rule), ("fold", fold), ("evaluate", evaluate), ("progress", all_targets)];

/// A day after the year, at the district: 1 January 2025.
const TODAY_MS: i64 = 1_735_700_000_000;
/// A share of three sums over all units.
const SHARE: &str = "5a";
const SEPTEMBER: u8 = 9;

/// Reads every report's bytes.
fn decode(year: &Year) {
    for body in &year.bodies {
        let envelope = black_box(Envelope::decode(body)).ok();
        black_box(envelope.and_then(|envelope| envelope.open(&year.programme).ok()));
    }
}

/// Judges every report as if it came first, among all that stands.
fn rule(year: &Year) {
    let today = vietnam_day(TODAY_MS);
    for report in &year.reports {
        let record = Own { year, unit: report.unit };
        let programme = &year.programme;
        let case = Case { programme, unit: report.unit, today, record: &record, standing: None, base: None };
        black_box(judge(&report.submission, &case));
    }
}

/// Lets every report stand.
fn fold(year: &Year) {
    let mut cells = year.empty.clone();
    for report in &year.reports {
        let submission = &report.submission;
        cells.stand(
            &year.programme,
            &year.numbering,
            report.unit,
            submission.form,
            submission.period,
            &submission.figures,
        );
    }
    black_box(cells);
}

/// Evaluates one target's formula as of each month.
fn evaluate(year: &Year) {
    let target = year.programme.target_named(SHARE);
    for month in 1..=SEPTEMBER {
        let view = View::new(&year.programme, &year.numbering, &year.cells, month);
        black_box(target.map(|target| of_target(&view, target, None)));
    }
}

/// How all targets stand.
fn all_targets(year: &Year) {
    let view = View::new(&year.programme, &year.numbering, &year.cells, SEPTEMBER);
    black_box(progress(&view, &HashMap::new()));
}
