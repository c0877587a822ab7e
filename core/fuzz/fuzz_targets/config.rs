#![no_main]

#[path = "../bodies/config.rs"]
mod body;
#[path = "../bodies/sound.rs"]
mod sound;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
