//! Verifying the books: everything is recounted from the submissions, and any difference is said.

use std::collections::HashMap;

use gom_domain::greeting::fingerprint;
use gom_domain::progress::progress;
use gom_domain::ruling::Verdict;
use gom_domain::{Bilingual, Period, say};

use crate::chain;
use crate::memory::Memory;
use crate::store::{
    ChangeRow, CommitRow, Journal, Place, Reached, StandingRow, StoreError, Stored, SubmissionRow,
};

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
    last_commit: u64,
}

impl Verified {
    fn differ(&mut self, difference: Bilingual) {
        self.differences.push(difference);
    }
}

/// Recounts the books.
pub fn verify(journal: &mut dyn Journal) -> Stored<Verified> {
    let (recount, mut verified) = follow(journal, |recount, row| recount.memory.learn_submission(row))?;
    recount.compare(journal, &mut verified)?;
    Ok(verified)
}

/// Whether the books are as they were written: the chain holds, and what stands and how far devices have come is what
/// the journal says. No figure is read: they are in the bodies that the chain proves.
pub fn sound(journal: &mut dyn Journal) -> Stored<()> {
    let (recount, mut verified) = follow(journal, |_, _| Ok(()))?;
    recount.compare_standing(&journal.standings()?, &mut verified);
    recount.compare_devices(&recount.memory, &mut verified);
    match verified.differences.into_iter().next() {
        Some(difference) => Err(StoreError::Damaged(difference.en)),
        None => Ok(()),
    }
}

/// Follows the journal from its beginning, and lets each submission be learnt.
fn follow(
    journal: &mut dyn Journal,
    learn: impl Fn(&mut Recount, &SubmissionRow) -> Stored<()>,
) -> Stored<(Recount, Verified)> {
    let mut verified = Verified::default();
    let mut changes = Vec::new();
    journal.each_change(u64::MAX, &mut |row| {
        changes.push(row);
        Ok(())
    })?;
    let mut commits = Vec::new();
    journal.each_commit(&mut |commit| {
        verified.last_commit = commit.last_seq;
        commits.push(commit);
        Ok(())
    })?;
    let mut recount = Recount { memory: recalled_changes(journal, &changes)?, ..Recount::default() };
    let head = chain::history(recount.memory.founded);
    let mut links = Links {
        commits: commits.into_iter().peekable(),
        head,
        seq: 0,
        changes: changes.into_iter().peekable(),
    };
    journal.each_submission(u64::MAX, &mut |row| {
        let fingerprint = fingerprint(&row.body);
        links.submission(&row, &fingerprint, &recount.memory, &mut verified);
        recount.submission(&row, &fingerprint, &mut verified);
        if row.place.is_some() { learn(&mut recount, &row) } else { Ok(()) }
    })?;
    links.end(&mut verified);
    Ok((recount, verified))
}

/// A memory with the programmes and their tables in it, but no submission yet.
fn recalled_changes(journal: &mut dyn Journal, changes: &[ChangeRow]) -> Stored<Memory> {
    let mut memory = Memory::recall(journal, Some(0))?;
    changes.iter().try_for_each(|row| memory.learn_change(row))?;
    memory.settle_priors()?;
    Ok(memory)
}

/// The hash chain, followed entry by entry and commit by commit.
struct Links {
    commits: std::iter::Peekable<std::vec::IntoIter<CommitRow>>,
    changes: std::iter::Peekable<std::vec::IntoIter<ChangeRow>>,
    head: [u8; 32],
    seq: u64,
}

impl Links {
    fn submission(
        &mut self,
        row: &SubmissionRow,
        fingerprint: &[u8; 32],
        memory: &Memory,
        verified: &mut Verified,
    ) {
        self.changes_before(row.seq, verified);
        let seq = row.seq;
        let Some(device) = memory.device(row.device) else {
            verified.differ(say!("mục {seq}: không rõ máy gửi", "entry {seq}: its device is not known"));
            return;
        };
        self.step(seq, chain::submission(self.head, memory, device.id, row, fingerprint), verified);
    }

    fn changes_before(&mut self, seq: u64, verified: &mut Verified) {
        while let Some(change) = self.changes.next_if(|change| change.seq < seq) {
            self.step(change.seq, chain::change(self.head, &change), verified);
            verified.changes += 1;
        }
    }

    fn step(&mut self, seq: u64, head: [u8; 32], verified: &mut Verified) {
        if seq != self.seq + 1 {
            let wanted = self.seq + 1;
            verified
                .differ(say!("thiếu mục {wanted} trong sổ", "entry {wanted} is missing from the journal"));
        }
        (self.seq, self.head) = (seq, head);
        if let Some(commit) = self.commits.next_if(|commit| commit.last_seq <= seq) {
            if chain::commit(head, seq, commit.at_ms) != commit {
                let last = commit.last_seq;
                verified.differ(say!(
                    "chuỗi kiểm không khớp ở lần ghi {last}: có mục đã bị sửa, xóa hoặc đổi chỗ",
                    "the hash chain breaks at commit {last}: an entry was changed, deleted or moved"
                ));
            }
            self.head = commit.head;
        }
    }

    fn end(&mut self, verified: &mut Verified) {
        self.changes_before(u64::MAX, verified);
        verified.commit = self.seq;
        let seq = self.seq;
        if let Some(commit) = self.commits.next() {
            let last = commit.last_seq;
            verified.differ(say!(
                "sổ kết thúc ở mục {seq} nhưng còn lần ghi {last}",
                "the journal ends with entry {seq}, but there is a commit {last}"
            ));
        }
        if self.seq > 0 && verified.last_commit != self.seq {
            verified.differ(say!("mục {seq} không thuộc lần ghi nào", "entry {seq} belongs to no commit"));
        }
    }
}

