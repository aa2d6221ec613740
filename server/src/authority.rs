//! The district's authority in the books: made once, carried along by every backup, so that a restored district is the same
//! to its communes.

use std::sync::PoisonError;

use gom_domain::code::Fingerprint;
use gom_domain::world::World;
use gom_trust::{Authority, TrustError};

use crate::books::{Answer, Books, Changes, Job};
use crate::enrol::next_change;
use crate::memory::Memory;
use crate::store::{AuthorityKey, AuthorityRow, ChangeKind, Ledger, Sqlite, Stored};
use crate::wording::Trouble;

/// Asks for an authority, where there is none yet.
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

/// Enters an authority in the books. Its certificate goes into the journal, its key does not.
pub fn begin(
    ledger: &mut dyn Ledger,
    memory: &Memory,
    job: &NewAuthority,
    now_ms: i64,
) -> Stored<(Changes, Answer)> {
    if active(memory).next().is_some() {
        return Ok((Changes::default(), Answer::Changed(0)));
    }
    let number = memory.authorities.iter().map(|authority| authority.number).max().unwrap_or(0) + 1;
    let authority = job.row(number, now_ms);
    ledger.put_authority(&authority)?;
    let row = next_change(memory, ChangeKind::Authority, 0, job.certificate.clone());
    let answer = Answer::Changed(row.seq);
    Ok((Changes { rows: vec![row], authority: Some(authority), ..Changes::default() }, answer))
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

/// The authority that signs.
pub fn signing(memory: &Memory) -> Option<Result<Authority, TrustError>> {
    let newest = active(memory).last()?;
    Some(Authority::read(&newest.key.0, &newest.certificate))
}

/// By what communes know the district: the authority that its server speaks for, which is the oldest.
pub fn fingerprint(memory: &Memory) -> Option<Fingerprint> {
    gom_trust::fingerprint(&active(memory).next()?.certificate).ok()
}
