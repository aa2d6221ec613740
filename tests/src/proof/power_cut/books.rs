//! A program that writes a district's books as the server's writer does, without a server: it founds them, enrols devices
//! and commits in groups, and after each group says what was answered.
//!
//! A line a fact: `founded`, `enrolled NUMBER`, `ruled DEVICE SEQUENCE FINGERPRINT VERDICT`, and at the end of each group
//! `commit NUMBER`, the last entry that is in the books.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use gom_domain::Period;
use gom_domain::greeting::{DeviceId, fingerprint};
use gom_domain::ruling::Verdict;
use gom_domain::submission::{Submission, SubmissionId};
use gom_domain::unit::UnitId;
use gom_domain::world::World;
use gom_server::books::{Answer, Books, Contact, Job, Push};
use gom_server::enrol::{By, Enrol, IssueCode};
use gom_server::enter::Enter;
use gom_server::folder::{Folder, Lock};
use gom_server::memory::Memory;
use gom_server::operation::Operation;
use gom_server::publish::Load;

use crate::Clock;
use crate::district::bundle;
use crate::proof::chance::Chance;

/// The units whose devices hand in.
const UNITS: [&str; 5] = ["hoa-an", "kinh-cung", "cay-duong", "tan-binh", "binh-thanh"];
/// After so many groups the books are closed and opened again.
const SITTING: u64 = 60;

/// Whose books they are, and by which programme.
const PROGRAMME: &str = "phung-hiep-2024";
/// A day on which all of its year may be handed in.
pub(super) const DAY: &str = "2025-01-20";
/// What this program never hands in, so that it can be afterwards: a form and a period.
pub(super) const SPARE: (&str, &str) = ("budget", "2024-12");

/// Founds books in the folder of the settings and writes them: the seed and the number of groups are its arguments.
pub fn run() -> ExitCode {
    let number = |place: usize| std::env::args().nth(place).and_then(|text| text.parse::<u64>().ok());
    let (Some(folder), Some(seed), Some(groups)) = (std::env::var_os("GOM_DATA"), number(1), number(2))
    else {
        return ExitCode::FAILURE;
    };
    let mut desk = Desk::found(Folder::new(PathBuf::from(folder)), Clock::at(DAY).world(), seed);
    UNITS.iter().for_each(|unit| desk.enrol(unit));
    for group in 1..=groups {
        desk.group();
        if group % SITTING == 0 {
            desk = desk.opened_again();
        }
    }
    ExitCode::SUCCESS
}

/// The first job of all books: the programme's tables.
pub(super) fn programme() -> Job {
    Job::Load(Load { programme: Some(bundle(PROGRAMME)), ..Load::default() })
}

/// The body of a report with one figure.
pub(super) fn body(
    memory: &Memory,
    id: SubmissionId,
    (form, period): (&str, &str),
    base: Option<SubmissionId>,
    value: i64,
    reason: &str,
) -> Vec<u8> {
    let edition = memory.editions.newest().expect("a programme");
    let form = edition.programme.form_named(form).expect("a form of the programme");
    let mut figures = vec![None; edition.programme.forms[form.get()].elements.len()];
    figures[0] = Some(value);
    gom_proto::submission::encode(&Submission {
        id,
        programme_version: edition.version,
        form,
        period: period.parse::<Period>().expect("a period"),
        base,
        figures,
        notes: Vec::new(),
        reason: reason.to_owned(),
        officer: String::new(),
    })
}

/// A verdict in one word.
pub(super) fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accepted { revision } => format!("accepted-{revision}"),
        Verdict::Conflict { current } => format!("conflict-{current}"),
        Verdict::Rejected(rejection) => rejection.code.clone(),
    }
}

struct Device {
    number: u32,
    sequence: u64,
    before: Option<Push>,
}

struct Desk {
    folder: Folder,
    books: Books,
    _lock: Lock,
    world: World,
    chance: Chance,
    devices: Vec<Device>,
    /// What stands, or will once it is judged.
    standing: HashMap<(usize, &'static str, String), SubmissionId>,
}

impl Desk {
    fn found(folder: Folder, world: World, seed: u64) -> Self {
        let (ledger, lock) = folder.found(&world).expect("books can be founded");
        let books = Books::open(Box::new(ledger)).expect("new books can be opened");
        let (chance, devices, standing) = (Chance::new(seed), Vec::new(), HashMap::new());
        let mut desk = Self { folder, books, _lock: lock, world, chance, devices, standing };
        desk.commit(vec![programme()], "founded\n");
        desk
    }

    /// Commits jobs, then says what was answered.
    fn commit(&mut self, jobs: Vec<Job>, fact: &str) -> Vec<Answer> {
        let asked = jobs.clone();
        let answers = self.books.commit(jobs, self.world.now_ms());
        let mut said = fact.to_owned();
        for (job, answer) in asked.iter().zip(&answers) {
            match (job, answer) {
                (Job::Push(push), Answer::Receipts(receipts, None)) => {
                    for (operation, (sequence, receipt)) in push.operations.iter().zip(receipts) {
                        let verdict = word(&receipt.ruling.verdict);
                        ruled(&mut said, push.device, *sequence, &operation.fingerprint, &verdict);
                    }
                }
                (Job::Enter(enter), Answer::Receipts(receipts, None)) => {
                    let hand = self.hand_of(&enter.unit);
                    for (body, (sequence, receipt)) in enter.bodies.iter().zip(receipts) {
                        let verdict = word(&receipt.ruling.verdict);
                        ruled(&mut said, hand, *sequence, &fingerprint(body), &verdict);
                    }
                }
                (_, Answer::Changed(_) | Answer::Enrolled(_)) => {}
                (job, answer) => panic!("{job:?}: {answer:?}"),
            }
        }
        let last = self.memory(|memory| memory.last.map_or(0, |last| last.last_seq));
        writeln!(said, "commit {last}").expect("text takes everything");
        let mut out = std::io::stdout().lock();
        out.write_all(said.as_bytes()).and_then(|()| out.flush()).expect("somebody reads");
        answers
    }

