//! Witnesses: communes keep what the district signed at each greeting, and can hold it to that later.

use gom_domain::greeting::{Hello, HistoryId};
use gom_proto::wire;
use gom_trust::{Checkpoint, Signer, TrustError};

use crate::memory::Memory;
use crate::store::{ChangeKind, ChangeRow, Journal, StoreError, Stored};
use crate::verify;

/// The most commits that a commune may ask about at once.
pub const MOST: usize = 1_000;

/// Who signs for the district, by the key in its books.
pub fn signer(memory: &Memory) -> Result<Signer, TrustError> {
    Signer::new(&memory.key.checkpoint_seed())
}

/// How far the journal goes, signed; none where it is empty or cannot be signed.
pub fn checkpoint(memory: &Memory) -> Option<wire::Checkpoint> {
    let last = memory.last?;
    let signed = Checkpoint { history: memory.history, commit: last.last_seq, head: last.head };
    let signature = signer(memory).ok()?.sign(&signed);
    Some(wire::Checkpoint { commit: last.last_seq, head: last.head.to_vec(), signature })
}

/// The same for a device; none where it has that already.
pub fn unseen(memory: &Memory, hello: &Hello) -> Option<wire::Checkpoint> {
    let is_seen = memory.last.is_some_and(|last| last.last_seq == hello.seen);
    if is_seen && hello.history == memory.history { None } else { checkpoint(memory) }
}

/// Whether what a device says to have seen was signed by the district: nobody else can make it go by another history.
pub fn proves(memory: &Memory, hello: &Hello, proof: &wire::Checkpoint) -> bool {
    let Ok(head) = proof.head.as_slice().try_into() else { return false };
    let seen = Checkpoint { history: hello.history, commit: proof.commit, head };
    let is_signed = |signer: Signer| seen.is_signed(&proof.signature, &signer.key());
    proof.commit == hello.seen && signer(memory).is_ok_and(is_signed)
}

/// What the journal says of commits, once it was followed from its beginning: a journal that does not agree with itself
/// says nothing.
pub fn testimony(journal: &mut dyn Journal, commits: &[u64]) -> Stored<wire::WitnessReply> {
    let broken = match verify::sound(journal) {
        Ok(()) => false,
        Err(StoreError::Damaged(_)) => true,
        Err(error) => return Err(error),
    };
    let mut reply = wire::WitnessReply { broken, ..wire::WitnessReply::default() };
    journal.each_commit(&mut |commit| {
        if commits.binary_search(&commit.last_seq).is_ok() {
            reply.checkpoints.push(wire::Checkpoint {
                commit: commit.last_seq,
                head: commit.head.to_vec(),
                signature: Vec::new(),
            });
        }
        Ok(())
    })?;
    reply.eras = eras(journal)?;
    Ok(reply)
}

/// The histories that the books have gone by, each with the entry that it began with.
fn eras(journal: &mut dyn Journal) -> Stored<Vec<wire::Era>> {
    let (founded, _) = journal.founded()?;
    let mut eras = vec![wire::Era { history: founded.0.to_vec(), began: 0 }];
    journal.each_change(u64::MAX, &mut |row: ChangeRow| {
        if row.kind == ChangeKind::History {
            let damaged = |_| StoreError::Damaged(format!("change {} cannot be read", row.seq));
            let (HistoryId(history), _) = gom_proto::change::decode_history(&row.body).map_err(damaged)?;
            eras.push(wire::Era { history: history.to_vec(), began: row.seq });
        }
        Ok(())
    })?;
    Ok(eras)
}
