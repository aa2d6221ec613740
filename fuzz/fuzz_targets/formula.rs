//! The fuzzer's way into `tests::fuzzed::formula`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzzed::formula(data));
