//! A commune's computer of a sequence: a real folder, and beside it what its officer was told is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gom::resolve::{Keep, Resolved};
use gom::{Commune, DraftRow, Failure, Mistake, Which};
use gom_domain::Period;
use gom_domain::greeting::{DeviceId, HistoryId};
use gom_domain::world::World;
use gom_proto::stick;
use gom_proto::submission::Envelope;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Row};

use super::founded::{Enrolled, FORMS, PLACES, copy};
use super::shelf::{Rulings, Said};
use super::{Held, hold};

const FILE: &str = "gom.db";

/// A ruling: the operation's epoch and sequence, and the commit.
type Ruled = (u32, u64, u64);

/// What waits for the officer, each with its form and period.
type Waiting = BTreeSet<(Ruled, (String, u32))>;

/// What the officer was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Desk {
    /// The drafts as they were last saved.
    drafts: Vec<DraftRow>,
    /// What was said to be queued.
    queued: BTreeSet<[u8; 32]>,
    /// Rulings in whose place the officer has accepted what stands, by number and commit.
    resolved: BTreeSet<Ruled>,
}

/// An operation as the folder has it.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) epoch: u32,
    pub(super) sequence: u64,
    pub(super) fingerprint: [u8; 32],
    place: (String, u32),
    is_queued: bool,
    pub(super) is_moved: bool,
    /// What was said of it, at which commit and under which history.
    receipt: Option<(Said, u64, HistoryId)>,
}

/// A commune's computer.
pub(super) struct Office {
    pub(super) computer: Enrolled,
    home: PathBuf,
    world: World,
    pub(super) clock: Arc<AtomicI64>,
    commune: Option<Commune>,
    rows: Option<Connection>,
    pub(super) desk: Desk,
    pub(super) copies: Vec<(PathBuf, Desk)>,
}

impl Office {
    /// A computer whose files are copied from a folder.
    pub(super) fn new(
        computer: Enrolled,
        from: &std::path::Path,
        home: PathBuf,
        dice: impl Fn(&mut [u8]) + Send + Sync + 'static,
        now_ms: i64,
    ) -> Self {
        copy(FILE, from, &home);
        let clock = Arc::new(AtomicI64::new(now_ms));
        let shown = Arc::clone(&clock);
        let world = World::new(move || shown.load(Ordering::Relaxed), dice);
        let (desk, copies) = (Desk::default(), Vec::new());
        Self { computer, home, world, clock, commune: None, rows: None, desk, copies }
    }

    /// Where its files are.
    pub(super) fn home(&self) -> &std::path::Path {
        &self.home
    }

    /// The folder in use.
    pub(super) fn commune(&mut self) -> &Commune {
        let (home, world) = (&self.home, &self.world);
        self.commune.get_or_insert_with(|| Commune::open(home, world.clone()).unwrap())
    }

    /// Fills in a cell.
    pub(super) fn edit(&mut self, place: usize, cell: usize, value: u64) -> Held {
        let (form, period) = PLACES[place % PLACES.len()];
        let cells = FORMS.iter().find(|(key, _)| *key == form).map_or(&[][..], |(_, cells)| cells);
        let cell = cells[cell % cells.len()];
        let entered = self.commune().set(form, period, &[(cell, &value.to_string())]);
        let entered = entered.map_err(|failure| format!("a cell was not taken: {failure:?}"))?;
        let drafts = self.drafts();
        let period: Period = period.parse().unwrap();
        let draft = drafts.iter().find(|draft| draft.form == form && draft.period == period);
        hold!(entered.is_draft == draft.is_some(), "the draft of {form} is not as it was said to be");
        let typed = draft.is_none_or(|draft| draft.cells.get(cell) == Some(&value.cast_signed()));
        hold!(typed, "{cell} is not as it was typed");
        self.desk.drafts = drafts;
        Ok(())
    }

    fn drafts(&mut self) -> Vec<DraftRow> {
        self.commune().drafts().unwrap()
    }

