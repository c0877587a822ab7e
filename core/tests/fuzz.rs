//! The fuzz targets' bodies, compiled, and their corpus replayed, so that they cannot rot and no find comes back.

#![allow(clippy::expect_used, clippy::disallowed_methods)] // A test says what it expects, and reads its corpus.

#[path = "../fuzz/bodies/config.rs"]
mod config;
#[path = "../fuzz/bodies/lexer.rs"]
mod lexer;
#[path = "../fuzz/bodies/packet.rs"]
mod packet;
#[path = "../fuzz/bodies/peer.rs"]
mod peer;
#[path = "../fuzz/bodies/preprocess.rs"]
mod preprocess;
#[path = "../fuzz/bodies/sound.rs"]
mod sound;

use quickcheck::quickcheck;
use std::path::Path;

/// Runs a target on its corpus.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files: Vec<_> =
        std::fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    assert!(files.len() >= 10, "the corpus is there");
    for file in files {
        println!("{}", file.display());
        run(&std::fs::read(file).expect("readable"));
    }
}

#[test]
fn the_corpus_of_packets() {
    replay("packet", packet::run);
}

#[test]
fn the_corpus_of_files() {
    replay("config", config::run);
}

#[test]
fn the_corpus_of_lines() {
    replay("lexer", lexer::run);
}

#[test]
fn the_corpus_of_directives() {
    replay("preprocess", preprocess::run);
}

#[test]
fn the_corpus_of_servers() {
    replay("http", peer::http);
    replay("smtp", peer::smtp);
    replay("dns", peer::dns);
    replay("udp", peer::udp);
}

/// Valid adverts with one byte changed, which plain random bytes hardly ever reach.
fn near_misses(choice: u8, ttl: u8, seed: u8, at: usize, value: u8) -> bool {
    let seeds = [
        "213396010101011a0a0000647365637265740000",
        "31349601006443700a000065",
        "3133960100643ac6fe800000000000000000000000000100",
    ];
    let text = seeds[usize::from(seed) % seeds.len()];
    let hex = |i: usize| u8::from_str_radix(&text[i..i + 2], 16).expect("hex");
    let mut bytes: Vec<u8> = (0..text.len()).step_by(2).map(hex).collect();
    let at = at % bytes.len();
    bytes[at] = value;
    packet::run(&[&[choice, ttl | 0xf0][..], &bytes].concat());
    true
}

quickcheck! {
    fn any_bytes(bytes: Vec<u8>) -> bool {
        let checks = [peer::http, peer::smtp, peer::dns, peer::udp];
        for run in [packet::run, config::run, lexer::run, preprocess::run].into_iter().chain(checks) {
            run(&bytes);
        }
        true
    }
    fn a_byte_changed(choice: u8, ttl: u8, seed: u8, at: usize, value: u8) -> bool {
        near_misses(choice, ttl, seed, at, value)
    }
}
