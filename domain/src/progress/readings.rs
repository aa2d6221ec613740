//! What the targets ask of a unit, read once however many of them ask: shares have the same whole, comparisons the same
//! year before.

use crate::element::ElementIx;
use crate::formula::{Aspect, Term};
use crate::totals::{Holding, Series, Subject, View};
use crate::unit::UnitIx;

/// The figures that targets ask of a unit, one unit after another.
pub(super) struct Readings<'a> {
    view: &'a View<'a>,
    list: Vec<Reading<'a>>,
    subject: Option<Subject<'a>>,
}

/// One figure that is asked for.
struct Reading<'a> {
    series: Series<'a>,
    term: Term,
    /// The month up to which flows are added.
    due: u8,
    answer: Answer,
}

/// What the unit has of a figure.
#[derive(Clone, Copy)]
enum Answer {
    /// Nobody has asked yet.
    Unasked,
    /// It does not fill in the element.
    NotForIt,
    Held(Holding),
}

impl Answer {
    fn held(self) -> Option<Holding> {
        if let Self::Held(holding) = self { Some(holding) } else { None }
    }
}

impl<'a> Readings<'a> {
    pub(super) fn new(view: &'a View<'a>) -> Self {
        Self { view, list: Vec::new(), subject: None }
    }

    /// The place at which a figure will be found.
    pub(super) fn place(&mut self, term: Term, due: u8) -> usize {
        let known = self.list.iter().position(|reading| reading.term == term && reading.due == due);
        known.unwrap_or_else(|| {
            let series = self.view.series(term.element);
            self.list.push(Reading { series, term, due, answer: Answer::Unasked });
            self.list.len() - 1
        })
    }

    /// The same for an element in one aspect.
    pub(super) fn place_of(&mut self, element: ElementIx, aspect: Aspect, due: u8) -> usize {
        self.place(Term { element, aspect }, due)
    }

    /// Turns to a unit.
    pub(super) fn turn_to(&mut self, unit: UnitIx) {
        let subject = self.view.subject(unit);
        subject.fetch();
        self.subject = Some(subject);
        self.list.iter_mut().for_each(|reading| reading.answer = Answer::Unasked);
    }

    /// What the unit has of a figure; none where it does not fill in the element.
    pub(super) fn held(&mut self, place: usize) -> Option<Holding> {
        let reading = &mut self.list[place];
        if matches!(reading.answer, Answer::Unasked) {
            let held = held(&reading.series, reading.term.aspect, self.subject.as_ref()?, reading.due);
            reading.answer = held.map_or(Answer::NotForIt, Answer::Held);
        }
        reading.answer.held()
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
