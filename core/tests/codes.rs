//! The table of codes and the sources that give them say the same.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // A test says what it expects, and reads the sources.

use keepalived_core::config::codes::{all, find};
use std::path::{Path, PathBuf};

/// A file of the daemon, without its tests.
struct Text {
    path: PathBuf,
    text: String,
}

fn read(folder: &Path, out: &mut Vec<Text>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if is_test || path.ends_with("config/codes") {
            continue;
        }
        if path.is_dir() {
            read(&path, out);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            out.push(Text { path, text });
        }
    }
}

fn sources() -> Vec<Text> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut out = Vec::new();
    for folder in ["src", "../drivers/src"] {
        read(&core.join(folder), &mut out);
    }
    out
}

#[test]
fn every_code_that_can_be_given_is_in_the_table() {
    let mut seen = 0;
    let mut missing = Vec::new();
    for Text { path, text } in sources() {
        for call in ["Diagnostic::error(", "Diagnostic::warning("] {
            for (at, _) in text.match_indices(call) {
                let before = text[..at].rsplit('\n').next().unwrap_or_default();
                let rest = text[at + call.len()..].trim_start();
                let Some(code) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) else { continue };
                if before.trim_start().starts_with("//") {
                    continue;
                }
                seen += 1;
                if find(code).is_none() {
                    let line = text[..at].matches('\n').count() + 1;
                    missing.push(format!("{}:{line}: `{code}`", path.display()));
                }
            }
        }
    }
    assert!(seen > 50, "the sources are not where this test looks for them");
    let missing = missing.join("\n");
    assert!(missing.is_empty(), "not in the table: add a Code, see the head of config/codes/mod.rs\n{missing}");
}

#[test]
fn every_code_of_the_table_can_be_given() {
    // Some are chosen before the call, so any place in the sources counts.
    let sources = sources();
    let is_used = |name: &str| sources.iter().any(|source| source.text.contains(&format!("\"{name}\"")));
    let unused: Vec<&str> = all().map(|code| code.name).filter(|name| !is_used(name)).collect();
    assert!(unused.is_empty(), "nothing gives {unused:?}: remove them from the table");
}
