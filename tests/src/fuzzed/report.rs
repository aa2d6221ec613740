//! Reports as a computer may send them: good ones, and others.

use gom_domain::period::Frequency;
use gom_domain::submission::{Note, Submission, SubmissionId};
use gom_server::memory::Memory;
use gom_server::store::Place;

use super::message;
use super::tape::Tape;

/// A report's body: a report on what stands, mostly.
pub(super) fn body(tape: &mut Tape<'_>, memory: &Memory, unit: u32, reason: &str) -> Vec<u8> {
    let submission = submission(tape, memory, unit, reason);
    let body = gom_proto::submission::encode(&submission);
    if tape.one_in(4) { message::body(tape, &body) } else { body }
}

fn submission(tape: &mut Tape<'_>, memory: &Memory, unit: u32, reason: &str) -> Submission {
    let edition = memory.editions.newest().unwrap();
    let programme = &edition.programme;
    // Most reports are about few places, so that they meet there.
    let form = *tape.one_of(&["society", "society", "society", "budget"]);
    let form = programme.form_named(form).unwrap();
    let months = [1, 2, 3, 5, 5, 5, 12].map(|month| Frequency::Month.period_ending(2024, month).unwrap());
    let period = *tape.one_of(&months);
    let number = memory.form_number(&programme.form(form).key).unwrap();
    let latest = memory.latest.get(&Place { unit, form: number, period });
    let stands = latest.and_then(|latest| latest.stands).map(|stands| stands.standing.id);
    let base = match tape.below(4) {
        0 => Some(id(tape)),
        1 => None,
        _ => stands,
    };
    let mut figures = vec![Some(1); programme.form(form).elements.len()];
    let at = tape.below(figures.len());
    figures[at] = Some(i64::from(tape.byte()) - 2);
    let note = |text: String| Note { rule: String::new(), element: String::new(), text };
    let notes = if tape.one_in(3) { vec![note("đã kiểm tra".to_owned())] } else { Vec::new() };
    let (programme_version, reason) = (edition.version, reason.to_owned());
    let officer = if tape.one_in(4) { "Cán bộ".to_owned() } else { String::new() };
    Submission { id: id(tape), programme_version, form, period, base, figures, notes, reason, officer }
}

/// One of few names, so that some come twice.
fn id(tape: &mut Tape<'_>) -> SubmissionId {
    SubmissionId::new(1_717_000_000_000, [tape.byte() % 32; 10])
}
