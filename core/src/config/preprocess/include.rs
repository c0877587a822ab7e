//! `include FILE` and its variants: what to do where nothing is found.

use super::text::Text;
use crate::config::diagnostic::{Diagnostic, Severity, Span};
use crate::config::pattern;
use crate::config::source::{Found, Included, Need, Source};

/// What must be found, from `include_check`, `-e` and the word itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Checks {
    /// Whatever matches is a file that can be read.
    readable: bool,
    /// A file matches, unless there are wildcards.
    matched: bool,
    /// A file matches, even with wildcards.
    wildcard: bool,
    /// Every alternative in braces matches.
    braces: bool,
}

const ALL: Checks = Checks { readable: true, matched: true, wildcard: true, braces: true };

/// The words of `include_check`. The C version's own documentation says `readable`, its code `read`.
const WORDS: &str = "`readable`, `match`, `wildcard_match` and `brace_match`";

impl Checks {
    pub(super) fn new(all: bool) -> Checks {
        if all { ALL } else { Checks::default() }
    }

    fn of(letter: Option<u8>) -> Checks {
        let readable = letter.is_some();
        let all = letter == Some(b'a');
        Checks {
            readable,
            matched: all || matches!(letter, Some(b'm' | b'w')),
            wildcard: all || letter == Some(b'w'),
            braces: all || letter == Some(b'b'),
        }
    }

    fn or(self, other: Checks) -> Checks {
        Checks {
            readable: self.readable || other.readable,
            matched: self.matched || other.matched,
            wildcard: self.wildcard || other.wildcard,
            braces: self.braces || other.braces,
        }
    }

    /// Carries out an `include_check`.
    pub(super) fn change<'w>(&mut self, words: impl Iterator<Item = (&'w str, Span)>, out: &mut Vec<Diagnostic>) {
        let mut any = false;
        for (at, (word, span)) in words.enumerate() {
            any = true;
            let (sign, name) = match word.as_bytes().first() {
                Some(b'+') => (Some(true), &word[1..]),
                Some(b'-') => (Some(false), &word[1..]),
                _ => (None, word),
            };
            if sign.is_none() {
                if at > 0 {
                    out.push(
                        Diagnostic::warning("bad-value", span, format!("`{word}` without a sign comes too late"))
                            .label("not read")
                            .help(format!("did you mean `+{word}`?")),
                    );
                    continue;
                }
                *self = Checks::default();
            }
            let mut change = Checks::default();
            match name {
                "readable" | "read" => change.readable = true,
                "match" => change.matched = true,
                "wildcard_match" => change.wildcard = true,
                "brace_match" => change.braces = true,
                _ => {
                    out.push(
                        Diagnostic::warning(
                            "bad-value",
                            span,
                            format!("`{name}` is nothing that `include_check` knows"),
                        )
                        .label(format!("expected {WORDS}"))
                        .note("the word is skipped: less is checked than was written"),
                    );
                    continue;
                }
            }
            *self = match sign {
                None => Checks { readable: true, ..change },
                Some(true) => self.or(change),
                Some(false) => Checks {
                    readable: self.readable && !change.readable,
                    matched: self.matched && !change.matched,
                    wildcard: self.wildcard && !change.wildcard,
                    braces: self.braces && !change.braces,
                },
            };
        }
        if !any {
            *self = ALL;
        }
    }
}

/// An `include` line.
pub(super) struct Include {
    /// The pattern, and where in the line it begins.
    pub(super) pattern: String,
    pub(super) at: usize,
    checks: Checks,
    word: usize,
}

/// Recognises an `include` line.
pub(super) fn recognise(text: &str) -> Option<Include> {
    let rest = text.strip_prefix("include")?;
    let letter = rest.bytes().next().filter(|letter| b"rmwba".contains(letter));
    let rest = &rest[usize::from(letter.is_some())..];
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return None;
    }
    let word = text.len() - rest.len();
    let pattern = rest.trim_start_matches([' ', '\t']);
    let at = text.len() - pattern.len();
    Some(Include { pattern: pattern.to_owned(), at, checks: Checks::of(letter), word })
}

/// What an `include` comes to.
#[derive(Default)]
pub(super) struct Outcome {
    /// The files to read, in order.
    pub(super) files: Vec<usize>,
    /// What was not looked for yet.
    pub(super) open: Vec<Need>,
    /// Something that was to be there is not.
    pub(super) partial: bool,
    /// How many names the braces were looked through for, and their bytes.
    pub(super) names: (usize, usize),
}

