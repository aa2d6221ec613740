//! The district's own officer in a simulation: publishes the programme again, and enters what a commune has telephoned.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gom_domain::greeting::{DeviceId, fingerprint};
use gom_domain::submission::Submission;
use gom_proto::submission::encode;
use gom_server::books::{Answer, Job};
use gom_server::enter::Enter;
use gom_server::memory::Memory;
use gom_server::publish::Load;
use gom_server::store::Place;
use gom_server::writer::Writer;
use tokio::time::sleep;

use super::computer::Computer;
use super::officer::{Cell, FORMS, Figures, PERIODS};
use crate::district::bundle;

/// The district's officer, with all that is remembered whatever the computer does.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) district: Computer,
    /// The units that may telephone; where none does, the district does nothing of its own accord.
    units: Vec<&'static str>,
    /// By its body's hash, each report that was to be entered.
    pub(super) tried: Mutex<BTreeMap<[u8; 32], Tried>>,
}

/// A report that was to be entered for a unit.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    pub(super) cell: Cell,
    pub(super) figures: Figures,
    /// Whether the officer was told that it is in the books.
    pub(super) is_entered: bool,
}

impl Desk {
    pub(super) fn new(district: Computer, units: Vec<&'static str>) -> Self {
        Self { district, units, tried: Mutex::default() }
    }

    /// Works until the computer is switched off, or all are called to tidy up.
    pub(super) async fn work(&self, writer: Writer, round: &AtomicU32) {
        while !self.units.is_empty() && round.load(Ordering::SeqCst) == 0 {
            if self.district.below(10) == 0 {
                let load = Load { programme: Some(bundle("phung-hiep-2024")), ..Load::default() };
                let answer = writer.perform(Job::Load(load)).await;
                self.district.note(format!("publishes: {answer:?}"));
            } else {
                self.enter(&writer, self.district.one_of(&self.units)).await;
            }
            sleep(Duration::from_millis(self.district.below(15_000))).await;
        }
    }

    /// Enters a report on top of what stands as it is asked for, which need not be what stands when it is entered.
    async fn enter(&self, writer: &Writer, unit: &'static str) {
        let district = &self.district;
        let (form, elements) = district.one_of(&FORMS);
        let first = i64::try_from(district.below(20)).unwrap() + 1;
        let cell = (unit, form, district.one_of(&PERIODS));
        let scale = if form == "budget" { 1_000 } else { 1 };
        let figures = elements.map(str::to_owned).into_iter().zip([first * scale, 0]).collect();
        let body = encode(&report(&writer.memory(), district, cell, &figures));
        let hash = fingerprint(&body);
        self.tried.lock().unwrap().insert(hash, Tried { cell, figures, is_entered: false });
        let device = DeviceId(district.world().random());
        let enter = Enter { unit: unit.into(), bodies: vec![body], device };
        let answer = writer.perform(Job::Enter(enter)).await;
        let is_accepted = matches!(&answer, Answer::Receipts(receipts, None)
            if receipts.iter().all(|(_, receipt)| receipt.ruling.is_accepted()));
        self.tried.lock().unwrap().entry(hash).and_modify(|tried| tried.is_entered = is_accepted);
        district.note(format!("enters {cell:?}: {is_accepted}"));
    }
}

/// A report on what stands.
fn report(memory: &Memory, district: &Computer, (unit, form, period): Cell, figures: &Figures) -> Submission {
    let edition = memory.editions.newest().unwrap();
    let programme = &edition.programme;
    let period = period.parse().unwrap();
    let (unit, number) = (memory.unit_number(&unit.into()).unwrap(), memory.form_number(form).unwrap());
    let latest = memory.latest.get(&Place { unit, form: number, period });
    let form = programme.form_named(form).unwrap();
    let elements = programme.form(form).elements.iter();
    Submission {
        id: district.world().submission_id(),
        programme_version: edition.version,
        form,
        period,
        base: latest.and_then(|latest| latest.stands).map(|stands| stands.standing.id),
        figures: elements.map(|element| figures.get(&programme.element(*element).key).copied()).collect(),
        notes: Vec::new(),
        reason: "xã báo qua điện thoại".to_owned(),
        officer: String::new(),
    }
}
