//! The limit: the same bodies appended to an `SQLite` file in groups, durably, with no network and no checks.

use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;

/// As many reports as a client has in flight are one group.
const GROUP: usize = 1_000;

/// Opens a database in which nothing that was committed can be lost, with as much memory as the district's books have.
pub(crate) fn durable(file: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(file)?;
    let _: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Appends the bodies; how many a second.
pub(crate) fn append(folder: &Path, bodies: &[Vec<u8>]) -> anyhow::Result<f64> {
    let mut connection = durable(&folder.join("limit.db"))?;
    connection.execute_batch("create table journal (seq integer primary key, body blob not null) strict")?;
    let start = Instant::now();
    for group in bodies.chunks(GROUP) {
        let transaction = connection.transaction()?;
        for body in group {
            transaction.prepare_cached("insert into journal (body) values (?)")?.execute([body])?;
        }
        transaction.commit()?;
    }
    Ok(bodies.len() as f64 / start.elapsed().as_secs_f64())
}
