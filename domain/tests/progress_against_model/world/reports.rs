//! What units told: reports with gaps and blanks, quotas with gaps, last year as months and as running sums.

use std::collections::BTreeMap;

use gom_domain::Period;
use gom_domain::element::{Element, ElementIx, Kind, Value};
use gom_domain::form::FormIx;
use gom_domain::programme::{Baseline, Programme, Quotas};
use gom_domain::unit::UnitIx;

use crate::model::{Facts, RunningRow};
use crate::tape::Tape;

/// One report that stands.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(super) unit: UnitIx,
    pub(super) form: FormIx,
    pub(super) period: Period,
    pub(super) figures: Vec<Option<Value>>,
}

impl Report {
    pub(super) fn text(&self, programme: &Programme) -> String {
        let (unit, form) = (&programme.unit(self.unit).id, programme.form(self.form));
        let keys = form.elements.iter().map(|element| &programme.element(*element).key);
        let cells: Vec<String> =
            keys.zip(&self.figures).filter_map(|(key, value)| Some(format!("{key}={}", (*value)?))).collect();
        format!("{unit} {} {} {}", form.key, self.period, cells.join(" "))
    }
}

/// How carefully something is told: in how many of a hundred cases.
const CARE: [usize; 10] = [100, 100, 100, 100, 100, 100, 100, 95, 60, 0];

fn care(tape: &Tape) -> usize {
    CARE[tape.below(CARE.len())]
}

fn value(element: &Element, tape: &Tape) -> Value {
    match element.kind {
        Kind::Flag => tape.amount(2),
        _ if element.min < 0 => tape.amount(40) - 20,
        _ => [tape.amount(40), 0, 7][tape.below(3)],
    }
}

/// Reports of this year, and now and then of the year before.
pub(super) fn reports(programme: &Programme, tape: &Tape) -> Vec<Report> {
    let mut reports = Vec::new();
    for unit in programme.unit_places() {
        let (handed_in, filled_in, even_outside) = (care(tape), care(tape), tape.chance(5));
        let years = if tape.chance(10) { vec![2024, 2025] } else { vec![2025] };
        for form in programme.form_places().filter(|form| programme.gives(*form, unit)) {
            for period in periods(programme, form, &years) {
                let there = even_outside || programme.unit(unit).counts_for(period);
                if there && tape.below(100) < handed_in {
                    let figures = figures(programme, unit, form, filled_in, tape);
                    reports.push(Report { unit, form, period, figures });
                }
            }
        }
    }
    reports
}

fn figures(
    programme: &Programme,
    unit: UnitIx,
    form: FormIx,
    care: usize,
    tape: &Tape,
) -> Vec<Option<Value>> {
    let elements = programme.form(form).elements.iter();
    let figure = |element: &ElementIx| {
        let told = programme.asks(*element, unit) && tape.below(100) < care;
        told.then(|| value(programme.element(*element), tape))
    };
    elements.map(figure).collect()
}

fn periods(programme: &Programme, form: FormIx, years: &[i16]) -> Vec<Period> {
    let frequency = programme.form(form).frequency;
    let of = |year: i16| (1..=12).filter_map(move |month| frequency.period_ending(year, month));
    years.iter().copied().flat_map(of).collect()
}

pub(super) fn quotas(programme: &Programme, tape: &Tape) -> String {
    let mut text = "unit,element,value\n".to_owned();
    for ix in programme.element_places() {
        let (care, element) = (care(tape), programme.element(ix));
        for unit in programme.unit_places().filter(|unit| programme.asks(ix, *unit)) {
            if tape.below(100) < care && !programme.units_called(programme.unit(unit).id.as_str()).is_empty()
            {
                let value = element.plain(value(element, tape));
                text += &format!("{},{},{value}\n", programme.unit(unit).id, element.key);
            }
        }
    }
    text
}

pub(super) fn baseline(programme: &Programme, tape: &Tape) -> String {
    let mut text = "unit,element,period,value\n".to_owned();
    for ix in programme.element_places() {
        for unit in programme.unit_places().filter(|unit| programme.asks(ix, *unit)) {
            let own = months(programme, ix, unit);
            let mut told: Vec<String> = own.iter().map(ToString::to_string).collect();
            let how = if programme.element(ix).kind == Kind::Flow { tape.below(5) } else { 0 };
            match how {
                0 | 1 => {
                    let care = care(tape);
                    told.retain(|_| tape.below(100) < care);
                }
                2 => told = running(&own),
                3 => told.extend(running(&own)),
                _ => {
                    told.extend(running(&own));
                    told.retain(|_| tape.below(100) < 60);
                }
            }
            for period in told {
                let element = programme.element(ix);
                let value = element.plain(value(element, tape));
                text += &format!("{},{},{period},{value}\n", programme.unit(unit).id, element.key);
            }
        }
    }
    text
}

/// The periods of the year before in which the unit existed.
fn months(programme: &Programme, ix: ElementIx, unit: UnitIx) -> Vec<Period> {
    let mut own = periods(programme, programme.element(ix).form, &[2024]);
    own.retain(|period| programme.unit(unit).counts_for(*period));
    own
}

/// A row from January to the end of each period.
fn running(own: &[Period]) -> Vec<String> {
    own.iter().map(|period| format!("2024-01..2024-{:02}", period.last_month())).collect()
}

/// All of it as the model takes it.
pub(super) fn facts(
    programme: &Programme,
    quotas: &Quotas,
    baseline: &Baseline,
    reports: &[Report],
) -> Facts {
    let mut facts = Facts::default();
    for row in &baseline.rows {
        if row.cumulative {
            let to = row.period.last_month();
            let (unit, element, value) = (row.unit, row.element, row.value);
            facts.running.push(RunningRow { unit, element, to, value });
        } else {
            facts.baseline.insert((row.unit, row.element, row.period), row.value);
        }
    }
    for report in reports {
        for (element, figure) in programme.form(report.form).elements.iter().zip(&report.figures) {
            facts.reported.extend(figure.map(|value| ((report.unit, *element, report.period), value)));
        }
    }
    facts.quotas =
        quotas.rows.iter().map(|row| ((row.unit, row.element), row.value)).collect::<BTreeMap<_, _>>();
    facts
}
