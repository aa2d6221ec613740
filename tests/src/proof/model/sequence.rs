//! A sequence: the district and the communes as its steps leave them, and what must hold after each step.

mod ending;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gom_domain::form::FormIx;
use gom_domain::greeting::{Action, DeviceId};
use gom_domain::submission::{Submission, SubmissionId};
use gom_domain::world::World;
use gom_domain::{Period, calendar};
use gom_proto::greeting;
use gom_server::accept::Refusal;
use gom_server::books::{Answer, Job, Push};
use gom_server::enter::Enter;
use gom_server::store::Place;
use tempfile::TempDir;

use super::district::{District, queue_of, read};
use super::founded::{DAY, Enrolled, FORMS, Founded, PLACES, new_folder};
use super::office::Office;
use super::shelf::Said;
use super::step::{Made, Step};
use super::{Held, hold};

/// The clocks that somebody may have set.
const DAYS: [&str; 6] = [DAY, "1980-01-01", "2009-01-01", "2024-02-10", "2038-02-01", "2099-12-31"];

/// How many computers there may be at most.
const OFFICES: usize = 6;

/// A sequence under way.
pub(super) struct Sequence<'f> {
    founded: &'f Founded,
    home: TempDir,
    dice: Arc<AtomicU64>,
    world: World,
    district: District<'f>,
    offices: Vec<Office>,
    /// What was made by hand, in order: whoever made it forgets nothing.
    made: Vec<Vec<u8>>,
    /// Queues that were written and not lost: whose, and the file.
    letters: Vec<(usize, Vec<u8>)>,
    /// Answers that were written: for which computer, and the file.
    answers: Vec<(DeviceId, Vec<u8>)>,
}

fn now(day: &str) -> i64 {
    calendar::day_start_ms(day.parse().unwrap()) + 9 * 3_600_000
}

/// Dice that never fall the same way twice in a sequence, for whomever they are thrown.
fn thrown(dice: &AtomicU64, bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(8) {
        let mut z = dice.fetch_add(1, Ordering::Relaxed).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
    }
}

fn the<T>(list: &[T], nth: usize) -> Option<usize> {
    nth.checked_rem(list.len())
}

impl<'f> Sequence<'f> {
    /// A sequence that begins with what was founded.
    pub(super) fn new(founded: &'f Founded) -> Self {
        let (home, dice) = (new_folder(), Arc::new(AtomicU64::new(1)));
        let thrown_here = Arc::clone(&dice);
        let world = World::new(|| now(DAY), move |bytes| thrown(&thrown_here, bytes));
        let district = District::new(founded, home.path().join("district"), world.clone(), now(DAY));
        let (letters, answers) = (Vec::new(), Vec::new());
        let (offices, made) = (Vec::new(), Vec::new());
        let mut sequence = Self { founded, home, dice, world, district, offices, made, letters, answers };
        for nth in 0..founded.computers.len() {
            sequence.open(nth, &founded.computer(nth));
        }
        sequence
    }

    /// Another computer by the name of an enrolled one, with files of a folder.
    fn open(&mut self, computer: usize, from: &std::path::Path) {
        let dice = Arc::clone(&self.dice);
        let home: PathBuf = self.home.path().join(self.offices.len().to_string());
        let enrolled = self.founded.computers[computer].clone();
        let throw = move |bytes: &mut [u8]| thrown(&dice, bytes);
        self.offices.push(Office::new(enrolled, from, home, throw, now(DAY)));
    }

