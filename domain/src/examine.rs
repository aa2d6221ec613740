//! Examining a form's figures: limits, parts and wholes, and the programme's rules.
//!
//! The commune examines before it seals, offline; the district examines again with the same code.

use crate::element::{ElementIx, FigureFault, Kind, Value};
use crate::form::FormIx;
use crate::formula::{Aspect, Term};
use crate::period::Period;
use crate::programme::Programme;
use crate::quantity::Quantity;
use crate::rule::{Level, Rule};
use crate::unit::UnitIx;
use crate::wording::{Bilingual, Lang};

/// What stands of one unit: the figures that rules look at beside the form itself.
pub trait Record {
    /// The standing figure of an element in one period.
    fn figure(&self, element: ElementIx, period: Period) -> Option<Value>;
    /// The quota of the year.
    fn quota(&self, element: ElementIx) -> Option<Value>;
}

/// Something to be said of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it weighs.
    pub level: Level,
    /// The key of the element beside which it shows; empty for the form as a whole.
    pub key: String,
    /// What was found.
    pub matter: Matter,
}

/// What can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A figure that its element cannot take.
    Figure(FigureFault),
    /// A figure of an element that is not the unit's.
    NotForUnit,
    /// A part above its whole: the whole's key.
    AboveWhole(String),
    /// A rule does not hold: its key, its words, and the condition with the numbers put in, if it has any.
    Rule {
        /// The rule's name.
        key: String,
        /// Its message.
        message: Bilingual,
        /// The condition with its numbers, in both languages' number format.
        numbers: Bilingual,
    },
    /// The period lies in the future by the commune's own clock, which may be wrong.
    Future,
}

impl Finding {
    /// The name under which it is answered: the rule's, or a built-in one.
    pub fn rule(&self) -> &str {
        match &self.matter {
            Matter::Figure(_) => "limits",
            Matter::NotForUnit => "not-for-unit",
            Matter::AboveWhole(_) => "part-of",
            Matter::Rule { key, .. } => key,
            Matter::Future => "future",
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
    let sheet = Sheet { programme, form, period, figures, record };
    let mut findings: Vec<Finding> =
        sheet.cells().flat_map(|(element, value)| sheet.limits(unit, element, value)).collect();
    let rules = programme.rules.iter().filter(|rule| rule.form == form && programme.asks(rule.element, unit));
    findings.extend(rules.filter_map(|rule| sheet.rule(rule)));
    findings.sort_by_key(|finding| finding.level);
    findings
}

struct Sheet<'a> {
    programme: &'a Programme,
    form: FormIx,
    period: Period,
    figures: &'a [Option<Value>],
    record: &'a dyn Record,
}

impl Sheet<'_> {
    fn cells(&self) -> impl Iterator<Item = (ElementIx, Value)> + '_ {
        let elements = self.programme.form(self.form).elements.iter().copied();
        elements.zip(self.figures).filter_map(|(element, figure)| Some((element, (*figure)?)))
    }

    fn own(&self, element: ElementIx) -> Option<Value> {
        let elements = &self.programme.form(self.form).elements;
        let place = elements.iter().position(|own| *own == element)?;
        self.figures.get(place).copied().flatten()
    }

    fn limits(&self, unit: UnitIx, ix: ElementIx, value: Value) -> Vec<Finding> {
        let element = self.programme.element(ix);
        let error = |matter| Finding { level: Level::Error, key: element.key.clone(), matter };
        let mut findings = Vec::new();
        if !self.programme.asks(ix, unit) {
            findings.push(error(Matter::NotForUnit));
        }
        if let Err(fault) = element.check(value) {
            findings.push(error(Matter::Figure(fault)));
        }
        if let Some(whole) = element.part_of
            && self.own(whole).is_some_and(|whole| value > whole)
        {
            findings.push(error(Matter::AboveWhole(self.programme.element(whole).key.clone())));
        }
        findings
    }

    fn rule(&self, rule: &Rule) -> Option<Finding> {
        if rule.condition.eval(&|term| self.amount(term)) != Some(false) {
            return None;
        }
        let known = rule.condition.terms().into_iter().any(|term| self.value(term).is_some());
        let text = |lang| rule.condition.text(&|term| self.written(term, lang));
        let numbers = |lang| if known { text(lang) } else { String::new() };
        let matter = Matter::Rule {
            key: rule.key.clone(),
            message: rule.message.clone(),
            numbers: Bilingual { vi: numbers(Lang::Vi), en: numbers(Lang::En) },
        };
        let key = self.programme.element(rule.element).key.clone();
        Some(Finding { level: rule.level, key, matter })
    }

    fn amount(&self, term: Term) -> Option<Quantity> {
        let scale = self.programme.element(term.element).scale;
        self.value(term).map(|value| Quantity::scaled(value, scale))
    }

    /// A term as text: its name, with its number.
    fn written(&self, term: Term, lang: Lang) -> String {
        let element = self.programme.element(term.element);
        let name = match term.aspect {
            Aspect::Now => element.key.clone(),
            aspect => format!("{}({})", aspect.word(), element.key),
        };
        let number = self.value(term).and_then(|value| Value::try_from(value).ok());
        number.map_or(name.clone(), |value| format!("{name} [{}]", element.shown(value, lang)))
    }

    fn value(&self, term: Term) -> Option<i128> {
        let element = term.element;
        let single = match term.aspect {
            Aspect::Now if self.programme.element(element).form == self.form => self.own(element),
            Aspect::Now => self.latest(element, self.period.last_month()),
            Aspect::Last if self.programme.element(element).form == self.form => {
                self.record.figure(element, self.period.before())
            }
            Aspect::Last => self.latest(element, self.period.first_month() - 1),
            Aspect::Prev => {
                let frequency = self.programme.form(self.programme.element(element).form).frequency;
                let period = frequency.period_ending(self.period.year() - 1, self.period.last_month())?;
                self.record.figure(element, period)
            }
            Aspect::Quota => self.record.quota(element),
            Aspect::Total => return self.total(element),
            Aspect::Kept => None,
        };
        single.map(i128::from)
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

    /// The year so far: for flows the sum of all its periods, which must all be there; else the figure itself.
    fn total(&self, element: ElementIx) -> Option<i128> {
        if self.programme.element(element).kind != Kind::Flow {
            return self.value(Term { element, aspect: Aspect::Now });
        }
        let own = self.programme.element(element).form == self.form;
        let frequency = self.programme.form(self.programme.element(element).form).frequency;
        (1..=self.period.last_month())
            .filter_map(|month| frequency.period_ending(self.period.year(), month))
            .map(|period| {
                let here = own && period == self.period;
                if here { self.own(element) } else { self.record.figure(element, period) }.map(i128::from)
            })
            .sum()
    }
}
