//! Whom Gom is measured beside: what a competent engineer writes first, what the disk can do at most, a known product.

pub(crate) mod limit;
pub(crate) mod plain;
pub(crate) mod pouch;
