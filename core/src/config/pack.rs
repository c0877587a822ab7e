//! Statements put away until they are looked at: a hundredth of the memory, in the order of the source.
//!
//! Of a file with ten thousand instances only the one that is being read is spread out as a tree. Where words are as they
//! were written only their places are kept; words that came out of expansions are kept with the places of their pieces.
//! Numbers are differences from the one before, in as few bytes as they need (LEB128).

use super::ast::{Block, Statement};
use super::diagnostic::{Span, Via};
use super::lexer::{Phrase, Word, Words};
use super::plain;
use super::preprocess::text::{Piece, Text};
use super::source::Source;
use std::borrow::Cow;

/// Where a statement was put.
#[derive(Clone, Copy, Debug)]
pub(super) enum Packed {
    /// In the store.
    Stored { at: u32, file: u32 },
    /// Where it was written: it is a plain section.
    Plain { at: u32, file: u32, end: u32 },
}

impl Packed {
    /// A plain section. `None`: there are no such large files.
    pub(super) fn plain(file: usize, at: usize, end: usize) -> Option<Packed> {
        let number = |n: usize| u32::try_from(n).ok();
        Some(Packed::Plain { at: number(at)?, file: number(file)?, end: number(end)? })
    }
}

/// Statements, one after the other.
#[derive(Debug, Default)]
pub(super) struct Store {
    bytes: Vec<u8>,
}

const PHRASE: u64 = 0;
const EXPANDED: u64 = 1;
const OPEN: u64 = 2;
const CLOSE: u64 = 3;
const STRAY: u64 = 4;
const END: u64 = 5;
const WORDS: u64 = 6;

impl Store {
    /// Puts a statement away. `None`: it is of a kind that cannot be.
    pub(super) fn pack(&mut self, statement: &Statement, source: &Source) -> Option<Packed> {
        let file = statement.phrase.as_ref()?.span.file();
        let at = self.bytes.len();
        let packed = Packed::Stored { at: u32::try_from(at).ok()?, file: u32::try_from(file).ok()? };
        let mut writer = Writer { bytes: &mut self.bytes, source, file, last: 0, via: 0 };
        if writer.statement(statement).is_none() {
            self.bytes.truncate(at);
            return None;
        }
        writer.number(END);
        Some(packed)
    }

    /// The statement, as it was.
    pub(super) fn unpack(&self, packed: Packed, source: &Source, copies: plain::Copies) -> Statement {
        let (at, file) = match packed {
            Packed::Plain { at, file, .. } => {
                return plain::statement(source.text(file as usize), file as usize, at as usize, copies);
            }
            Packed::Stored { at, file } => (at as usize, file as usize),
        };
        let bytes = self.bytes.get(at..).unwrap_or_default();
        let mut reader = Reader { bytes, source, file, last: 0, via: 0 };
        reader.statements().pop().unwrap_or(Statement { phrase: None, block: None })
    }
}

/// Small numbers of either sign as small numbers.
fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

fn unzigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
    source: &'a Source,
    file: usize,
    /// The last place and expansion that were written.
    last: usize,
    via: u32,
}

