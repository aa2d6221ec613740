//! A form made ready to be examined: what its cells may hold and what its rules ask for, packed closely, since it is gone
//! through for every report.

use crate::element::{ElementIx, Value};
use crate::form::FormIx;
use crate::formula::{Asked, Aspect, Term, Test, TooLarge};
use crate::programme::Programme;
use crate::rule::Rule;

/// A form made ready.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checklist {
    /// In the order of the form's elements.
    pub(super) cells: Vec<Cell>,
    asked: Asked,
    /// Where what is asked for is found, in the same order.
    sources: Vec<Source>,
    /// In the order of the form's rules; none where one is to be evaluated as it stands.
    tests: Vec<Option<Test>>,
    /// Whether a rule looks at the period before.
    pub(super) looks_back: bool,
}

/// What a cell of the form may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) element: ElementIx,
    pub(super) least: Value,
    pub(super) most: Value,
    /// The place in the form of the whole that it is a part of.
    pub(super) whole: Option<u16>,
}

/// Where a figure that a rule looks at is found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// In the form itself, at a place.
    Own(usize),
    /// In the same form of the period before, at a place.
    Before(usize),
    /// Elsewhere.
    Other(Term),
}

impl Checklist {
    /// Makes a form ready.
    pub(crate) fn new(programme: &Programme, form: FormIx) -> Self {
        let mut asked = Asked::default();
        let scale = |term: Term| programme.element(term.element).scale;
        let rules = programme.rules_of(form).iter();
        let tests = rules.map(|rule| Test::new(&rule.condition, &mut asked, &scale)).collect();
        let sources: Vec<Source> = asked.terms().map(|term| Source::of(term, programme, form)).collect();
        Self {
            cells: programme.form(form).elements.iter().map(|ix| Cell::of(programme, *ix)).collect(),
            looks_back: sources.iter().any(|source| matches!(source, Source::Before(_))),
            asked,
            sources,
            tests,
        }
    }

    /// The places among the form's rules of those that do not hold. Where figures are missing a rule is left open.
    pub(super) fn broken(
        &self,
        rules: &[Rule],
        find: impl Fn(Source) -> Option<Value>,
    ) -> impl Iterator<Item = usize> {
        let digits: Vec<Option<Value>> = self.sources.iter().map(|source| find(*source)).collect();
        let exact = move |rule: &Rule, digits: &[Option<Value>]| {
            rule.condition.eval(&|term| self.asked.amount(term, digits))
        };
        let mut truths = Vec::new();
        let tests = self.tests.iter().zip(rules).enumerate();
        tests.filter_map(move |(place, (test, rule))| {
            let holds = test.as_ref().map_or(Err(TooLarge), |test| test.eval(&digits, &mut truths));
            (holds.unwrap_or_else(|TooLarge| exact(rule, &digits)) == Some(false)).then_some(place)
        })
    }
}

impl Cell {
    fn of(programme: &Programme, ix: ElementIx) -> Self {
        let element = programme.element(ix);
        let (least, most) = element.limits().into_inner();
        let whole = element.part_of.map(|whole| programme.element(whole));
        let whole = whole.filter(|whole| whole.form == element.form);
        Self { element: ix, least, most, whole: whole.and_then(|whole| u16::try_from(whole.place).ok()) }
    }
}

impl Source {
    pub(super) fn of(term: Term, programme: &Programme, form: FormIx) -> Self {
        let element = programme.element(term.element);
        match term.aspect {
            Aspect::Now if element.form == form => Self::Own(element.place),
            Aspect::Last if element.form == form => Self::Before(element.place),
            _ => Self::Other(term),
        }
    }
}
