//! The district of a sequence: real books in a folder, and beside them the plain ones, which every commit is held against.

use std::collections::HashMap;
use std::path::PathBuf;

use gom_domain::calendar::vietnam_day;
use gom_domain::greeting::{DeviceId, HistoryId, fingerprint};
use gom_domain::submission::Submission;
use gom_domain::world::World;
use gom_proto::stick;
use gom_proto::wire;
use gom_server::accept::{Receipts, Refusal};
use gom_server::books::{Answer, Books, Job};
use gom_server::folder::Folder;
use gom_server::history::NewHistory;
use gom_server::memory::Memory;
use gom_server::queue::{Answered, Queue};
use gom_server::store::{Place, Sqlite};
use gom_server::wording::Trouble;
use rusqlite::{Connection, named_params};

use super::founded::{Enrolled, Founded, copy};
use super::shelf::{Entry, Rulings, Said, Shelf};
use super::{Held, hold};

const FILE: &str = "books.db";

/// The district of a sequence.
pub(super) struct District<'f> {
    pub(super) founded: &'f Founded,
    world: World,
    home: PathBuf,
    books: Option<Books>,
    journal: Option<Connection>,
    pub(super) now_ms: i64,
    pub(super) shelf: Shelf,
    pub(super) rulings: Rulings,
    /// Whose each body is: its unit, and the device that sealed it.
    pub(super) known: HashMap<[u8; 32], (u32, u32)>,
    /// Copies of the files with what was on the shelf then.
    pub(super) copies: Vec<(PathBuf, Shelf)>,
}

impl<'f> District<'f> {
    pub(super) fn new(founded: &'f Founded, home: PathBuf, world: World, now_ms: i64) -> Self {
        copy(FILE, &founded.district(), &home);
        let mut district = Self {
            founded,
            world,
            home,
            books: None,
            journal: None,
            now_ms,
            shelf: Shelf::new(HistoryId::default(), 0),
            rulings: Rulings::default(),
            known: HashMap::new(),
            copies: Vec::new(),
        };
        let (history, last) =
            district.memory(|memory| (memory.history, memory.last.map_or(0, |last| last.last_seq)));
        district.shelf = Shelf::new(history, last);
        district
    }

    fn books(&mut self) -> &mut Books {
        let file = self.home.join(FILE);
        self.books.get_or_insert_with(|| Books::open(Box::new(Sqlite::open(&file).unwrap())).unwrap())
    }

    /// Looks at what the books come to.
    pub(super) fn memory<T>(&mut self, look: impl FnOnce(&Memory) -> T) -> T {
        look(&self.books().shared().read().unwrap())
    }

    /// The folder.
    pub(super) fn folder(&self) -> Folder {
        Folder::new(&self.home)
    }

    /// Has jobs committed, and holds what came of them against the shelf.
    pub(super) fn commit(&mut self, jobs: Vec<Job>) -> Result<Vec<Answer>, String> {
        let now_ms = self.now_ms;
        let answers = self.books().commit(jobs, now_ms);
        for answer in &answers {
            hold!(!matches!(answer, Answer::Failed(_)), "the books failed: {answer:?}");
        }
        self.follow()?;
        Ok(answers)
    }

    /// Puts what was committed on the shelf.
    fn follow(&mut self) -> Held {
        let (history, restored, last) = self
            .memory(|memory| (memory.history, memory.restored, memory.last.map_or(0, |last| last.last_seq)));
        let before = self.shelf.last;
        let rows = self.rows(before);
        let changes = last - before - rows.len() as u64;
        let today = vietnam_day(self.now_ms);
        for mut row in rows {
            let fingerprint = row.fingerprint;
            let sender =
                self.memory(|memory| memory.device(row.device).cloned()).ok_or("an unknown device")?;
            (row.name, row.by_district) = (sender.id, sender.district);
            let (unit, device) = (sender.unit, if sender.district { 0 } else { row.device });
            let whose = self.known.get(&fingerprint).copied();
            let is_its =
                whose.is_some_and(|(of, by)| of == row.unit && (device == 0 || by == 0 || by == device));
            hold!(is_its && unit == row.unit, "entry {}: {whose:?} made it, not {}", row.seq, row.device);
            self.shelf.learn(row, self.founded, today, &mut self.rulings)?;
        }
        if history != self.shelf.history {
            hold!(changes > 0, "another history without an entry");
            self.shelf.since = last - changes;
        }
        (self.shelf.history, self.shelf.restored) = (history, restored);
        if last != before {
            self.shelf.committed(last);
        }
        self.stands()
    }

    /// What stands in the books is what stands on the shelf.
    fn stands(&mut self) -> Held {
        let mut here: Vec<(Place, u64)> = self.memory(|memory| {
            let latest = memory.latest.iter();
            latest.filter_map(|(place, latest)| Some((*place, latest.stands?.seq))).collect()
        });
        here.sort_unstable();
        let stands = self.shelf.stands.iter();
        let there: Vec<(Place, u64)> = stands.map(|(place, filed)| (*place, filed.entry.seq)).collect();
        hold!(here == there, "{here:?} stand where {there:?} should");
        Ok(())
    }

