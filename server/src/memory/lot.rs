//! What was handed in, read ahead: some rows are learned while the next ones are read.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use crate::store::{HandedIn, Journal, StoreError, Stored};

/// How many rows make a lot, and how many lots may wait.
const ROWS: usize = 1_000;
const WAITING: usize = 4;

/// Rows with their bodies one after the other, for a piece of memory for each would cost as much as reading it.
#[derive(Debug, Default)]
pub(super) struct Lot {
    /// Each without its body, and where that ends.
    rows: Vec<(HandedIn<'static>, usize)>,
    bodies: Vec<u8>,
}

impl Lot {
    /// Shows what was handed in up to an entry, in order, while it is read by another thread; how many submissions there
    /// are up to it.
    pub(super) fn each(
        journal: &mut dyn Journal,
        up_to: u64,
        visit: &mut dyn FnMut(HandedIn<'_>) -> Stored<()>,
    ) -> Stored<u64> {
        thread::scope(|scope| {
            let (read, ready) = sync_channel(WAITING);
            let reader = scope.spawn(move || read_all(journal, up_to, &read));
            ready.into_iter().try_for_each(|lot: Self| lot.show(visit))?;
            reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn add(&mut self, row: HandedIn<'_>) {
        self.bodies.extend_from_slice(row.body);
        self.rows.push((HandedIn { body: &[], ..row }, self.bodies.len()));
    }

    fn show(&self, visit: &mut dyn FnMut(HandedIn<'_>) -> Stored<()>) -> Stored<()> {
        let mut begin = 0;
        for (row, end) in &self.rows {
            visit(HandedIn { body: &self.bodies[begin..*end], ..*row })?;
            begin = *end;
        }
        Ok(())
    }
}

fn read_all(journal: &mut dyn Journal, up_to: u64, read: &SyncSender<Lot>) -> Stored<u64> {
    let hand_over = |lot: &mut Lot| {
        let nobody = |_| StoreError::Damaged("nobody learns what is read".to_owned());
        read.send(std::mem::take(lot)).map_err(nobody)
    };
    let mut lot = Lot::default();
    let count = journal.each_handed_in(up_to, &mut |row| {
        lot.add(row);
        if lot.rows.len() == ROWS { hand_over(&mut lot) } else { Ok(()) }
    })?;
    hand_over(&mut lot)?;
    Ok(count)
}
