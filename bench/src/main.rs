//! The benchmarks: each goal of docs/performance.md measured beside a limit or a peer, in one run on this machine.
//!
//! Contestants take turns (A B A B) and the ratio is taken pair by pair, so that a noisy machine cannot decide it. The
//! same program is started again as `gom-server` and as `gom`, so that memory and starting times are those of the real
//! commands in processes of their own.

#![allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "timings and ratios are no figures of a report"
)]

mod commune;
mod country;
mod district;
mod founding;
mod fsync;
mod goal;
mod p1;
mod p2;
mod p3;
mod p4;
mod p5;
mod p6;
mod pairs;
mod peers;
mod place;
mod programme;
mod proxy;
mod quantile;
mod report;
mod sender;
mod step;
mod storm;

use std::process::ExitCode;

use clap::Parser;
use gom_terminal::{Format, put, tell};

use crate::goal::Goal;
use crate::peers::plain;
use crate::report::Row;

/// Measures the goals side by side with limits and peers.
#[derive(Debug, Parser)]
struct Cli {
    /// The goals to measure, such as `P1 P4`; none: all of them.
    goals: Vec<Goal>,
    /// How the results are printed; progress always goes to stderr.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// A smaller amount of work, to see that everything runs; its figures are not comparable.
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    let name = std::env::args().next().unwrap_or_default();
    match name.rsplit('/').next() {
        Some("gom-server") => gom_server::cli::run(&gom_server::clock::real()),
        Some("gom") => gom::cli::run(&gom::world::real()),
        Some(p6::PEAK) => p6::show_peak(),
        Some(plain::NAME) => plain::run(),
        _ => measure(&Cli::parse()),
    }
}

/// Measures goal by goal, so that what has been measured is shown even if a later one fails.
fn measure(cli: &Cli) -> ExitCode {
    match place::facts() {
        Ok(facts) => tell(&facts),
        Err(error) => tell(&format!("{error:#}")),
    }
    let goals = if cli.goals.is_empty() { Goal::ALL.to_vec() } else { cli.goals.clone() };
    let mut outcome = ExitCode::SUCCESS;
    let mut rows: Vec<Row> = Vec::new();
    for goal in goals {
        tell(&format!("{goal}: {}", goal.title()));
        match goal.measure(cli.quick) {
            Ok(measured) => {
                if cli.format == Format::Json {
                    measured.iter().for_each(|row| put(&row.json()));
                }
                rows.extend(measured);
            }
            Err(error) => {
                tell(&format!("{goal}: {error:#}"));
                outcome = ExitCode::FAILURE;
            }
        }
    }
    if cli.format == Format::Table {
        put(&report::table(&rows));
    }
    outcome
}
