//! The district's authority in the books: made once, carried along by every backup, so that a restored district is the same
//! to its communes.

use std::sync::PoisonError;

use gom_domain::code::Fingerprint;
use gom_domain::world::World;
use gom_proto::{change, wire};
use gom_trust::{Authority, DeviceCertificate, KeyId, TrustError};

use crate::books::{Answer, Books, Changes, Job};
use crate::enrol::{next_change, refused};
use crate::memory::Memory;
use crate::store::{AuthorityKey, AuthorityRow, ChangeKind, DeviceRow, Ledger, Sqlite, Stored};
use crate::wording::Trouble;

/// An authority that has been made, for the books.
#[derive(Clone, Debug)]
pub struct NewAuthority {
    key: AuthorityKey,
    certificate: Vec<u8>,
}

impl NewAuthority {
    /// One that has just been made.
    pub fn make() -> Result<Self, TrustError> {
        let made = Authority::make()?;
        Ok(Self { key: AuthorityKey(made.key().to_vec()), certificate: made.certificate().to_vec() })
    }

    fn row(&self, number: u32, made_ms: i64) -> AuthorityRow {
        let (key, certificate) = (self.key.clone(), self.certificate.clone());
        AuthorityRow { number, key, certificate, made_ms, retired_ms: None }
    }
}

/// Gives books that are being founded their first authority. What is there from the beginning is no entry of the journal.
pub fn found(mut books: Sqlite, now_ms: i64) -> Result<Sqlite, Trouble> {
    let made = NewAuthority::make().map_err(|error| Trouble::Authority(error.to_string()))?;
    let written = books.begin().and_then(|()| {
        books.put_authority(&made.row(1, now_ms))?;
        books.commit()
    });
    written.map(|()| books).map_err(|error| (&error).into())
}

/// Enters an authority where the books have none. Its certificate goes into the journal, its key does not.
pub fn begin(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    job: &NewAuthority,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    if active(memory).next().is_some() {
        return Ok((Changes::default(), Answer::Changed(0)));
    }
    rotate(ledger, memory, job, now_ms)
}

/// Enters another authority in the books. It signs from now on; those before it still count, so that nobody is left outside.
pub fn rotate(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    job: &NewAuthority,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let number = memory.authorities.iter().map(|authority| authority.number).max().unwrap_or(0) + 1;
    let authority = job.row(number, now_ms);
    ledger.put_authority(&authority)?;
    let row = next_change(memory, ChangeKind::Authority, 0, job.certificate.clone());
    let answer = Answer::Changed(row.seq);
    Ok((Changes { rows: vec![row], authority: Some(authority), ..Changes::default() }, answer))
}

/// Asks for an authority to count no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetireAuthority {
    /// Its number.
    pub number: u32,
    /// Also where computers are shut out by it.
    pub force: bool,
}

/// Lets an authority count no more: what it has signed opens nothing, and the server speaks for the next one.
pub fn retire(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    job: &RetireAuthority,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    let Some(known) = memory.authorities.iter().find(|known| known.number == job.number) else {
        return refused(Trouble::UnknownAuthority(job.number));
    };
    if known.retired_ms.is_some() {
        return Ok((Changes::default(), Answer::Changed(0)));
    }
    if newest(memory).is_some_and(|newest| newest.number == job.number) {
        return refused(Trouble::NewestAuthority(job.number));
    }
    let left: Vec<String> = left_outside(memory, job.number).map(called).collect();
    if !left.is_empty() && !job.force {
        return refused(Trouble::AuthorityInUse(job.number, left));
    }
    let authority = AuthorityRow { retired_ms: Some(now_ms), ..known.clone() };
    ledger.put_authority(&authority)?;
    let body = change::encode(&wire::RetireAuthority { number: job.number, force: job.force });
    let row = next_change(memory, ChangeKind::RetireAuthority, 0, body);
    let answer = Answer::Changed(row.seq);
    Ok((Changes { rows: vec![row], authority: Some(authority), ..Changes::default() }, answer))
}

/// The computers that could not come in any more without an authority: they have not shown to know of a later one.
pub fn left_outside(memory: &Memory, number: u32) -> impl Iterator<Item = &DeviceRow> {
    let may_come = |device: &&DeviceRow| !device.district && device.revoked_ms.is_none();
    memory.devices().filter(may_come).filter(move |device| {
        !device.secret_hash.is_empty() && device.authority.is_none_or(|shown| shown <= number)
    })
}

/// What a computer is called, and the beginning of its name on the wire.
fn called(device: &DeviceRow) -> String {
    format!("{} ({})", device.name, &gom_proto::pass::hex(&device.id.0)[..8])
}

/// Makes an authority where the books have none.
pub fn ensure(books: &mut Books, world: &World) -> Result<(), Trouble> {
    if active(&books.shared().read().unwrap_or_else(PoisonError::into_inner)).next().is_some() {
        return Ok(());
    }
    let made = NewAuthority::make().map_err(|error| Trouble::Authority(error.to_string()))?;
    match books.commit(vec![Job::NewAuthority(made)], world.now_ms()).pop() {
        Some(Answer::Failed(trouble)) => Err(trouble),
        _ => Ok(()),
    }
}

/// The authorities whose word counts, the newest last.
pub fn active(memory: &Memory) -> impl Iterator<Item = &AuthorityRow> {
    memory.authorities.iter().filter(|authority| authority.retired_ms.is_none())
}

/// The authority that signs: the newest.
fn newest(memory: &Memory) -> Option<&AuthorityRow> {
    active(memory).last()
}

/// The authority that a device's certificate is by, if its word counts.
pub fn of<'m>(memory: &'m Memory, certificate: &DeviceCertificate) -> Option<&'m AuthorityRow> {
    let is_by =
        |row: &&AuthorityRow| KeyId::of_authority(&row.certificate).is_ok_and(|key| key == certificate.by);
    active(memory).find(is_by)
}

/// Whether a device is to ask for another certificate: its own grows old, or is by an authority that will be replaced, or it
/// was told to trust one that counts no more.
pub fn is_due(memory: &Memory, certificate: &DeviceCertificate, now_ms: i64) -> bool {
    let by_newest = of(memory, certificate).map(|row| row.number) == signing_number(memory);
    let retired_ms = memory.authorities.iter().filter_map(|row| row.retired_ms).max();
    // A certificate's moments are whole seconds.
    let trusts_retired =
        retired_ms.is_some_and(|retired_ms| certificate.from_ms < retired_ms - retired_ms % 1_000);
    certificate.is_due(now_ms) || !by_newest || trusts_retired
}

/// The number of the authority that signs.
pub fn signing_number(memory: &Memory) -> Option<u32> {
    newest(memory).map(|row| row.number)
}

/// The same, ready to sign.
pub fn signing(memory: &Memory) -> Option<Result<Authority, TrustError>> {
    let newest = newest(memory)?;
    Some(Authority::read(&newest.key.0, &newest.certificate))
}

/// By what communes know the district: the authority that its server speaks for, which is the oldest.
pub fn fingerprint(memory: &Memory) -> Option<Fingerprint> {
    gom_trust::fingerprint(&active(memory).next()?.certificate).ok()
}

impl From<NewAuthority> for wire::Rotate {
    fn from(new: NewAuthority) -> Self {
        Self { key: new.key.0, certificate: new.certificate }
    }
}

impl From<wire::Rotate> for NewAuthority {
    fn from(message: wire::Rotate) -> Self {
        Self { key: AuthorityKey(message.key), certificate: message.certificate }
    }
}
