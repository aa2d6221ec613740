//! The commune as a witness: whether the district's journal still holds what it held when it was signed.

use gom_domain::greeting::HistoryId;
use gom_proto::wire;
use gom_trust::Checkpoint;

use crate::line::{Line, LineFault, Stage, patiently};
use crate::store::{CheckpointRow, EnrolledRow, Rows, Stored};

/// The most commits that are asked about at once.
const MOST: usize = 1_000;

/// What has come of holding the district to what it has signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnessed {
    /// The commits at which the journal is as it was, the first and the last one.
    pub held: Option<(u64, u64)>,
    /// How many they are.
    pub count: usize,
    /// The district's journal does not agree with itself.
    pub broken: bool,
    /// Checkpoints at which the journal is another: the last commit before each at which it was the same, or 0, then the
    /// checkpoint's own, and when it was told.
    pub changed: Vec<(u64, u64, i64)>,
    /// Checkpoints beyond the journal's end.
    pub missing: Vec<(u64, i64)>,
    /// Checkpoints of what was lost when the district went on from a backup.
    pub lost: Vec<(u64, i64)>,
    /// Checkpoints whose signature is not the district's, as far as its key is known.
    pub unsigned: Vec<u64>,
}

impl Witnessed {
    /// Whether nothing was changed, deleted, moved or cut off.
    pub fn holds(&self) -> bool {
        !self.broken && self.changed.is_empty() && self.missing.is_empty() && self.unsigned.is_empty()
    }
}

/// Keeps a checkpoint that came with a greeting, if it is signed by the key that is known.
pub(crate) fn keep(
    rows: &Rows<'_>,
    own: &EnrolledRow,
    told: (&wire::Checkpoint, HistoryId),
    told_ms: i64,
) -> Stored<()> {
    let (told, history) = told;
    let Ok(head) = told.head.as_slice().try_into() else { return Ok(()) };
    let checkpoint = Checkpoint { history, commit: told.commit, head };
    let is_signed = |key: Vec<u8>| checkpoint.is_signed(&told.signature, &key);
    if rows.checkpoint_key()?.is_some_and(is_signed) {
        return rows.put_checkpoint(&CheckpointRow {
            checkpoint,
            signature: told.signature.clone(),
            told_ms,
        });
    }
    tracing::warn!(commit = told.commit, device = ?own.device, "a checkpoint that the district has not signed");
    Ok(())
}

/// Asks the district what its journal says of the commits that were told.
pub(crate) async fn ask(line: &mut Line, rows: &[CheckpointRow]) -> Result<wire::WitnessReply, LineFault> {
    let mut commits: Vec<u64> = rows.iter().map(|row| row.checkpoint.commit).collect();
    commits.sort_unstable();
    commits.dedup();
    commits.truncate(MOST);
    let call = line.on(wire::WitnessRequest { commits });
    Ok(patiently(line.client.witness(call), Stage::Talking).await?.into_inner())
}

/// Holds a district's testimony to what was signed.
pub(crate) fn compare(rows: &[CheckpointRow], key: Option<&[u8]>, said: &wire::WitnessReply) -> Witnessed {
    let mut witnessed = Witnessed { broken: said.broken, ..Witnessed::default() };
    let last = said.newest.as_ref().map_or(0, |newest| newest.commit);
    let head =
        |commit: u64| said.checkpoints.iter().find(|found| found.commit == commit).map(|found| &found.head);
    for CheckpointRow { checkpoint, signature, told_ms } in rows {
        let commit = checkpoint.commit;
        if key.is_some_and(|key| !checkpoint.is_signed(signature, key)) {
            witnessed.unsigned.push(commit);
        } else if end_of(&said.eras, checkpoint.history).is_none_or(|end| commit >= end) {
            witnessed.lost.push((commit, *told_ms));
        } else if head(commit).is_some_and(|head| *head == checkpoint.head) {
            let first = witnessed.held.map_or(commit, |(first, _)| first);
            (witnessed.held, witnessed.count) = (Some((first, commit)), witnessed.count + 1);
        } else if commit > last {
            witnessed.missing.push((commit, *told_ms));
        } else {
            witnessed.changed.push((witnessed.held.map_or(0, |(_, last)| last), commit, *told_ms));
        }
    }
    witnessed
}

