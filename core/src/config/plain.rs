//! Sections that are written out plainly: found by their braces alone, and split into words only when they are read.
//!
//! Nearly all of a large file is so: nothing in the section is about the text itself, nothing in it is odd, and every brace
//! has its partner. Whatever could mean more than it says goes the long way: preprocessor, lexer, tree.

use super::ast::{Block, MANY, Statement};
use super::diagnostic::Span;
use super::keywords;
use super::lexer::{Word, Words};
use super::pack::{phrase, word_of};
use super::preprocess::MAX_LINE;
use core::ops::Range;
use std::rc::Rc;
use std::vec;

/// Deeper blocks go the long way.
const MAX_DEPTH: usize = 8;

/// So do lines that are further in, in bytes.
const MAX_INDENT: usize = 128;

/// A section of [`MANY`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) keyword: &'static str,
    /// From its keyword to the last word before its block.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where the line behind it begins.
    pub(super) next: usize,
}

/// What a byte can be in a plain section.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Blank,
    Newline,
    /// Before a newline only.
    Return,
    Open,
    Close,
    Quote,
    Comment,
    /// Means more than it says, or is not ASCII.
    Odd,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Word; 256];
    let mut byte = 0x80;
    while byte < 256 {
        classes[byte] = Class::Odd;
        byte += 1;
    }
    classes[0] = Class::Odd;
    classes[b'$' as usize] = Class::Odd;
    classes[b'\\' as usize] = Class::Odd;
    classes[b' ' as usize] = Class::Blank;
    classes[b'\t' as usize] = Class::Blank;
    classes[b'\n' as usize] = Class::Newline;
    classes[b'\r' as usize] = Class::Return;
    classes[b'{' as usize] = Class::Open;
    classes[b'}' as usize] = Class::Close;
    classes[b'"' as usize] = Class::Quote;
    classes[b'#' as usize] = Class::Comment;
    classes[b'!' as usize] = Class::Comment;
    classes
};

fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

/// How many bytes `bytes` begin with that are of a kind.
fn run(bytes: &[u8], kind: impl Fn(Class) -> bool) -> usize {
    bytes.iter().position(|byte| !kind(class(*byte))).unwrap_or(bytes.len())
}

/// How many spaces and tabs `bytes` begin with.
fn blanks(bytes: &[u8]) -> usize {
    // Indents are long: eight spaces at a time.
    let (eights, _) = bytes.as_chunks::<8>();
    let at = 8 * eights.iter().take_while(|eight| **eight == [b' '; 8]).count();
    at + run(&bytes[at..], |class| class == Class::Blank)
}

/// How many bytes of a word `bytes` begin with.
fn word(bytes: &[u8]) -> usize {
    run(bytes, |class| class == Class::Word)
}

/// How many bytes of words and blanks `bytes` begin with.
fn words(bytes: &[u8]) -> usize {
    run(bytes, |class| matches!(class, Class::Word | Class::Blank))
}

/// Where the line of `bytes` ends.
fn end_of_line(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len())
}

/// Whether what begins a statement is of the language proper.
fn is_proper(statement: &[u8]) -> bool {
    match statement.first() {
        Some(b'@' | b'~') => false,
        Some(b'i') => !statement.starts_with(b"include"),
        Some(b'r') => !statement.starts_with(b"random_seed"),
        _ => true,
    }
}

