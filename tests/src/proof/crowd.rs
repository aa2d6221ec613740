//! Many at once: one submission over 64 connections, 64 submissions for one place, and readers beside writers, who must
//! each see the books as of one commit.

mod reader;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use gom_domain::programme::Programme;
use gom_domain::ruling::{Receipt, Verdict};
use gom_domain::submission::SubmissionId;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use self::reader::{Answer, ELEMENT, FORM, PERIOD, Sums, assert_recalled};
use super::Proof;
use super::attempt::{Attempt, Over, runtime};
use super::chance::Chance;
use crate::caller::OneFigure;
use crate::{Caller, District};

/// The proof of the crowd.
pub(super) const PROOF: Proof = Proof {
    name: "crowd",
    promises: "G4, G10, G11, G12",
    unit: "rounds of 64 pushes of one submission, 64 rival submissions, and readers beside writers",
    few: 2,
    many: 50,
    tries,
};

/// How many connections at once, and over how many devices of a unit as many submissions come.
const CONNECTIONS: usize = 64;
const DEVICES: usize = 16;

/// Whose figures readers add up while they are written, and how often each unit hands in during a round.
const WRITERS: [&str; 5] = ["31420", "31399", "31402", "31405", "31408"];
const VERSIONS: u64 = 8;

fn tries(count: u64, seed: u64) {
    let runtime = runtime();
    let mut crowd = runtime.block_on(Crowd::open(seed));
    for number in 0..count {
        let _attempt = Attempt::begin(PROOF.name, number, seed);
        runtime.block_on(crowd.push_one());
        runtime.block_on(crowd.push_rivals());
        crowd.read_beside_writers(&runtime);
    }
    crowd.district.verify();
}

/// Bodies with their numbers.
type Versions = Vec<(u64, Vec<u8>)>;

struct Crowd {
    district: District,
    programme: Arc<Programme>,
    chance: Chance,
    /// The devices of one unit, and what stands at the place that they contend for.
    devices: Vec<Caller>,
    standing: Option<SubmissionId>,
    revision: u32,
    /// A device of each writing unit, with what it handed in last.
    writers: Vec<(Caller, Option<SubmissionId>)>,
}

impl Crowd {
    async fn open(seed: u64) -> Self {
        let district = District::open().await;
        let programme = Arc::clone(&district.memory().editions.newest().unwrap().programme);
        let (mut devices, mut writers) = (Vec::new(), Vec::new());
        for _ in 0..DEVICES {
            devices.push(Caller::enrolled(&district, "31423").await);
        }
        for unit in WRITERS {
            writers.push((Caller::enrolled(&district, unit).await, None));
        }
        let chance = Chance::new(seed);
        Self { district, programme, chance, devices, standing: None, revision: 0, writers }
    }

    /// A report for the place that all contend for, made from what stands there.
    fn rival(&mut self) -> (SubmissionId, i64, Vec<u8>) {
        let (id, figure) = (self.district.clock.world().submission_id(), self.figure());
        let (form, period, element, base) = ("society", "2024-05", "births", self.standing);
        (id, figure, OneFigure { form, period, element, figure, base }.body(&self.programme, id))
    }

    fn figure(&mut self) -> i64 {
        i64::try_from(self.chance.below(900)).unwrap()
    }

    /// One submission over 64 connections at once: one row, and the same receipt for everybody.
    async fn push_one(&mut self) {
        let before = self.district.submissions().len();
        let (id, figure, body) = self.rival();
        let number = self.devices[0].seal(&body);
        let pushes = vec![(self.devices[0].clone(), number, vec![body]); CONNECTIONS];
        let receipts = at_once(pushes).await.concat();
        self.revision += 1;
        assert_eq!(receipts.len(), CONNECTIONS);
        assert_eq!(receipts[0].ruling.verdict, Verdict::Accepted { revision: self.revision });
        assert!(receipts.iter().all(|receipt| *receipt == receipts[0]), "receipts differ: {receipts:?}");
        let rows = self.district.submissions();
        assert_eq!(rows.len(), before + 1, "one row in the journal");
        assert_eq!(rows[before].seq, receipts[0].commit);
        self.stands(id, figure);
    }

