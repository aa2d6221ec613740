//! Enrolment: a one-time code makes a computer a device of a unit.

use gom_domain::greeting::DeviceId;
use gom_domain::unit::UnitId;
use gom_proto::seal;

use crate::accept::Refusal;
use crate::books::{Answer, Changes};
use crate::memory::Memory;
use crate::store::{ChangeKind, ChangeRow, CodeRow, DeviceRow, Ledger, Stored};
use crate::wording::Trouble;

/// Asks for a code to be entered in the books.
#[derive(Clone, Debug)]
pub struct IssueCode {
    /// The unit it is for.
    pub unit: UnitId,
    /// SHA-256 of the code.
    pub hash: [u8; 32],
    /// When it stops working.
    pub expires_ms: i64,
}

/// Asks for a device.
#[derive(Clone, Debug)]
pub struct Enrol {
    /// What shows that it may be one.
    pub by: By,
    /// SHA-256 of the secret that the device will show.
    pub secret_hash: [u8; 32],
    /// The computer's name.
    pub name: String,
    /// The program's version.
    pub app_version: String,
    /// The authority whose certificate it gets; none where it gets none.
    pub authority: Option<u32>,
}

/// What shows that a computer may be a device.
#[derive(Clone, Debug)]
pub enum By {
    /// A one-time code.
    Code {
        /// SHA-256 of the code that was typed.
        hash: [u8; 32],
        /// The name that the device gets, if it is a new one.
        device: DeviceId,
    },
    /// The district's own seal on what it was admitted as: the books have lost it.
    Admission {
        /// The device.
        device: DeviceId,
        /// Its unit.
        unit: UnitId,
        /// The seal.
        seal: Vec<u8>,
    },
}

/// A new device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The device.
    pub device: DeviceId,
    /// Its unit.
    pub unit: UnitId,
}

/// Enters a code in the books.
pub fn issue_code(ledger: &mut dyn Ledger, memory: &Memory, job: &IssueCode) -> Stored<(Changes, Answer)> {
    let Some(unit) = memory.unit_number(&job.unit) else {
        return refused(Trouble::UnknownUnit(job.unit.to_string()));
    };
    ledger.put_code(&CodeRow { hash: job.hash, unit, expires_ms: job.expires_ms, device: None })?;
    let body = gom_proto::change::encode_code(job.unit.as_str(), &job.hash, job.expires_ms);
    let row = next_change(memory, ChangeKind::Code, 0, body);
    Ok((Changes { rows: vec![row.clone()], ..Changes::default() }, Answer::Changed(row.seq)))
}

/// Makes a device of a computer that may be one.
pub fn enrol(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    job: &Enrol,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    match &job.by {
        By::Code { hash, device } => by_code(ledger, memory, job, (hash, *device), now_ms),
        By::Admission { device, unit, seal } => again(ledger, memory, job, (*device, unit, seal), now_ms),
    }
}

/// Lets a device in again that the books have lost, or know only by what others gave back of it.
fn again(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    job: &Enrol,
    (id, unit, shown): (DeviceId, &UnitId, &[u8]),
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let number = memory.unit_number(unit);
    let Some(unit_number) =
        number.filter(|_| seal::is(shown, &memory.key.admission(id, unit, &job.secret_hash)))
    else {
        return refused(Trouble::Refused(Refusal::UnknownDevice));
    };
    let enrolled = Answer::Enrolled(Enrolled { device: id, unit: unit.clone() });
    let known = memory.device_called(id);
    match known {
        Some(known) if known.revoked_ms.is_some() => return refused(Trouble::Revoked),
        Some(known) if known.secret_hash == job.secret_hash => return Ok((Changes::default(), enrolled)),
        Some(known) if !known.secret_hash.is_empty() || known.unit != unit_number || known.district => {
            return refused(Trouble::Refused(Refusal::UnknownDevice));
        }
        _ => {}
    }
    let new = || new_device(memory, job, id, unit_number, now_ms);
    let device =
        known.map_or_else(new, |known| DeviceRow { number: known.number, reached: known.reached, ..new() });
    ledger.put_device(&device)?;
    let body = gom_proto::change::encode_readmitted(id, unit.as_str(), &job.name);
    let row = next_change(memory, ChangeKind::Device, 0, body);
    Ok((Changes { rows: vec![row], devices: vec![device], ..Changes::default() }, enrolled))
}

fn new_device(memory: &Memory, job: &Enrol, id: DeviceId, unit: u32, now_ms: i64) -> DeviceRow {
    DeviceRow {
        name: job.name.clone(),
        secret_hash: job.secret_hash.to_vec(),
        contact_ms: Some(now_ms),
        app_version: job.app_version.clone(),
        authority: job.authority,
        ..DeviceRow::unheard(memory.next_device(), id, unit, false)
    }
}

/// The same code with the same secret gets the same device again, for an answer may have been lost.
fn by_code(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    job: &Enrol,
    (code_hash, id): (&[u8; 32], DeviceId),
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let Some(code) = ledger.code(code_hash)? else { return refused(Trouble::UnknownCode) };
    let unit = memory.unit_id(code.unit).cloned();
    let Some(unit) = unit else { return refused(Trouble::UnknownCode) };
    if let Some(device) = code.device.and_then(|number| memory.device(number)) {
        let same = device.secret_hash == job.secret_hash;
        let enrolled = Enrolled { device: device.id, unit };
        return if same && device.revoked_ms.is_some() {
            refused(Trouble::Revoked)
        } else if same {
            Ok((Changes::default(), Answer::Enrolled(enrolled)))
        } else {
            refused(Trouble::UsedCode)
        };
    }
    if now_ms >= code.expires_ms {
        return refused(Trouble::ExpiredCode);
    }
    let device = new_device(memory, job, id, code.unit, now_ms);
    ledger.put_device(&device)?;
    ledger.put_code(&CodeRow { device: Some(device.number), ..code })?;
    let body = gom_proto::change::encode_device(device.id, unit.as_str(), &job.name, code_hash);
    let row = next_change(memory, ChangeKind::Device, 0, body);
    let answer = Answer::Enrolled(Enrolled { device: device.id, unit });
    Ok((Changes { rows: vec![row], devices: vec![device], ..Changes::default() }, answer))
}

/// The journal's next row.
pub fn next_change(memory: &Memory, kind: ChangeKind, year: i16, body: Vec<u8>) -> ChangeRow {
    let seq = memory.last.map_or(1, |last| last.last_seq + 1);
    ChangeRow { seq, kind, year, body, who: String::new() }
}

/// Nothing changes, and why.
pub fn refused(trouble: Trouble) -> Stored<(Changes, Answer)> {
    Ok((Changes::default(), Answer::Refused(vec![trouble])))
}
