//! Between the text and the lexer: comments are cut off, and the lines that speak about the text itself are recognised.
//!
//! `include`, `$NAME=`, `@id` and `~SEQ` are not built yet. Each is an error, because what the rest of the file means
//! depends on it, and what depends on it is marked so that it causes no further complaints.

use super::diagnostic::{Diagnostic, Span};
use super::source::Source;
use std::collections::BTreeSet;

/// Far more than anybody writes (the C version stops at 1022 bytes); it keeps the work for each byte bounded.
const MAX_LINE: usize = 16 * 1024;

/// A line without its comment and the blanks around it; never empty.
#[derive(Clone, Debug)]
pub(super) struct Line<'s> {
    /// Where it is.
    pub(super) span: Span,
    /// Its text.
    pub(super) text: &'s str,
    /// Offsets into `text` of backslashes that only protect the `#` or `!` after them.
    pub(super) dropped: Vec<usize>,
    /// Whether it says something else once definitions and conditions are built.
    pub(super) unresolved: bool,
}

/// The lines of a whole source.
#[derive(Debug, Default)]
pub(super) struct Lines<'s> {
    /// In order.
    pub(super) lines: Vec<Line<'s>>,
    /// Whether anything was left out or undecided: nothing can be said about what is missing.
    pub(super) partial: bool,
}

/// Reads the main file.
pub(super) fn lines<'s>(source: &'s Source, diagnostics: &mut Vec<Diagnostic>) -> Lines<'s> {
    let mut reader =
        Reader { out: Lines::default(), defined: BTreeSet::new(), conditions: BTreeSet::new(), diagnostics };
    if let Some(file) = source.files.first() {
        reader.file(0, &file.text);
    }
    reader.out
}

