//! Files of the repository that are made from the table of keywords, and the formatter on real files.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use keepalived_core::config::format::format;
use keepalived_core::config::{Source, keywords, manual, parse};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder that stands beside the repository and not in it.
fn shared() -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(2);
    let found = above.map(|path| path.join("shared")).find(|path| path.join("keywords.tsv").is_file());
    if found.is_none() {
        eprintln!("SKIPPED: there is no folder shared with keywords.tsv and corpus beside the repository");
    }
    found
}

fn same(file: &str, what: &str, made: &str) {
    let kept = std::fs::read_to_string(repository().join(file)).unwrap_or_default();
    if kept != made {
        let line = kept.lines().zip(made.lines()).take_while(|(a, b)| a == b).count() + 1;
        panic!("{file} is old from line {line} on: cargo run -p keepalived -- generate {what} > {file}");
    }
}

#[test]
fn the_manual_page_is_the_table() {
    same("drivers/man/keepalived.conf.5", "man", &manual::page());
}

#[test]
fn the_coverage_report_is_the_table() {
    same("docs/coverage.md", "coverage", &manual::coverage());
}

#[test]
fn the_fuzzers_dictionary_is_the_table() {
    same("core/fuzz/keywords.dict", "dictionary", &manual::dictionary());
}

/// Every keyword that the documents and sources of the C version know is in the report.
#[test]
fn the_coverage_report_leaves_nothing_out() {
    let Some(shared) = shared() else { return };
    let report = manual::coverage();
    let mut block = String::new();
    let mut reported = BTreeSet::new();
    for line in report.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            block = title.trim_matches('`').replace("Outside every block", "");
        } else if let Some((name, _)) = line.strip_prefix("| `").and_then(|rest| rest.split_once('`')) {
            reported.insert(if block.is_empty() { name.to_owned() } else { format!("{block}/{name}") });
        }
    }
    let list = std::fs::read_to_string(shared.join("keywords.tsv")).unwrap();
    let paths = list.lines().skip(1).filter_map(|row| row.split('\t').next());
    // What is not a keyword: directives, and single values of keywords.
    let directive = |path: &str| path.contains(['@', '$', '~', '=', ' ']) || path.starts_with("include");
    let (known, missing): (Vec<&str>, Vec<&str>) =
        paths.filter(|path| !directive(path)).partition(|path| reported.contains(*path));
    assert!(missing.is_empty(), "{missing:?}");
    assert!(known.len() > 500);
    assert_eq!(reported.len(), keywords::all().count());
}

/// Comments of old files are not always UTF-8, so this is about bytes.
#[test]
fn real_files_mean_the_same_in_their_normal_form() {
    let Some(shared) = shared() else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(shared.join("corpus")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ext| ext != "conf") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let once = format(&bytes).text;
        assert!(format(&once).text == once, "{}: formatted twice is not the same", path.display());
        let meaning = |bytes: &[u8]| {
            let parsed = parse(&Source::single("keepalived.conf", String::from_utf8_lossy(bytes)));
            let said: Vec<_> = parsed.diagnostics.into_iter().map(|d| (d.severity, d.code, d.message)).collect();
            (parsed.config, said)
        };
        let (before, after) = (meaning(&bytes), meaning(&once));
        assert_eq!(before.1, after.1, "{}", path.display());
        assert!(before.0 == after.0, "{}: another configuration", path.display());
        count += 1;
    }
    assert!(count > 500, "only {count} files");
}

/// Twice the text, twice the work: counted in bytes written, since clocks lie here.
#[test]
fn ten_thousand_blocks_are_formatted() {
    let block = "vrrp_instance A\n{\n# c\n{ priority 3 # x\n@a b {\n@a }\n}\n}\n";
    let text = block.repeat(10_000);
    let one = format(block.as_bytes()).text.len();
    assert_eq!(format(text.as_bytes()).text.len(), one * 10_000);
}
