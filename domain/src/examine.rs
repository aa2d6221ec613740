//! Examining a form's figures: limits, parts and wholes, and the programme's rules.
//!
//! The commune examines before it seals, offline; the district examines again with the same code.

mod checklist;

pub(crate) use checklist::Checklist;

use self::checklist::{Cell, Source};
use crate::element::{ElementIx, Kind, Value};
use crate::form::FormIx;
use crate::formula::{Aspect, Term};
use crate::period::Period;
use crate::programme::Programme;
use crate::rule::{Level, Rule};
use crate::submission::Figures;
use crate::unit::UnitIx;

/// What stands of one unit: the figures that rules look at beside the form itself.
pub trait Record {
    /// The standing figure of an element in one period.
    fn figure(&self, element: ElementIx, period: Period) -> Option<Value>;
    /// The quota of the year.
    fn quota(&self, element: ElementIx) -> Option<Value>;
    /// The standing figures of a whole form in one period, in the form's order.
    fn form(&self, programme: &Programme, form: FormIx, period: Period) -> Figures {
        programme.form(form).elements.iter().map(|element| self.figure(*element, period)).collect()
    }
}

/// Something to be said of a form: what was found, and the numbers it was found in. Its words are made where somebody
/// reads them, from the programme's version that the form follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it weighs.
    pub level: Level,
    /// The element beside which it shows; none for the form as a whole.
    pub element: Option<ElementIx>,
    /// What found it.
    pub check: Check,
    /// The numbers that it was found in: of a rule those of its condition's terms, of a limit the figure.
    pub figures: Vec<Option<Value>>,
}

/// What examines a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// A figure is beyond its element's limits.
    Limits,
    /// An element is not the unit's.
    NotForUnit,
    /// A part is above its whole.
    PartOf,
    /// The period lies in the future by the commune's own clock, which may be wrong.
    Future,
    /// A rule of the programme does not hold: its row in the table, from 1.
    Rule(u16),
    /// A check that only a newer version knows.
    Unknown(u32),
}

impl Finding {
    /// That the period has not begun by the commune's own clock.
    pub fn future() -> Self {
        Self { level: Level::Warning, element: None, check: Check::Future, figures: Vec::new() }
    }

    /// How a note names it: by the keys of the rule and of the element, which is empty for the form as a whole.
    pub fn named<'p>(&self, programme: &'p Programme) -> (&'p str, &'p str) {
        (self.check.key(programme), self.element.map_or("", |ix| &programme.element(ix).key))
    }
}

