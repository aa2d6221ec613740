//! The fuzzer's way into `tests::fuzzed::number`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzzed::number(data));