    /// Queues drafts; returns the fingerprints of what is queued now.
    pub(super) fn submit(&mut self, which: &Which) -> Result<Vec<[u8; 32]>, String> {
        let before: BTreeMap<(String, Period), DraftRow> =
            self.drafts().into_iter().map(|draft| ((draft.form.clone(), draft.period), draft)).collect();
        let submitted = match self.commune().submit(which, None) {
            Err(Failure::Mistakes(mistakes)) if matches!(mistakes[..], [Mistake::NoDraft(..)]) => {
                return Ok(Vec::new());
            }
            submitted => submitted.map_err(|failure| format!("nothing was queued: {failure:?}"))?,
        };
        let mut sealed = Vec::new();
        for one in submitted.sealed {
            let body = self.body(&one.fingerprint).ok_or("what was said to be queued is not there")?;
            let envelope = Envelope::decode(&body).map_err(|error| error.to_string())?;
            if let Some(draft) = before.get(&(one.place.key().to_owned(), one.place.period)) {
                let figures =
                    envelope.open(one.place.programme()).map_err(|error| error.to_string())?.figures;
                let typed =
                    one.place.form().elements.iter().map(|element| {
                        draft.cells.get(&one.place.programme().element(*element).key).copied()
                    });
                hold!(figures.into_iter().eq(typed), "what was sealed is not what was typed");
                hold!(envelope.base == draft.base, "what was sealed has another base than its draft");
            }
            sealed.push(one.fingerprint);
        }
        self.desk.queued.extend(&sealed);
        self.desk.drafts = self.drafts();
        Ok(sealed)
    }

    /// Seals a rejected report again, or the draft that there is.
    pub(super) fn again(&mut self, place: usize) -> Result<Vec<[u8; 32]>, String> {
        let (form, period) = PLACES[place % PLACES.len()];
        self.submit(&Which::One(form.to_owned(), period.to_owned()))
    }

    /// Settles a conflict, if there is one.
    pub(super) fn resolve(&mut self, place: usize, mine: bool) -> Held {
        let (form, period) = PLACES[place % PLACES.len()];
        let kept = self.kept();
        let attention = self.attention(&kept);
        let keep = if mine { Keep::Mine } else { Keep::Theirs };
        let resolved = match self.commune().resolve(form, period, keep) {
            Err(Failure::Mistakes(_)) => return Ok(()),
            resolved => resolved.map_err(|failure| format!("a conflict was not settled: {failure:?}"))?,
        };
        let code = period.parse::<Period>().unwrap().code();
        if resolved != Resolved::Drafted {
            let here = attention.into_iter().filter(|(_, at)| *at == (form.to_owned(), code));
            self.desk.resolved.extend(here.map(|(number, _)| number));
        }
        self.desk.drafts = self.drafts();
        Ok(())
    }

    /// Writes what is queued.
    pub(super) fn write(&mut self) -> Result<Vec<u8>, String> {
        let exported = self.commune().export_queue();
        Ok(exported.map_err(|failure| format!("the queue was not written: {failure:?}"))?.file)
    }

    /// Takes answers, late or not.
    pub(super) fn bring(&mut self, file: &[u8]) -> Held {
        let answers = stick::read_answers(file, &self.computer.key).map_err(|error| error.to_string())?;
        match self.commune().import_receipts(file) {
            Ok(report) => {
                if answers.verdicts.is_empty() || report.rebased {
                    return Ok(());
                }
                let epoch = self.epoch();
                if answers.asked_epoch != epoch {
                    return Ok(());
                }
                let kept = self.kept();
                for verdict in answers.verdicts.into_iter().flat_map(|verdicts| verdicts.verdicts) {
                    let receipts = gom_proto::verdicts::unpack(verdict).map_err(|error| error.to_string())?;
                    for (sequence, _) in receipts {
                        let one = kept.iter().find(|one| (one.epoch, one.sequence) == (epoch, sequence));
                        let settled = one.is_some_and(|one| one.receipt.is_some());
                        hold!(settled, "the answer to operation {sequence} came and did not settle it");
                    }
                }
                Ok(())
            }
            Err(Failure::Answers(gom::stick::Untaken::Overtaken)) => Ok(()),
            Err(failure) => Err(format!("answers were not taken: {failure:?}")),
        }
    }

