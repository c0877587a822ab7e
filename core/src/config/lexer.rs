//! Lines to words and braces.
//!
//! Blanks separate words. A `"` begins a word, in the middle of another too, and the next `"` ends it; what is between
//! is literal. Braces outside quotes stand for themselves and end the statement before them.

use super::diagnostic::{Diagnostic, Span};
use super::preprocess::Line;

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// What it says, without quotes.
    pub(super) text: String,
    /// Where it is, with its quotes.
    pub(super) span: Span,
    /// Whether it was in quotes.
    pub(super) quoted: bool,
}

/// What stands between two braces or ends of lines.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    /// Its words; at least one.
    pub(super) words: Vec<Word>,
    /// From its first word to its last.
    pub(super) span: Span,
    /// A `"` without a partner, as words are split. Scripts are split in another way and may have one.
    pub(super) torn: Option<Span>,
    /// See [`Line::unresolved`].
    pub(super) unresolved: bool,
}

/// A piece of the language.
#[derive(Clone, Debug)]
pub(super) enum Token {
    /// Words.
    Phrase(Phrase),
    /// `{`
    Open(Span),
    /// `}`
    Close(Span),
}

/// Splits lines. A line that cannot be what was meant makes the whole `partial`.
pub(super) fn tokens(lines: &[Line<'_>], partial: &mut bool, diagnostics: &mut Vec<Diagnostic>) -> Vec<Token> {
    let mut out = Vec::with_capacity(lines.len() * 2);
    for line in lines {
        let mut splitter = Splitter { line, words: Vec::new(), torn: None, odd: false, out: &mut out, diagnostics };
        splitter.run();
        *partial |= splitter.odd;
    }
    out
}

struct Splitter<'a, 's> {
    line: &'a Line<'s>,
    words: Vec<Word>,
    torn: Option<Span>,
    /// The line has characters that only look like blanks or quotes.
    odd: bool,
    out: &'a mut Vec<Token>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Splitter<'_, '_> {
    fn run(&mut self) {
        let bytes = self.line.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b' ' | b'\t' => at += 1,
                brace @ (b'{' | b'}') => {
                    self.flush();
                    let span = self.span(at, at + 1);
                    self.out.push(if brace == b'{' { Token::Open(span) } else { Token::Close(span) });
                    at += 1;
                }
                b'"' => {
                    let close = self.line.text[at + 1..].find('"').map(|len| at + 1 + len);
                    let end = close.unwrap_or(bytes.len());
                    if close.is_none() && self.torn.is_none() {
                        self.torn = Some(self.span(at, end));
                    }
                    let next = close.map_or(end, |close| close + 1);
                    self.word(at + 1, end, self.span(at, next), true);
                    at = next;
                }
                _ => {
                    let end = self.end_of_bare_word(at);
                    self.word(at, end, self.span(at, end), false);
                    at = end;
                }
            }
        }
        self.flush();
    }

    /// Bare words end at blanks, quotes and braces; those of a `${NAME}` do not count.
    fn end_of_bare_word(&self, start: usize) -> usize {
        let bytes = self.line.text.as_bytes();
        let mut at = start;
        while at < bytes.len() && !matches!(bytes[at], b' ' | b'\t' | b'"' | b'{' | b'}') {
            at += 1;
            if bytes.get(at) == Some(&b'{') && bytes[at - 1] == b'$' {
                at = self.line.text[at..].find('}').map_or(bytes.len(), |close| at + close + 1);
            }
        }
        at
    }

    fn word(&mut self, start: usize, end: usize, span: Span, quoted: bool) {
        let raw = &self.line.text[start..end];
        let first = self.line.dropped.partition_point(|at| *at < start);
        let last = self.line.dropped.partition_point(|at| *at < end);
        let mut text = raw.to_owned();
        for at in self.line.dropped[first..last].iter().rev() {
            text.remove(at - start);
        }
        if !quoted {
            self.look_alikes(raw, start);
        }
        self.words.push(Word { text, span, quoted });
    }

    /// Characters that editors and web pages put where a quote or a blank was meant.
    fn look_alikes(&mut self, raw: &str, start: usize) {
        let odd = raw.char_indices().find(|(_, c)| {
            matches!(c, '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{200b}' | '\u{feff}')
                || (c.is_whitespace() && !c.is_ascii())
        });
        let Some((at, c)) = odd else { return };
        self.odd = true;
        let span = self.span(start + at, start + at + c.len_utf8());
        let diagnostic = if matches!(c, '\u{201c}' | '\u{201d}' | '\u{201e}') {
            Diagnostic::error("curly-quote", span, "a typographic quotation mark").help("use the plain `\"`")
        } else {
            Diagnostic::error("odd-space", span, "an invisible character that is no blank")
                .help("replace it by an ordinary space; it often comes from copying out of a web page")
        };
        let code = format!("U+{:04X}", u32::from(c));
        self.diagnostics.push(diagnostic.label(format!("{code} is part of the word here")));
    }

    fn flush(&mut self) {
        let words = core::mem::take(&mut self.words);
        let torn = self.torn.take();
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            let span = first.span.to(last.span);
            self.out.push(Token::Phrase(Phrase { span, torn, unresolved: self.line.unresolved || self.odd, words }));
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let base = self.line.span.start;
        Span { start: base + start, end: base + end, ..self.line.span }
    }
}