/// The section that begins on the line at `start`, if it is a plain one of [`MANY`].
pub(super) fn section(text: &str, start: usize) -> Option<Plain> {
    let bytes = text.as_bytes();
    let mut at = start + blanks(bytes.get(start..)?);
    let begin = at;
    if bytes.get(begin) != Some(&b'v') {
        return None;
    }
    let keyword = MANY.iter().find(|keyword| bytes[begin..].starts_with(keyword.as_bytes()))?;
    at += keyword.len();
    if class(*bytes.get(at)?) != Class::Blank {
        return None;
    }
    // The line that is being read, and its blanks.
    let (mut line, mut indent) = (start, begin - start);
    // Those of the lines on which blocks were opened.
    let mut open = [(0, 0); MAX_DEPTH];
    let mut depth = 0;
    let mut end = at;
    // Where a statement begins that may still get a block, and whether the next word begins a statement.
    let (mut owner, mut fresh) = (Some(begin), false);
    loop {
        let first = *bytes.get(at)?;
        match class(first) {
            Class::Blank => at += 1,
            Class::Word => {
                if fresh {
                    if !is_proper(&bytes[at..]) {
                        return None;
                    }
                    (owner, fresh) = (Some(at), false);
                }
                if depth == 0 {
                    at += word(&bytes[at..]);
                    end = at;
                } else {
                    at += words(&bytes[at..]);
                }
            }
            Class::Quote => {
                let from = at;
                at += 1;
                while !matches!(class(*bytes.get(at)?), Class::Quote) {
                    if !matches!(class(bytes[at]), Class::Word | Class::Blank | Class::Comment) {
                        return None;
                    }
                    at += 1;
                }
                at += 1;
                if fresh {
                    (owner, fresh) = (Some(from), false);
                }
                if depth == 0 {
                    end = at;
                }
            }
            Class::Comment => at += end_of_line(&bytes[at..]),
            Class::Return if bytes.get(at + 1) == Some(&b'\n') => at += 1,
            Class::Newline => {
                if depth == 0 || at - line >= MAX_LINE {
                    return None;
                }
                at += 1;
                (line, indent) = (at, blanks(&bytes[at..]));
                at += indent;
                fresh = true;
            }
            Class::Open => {
                let from = owner.take()?;
                let to = from + word(&bytes[from..]);
                let inside = depth > 0 && keywords::begins_a_section(text.get(from..to)?);
                if inside || depth == MAX_DEPTH || indent > MAX_INDENT {
                    return None;
                }
                open[depth] = (line, indent);
                depth += 1;
                at += 1;
                fresh = true;
            }
            Class::Close => {
                depth = usize::checked_sub(depth, 1)?;
                let (other, its_indent) = open[depth];
                let first = at == line + indent;
                if first && bytes[line..line + indent] != bytes[other..other + its_indent] {
                    return None;
                }
                at += 1;
                owner = None;
                fresh = true;
                if depth == 0 {
                    break;
                }
            }
            Class::Return | Class::Odd => return None,
        }
    }
    // Nothing else is on its last line.
    at += blanks(&bytes[at..]);
    let behind = bytes.get(at).map(|byte| class(*byte));
    let rest = end_of_line(&bytes[at..]);
    let empty = match behind {
        None | Some(Class::Newline | Class::Comment) => true,
        Some(Class::Return) => rest == 1,
        Some(_) => false,
    };
    if !empty || at + rest - line >= MAX_LINE {
        return None;
    }
    Some(Plain { keyword, start: begin, end, next: (at + rest + 1).min(bytes.len()) })
}

/// Splits a plain section that begins at `start` into words.
pub(super) fn statement(text: &str, file: usize, start: usize) -> Statement {
    let (words, parts, open) = (Vec::with_capacity(64), Vec::with_capacity(64), Vec::new());
    let mut splitter = Splitter { text, file, at: start, words, from: 0, parts, open };
    splitter.section();
    let words = Rc::from(splitter.words);
    let mut tree = Tree { file, words, parts: splitter.parts.into_iter() };
    tree.statements(1).pop().unwrap_or(Statement { phrase: None, block: None })
}

/// What a section consists of.
enum Part {
    /// The words of a statement.
    Phrase(Range<u32>),
    /// A `{`, where it is, and how many statements are in its block.
    Open(usize, usize),
    /// A `}`
    Close,
}

struct Splitter<'a> {
    text: &'a str,
    file: usize,
    at: usize,
    /// All that there are so far.
    words: Vec<Word>,
    /// Where those of the statement that is being read begin.
    from: u32,
    parts: Vec<Part>,
    /// Where the open blocks are in `parts`.
    open: Vec<usize>,
}

impl Splitter<'_> {
    /// Reads up to the `}` of the first block.
    fn section(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            let from = self.at;
            match class(*byte) {
                Class::Blank | Class::Return => self.at += 1,
                Class::Newline => {
                    self.flush();
                    self.at += 1;
                    self.at += blanks(&bytes[self.at..]);
                }
                Class::Comment => self.at += end_of_line(&bytes[from..]),
                Class::Quote => {
                    let inside = bytes[from + 1..].iter().position(|byte| *byte == b'"');
                    self.at = inside.map_or(bytes.len(), |inside| from + inside + 2);
                    self.word(from, true);
                }
                Class::Open => {
                    self.flush();
                    self.at += 1;
                    self.open.push(self.parts.len());
                    self.parts.push(Part::Open(from, 0));
                }
                Class::Close => {
                    self.flush();
                    self.at += 1;
                    self.parts.push(Part::Close);
                    self.open.pop();
                    if self.open.is_empty() {
                        return;
                    }
                }
                Class::Word | Class::Odd => {
                    self.at += word(&bytes[from..]).max(1);
                    self.word(from, false);
                }
            }
        }
    }

    /// The word from `from` to where we are.
    fn word(&mut self, from: usize, quoted: bool) {
        let raw = self.text.get(from..self.at).unwrap_or_default();
        let span = Span::new(self.file, from, self.at);
        self.words.push(Word { text: word_of(raw, quoted).into(), span, quoted });
    }

    /// The statement has no more words.
    fn flush(&mut self) {
        let to = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        if self.from < to {
            if let Some(Part::Open(_, count)) = self.open.last().and_then(|block| self.parts.get_mut(*block)) {
                *count += 1;
            }
            self.parts.push(Part::Phrase(self.from..to));
            self.from = to;
        }
    }
}