    /// Makes a step and checks what it has touched.
    pub(super) fn step(&mut self, step: &Step) -> Held {
        match step {
            Step::Edit { office, place, cell, value } => {
                self.only(*office, |office| office.edit(*place, *cell, *value))
            }
            Step::Queue { office } => self.queue(*office, |office| office.submit(&gom::Which::All)),
            Step::Again { office, place } => self.queue(*office, |office| office.again(*place)),
            Step::Carry { office, back } => self.carry(office % self.offices.len(), *back),
            Step::Write { office } => self.write(office % self.offices.len()),
            Step::Deliver { letter } => self.deliver(*letter),
            Step::Bring { office, answer } => self.bring(office % self.offices.len(), *answer),
            Step::Push { offices, made } => self.push(offices, made),
            Step::Enter { unit, place, value } => self.enter(*unit, *place, *value),
            Step::Release { office } => self.release(office % self.offices.len()),
            Step::Resolve { office, place, mine } => self.at(*office, |office| office.resolve(*place, *mine)),
            Step::CrashDistrict => {
                self.district.crash();
                self.district.commit(Vec::new()).map(drop)
            }
            Step::CrashOffice { office } => self.at(*office, |office| {
                office.crash();
                Ok(())
            }),
            Step::CopyDistrict => {
                self.district.copy();
                Ok(())
            }
            Step::CopyOffice { office } => self.only(*office, |office| {
                office.copy();
                Ok(())
            }),
            Step::RestoreDistrict { copy, by_hand } => self.restore(*copy, *by_hand),
            Step::RestoreOffice { office, copy } => self.at(*office, |office| {
                if let Some(nth) = the(&office.copies, *copy) {
                    office.go_back(nth);
                }
                Ok(())
            }),
            Step::Clone { office } => self.clone_folder(office % self.offices.len()),
            Step::TurnDistrict { year } => {
                self.district.now_ms = now(DAYS[year % DAYS.len()]);
                Ok(())
            }
            Step::TurnOffice { office, year } => self.only(*office, |office| {
                office.clock.store(now(DAYS[year % DAYS.len()]), Ordering::Relaxed);
                Ok(())
            }),
        }
    }

    /// Does something at a commune and checks its folder.
    fn at(&mut self, nth: usize, what: impl FnOnce(&mut Office) -> Held) -> Held {
        let nth = nth % self.offices.len();
        what(&mut self.offices[nth])?;
        self.offices[nth].check(&self.district.rulings)
    }

    /// Does something at a commune that tells nobody anything. Its folder is checked with the next step that does.
    fn only(&mut self, nth: usize, what: impl FnOnce(&mut Office) -> Held) -> Held {
        let nth = nth % self.offices.len();
        what(&mut self.offices[nth])
    }

    fn queue(
        &mut self,
        nth: usize,
        submit: impl FnOnce(&mut Office) -> Result<Vec<[u8; 32]>, String>,
    ) -> Held {
        let nth = nth % self.offices.len();
        let sealed = submit(&mut self.offices[nth])?;
        let (unit, number) = (self.offices[nth].computer.unit, self.offices[nth].computer.number);
        if sealed.is_empty() {
            return Ok(());
        }
        self.district.known.extend(sealed.into_iter().map(|fingerprint| (fingerprint, (unit, number))));
        self.offices[nth].check(&self.district.rulings)
    }

    /// Carries a queue there, and the answers back or not yet.
    fn carry(&mut self, nth: usize, back: bool) -> Held {
        self.carry_only(nth, back)?;
        if back { self.offices[nth].check(&self.district.rulings) } else { Ok(()) }
    }

    /// The same, and nothing is looked at yet.
    fn carry_only(&mut self, nth: usize, back: bool) -> Held {
        let file = self.offices[nth].write()?;
        let computer = self.offices[nth].computer.clone();
        let Some(answers) = self.district.take_in(&computer, &file, false)? else { return Ok(()) };
        self.letters.push((nth, file));
        if back {
            self.offices[nth].bring(&answers)?;
        }
        self.answers.push((computer.device, answers));
        Ok(())
    }

    fn write(&mut self, nth: usize) -> Held {
        let file = self.offices[nth].write()?;
        self.letters.push((nth, file));
        Ok(())
    }

    fn deliver(&mut self, nth: usize) -> Held {
        let Some(nth) = the(&self.letters, nth) else { return Ok(()) };
        let (whose, file) = self.letters[nth].clone();
        let computer = self.offices[whose].computer.clone();
        if let Some(answers) = self.district.take_in(&computer, &file, false)? {
            self.answers.push((computer.device, answers));
        }
        Ok(())
    }

    fn bring(&mut self, nth: usize, answer: usize) -> Held {
        let device = self.offices[nth].computer.device;
        let here: Vec<usize> = (0..self.answers.len()).filter(|at| self.answers[*at].0 == device).collect();
        let Some(which) = the(&here, answer) else { return Ok(()) };
        let file = self.answers[here[which]].1.clone();
        self.at(nth, |office| office.bring(&file))
    }

