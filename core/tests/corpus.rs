//! Configurations of real people, of the C version's maintainers and of their users' questions.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use keepalived_core::config::{Severity, Source, parse, render};
use std::path::{Path, PathBuf};

fn folder() -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .skip(2)
        .map(|above| above.join("shared/corpus"))
        .find(|path| path.join("MANIFEST.tsv").is_file());
    if found.is_none() {
        eprintln!("SKIPPED: there is no shared/corpus beside the repository");
    }
    found
}

#[test]
fn survey() {
    let Some(folder) = folder() else { return };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    for row in manifest.lines().skip(1) {
        let f: Vec<&str> = row.split('\t').collect();
        let text = String::from_utf8_lossy(&std::fs::read(folder.join(f[0])).unwrap()).into_owned();
        let source = Source::single(f[0], text);
        let begin = std::time::Instant::now();
        let parsed = parse(&source);
        let took = begin.elapsed();
        let _ = render(&parsed.diagnostics, &source, false);
        let mut codes: Vec<String> = parsed
            .diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .map(|d| format!("{}[{}]", d.code, d.message))
            .collect();
        codes.dedup();
        let vocab = parsed.diagnostics.iter().all(|d| d.code != "not-yet");
        println!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{:?}\t{}",
            f[0],
            f[1],
            f[5],
            f[6],
            vocab,
            parsed.is_usable(),
            took,
            codes.join(" | ")
        );
    }
}