/// What the submissions come to, counted by themselves.
#[derive(Default)]
struct Recount {
    memory: Memory,
    standing: HashMap<Place, (u64, u32)>,
    last: HashMap<Place, u64>,
    devices: HashMap<u32, Reached>,
    epochs: HashMap<(u32, u32), u64>,
}

impl Recount {
    fn submission(&mut self, row: &SubmissionRow, fingerprint: &[u8; 32], verified: &mut Verified) {
        verified.submissions += 1;
        self.sender(row, fingerprint, verified);
        if let Some(place) = row.place {
            self.place(row, place, verified);
        }
    }

    /// The device's numbers have no gap, and its unit is the row's.
    fn sender(&mut self, row: &SubmissionRow, fingerprint: &[u8; 32], verified: &mut Verified) {
        let seq = row.seq;
        let before = self.epochs.insert((row.device, row.epoch), row.sequence).unwrap_or(0);
        if row.sequence != before + 1 {
            verified.differ(say!(
                "mục {seq}: số thứ tự của máy bị ngắt quãng",
                "entry {seq}: the device's sequence has a gap"
            ));
        }
        self.devices.entry(row.device).or_default().advance(row, fingerprint);
        if self.memory.device(row.device).is_some_and(|device| device.unit != row.unit) {
            verified.differ(say!(
                "mục {seq}: máy thuộc đơn vị khác",
                "entry {seq}: its device belongs to another unit"
            ));
        }
    }

    /// The row says what its body says, and follows the one before it.
    fn place(&mut self, row: &SubmissionRow, place: Place, verified: &mut Verified) {
        let seq = row.seq;
        if !self.memory.says(&row.body, place) {
            verified.differ(say!(
                "mục {seq}: biểu hoặc kỳ khác với nội dung",
                "entry {seq}: its form or period is not its body's"
            ));
        }
        if let Verdict::Accepted { revision } = row.ruling.verdict
            && row.repeats.is_none()
        {
            let before = self.standing.get(&place).map_or(0, |(_, revision)| *revision);
            if revision > before {
                self.standing.insert(place, (seq, revision));
            }
            // What a commune has given back may come in in another order, and with what nobody held missing.
            if row.ruling.told.is_none() && revision != before + 1 {
                verified.differ(say!(
                    "mục {seq}: bản số {revision} đến sau bản số {before}",
                    "entry {seq}: revision {revision} follows revision {before}"
                ));
            }
        }
        if row.prior != self.last.insert(place, seq) {
            verified.differ(say!(
                "mục {seq}: không nối với bản trước",
                "entry {seq}: it is not linked to the one before it"
            ));
        }
    }

    fn compare(self, journal: &mut dyn Journal, verified: &mut Verified) -> Stored<()> {
        verified.standing = self.standing.len() as u64;
        self.compare_standing(&journal.standings()?, verified);
        // What was recounted went forward through the journal; so what it is held against must not.
        let memory = match Memory::recall_standing(journal, None) {
            Err(StoreError::Damaged(why)) => {
                verified.differ(say!(
                    "không dựng lại được từ bảng hiện hành: {why}",
                    "nothing can be recalled from the table of what stands: {why}"
                ));
                return Ok(());
            }
            memory => memory?,
        };
        let mut figures = 0;
        journal.each_standing(&mut |row| {
            figures +=
                memory.open(&row.body).map_or(0, |submission| submission.figures.iter().flatten().count());
            Ok(())
        })?;
        verified.figures = figures as u64;
        self.compare_devices(&memory, verified);
        self.compare_answers(&memory, verified);
        Ok(())
    }

    /// The table of what stands has a row for each place at which something has come in, and no other.
    fn compare_standing(&self, kept: &[(Place, StandingRow)], verified: &mut Verified) {
        let kept: HashMap<Place, StandingRow> = kept.iter().copied().collect();
        for (place, last) in &self.last {
            let seq = self.standing.get(place).map(|(seq, _)| *seq);
            if kept.get(place) != Some(&StandingRow { seq, last: *last }) {
                let seq = seq.unwrap_or(*last);
                verified.differ(say!(
                    "mục {seq}: bảng hiện hành ghi khác",
                    "entry {seq}: the table of what stands says otherwise"
                ));
            }
        }
        for (place, row) in kept.iter().filter(|(place, _)| !self.last.contains_key(place)) {
            let (unit, form) = (self.memory.unit_id(place.unit), self.memory.form_key(place.form));
            let unit = unit.map_or(place.unit.to_string(), ToString::to_string);
            let form = form.map_or(place.form.to_string(), str::to_owned);
            let (period, last) = (place.period, row.last);
            verified.differ(say!(
                "bảng hiện hành có dòng thừa: {unit}, {form}, {period}, mục {last}",
                "the table of what stands has a row that no submission made: {unit}, {form}, {period}, entry {last}"
            ));
        }
    }

    fn compare_devices(&self, memory: &Memory, verified: &mut Verified) {
        for device in memory.devices() {
            let counted = self.devices.get(&device.number).copied();
            if counted.unwrap_or(Reached { epoch: device.reached.epoch, ..Reached::default() })
                != device.reached
            {
                let number = device.number;
                verified.differ(say!(
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
                verified.differ(say!(
                    "{period}: số tổng hợp khác khi đếm lại",
                    "{period}: the totals differ when recounted"
                ));
            }
        }
    }
}
