//! placeholder
pub fn queue_file(_: &[u8]) {}
pub fn receipts_file(_: &[u8]) {}
