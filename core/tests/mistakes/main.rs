//! The newcomer's fifteen mistakes: `docs/mistakes.md` shows what the C version says of them and what we say.
//!
//! `cases.txt` has a piece for each: `== ` and a title, how the C version's `-t` ends, `> ` and what it
//! says, `then ` and what it does, and the file. Our answers are asked for here;
//! `KEEPALIVED_UPDATE=1 cargo test -p keepalived-core --test mistakes` writes the page anew.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use keepalived_core::config::source::Answer;
use keepalived_core::config::{Diagnostic, Source, needs, parse, render};
use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/mistakes.md");

const HEAD: &str = "\
# Fifteen mistakes

What newcomers get wrong, what the C version (`keepalived -t`, Debian's 2.2.7) answers, and what this one does. In each file there is one mistake.
`-t` here ends with status 5 as well, and a file with an error is not run: at the start it is refused, at a reload what is in force stays in force.

This page is made from `core/tests/mistakes/cases.txt`; a test keeps our half true. Why some things are an error and others a warning: an error is what would make
the daemon do something other than was written.
";

struct Mistake {
    title: &'static str,
    exit: &'static str,
    said: Vec<&'static str>,
    then: &'static str,
    text: String,
}

fn mistakes() -> Vec<Mistake> {
    let pieces = include_str!("cases.txt").split("\n== ").skip(1);
    pieces
        .map(|piece| {
            let (title, rest) = piece.split_once('\n').unwrap();
            let (exit, mut rest) = rest.split_once('\n').unwrap();
            let mut said = Vec::new();
            while let Some((line, more)) = rest.strip_prefix("> ").and_then(|rest| rest.split_once('\n')) {
                said.push(line);
                rest = more;
            }
            let (then, text) = rest.strip_prefix("then ").unwrap().split_once('\n').unwrap();
            Mistake { title, exit, said, then, text: format!("{}\n", text.trim_end()) }
        })
        .collect()
}

/// What we say of it, and what people see of that.
fn ours(mistake: &Mistake) -> (Vec<Diagnostic>, String) {
    let mut source = Source::single("keepalived.conf", mistake.text.as_str());
    // There is no other file.
    for need in needs(&source) {
        let trouble = Some("No such file or directory".to_owned());
        source.give(need, Answer { trouble, ..Answer::default() });
    }
    let diagnostics = parse(&source).diagnostics;
    let shown = render(&diagnostics, &source, false);
    (diagnostics, shown)
}

fn page() -> String {
    let mut out = HEAD.to_owned();
    for (n, mistake) in mistakes().iter().enumerate() {
        writeln!(out, "\n## {}. {}\n\n```\n{}```\n", n + 1, mistake.title, mistake.text).unwrap();
        writeln!(out, "The C version, {}:\n", mistake.exit).unwrap();
        if !mistake.said.is_empty() {
            writeln!(out, "```\n{}\n```\n", mistake.said.join("\n")).unwrap();
        }
        writeln!(out, "{}\n\nOurs:\n\n```\n{}\n```", mistake.then, ours(mistake).1.trim_end()).unwrap();
    }
    out
}

#[test]
fn the_page_is_true() {
    let page = page();
    if std::env::var_os("KEEPALIVED_UPDATE").is_some() {
        std::fs::write(PAGE, page).unwrap();
        return;
    }
    let written = std::fs::read_to_string(PAGE).unwrap();
    let differs = written.lines().zip(page.lines()).find(|(written, ours)| written != ours);
    assert!(written == page, "docs/mistakes.md is not what we say any more: {differs:#?}");
}

/// Every answer names a place on the line that is wrong, says what was expected, what to do or what follows.
#[test]
fn every_answer_has_place_cause_and_remedy() {
    let mistakes = mistakes();
    assert_eq!(mistakes.len(), 15);
    for mistake in &mistakes {
        let (diagnostics, shown) = ours(mistake);
        // How far we are is no answer.
        let answers: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.code != "not-yet").collect();
        let worst = answers.iter().max_by_key(|d| d.severity);
        let Some(worst) = worst else { panic!("nothing is said of: {}", mistake.title) };
        let place = &mistake.text[worst.span.start()..worst.span.end()];
        assert!(!place.is_empty() && !worst.message.is_empty(), "{shown}");
        assert!(!worst.label.is_empty(), "what was expected?\n{shown}");
        let remedy = worst.help.is_some() || !worst.notes.is_empty() || worst.label.contains("expected");
        assert!(remedy, "what to do?\n{shown}");
        assert!(answers.len() == 1, "one mistake, many answers:\n{shown}");
    }
}
