//! Included files, from a directory that is a list.

use super::codes;
use crate::config::preprocess::{Limits, Reader, needs_within};
use crate::config::source::{Answer, Content, Match, Need};
use crate::config::{Diagnostic, Parsed, Settings, Severity, Source, SourceFile, parse, pattern, render};
use std::collections::BTreeMap;

/// The id of the machine.
pub(super) const SETTINGS_ID: &str = "main";

pub(super) fn settings() -> Settings {
    let environment = BTreeMap::from([("HOME_OF_TEST".to_owned(), "/home/test".to_owned())]);
    Settings { id: SETTINGS_ID.into(), environment, seed: 1, all_files: false }
}

/// Where the main file is.
const DIRECTORY: &str = "/etc/keepalived/";

/// Reads a configuration whose first file is the main one.
pub(super) fn read_files(files: &[(&str, &str)]) -> (Source, Parsed) {
    read_with(files, settings())
}

fn read_with(files: &[(&str, &str)], settings: Settings) -> (Source, Parsed) {
    let source = gather(files, settings, Limits::default());
    let parsed = parse(&source);
    (source, parsed)
}

fn gather(files: &[(&str, &str)], settings: Settings, limits: Limits) -> Source {
    let (name, text) = files[0];
    let directory = DIRECTORY.trim_end_matches('/').to_owned();
    let main = SourceFile { name: name.into(), text: text.into(), directory, identity: absolute(DIRECTORY, name) };
    let mut source = Source::new(main, settings);
    for _ in 0..100 {
        let needs = needs_within(&source, limits);
        if needs.is_empty() {
            break;
        }
        needs.into_iter().for_each(|need| {
            let answer = find(files, &need);
            source.give(need, answer);
        });
    }
    source
}

