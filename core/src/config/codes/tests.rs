//! The table of codes and the sources that use it say the same.
#![allow(clippy::disallowed_methods)]

use super::{Code, Example, all, find, list, nearest};
use crate::config::{parse, render};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where a code is written, and which.
struct Use {
    place: String,
    code: String,
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !folder.ends_with("config/codes") {
            out.push(path);
        }
    }
}

fn files() -> Vec<PathBuf> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&core.join("src"), &mut files);
    sources(&core.join("../drivers/src"), &mut files);
    files
}

/// Every `Diagnostic::error("...` and `Diagnostic::warning("...` of the daemon.
fn uses() -> Vec<Use> {
    let mut out = Vec::new();
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        for call in ["Diagnostic::error(", "Diagnostic::warning("] {
            for (at, _) in text.match_indices(call) {
                let before = text[..at].rsplit('\n').next().unwrap_or_default();
                if before.trim_start().starts_with("//") {
                    continue;
                }
                let rest = text[at + call.len()..].trim_start();
                let line = text[..at].matches('\n').count() + 1;
                let code = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
                if let Some(code) = code {
                    out.push(Use { place: format!("{}:{line}", file.display()), code: code.to_owned() });
                }
            }
        }
    }
    assert!(out.len() > 50, "the sources are not where this test looks for them");
    out
}

#[test]
fn every_code_that_can_be_given_is_in_the_table() {
    let missing: Vec<String> = uses()
        .into_iter()
        .filter(|u| find(&u.code).is_none())
        .map(|u| {
            format!("{}: `{}` is not in the table: add a Code, see the head of config/codes/mod.rs", u.place, u.code)
        })
        .collect();
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
}

#[test]
fn every_code_of_the_table_can_be_given() {
    // Some are chosen before the call, so any place in the sources counts.
    let texts: Vec<String> = files().iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let is_used = |name: &str| texts.iter().any(|text| text.contains(&format!("\"{name}\"")));
    let unused: Vec<&str> = all().map(|code| code.name).filter(|name| !is_used(name)).collect();
    assert!(unused.is_empty(), "nothing gives {unused:?}: remove them from the table");
}

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
