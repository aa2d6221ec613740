//! The fuzzer's way into `tests::fuzzed::protocol`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzzed::protocol(data));
