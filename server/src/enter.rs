//! Entry on behalf of a unit: a commune without power telephones its figures, the district enters them.
//!
//! They go through the same judgement as the unit's own, under a hand of the district's that has a sequence of its
//! own, and are marked so everywhere.

use gom_domain::greeting::DeviceId;
use gom_domain::unit::UnitId;

use crate::accept::Group;
use crate::books::{Answer, Changes};
use crate::enrol::refused;
use crate::memory::Memory;
use crate::operation::Operation;
use crate::seen::Seen;
use crate::store::{DeviceRow, Ledger, Stored};
use crate::wording::Trouble;

/// What the district enters.
#[derive(Clone, Debug)]
pub struct Enter {
    /// On whose behalf.
    pub unit: UnitId,
    /// Submissions with a reason, as bodies.
    pub bodies: Vec<Vec<u8>>,
    /// The name of the district's hand for the unit, if there is none yet.
    pub device: DeviceId,
}

/// Enters submissions on behalf of a unit; all of them are accepted or none is entered.
pub fn enter(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    seen: &mut Seen,
    job: &Enter,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let Some(unit) = memory.unit_number(&job.unit) else {
        return refused(Trouble::UnknownUnit(job.unit.to_string()));
    };
    let hand = hand(memory, unit, job.device);
    ledger.put_device(&hand)?;
    let mut group = Group::new(ledger, memory, seen, now_ms);
    group.know(&hand);
    let operations: Vec<Operation> = job.bodies.iter().cloned().map(Operation::from).collect();
    let (receipts, refusal) =
        group.push(hand.number, hand.reached.epoch, hand.reached.last_sequence + 1, &operations)?;
    if receipts.iter().all(|(_, receipt)| receipt.ruling.is_accepted()) && refusal.is_none() {
        let answer = Answer::Receipts(receipts, None);
        return Ok((Changes { done: group.done()?, devices: vec![hand], ..Changes::default() }, answer));
    }
    Ok((Changes::default(), Answer::Receipts(receipts, refusal)))
}

/// The district's own hand for a unit; a new one by this name if there is none yet.
pub fn hand(memory: &Memory, unit: u32, id: DeviceId) -> DeviceRow {
    let known = memory.devices().find(|device| device.unit == unit && device.district).cloned();
    known.unwrap_or_else(|| DeviceRow::unheard(memory.next_device(), id, unit, true))
}
