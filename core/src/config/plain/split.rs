//! A plain section's words and statements.

use super::{Blocks, Class, Seen, blanks, class, end_of_line, word};
use crate::config::ast::{Block, Statement};
use crate::config::diagnostic::Span;
use crate::config::lexer::{Word, Words};
use crate::config::pack::{phrase, word_of};
use core::ops::Range;
use std::rc::Rc;
use std::vec;

/// The blocks of which copies are known.
const WITH_COPIES: &str = "real_server";

/// What becomes of blocks that are written like others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Copies {
    /// They are marked as copies, and nothing is in them.
    Kept,
    /// They are read like the others.
    Spread,
}

/// Splits a plain section that begins at `start` into words.
pub(in crate::config) fn statement(text: &str, file: usize, start: usize, copies: Copies) -> Statement {
    split(text, file, start, copies).statements(1).pop().unwrap_or(Statement { phrase: None, block: None })
}

/// The same for a block alone, whose `{` is at `start`.
pub(in crate::config) fn block(text: &str, file: usize, start: usize) -> Block {
    let mut tree = split(text, file, start, Copies::Spread);
    tree.parts.next();
    Block::new(Span::new(file, start, start + 1), tree.statements(0))
}

fn split(text: &str, file: usize, start: usize, copies: Copies) -> Tree {
    let (words, parts, open) = (Vec::with_capacity(64), Vec::with_capacity(64), Vec::new());
    let blocks = (copies == Copies::Kept).then(Blocks::default);
    let mut splitter = Splitter { text, file, at: start, words, from: 0, parts, open, blocks };
    splitter.section();
    Tree { file, words: Rc::from(splitter.words), parts: splitter.parts.into_iter() }
}

/// What a section consists of.
enum Part {
    /// The words of a statement.
    Phrase(Range<u32>),
    /// A `{`, where it is, and how many statements are in its block.
    Open(usize, usize),
    /// A block: where it is, and where the one is that it is written like.
    Copy(usize, usize),
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
    /// The blocks of which there may be copies, unless they are not wanted.
    blocks: Option<Blocks>,
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
                    if self.is_copy() {
                        continue;
                    }
                    self.at += 1;
                    self.open.push(self.parts.len());
                    self.parts.push(Part::Open(from, 0));
                }
                Class::Close => {
                    self.flush();
                    self.at += 1;
                    self.parts.push(Part::Close);
                    let block = self.open.pop();
                    match self.open.len() {
                        0 => return,
                        1 => self.seen(block),
                        _ => {}
                    }
                }
                Class::Word | Class::Odd => {
                    self.at += word(&bytes[from..]).max(1);
                    self.word(from, false);
                }
            }
        }
    }

    /// Whether the block that begins here is a copy: then it is behind us.
    fn is_copy(&mut self) -> bool {
        let Some(blocks) = self.blocks.as_ref().filter(|_| self.open.len() == 1) else { return false };
        let Some(seen) = blocks.like(self.text.as_bytes(), self.at) else { return false };
        let Some(Part::Phrase(owner)) = self.parts.last() else { return false };
        if self.words.get(owner.start as usize).is_none_or(|word| word.text != WITH_COPIES) {
            return false;
        }
        self.parts.push(Part::Copy(self.at, seen.text.start));
        self.at += seen.text.len();
        true
    }

    /// A block inside the section ends here.
    fn seen(&mut self, block: Option<usize>) {
        let part = block.and_then(|block| self.parts.get(block));
        if let (Some(blocks), Some(Part::Open(from, _))) = (&mut self.blocks, part) {
            blocks.add(Seen { text: *from..self.at, ..Seen::default() });
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
                    let block = Block::new(Span::new(self.file, at, at + 1), self.statements(count));
                    if let Some(owner) = out.last_mut() {
                        owner.block = Some(block);
                    }
                }
                Part::Copy(at, of) => {
                    let open = Span::new(self.file, at, at + 1);
                    if let Some(owner) = out.last_mut() {
                        owner.block = Some(Block { copy_of: Some(of), ..Block::new(open, Vec::new()) });
                    }
                }
                Part::Close => break,
            }
        }
        out
    }
}
