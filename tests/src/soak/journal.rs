//! What whoever watches has been told: which reports are queued, which are ruled on, and what officers have typed.
//!
//! A report is expected for as long as anybody still holds it. Only where a folder or the books go on from an older state
//! and nobody else has a report is it gone with them, as nobody could give it back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

/// The first 16 digits of a body's SHA-256, as programs print them.
pub(super) type Print = String;

/// What a report is about, and the figure in it if whoever watches knows which one it has.
#[derive(Clone, Debug)]
pub(super) struct Filed {
    pub(super) unit: &'static str,
    pub(super) period: String,
    pub(super) value: Option<u64>,
}

/// What was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// Reports that somebody must have.
    pub(super) expected: BTreeMap<Print, Filed>,
    /// Every figure that an officer has typed, with what it was typed for; no two are the same.
    pub(super) typed: BTreeSet<(&'static str, String, u64)>,
    /// Receipts as they were seen, of before the books went back last.
    pub(super) overtaken: BTreeSet<(Print, u64)>,
    pub(super) operations: u64,
    pub(super) acknowledged: u64,
    pub(super) gone: u64,
    /// What is broken, in words.
    pub(super) faults: Vec<String>,
    lost: u64,
    pub(super) duplicated: u64,
    pub(super) wrong_totals: u64,
    pub(super) stuck: u64,
}

/// What a run came to.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    operations: u64,
    acknowledged: u64,
    kills: u64,
    cuts: u64,
    restores: u64,
    gone: u64,
    lost: u64,
    duplicated: u64,
    wrong_totals: u64,
    stuck: u64,
}

impl Journal {
    /// A figure that nobody has typed so far.
    pub(super) fn type_in(&mut self, unit: &'static str, period: &str) -> u64 {
        let value = 1_000 + self.typed.len() as u64;
        self.typed.insert((unit, period.to_owned(), value));
        self.operations += 1;
        value
    }

    /// A program has said that a report is queued.
    pub(super) fn acknowledge(&mut self, print: Print, filed: Filed) {
        self.acknowledged += 1;
        self.expected.insert(print, filed);
    }

    /// Somebody who had a report has it no more.
    pub(super) fn lose(&mut self, print: &str, where_it_was: &str) {
        if let Some(filed) = self.expected.remove(print) {
            self.lost += 1;
            self.faults.push(format!("lost: {print} of {} {} {where_it_was}", filed.unit, filed.period));
        }
    }

    /// Expects no longer what nobody holds any more.
    pub(super) fn let_go(&mut self, is_held: impl Fn(&Print) -> bool) {
        let before = self.expected.len();
        self.expected.retain(|print, _| is_held(print));
        self.gone += (before - self.expected.len()) as u64;
    }

    pub(super) fn outcome(&self, kills: u64, cuts: u64, restores: u64) -> Outcome {
        Outcome {
            operations: self.operations,
            acknowledged: self.acknowledged,
            kills,
            cuts,
            restores,
            gone: self.gone,
            lost: self.lost,
            duplicated: self.duplicated,
            wrong_totals: self.wrong_totals,
            stuck: self.stuck,
        }
    }
}

impl Outcome {
    /// Whether nothing was broken.
    pub fn holds(&self) -> bool {
        self.lost + self.duplicated + self.wrong_totals + self.stuck == 0
    }

    /// The result as one object.
    pub fn object(&self, seed: u64, seconds: u64) -> String {
        let object = json!({
            "seed": seed, "seconds": seconds, "operations": self.operations, "acknowledged": self.acknowledged,
            "kills": self.kills, "cuts": self.cuts, "restores": self.restores, "gone": self.gone,
            "lost": self.lost, "duplicated": self.duplicated, "wrong_totals": self.wrong_totals, "stuck": self.stuck,
        });
        object.to_string()
    }
}
