//! The one table of diagnostic codes: what each means, why it matters, and how it is made and mended.
//!
//! # Adding a code
//!
//! 1. Write it where it is found: `Diagnostic::error("my-code", span, ...)`. A code is small letters and hyphens, and names
//!    the kind of mistake, not the keyword: the message and the words underlined do that.
//! 2. Add a [`Code`] to the file of its subject: `text` (what a file looks like), `expand` (files, definitions,
//!    repetitions), `words` (a keyword and its words), `objects` (names, references, groups), `balancer` (virtual
//!    servers and checks), `routes` (addresses, routes, rules), `scripts`, `effects` (rules of the protocol, and words
//!    from which nothing comes).
//!    Its order there is of no importance.
//!
//! `tests/codes.rs` reads the sources of `core` and `drivers` and fails, naming the line, where a code is written that is
//! not here, and fails for a code that nothing gives any more. The tests beside this file parse every `wrong` (which must
//! give the code) and every `right` (which must give nothing but `not-yet`), so examples cannot go stale.

mod balancer;
mod effects;
mod expand;
mod objects;
mod routes;
mod scripts;
mod text;
mod words;

#[cfg(test)]
mod tests;

use super::build::unknown::distance;
use super::diagnostic::Severity;
use super::source::{Answer, Content, Match, Need};
use super::{Settings, Source, SourceFile, needs, parse, pattern, render};
use core::fmt::Write;
use std::sync::LazyLock;

/// A kind of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The word that stands for it.
    pub name: &'static str,
    /// How bad it usually is. Some are milder where nothing comes of them, or worse where much does.
    pub usual: Severity,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What has been found, and what keepalived does about it.
    pub means: &'static str,
    /// What would happen otherwise, or what people do not expect.
    pub why: &'static str,
    /// A text with the mistake.
    pub wrong: Example,
    /// The same without.
    pub right: Example,
}

/// A piece of configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// A whole file.
    File(&'static str),
    /// Lines inside a `vrrp_instance` that has an interface, a `virtual_router_id` and an address, unless these lines
    /// have them.
    Instance(&'static str),
    /// Lines inside a `virtual_server`, before a real server that has a check.
    Service(&'static str),
    /// Lines inside the `real_server` of a virtual server.
    Check(&'static str),
    /// Names and texts of files; the first is the main one.
    Files(&'static [(&'static str, &'static str)]),
    /// No text shows it, because it depends on the machine: what would have to be so.
    Told(&'static str),
}

/// By name.
static SORTED: LazyLock<Vec<&Code>> = LazyLock::new(|| {
    let tables = [
        text::CODES,
        expand::CODES,
        words::CODES,
        objects::CODES,
        effects::CODES,
        balancer::CODES,
        routes::CODES,
        scripts::CODES,
    ];
    let mut all: Vec<_> = tables.into_iter().flatten().collect();
    all.sort_by_key(|code| code.name);
    all
});

/// Every code there is, by name.
pub fn all() -> impl Iterator<Item = &'static Code> {
    SORTED.iter().copied()
}

/// The code of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Code> {
    SORTED.binary_search_by_key(&name, |code| code.name).ok().map(|at| SORTED[at])
}

/// The code whose name is most like `word`.
#[must_use]
pub fn nearest(word: &str) -> Option<&'static Code> {
    let near = all().map(|code| (distance(code.name, word), code)).min_by_key(|(distance, _)| *distance)?;
    (near.0 <= word.len() / 3 + 1).then_some(near.1)
}

/// A line for each code.
#[must_use]
pub fn list() -> String {
    let width = all().map(|code| code.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for code in all() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{:width$}  {:7}  {}", code.name, code.usual.name(), code.title);
    }
    out
}

impl Code {
    /// Everything about it, for a terminal 80 columns wide.
    #[must_use]
    pub fn explanation(&self) -> String {
        let mut out = format!("{} ({}): {}\n\n", self.name, self.usual.name(), self.title);
        out.push_str(&wrapped(self.means));
        out.push('\n');
        out.push_str(&wrapped(self.why));
        out.push_str("\nWrong:\n\n");
        out.push_str(&self.wrong.shown());
        if let Some(answer) = self.wrong.answer(self.name) {
            out.push_str("\nwhich is answered with\n\n");
            out.push_str(&indented(&answer));
        }
        out.push_str("\nRight:\n\n");
        out.push_str(&self.right.shown());
        out
    }
}

impl Example {
    /// The files it consists of; none where no text shows it.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        let files = match self {
            Example::File(text) => vec![("keepalived.conf", (*text).to_owned())],
            Example::Instance(lines) => vec![("keepalived.conf", instance(lines))],
            Example::Service(lines) => vec![("keepalived.conf", service(lines, "TCP_CHECK {\n}"))],
            Example::Check(lines) => {
                vec![("keepalived.conf", service("protocol TCP\nlvs_sched rr\nlvs_method NAT", lines))]
            }
            Example::Files(files) => files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect(),
            Example::Told(_) => return None,
        };
        let mut files = files.into_iter();
        let (name, text) = files.next()?;
        let main = SourceFile { name: name.to_owned(), text, ..SourceFile::default() };
        let mut source = Source::new(main, Settings::default());
        let others: Vec<_> = files.collect();
        // Each of them can include the next.
        for _ in 0..=others.len() {
            for need in needs(&source) {
                let answer = found(&need, &others);
                source.give(need, answer);
            }
        }
        Some(source)
    }

    fn shown(&self) -> String {
        if let Example::Told(what) = self {
            return indented(&wrapped(what));
        }
        let mut out = String::new();
        for (at, file) in self.source().unwrap_or_default().files.iter().enumerate() {
            if at > 0 {
                let _ = writeln!(out, "\n    and in {}\n", file.name);
            }
            // What cannot be printed is the point of some examples.
            let visible = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
            let text: String = file.text.chars().map(visible).collect();
            out.push_str(&indented(&shortened(&text)));
        }
        out
    }

    /// What is said of it, with this code.
    fn answer(&self, code: &str) -> Option<String> {
        let source = self.source()?;
        let mut diagnostics = parse(&source).diagnostics;
        diagnostics.retain(|diagnostic| diagnostic.code == code);
        diagnostics.truncate(1);
        let text = render(&diagnostics, &source, false);
        // Without the count of mistakes.
        text.split_once("\n\n").map(|(answer, _)| format!("{answer}\n"))
    }
}

