//! The fuzzer's way into `tests::fuzzed::commune_file`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzzed::commune_file(data));
