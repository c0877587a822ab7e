#![no_main]

#[path = "../bodies/lexer.rs"]
mod body;
#[path = "../bodies/sound.rs"]
mod sound;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
