//! What the table of codes says of each code is so.

use super::{Code, Example, all, find, list, nearest};
use crate::config::{parse, render};
use std::collections::BTreeSet;

fn complaints(code: &Code, example: &Example) -> Option<(BTreeSet<&'static str>, String)> {
    let source = example.source()?;
    let parsed = parse(&source);
    let codes = parsed.diagnostics.iter().map(|d| d.code).collect();
    Some((codes, format!("{}:\n{}", code.name, render(&parsed.diagnostics, &source, false))))
}

#[test]
fn every_wrong_example_gives_its_code() {
    let given = |code: &&Code| complaints(code, &code.wrong).is_none_or(|(codes, _)| codes.contains(code.name));
    let wrong: Vec<String> =
        all().filter(|code| !given(code)).filter_map(|code| Some(complaints(code, &code.wrong)?.1)).collect();
    assert!(wrong.is_empty(), "these wrong examples do not give their codes:\n{}", wrong.join("\n"));
}

#[test]
fn every_right_example_is_right() {
    let fine = |code: &&Code| {
        // What is right may still be something that is not built yet.
        complaints(code, &code.right).is_none_or(|(codes, _)| codes.iter().all(|code| *code == "not-yet"))
    };
    let wrong: Vec<String> =
        all().filter(|code| !fine(code)).filter_map(|code| Some(complaints(code, &code.right)?.1)).collect();
    assert!(wrong.is_empty(), "these right examples are not right:\n{}", wrong.join("\n"));
}

#[test]
fn every_code_is_explained_at_its_length() {
    let mut names = BTreeSet::new();
    for code in all() {
        assert!(names.insert(code.name), "`{}` is twice in the table", code.name);
        assert!(code.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", code.name);
        assert!(code.title.len() > 8 && code.means.len() > 20 && code.why.len() > 20, "{}", code.name);
        assert!(code.means.ends_with('.') && code.why.ends_with('.'), "{}: sentences end with a point", code.name);
        assert!(!code.title.ends_with('.'), "{}: a title is no sentence", code.name);
        let text = code.explanation();
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{}: not for a terminal", code.name);
        assert!(list().contains(code.name));
    }
}

#[test]
fn an_explanation_shows_the_mistake_and_its_answer() {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("explanation", find("out-of-range").unwrap().explanation());
    });
}

#[test]
fn the_nearest_code_is_found() {
    assert_eq!(nearest("out-of-rage").map(|code| code.name), Some("out-of-range"));
    assert_eq!(nearest("unknown-keywords").map(|code| code.name), Some("unknown-keyword"));
    assert_eq!(nearest("xyzzy"), None);
}