    fn rows(&mut self) -> &Connection {
        let file = self.home.join(FILE);
        self.rows.get_or_insert_with(|| {
            let rows = Connection::open(file).unwrap();
            // Who only looks leaves the log as it is.
            rows.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
            rows
        })
    }

    /// What a query's single row says.
    fn asked<T>(&mut self, sql: &str, read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> T {
        self.rows().prepare_cached(sql).unwrap().query_row([], read).unwrap()
    }

    fn body(&mut self, fingerprint: &[u8; 32]) -> Option<Vec<u8>> {
        let sql = "select body from operation where fingerprint = ?1";
        self.rows().prepare_cached(sql).unwrap().query_row([fingerprint], |row| row.get(0)).ok()
    }

    /// Its epoch.
    pub(super) fn epoch(&mut self) -> u32 {
        self.asked("select epoch from folder", |row| row.get(0))
    }

    /// Whether something is still to be given back.
    pub(super) fn refills(&mut self) -> bool {
        self.asked("select refill from folder", |row| row.get(0))
    }

    /// What it says of itself, for a greeting.
    pub(super) fn history(&mut self) -> HistoryId {
        self.asked("select history from folder", |row| Ok(HistoryId(row.get(0)?)))
    }

    /// The highest commit that it was told of under its history.
    pub(super) fn seen(&mut self) -> u64 {
        let sql = "select max(coalesce((select max(district_commit) from receipt where history = folder.history), 0),
                          coalesce(pulled_to, 0)) from folder";
        self.asked(sql, |row| row.get::<_, i64>(0)).cast_unsigned()
    }

    /// The reports that others have filed, by their numbers.
    pub(super) fn filed(&mut self) -> Vec<(DeviceId, u32, u64, [u8; 32])> {
        let sql = "select device, epoch, sequence, fingerprint from filed";
        let mut statement = self.rows().prepare_cached(sql).unwrap();
        let filed = statement.query_map([], |row| {
            let sequence = row.get::<_, i64>(2)?.cast_unsigned();
            Ok((DeviceId(row.get(0)?), row.get(1)?, sequence, row.get(3)?))
        });
        filed.unwrap().map(Result::unwrap).collect()
    }

    /// All operations, in the order of sealing.
    pub(super) fn kept(&mut self) -> Vec<Kept> {
        let sql =
            "select o.epoch, o.sequence, o.fingerprint, p.form, p.period, x.operation is not null as queued,
                          m.operation is not null as moved, r.ruling, r.district_commit, r.history
                   from operation as o join place as p on p.id = o.place
                   left join outbox as x on x.operation = o.id left join moved as m on m.operation = o.id
                   left join receipt as r on r.operation = o.id order by o.id";
        let mut statement = self.rows().prepare_cached(sql).unwrap();
        let kept = statement.query_map([], |row| {
            let ruling: Option<Vec<u8>> = row.get("ruling")?;
            let receipt = match ruling {
                None => None,
                Some(ruling) => {
                    let said = Said::from(&gom_proto::ruling::decode(&ruling).unwrap().verdict);
                    let commit = row.get::<_, i64>("district_commit")?.cast_unsigned();
                    Some((said, commit, HistoryId(row.get("history")?)))
                }
            };
            Ok(Kept {
                epoch: row.get("epoch")?,
                sequence: row.get::<_, i64>("sequence")?.cast_unsigned(),
                fingerprint: row.get("fingerprint")?,
                place: (row.get("form")?, row.get("period")?),
                is_queued: row.get("queued")?,
                is_moved: row.get("moved")?,
                receipt,
            })
        });
        kept.unwrap().map(Result::unwrap).collect()
    }

