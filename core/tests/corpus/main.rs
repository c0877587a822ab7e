//! Configurations of real people, of the C version's maintainers and of their users' questions.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

mod files;
mod mutants;
#[path = "../common/processor.rs"]
mod processor;
mod verdicts;

use files::{folder, real};
use keepalived_core::config::{Secrets, Source, keywords, parse, print};
use processor::processor_time;
use std::time::Duration;

/// An unoptimised build needs several times as long as what people run.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1000 } else { 100 });

#[test]
fn every_file_is_read_in_a_tenth_of_a_second() {
    let Some(files) = real() else { return };
    for file in &files {
        let source = file.of_its_machine();
        // The best of some: caches and the processor's mood differ.
        let took = (0..3).map(|_| processor_time(|| _ = std::hint::black_box(parse(&source))));
        let best = took.min().unwrap();
        assert!(best < LIMIT, "{} takes {best:?}", file.name);
    }
}

#[test]
fn what_is_read_can_be_printed_and_read_again() {
    let Some(files) = real() else { return };
    for file in &files {
        let first = parse(&file.of_its_machine());
        if first.is_usable() {
            let text = print(&first.config, Secrets::Show);
            let second = parse(&Source::single("printed", text.clone()));
            assert!(second.is_usable() && second.config == first.config, "{}\n{text}", file.name);
        }
    }
}

/// Every keyword that the documents and sources of the C version know is in the table.
#[test]
fn every_known_keyword_is_in_the_table() {
    let Some(folder) = folder() else { return };
    let list = std::fs::read_to_string(folder.join("../keywords.tsv")).unwrap();
    let mut checked = 0;
    for row in list.lines().skip(1) {
        let path = row.split('\t').next().unwrap();
        // What is not a keyword: directives, and single values of keywords.
        if path.contains(['@', '$', '~', '=', ' ']) || path.starts_with("include") {
            continue;
        }
        let (block, name) = path.rsplit_once('/').unwrap_or(("", path));
        let block = keywords::all().map(|k| k.block).find(|b| *b == block).unwrap_or_else(|| panic!("{path}"));
        assert!(keywords::find(block, name).is_some(), "{path}");
        checked += 1;
    }
    assert!(checked > 500);
}
