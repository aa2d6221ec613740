//! P6, what it costs to keep: bytes of disk a submission at the district; at the commune the client's start, its
//! memory and what handing in a report asks of the disk.

mod client;
mod disk;

use crate::report::Row;

pub(crate) use client::{PEAK, show_peak};

/// Measures the goal.
pub(crate) fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let mut rows = vec![disk::measure(quick)?];
    rows.extend(client::measure(quick)?);
    Ok(rows)
}
