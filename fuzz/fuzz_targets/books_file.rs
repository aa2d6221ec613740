//! The fuzzer's way into `tests::fuzzed::books_file`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzzed::books_file(data));
