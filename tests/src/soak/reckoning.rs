//! The end of a run: everything is whole again, everybody syncs, and the books are held to what was acknowledged.

use std::collections::BTreeMap;

use gom_domain::ruling::Verdict;
use gom_server::folder::Folder;
use serde_json::Value;

use super::Scene;
use super::books::{counted, print};
use super::events::enrol_again;
use super::run::Fate;

/// How often everybody syncs at most until everything is settled.
const ROUNDS: u32 = 12;

/// After so many rounds the district waits no longer for what nobody has given back.
const PATIENT_ROUNDS: u32 = 6;

/// What stands at a place: its revision, and the figure.
type Standing = BTreeMap<(String, String), (u64, u64)>;

impl Scene<'_> {
    /// Makes everything whole and lets everybody sync until nothing is left to be handed in.
    pub(super) fn heal(&mut self) {
        self.books.kill();
        self.serve(None);
        for pc in &mut self.pcs {
            pc.kill();
            pc.line.mend();
        }
        let mut quiet = 0;
        for round in 0..ROUNDS {
            if round == PATIENT_ROUNDS {
                self.books.office(&["go-on", "--note", "nobody else is left"]);
            }
            let waiting: u64 = (0..self.pcs.len()).map(|place| self.settle(place)).sum();
            quiet = if waiting == 0 { quiet + 1 } else { 0 };
            if quiet == 3 {
                break;
            }
        }
    }

    /// One computer syncs, and is enrolled first if it has to be. Returns how much of it still waits, what it
    /// is to give back being one more.
    fn settle(&mut self, place: usize) -> u64 {
        let pc = &mut self.pcs[place];
        if pc.is_quarantined() {
            enrol_again(pc, &self.books);
        }
        pc.sync(Fate { killed_after: Some(crate::PATIENCE), ..Fate::default() });
        pc.status()["queued"].as_u64().unwrap() + u64::from(pc.is_quarantined()) + u64::from(pc.refills())
    }

    /// Holds the books to the journal.
    pub(super) fn reckon(&mut self) {
        self.find_lost();
        self.find_stuck();
        self.find_duplicates();
        self.find_wrong_totals();
    }

    fn find_lost(&mut self) {
        for pc in &mut self.pcs {
            pc.look(&mut self.journal);
        }
        self.books.look(&mut self.journal);
        let missing = self.journal.expected.keys().filter(|print| !self.books.has.contains(*print));
        for print in missing.cloned().collect::<Vec<_>>() {
            let holders: Vec<String> =
                self.pcs.iter().filter(|pc| pc.holds(&print)).map(super::Pc::name).collect();
            self.journal.lose(&print, &format!("is not in the books, and in {holders:?}"));
        }
    }

    fn find_stuck(&mut self) {
        for pc in &mut self.pcs {
            let waiting = pc.status()["queued"].as_u64().unwrap();
            if waiting > 0 {
                let said = pc.sync(Fate::default()).said;
                self.journal.stuck += 1;
                self.journal.faults.push(format!(
                    "stuck: {waiting} at {}: {}{}",
                    pc.name(),
                    said.out,
                    said.err
                ));
            }
        }
    }

    /// A body counts once, and a revision is one body's.
    fn find_duplicates(&mut self) {
        let rows = self.books.rows();
        let mut duplicated: Vec<String> =
            counted(&rows).into_iter().filter(|(_, times)| *times > 1).map(|(print, _)| print).collect();
        let mut revisions = BTreeMap::new();
        for row in rows.iter().filter(|row| row.repeats.is_none()) {
            if let Verdict::Accepted { revision } = row.ruling.verdict
                && revisions.insert((row.place, revision), row.seq).is_some()
            {
                duplicated.push(format!("revision {revision} of entry {}", row.seq));
            }
        }
        self.journal.duplicated += duplicated.len() as u64;
        self.journal.faults.extend(duplicated.into_iter().map(|what| format!("duplicated: {what}")));
    }

    fn find_wrong_totals(&mut self) {
        let standing = self.standing();
        self.hold_receipts_to(&standing);
        self.hold_totals_to(&standing);
        let verified = self.books.office(&["verify"]);
        if verified.code != Some(0) {
            self.wrong(&format!("verify says: {}{}", verified.out, verified.err));
        }
    }

    fn wrong(&mut self, what: &str) {
        self.journal.wrong_totals += 1;
        self.journal.faults.push(format!("wrong: {what}"));
    }

    /// What stands by the journal, with the figures as officers typed them in.
    fn standing(&mut self) -> Standing {
        let memory = Folder::new(&self.books.path).recall(None).unwrap().1;
        let programme = &memory.editions.newest().unwrap().programme;
        let births = programme.element(programme.element_named("births").unwrap());
        let (mut standing, mut wrong) = (Standing::new(), Vec::new());
        for row in self.books.rows().into_iter().filter(|row| row.repeats.is_none()) {
            let (Verdict::Accepted { revision }, Some(place)) = (&row.ruling.verdict, row.place) else {
                continue;
            };
            let figure = memory.open(&row.body).unwrap().figures[births.place].unwrap().unsigned_abs();
            let (unit, period) = (memory.unit_id(place.unit).unwrap().to_string(), place.period.to_string());
            let code = &programme.unit(programme.units_called(&unit)[0]).code;
            let typed =
                |(of, when, value): &(&str, String, u64)| of == code && *when == period && *value == figure;
            let known = self.journal.expected.get(&print(&row.body)).and_then(|filed| filed.value);
            if !self.journal.typed.iter().any(typed) || known.is_some_and(|known| known != figure) {
                wrong.push(format!("nobody has handed in {figure} of {unit} in {period}"));
            }
            let best = standing.entry((unit, period)).or_insert((0, 0));
            *best = (*best).max((u64::from(*revision), figure));
        }
        wrong.iter().for_each(|what| self.wrong(what));
        standing
    }

    /// No officer has been told of a revision above what stands, nor of another report as it.
    fn hold_receipts_to(&mut self, standing: &Standing) {
        let unit = |code: &str| {
            let memory = Folder::new(&self.books.path).recall(None).unwrap().1;
            let programme = &memory.editions.newest().unwrap().programme;
            programme.unit(programme.units_called(code)[0]).id.to_string()
        };
        let mut wrong = Vec::new();
        for pc in &self.pcs {
            let id = unit(pc.unit);
            for shown in pc.receipts() {
                let Some(revision) = shown.revision else { continue };
                let known = self.journal.expected.get(&shown.print).and_then(|filed| filed.value);
                let (highest, figure) =
                    standing.get(&(id.clone(), shown.period.clone())).copied().unwrap_or_default();
                if revision > highest || revision == highest && known.is_some_and(|known| known != figure) {
                    wrong.push(format!(
                        "{} was told that {} stands in {}",
                        pc.name(),
                        shown.print,
                        shown.period
                    ));
                }
            }
        }
        wrong.iter().for_each(|what| self.wrong(what));
    }

    /// The district's totals are the sums of what stands, and say who is missing.
    fn hold_totals_to(&mut self, standing: &Standing) {
        for month in 1..=9 {
            let period = format!("2024-{month:02}");
            let said = self.books.office(&["totals", "--period", &period, "--format", "json"]).done();
            let rows: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            for row in rows.iter().filter(|row| row["element"] == "births") {
                let scope = row["scope"].as_str().unwrap();
                let counts = |unit: &str| scope == "all" || scope.strip_prefix("unit=") == Some(unit);
                let of_period = standing.iter().filter(|((unit, when), _)| *when == period && counts(unit));
                let figures: Vec<u64> = of_period.map(|(_, (_, figure))| *figure).collect();
                let sum = (!figures.is_empty()).then(|| figures.iter().sum::<u64>().to_string());
                let value = row["value"].as_str().map(str::to_owned);
                let counted = row["reported"].as_u64() == Some(figures.len() as u64);
                if !scope.starts_with("kind=") && (value != sum || !counted) {
                    self.wrong(&format!("{scope} in {period}: {value:?} instead of {sum:?}"));
                }
            }
        }
    }
}