impl Check {
    /// The name under which it is answered: the rule's, or a built-in one.
    pub fn key(self, programme: &Programme) -> &str {
        match self {
            Self::Limits => "limits",
            Self::NotForUnit => "not-for-unit",
            Self::PartOf => "part-of",
            Self::Future => "future",
            Self::Rule(row) => programme.rule_of(row, None).map_or("rule", |rule| &rule.key),
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Everything that is to be said of a unit's figures for a form, errors first, in the form's order.
pub fn examine(
    programme: &Programme,
    unit: UnitIx,
    form: FormIx,
    period: Period,
    figures: &[Option<Value>],
    record: &dyn Record,
) -> Vec<Finding> {
    let checklist = programme.checklist(form);
    let before = period.before();
    let before = if checklist.looks_back { record.form(programme, form, before) } else { Figures::new() };
    let sheet = Sheet { programme, form, period, before, figures, record };
    let mut findings = Vec::new();
    for (cell, figure) in checklist.cells.iter().zip(figures) {
        if let Some(value) = figure {
            sheet.limits(unit, *cell, *value, &mut findings);
        }
    }
    let rules = programme.rules_of(form);
    let broken = checklist.broken(rules, |source| sheet.find(source)).map(|place| &rules[place]);
    let broken = broken.filter(|rule| programme.asks(rule.element, unit));
    findings.extend(broken.map(|rule| sheet.broken(rule)));
    findings.sort_by_key(|finding| finding.level);
    findings
}

struct Sheet<'a> {
    programme: &'a Programme,
    form: FormIx,
    period: Period,
    /// The form's figures of the period before, where the rules look at them.
    before: Figures,
    figures: &'a [Option<Value>],
    record: &'a dyn Record,
}

impl Sheet<'_> {
    fn own(&self, element: ElementIx) -> Option<Value> {
        let element = self.programme.element(element);
        if element.form == self.form { self.figures.get(element.place).copied().flatten() } else { None }
    }

    fn limits(&self, unit: UnitIx, cell: Cell, value: Value, findings: &mut Vec<Finding>) {
        let mut error = |check| {
            let (level, element) = (Level::Error, Some(cell.element));
            findings.push(Finding { level, element, check, figures: vec![Some(value)] });
        };
        if !self.programme.asks(cell.element, unit) {
            error(Check::NotForUnit);
        }
        if value < cell.least || value > cell.most {
            error(Check::Limits);
        }
        let whole = cell.whole.and_then(|place| self.figures.get(usize::from(place)).copied().flatten());
        if whole.is_some_and(|whole| value > whole) {
            error(Check::PartOf);
        }
    }

    fn broken(&self, rule: &Rule) -> Finding {
        let figure = |term| self.find(Source::of(term, self.programme, self.form));
        Finding {
            level: rule.level,
            element: Some(rule.element),
            check: Check::Rule(rule.row),
            figures: rule.condition.terms().into_iter().map(figure).collect(),
        }
    }

    fn find(&self, source: Source) -> Option<Value> {
        match source {
            Source::Own(place) => self.figures.get(place).copied().flatten(),
            Source::Before(place) => self.before.get(place).copied().flatten(),
            Source::Other(Term { element, aspect: Aspect::Total }) => self.total(element),
            Source::Other(term) => self.elsewhere(term),
        }
    }

    /// A figure of another form, or of the form itself in another year.
    fn elsewhere(&self, Term { element, aspect }: Term) -> Option<Value> {
        match aspect {
            Aspect::Now => self.latest(element, self.period.last_month()),
            Aspect::Last => self.latest(element, self.period.first_month() - 1),
            Aspect::Prev => {
                let frequency = self.programme.form(self.programme.element(element).form).frequency;
                let period = frequency.period_ending(self.period.year() - 1, self.period.last_month())?;
                self.record.figure(element, period)
            }
            Aspect::Quota => self.record.quota(element),
            Aspect::Total | Aspect::Kept => None,
        }
    }

    /// The latest figure of another form that ends by a month of this year, or in the year before.
    fn latest(&self, element: ElementIx, by: u8) -> Option<Value> {
        let frequency = self.programme.form(self.programme.element(element).form).frequency;
        let this_year = (1..=by).rev().map(|month| (self.period.year(), month));
        let year_before = (1..=12).rev().map(|month| (self.period.year() - 1, month));
        this_year
            .chain(year_before)
            .filter_map(|(year, month)| frequency.period_ending(year, month))
            .find_map(|period| self.record.figure(element, period))
    }

    /// The year so far: for flows the sum of all its periods, which must all be there; else the figure itself. A sum
    /// beyond the machine's integers can only come of a figure beyond its limits, of which enough is said.
    fn total(&self, element: ElementIx) -> Option<Value> {
        if self.programme.element(element).kind != Kind::Flow {
            let now = Term { element, aspect: Aspect::Now };
            return self.find(Source::of(now, self.programme, self.form));
        }
        let own = self.programme.element(element).form == self.form;
        let frequency = self.programme.form(self.programme.element(element).form).frequency;
        (1..=self.period.last_month())
            .filter_map(|month| frequency.period_ending(self.period.year(), month))
            .map(|period| {
                let here = own && period == self.period;
                if here { self.own(element) } else { self.record.figure(element, period) }
            })
            .try_fold(0_i64, |sum, figure| sum.checked_add(figure?))
    }
}
