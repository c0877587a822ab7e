//! The words of the language, for a fuzzer.

use crate::config::keywords;

/// What is not a keyword, and yet has to be written just so.
const FORMS: [&str; 12] = [
    "{\\x0a",
    "}\\x0a",
    "\\x0a",
    "10.0.0.1/24",
    "2001:db8::1",
    "eth0",
    "~SEQ(",
    "~LST(",
    "${A}",
    "$A=",
    "@^a ",
    "include ",
];

/// A dictionary as libFuzzer's `-dict` and AFL's `-x` read it: a quoted word a line.
#[must_use]
pub fn dictionary() -> String {
    keywords::distinct().map(|keyword| keyword.name).chain(FORMS).map(|word| format!("\"{word}\"\n")).collect()
}
