//! Receipts on the line: those of plain acceptances that follow one another travel as one run.
//!
//! Nearly every operation is accepted without a remark and gets the commit after the one before, so a run takes about a
//! byte an operation. A commune keeps the same receipts as if each had travelled alone.

use std::ops::RangeInclusive;

use gom_domain::ruling::{Receipt, Ruling, Verdict};

use crate::{Malformed, wire};

/// A receipt with the sequence of its operation.
pub type Numbered = (u64, Receipt);

/// Receipts for the line, in their order.
pub fn pack(receipts: &[Numbered]) -> wire::Verdicts {
    let mut verdicts: Vec<wire::Verdict> = Vec::new();
    for (sequence, receipt) in receipts {
        match (plain(receipt), verdicts.last_mut()) {
            (Some(revision), Some(run)) if goes_on(run, *sequence, receipt) => run.revisions.push(revision),
            (revision, _) => verdicts.push(first(*sequence, receipt, revision)),
        }
    }
    wire::Verdicts { verdicts, seal: Vec::new() }
}

/// The revision of an acceptance without remarks.
fn plain(receipt: &Receipt) -> Option<u32> {
    match receipt.ruling.verdict {
        Verdict::Accepted { revision } if receipt.ruling.is_plain() => Some(revision),
        _ => None,
    }
}

fn first(sequence: u64, receipt: &Receipt, revision: Option<u32>) -> wire::Verdict {
    wire::Verdict {
        sequence,
        commit: receipt.commit,
        at_ms: receipt.at_ms,
        ruling: if revision.is_none() { Some((&receipt.ruling).into()) } else { None },
        revisions: revision.into_iter().collect(),
    }
}

/// Whether a plain acceptance is the next one of a run.
fn goes_on(run: &wire::Verdict, sequence: u64, receipt: &Receipt) -> bool {
    let length = run.revisions.len() as u64;
    length > 0
        && run.at_ms == receipt.at_ms
        && run.sequence.checked_add(length) == Some(sequence)
        && run.commit.checked_add(length) == Some(receipt.commit)
}

/// The sequences that a verdict from the line is about; none if they are more than there are numbers.
pub fn sequences(verdict: &wire::Verdict) -> Result<RangeInclusive<u64>, Malformed> {
    let more = verdict.revisions.len().saturating_sub(1) as u64;
    let last = verdict.sequence.checked_add(more).ok_or(Malformed::Field("sequence"))?;
    Ok(verdict.sequence..=last)
}

/// The receipts that a verdict from the line stands for.
pub fn unpack(verdict: wire::Verdict) -> Result<Vec<Numbered>, Malformed> {
    let (commit, at_ms) = (verdict.commit, verdict.at_ms);
    if let Some(ruling) = verdict.ruling {
        return Ok(vec![(verdict.sequence, Receipt { ruling: ruling.try_into()?, commit, at_ms })]);
    }
    if verdict.revisions.is_empty() {
        return Err(Malformed::UnknownVerdict);
    }
    let (first, last) = sequences(&verdict)?.into_inner();
    commit.checked_add(last - first).ok_or(Malformed::Field("commit"))?;
    let accepted = |revision| Ruling::plain(Verdict::Accepted { revision });
    let receipt = |(commit, revision)| Receipt { ruling: accepted(revision), commit, at_ms };
    let receipts = (commit..).zip(verdict.revisions).map(receipt);
    Ok((first..).zip(receipts).collect())
}

#[cfg(test)]
mod tests {
    use gom_domain::ruling::RejectionCode;
    use proptest::prelude::*;
    use prost::Message;

    use super::*;

    fn accepted(sequence: u64, commit: u64, revision: u32) -> Numbered {
        let ruling = Ruling::plain(Verdict::Accepted { revision });
        (sequence, Receipt { ruling, commit, at_ms: 1_717_200_000_000 })
    }

    fn come_back(receipts: &[Numbered]) -> Vec<Numbered> {
        let bytes = pack(receipts).encode_to_vec();
        let verdicts = wire::Verdicts::decode(bytes.as_slice()).unwrap().verdicts;
        verdicts.into_iter().flat_map(|verdict| unpack(verdict).unwrap()).collect()
    }

    #[test]
    fn a_thousand_plain_acceptances_take_about_a_byte_each() {
        let receipts: Vec<_> = (0..1_000).map(|n| accepted(7 + n, 90_000 + n, 1)).collect();
        assert_eq!(pack(&receipts).verdicts.len(), 1);
        assert!(pack(&receipts).encoded_len() < 1_030);
        assert_eq!(come_back(&receipts), receipts);
    }

    #[test]
    fn a_run_ends_where_a_number_is_left_out() {
        let receipts =
            [accepted(1, 5, 1), accepted(2, 6, 3), accepted(4, 7, 1), accepted(5, 9, 1), accepted(6, 9, 1)];
        assert_eq!(pack(&receipts).verdicts.len(), 4);
        assert_eq!(come_back(&receipts), receipts);
    }

    #[test]
    fn runs_that_leave_the_numbers_are_malformed() {
        let run = wire::Verdict { sequence: u64::MAX, revisions: vec![1, 1], ..wire::Verdict::default() };
        assert_eq!(unpack(run), Err(Malformed::Field("sequence")));
        let run = wire::Verdict { commit: u64::MAX, revisions: vec![1, 1], ..wire::Verdict::default() };
        assert_eq!(unpack(run), Err(Malformed::Field("commit")));
        assert_eq!(unpack(wire::Verdict::default()), Err(Malformed::UnknownVerdict));
    }

    prop_compose! {
        fn ruling()(kind in 0..6, number in 0..4_u32) -> Ruling {
            let verdict = match kind {
                0 => Verdict::Conflict { current: number },
                1 => rejected(),
                _ => Verdict::Accepted { revision: number },
            };
            Ruling::plain(verdict)
        }
    }

    fn rejected() -> Verdict {
        Ruling::rejected(RejectionCode::Figures).verdict
    }

    prop_compose! {
        /// A receipt by how far its numbers are from the ones before; mostly one.
        fn step()(sequence in prop_oneof![8 => Just(1), 1 => -3..4_i64], commit in prop_oneof![8 => Just(1), 1 => -3..4_i64],
                  at_ms in prop_oneof![8 => Just(0), 1 => -1..2_i64], ruling in ruling()) -> (i64, i64, i64, Ruling) {
            (sequence, commit, at_ms, ruling)
        }
    }

    proptest! {
        #[test]
        fn any_receipts_come_back_in_their_order(steps in prop::collection::vec(step(), 0..60)) {
            let mut at = (1_000_i64, 5_000_i64, 1_717_200_000_000_i64);
            let receipts: Vec<Numbered> = steps.into_iter().map(|(sequence, commit, at_ms, ruling)| {
                at = (at.0 + sequence, at.1 + commit, at.2 + at_ms);
                (at.0.unsigned_abs(), Receipt { ruling, commit: at.1.unsigned_abs(), at_ms: at.2 })
            }).collect();
            prop_assert_eq!(come_back(&receipts), receipts);
        }
    }
}