    fn memory<T>(&self, look: impl FnOnce(&Memory) -> T) -> T {
        look(&self.books.shared().read().expect("nobody has panicked"))
    }

    fn hand_of(&self, unit: &UnitId) -> u32 {
        self.memory(|memory| {
            let unit = memory.unit_number(unit);
            memory
                .devices()
                .find(|device| device.district && Some(device.unit) == unit)
                .expect("a hand")
                .number
        })
    }

    fn enrol(&mut self, unit: &str) {
        let hash: [u8; 32] = self.world.random();
        let code = IssueCode { unit: UnitId::from(unit), hash, expires_ms: i64::MAX };
        self.commit(vec![Job::IssueCode(code)], "");
        let device = DeviceId(self.world.random());
        let enrol = Enrol {
            by: By::Code { hash, device },
            secret_hash: self.world.random(),
            name: unit.to_owned(),
            app_version: String::new(),
            authority: None,
        };
        self.commit(vec![Job::Enrol(enrol)], "");
        let number = self.memory(|memory| memory.device_called(device).expect("it is enrolled").number);
        self.devices.push(Device { number, sequence: 0, before: None });
    }

    /// Some devices hand in at once; now and then the district enters something itself.
    fn group(&mut self) {
        let mut jobs = Vec::new();
        for device in 0..self.devices.len() {
            if !self.chance.one_in(3) {
                jobs.push(Job::Push(self.push(device)));
            }
            if self.chance.one_in(6) {
                jobs.push(Job::Contact(self.contact(device)));
            }
        }
        self.commit(jobs, "");
        if self.chance.one_in(8) {
            let enter = self.entry();
            self.commit(vec![Job::Enter(enter)], "");
        }
    }

    /// What a device sends: reports, or the same again whose receipts it has lost.
    fn push(&mut self, place: usize) -> Push {
        if self.chance.one_in(10)
            && let Some(before) = self.devices[place].before.clone()
        {
            return before;
        }
        let bodies: Vec<Vec<u8>> = (0..=self.chance.below(12)).map(|_| self.report(place)).collect();
        let editions = self.memory(|memory| memory.editions.clone());
        let operations: Vec<Operation> =
            bodies.into_iter().map(|body| Operation::read(body, &editions)).collect();
        let device = &mut self.devices[place];
        let push = Push { device: device.number, epoch: 1, first_sequence: device.sequence + 1, operations };
        device.sequence += push.operations.len() as u64;
        device.before = Some(push.clone());
        push
    }

    /// A report on what stands; now and then one on what does not, and one that nobody can read.
    fn report(&mut self, unit: usize) -> Vec<u8> {
        if self.chance.one_in(30) {
            return self.world.random::<40>().to_vec();
        }
        let (form, period) = self.form_and_period();
        let (id, value) = (self.world.submission_id(), self.figure());
        let is_stale = self.chance.one_in(20);
        let place = (unit, form, period.clone());
        let base = if is_stale { None } else { self.standing.get(&place).copied() };
        if base == self.standing.get(&place).copied() {
            self.standing.insert(place, id);
        }
        self.memory(|memory| body(memory, id, (form, &period), base, value, ""))
    }

    fn form_and_period(&mut self) -> (&'static str, String) {
        let form = ["society", "budget", "economy"][usize::try_from(self.chance.below(3)).expect("small")];
        (form, format!("2024-{:02}", self.chance.below(11) + 1))
    }

    fn figure(&mut self) -> i64 {
        i64::try_from(self.chance.below(5_000)).expect("small")
    }

    fn entry(&mut self) -> Enter {
        let place = usize::try_from(self.chance.below(UNITS.len() as u64)).expect("small");
        let (form, period) = self.form_and_period();
        let (id, value) = (self.world.submission_id(), self.figure());
        let base = self.standing.insert((place, form, period.clone()), id);
        let body = self.memory(|memory| body(memory, id, (form, &period), base, value, "by telephone"));
        let device = DeviceId(self.world.random());
        Enter { unit: UnitId::from(UNITS[place]), bodies: vec![body], device }
    }

    fn contact(&mut self, place: usize) -> Contact {
        let skew_ms = self.figure();
        let (device, at_ms) = (self.devices[place].number, self.world.now_ms());
        Contact { device, at_ms, skew_ms, app_version: "1".to_owned(), authority: None }
    }

    /// Closes the books as a server that stops, and opens them as the next one.
    fn opened_again(self) -> Self {
        let Self { folder, mut books, _lock: lock, world, chance, devices, standing } = self;
        books.settle();
        drop((books, lock));
        let (ledger, lock) = folder.open().expect("the books can be opened again");
        let books = Books::open(Box::new(ledger)).expect("the books can be read again");
        Self { folder, books, _lock: lock, world, chance, devices, standing }
    }
}

fn ruled(said: &mut String, device: u32, sequence: u64, fingerprint: &[u8; 32], verdict: &str) {
    let fingerprint = shown(fingerprint);
    writeln!(said, "ruled {device} {sequence} {fingerprint} {verdict}").expect("text takes everything");
}

/// A fingerprint in hexadecimal digits.
pub(super) fn shown(fingerprint: &[u8; 32]) -> String {
    fingerprint.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text takes everything");
        text
    })
}
