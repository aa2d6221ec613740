//! What goes wrong in a simulation: lines are cut, held, slow or lossy, computers are switched off, clocks jump.

use std::collections::BTreeMap;
use std::time::Duration;

use turmoil::Sim;

use super::computer::Computer;
use super::server::DISTRICT;
use crate::proof::chance::Chance;

/// How slow a line is at most, mostly.
pub(super) const LATENCY: Duration = Duration::from_millis(100);
const DAY_MS: i64 = 86_400_000;

/// What is wrong with the line between a commune and its district.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// What is under way is lost, and all that follows.
    Cut,
    /// The same, one way only.
    CutUp,
    CutDown,
    /// Nothing arrives until it is let go, and then all of it.
    Held,
    /// Every message takes up to so many seconds.
    Slow(u64),
    /// Now and then everything under way is lost.
    Lossy,
}

/// What is wrong at the moment, each until when.
pub(super) struct Weather {
    chance: Chance,
    computers: Vec<Computer>,
    lines: BTreeMap<String, (Fault, u64)>,
    off: BTreeMap<String, u64>,
    next_ms: u64,
}

impl Weather {
    /// Fair weather, over a district and its communes.
    pub(super) fn new(chance: Chance, computers: Vec<Computer>) -> Self {
        Self { chance, computers, lines: BTreeMap::new(), off: BTreeMap::new(), next_ms: 0 }
    }

    /// Lets end what is to end by now, and something new begin when it is time.
    pub(super) fn turn(&mut self, sim: &mut Sim<'_>, now_ms: u64) {
        self.clear_up(sim, now_ms);
        if now_ms < self.next_ms {
            return;
        }
        self.next_ms = now_ms + 200 + self.chance.below(5_000);
        let some = usize::try_from(self.chance.below(self.computers.len() as u64)).unwrap();
        let computer = self.computers[some].clone();
        match self.chance.below(8) {
            0..5 if computer.name != DISTRICT => self.spoil(sim, &computer, now_ms),
            5 => self.jump(&computer),
            _ => self.switch_off(sim, &computer, now_ms),
        }
    }

    /// Ends everything.
    pub(super) fn clear(&mut self, sim: &mut Sim<'_>) {
        self.clear_up(sim, u64::MAX);
    }

    fn clear_up(&mut self, sim: &mut Sim<'_>, now_ms: u64) {
        let over: Vec<_> = self.lines.extract_if(.., |_, (_, until_ms)| *until_ms <= now_ms).collect();
        for (pc, (fault, _)) in over {
            mend(sim, &pc, fault);
            self.note(&pc, "its line is whole again");
        }
        let over: Vec<_> = self.off.extract_if(.., |_, until_ms| *until_ms <= now_ms).collect();
        for (name, _) in over {
            self.note(&name, "is switched on");
            sim.bounce(name.as_str());
        }
    }

    fn spoil(&mut self, sim: &mut Sim<'_>, pc: &Computer, now_ms: u64) {
        let fault = match self.chance.below(7) {
            0 => Fault::Cut,
            1 => Fault::CutUp,
            2 => Fault::CutDown,
            3 => Fault::Held,
            4 => Fault::Slow(1 + self.chance.below(9)),
            _ => Fault::Lossy,
        };
        let until_ms = now_ms + 100 + self.chance.below(15_000);
        self.befall(sim, &pc.name, fault, until_ms);
    }

    /// One thing at a time is wrong with a line.
    fn befall(&mut self, sim: &mut Sim<'_>, pc: &str, fault: Fault, until_ms: u64) {
        if !self.lines.contains_key(pc) {
            spoil(sim, pc, fault);
            self.lines.insert(pc.to_owned(), (fault, until_ms));
            self.note(pc, &format!("its line: {fault:?}"));
        }
    }

    /// A program that is ended says goodbye on its connections; one whose power has failed does not.
    fn switch_off(&mut self, sim: &mut Sim<'_>, computer: &Computer, now_ms: u64) {
        if self.off.contains_key(&computer.name) {
            return;
        }
        let until_ms = now_ms + 50 + self.chance.below(8_000);
        if self.chance.one_in(2) {
            let pcs: Vec<String> = self.computers.iter().map(|computer| computer.name.clone()).collect();
            let its = |pc: &&String| **pc != DISTRICT && (computer.name == DISTRICT || computer.name == **pc);
            pcs.iter().filter(its).for_each(|pc| self.befall(sim, pc, Fault::Cut, until_ms));
        }
        computer.note("is switched off");
        sim.crash(computer.name.as_str());
        self.off.insert(computer.name.clone(), until_ms);
    }

    /// A commune's clock may show any day; the district's is not more than weeks wrong.
    fn jump(&mut self, computer: &Computer) {
        let most = if computer.name == DISTRICT { 80 } else { 1_000 };
        let days = i64::try_from(self.chance.below(most)).unwrap() - i64::try_from(most / 2).unwrap();
        computer.note(format!("its clock jumps by {days} days"));
        computer.pass(days * DAY_MS);
    }

    fn note(&self, name: &str, what: &str) {
        if let Some(computer) = self.computers.iter().find(|computer| computer.name == name) {
            computer.note(what);
        }
    }
}

fn spoil(sim: &mut Sim<'_>, pc: &str, fault: Fault) {
    match fault {
        Fault::Cut => sim.partition(pc, DISTRICT),
        Fault::CutUp => sim.partition_oneway(pc, DISTRICT),
        Fault::CutDown => sim.partition_oneway(DISTRICT, pc),
        Fault::Held => sim.hold(pc, DISTRICT),
        Fault::Slow(seconds) => sim.set_link_max_message_latency(pc, DISTRICT, Duration::from_secs(seconds)),
        Fault::Lossy => sim.set_link_fail_rate(pc, DISTRICT, 0.05),
    }
}

fn mend(sim: &mut Sim<'_>, pc: &str, fault: Fault) {
    match fault {
        Fault::Cut => sim.repair(pc, DISTRICT),
        Fault::CutUp => sim.repair_oneway(pc, DISTRICT),
        Fault::CutDown => sim.repair_oneway(DISTRICT, pc),
        Fault::Held => sim.release(pc, DISTRICT),
        Fault::Slow(_) => sim.set_link_max_message_latency(pc, DISTRICT, LATENCY),
        Fault::Lossy => {
            sim.set_link_fail_rate(pc, DISTRICT, 0.0);
            sim.repair(pc, DISTRICT);
        }
    }
}