/// What a driver would find. The text `DIR` is a directory, and `!why` cannot be read.
fn find(files: &[(&str, &str)], need: &Need) -> Answer {
    let wanted = absolute(&format!("{}/", need.directory), &need.pattern);
    let matches = |path: &str| {
        let (wanted, path): (Vec<&str>, Vec<&str>) = (wanted.split('/').collect(), path.split('/').collect());
        wanted.len() == path.len()
            && wanted.iter().zip(path).all(|(part, name)| {
                if pattern::is_wild(part) { pattern::matches(part, name) } else { pattern::plain(part) == name }
            })
    };
    let mut found = Vec::new();
    for (name, text) in files {
        let path = absolute(DIRECTORY, name);
        if !matches(&path) {
            continue;
        }
        let directory = path[..path.rfind('/').unwrap_or(0)].to_owned();
        let content = match (*text, text.strip_prefix('!')) {
            ("DIR", _) => Content::Directory,
            (_, Some(why)) => Content::Unusable(why.to_owned()),
            _ => Content::Text { text: (*text).to_owned(), directory, identity: path.clone() },
        };
        let relative = path.strip_prefix(&format!("{}/", need.directory)).map(str::to_owned);
        let path = if need.pattern.starts_with('/') { path } else { relative.unwrap_or(path) };
        found.push(Match { path, content });
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let missing = found.is_empty() && !pattern::is_wild(&need.pattern);
    Answer { matches: found, trouble: missing.then(|| "No such file or directory".to_owned()), too_many: false }
}

/// A path without `..`.
fn absolute(directory: &str, path: &str) -> String {
    let path = if path.starts_with('/') { path.to_owned() } else { format!("{directory}{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    format!("/{}", parts.join("/"))
}

/// The lines of a configuration, and the codes of errors and warnings about its text.
fn result(files: &[(&str, &str)]) -> (String, Vec<&'static str>, Vec<&'static str>) {
    let (source, _) = read_files(files);
    let mut reader = Reader::new(&source);
    let (mut out, mut lines) = (Vec::new(), Vec::new());
    while let Some(line) = reader.next(&mut out) {
        lines.push(line.text.as_str().to_owned());
    }
    let (errors, warnings): (Vec<_>, Vec<_>) = out.iter().partition(|d| d.severity == Severity::Error);
    let codes = |list: Vec<&Diagnostic>| list.iter().map(|d| d.code).collect();
    (lines.join("|"), codes(errors), codes(warnings))
}

fn fine(files: &[(&str, &str)]) -> String {
    let (lines, errors, warnings) = result(files);
    assert_eq!((errors, warnings), (vec![], vec![]), "{lines}");
    lines
}

#[test]
fn files_are_included_where_they_are_named() {
    let files = [("k.conf", "a\ninclude sub/x.conf # why\nb"), ("sub/x.conf", "x\n"), ("sub/y.conf", "y")];
    assert_eq!(fine(&files), "a|x|b");
    // From the file's own directory.
    let files = [
        ("k.conf", "include sub/x.conf"),
        ("sub/x.conf", "include y.conf\ninclude ../z.conf"),
        ("sub/y.conf", "${_PWD}"),
        ("z.conf", "z"),
    ];
    assert_eq!(fine(&files), "/etc/keepalived/sub|z");
    assert_eq!(fine(&[("k.conf", "include /srv/a"), ("/srv/a", "include b"), ("/srv/b", "b"), ("b", "wrong")]), "b");
}

#[test]
fn wildcards_and_braces() {
    let files = |pattern: &'static str| {
        [("k.conf", pattern), ("d/b.conf", "b"), ("d/a.conf", "a"), ("d/.c.conf", "c"), ("e/b.conf", "B")]
    };
    assert_eq!(fine(&files("include d/*.conf")), "a|b");
    assert_eq!(fine(&files("include d/{b,a}.conf")), "b|a");
    assert_eq!(fine(&files("include {e,d}/[ab].conf")), "B|a|b");
    assert_eq!(fine(&files("include */b.conf")), "b|B");
    assert_eq!(fine(&files("include nothing/*.conf")), "");
    assert_eq!(fine(&files("x { include d/a.conf")), "x {|a");
    assert_eq!(fine(&files("$D=d\ninclude ${D}/a.conf\n@main include d/b.conf\n@other include e/b.conf")), "a|b");
    assert_eq!(fine(&files("~LST(D,d,e) include ${D}/b.conf")), "b|B");
    assert_eq!(fine(&files("$I= \\\ninclude d/a.conf \\\ninclude d/b.conf\n$I\n$I")), "a|b|a|b");
}

#[test]
fn what_is_not_there_is_a_warning_or_an_error() {
    let missing = |text: &str| {
        let (_, errors, warnings) =
            result(&[("k.conf", text), ("d/a", "a"), ("d/dir", "DIR"), ("d/no", "!Permission denied")]);
        (errors.join(" "), warnings.join(" "))
    };
    let error = |code: &str| (code.to_owned(), String::new());
    let warning = |code: &str| (String::new(), code.to_owned());
    let nothing = || (String::new(), String::new());
    let table = [
        // A name that is not there: `m`, `w` and `a` insist.
        ("include x", warning("missing-include")),
        ("includer x", warning("missing-include")),
        ("includem x", error("missing-include")),
        ("includew x", error("missing-include")),
        ("includeb x", warning("missing-include")),
        ("includea x", error("missing-include")),
        // Wildcards that match nothing: `w` and `a` insist.
        ("include x*", nothing()),
        ("includem x*", nothing()),
        ("includew x*", error("missing-include")),
        ("includea x*", error("missing-include")),
        // Alternatives: `b` and `a` insist on each.
        ("include d/{a,b}", warning("missing-include")),
        ("includem d/{a,b}", warning("missing-include")),
        ("includeb d/{a,b}", error("missing-include")),
        ("includea d/{a,b}", error("missing-include")),
        // What cannot be read: all variants insist.
        ("include d/no", warning("unreadable-include")),
        ("includer d/no", error("unreadable-include")),
        ("includeb d/no", error("unreadable-include")),
        ("include d/dir", warning("unreadable-include")),
        ("include d/[d]*", nothing()),
        ("includer d/[d]*", error("unreadable-include")),
        // The same from `include_check`.
        ("global_defs {\ninclude_check\n}\ninclude x", error("missing-include")),
        ("global_defs {\ninclude_check match\n}\ninclude x", error("missing-include")),
        ("global_defs {\ninclude_check readable\n}\ninclude x", warning("missing-include")),
        ("global_defs {\ninclude_check -match\n}\ninclude x", warning("missing-include")),
        ("global_defs {\ninclude_check +wildcard_match +match\n}\ninclude x*", error("missing-include")),
        ("global_defs { include_check }\ninclude x", error("missing-include")),
        ("includex y", nothing()),
        ("include", error("missing-argument")),
        ("includea", error("missing-argument")),
    ];
    for (text, want) in table {
        assert_eq!(missing(text), want, "{text}");
    }
}

#[test]
fn all_files_can_be_asked_for() {
    let files = [("k.conf", "include x")];
    let (_, parsed) = read_with(&files, Settings { all_files: true, ..settings() });
    assert_eq!(codes(&parsed).0, ["missing-include"]);
}

#[test]
fn checks_of_an_included_file_end_with_it() {
    let files = [("k.conf", "include a\ninclude x"), ("a", "global_defs {\ninclude_check\n}"), ("b", "include y")];
    assert_eq!(result(&files).1, [""; 0]);
    // But they begin with the file that includes it.
    let files = [("k.conf", "global_defs {\ninclude_check match\n}\ninclude b"), ("b", "include y")];
    assert_eq!(result(&files).1, ["missing-include"]);
}

#[test]
fn files_that_include_each_other_end() {
    assert_eq!(result(&[("k.conf", "x\ninclude k.conf\ny")]), ("x|y".into(), vec!["include-loop"], vec![]));
    let files = [("k.conf", "include a"), ("a", "x\ninclude b"), ("b", "include a\ny")];
    assert_eq!(result(&files), ("x|y".into(), vec!["include-loop"], vec![]));
    // The same file twice is no loop.
    assert_eq!(fine(&[("k.conf", "include a\ninclude a"), ("a", "x")]), "x|x");
    let names: Vec<(String, String)> = (0..40).map(|n| (format!("f{n}"), format!("include f{}", n + 1))).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.push(("f40", "x"));
    assert_eq!(result(&files), (String::new(), vec!["include-loop"], vec![]));
}

#[test]
fn files_that_are_read_again_and_again_are_bounded() {
    let names: Vec<(String, String)> =
        (0..25).map(|n| (format!("f{n}"), format!("include f{}\ninclude f{}", n + 1, n + 1))).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.push(("f25", "$X=1"));
    let limits = Limits { lines: 5_000, ..Limits::default() };
    let source = gather(&files, settings(), limits);
    let mut reader = Reader::with_limits(&source, limits);
    let mut out = Vec::new();
    while reader.next(&mut out).is_some() {}
    assert_eq!(out.iter().map(|d| d.code).collect::<Vec<_>>(), ["expansion-too-large"]);
}

#[test]
fn mistakes_in_included_files_have_their_place_there() {
    let text = "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n include p.conf\n}";
    let files = [("k.conf", text), ("p.conf", "priority 300\n")];
    let (source, parsed) = read_files(&files);
    assert_eq!(parsed.diagnostics.len(), 1);
    let shown = render(&parsed.diagnostics, &source, false);
    assert!(shown.contains("--> p.conf:1:10"), "{shown}");
    // What is wrong in a file is said once, however often it is included.
    let (_, errors, _) = result(&[("k.conf", "include a\ninclude a"), ("a", "x \"y")]);
    assert_eq!(errors, ["unterminated-quote"]);
}

#[test]
fn each_file_that_a_repetition_misses_is_told() {
    let missed = |files: &[(&str, &str)]| -> Vec<(Severity, String)> {
        let (_, parsed) = read_files(files);
        parsed.diagnostics.iter().map(|d| (d.severity, d.message.clone())).collect()
    };
    let files = [("k.conf", "~SEQ(i,1,3) include s${i}.conf\n"), ("s2.conf", "")];
    let told = missed(&files);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].1.contains("s1.conf") && told[1].1.contains("s3.conf"), "{told:?}");
    // A million of them are an error.
    let told = missed(&[("k.conf", "~SEQ(i,1,20000) include s${i}.conf\n")]);
    assert!(told.len() < 11_000 && told.iter().any(|(severity, _)| *severity == Severity::Error), "{}", told.len());
}

