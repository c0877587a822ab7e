//! The fuzz targets' bodies, compiled, and their corpus replayed, so that they cannot rot and no find comes back.

#![allow(clippy::expect_used, clippy::disallowed_methods)] // A test says what it expects, and reads its corpus.

#[path = "../fuzz/bodies/packet.rs"]
mod packet;

use quickcheck::quickcheck;

#[test]
fn the_corpus_of_packets() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/packet");
    let files: Vec<_> =
        std::fs::read_dir(dir).expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    assert!(files.len() >= 10, "the corpus is there");
    for file in files {
        packet::run(&std::fs::read(file).expect("readable"));
    }
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
    fn any_bytes(bytes: Vec<u8>) -> bool { packet::run(&bytes); true }
    fn a_byte_changed(choice: u8, ttl: u8, seed: u8, at: usize, value: u8) -> bool {
        near_misses(choice, ttl, seed, at, value)
    }
}
