//! What happens, one thing after the other, as chance will have it.

use std::time::Duration;

use super::Scene;
use super::books::Books;
use super::pc::Pc;
use super::run::Fate;
use crate::Direction;
use crate::clock::turn;

/// How many computers there may be, clones among them.
const MOST_PCS: usize = 8;

/// For how many months officers hand in, so that they often correct each other.
const MONTHS: u64 = 4;

/// What a clock may be wrong by: set back to when the computer was made, by a day or by an hour, or into times to come.
const WRONG_MS: [i64; 5] = [-17 * 365 * DAY_MS, -DAY_MS, 0, DAY_MS / 24, 60 * 365 * DAY_MS];
const DAY_MS: i64 = 86_400_000;

impl Scene<'_> {
    /// Lets something happen.
    pub(super) fn something_happens(&mut self) {
        let place = usize::try_from(self.chance.below(self.pcs.len() as u64)).unwrap();
        match self.chance.below(406) {
            0..160 => self.report(place),
            160..280 => self.sync(place),
            280..300 => self.spoil_line(place),
            300..320 => self.pcs[place].line.mend(),
            320..336 => self.go_by_stick(place),
            336..352 => self.resolve(place),
            352..366 => self.kill_server(),
            366..376 => self.copy(place),
            376..382 => self.restore(place),
            382..390 => self.enrol_again(place),
            390..393 => self.clone_folder(place),
            393..397 => self.back_up(),
            397..400 => self.restore_district(),
            _ => self.turn_clock(place),
        }
    }

    fn pause(&mut self, most_ms: u64) -> Duration {
        Duration::from_micros(self.chance.below(most_ms * 1_000))
    }

    /// What may happen to a program.
    fn fate(&mut self, place: usize) -> Fate {
        let mut fate = Fate::default();
        if self.chance.one_in(4) {
            fate.killed_after = Some(self.pause(200));
        } else if self.chance.one_in(10) {
            let blocks = self.chance.below(24);
            fate.blocks = Some(self.pcs[place].full_after(blocks));
            self.count("full disks");
        }
        fate
    }

    fn report(&mut self, place: usize) {
        let (fate, month) = (self.fate(place), 1 + self.chance.below(MONTHS));
        self.count("reports");
        if self.pcs[place].report(&format!("2024-{month:02}"), &mut self.journal, fate) {
            self.count("kills");
        }
    }

    fn sync(&mut self, place: usize) {
        if self.pcs[place].is_busy() {
            if self.chance.one_in(2) {
                self.stop(place);
            }
            return;
        }
        self.count("syncs");
        if self.chance.one_in(2) {
            let watch = self.chance.one_in(4);
            return self.pcs[place].sync_beside(watch);
        }
        let fate = self.fate(place);
        if self.pcs[place].sync(fate).killed {
            self.count("kills");
        }
        self.look(place);
    }

    /// Kills whatever a computer does beside, and looks at what is left.
    fn stop(&mut self, place: usize) {
        if self.pcs[place].kill() {
            self.count("kills");
        }
        self.look(place);
    }

    /// Looks into a folder, and at its receipts: what they say of books that have not gone back since is in the books.
    fn look(&mut self, place: usize) {
        let pc = &mut self.pcs[place];
        pc.look(&mut self.journal);
        for shown in pc.receipts() {
            if !self.journal.overtaken.contains(&(shown.print.clone(), shown.commit)) {
                self.books.has.insert(shown.print);
            }
        }
    }

    /// Remembers the receipts of a folder as of books that are gone, or about to be.
    fn overtake(&mut self, place: usize) {
        let receipts = self.pcs[place].receipts().into_iter();
        self.journal.overtaken.extend(receipts.map(|shown| (shown.print, shown.commit)));
    }

    fn spoil_line(&mut self, place: usize) {
        let (kind, bytes) = (self.chance.below(5), self.chance.below(4_000));
        let line = &self.pcs[place].line;
        match kind {
            0 => line.cut(),
            1 => line.stall(),
            2 => line.lose_replies(),
            3 => line.cut_after(Direction::Up, bytes),
            _ => line.cut_after(Direction::Down, bytes),
        }
        self.count("bad lines");
    }

    /// The next step of a queue's way to the district and back.
    fn go_by_stick(&mut self, place: usize) {
        let pc = &mut self.pcs[place];
        let (queue, answers) = (pc.beside("queue"), pc.beside("answers"));
        let (queue_name, answers_name) = (queue.to_str().unwrap(), answers.to_str().unwrap());
        let step = self.chance.below(3);
        if step == 0 || !queue.exists() {
            pc.run(&["export-queue", queue_name], Fate::default());
        } else if step == 1 || pc.answers.is_none() {
            _ = std::fs::remove_file(&answers);
            let mut args = vec!["import-queue", queue_name, "--receipts", answers_name];
            args.extend(pc.is_quarantined().then_some("--release"));
            self.books.office(&args);
            pc.answers = answers.exists().then_some(false);
        } else {
            let old = pc.answers == Some(true);
            pc.run(&["import-receipts", answers_name], Fate::default());
            if old {
                self.overtake(place);
            }
            self.look(place);
        }
        self.count("steps by stick");
    }

    fn resolve(&mut self, place: usize) {
        let mine = self.chance.one_in(2);
        self.pcs[place].resolve(mine, &mut self.journal);
        self.count("conflicts looked at");
    }

    fn kill_server(&mut self) {
        let blocks = self.chance.one_in(4).then(|| self.chance.below(200));
        let after = self.pause(100);
        std::thread::sleep(after);
        self.books.kill();
        self.count("kills");
        self.books.look(&mut self.journal);
        let blocks = blocks.map(|blocks| self.books.full_after(blocks));
        if blocks.is_some() {
            self.count("full disks");
        }
        self.serve(blocks);
    }

    /// Serves again, and leads the lines there.
    pub(super) fn serve(&mut self, blocks: Option<u64>) {
        self.books.serve(blocks);
        let address = self.books.address();
        self.pcs.iter().for_each(|pc| pc.line.lead_to(address));
    }

    fn copy(&mut self, place: usize) {
        self.stop(place);
        let by_hand = self.chance.one_in(2);
        self.pcs[place].copy(by_hand, &mut self.journal);
        self.count("folders copied");
    }

    fn restore(&mut self, place: usize) {
        self.stop(place);
        self.books.look(&mut self.journal);
        let by_hand = self.chance.one_in(2);
        if self.pcs[place].restore(by_hand, &mut self.journal) {
            self.count("communes restored");
            self.let_go();
        }
    }

    /// Expects no longer what nobody holds.
    fn let_go(&mut self) {
        let (pcs, books) = (&self.pcs, &self.books);
        let held = |print: &String| books.has.contains(print) || pcs.iter().any(|pc| pc.holds(print));
        self.journal.let_go(held);
    }

    fn clone_folder(&mut self, place: usize) {
        if self.pcs.len() < MOST_PCS {
            self.stop(place);
            let folder = self.home.path().join(format!("pc-{}", self.pcs.len()));
            let clone = self.pcs[place].cloned(folder, self.books.address(), &mut self.journal);
            self.pcs.push(clone);
            self.count("clones");
        }
    }

    fn enrol_again(&mut self, place: usize) {
        if self.pcs[place].is_quarantined() {
            self.stop(place);
            enrol_again(&self.pcs[place], &self.books);
            self.count("enrolled again");
        }
    }

    fn back_up(&mut self) {
        self.count("backups");
        if self.chance.one_in(2) {
            return self.books.back_up();
        }
        self.books.kill();
        self.books.copy(&mut self.journal);
        self.serve(None);
    }

    /// Turns the clock of a computer, or the district's, whatever runs there.
    fn turn_clock(&mut self, place: usize) {
        let by_ms = WRONG_MS[usize::try_from(self.chance.below(WRONG_MS.len() as u64)).unwrap()];
        let at_district = self.chance.one_in(6);
        let folder = if at_district { &self.books.path } else { &self.pcs[place].folder };
        turn(folder, by_ms);
        self.count("clocks turned");
    }

    /// The district goes on from a copy. Nobody is in the middle of a sync, so that what receipts there are is known.
    fn restore_district(&mut self) {
        if self.books.backups.is_empty() {
            return self.back_up();
        }
        (0..self.pcs.len()).for_each(|place| self.stop(place));
        self.books.kill();
        (0..self.pcs.len()).for_each(|place| self.overtake(place));
        self.pcs.iter_mut().for_each(|pc| pc.answers = pc.answers.map(|_| true));
        let number = usize::try_from(self.chance.below(self.books.backups.len() as u64)).unwrap();
        let by_hand = self.chance.one_in(2);
        self.books.restore(number, by_hand, &mut self.journal);
        self.count("districts restored");
        self.let_go();
        self.serve(None);
    }
}

/// Enrols a computer that the district takes nothing of as one of its own; where the line is bad or the disk full, another time.
pub(super) fn enrol_again(pc: &Pc, books: &Books) {
    if let Some(code) = books.code(pc.unit) {
        _ = pc.enrol(&code);
    }
}
