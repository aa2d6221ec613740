//! The fuzzer's way into `tests::fuzzed::line`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzzed::line(data));
