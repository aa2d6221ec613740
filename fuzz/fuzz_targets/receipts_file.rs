//! The fuzzer's way into `tests::fuzzed::receipts_file`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzzed::receipts_file(data));
