//! The steps of a sequence, drawn from a seed. A step names things by numbers that are taken modulo what there is, so that
//! a sequence stays one when steps are left out.

use super::super::chance::Chance;

/// How many steps a sequence has.
pub(super) const LENGTH: usize = 50;

/// Which of several things.
pub(super) type Nth = usize;

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// An officer fills in a cell.
    Edit { office: Nth, place: Nth, cell: Nth, value: u64 },
    /// All drafts are sealed and queued.
    Queue { office: Nth },
    /// A rejected report is sealed again.
    Again { office: Nth, place: Nth },
    /// A queue is written and carried to the district; the answers are brought back, or stay on the way.
    Carry { office: Nth, back: bool },
    /// A queue is written and stays on the way.
    Write { office: Nth },
    /// A queue that was written before is delivered, late or once more; its answers stay on the way.
    Deliver { letter: Nth },
    /// Answers that came before are brought to a computer that they are for, late or once more.
    Bring { office: Nth, answer: Nth },
    /// Several computers push at once and never hear the answers.
    Push { offices: Vec<Nth>, made: Vec<Made> },
    /// The district enters a report on behalf of a unit.
    Enter { unit: Nth, place: Nth, value: u64 },
    /// The district releases what a quarantined computer has queued.
    Release { office: Nth },
    /// An officer resolves a conflict.
    Resolve { office: Nth, place: Nth, mine: bool },
    /// The district's program dies and is started again.
    CrashDistrict,
    /// A commune's program dies and is started again.
    CrashOffice { office: Nth },
    /// The district's files are copied.
    CopyDistrict,
    /// A commune's files are copied.
    CopyOffice { office: Nth },
    /// The district goes on from a copy: as `restore` has it, or from files that somebody has put there.
    RestoreDistrict { copy: Nth, by_hand: bool },
    /// A commune goes on from a copy.
    RestoreOffice { office: Nth, copy: Nth },
    /// A commune's folder is copied to another computer, and both go on.
    Clone { office: Nth },
    /// The district's clock jumps.
    TurnDistrict { year: Nth },
    /// A commune's clock jumps.
    TurnOffice { office: Nth, year: Nth },
}

/// An operation that was made by hand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Made {
    /// Bytes that nobody can read.
    Unreadable,
    /// A form that there is not.
    UnknownForm,
    /// The id of an earlier report with other content.
    ReusedId { place: Nth, value: u64 },
    /// A period that is not of the form's frequency.
    WrongPeriod,
    /// Fewer figures than the form has.
    Misfit { place: Nth },
    /// Figures that break a rule.
    Figures { value: u64 },
    /// A report made from what stands, or from nothing.
    Report { place: Nth, value: u64, on_what_stands: bool },
}

/// The steps of a sequence.
pub(super) fn draw(seed: u64) -> Vec<Step> {
    let mut chance = Chance::new(seed);
    (0..LENGTH).map(|_| step(&mut chance)).collect()
}

fn nth(chance: &mut Chance) -> Nth {
    usize::try_from(chance.below(840)).unwrap_or(0)
}

fn step(chance: &mut Chance) -> Step {
    // Half of what is done is about one and the same report, so that people come in each other's way.
    let place = if chance.one_in(2) { 0 } else { nth(chance) };
    let (office, which, value) = (nth(chance), nth(chance), chance.below(1_000));
    match chance.below(100) {
        0..=25 => Step::Edit { office, place, cell: nth(chance), value },
        26..=43 => Step::Queue { office },
        44..=45 => Step::Again { office, place },
        46..=60 => Step::Carry { office, back: !chance.one_in(4) },
        61..=63 => Step::Write { office },
        64..=67 => Step::Deliver { letter: which },
        68..=71 => Step::Bring { office, answer: which },
        72..=76 => Step::Push { offices: some(chance, nth), made: some(chance, made) },
        77..=78 => Step::Enter { unit: office, place, value },
        79 => Step::Release { office },
        80..=83 => Step::Resolve { office, place, mine: chance.one_in(2) },
        84 => Step::CrashDistrict,
        85..=86 => Step::CrashOffice { office },
        87..=88 => Step::CopyDistrict,
        89..=90 => Step::CopyOffice { office },
        91..=92 => Step::RestoreDistrict { copy: which, by_hand: chance.one_in(3) },
        93..=94 => Step::RestoreOffice { office, copy: which },
        95 => Step::Clone { office },
        96..=97 => Step::TurnDistrict { year: which },
        _ => Step::TurnOffice { office, year: which },
    }
}

fn some<T>(chance: &mut Chance, mut draw: impl FnMut(&mut Chance) -> T) -> Vec<T> {
    (0..chance.below(4)).map(|_| draw(chance)).collect()
}

fn made(chance: &mut Chance) -> Made {
    let (place, value) = (nth(chance), chance.below(1_000));
    match chance.below(10) {
        0 => Made::Unreadable,
        1 => Made::UnknownForm,
        2 => Made::ReusedId { place, value },
        3 => Made::WrongPeriod,
        4 => Made::Misfit { place },
        5 => Made::Figures { value },
        _ => Made::Report { place, value, on_what_stands: !chance.one_in(3) },
    }
}