impl Writer<'_> {
    fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }

    fn place(&mut self, at: usize, via: Via) {
        self.number(zigzag(at as i64 - self.last as i64));
        self.number(zigzag(i64::from(via.0) - i64::from(self.via)));
        (self.last, self.via) = (at, via.0);
    }

    fn statement(&mut self, statement: &Statement) -> Option<()> {
        match &statement.phrase {
            None => self.number(STRAY),
            Some(phrase) => self.phrase(phrase)?,
        }
        let Some(block) = &statement.block else { return Some(()) };
        if block.open.file() != self.file {
            return None;
        }
        self.number(OPEN);
        self.place(block.open.start(), block.open.via);
        self.number((block.open.end() - block.open.start()) as u64);
        block.statements.iter().try_for_each(|statement| self.statement(statement))?;
        self.number(CLOSE);
        Some(())
    }

    fn phrase(&mut self, phrase: &Phrase) -> Option<()> {
        if phrase.torn.is_some() || phrase.unresolved || phrase.span.file() != self.file {
            return None;
        }
        match &phrase.exact {
            Some(text) if phrase.expanded => self.expanded(phrase, text),
            Some(_) => None,
            None if phrase.expanded => self.words(phrase),
            None => self.written(phrase),
        }
    }

    fn written(&mut self, phrase: &Phrase) -> Option<()> {
        let first = phrase.words.first()?.span;
        self.number(PHRASE);
        self.place(first.start(), first.via);
        self.number(phrase.words.len() as u64);
        let text = self.source.text(self.file);
        let mut end = first.start();
        for word in &phrase.words {
            let raw = text.get(word.span.start()..word.span.end())?;
            if word.span.via != first.via || word.span.file() != self.file || word_of(raw, word.quoted) != word.text {
                return None;
            }
            self.number((word.span.start().checked_sub(end)? as u64) << 1 | u64::from(word.quoted));
            self.number(raw.len() as u64);
            end = word.span.end();
        }
        Some(())
    }

    /// Words without quotes, each with its own place.
    fn words(&mut self, phrase: &Phrase) -> Option<()> {
        self.number(WORDS);
        self.number(phrase.words.len() as u64);
        for word in &phrase.words {
            if word.span.file() != self.file {
                return None;
            }
            self.number((word.text.len() as u64) << 1 | u64::from(word.quoted));
            self.bytes.extend(word.text.as_bytes());
            self.place(word.span.start(), word.span.via);
            self.number((word.span.end() - word.span.start()) as u64);
        }
        Some(())
    }

    fn expanded(&mut self, phrase: &Phrase, text: &Text<'static>) -> Option<()> {
        let (file, start, via) = text.place();
        if file != self.file || text.torn {
            return None;
        }
        self.number(EXPANDED);
        self.place(start, via);
        self.number(text.as_str().len() as u64);
        self.bytes.extend(text.as_str().as_bytes());
        self.number(text.pieces().len() as u64);
        let (mut at, mut last) = (0, start);
        for piece in text.pieces() {
            self.number(piece.at.checked_sub(at)? as u64);
            self.number(zigzag(piece.start as i64 - last as i64));
            self.number(piece.len as u64);
            self.number(zigzag(i64::from(piece.via.0) - i64::from(via.0)) << 1 | u64::from(piece.stands));
            (at, last) = (piece.at, piece.start);
        }
        self.number(phrase.words.len() as u64);
        let mut end = 0;
        for word in &phrase.words {
            let (from, to) = next_word(text.as_str(), end, word.quoted)?;
            let raw = text.as_str().get(from..to)?;
            if text.span(from, to) != word.span || word_of(raw, word.quoted) != word.text {
                return None;
            }
            self.number(((from - end) as u64) << 1 | u64::from(word.quoted));
            self.number((to - from) as u64);
            end = to;
        }
        Some(())
    }
}

/// A word without its quotes.
pub(super) fn word_of(raw: &str, quoted: bool) -> &str {
    if quoted { raw.get(1..raw.len().max(2) - 1).unwrap_or_default() } else { raw }
}

/// Where the next word is, as the lexer finds it.
fn next_word(text: &str, end: usize, quoted: bool) -> Option<(usize, usize)> {
    let rest = text.get(end..)?;
    let from = end + rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let word = text.get(from..)?;
    let len = if quoted { word.get(1..)?.find('"')? + 2 } else { word.find([' ', '\t', '"']).unwrap_or(word.len()) };
    Some((from, from + len))
}

struct Reader<'a> {
    bytes: &'a [u8],
    source: &'a Source,
    file: usize,
    last: usize,
    via: u32,
}

impl Reader<'_> {
    fn number(&mut self) -> u64 {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let Some((byte, rest)) = self.bytes.split_first() else { break };
            self.bytes = rest;
            n |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        n
    }

    fn size(&mut self) -> usize {
        self.number() as usize
    }

    /// A number that was written as the difference from `base`.
    fn near(&mut self, base: usize) -> usize {
        (base as i64 + unzigzag(self.number())) as usize
    }

    fn place(&mut self) -> (usize, Via) {
        self.last = self.near(self.last);
        self.via = (i64::from(self.via) + unzigzag(self.number())) as u32;
        (self.last, Via(self.via))
    }

    /// What there is up to the end of the block.
    fn statements(&mut self) -> Vec<Statement> {
        let mut out: Vec<Statement> = Vec::new();
        loop {
            match self.number() {
                PHRASE => out.push(Statement { phrase: Some(self.written()), block: None }),
                EXPANDED => out.push(Statement { phrase: Some(self.expanded()), block: None }),
                WORDS => out.push(Statement { phrase: Some(self.words()), block: None }),
                STRAY => out.push(Statement { phrase: None, block: None }),
                OPEN => {
                    let (start, via) = self.place();
                    let open = Span::new(self.file, start, start + self.size()).through(via);
                    let block = Block::new(open, self.statements());
                    if let Some(owner) = out.last_mut() {
                        owner.block = Some(block);
                    }
                }
                _ => return out,
            }
        }
    }

    fn text(&mut self, len: usize) -> Cow<'_, str> {
        let (text, rest) = self.bytes.split_at(len.min(self.bytes.len()));
        self.bytes = rest;
        String::from_utf8_lossy(text)
    }

    fn words(&mut self) -> Phrase {
        let count = self.size();
        let mut words = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            let head = self.number();
            let text = self.text((head >> 1) as usize).into();
            let (start, via) = self.place();
            let span = Span::new(self.file, start, start + self.size()).through(via);
            words.push(Word { text, span, quoted: head & 1 == 1 });
        }
        phrase(words.into(), None, true)
    }

    fn written(&mut self) -> Phrase {
        let (start, via) = self.place();
        let text = self.source.text(self.file);
        let count = self.size();
        let mut words = Vec::with_capacity(count.min(64));
        let mut end = start;
        for _ in 0..count {
            let head = self.number();
            let from = end + (head >> 1) as usize;
            end = from + self.size();
            let quoted = head & 1 == 1;
            let raw = text.get(from..end).unwrap_or_default();
            let span = Span::new(self.file, from, end).through(via);
            words.push(Word { text: word_of(raw, quoted).into(), span, quoted });
        }
        phrase(words.into(), None, false)
    }

    fn expanded(&mut self) -> Phrase {
        let (start, via) = self.place();
        let len = self.size();
        let text = self.text(len).into_owned();
        let count = self.size();
        let mut pieces = Vec::with_capacity(count.min(64));
        let (mut at, mut last) = (0, start);
        for _ in 0..count {
            at += self.size();
            last = self.near(last);
            let len = self.size();
            let tail = self.number();
            let through = (i64::from(via.0) + unzigzag(tail >> 1)) as u32;
            pieces.push(Piece { at, start: last, len, via: Via(through), stands: tail & 1 == 1 });
        }
        let text = Text::from_pieces(text, self.file, start, via, pieces);
        let count = self.size();
        let mut words = Vec::with_capacity(count.min(64));
        let mut end = 0;
        for _ in 0..count {
            let head = self.number();
            let from = end + (head >> 1) as usize;
            end = from + self.size();
            let quoted = head & 1 == 1;
            let raw = text.as_str().get(from..end).unwrap_or_default();
            words.push(Word { text: word_of(raw, quoted).into(), span: text.span(from, end), quoted });
        }
        phrase(words.into(), Some(Box::new(text)), true)
    }
}