    /// 64 submissions for one place, made from the same, over several devices at once: one stands, and all others are
    /// told of it.
    async fn push_rivals(&mut self) {
        let before = self.district.submissions().len();
        let (mut pushes, mut rivals) = (Vec::new(), Vec::new());
        for device in 0..DEVICES {
            let (mut numbers, mut bodies) = (Vec::new(), Vec::new());
            for _ in 0..CONNECTIONS / DEVICES {
                let (id, figure, body) = self.rival();
                numbers.push(self.devices[device].seal(&body));
                bodies.push(body);
                rivals.push((id, figure));
            }
            pushes.push((self.devices[device].clone(), numbers[0], bodies));
        }
        let receipts = at_once(pushes).await.concat();
        self.revision += 1;
        let stands = |receipt: &Receipt| receipt.ruling.is_accepted();
        assert_eq!(receipts.iter().filter(|receipt| stands(receipt)).count(), 1, "one stands: {receipts:?}");
        let winner = receipts.iter().position(stands).unwrap();
        assert_eq!(receipts[winner].ruling.verdict, Verdict::Accepted { revision: self.revision });
        let told = Verdict::Conflict { current: self.revision };
        let losers = receipts.iter().filter(|receipt| !stands(receipt));
        assert!(losers.clone().all(|receipt| receipt.ruling.verdict == told), "{receipts:?}");
        assert_eq!(self.district.submissions().len(), before + CONNECTIONS, "each is kept");
        let (id, figure) = rivals[winner];
        self.stands(id, figure);
    }

    fn stands(&mut self, id: SubmissionId, figure: i64) {
        assert_eq!(self.district.total("births", "2024-05"), figure.to_string(), "what stands is counted");
        self.standing = Some(id);
    }

    /// Units hand in versions of a report while readers add up: each answer must be the plain sum as of its commit, and
    /// no reader's commits may go backwards.
    fn read_beside_writers(&mut self, runtime: &tokio::runtime::Runtime) {
        let bodies: Vec<_> = (0..self.writers.len()).map(|writer| self.versions(writer)).collect();
        let (district, over) = (&self.district, &AtomicBool::new(false));
        let answers: Vec<Vec<Answer>> = thread::scope(|scope| {
            let of_disk = || Answer::of(&district.memory());
            let of_server = || district.served(Answer::of);
            let readers = [
                scope.spawn(move || until_over(over, of_disk)),
                scope.spawn(move || until_over(over, of_server)),
                scope.spawn(move || until_over(over, of_server)),
            ];
            let begun = Over(over);
            let writers = self.writers.iter().map(|(writer, _)| writer.clone()).zip(bodies);
            runtime.block_on(hand_in_singly(writers.collect()));
            drop(begun);
            readers.map(|reader| reader.join().unwrap()).into()
        });
        let sums = Sums::recount(&self.district);
        for answers in &answers {
            sums.assert_right(answers);
        }
        assert_recalled(&self.district, &answers.concat());
    }

    /// The next versions of a writer's report.
    fn versions(&mut self, writer: usize) -> Versions {
        let versions = 0..VERSIONS;
        let version = |_| {
            let (id, figure) = (self.district.clock.world().submission_id(), self.figure());
            let base = self.writers[writer].1.replace(id);
            let report = OneFigure { form: FORM, period: PERIOD, element: ELEMENT, figure, base };
            let body = report.body(&self.programme, id);
            (self.writers[writer].0.seal(&body), body)
        };
        versions.map(version).collect()
    }
}

/// What devices hand in, each on a connection of its own: all have been welcomed before the first hands in.
async fn at_once(pushes: Vec<(Caller, u64, Vec<Vec<u8>>)>) -> Vec<Vec<Receipt>> {
    let (mut tasks, barrier) = (JoinSet::new(), Arc::new(Barrier::new(pushes.len())));
    for (place, (caller, first, bodies)) in pushes.into_iter().enumerate() {
        let barrier = Arc::clone(&barrier);
        tasks.spawn(async move {
            let mut conversation = caller.greet().await;
            barrier.wait().await;
            (place, conversation.hand_in(first, bodies).await)
        });
    }
    let mut receipts = tasks.join_all().await;
    receipts.sort_by_key(|(place, _)| *place);
    receipts.into_iter().map(|(_, receipts)| receipts).collect()
}

/// All hand in at once, each one report after the other.
async fn hand_in_singly(writers: Vec<(Caller, Versions)>) {
    let mut tasks = JoinSet::new();
    for (caller, bodies) in writers {
        tasks.spawn(async move {
            let mut conversation = caller.greet().await;
            for (number, body) in bodies {
                let receipts = conversation.hand_in(number, vec![body]).await;
                assert!(receipts[0].ruling.is_accepted(), "{receipts:?}");
            }
        });
    }
    tasks.join_all().await;
}

/// Asks again and again, and once more when it is over.
fn until_over(over: &AtomicBool, ask: impl Fn() -> Answer) -> Vec<Answer> {
    let mut answers = Vec::new();
    loop {
        let last = over.load(Ordering::SeqCst);
        answers.push(ask());
        if last {
            return answers;
        }
    }
}
