//! The fuzzer's way into `tests::fuzzed::programme`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzzed::programme(data));