/// The entry with which a history ended: that with which the next one began. None where the books never went by it.
fn end_of(eras: &[wire::Era], history: HistoryId) -> Option<u64> {
    let place = eras.iter().position(|era| era.history == history.0)?;
    Some(eras.get(place + 1).map_or(u64::MAX, |next| next.began))
}

#[cfg(test)]
mod tests {
    use gom_trust::Signer;

    use super::*;

    const BOOKS: HistoryId = HistoryId([1; 16]);

    fn told(history: HistoryId, commit: u64, head: u8) -> CheckpointRow {
        let checkpoint = Checkpoint { history, commit, head: [head; 32] };
        let signature = Signer::new(&[9; 32]).unwrap().sign(&checkpoint);
        CheckpointRow { checkpoint, signature, told_ms: 5 }
    }

    fn said(heads: &[(u64, u8)], eras: &[(HistoryId, u64)]) -> wire::WitnessReply {
        let point = |(commit, head): &(u64, u8)| wire::Checkpoint {
            commit: *commit,
            head: vec![*head; 32],
            signature: Vec::new(),
        };
        let era =
            |(history, began): &(HistoryId, u64)| wire::Era { history: history.0.to_vec(), began: *began };
        wire::WitnessReply {
            checkpoints: heads.iter().map(point).collect(),
            eras: eras.iter().map(era).collect(),
            newest: heads.last().map(point),
            ..wire::WitnessReply::default()
        }
    }

    fn witnessed(rows: &[CheckpointRow], said: &wire::WitnessReply) -> Witnessed {
        compare(rows, Some(&Signer::new(&[9; 32]).unwrap().key()), said)
    }

    #[test]
    fn a_journal_that_only_grew_holds() {
        let rows = [told(BOOKS, 3, 3), told(BOOKS, 7, 7)];
        let found = witnessed(&rows, &said(&[(3, 3), (7, 7), (9, 9)], &[(BOOKS, 0)]));
        assert_eq!((found.held, found.count, found.holds()), (Some((3, 7)), 2, true));
    }

    #[test]
    fn what_was_changed_is_named_between_what_holds_and_what_does_not() {
        let rows = [told(BOOKS, 3, 3), told(BOOKS, 7, 7)];
        let found = witnessed(&rows, &said(&[(3, 3), (7, 8), (9, 9)], &[(BOOKS, 0)]));
        assert_eq!((found.changed.as_slice(), found.holds()), ([(3, 7, 5)].as_slice(), false));
        let found = witnessed(&rows, &said(&[(3, 3), (8, 7)], &[(BOOKS, 0)]));
        assert_eq!(found.changed, [(3, 7, 5)], "there is no such commit any more");
    }

    #[test]
    fn what_was_cut_off_is_missing_and_what_a_restore_lost_is_lost() {
        let rows = [told(BOOKS, 3, 3), told(BOOKS, 7, 7)];
        let found = witnessed(&rows, &said(&[(3, 3)], &[(BOOKS, 0)]));
        assert_eq!((found.missing.as_slice(), found.holds()), ([(7, 5)].as_slice(), false));
        let later = HistoryId([2; 16]);
        let found = witnessed(&rows, &said(&[(3, 3), (7, 8)], &[(BOOKS, 0), (later, 5)]));
        assert_eq!((found.lost.as_slice(), found.holds()), ([(7, 5)].as_slice(), true));
        let unknown = witnessed(&[told(later, 3, 3)], &said(&[(3, 3)], &[(BOOKS, 0)]));
        assert_eq!(unknown.lost, [(3, 5)]);
    }

    #[test]
    fn what_the_district_has_not_signed_says_nothing() {
        let mut row = told(BOOKS, 3, 3);
        row.signature[0] ^= 1;
        let found = witnessed(&[row], &said(&[(3, 3)], &[(BOOKS, 0)]));
        assert_eq!((found.unsigned.as_slice(), found.holds()), ([3].as_slice(), false));
    }
}
