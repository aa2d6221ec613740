//! The fuzzer's way into `tests::fuzzed::sheet`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzzed::sheet(data));