/// The parts of a section on their way to statements.
struct Tree {
    file: usize,
    words: Rc<[Word]>,
    parts: vec::IntoIter<Part>,
}

impl Tree {
    /// The statements up to the end of the block; there are `count`.
    fn statements(&mut self, count: usize) -> Vec<Statement> {
        let mut out: Vec<Statement> = Vec::with_capacity(count);
        while let Some(part) = self.parts.next() {
            match part {
                Part::Phrase(range) => {
                    let phrase = phrase(Words::part(&self.words, range), None, false);
                    out.push(Statement { phrase: Some(phrase), block: None });
                }
                Part::Open(at, count) => {
                    let block = Block { open: Span::new(self.file, at, at + 1), statements: self.statements(count) };
                    if let Some(owner) = out.last_mut() {
                        owner.block = Some(block);
                    }
                }
                Part::Close => break,
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::Scraps;
    use crate::config::{Source, ast, lexer, preprocess};

    /// The statements and diagnostics of a text, and how many sections of it were plain.
    fn read(text: &str, plainly: bool) -> (String, usize) {
        let source = Source::single("keepalived.conf", text);
        let (mut out, mut tokens, mut count) = (Vec::new(), Vec::new(), 0);
        let mut reader = preprocess::Reader::new(&source);
        let mut builder = ast::Builder::new(&source, keywords::begins_a_section);
        loop {
            if plainly
                && builder.is_outside()
                && let Some((file, section)) = reader.plain()
            {
                builder.plain(file, &section);
                count += 1;
                continue;
            }
            let Some(line) = reader.next(&mut out) else { break };
            lexer::tokens(&line, &mut out, &mut reader.partial, &mut tokens);
            builder.partial = reader.partial;
            tokens.drain(..).for_each(|token| builder.take(token, &mut out));
        }
        builder.partial = reader.partial;
        let tree = builder.finish(&mut out);
        let statements: Vec<_> = tree.tops.iter().map(|top| tree.whole(top, &source)).collect();
        (format!("{statements:#?} {out:#?} {}", reader.partial), count)
    }

    fn plain(text: &str) -> usize {
        let (by_lines, _) = read(text, false);
        let (plainly, count) = read(text, true);
        assert_eq!(by_lines, plainly, "{text}");
        count
    }

    #[test]
    fn plain_sections_are_the_same_statements() {
        for text in [
            "vrrp_instance A {\n  a b\n}\nvrrp_instance B {\n\tc \"d e\" f\"g\"h\n\tk { l\n m\n\t}\n}",
            "virtual_server 10.0.0.1 80 { # {\n\r\n  a ! é $x\n\n  b\n  {\n   c }\n} # x\r\nvirtual_server \"a b\" {\n}\n",
            "vrrp_instance A { a } b\nvrrp_instance B { a { b } c { d } }\n\n  vrrp_instance  C  {\n  }\nvrrp_instance D { \"\" }",
        ] {
            assert!(plain(text) >= 2, "{text}");
        }
    }

    #[test]
    fn what_means_more_than_it_says_goes_by_lines() {
        for inside in [
            "a $B",
            "a \\# b",
            "@id a",
            "~SEQ(A,1,2) b",
            "include x",
            "include_check",
            "random_seed 1",
            "a { random_seed 1",
            "a \"b",
            "a \"{\"",
            "a é",
            "a \0",
            "a \r b",
            "{ a }",
            "a { b } { c }",
            "a {\n  }",
            "vrrp_instance B {\n}",
            "} b {",
            "} b",
            "{",
        ] {
            let text = format!("$B=1\nvrrp_instance A {{\n{inside}\n}}\n");
            assert_eq!(plain(&text), 0, "{text}");
        }
        for text in ["vrrp_instance A\n{\n}\n", "vrrp_instances A {\n}\n", "vrrp_instance A {\n", "vrrp_instance{\n}\n"]
        {
            assert_eq!(plain(text), 0, "{text}");
        }
        let long = |count| format!("vrrp_instance A {{\n# {}\n}}\n", "x".repeat(count));
        assert_eq!((plain(&long(MAX_LINE - 10)), plain(&long(MAX_LINE))), (1, 0));
    }

    quickcheck::quickcheck! {
        fn any_text_is_the_same(scraps: Scraps) -> bool {
            plain(&scraps.0);
            plain(&format!("vrrp_instance A {{\n{}\n}}\n{}", scraps.0, scraps.0));
            true
        }
    }
}
