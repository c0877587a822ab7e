//! Lines to words and braces.
//!
//! Blanks separate words. A `"` begins a word, in the middle of another too, and the next `"` ends it; what is between
//! is literal. Braces outside quotes stand for themselves and end the statement before them.

use super::diagnostic::{Diagnostic, Span};
use super::preprocess::Line;
use super::preprocess::text::Text;
use super::source::Source;
use core::ops::{Deref, Range};
use core::{fmt, slice};
use smol_str::SmolStr;
use std::rc::Rc;

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// What it says, without quotes.
    pub(super) text: SmolStr,
    /// Where it is, with its quotes.
    pub(super) span: Span,
    /// Whether it was in quotes.
    pub(super) quoted: bool,
}

/// Words that follow each other. Those of a whole section are in one list, of which each phrase has its part.
#[derive(Clone)]
pub(super) struct Words {
    all: Rc<[Word]>,
    from: u32,
    to: u32,
}

impl Words {
    /// Those of `all` in a range.
    pub(super) fn part(all: &Rc<[Word]>, Range { start, end }: Range<u32>) -> Words {
        Words { all: Rc::clone(all), from: start, to: end }
    }
}

impl From<Vec<Word>> for Words {
    fn from(all: Vec<Word>) -> Self {
        let to = u32::try_from(all.len()).unwrap_or(u32::MAX);
        Words { all: all.into(), from: 0, to }
    }
}

impl Deref for Words {
    type Target = [Word];

    fn deref(&self) -> &[Word] {
        self.all.get(self.from as usize..self.to as usize).unwrap_or_default()
    }
}

impl<'a> IntoIterator for &'a Words {
    type Item = &'a Word;
    type IntoIter = slice::Iter<'a, Word>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// What stands between two braces or ends of lines.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    /// Its words; at least one.
    pub(super) words: Words,
    /// From its first word to its last.
    pub(super) span: Span,
    /// A `"` without a partner, as words are split. Scripts are split in another way and may have one.
    pub(super) torn: Option<Span>,
    /// See [`Line::unresolved`].
    pub(super) unresolved: bool,
    /// What it says with its quotes, where that is not what is written at `span`. Without quotes and backslashes the words say it all.
    pub(super) exact: Option<Box<Text<'static>>>,
    /// It is not what is written at `span`.
    pub(super) expanded: bool,
}

impl Phrase {
    /// What it says with its quotes.
    pub(super) fn text(&self, source: &Source) -> Text<'static> {
        if let Some(exact) = &self.exact {
            return (**exact).clone();
        }
        if self.expanded {
            return Text::joined(self.words.iter().map(|word| (word.text.as_str(), word.span)));
        }
        let text = source.text(self.span.file()).get(self.span.start()..self.span.end()).unwrap_or_default();
        Text::new(text, self.span.file(), self.span.start()).into_owned(self.span.via)
    }
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

/// Splits a line, and gives its pieces to `take`.
pub(super) fn tokens(line: &Line<'_>, diagnostics: &mut Vec<Diagnostic>, partial: &mut bool, out: &mut Vec<Token>) {
    let mut splitter = Splitter { line, words: Vec::new(), from: 0, to: 0, torn: None, odd: false, out, diagnostics };
    splitter.run();
    *partial |= splitter.odd;
}

struct Splitter<'a, 's> {
    line: &'a Line<'s>,
    words: Vec<Word>,
    /// Where these words begin and end.
    from: usize,
    to: usize,
    torn: Option<Span>,
    /// The line has characters that only look like blanks or quotes.
    odd: bool,
    out: &'a mut Vec<Token>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Splitter<'_, '_> {
    fn run(&mut self) {
        let bytes = self.line.text.as_str().as_bytes();
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
                    let close = self.line.text.as_str()[at + 1..].find('"').map(|len| at + 1 + len);
                    let end = close.unwrap_or(bytes.len());
                    if close.is_none() && self.torn.is_none() {
                        self.torn = Some(self.span(at, end));
                    }
                    let next = close.map_or(end, |close| close + 1);
                    self.word((at, next), at + 1, end, true);
                    at = next;
                }
                _ => {
                    let end = self.end_of_bare_word(at);
                    self.word((at, end), at, end, false);
                    at = end;
                }
            }
        }
        self.flush();
    }

    /// Bare words end at blanks, quotes and braces; those of a `${NAME}` do not count.
    fn end_of_bare_word(&self, start: usize) -> usize {
        let bytes = self.line.text.as_str().as_bytes();
        let mut at = start;
        while at < bytes.len() && !matches!(bytes[at], b' ' | b'\t' | b'"' | b'{' | b'}') {
            at += 1;
            if bytes.get(at) == Some(&b'{') && bytes[at - 1] == b'$' {
                at = self.line.text.as_str()[at..].find('}').map_or(bytes.len(), |close| at + close + 1);
            }
        }
        at
    }

    /// A word that says what is from `start` to `end`; `place` is all of it.
    fn word(&mut self, place: (usize, usize), start: usize, end: usize, quoted: bool) {
        if self.words.is_empty() {
            self.from = place.0;
        }
        self.to = place.1;
        let span = self.span(place.0, place.1);
        let raw = &self.line.text.as_str()[start..end];
        if !quoted {
            self.look_alikes(raw, start);
        }
        self.words.push(Word { text: raw.into(), span, quoted });
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
        let torn = self.torn.take();
        if let (Some(first), Some(last)) = (self.words.first(), self.words.last()) {
            let span = first.span.to(last.span);
            let text = &self.line.text;
            let expanded = text.is_pieced();
            let literal = text.as_str()[self.from..self.to].contains(['"', '\'', '\\']);
            let exact = (expanded && literal).then(|| Box::new(text.part(self.from, self.to).into_owned(text.via())));
            let unresolved = self.line.unresolved || self.odd;
            let words = core::mem::take(&mut self.words).into();
            self.out.push(Token::Phrase(Phrase { span, torn, unresolved, exact, expanded, words }));
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        self.line.text.span(start, end)
    }
}
