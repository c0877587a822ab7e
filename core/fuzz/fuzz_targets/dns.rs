#![no_main]

#[path = "../bodies/peer.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::dns(data));
