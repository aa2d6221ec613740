//! P1, durable ingest: queued reports drained over real connections into a real server, and a database that grows.

mod drain;
mod growth;
mod office;

use crate::commune::Queue;
use crate::goal::Goal;
use crate::pairs::{Contestant, Rounds, in_turns};
use crate::peers::{limit, pouch};
use crate::report::{Row, thousands};
use crate::{place, sender};
use drain::Prepared;

/// Forms of the programme that is drained: many, as one unit hands in fifty thousand reports of a year.
const FORMS: u64 = 40;

const RATE: &str = "reports/s";

/// What each system did beside the plain server on another day, with 1 client and with 15. Scaled by that ratio they
/// stand in for systems that are not on this machine.
const SCALED: [(&str, [f64; 2], Option<f64>); 4] = [
    ("CouchDB 3.4, batches of 1,000", [3_119.0, 2_600.0], Some(25.0)),
    ("CouchDB 3.4, batches of 100", [1_676.0, 2_600.0], Some(25.0)),
    ("ODK Central 2026.2", [166.0, 289.0], Some(250.0)),
    ("atuin 18.24", [10_216.0, 5_006.0], None),
];
/// The plain server on that day.
const PLAIN_THEN: [f64; 2] = [10_650.0, 11_130.0];

/// Measures the goal.
pub(crate) fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let parts = if quick { 100 } else { 1 };
    let mut rows = one_client(quick, 50_000 / parts)?;
    rows.extend(fifteen_clients(quick, 2_000 / parts)?);
    rows.extend(growth::measure(quick)?);
    rows.extend(office::measure(quick)?);
    Ok(rows)
}

fn one_client(quick: bool, reports: u64) -> anyhow::Result<Vec<Row>> {
    let queue = Queue { reports, forms: FORMS };
    let prepared = Prepared::new(1, queue)?;
    let bodies = sender::bodies(queue)?;
    let mut usages = Vec::new();
    let [ours, plain, limit] = in_turns(
        quick,
        RATE,
        [
            Contestant::new("ours", || prepared.drain(&mut usages)),
            Contestant::new("plain server", || prepared.drain_plain()),
            Contestant::new("the limit", || limit::append(place::on_disk()?.path(), &bodies)),
        ],
    )?;
    let what = format!("1 client with {} queued", thousands(reports));
    let mut rows = beside_plain(&what, 0, &ours, &plain);
    let share = Row::new(Goal::P1, format!("{what}: share of SQLite alone"), ours.median(), RATE);
    rows.push(share.beside(limit.median(), ours.over(&limit)));
    rows.extend(pouch(quick, &what, &ours)?);
    rows.extend(usages.last().map(|usage| usage.rows(&what, reports)).into_iter().flatten());
    Ok(rows)
}

fn fifteen_clients(quick: bool, reports: u64) -> anyhow::Result<Vec<Row>> {
    let prepared = Prepared::new(15, Queue { reports, forms: FORMS })?;
    let mut usages = Vec::new();
    let [ours, plain] = in_turns(
        quick,
        RATE,
        [
            Contestant::new("ours", || prepared.drain(&mut usages)),
            Contestant::new("plain server", || prepared.drain_plain()),
        ],
    )?;
    let what = format!("15 clients with {} queued each", thousands(reports));
    let mut rows = beside_plain(&what, 1, &ours, &plain);
    rows.extend(usages.last().map(|usage| usage.rows(&what, 15 * reports)).into_iter().flatten());
    Ok(rows)
}

/// The rate by itself, beside the plain server, and beside those that are scaled by it.
fn beside_plain(what: &str, case: usize, ours: &Rounds, plain: &Rounds) -> Vec<Row> {
    let (rate, ratio) = (ours.median(), ours.over(plain));
    let alone = Row::new(Goal::P1, what.to_owned(), rate, RATE).wanted("≥ 80,000", rate >= 80_000.0);
    let beside = Row::new(Goal::P1, format!("{what}, plain server"), rate, RATE);
    let beside = beside.beside(plain.median(), ratio).wanted("≥ 5 ×", ratio >= 5.0);
    let scaled = SCALED.map(|(name, then, wanted)| {
        let share = then[case] / PLAIN_THEN[case];
        let what = format!("{what}, {name} (the plain server × {share:.3}, measured elsewhere)");
        let (other, ratio) = (plain.median() * share, ratio / share);
        let row = Row::new(Goal::P1, what, rate, RATE).beside(other, ratio);
        match wanted {
            Some(wanted) => row.wanted(&format!("≥ {wanted} ×"), ratio >= wanted),
            None => row,
        }
    });
    [alone, beside].into_iter().chain(scaled).collect()
}

/// `PouchDB` replicating to its own server, where it can be installed; it takes turns with itself only.
fn pouch(quick: bool, what: &str, ours: &Rounds) -> anyhow::Result<Option<Row>> {
    let Some(peer) = pouch::install() else { return Ok(None) };
    let documents = if quick { 200 } else { 10_000 };
    let [theirs] =
        in_turns(quick, "documents/s", [Contestant::new("PouchDB", || peer.replicate(documents))])?;
    let count = thousands(documents);
    let what = format!("{what}, PouchDB 9 → pouchdb-server 4.2 with {count} (no fsync)");
    let row = Row::new(Goal::P1, what, ours.median(), RATE);
    Ok(Some(row.beside(theirs.median(), ours.over(&theirs))))
}
