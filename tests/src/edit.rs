//! Databases that are edited behind the programs' backs.

use gom_durable::marks::Marks;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

/// Changes rows as a failing disk does: nothing that the programs keep of them follows.
pub fn spoil(connection: &Connection, sql: &str) {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Changes rows as the programs do, so that they are found as they were written.
pub fn write(connection: &Connection, sql: &str) {
    let marks = Marks::attach(connection).unwrap();
    connection.execute_batch("begin immediate").unwrap();
    connection.execute_batch(sql).unwrap();
    marks.write_down(connection).unwrap();
    connection.execute_batch("commit").unwrap();
}
