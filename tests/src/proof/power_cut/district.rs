//! The district's side: books that were written in groups, as a power cut left them.

use std::collections::BTreeMap;
use std::path::Path;

use gom_domain::greeting::fingerprint;
use gom_domain::unit::UnitId;
use gom_server::books::{Answer, Books, Job, Push};
use gom_server::enrol::IssueCode;
use gom_server::folder::Folder;
use gom_server::memory::Memory;
use gom_server::operation::Operation;
use gom_server::store::Journal;
use gom_server::verify::verify;
use gom_server::wording::Trouble;

use super::books::{DAY, SPARE, body, programme, shown, word};
use super::{Recording, must};
use crate::disk::image::Disk;
use crate::{Clock, Program, disk};

/// Enough for the log of the books to be moved into their file while they are written.
const GROUPS: u64 = 150;

pub(super) fn tries(images: u64, seed: u64) {
    let (_home, root) = disk::place();
    let (_beside, beside) = disk::place();
    let (log, begins) = (beside.join("log"), Disk::of(&root));
    let books = Program::books(&root.join("district")).within(disk::recorded(&root, &log));
    books.en(&[seed.to_string(), GROUPS.min(images * 2).to_string()]).done();
    let recording = Recording::read(begins, &log);
    recording.cut(images, seed, |image, cut| {
        let told = Told::by(&recording.said(0, cut));
        let next = Told::by(&recording.said(cut, recording.records.len())).first_commit;
        check(&image.join("district"), &told, next)
    });
}

/// What the program had said.
#[derive(Debug, Default)]
struct Told {
    is_founded: bool,
    first_commit: Option<u64>,
    commit: u64,
    /// By device and sequence: the fingerprint and the verdict.
    ruled: BTreeMap<(u32, u64), (String, String)>,
}

impl Told {
    fn by(said: &str) -> Self {
        let mut told = Self::default();
        for line in said.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["founded"] => told.is_founded = true,
                ["ruled", device, sequence, fingerprint, verdict] => {
                    let operation = (device.parse().unwrap(), sequence.parse().unwrap());
                    told.ruled.insert(operation, (fingerprint.to_owned(), verdict.to_owned()));
                }
                ["commit", number] => {
                    told.commit = number.parse().unwrap();
                    told.first_commit.get_or_insert(told.commit);
                }
                _ => panic!("{line}"),
            }
        }
        told
    }
}

/// The books open, have all that was answered and nothing half-done, and can be written.
fn check(path: &Path, told: &Told, next: Option<u64>) -> Result<(), String> {
    let (folder, world) = (Folder::new(path), Clock::at(DAY).world());
    let opened = match folder.open() {
        Err(_) if !told.is_founded => folder.found(&world),
        opened => opened,
    };
    let (ledger, _lock) = opened.map_err(|trouble| told_so("they do not open", &trouble))?;
    let mut books =
        Books::open(Box::new(ledger)).map_err(|error| format!("they cannot be read: {error:?}"))?;
    let shared = books.shared();
    let last = shared.read().unwrap().last.map_or(0, |last| last.last_seq);
    must(last == told.commit || Some(last) == next, || {
        format!("the last entry is {last}; answered was {}, then {next:?}", told.commit)
    })?;
    is_kept(&folder, told)?;
    is_sound(&folder)?;
    if last == 0 {
        return is_done(&books.commit(vec![programme()], world.now_ms()));
    }
    let job = next_job(&shared.read().unwrap());
    is_done(&books.commit(vec![job], world.now_ms()))?;
    is_sound(&folder)
}

/// Everything that was answered is in the books, word for word.
fn is_kept(folder: &Folder, told: &Told) -> Result<(), String> {
    let mut kept = BTreeMap::new();
    let mut journal = folder.read().map_err(|trouble| told_so("they do not open", &trouble))?;
    let read = journal.each_submission(u64::MAX, &mut |row| {
        let ruled = (shown(&fingerprint(&row.body)), word(&row.ruling.verdict));
        kept.insert((row.device, row.sequence), ruled);
        Ok(())
    });
    read.map_err(|error| format!("{error:?}"))?;
    let lost = told.ruled.iter().find(|(operation, ruled)| kept.get(operation) != Some(ruled));
    must(lost.is_none(), || format!("answered, but not so in the books: {lost:?}"))
}

fn is_sound(folder: &Folder) -> Result<(), String> {
    let mut journal = folder.read().map_err(|trouble| told_so("they do not open", &trouble))?;
    let damage = journal.integrity().map_err(|error| format!("{error:?}"))?;
    must(damage.is_empty(), || format!("the file is damaged: {damage:?}"))?;
    let verified = verify(&mut journal).map_err(|error| format!("{error:?}"))?;
    must(verified.differences.is_empty(), || format!("recounted, they differ: {:?}", verified.differences))
}

/// A report of a device that is known, or else a code for one.
fn next_job(memory: &Memory) -> Job {
    let Some(device) = memory.devices().find(|device| !device.district) else {
        return Job::IssueCode(IssueCode {
            unit: UnitId::from("hoa-an"),
            hash: [9; 32],
            expires_ms: i64::MAX,
        });
    };
    let body = body(memory, Clock::at(DAY).world().submission_id(), SPARE, None, 7, "");
    let (epoch, first_sequence) = (device.reached.epoch, device.reached.last_sequence + 1);
    let operations = vec![Operation::read(body, &memory.editions)];
    Job::Push(Push { device: device.number, epoch, first_sequence, operations })
}

fn is_done(answers: &[Answer]) -> Result<(), String> {
    match answers {
        [Answer::Changed(_)] => Ok(()),
        [Answer::Receipts(receipts, None)] if receipts.iter().all(|(_, it)| it.ruling.is_accepted()) => {
            Ok(())
        }
        answers => Err(format!("the next entry is not taken: {answers:?}")),
    }
}

fn told_so(what: &str, trouble: &Trouble) -> String {
    format!("{what}: {}", trouble.message().en)
}
