//! Golden pairs: for every keyword of the table an example that is accepted and one that is rejected.
//!
//! The plain cases are made from what the table says of a keyword ([`plain`]); the others are written by hand, in
//! `cases/`, one file a block ([`cases`] says how). What is said of the rejected ones is kept in `snapshots/`
//! (`INSTA_UPDATE=always` writes them anew).
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

mod cases;
mod plain;

use cases::{Block, Case};
use keepalived_core::config::keywords::{self, Keyword};
use keepalived_core::config::{Diagnostic, Severity, Source, parse, render, render_lines};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What is said of a text in its place.
struct Verdict {
    source: Source,
    diagnostics: Vec<Diagnostic>,
    /// Complaints about the text, not about its surroundings.
    here: Vec<Diagnostic>,
}

fn try_out(block: &Block, case: &Case) -> Verdict {
    let (text, place) = block.place(case);
    let source = Source::single("keepalived.conf", text);
    let diagnostics = parse(&source).diagnostics;
    let complaint = |d: &&Diagnostic| !matches!(d.code, "not-yet" | "no-effect" | "deprecated");
    let here = diagnostics.iter().filter(complaint).filter(|d| place.contains(&d.span.start())).cloned().collect();
    Verdict { source, diagnostics, here }
}

impl Verdict {
    fn accepts(&self) -> bool {
        self.here.is_empty() && self.diagnostics.iter().all(|d| d.severity < Severity::Error)
    }

    fn rejects(&self) -> bool {
        !self.here.is_empty()
    }
}

/// All cases of a keyword: those by hand, and where one kind is not among them, the plain ones.
fn cases_of(block: &Block, keyword: &'static Keyword) -> Vec<Case> {
    let mut cases: Vec<Case> = block.cases.iter().filter(|case| case.keyword == keyword.name).cloned().collect();
    for good in [true, false] {
        if !cases.iter().any(|case| case.good == good) {
            cases.extend(plain::cases(keyword, good));
        }
    }
    // Of a word that does nothing it is not said that its value is missing.
    let does_nothing = matches!(keyword.standing, keywords::Standing::NoEffect(_));
    cases.retain(|case| case.good || !(does_nothing && case.plain && case.text == keyword.name));
    cases
}

#[test]
fn every_example_is_judged_as_it_says() {
    let mut wrong = String::new();
    for block in cases::blocks() {
        for case in keywords::of(block.path).flat_map(|keyword| cases_of(&block, keyword)) {
            let verdict = try_out(&block, &case);
            if case.good && !verdict.accepts() {
                let shown = render(&verdict.diagnostics, &verdict.source, false);
                write!(wrong, "{}: should be accepted: {}\n{shown}\n", block.path, case.text).unwrap();
            }
            if !case.good && !verdict.rejects() {
                writeln!(wrong, "{}: should be rejected: {}\n", block.path, case.text).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The surroundings of the examples are an example themselves, of the blocks they are made of.
#[test]
fn the_surroundings_are_right() {
    for block in cases::blocks() {
        let source = Source::single("keepalived.conf", block.surroundings());
        let diagnostics = parse(&source).diagnostics;
        let shown = render(&diagnostics, &source, false);
        assert!(
            diagnostics.iter().all(|d| matches!(d.code, "not-yet" | "no-effect" | "deprecated")),
            "{}:\n{shown}",
            block.path
        );
    }
}

#[test]
fn every_keyword_has_its_examples() {
    let blocks = cases::blocks();
    let mut missing = BTreeSet::new();
    for keyword in keywords::all() {
        let cases = match blocks.iter().find(|block| block.path == keyword.block) {
            Some(block) => cases_of(block, keyword),
            None => Vec::new(),
        };
        // A block is accepted where the examples of what is in it are.
        let path = cases::join(keyword.block, keyword.name);
        let good = cases.iter().any(|case| case.good) || blocks.iter().any(|block| block.path == path);
        for (there, what) in [(good, "accepted"), (cases.iter().any(|case| !case.good), "rejected")] {
            if !there {
                missing.insert(format!("{path}: {what}"));
            }
        }
    }
    assert!(missing.is_empty(), "no example (see core/tests/golden/cases.rs): {missing:#?}");
}

#[test]
fn what_is_said_of_the_rejected_ones() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for block in cases::blocks() {
        let mut out = String::new();
        for keyword in keywords::of(block.path) {
            let mut plain = false;
            for case in cases_of(&block, keyword).iter().filter(|case| !case.good) {
                // Of those that were made from the table one is enough: they are all alike.
                if std::mem::replace(&mut plain, case.plain) {
                    break;
                }
                let verdict = try_out(&block, case);
                writeln!(out, "--- {}", case.text).unwrap();
                if case.plain {
                    for line in render_lines(&verdict.here, &verdict.source) {
                        writeln!(out, "{line}").unwrap();
                    }
                } else {
                    writeln!(out, "{}", render(&verdict.here, &verdict.source, false).trim_end()).unwrap();
                }
                out.push('\n');
            }
        }
        shown.insert(block.file_name(), out);
    }
    settings.bind(|| {
        for (name, out) in shown {
            insta::assert_snapshot!(name, out);
        }
    });
}
