//! The commune as a witness: whether the district's journal still holds what it held when it was signed.

use gom_domain::greeting::HistoryId;
use gom_proto::wire;
use gom_trust::Checkpoint;

use crate::line::{Line, LineFault, Stage, patiently};
use crate::store::{CheckpointRow, EnrolledRow, FolderRow, Rows, Stored};

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
    /// How far the journal goes now is not signed by the district.
    pub unproved: bool,
    /// The district goes by a history that it has not told this folder of: nothing that it says of its past can be weighed
    /// before the next sync.
    pub another_history: bool,
    /// Checkpoints at which the journal is another: the last commit before each at which it was the same, or 0, then the
    /// checkpoint's own, and when it was told.
    pub changed: Vec<(u64, u64, i64)>,
    /// Checkpoints beyond the journal's end.
    pub missing: Vec<(u64, i64)>,
    /// Checkpoints of what was lost when the district went on from a backup, as this folder was told then.
    pub lost: Vec<(u64, i64)>,
    /// Checkpoints whose signature is not the district's, as far as its key is known.
    pub unsigned: Vec<u64>,
}

impl Witnessed {
    /// Whether nothing was changed, deleted, moved or cut off.
    pub fn holds(&self) -> bool {
        let wrong = self.broken || self.unproved || self.another_history;
        !wrong && self.changed.is_empty() && self.missing.is_empty() && self.unsigned.is_empty()
    }
}

/// What a folder knows of the district by itself.
pub(crate) struct Known<'a> {
    /// By what the district's signatures are known.
    key: Option<&'a [u8]>,
    /// The history that the district goes by.
    history: HistoryId,
    /// Those that it has left since this folder was enrolled.
    left: &'a [HistoryId],
}

impl<'a> Known<'a> {
    pub(crate) fn of(row: &'a FolderRow, own: &EnrolledRow, left: &'a [HistoryId]) -> Self {
        Self { key: row.checkpoint_key.as_deref(), history: own.history, left }
    }

    fn is_signed(&self, checkpoint: &Checkpoint, signature: &[u8]) -> bool {
        self.key.is_none_or(|key| checkpoint.is_signed(signature, key))
    }
}

/// Keeps a checkpoint of the history that the folder goes by, if it is signed by the key that is known. It was told in the
/// conversation that was noted last.
pub(crate) fn keep(rows: &Rows<'_>, told: &wire::Checkpoint) -> Stored<()> {
    let Some(row) = rows.folder()? else { return Ok(()) };
    let (Some(own), Ok(head)) = (row.enrolled, told.head.as_slice().try_into()) else { return Ok(()) };
    let checkpoint = Checkpoint { history: own.history, commit: told.commit, head };
    if row.checkpoint_key.is_some_and(|key| checkpoint.is_signed(&told.signature, &key)) {
        let (signature, told_ms) = (told.signature.clone(), own.last_contact_ms.unwrap_or(0));
        return rows.put_checkpoint(&CheckpointRow { checkpoint, signature, told_ms });
    }
    tracing::warn!(commit = told.commit, device = ?own.device, "a checkpoint that the district has not signed");
    Ok(())
}

