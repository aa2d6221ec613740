//! What was measured, as lines for people and objects for programs.

use gom_terminal::{Align, Table};
use serde_json::json;

use crate::goal::Goal;

/// One comparison.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) goal: Goal,
    /// What was measured, and beside what.
    pub(crate) what: String,
    /// Our figure: the median.
    pub(crate) ours: f64,
    /// The limit's or the peer's; none where the goal is a plain bound.
    pub(crate) other: Option<f64>,
    /// The median of the pairs' ratios.
    pub(crate) ratio: Option<f64>,
    /// Whether the goal holds; none for figures that no goal is set for.
    pub(crate) holds: Option<bool>,
    /// What `ours` and `other` count: `reports/s`, `ms`, `bytes/report`.
    pub(crate) unit: &'static str,
    /// The goal, in words: `≥ 80,000`.
    pub(crate) wanted: String,
}

impl Row {
    /// A figure of ours.
    pub(crate) fn new(goal: Goal, what: String, ours: f64, unit: &'static str) -> Self {
        Self { goal, what, ours, other: None, ratio: None, holds: None, unit, wanted: String::new() }
    }

    /// Beside a limit's or a peer's, with the median of the pairs' ratios.
    pub(crate) fn beside(self, other: f64, ratio: f64) -> Self {
        Self { other: Some(other), ratio: Some(ratio), ..self }
    }

    /// The goal in words, and whether it holds.
    pub(crate) fn wanted(self, wanted: &str, holds: bool) -> Self {
        Self { wanted: wanted.to_owned(), holds: Some(holds), ..self }
    }

    /// One object on one line.
    pub(crate) fn json(&self) -> String {
        json!({
            "goal": self.goal.to_string(),
            "what": self.what,
            "ours": self.ours,
            "other": self.other,
            "ratio": self.ratio,
            "holds": self.holds,
            "unit": self.unit,
            "wanted": self.wanted,
        })
        .to_string()
    }
}

/// All comparisons in columns.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = Table::new(&[
        ("", Align::Left),
        ("what", Align::Left),
        ("ours", Align::Right),
        ("other", Align::Right),
        ("ratio", Align::Right),
        ("unit", Align::Left),
        ("goal", Align::Left),
        ("holds", Align::Left),
    ]);
    for row in rows {
        let holds = row.holds.map_or("", |holds| if holds { "yes" } else { "NO" });
        let ratio = row.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        table.row([
            row.goal.to_string(),
            row.what.clone(),
            figure(row.ours),
            row.other.map(figure).unwrap_or_default(),
            ratio,
            row.unit.to_owned(),
            row.wanted.clone(),
            holds.to_owned(),
        ]);
    }
    table.text()
}

/// Three digits that count, thousands apart.
pub(crate) fn figure(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => thousands(value.round() as u64),
    }
}

/// A count as people read it.
pub(crate) fn thousands(count: u64) -> String {
    gom_domain::number::shown(count.cast_signed(), 0, gom_domain::Lang::En)
}