    /// What must wait for the officer: what was refused, unless it was settled or something newer replaces it.
    fn attention(&self, kept: &[Kept]) -> Waiting {
        let mut attention = BTreeSet::new();
        for (nth, one) in kept.iter().enumerate() {
            let Some((said, commit, _)) = &one.receipt else { continue };
            let number = (one.epoch, one.sequence, *commit);
            let replaces = |later: &Kept| {
                later.place == one.place
                    && later.receipt.as_ref().is_none_or(|(said, ..)| matches!(said, Said::Accepted(_)))
            };
            let refused = !one.is_moved && !matches!(said, Said::Accepted(_));
            if refused && !self.desk.resolved.contains(&number) && !kept[nth + 1..].iter().any(replaces) {
                attention.insert((number, one.place.clone()));
            }
        }
        attention
    }

    /// Holds the folder against what the officer was told.
    pub(super) fn check(&mut self, rulings: &Rulings) -> Held {
        let kept = self.kept();
        let mut numbers: BTreeMap<u32, u64> = BTreeMap::new();
        let mut there = BTreeSet::new();
        for one in &kept {
            let number = numbers.entry(one.epoch).or_default();
            *number += 1;
            hold!(*number == one.sequence, "operation {} of epoch {} follows a gap", one.sequence, one.epoch);
            there.insert(one.fingerprint);
            let states = [one.is_queued, one.is_moved, one.receipt.is_some() && !one.is_moved];
            let in_one = states.iter().filter(|state| **state).count() == 1;
            hold!(in_one, "operation {} is queued, moved, ruled on: {states:?}", one.sequence);
            if let Some((said, commit, _)) = &one.receipt {
                let number = (self.computer.device, one.epoch, one.sequence);
                let given = rulings.were_told(&one.fingerprint, number, said, *commit);
                hold!(given, "{said:?} of {number:?} at {commit} was never given");
            }
        }
        hold!(there == self.desk.queued, "what was said to be queued is not what is there");
        self.shows(&kept)
    }

    /// The officer sees what there is.
    fn shows(&mut self, kept: &[Kept]) -> Held {
        let drafts = self.drafts();
        hold!(drafts == self.desk.drafts, "the drafts are others than those that were saved");
        let status = self.commune().status().map_err(|failure| format!("no status: {failure:?}"))?;
        let count = |is: fn(&Kept) -> bool| kept.iter().filter(|one| is(one)).count() as u64;
        let queued = count(|one| one.is_queued);
        hold!(status.queued == queued, "{} are said to be queued, {queued} are", status.queued);
        let accepted = count(|one| !one.is_moved && matches!(one.receipt, Some((Said::Accepted(_), ..))));
        hold!(status.accepted == accepted, "{} are said to be accepted, {accepted} are", status.accepted);
        let shown: Vec<(String, u32, u64)> = status
            .attention
            .iter()
            .map(|item| (item.form.clone(), item.period.code(), item.receipt.commit))
            .collect();
        let attention = self.attention(kept).into_iter();
        let expected: Vec<(String, u32, u64)> =
            attention.map(|((_, _, commit), (form, period))| (form, period, commit)).collect();
        hold!(shown == expected, "{shown:?} need attention where {expected:?} do");
        Ok(())
    }

    /// Copies the files as they lie on the disk.
    pub(super) fn copy(&mut self) {
        let to = self.home.join(format!("copy-{}", self.copies.len()));
        copy(FILE, &self.home, &to);
        self.copies.push((to, self.desk.clone()));
    }

    /// The program dies: what lies on the disk at this moment is all that is left.
    pub(super) fn crash(&mut self) {
        let aside = self.home.join("aside");
        copy(FILE, &self.home, &aside);
        self.put(&aside);
    }

    fn put(&mut self, files: &std::path::Path) {
        (self.commune, self.rows) = (None, None);
        copy(FILE, files, &self.home);
    }

    /// The folder goes on from a copy.
    pub(super) fn go_back(&mut self, nth: usize) {
        let (files, desk) = self.copies[nth].clone();
        self.put(&files);
        self.desk = desk;
    }
}