/// What a folder with these files has for an `include`.
fn found(need: &Need, files: &[(&str, String)]) -> Answer {
    let matching = files.iter().filter(|(name, _)| pattern::matches(&need.pattern, name));
    let matches: Vec<Match> = matching
        .map(|(name, text)| Match {
            path: (*name).to_owned(),
            content: Content::Text { text: text.clone(), directory: String::new(), identity: (*name).to_owned() },
        })
        .collect();
    let nothing = matches.is_empty() && !pattern::is_wild(&need.pattern);
    Answer { matches, trouble: nothing.then(|| "No such file or directory".to_owned()), too_many: false }
}

/// Lines inside an instance that is complete with them.
fn instance(lines: &str) -> String {
    let has = |keyword: &str| lines.lines().any(|line| line.split_whitespace().next() == Some(keyword));
    let mut out = String::from("vrrp_instance VI_1 {\n");
    for (keyword, line) in [("interface", "interface eth0"), ("virtual_router_id", "virtual_router_id 51")] {
        if !has(keyword) {
            let _ = writeln!(out, "    {line}");
        }
    }
    for line in lines.lines() {
        let _ = writeln!(out, "    {line}");
    }
    if !has("virtual_ipaddress") {
        out.push_str("    virtual_ipaddress {\n        192.0.2.1/24\n    }\n");
    }
    out.push_str("}\n");
    out
}

/// A virtual server with these lines, and with these of its real server.
fn service(lines: &str, check: &str) -> String {
    let (lines, check) = (indented(lines), indented(&indented(check)));
    format!("virtual_server 192.0.2.1 80 {{\n{lines}    real_server 10.0.0.2 80 {{\n{check}    }}\n}}\n")
}

/// Longer than a screen is of no use to anybody.
fn shortened(text: &str) -> String {
    let line = |line: &str| match line.char_indices().nth(100) {
        Some((end, _)) => format!("{} ...\n", &line[..end]),
        None => format!("{line}\n"),
    };
    let mut out: String = text.lines().take(24).map(line).collect();
    if text.lines().count() > 24 {
        out.push_str("...\n");
    }
    out
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

/// In lines of at most 80 columns.
pub(super) fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > 80 {
            out.push('\n');
            column = 0;
        }
        if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
    out
}