    /// Pushes of several computers in one group. Nobody hears the answers; they are held against the journal.
    fn push(&mut self, offices: &[usize], made: &[Made]) -> Held {
        let mut pushes = Vec::new();
        let nths: BTreeSet<usize> = offices.iter().map(|nth| nth % self.offices.len()).collect();
        for nth in nths {
            let computer = self.offices[nth].computer.clone();
            let queue = read(&computer, &self.offices[nth].write()?);
            let hello = greeting::hello(queue.hello.clone().unwrap_or_default(), computer.device);
            let hello = hello.map_err(|error| error.to_string())?;
            let now_ms = self.district.now_ms;
            let goes = self.district.memory(|memory| {
                let device = memory.device_called(computer.device);
                let welcome = gom_server::greeting::welcome(memory, device.unwrap(), &hello, now_ms);
                welcome.action == Action::Go
                    && hello.history == memory.history
                    && !gom_server::greeting::has_seen_more(memory, &hello)
            });
            let operations = queue_of(&queue);
            if let Some((first, _)) = operations.first().filter(|_| goes) {
                pushes.push((
                    computer,
                    hello.epoch,
                    *first,
                    operations.into_iter().map(|(_, body)| body).collect(),
                ));
            }
        }
        for made in made {
            let body = self.make(*made);
            self.made.push(body);
        }
        // What books that were restored have lost is sent again.
        let maker = self.founded.maker.clone();
        let (epoch, last) = self.district.shelf.reached(maker.number);
        let bodies = self.made[usize::try_from(last).unwrap()..].to_vec();
        if !bodies.is_empty() {
            pushes.push((maker, epoch, last + 1, bodies));
        }
        let job = |(computer, epoch, first, bodies): &(Enrolled, u32, u64, Vec<Vec<u8>>)| {
            let operations = bodies.iter().cloned().map(Into::into).collect();
            Job::Push(Push { device: computer.number, epoch: *epoch, first_sequence: *first, operations })
        };
        let answers = self.district.commit(pushes.iter().map(job).collect())?;
        for ((computer, epoch, first, bodies), answer) in pushes.iter().zip(answers) {
            let Answer::Receipts(receipts, refusal) = answer else {
                return Err(format!("a push got {answer:?}"));
            };
            self.district.told(computer.number, *epoch, &receipts)?;
            if receipts.len() == bodies.len() && refusal.is_none() {
                continue;
            }
            let stopped = first + receipts.len() as u64;
            let body = &bodies[receipts.len()];
            let may = self.district.refusals(computer, *epoch, stopped, body);
            // Another computer by the same name, in the same group, may have begun the next epoch.
            let ended = *epoch < self.district.shelf.reached(computer.number).0;
            let has_reason = refusal.is_some() && refusal == may || ended && refusal == Some(Refusal::Epoch);
            hold!(has_reason, "{stopped} was refused by {refusal:?} instead of {may:?}");
        }
        Ok(())
    }

    /// A body made by hand.
    fn make(&mut self, made: Made) -> Vec<u8> {
        let unit = self.founded.maker.unit;
        let submission = match made {
            Made::Unreadable => {
                let mut body = vec![0xff; 12];
                thrown(&self.dice, &mut body[4..]);
                let device = self.founded.maker.number;
                self.district.known.insert(gom_domain::greeting::fingerprint(&body), (unit, device));
                return body;
            }
            Made::UnknownForm => Submission { form: FormIx(77), ..self.report(0, 5, unit, true) },
            Made::ReusedId { place, value } => {
                let report = self.report(place, value, unit, true);
                Submission { id: report.base.unwrap_or(report.id), ..report }
            }
            Made::WrongPeriod => {
                Submission { period: "2024-Q1".parse().unwrap(), ..self.report(0, 5, unit, false) }
            }
            Made::Misfit { place } => {
                let mut report = self.report(place, 5, unit, true);
                report.figures.push(Some(1));
                report
            }
            Made::Figures { value } => {
                let mut report = self.report(1, value, unit, true);
                report.figures[1] = Some(i64::MAX >> 24);
                report
            }
            Made::Report { place, value, on_what_stands } => self.report(place, value, unit, on_what_stands),
        };
        self.district.body(&submission, unit, self.founded.maker.number)
    }

