//! Verifying the books: everything is recounted from the submissions, and any difference is said.

use std::collections::HashMap;

use gom_domain::greeting::Chain;
use gom_domain::progress::progress;
use gom_domain::ruling::Verdict;
use gom_domain::{Bilingual, Period, say};

use crate::books::{chain_change, chain_submission};
use crate::memory::Memory;
use crate::store::{ChangeRow, CommitRow, Journal, Place, Stored, SubmissionRow};

/// What was recounted, and what did not agree.
#[derive(Debug, Default)]
pub struct Verified {
    /// How many submissions there are.
    pub submissions: u64,
    /// How many of them stand.
    pub standing: u64,
    /// How many figures stand in them.
    pub figures: u64,
    /// How many changes there are beside submissions.
    pub changes: u64,
    /// The last commit.
    pub commit: u64,
    /// What does not agree.
    pub differences: Vec<Bilingual>,
}

/// Recounts the books.
pub fn verify(journal: &mut dyn Journal) -> Stored<Verified> {
    let mut verified = Verified::default();
    let mut changes = Vec::new();
    journal.each_change(u64::MAX, &mut |row| {
        changes.push(row);
        Ok(())
    })?;
    let mut commits = Vec::new();
    journal.each_commit(&mut |commit| {
        commits.push(commit);
        Ok(())
    })?;
    let mut recount = Recount { memory: recalled_changes(journal, &changes)?, ..Recount::default() };
    let mut chain =
        Links { commits, next: 0, head: [0; 32], seq: 0, changes: changes.into_iter().peekable() };
    journal.each_submission(u64::MAX, &mut |row| {
        chain.submission(&row, &mut verified);
        recount.submission(&row, &mut verified)
    })?;
    chain.end(&mut verified);
    recount.compare(journal, &mut verified)?;
    Ok(verified)
}

/// A memory with the programmes and their tables in it, but no submission yet.
fn recalled_changes(journal: &mut dyn Journal, changes: &[ChangeRow]) -> Stored<Memory> {
    let mut memory = Memory::recall(journal, Some(0))?;
    changes.iter().try_for_each(|row| memory.learn_change(row))?;
    memory.settle_priors()?;
    Ok(memory)
}

/// The hash chain, followed entry by entry.
struct Links {
    commits: Vec<CommitRow>,
    next: usize,
    head: [u8; 32],
    seq: u64,
    changes: std::iter::Peekable<std::vec::IntoIter<ChangeRow>>,
}

impl Links {
    fn submission(&mut self, row: &SubmissionRow, verified: &mut Verified) {
        self.changes_before(row.seq, verified);
        self.step(row.seq, chain_submission(self.head, row), verified);
    }

    fn changes_before(&mut self, seq: u64, verified: &mut Verified) {
        while let Some(change) = self.changes.next_if(|change| change.seq < seq) {
            self.step(change.seq, chain_change(self.head, &change), verified);
            verified.changes += 1;
        }
    }

    fn step(&mut self, seq: u64, head: [u8; 32], verified: &mut Verified) {
        if seq != self.seq + 1 {
            let wanted = self.seq + 1;
            verified
                .differences
                .push(say!("thiếu mục {wanted} trong sổ", "entry {wanted} is missing from the journal"));
        }
        (self.seq, self.head) = (seq, head);
        if let Some(commit) = self.commits.get(self.next).filter(|commit| commit.last_seq <= seq) {
            if commit.last_seq != seq || commit.head != head {
                let last = commit.last_seq;
                verified.differences.push(say!(
                    "chuỗi kiểm không khớp ở lần ghi {last}: có mục đã bị sửa, xóa hoặc đổi chỗ",
                    "the hash chain breaks at commit {last}: an entry was changed, deleted or moved"
                ));
                self.head = commit.head;
            }
            self.next += 1;
        }
    }

    fn end(&mut self, verified: &mut Verified) {
        self.changes_before(u64::MAX, verified);
        verified.commit = self.seq;
        let last = self.commits.last().map_or(0, |commit| commit.last_seq);
        if last != self.seq {
            let seq = self.seq;
            verified.differences.push(say!(
                "sổ kết thúc ở mục {seq} nhưng lần ghi cuối là {last}",
                "the journal ends with entry {seq}, but the last commit is {last}"
            ));
        }
    }
}