/// Words in a row.
pub(super) fn phrase(words: Words, exact: Option<Box<Text<'static>>>, expanded: bool) -> Phrase {
    let span = match (words.first(), words.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => Span::new(0, 0, 0),
    };
    Phrase { words, span, torn: None, unresolved: false, exact, expanded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ast, keywords, lexer, preprocess};

    /// The statements of a text, packed and unpacked again, and how many could be packed.
    fn round(text: &str) -> (Vec<Statement>, Vec<Option<Statement>>) {
        let source = Source::single("keepalived.conf", text);
        let mut diagnostics = Vec::new();
        let mut reader = preprocess::Reader::new(&source);
        let mut builder = ast::Builder::new(&source, keywords::begins_a_section);
        let mut tokens = Vec::new();
        while let Some(line) = reader.next(&mut diagnostics) {
            lexer::tokens(&line, &mut diagnostics, &mut reader.partial, &mut tokens);
            tokens.drain(..).for_each(|token| builder.take(token, &mut diagnostics));
        }
        let tree = builder.finish(&mut diagnostics);
        let mut store = Store::default();
        let whole: Vec<Statement> = tree.tops.iter().map(|top| tree.whole(top, &source)).collect();
        let packed: Vec<_> = whole.iter().map(|statement| store.pack(statement, &source)).collect();
        let again = packed
            .into_iter()
            .map(|packed| packed.map(|packed| store.unpack(packed, &source, plain::Copies::Spread)))
            .collect();
        (whole, again)
    }

    fn is_the_same(text: &str) -> usize {
        let (whole, again) = round(text);
        let mut packed = 0;
        for (whole, again) in whole.iter().zip(&again) {
            let Some(again) = again else { continue };
            assert_eq!(format!("{whole:?}"), format!("{again:?}"), "{text}");
            packed += 1;
        }
        packed
    }

    #[test]
    fn what_is_put_away_comes_back() {
        let plain = "a b \"c d\" e\"f\"\ng {\n  h 1 {\n i\n }\n\n j\n}\nk { l { m } { n } }\n";
        assert_eq!(is_the_same(plain), 3);
        let expanded = "$A=1\n$B=x \"y $A\" \\\n z${A}z\n$C=u { \\\n v w \\\n}\n";
        assert_eq!(is_the_same(&format!("{expanded}a $A b${{A}} {{\n $B\n}}\n$C\n~SEQ(I,1,3) n$I m {{ c }}\n")), 5);
    }

    /// What is out of the ordinary stays as it is; nothing comes back as something else.
    #[test]
    fn nothing_comes_back_as_something_else() {
        assert_eq!(is_the_same("a \"b\n"), 0);
        for text in ["", "{\n}\n", "a{}b{}\nc", "\u{feff}a {\n é \"ü\" }", "a {\r\n b\r\n}\r\n", "a\n{\n}\n"] {
            is_the_same(text);
        }
    }

    quickcheck::quickcheck! {
        fn anything_comes_back(scraps: crate::config::tests::Scraps) -> bool {
            is_the_same(&scraps.0);
            is_the_same(&format!("$A=x y\n$B=1\n{}", scraps.0.replace("eth0", "$A").replace('1', "${B}")));
            true
        }
    }
}
