//! How a sequence ends: everything is carried there and back, and then all that is promised must hold.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use gom_domain::Period;
use gom_server::books::Job;
use gom_server::history::GoOn;
use gom_server::store::Place;
use gom_server::totals::{Over, totals};

use super::super::founded::{DAY, FORMS, Founded, PLACES};
use super::super::shelf::{Shelf, Stands};
use super::super::{Held, hold};
use super::{Sequence, now, the};

/// How often everything is carried there and back.
const ROUNDS: usize = 8;

impl Sequence<'_> {
    /// Sets the clocks right, carries everything there and back, and checks all that must hold then.
    pub(in super::super) fn end(&mut self) -> Held {
        self.district.now_ms = now(DAY);
        self.offices.iter().for_each(|office| office.clock.store(now(DAY), Ordering::Relaxed));
        self.heal()?;
        if self.district.shelf.restored && !self.is_healed() {
            let job = Job::GoOn(GoOn { note: "nobody holds it any more".to_owned() });
            self.district.commit(vec![job])?;
            self.heal()?;
        }
        for nth in 0..self.offices.len() {
            self.at(nth, |_| Ok(()))?;
            self.ends(nth)?;
        }
        self.district.is_whole()?;
        self.adds_up()?;
        self.earlier()?;
        let mut journal = self.district.folder().read().unwrap();
        let verified = gom_server::verify::verify(&mut journal).map_err(|error| error.to_string())?;
        hold!(verified.differences.is_empty(), "the books do not agree: {:?}", verified.differences);
        Ok(())
    }

    fn heal(&mut self) -> Held {
        for _ in 0..ROUNDS {
            for nth in 0..self.offices.len() {
                self.carry_only(nth, true)?;
            }
            self.push(&[], &[])?;
            if self.is_healed() {
                break;
            }
        }
        // Once more, so that everybody has heard of what came last.
        (0..self.offices.len()).try_for_each(|nth| self.carry_only(nth, true))
    }

    fn is_quarantined(&mut self, nth: usize) -> bool {
        let epoch = self.offices[nth].epoch();
        epoch < self.district.shelf.reached(self.offices[nth].computer.number).0
    }

    fn is_healed(&mut self) -> bool {
        (0..self.offices.len()).all(|nth| {
            let quarantined = self.is_quarantined(nth);
            let office = &mut self.offices[nth];
            quarantined || !office.refills() && office.commune().status().unwrap().queued == 0
        })
    }

    /// A computer that is not quarantined has handed everything in, and all that it holds is in the books.
    fn ends(&mut self, nth: usize) -> Held {
        if self.is_quarantined(nth) {
            return Ok(());
        }
        let in_books: BTreeSet<[u8; 32]> =
            self.district.shelf.entries.iter().map(|entry| entry.fingerprint).collect();
        let office = &mut self.offices[nth];
        let queued = office.commune().status().unwrap().queued;
        hold!(queued == 0, "computer {nth} cannot hand in {queued} reports");
        hold!(!office.refills(), "computer {nth} cannot give back what it holds");
        let (kept, filed) = (office.kept(), office.filed());
        let device = office.computer.device;
        let own = kept.into_iter().filter(|one| !one.is_moved);
        let own = own.map(|one| (device, one.epoch, one.sequence, one.fingerprint));
        for (device, epoch, sequence, fingerprint) in own.chain(filed) {
            // Two computers by one name may have sealed two things under one number, of which lost books gave one away.
            let number =
                self.district.memory(|memory| memory.device_called(device).map(|device| device.number));
            let other = number.and_then(|number| self.district.shelf.of(number, epoch, sequence));
            let another = other.is_some_and(|other| other.fingerprint != fingerprint);
            hold!(
                another || in_books.contains(&fingerprint),
                "operation {sequence} of epoch {epoch} of {device:?}, which computer {nth} holds, is not in the books"
            );
        }
        let office = &mut self.offices[nth];
        let unit = office.computer.unit;
        for (form, period) in PLACES {
            let view = office.commune().form(form, period).map_err(|failure| format!("{failure:?}"))?;
            let reports = view.revisions.into_iter().map(|revision| revision.report).collect();
            let here = gom::history::History(reports).standing().map(|report| report.id);
            let ix = FORMS.iter().position(|(key, _)| *key == form).unwrap_or(0);
            let place = Place { unit, form: self.founded.forms[ix], period: period.parse().unwrap() };
            let there = self.district.shelf.stands.get(&place).map(|filed| filed.id);
            hold!(
                here == there,
                "computer {nth} takes {here:?} to stand for {form} {period} where {there:?} does"
            );
        }
        Ok(())
    }

    /// The totals are the sums over what stands, and who is missing is missing.
    fn adds_up(&mut self) -> Held {
        let stands = self.district.shelf.stands.clone();
        let founded = self.founded;
        self.district.memory(|memory| sums(founded, &stands, memory))
    }

    /// What stood after an earlier commit can be had now.
    fn earlier(&mut self) -> Held {
        let then = &self.district.shelf.then;
        let Some(nth) = the(then, then.len() / 2) else { return Ok(()) };
        let (commit, stands) = then[nth].clone();
        let (_, memory) =
            self.district.folder().recall(Some(commit)).map_err(|trouble| format!("{trouble:?}"))?;
        sums(self.founded, &stands, &memory).map_err(|broken| format!("as of commit {commit}: {broken}"))
    }
}

fn sums(founded: &Founded, stands: &Stands, memory: &gom_server::memory::Memory) -> Held {
    let periods: BTreeSet<&str> =
        PLACES.iter().map(|(_, period)| *period).filter(|period| !period.contains('Q')).collect();
    for period in periods {
        let period: Period = period.parse().unwrap();
        let totals = totals(memory, period, false).map_err(|trouble| format!("{trouble:?}"))?;
        for (ix, (_, cells)) in FORMS.iter().enumerate().filter(|(_, (form, _))| *form != "gamma") {
            for (cell, key) in cells.iter().enumerate() {
                let (value, reported) = Shelf::total(stands, founded.forms[ix], period, cell);
                let element = totals.programme.element_named(key);
                let total = totals
                    .rows
                    .iter()
                    .find(|total| Some(total.element) == element && total.over == Over::All);
                let total = total.ok_or("a total is missing")?;
                let missing = founded.units.len() - reported;
                let same = (total.value, total.reported, total.missing.len()) == (value, reported, missing);
                hold!(same, "{key} of {period}: {total:?} where {value:?} of {reported} units was reported");
            }
        }
    }
    Ok(())
}