struct Reader<'s, 'd> {
    out: Lines<'s>,
    defined: BTreeSet<&'s str>,
    conditions: BTreeSet<&'s str>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'s> Reader<'s, '_> {
    fn file(&mut self, file: usize, text: &'s str) {
        let mut offset = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut continued = false;
        for physical in text[offset..].split_inclusive('\n') {
            let start = offset;
            offset += physical.len();
            let Some(line) = self.decomment(file, start, physical) else {
                continued = false;
                continue;
            };
            let goes_on = line.text.ends_with('\\');
            if continued {
                continued = goes_on;
            } else {
                continued = self.definition(&line) && goes_on;
                if !self.is_directive(&line) {
                    self.statement(line);
                }
            }
        }
    }

    /// Cuts blanks and the comment off. `#` and `!` begin a comment anywhere but in double quotes and after a backslash.
    fn decomment(&mut self, file: usize, start: usize, physical: &'s str) -> Option<Line<'s>> {
        let body = physical.trim_end_matches(['\n', '\r']);
        let text = body.trim_start_matches([' ', '\t']);
        let start = start + body.len() - text.len();
        if body.len() > MAX_LINE {
            let span = Span::new(file, start, start + text.chars().next().map_or(0, char::len_utf8));
            self.out.partial = true;
            self.diagnostics.push(
                Diagnostic::error("line-too-long", span, "a line is too long")
                    .label(format!("more than {MAX_LINE} bytes"))
                    .help("is this file really a configuration?"),
            );
            return None;
        }
        let bytes = text.as_bytes();
        let mut dropped = Vec::new();
        let mut quote = None;
        let mut end = bytes.len();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'"' => quote = if quote.is_none() { Some(at) } else { None },
                b'\\' => {
                    if quote.is_none() && matches!(bytes.get(at + 1), Some(b'#' | b'!')) {
                        dropped.push(at);
                    }
                    at += 1;
                }
                b'#' | b'!' if quote.is_none() => {
                    end = at;
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        let text = text[..end].trim_end_matches([' ', '\t']);
        if text.is_empty() {
            return None;
        }
        let span = Span::new(file, start, start + text.len());
        let here = |from: usize, to: usize| Span::new(file, start + from, start + to);
        if let Some(quote) = quote {
            self.diagnostics.push(
                Diagnostic::error("unterminated-quote", here(quote, text.len()), "a quote is not closed")
                    .label("the closing `\"` is missing")
                    .help("a quoted word ends on the line it begins on"),
            );
        }
        if let Some(nul) = text.find('\0') {
            self.diagnostics.push(
                Diagnostic::error("nul-byte", here(nul, nul + 1), "a zero byte in the text")
                    .label("not text")
                    .help("is this file really a configuration?"),
            );
        }
        if let Some(at) = text.find(char::REPLACEMENT_CHARACTER) {
            // A password or an argument would silently be another than was written.
            self.diagnostics.push(
                Diagnostic::error(
                    "not-utf-8",
                    here(at, at + char::REPLACEMENT_CHARACTER.len_utf8()),
                    "bytes that are no UTF-8",
                )
                .label("which character is this?")
                .help("save the file as UTF-8; in comments it does not matter"),
            );
        }
        Some(Line { span, text, dropped, unresolved: quote.is_some() })
    }

    /// Whether it is a `$NAME=value`, which is reported.
    fn definition(&mut self, line: &Line<'s>) -> bool {
        let Some(rest) = line.text.strip_prefix('$') else { return false };
        let name = variable_name(rest);
        if name.is_empty() || !rest[name.len()..].trim_start_matches([' ', '\t']).starts_with('=') {
            return false;
        }
        if self.defined.is_empty() {
            let span = Span { end: line.span.start + 1 + name.len(), ..line.span };
            self.not_yet(
                span,
                "definitions like `$NAME=value` are not built yet",
                "lines that use what such lines define are left out, and the configuration is refused",
            );
        }
        self.defined.insert(name);
        true
    }

    /// Whether it is about the text rather than of it; such lines are reported, and go no further.
    fn is_directive(&mut self, line: &Line<'s>) -> bool {
        let word = line.text.split([' ', '\t']).next().unwrap_or_default();
        let span = Span { end: line.span.start + word.len(), ..line.span };
        if matches!(word, "include" | "includer" | "includem" | "includew" | "includeb" | "includea" | "includet") {
            self.not_yet(
                span,
                format!("`{word}` is not built yet"),
                "the file it names is not read, and the configuration is refused",
            );
            return true;
        }
        if word.starts_with("~SEQ") || word.starts_with("~LST") {
            self.not_yet(
                span,
                format!("`{}` is not built yet", &word[..4]),
                "the block it repeats is left out, and the configuration is refused",
            );
            return true;
        }
        line.text.starts_with('$') && self.defined.contains(variable_name(&line.text[1..])) && self.defines(line)
    }

    fn defines(&self, line: &Line<'s>) -> bool {
        let rest = &line.text[1..];
        rest[variable_name(rest).len()..].trim_start_matches([' ', '\t']).starts_with('=')
    }

    /// A line of the language proper, perhaps behind an `@id`.
    fn statement(&mut self, mut line: Line<'s>) {
        if let Some(rest) = line.text.strip_prefix('@') {
            let id = rest.split([' ', '\t']).next().unwrap_or_default();
            if self.conditions.insert(id) {
                let span = Span { end: line.span.start + 1 + id.len(), ..line.span };
                self.not_yet(
                    span,
                    format!("lines for one machine only, like `@{id}`, are not built yet"),
                    "all lines that begin so are left out, and the configuration is refused",
                );
            }
            let cut = 1 + id.len();
            let text = line.text[cut..].trim_start_matches([' ', '\t']);
            let skipped = line.text.len() - text.len();
            line.dropped.retain(|at| *at >= skipped);
            line.dropped.iter_mut().for_each(|at| *at -= skipped);
            line.span.start += skipped;
            line.text = text;
            line.unresolved = true;
        }
        if !line.text.is_empty() {
            line.unresolved |= self.uses_variables(&line);
            self.out.lines.push(line);
        }
    }

    /// Whether it uses a `$NAME` that is defined in the file, or a `${NAME}` outside quotes. Undefined ones are literal
    /// text in the C version, which then takes the braces of `${NAME}` for a block: that is never meant.
    fn uses_variables(&mut self, line: &Line<'s>) -> bool {
        let mut uses = false;
        let mut quoted = false;
        for (at, c) in line.text.char_indices() {
            quoted ^= c == '"';
            if c != '$' {
                continue;
            }
            let rest = &line.text[at + 1..];
            let name = variable_name(rest.strip_prefix('{').unwrap_or(rest));
            if self.defined.contains(name) || (self.out.partial && !name.is_empty()) {
                uses = true;
            } else if rest.starts_with('{') && !quoted {
                uses = true;
                let end = line.text[at..].find('}').map_or(line.text.len(), |close| at + close + 1);
                let span = Span { start: line.span.start + at, end: line.span.start + end, ..line.span };
                if name.starts_with('_') {
                    let message = format!("`{}` is not built yet", &line.text[at..end]);
                    self.not_yet(span, message, "the line is left out, and the configuration is refused");
                    continue;
                }
                self.out.partial = true;
                self.diagnostics.push(
                    Diagnostic::error("undefined-variable", span, format!("`{}` is not defined", &line.text[at..end]))
                        .label("nothing gives it a value")
                        .note("the line is left out, and the configuration is refused")
                        .help("is this a template that something else was meant to fill in?"),
                );
            }
        }
        uses
    }

    fn not_yet(&mut self, span: Span, message: impl Into<String>, note: &str) {
        self.out.partial = true;
        self.diagnostics.push(Diagnostic::error("not-yet", span, message).label("not built yet").note(note));
    }
}

/// The letters, digits and underscores at the start of `text`.
fn variable_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}