impl Include {
    /// Finds the files, and says what is wrong with them. `file`: which one the line is in.
    pub(super) fn find(
        &self,
        line: &Text<'_>,
        source: &Source,
        file: usize,
        set: Checks,
        out: &mut Vec<Diagnostic>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let span = line.span(self.at, line.len());
        let word = &line.as_str()[..self.word];
        if self.pattern.is_empty() {
            outcome.partial = true;
            out.push(
                Diagnostic::error(
                    "missing-argument",
                    line.span(0, self.word),
                    format!("something is missing after `{word}`"),
                )
                .label("expected the name of a file"),
            );
            return outcome;
        }
        let checks = self.checks.or(set);
        let Some(alternatives) = pattern::alternatives(&self.pattern, &mut outcome.names) else {
            outcome.partial = true;
            out.push(
                Diagnostic::error("too-many", span, "the braces stand for too many names")
                    .label("more than a thousand"),
            );
            return outcome;
        };
        let (directory, shown) = source.files.get(file).map_or(("", ""), |file| {
            (file.directory.as_str(), &file.name[..file.name.rfind('/').map_or(0, |slash| slash + 1)])
        });
        let (mut missing, mut matches) = (Vec::new(), 0);
        let unread = Found { files: Vec::new(), trouble: Some("it was not looked for".to_owned()), too_many: false };
        let mut unusable = Vec::new();
        for alternative in &alternatives {
            let need = Need { directory: directory.to_owned(), pattern: alternative.clone(), shown: shown.to_owned() };
            let found = source.found(&need).unwrap_or(&unread);
            if core::ptr::eq(found, &unread) {
                outcome.open.push(need);
            }
            if found.too_many {
                // Not a part of them either: which one would be chance.
                outcome.partial = true;
                outcome.files.clear();
                out.push(without(
                    Diagnostic::error("too-many", span, format!("too many files match `{alternative}`"))
                        .label("nothing is included"),
                    Severity::Error,
                ));
                return outcome;
            }
            let wild = pattern::is_wild(alternative);
            if let Some(trouble) = &found.trouble {
                missing.push((alternative, trouble));
            }
            matches += found.files.len();
            for (name, included) in &found.files {
                match included {
                    Included::File(index) => outcome.files.push(*index),
                    Included::Directory if wild && !checks.readable => {}
                    Included::Directory => unusable.push(format!("`{name}` is a directory")),
                    Included::Unusable(why) => unusable.push(format!("`{name}` cannot be read: {why}")),
                }
            }
        }
        let severity = |refused: bool| if refused { Severity::Error } else { Severity::Warning };
        for message in unusable {
            let severity = severity(checks.readable);
            outcome.partial |= checks.readable;
            let d = Diagnostic { severity, ..Diagnostic::warning("unreadable-include", span, message) };
            out.push(without(d.label("skipped"), severity));
        }
        if matches == 0 && missing.is_empty() {
            if checks.wildcard {
                outcome.partial = true;
                out.push(without(
                    Diagnostic::error("missing-include", span, format!("no file matches `{}`", self.pattern))
                        .label("nothing is included"),
                    Severity::Error,
                ));
            }
        } else if let Some((name, trouble)) = missing.first() {
            let braces = pattern::has_braces(&self.pattern);
            let refused = if matches > 0 || braces { checks.braces } else { checks.matched };
            let severity = severity(refused);
            outcome.partial |= refused;
            if refused {
                outcome.files.clear();
            }
            let message = match missing.len() {
                1 => format!("`{name}` cannot be included: {trouble}"),
                n => format!("`{name}` and {} more cannot be included: {trouble}", n - 1),
            };
            let d = Diagnostic { severity, ..Diagnostic::warning("missing-include", span, message) };
            out.push(without(
                d.label(if outcome.files.is_empty() { "nothing is included" } else { "only a part is included" }),
                severity,
            ));
        }
        outcome
    }
}

/// What follows from a file that is not there.
fn without(diagnostic: Diagnostic, severity: Severity) -> Diagnostic {
    match severity {
        Severity::Warning => diagnostic
            .note("the rest is run without it, as in the C version")
            .help("with `includea` the configuration is refused instead"),
        Severity::Error => diagnostic.note("the configuration is refused"),
    }
}
