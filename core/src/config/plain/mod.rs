//! Sections that are written out plainly: found by their braces alone, and split into words only when they are read.
//!
//! Nearly all of a large file is so: nothing in the section is about the text itself, nothing in it is odd, and every brace
//! has its partner. Whatever could mean more than it says goes the long way: preprocessor, lexer, tree. A block that is, byte for byte, one that was read
//! shortly before is neither looked through nor split again.

mod split;
#[cfg(test)]
mod tests;

pub(super) use split::{Copies, block, statement};

use super::ast::MANY;
use super::keywords;
use super::preprocess::MAX_LINE;
use core::ops::Range;

/// A block is compared with so many of those before it.
pub(super) const COPIED: usize = 4;

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

/// Blocks inside sections that were looked through, the last ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    last: [Seen; COPIED],
    next: usize,
}

/// One of them.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// From its `{` to behind its `}`.
    text: Range<usize>,
    /// The blanks before the line that it begins on.
    indent: Range<usize>,
    /// Where its last line begins, if that is another one, and the blanks there.
    last_line: Option<(usize, usize)>,
}

impl Blocks {
    fn add(&mut self, seen: Seen) {
        self.last[self.next % COPIED] = seen;
        self.next += 1;
    }

    /// The block that is the same as the one that begins at `at`.
    fn like(&self, bytes: &[u8], at: usize) -> Option<&Seen> {
        let rest = bytes.get(at..)?;
        // Most that are unlike have another length.
        let ends = |len: usize| len > 0 && rest.get(len - 1) == Some(&b'}');
        self.last.iter().find(|seen| ends(seen.text.len()) && rest.starts_with(&bytes[seen.text.clone()]))
    }
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

/// The section that begins on the line at `start`, if it is a plain one of [`MANY`]. `blocks` are of the same text.
pub(super) fn section(text: &str, start: usize, blocks: &mut Blocks) -> Option<Plain> {
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
    // Where the last block inside the section was opened.
    let mut inner = 0;
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
                fresh = true;
                if depth == 1 {
                    if let Some(seen) = blocks.like(bytes, at)
                        && bytes[seen.indent.clone()] == bytes[line..line + indent]
                        && at + seen.text.len() - line < MAX_LINE
                    {
                        if let Some((last, its_indent)) = seen.last_line {
                            (line, indent) = (at + (last - seen.text.start), its_indent);
                        }
                        at += seen.text.len();
                        continue;
                    }
                    inner = at;
                }
                open[depth] = (line, indent);
                depth += 1;
                at += 1;
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
                match depth {
                    0 => break,
                    1 => blocks.add(Seen {
                        text: inner..at,
                        indent: other..other + its_indent,
                        last_line: (line > inner).then_some((line, indent)),
                    }),
                    _ => {}
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
