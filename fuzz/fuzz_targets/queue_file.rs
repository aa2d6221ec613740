//! The fuzzer's way into `tests::fuzzed::queue_file`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzzed::queue_file(data));