/// What shows the district how far its own books have gone; without a signature where nothing does.
pub(crate) fn proof(rows: &Rows<'_>, own: &EnrolledRow) -> Stored<wire::Checkpoint> {
    let newest = rows.newest_checkpoint(own.history)?;
    Ok(newest.map_or_else(wire::Checkpoint::default, |row| wire::Checkpoint {
        commit: row.checkpoint.commit,
        head: row.checkpoint.head.to_vec(),
        signature: row.signature,
    }))
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

/// Holds a district's testimony to what was signed. That something was lost with a backup counts only where this folder has
/// been told of another history then: a testimony alone could explain everything that way.
pub(crate) fn compare(rows: &[CheckpointRow], known: &Known<'_>, said: &wire::WitnessReply) -> Witnessed {
    let mut witnessed = Witnessed {
        broken: said.broken,
        another_history: said.eras.last().is_some_and(|era| era.history != known.history.0),
        unproved: !rows.is_empty()
            && !said.newest.as_ref().is_some_and(|newest| is_proved(newest, known, said)),
        ..Witnessed::default()
    };
    let last = said.newest.as_ref().map_or(0, |newest| newest.commit);
    let head =
        |commit: u64| said.checkpoints.iter().find(|found| found.commit == commit).map(|found| &found.head);
    for CheckpointRow { checkpoint, signature, told_ms } in rows {
        let (commit, history) = (checkpoint.commit, checkpoint.history);
        let is_left = known.left.contains(&history);
        if !known.is_signed(checkpoint, signature) {
            witnessed.unsigned.push(commit);
        } else if is_left && end_of(&said.eras, history).is_none_or(|end| commit >= end) {
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

/// Whether the district signs for how far it says that its journal goes, by the history that it says it goes by.
fn is_proved(newest: &wire::Checkpoint, known: &Known<'_>, said: &wire::WitnessReply) -> bool {
    let history = said.eras.last().and_then(|era| era.history.as_slice().try_into().ok());
    let (Some(history), Ok(head)) = (history, newest.head.as_slice().try_into()) else { return false };
    let checkpoint = Checkpoint { history: HistoryId(history), commit: newest.commit, head };
    known.is_signed(&checkpoint, &newest.signature)
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
        let signed = |(commit, head): &(u64, u8)| {
            let row = told(eras.last().unwrap().0, *commit, *head);
            wire::Checkpoint { signature: row.signature, ..point(&(*commit, *head)) }
        };
        let era =
            |(history, began): &(HistoryId, u64)| wire::Era { history: history.0.to_vec(), began: *began };
        wire::WitnessReply {
            checkpoints: heads.iter().map(point).collect(),
            eras: eras.iter().map(era).collect(),
            newest: heads.last().map(signed),
            ..wire::WitnessReply::default()
        }
    }

    fn witnessed(rows: &[CheckpointRow], said: &wire::WitnessReply) -> Witnessed {
        since(rows, BOOKS, &[], said)
    }

    /// Where the district has left histories, and now goes by another one.
    fn since(
        rows: &[CheckpointRow],
        history: HistoryId,
        left: &[HistoryId],
        said: &wire::WitnessReply,
    ) -> Witnessed {
        let key = Signer::new(&[9; 32]).unwrap().key();
        compare(rows, &Known { key: Some(&key), history, left }, said)
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
        let restored = said(&[(3, 3), (7, 8)], &[(BOOKS, 0), (later, 5)]);
        let found = since(&rows, later, &[BOOKS], &restored);
        assert_eq!((found.lost.as_slice(), found.holds()), ([(7, 5)].as_slice(), true));
        let unheard = [told(HistoryId([4; 16]), 3, 3)];
        let found = since(&unheard, later, &[HistoryId([4; 16])], &restored);
        assert_eq!(found.lost, [(3, 5)], "a history that the books never went by was left, too");
    }

    #[test]
    fn that_something_was_lost_is_not_believed_unless_it_was_told_then() {
        let later = HistoryId([2; 16]);
        let rows = [told(BOOKS, 3, 3), told(BOOKS, 7, 7)];
        let explained = said(&[(3, 9), (7, 8)], &[(BOOKS, 0), (later, 1)]);
        let found = witnessed(&rows, &explained);
        assert!(found.another_history && !found.holds());
        assert_eq!((found.changed.as_slice(), found.lost.len()), ([(0, 3, 5), (0, 7, 5)].as_slice(), 0));
        let unheard = witnessed(&[told(later, 3, 3)], &said(&[(3, 9)], &[(BOOKS, 0)]));
        assert_eq!((unheard.lost.len(), unheard.changed.len()), (0, 1));
    }

    #[test]
    fn how_far_the_journal_goes_is_signed() {
        let rows = [told(BOOKS, 3, 3)];
        let mut forged = said(&[(3, 3), (9, 9)], &[(BOOKS, 0)]);
        forged.newest.as_mut().unwrap().commit = 10;
        assert!(witnessed(&rows, &forged).unproved);
        forged.newest = None;
        assert!(!witnessed(&rows, &forged).holds());
    }

    #[test]
    fn what_the_district_has_not_signed_says_nothing() {
        let mut row = told(BOOKS, 3, 3);
        row.signature[0] ^= 1;
        let found = witnessed(&[row], &said(&[(3, 3)], &[(BOOKS, 0)]));
        assert_eq!((found.unsigned.as_slice(), found.holds()), ([3].as_slice(), false));
    }
}