#[test]
fn an_error_is_not_lost_behind_a_warning_in_the_same_words() {
    // The same line is read twice, and only the second time the file must be there.
    let files = [("k.conf", "include a\nglobal_defs {\ninclude_check\n}\ninclude a\n"), ("a", "include x\n")];
    assert_eq!(result(&files).1, ["missing-include"]);
    let text = "$I=include x\n~SEQ(i,1,2) $I\nglobal_defs {\ninclude_check\n}\n$I\n";
    assert_eq!(result(&[("k.conf", text)]).1, ["missing-include"]);
    let (_, parsed) = read_files(&files);
    assert_eq!(codes(&parsed).0, ["missing-include"]);
}

quickcheck::quickcheck! {
    fn what_is_left_out_is_an_error(main: Vec<u8>, other: Vec<u8>) -> bool {
        const PIECES: [&str; 22] = [
            "$A=x\n", "$A=1 \\\n", "$A\n", "${A}\n", "${B}", "~SEQ(i,1,3) ", "~LST(A,x,y) ", "include ${A}\n", "include x\n",
            "includea x\n", "include o\n", "include {o,x}\n", "include k.conf\n", "global_defs {\ninclude_check\n}\n",
            "global_defs {\ninclude_check readable\n}\n", "@main ", "@^main ", "\n", "x ", "{", "}\n", "~SEQ(",
        ];
        let text = |bytes: Vec<u8>| bytes.iter().map(|b| PIECES[usize::from(*b) % PIECES.len()]).collect::<String>();
        let (main, other) = (text(main), text(other));
        let source = gather(&[("k.conf", &main), ("o", &other)], settings(), Limits::default());
        let mut reader = Reader::new(&source);
        let mut out = Vec::new();
        while reader.next(&mut out).is_some() {}
        !reader.partial || parse(&source).diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// The codes of what is said with few lines allowed.
fn with_limit(files: &[(&str, &str)], lines: usize) -> Vec<&'static str> {
    let limits = Limits { lines, ..Limits::default() };
    let source = gather(files, settings(), limits);
    let mut reader = Reader::with_limits(&source, limits);
    let mut out = Vec::new();
    while reader.next(&mut out).is_some() {}
    out.iter().map(|d| d.code).collect()
}

#[test]
fn every_line_that_is_read_again_counts() {
    let definition = format!("$X= \\\n{} y\n", " x \\\n".repeat(100));
    let files = [("k.conf", "include a\ninclude a\ninclude a\n"), ("a", definition.as_str())];
    assert_eq!(with_limit(&files, 1_000), [""; 0]);
    assert_eq!(with_limit(&files, 150), ["expansion-too-large"]);
}

#[test]
fn every_alternative_in_braces_counts() {
    let text = format!("include {}\n", "{a,a}".repeat(6)).repeat(100);
    let files = [("k.conf", text.as_str()), ("aaaaaa", "")];
    assert_eq!(with_limit(&files, 100_000), [""; 0]);
    assert_eq!(with_limit(&files, 1_000), ["expansion-too-large"]);
    let text = format!("include {}\n", "{a,b}".repeat(40)).repeat(100);
    assert!(with_limit(&[("k.conf", &text)], 10_000).contains(&"expansion-too-large"));
}
