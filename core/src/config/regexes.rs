//! Whether the regular expressions of a configuration can be compiled. The driver has the compiler.

use super::diagnostic::{Diagnostic, Span};
use super::model::{Check, Config, Regex, RegexOption};
use super::{Parsed, Source};
use std::collections::{BTreeMap, BTreeSet};

/// More places that are shown of a pattern that is wrong.
const SHOWN: usize = 3;

/// Has every regular expression of `parsed`, which is what `source` says, compiled once. `compile` gives the reason why one cannot be.
pub fn check(parsed: &mut Parsed, source: &Source, mut compile: impl FnMut(&Regex) -> Option<String>) {
    // A pattern, and what it is compiled with, to the reason and the places.
    type Case = (Option<String>, Vec<Span>);
    let mut cases: BTreeMap<(&str, &[RegexOption]), Case> = BTreeMap::new();
    for regex in regexes(&parsed.config) {
        let case = cases.entry((&regex.pattern, &regex.options)).or_insert_with(|| (compile(regex), Vec::new()));
        if case.0.is_some() {
            case.1.extend(regex.at.span());
        }
    }
    // What is plainly wrong has been found when the text was read.
    let known = parsed.diagnostics.iter().filter(|d| d.code == "bad-regex").map(|d| order(&d.span)).collect();
    let found = cases.into_values().filter_map(|(reason, places)| diagnostic(&reason?, places, &known)).collect();
    parsed.add(found, source);
}

fn diagnostic(reason: &str, mut places: Vec<Span>, known: &BTreeSet<(usize, usize)>) -> Option<Diagnostic> {
    places.sort_unstable_by_key(order);
    let (first, others) = places.split_first()?;
    if known.contains(&order(first)) {
        return None;
    }
    let mut diagnostic =
        Diagnostic::error("bad-regex", *first, "the regular expression cannot be read").label(reason.to_owned());
    diagnostic.others = others.len();
    for other in others.iter().take(SHOWN) {
        diagnostic = diagnostic.also(*other, "and here");
    }
    Some(diagnostic)
}

fn order(span: &Span) -> (usize, usize) {
    (span.file(), span.start())
}

/// Every regular expression of a configuration, in order.
pub fn regexes(config: &Config) -> impl Iterator<Item = &Regex> {
    let checks = config.lvs.servers.iter().flat_map(|server| &server.real_servers).flat_map(|real| &real.checks);
    let urls = checks.flat_map(|check| match check {
        Check::Network(check) => check.manner.probe.urls(),
        _ => &[],
    });
    urls.filter_map(|url| url.regex.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    fn file(patterns: &[&str]) -> Source {
        let url = |pattern: &&str| format!("url {{\n path /\n regex \"{pattern}\"\n}}\n");
        let urls: String = patterns.iter().map(url).collect();
        let text =
            format!("virtual_server 10.0.0.1 80 {{\n real_server 10.0.0.2 80 {{\n HTTP_GET {{\n{urls}\n }}\n }}\n}}\n");
        Source::single("test.conf", &text)
    }

    #[test]
    fn what_cannot_be_compiled_is_shown_where_it_is_written() {
        let source = file(&["good", "bad", "good", "bad"]);
        let mut parsed = parse(&source);
        assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
        let before = parsed.diagnostics.len();
        let mut compiled = Vec::new();
        check(&mut parsed, &source, |regex| {
            compiled.push(regex.pattern.clone());
            (regex.pattern == "bad").then(|| "because".to_owned())
        });
        compiled.sort();
        assert_eq!(compiled, ["bad", "good"], "each once");
        assert_eq!(parsed.diagnostics.len(), before + 1);
        let found = parsed.diagnostics.iter().find(|d| d.code == "bad-regex").expect("a diagnostic");
        assert_eq!((found.label.as_str(), found.count(), found.also.len()), ("because", 2, 1));
        assert_eq!(&source.files[found.span.file()].text[found.span.start()..found.span.end()], "\"bad\"");
    }

    #[test]
    fn what_is_known_is_not_said_twice() {
        let source = file(&["(", "[a"]);
        let mut parsed = parse(&source);
        let before = parsed.diagnostics.clone();
        check(&mut parsed, &source, |_| Some("because".to_owned()));
        assert_eq!(parsed.diagnostics, before);
    }
}