    /// A report of a unit, made from what stands or from nothing.
    fn report(&self, place: usize, value: u64, unit: u32, on_what_stands: bool) -> Submission {
        let (form, period) = PLACES[place % PLACES.len()];
        let ix = FORMS.iter().position(|(key, _)| *key == form).unwrap_or(0);
        let period: Period = period.parse().unwrap();
        let place = Place { unit, form: self.founded.forms[ix], period };
        let stands = self.district.shelf.stands.get(&place).map(|filed| filed.id);
        let figures = FORMS[ix].1.iter().zip(0..).map(|(_, less)| Some(value.cast_signed() * 2 - less));
        Submission {
            id: SubmissionId::new(self.district.now_ms, self.world.random()),
            programme_version: 1,
            form: FormIx(u16::try_from(ix).unwrap()),
            period,
            base: stands.filter(|_| on_what_stands),
            figures: figures.map(|figure| figure.map(|figure: i64| figure.max(0))).collect(),
            notes: Vec::new(),
            reason: String::new(),
            officer: String::new(),
        }
    }

    /// The district enters on behalf of a unit: all is accepted, or nothing is entered.
    fn enter(&mut self, unit: usize, place: usize, value: u64) -> Held {
        let (number, name) = self.founded.units[unit % 2].clone();
        let report =
            Submission { reason: "by telephone".to_owned(), ..self.report(place, value, number, true) };
        let body = self.district.body(&report, number, 0);
        let before = self.district.shelf.last;
        let job = Job::Enter(Enter { unit: name, bodies: vec![body], device: DeviceId(self.world.random()) });
        let answer = self.district.commit(vec![job])?.remove(0);
        let Answer::Receipts(receipts, None) = answer else { return Err(format!("an entry got {answer:?}")) };
        let accepted = receipts.iter().all(|(_, receipt)| receipt.ruling.is_accepted());
        let entered = self.district.shelf.last != before;
        hold!(entered == accepted, "what was entered is {receipts:?}");
        hold!(
            accepted || matches!(Said::from(&receipts[0].1.ruling.verdict), Said::Rejected(_)),
            "the district conflicts with itself"
        );
        Ok(())
    }

    fn release(&mut self, nth: usize) -> Held {
        let file = self.offices[nth].write()?;
        let computer = self.offices[nth].computer.clone();
        if let Some(answers) = self.district.take_in(&computer, &file, true)? {
            self.answers.push((computer.device, answers));
        }
        Ok(())
    }

    /// The district goes on from a copy. Where somebody has put the files there by hand, the first that comes is a commune
    /// that has seen more; where there is none, nobody has been told of what is lost.
    fn restore(&mut self, copy: usize, by_hand: bool) -> Held {
        let Some(nth) = the(&self.district.copies, copy) else { return Ok(()) };
        self.district.go_back(nth);
        let (history, last) = (self.district.shelf.history, self.district.shelf.last);
        let reached = |computer: &Enrolled| self.district.shelf.reached(computer.number);
        let witness = self.offices.iter_mut().position(|office| {
            let current = office.epoch() >= reached(&office.computer).0;
            current && office.history() == history && office.seen() > last
        });
        match witness.filter(|_| by_hand) {
            Some(witness) => {
                self.carry(witness, true)?;
                hold!(self.district.shelf.history != history, "a commune had seen more, and nobody noticed");
                Ok(())
            }
            None => self.district.begin_history(),
        }
    }

    fn clone_folder(&mut self, nth: usize) -> Held {
        if self.offices.len() == OFFICES {
            return Ok(());
        }
        let device = self.offices[nth].computer.device;
        let computer = self.founded.computers.iter().position(|one| one.device == device).unwrap_or(0);
        let (from, desk) = (self.offices[nth].home().to_owned(), self.offices[nth].desk.clone());
        self.open(computer, &from);
        let clone = self.offices.len() - 1;
        self.offices[clone].desk = desk;
        self.at(clone, |_| Ok(()))
    }
}