    /// The journal's submissions after an entry.
    pub(super) fn rows(&mut self, after: u64) -> Vec<Entry> {
        let file = self.home.join(FILE);
        let journal = self.journal.get_or_insert_with(|| Connection::open(file).unwrap());
        let sql = "select * from submission where seq > :after order by seq";
        let mut statement = journal.prepare_cached(sql).unwrap();
        let rows = statement.query_map(named_params! { ":after": after.cast_signed() }, |row| {
            let (verdict, revision): (u8, u32) = (row.get("verdict")?, row.get("revision")?);
            let ruling: Option<Vec<u8>> = row.get("ruling")?;
            let ruling = ruling.map(|ruling| gom_proto::ruling::decode(&ruling).unwrap());
            let body: Vec<u8> = row.get("body")?;
            let said = ruling.as_ref().map_or(Said::Accepted(revision), |ruling| Said::from(&ruling.verdict));
            let kind = match said {
                Said::Accepted(_) => 0,
                Said::Conflict(_) => 1,
                Said::Rejected(_) => 2,
            };
            assert_eq!(kind, verdict, "the row says one verdict and its ruling another");
            Ok(Entry {
                seq: row.get::<_, i64>("seq")?.cast_unsigned(),
                device: row.get("device")?,
                name: DeviceId([0; 16]),
                by_district: false,
                epoch: row.get("epoch")?,
                sequence: row.get::<_, i64>("sequence")?.cast_unsigned(),
                unit: row.get("unit")?,
                fingerprint: fingerprint(&body),
                body,
                said,
                told: ruling.and_then(|ruling| ruling.told),
                repeats: row.get::<_, Option<i64>>("repeats")?.is_some(),
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// Holds receipts against the stored rulings.
    pub(super) fn told(&self, device: u32, epoch: u32, receipts: &Receipts) -> Held {
        for (sequence, receipt) in receipts {
            let entry = self.shelf.of(device, epoch, *sequence);
            let stored = entry.map(|entry| (entry.said.clone(), entry.seq));
            let told = (Said::from(&receipt.ruling.verdict), receipt.commit);
            hold!(stored.as_ref() == Some(&told), "{sequence} of {device}: told {told:?}, stored {stored:?}");
        }
        Ok(())
    }

    /// Takes a queue in, and returns the answers; none where it is a quarantined computer's.
    pub(super) fn take_in(
        &mut self,
        computer: &Enrolled,
        file: &[u8],
        release: bool,
    ) -> Result<Option<Vec<u8>>, String> {
        let queue = read(computer, file);
        let hello = queue.hello.clone().unwrap_or_default();
        let asked = HistoryId(hello.history.as_slice().try_into().unwrap());
        let ahead = asked == self.shelf.history && hello.seen > self.shelf.last;
        let quarantined = hello.epoch < self.shelf.reached(computer.number).0;
        let fresh = (HistoryId(self.world.random()), DeviceId(self.world.random()));
        let job = Job::Queue(Queue { file: file.to_vec(), release, fresh });
        let answer = self.commit(vec![job])?.remove(0);
        hold!(!ahead || self.shelf.history == fresh.0, "a commune has seen more, and no history began");
        match answer {
            Answer::Queue(_) if quarantined && release => Ok(None),
            Answer::Queue(answered) => {
                hold!(!quarantined, "a quarantined computer was answered");
                self.answered(computer, &queue, asked, &answered)?;
                Ok(Some(answered.answers))
            }
            Answer::Refused(troubles) => {
                let nothing = queue.operations.is_empty();
                let of_a_clone = matches!(troubles[..], [Trouble::QueueOfAClone])
                    || release && nothing && matches!(troubles[..], [Trouble::QueueEmpty]);
                let waits = release && self.shelf.restored;
                hold!(quarantined && (of_a_clone || waits), "a queue was refused: {troubles:?}");
                Ok(None)
            }
            other => Err(format!("a queue was answered with {other:?}")),
        }
    }

    /// Holds answers against the stored rulings, and what was not taken against the reasons that there may be.
    fn answered(
        &self,
        computer: &Enrolled,
        queue: &wire::Queue,
        asked: HistoryId,
        answered: &Answered,
    ) -> Held {
        let answers =
            stick::read_answers(&answered.answers, &computer.key).map_err(|error| error.to_string())?;
        let epoch = answers.welcome.as_ref().map_or(0, |welcome| welcome.epoch);
        let mut count = 0;
        for verdicts in &answers.verdicts {
            for verdict in verdicts.verdicts.iter().cloned() {
                let receipts = gom_proto::verdicts::unpack(verdict).map_err(|error| error.to_string())?;
                count += receipts.len();
                self.told(computer.number, epoch, &receipts)?;
            }
        }
        let sent = queue_of(queue);
        let Some(refusal) = &answered.refusal else {
            let older = epoch != answers.asked_epoch;
            let reached = self.shelf.reached(computer.number);
            let elsewhere = older || answers.verdicts.is_empty() && reached.0 == epoch;
            hold!(
                count == sent.len() || elsewhere,
                "{count} of {} were ruled on, and nobody says why",
                sent.len()
            );
            return Ok(());
        };
        if *refusal == Trouble::QueueToComeAgain.message() {
            hold!(asked != self.shelf.history, "a queue is to come again though the history is the same");
            return Ok(());
        }
        if *refusal == Trouble::QueueOfAnOlder.message() {
            hold!(
                epoch != answers.asked_epoch,
                "a folder is said to be older, and is not to begin another epoch"
            );
            return Ok(());
        }
        let may = sent.iter().any(|(sequence, body)| {
            self.refusals(computer, epoch, *sequence, body)
                .is_some_and(|may| Trouble::Refused(may).message() == *refusal)
        });
        hold!(may, "refused without a reason: {refusal:?}");
        Ok(())
    }

    /// The reason that there may be not to take an operation.
    pub(super) fn refusals(
        &self,
        computer: &Enrolled,
        epoch: u32,
        sequence: u64,
        body: &[u8],
    ) -> Option<Refusal> {
        if let Some(entry) = self.shelf.of(computer.number, epoch, sequence) {
            return (entry.body != body).then_some(Refusal::SequenceReused(sequence));
        }
        if sequence > 1 && self.shelf.of(computer.number, epoch, sequence - 1).is_none() {
            return Some(Refusal::Gap(sequence));
        }
        let envelope = gom_proto::submission::Envelope::decode(body).ok()?;
        let form = *self.founded.forms.get(envelope.form.get())?;
        let place = Place { unit: computer.unit, form, period: envelope.period };
        let waits = self.shelf.restored && !self.shelf.knows_base(place, envelope.base);
        waits.then_some(Refusal::UnknownBase(sequence))
    }

    /// Copies the files as they lie on the disk.
    pub(super) fn copy(&mut self) {
        let to = self.home.join(format!("copy-{}", self.copies.len()));
        copy(FILE, &self.home, &to);
        self.copies.push((to, self.shelf.clone()));
    }

    /// The program dies: what lies on the disk at this moment is all that is left.
    pub(super) fn crash(&mut self) {
        let aside = self.home.join("aside");
        copy(FILE, &self.home, &aside);
        self.put(&aside);
    }

    fn put(&mut self, files: &std::path::Path) {
        (self.books, self.journal) = (None, None);
        copy(FILE, files, &self.home);
    }

    /// The books go on from a copy.
    pub(super) fn go_back(&mut self, nth: usize) {
        let (files, then) = self.copies[nth].clone();
        self.put(&files);
        self.shelf = then;
    }

    /// Another history begins, as `restore` has it.
    pub(super) fn begin_history(&mut self) -> Held {
        let new = NewHistory { instead_of: self.shelf.history, history: HistoryId(self.world.random()) };
        let answer = self.commit(vec![Job::NewHistory(new)])?.remove(0);
        hold!(matches!(answer, Answer::Changed(1..)), "no history began: {answer:?}");
        hold!(self.shelf.history == new.history && self.shelf.restored, "the books go by the old history");
        Ok(())
    }

    /// A body, and that it is a unit's; 0 for a device: the district's own.
    pub(super) fn body(&mut self, submission: &Submission, unit: u32, device: u32) -> Vec<u8> {
        let body = gom_proto::submission::encode(submission);
        self.known.insert(fingerprint(&body), (unit, device));
        body
    }

    /// All entries of the journal, read anew, are those on the shelf.
    pub(super) fn is_whole(&mut self) -> Held {
        self.journal = None;
        let rows = self.rows(0);
        let entries = std::mem::take(&mut self.shelf.entries);
        hold!(rows.len() == entries.len(), "{} entries where {} were written", rows.len(), entries.len());
        for (row, entry) in rows.iter().zip(&entries) {
            let same = (row.seq, &row.body, &row.said) == (entry.seq, &entry.body, &entry.said)
                && (row.device, row.epoch, row.sequence) == (entry.device, entry.epoch, entry.sequence);
            hold!(same, "entry {} was changed", entry.seq);
        }
        self.shelf.entries = entries;
        Ok(())
    }
}

/// What a queue says.
pub(super) fn read(computer: &Enrolled, file: &[u8]) -> wire::Queue {
    stick::read_queue(file, |_| Some(computer.key)).unwrap().unwrap()
}

/// The operations of a queue with their sequences.
pub(super) fn queue_of(queue: &wire::Queue) -> Vec<(u64, Vec<u8>)> {
    let messages = queue.operations.iter();
    messages
        .flat_map(|message| {
            (message.first_sequence..).zip(gom_proto::operations::unpack(message.clone()).unwrap())
        })
        .collect()
}
