//! What the targets ask of a unit, read once however many of them ask: shares have the same whole, comparisons the same
//! year before.

use crate::element::ElementIx;
use crate::formula::{Aspect, Term};
use crate::totals::{Holding, Series, Subject, View};

/// The figures that targets ask of a unit, one unit after another.
pub(super) struct Readings<'a> {
    view: &'a View<'a>,
    asked: Vec<Question<'a>>,
    /// What the unit has of each; none where it does not fill in the element.
    held: Vec<Option<Holding>>,
}

/// One figure that is asked for.
struct Question<'a> {
    series: Series<'a>,
    term: Term,
    /// The month up to which flows are added.
    due: u8,
}

impl<'a> Readings<'a> {
    pub(super) fn new(view: &'a View<'a>) -> Self {
        Self { view, asked: Vec::new(), held: Vec::new() }
    }

    /// The place at which a figure will be found.
    pub(super) fn place(&mut self, term: Term, due: u8) -> usize {
        let known = self.asked.iter().position(|asked| asked.term == term && asked.due == due);
        known.unwrap_or_else(|| {
            self.asked.push(Question { series: self.view.series(term.element), term, due });
            self.asked.len() - 1
        })
    }

    /// The same for an element in one aspect.
    pub(super) fn place_of(&mut self, element: ElementIx, aspect: Aspect, due: u8) -> usize {
        self.place(Term { element, aspect }, due)
    }

    /// Reads all that is asked of a unit.
    pub(super) fn read(&mut self, subject: &Subject<'a>) {
        let held = |asked: &Question<'a>| held(&asked.series, asked.term.aspect, subject, asked.due);
        self.held.clear();
        self.held.extend(self.asked.iter().map(held));
    }

    /// What the unit that was read last has of a figure; none where it does not fill in the element.
    pub(super) fn held(&self, place: usize) -> Option<&Holding> {
        self.held[place].as_ref()
    }
}

/// What a unit has of a term; none where it does not fill in the element.
pub(super) fn held<'a>(
    series: &Series<'a>,
    aspect: Aspect,
    subject: &Subject<'a>,
    due: u8,
) -> Option<Holding> {
    let of = || match aspect {
        Aspect::Now => series.now(subject, due),
        Aspect::Kept => kept(series.now(subject, due), series.before(subject, due)),
        Aspect::Prev => prev(series.now(subject, due), series.before(subject, due)),
        _ => Holding { value: series.quota(subject), complete: true },
    };
    series.asks(subject).then(of)
}

/// A figure of the year before; a unit has reported with it when it is known and this year's has come in too.
fn prev(now: Holding, before: Option<i64>) -> Holding {
    Holding { value: before, complete: now.complete && before.is_some() }
}

/// Whether one unit has a flag and had it the year before; it has reported with the flag of now alone.
fn kept(now: Holding, before: Option<i64>) -> Holding {
    let value = match before {
        Some(0) => Some(0),
        Some(_) => now.value.filter(|_| now.complete),
        None => None,
    };
    Holding { value, complete: now.complete }
}
