//! Whether the figures that the crate says a value is made of are told ones, and make it.

use gom_domain::formula::{Aspect, Term};
use gom_domain::progress::{Assembly, Part};
use gom_domain::target::Target;
use gom_domain::totals::{Constituent, Origin, View};

use super::World;

impl World {
    /// The first value, of any target, unit and term, that its constituents do not make.
    pub(crate) fn unexplained(&self, month: u8) -> Option<String> {
        let view = View::new(&self.programme, &self.numbering, &self.cells, month);
        self.programme.targets.iter().find_map(|target| self.unexplained_in(&view, target))
    }

    fn unexplained_in(&self, view: &View<'_>, target: &Target) -> Option<String> {
        let assembly = Assembly::new(view, target, target.formula.as_ref()?);
        assembly
            .parts(view)
            .find_map(|part| self.unexplained_of(view, &assembly, &part))
            .map(|what| format!("target {} as of month {}: {what}", target.reference, view.month))
    }

    fn unexplained_of(&self, view: &View<'_>, assembly: &Assembly, part: &Part) -> Option<String> {
        let terms = assembly.terms.iter().zip(&part.values);
        // What is kept is a judgement of two flags, and no sum.
        terms.filter(|(term, _)| term.aspect != Aspect::Kept).find_map(|(term, value)| {
            let made_of = assembly.constituents(view, part.unit, *term);
            let sum = made_of.iter().map(|one| one.value).reduce(|sum, value| sum + value);
            let twice = made_of.iter().enumerate().any(|(place, one)| made_of[..place].contains(one));
            let told = made_of.iter().all(|one| self.was_told(*term, one));
            let unit = &self.programme.unit(part.unit).id;
            (sum != *value || twice || !told)
                .then(|| format!("{unit} {term:?} {value:?}, made of {made_of:?}"))
        })
    }

    /// Whether somebody told the figure, as where it says that it comes from.
    fn was_told(&self, term: Term, one: &Constituent) -> bool {
        let (facts, place) = (&self.facts, (one.unit, term.element, one.period));
        let running = |to: u8| {
            let rows = facts.running.iter().filter(|row| (row.unit, row.element) == (one.unit, term.element));
            rows.filter(|row| row.to == to).any(|row| row.value == one.value)
        };
        match one.origin {
            Origin::Report => facts.reported.get(&place) == Some(&one.value),
            Origin::Baseline => facts.baseline.get(&place) == Some(&one.value),
            Origin::RunningSum => running(one.period.last_month()),
            Origin::Quota => facts.quotas.get(&(one.unit, term.element)) == Some(&one.value),
        }
    }
}
