//! Values as they lie in rows, to the domain and back.

use gom_domain::Period;
use rusqlite::Row;
use rusqlite::types::FromSql;

use super::{StoreError, Stored};

/// A number as SQLite keeps it. What this program counts stays far below the limit.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that cannot be negative.
pub(super) fn count(row: &Row<'_>, column: &'static str) -> Stored<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| damaged(column))
}

/// A number of a smaller type.
pub(super) fn small<N: TryFrom<i64>>(row: &Row<'_>, column: &'static str) -> Stored<N> {
    N::try_from(row.get::<_, i64>(column)?).map_err(|_| damaged(column))
}

/// Bytes of a fixed length.
pub(super) fn fixed<const N: usize>(row: &Row<'_>, column: &'static str) -> Stored<[u8; N]> {
    row.get::<_, Vec<u8>>(column)?.try_into().map_err(|_| damaged(column))
}

/// Bytes of a fixed length, or nothing.
pub(super) fn fixed_or_none<const N: usize>(row: &Row<'_>, column: &'static str) -> Stored<Option<[u8; N]>> {
    let bytes: Option<Vec<u8>> = row.get(column)?;
    bytes.map(|bytes| bytes.try_into().map_err(|_| damaged(column))).transpose()
}

/// A period by its code.
pub(super) fn period(row: &Row<'_>) -> Stored<Period> {
    Period::from_code(small(row, "period")?).ok_or_else(|| damaged("period"))
}

/// What a query's single row holds.
pub(super) fn single<T: FromSql>(row: &Row<'_>) -> rusqlite::Result<T> {
    row.get(0)
}

/// A column holds what cannot be.
pub(super) fn damaged(column: &'static str) -> StoreError {
    StoreError::Damaged(column.to_owned())
}