/// What the submissions come to, counted by themselves.
#[derive(Default)]
struct Recount {
    memory: Memory,
    standing: HashMap<Place, (u64, u32)>,
    last: HashMap<Place, u64>,
    devices: HashMap<(u32, u32), (u64, Chain)>,
}

impl Recount {
    fn submission(&mut self, row: &SubmissionRow, verified: &mut Verified) -> Stored<()> {
        verified.submissions += 1;
        let seq = row.seq;
        let (sequence, chain) = self.devices.entry((row.device, row.epoch)).or_default();
        if row.sequence != *sequence + 1 {
            verified.differences.push(say!(
                "mục {seq}: số thứ tự của máy bị ngắt quãng",
                "entry {seq}: the device's sequence has a gap"
            ));
        }
        (*sequence, *chain) = (row.sequence, chain.then(&row.body));
        let Some(place) = row.place else { return Ok(()) };
        if let Verdict::Accepted { revision } = row.ruling.verdict
            && row.repeats.is_none()
        {
            let before = self.standing.insert(place, (seq, revision)).map_or(0, |(_, revision)| revision);
            if revision != before + 1 {
                verified.differences.push(say!(
                    "mục {seq}: bản số {revision} đến sau bản số {before}",
                    "entry {seq}: revision {revision} follows revision {before}"
                ));
            }
        }
        if row.prior != self.last.insert(place, seq) {
            verified.differences.push(say!(
                "mục {seq}: không nối với bản trước",
                "entry {seq}: it is not linked to the one before it"
            ));
        }
        self.memory.learn_submission(row)
    }

    fn compare(self, journal: &mut dyn Journal, verified: &mut Verified) -> Stored<()> {
        let memory = Memory::recall(journal, None)?;
        let mut figures = 0;
        journal.each_standing(&mut |row| {
            figures +=
                memory.open(&row.body).map_or(0, |submission| submission.figures.iter().flatten().count());
            Ok(())
        })?;
        verified.figures = figures as u64;
        verified.standing = self.standing.len() as u64;
        for (place, (seq, _)) in &self.standing {
            let kept = journal.standing(*place)?;
            if kept.and_then(|row| row.seq) != Some(*seq)
                || kept.map(|row| row.last) != self.last.get(place).copied()
            {
                verified.differences.push(say!(
                    "mục {seq}: bảng hiện hành ghi khác",
                    "entry {seq}: the table of what stands says otherwise"
                ));
            }
        }
        if memory.sources.len() != self.standing.len() {
            verified.differences.push(say!(
                "bảng hiện hành có dòng thừa",
                "the table of what stands has rows that no submission made"
            ));
        }
        self.compare_devices(&memory, verified);
        self.compare_answers(&memory, verified);
        Ok(())
    }

    fn compare_devices(&self, memory: &Memory, verified: &mut Verified) {
        for device in memory.devices() {
            let counted = self.devices.get(&(device.number, device.epoch)).copied().unwrap_or_default();
            if counted != (device.last_sequence, device.chain) {
                let number = device.number;
                verified.differences.push(say!(
                    "máy {number}: số thứ tự hoặc chuỗi kiểm ghi khác",
                    "device {number}: its sequence or chain says otherwise"
                ));
            }
        }
    }

    /// Every target of every programme's year, as of every month, from the recount and from what stands.
    fn compare_answers(&self, memory: &Memory, verified: &mut Verified) {
        let mut years: Vec<i16> = memory.editions.iter().map(|edition| edition.programme.year).collect();
        years.dedup();
        for period in
            years.into_iter().flat_map(|year| (1..=12).filter_map(move |month| Period::month(year, month)))
        {
            let by_hand = memory.by_hand(period.year());
            let standing = memory.view(period, |view| progress(view, &by_hand));
            let recounted = self.memory.view(period, |view| progress(view, &by_hand));
            if standing != recounted {
                verified.differences.push(say!(
                    "{period}: số tổng hợp khác khi đếm lại",
                    "{period}: the totals differ when recounted"
                ));
            }
        }
    }
}
