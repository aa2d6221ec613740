//! A form's rules made ready: what they look at is found once for a report, however many of them ask for it.

use crate::element::{ElementIx, Value};
use crate::form::FormIx;
use crate::formula::{Asked, Aspect, Figures, Term, Test};
use crate::programme::Programme;

/// A form's rules, made ready to be asked of every report.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checklist {
    asked: Asked,
    /// Where what is asked for is found, in the same order.
    sources: Vec<Source>,
    /// In the order of the form's rules.
    tests: Vec<Test>,
}

/// Where a figure that a rule looks at is found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// In the form itself, at a place.
    Own(usize),
    /// In the same form of the period before.
    Before(ElementIx),
    /// Elsewhere.
    Other(Term),
}

impl Checklist {
    /// Makes the rules of a form ready.
    pub(crate) fn new(programme: &Programme, form: FormIx) -> Self {
        let mut asked = Asked::default();
        let scale = |term: Term| programme.element(term.element).scale;
        let rules = programme.rules_of(form).iter();
        let tests = rules.map(|rule| Test::new(&rule.condition, &mut asked, &scale)).collect();
        let sources = asked.terms().map(|term| Source::of(term, programme, form)).collect();
        Self { asked, sources, tests }
    }

    /// Finds everything that the rules look at, in the order in which [`fails`](Self::fails) wants it.
    pub(super) fn gather(&self, find: impl Fn(Source) -> Option<Value>) -> Vec<Option<Value>> {
        self.sources.iter().map(|source| find(*source)).collect()
    }

    /// Whether the form's rule at a place does not hold. Where figures are missing it is left open.
    pub(super) fn fails(&self, rule: usize, digits: &[Option<Value>]) -> bool {
        self.tests[rule].eval(Figures { asked: &self.asked, digits }) == Some(false)
    }
}

impl Source {
    pub(super) fn of(term: Term, programme: &Programme, form: FormIx) -> Self {
        let element = programme.element(term.element);
        match term.aspect {
            Aspect::Now if element.form == form => Self::Own(element.place),
            Aspect::Last if element.form == form => Self::Before(term.element),
            _ => Self::Other(term),
        }
    }
}
