//! placeholder
pub fn books_file(_: &[u8]) {}
pub fn commune_file(_: &[u8]) {}
