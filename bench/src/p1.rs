//! P1, durable ingest: queued reports drained over real connections into a real server, and a database that grows.

mod drain;
mod growth;
mod office;

use crate::commune::Queue;
use crate::goal::Goal;
use crate::pairs::{Contestant, Rounds, all_in_turns};
use crate::peers::{limit, pouch};
use crate::report::{Row, thousands};
use crate::{place, sender};
use drain::Prepared;

/// Forms of the programme that is drained: many, as one unit hands in fifty thousand reports of a year.
const FORMS: u64 = 40;

const RATE: &str = "reports/s";

/// What other systems did in an earlier run with 1 client, and with 15, and how many times that is wanted. Scaled by
/// what the plain server did in that run, they stand in for systems that are not on this machine.
const SCALED: [&[(&str, f64, Option<f64>)]; 2] = [
    &[
        ("CouchDB 3.4, batches of 1,000", 3_119.0, Some(25.0)),
        ("CouchDB 3.4, batches of 100", 1_676.0, Some(25.0)),
        ("ODK Central 2026.2", 166.0, Some(250.0)),
        ("atuin 18.24", 10_216.0, None),
    ],
    &[
        ("CouchDB 3.4", 2_600.0, Some(25.0)),
        ("ODK Central 2026.2", 289.0, Some(250.0)),
        ("atuin 18.24", 5_006.0, None),
    ],
];
/// What the plain server did in that run.
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
    let (prepared, bodies, pouch) = (Prepared::new(1, queue)?, sender::bodies(queue)?, pouch::install());
    let documents = if quick { 200 } else { 10_000 };
    let mut usages = Vec::new();
    let mut contestants = vec![
        Contestant::new("ours", || prepared.drain(&mut usages)),
        Contestant::new("plain server", || prepared.drain_plain()),
        Contestant::new("SQLite alone", || limit::append(place::on_disk()?.path(), &bodies)),
        Contestant::new("our client alone", || prepared.drain_into_void()),
    ];
    contestants.extend(pouch.map(|pouch| Contestant::new("PouchDB", move || pouch.replicate(documents))));
    let rounds = all_in_turns(quick, RATE, contestants)?;
    let (ours, plain, others) = (&rounds[0], &rounds[1], &rounds[2..]);
    let what = format!("1 client with {} queued", thousands(reports));
    let mut rows = beside_plain(&what, 0, ours, plain);
    let pouch = format!("PouchDB 9 → pouchdb-server 4.2 with {} (no fsync)", thousands(documents));
    let names = ["SQLite alone, groups of 1,000", "our client with a server that keeps nothing", &pouch];
    rows.extend(names.into_iter().zip(others).map(|(name, other)| {
        let row = Row::new(Goal::P1, format!("{what}, {name}"), ours.median(), RATE);
        row.beside(other.median(), ours.over(other))
    }));
    rows.extend(usages.last().map(|usage| usage.rows(&what, reports)).into_iter().flatten());
    Ok(rows)
}

fn fifteen_clients(quick: bool, reports: u64) -> anyhow::Result<Vec<Row>> {
    let prepared = Prepared::new(15, Queue { reports, forms: FORMS })?;
    let mut usages = Vec::new();
    let contestants = vec![
        Contestant::new("ours", || prepared.drain(&mut usages)),
        Contestant::new("plain server", || prepared.drain_plain()),
    ];
    let rounds = all_in_turns(quick, RATE, contestants)?;
    let what = format!("15 clients with {} queued each", thousands(reports));
    let mut rows = beside_plain(&what, 1, &rounds[0], &rounds[1]);
    rows.extend(usages.last().map(|usage| usage.rows(&what, 15 * reports)).into_iter().flatten());
    Ok(rows)
}

/// The rate by itself, beside the plain server, and beside those that are scaled by it.
fn beside_plain(what: &str, case: usize, ours: &Rounds, plain: &Rounds) -> Vec<Row> {
    let (rate, ratio) = (ours.median(), ours.over(plain));
    let alone = Row::new(Goal::P1, what.to_owned(), rate, RATE).wanted("≥ 80,000", rate >= 80_000.0);
    let beside = Row::new(Goal::P1, format!("{what}, plain server"), rate, RATE);
    let beside = beside.beside(plain.median(), ratio).wanted("≥ 5 ×", ratio >= 5.0);
    let scaled = SCALED[case].iter().map(|(name, then, wanted)| {
        let share = then / PLAIN_THEN[case];
        let what = format!("{what}, {name} (the plain server's × {share:.3}, scaled from an earlier run)");
        let row = Row::new(Goal::P1, what, rate, RATE).beside(plain.median() * share, ratio / share);
        match wanted {
            Some(wanted) => row.wanted(&format!("≥ {wanted} ×"), ratio / share >= *wanted),
            None => row,
        }
    });
    [alone, beside].into_iter().chain(scaled).collect()
}
