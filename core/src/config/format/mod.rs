//! The normal form of a configuration's text.
//!
//! Lines are put together and taken apart at braces only, blanks change only outside quotes, and lines whose meaning
//! depends on something else (definitions, conditions, sequences, commands with escapes) are moved as a whole. So the
//! text means the same before and after: `parse(format(t)) == parse(t)`. And `format(format(t)) == format(t)`.
//!
//! It works on bytes: comments in old files are often not UTF-8, and stay what they are.

mod scan;
#[cfg(test)]
mod tests;

use scan::{Depth, Kind, Line, Piece, is_delicate, may_include, single_spaced, trim};

/// Blocks deeper than this are not indented further.
const DEEPEST: usize = 32;

/// At the beginning of a file it only says that the file is UTF-8, and is left out.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A text in its normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// The text.
    pub text: Vec<u8>,
    /// Why the normal form of it is probably not what is wanted, with the line it was noticed on, from 1.
    pub doubt: Option<(usize, &'static str)>,
}

/// Formats `text`. Total: what cannot be understood stays on its line.
#[must_use]
pub fn format(text: &[u8]) -> Formatted {
    let whole = text;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if text.trim_ascii_start().starts_with(BYTE_ORDER_MARK) {
        // It would come to the beginning of the file, and mean something else there.
        return Formatted { text: whole.to_vec(), doubt: None };
    }
    let mut writer = Writer::default();
    for body in text.split_inclusive(|b| *b == b'\n') {
        let end = body.iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |at| at + 1);
        writer.number += 1;
        // Inside of a definition blanks alone are nothing, while an empty line ends it.
        if writer.definition.is_none() || end == 0 || !trim(&body[..end]).is_empty() {
            writer.line(&Line::read(&body[..end]));
        }
    }
    writer.finish()
}

/// A line that is written.
#[derive(Debug, Default)]
struct Out {
    indent: usize,
    code: Vec<u8>,
    comment: Vec<u8>,
    /// A `{` on the next line belongs at its end.
    takes_brace: bool,
    /// It opens a block, or closes one: no blank line belongs on the inner side.
    opens: bool,
    closes: bool,
    /// Written as it was.
    raw: bool,
}

#[derive(Debug, Default)]
struct Writer<'t> {
    out: Vec<Out>,
    /// A blank line was seen since the last other one.
    gap: bool,
    depth: usize,
    /// How deep the value of a definition that goes on is, beyond its own depth.
    definition: Option<usize>,
    /// A run of lines for one machine only: their ids, and the depth of each after what it has said so far.
    conditions: Vec<(&'t [u8], usize)>,
    /// Braces on lines whose meaning is not known: counting proves nothing.
    uncertain: bool,
    number: usize,
    doubt: Option<(usize, &'static str)>,
}

fn moved(depth: usize, by: isize) -> usize {
    depth.saturating_add_signed(by)
}

impl<'t> Writer<'t> {
    fn line(&mut self, line: &Line<'t>) {
        if line.torn {
            self.doubt(line, "a quote is not closed");
        }
        if let Kind::Blank = line.kind {
            self.gap = true;
            return;
        }
        if let Some(inner) = self.definition {
            self.inside_definition(line, inner);
            return;
        }
        if !matches!(line.kind, Kind::Conditional(..) | Kind::Comment) {
            self.end_conditions();
        }
        match &line.kind {
            Kind::Blank => {}
            Kind::Comment => self.push(Out { indent: self.depth, comment: line.comment.to_vec(), ..Out::default() }),
            Kind::Pieces(pieces) => self.pieces(pieces, line.comment),
            Kind::Include => self.verbatim(self.depth, line),
            Kind::Verbatim(depth) => {
                self.uncertain |= depth.any || line.code.contains(&b'$');
                self.verbatim(self.depth.saturating_sub(depth.closes), line);
                self.depth = moved(self.depth, depth.change);
            }
            Kind::Conditional(id, depth) => self.condition(id, *depth, line),
            Kind::Definition(depth) => {
                self.verbatim(self.depth, line);
                self.definition = line.goes_on().then(|| moved(0, depth.change));
            }
            Kind::Raw => {
                self.push(Out { code: line.code.to_vec(), raw: true, ..Out::default() });
            }
        }
    }

    fn doubt(&mut self, line: &Line<'_>, why: &'static str) {
        // In a comment's line nothing is torn, and the first doubt is the one to look at.
        if !line.code.is_empty() && self.doubt.is_none() {
            self.doubt = Some((self.number, why));
        }
    }

    fn inside_definition(&mut self, line: &Line<'t>, inner: usize) {
        let depth = match &line.kind {
            Kind::Comment => {
                let indent = self.depth + 1 + inner;
                self.push(Out { indent, comment: line.comment.to_vec(), ..Out::default() });
                return;
            }
            Kind::Verbatim(depth) | Kind::Conditional(_, depth) | Kind::Definition(depth) => *depth,
            // A last line may have none of the marks of a definition.
            Kind::Pieces(pieces) => Depth::of(pieces),
            Kind::Blank | Kind::Include | Kind::Raw => Depth::default(),
        };
        if let Kind::Raw = line.kind {
            self.push(Out { code: line.code.to_vec(), raw: true, ..Out::default() });
        } else {
            self.verbatim(self.depth + 1 + inner.saturating_sub(depth.closes), line);
        }
        self.definition = line.goes_on().then(|| moved(inner, depth.change));
    }

    /// Lines of different machines beside each other are alternatives: what they open counts once.
    fn condition(&mut self, id: &'t [u8], depth: Depth, line: &Line<'t>) {
        self.uncertain |= depth.any;
        let at = self.conditions.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
            self.conditions.push((id, self.depth));
            self.conditions.len() - 1
        });
        let before = self.conditions[at].1;
        self.conditions[at].1 = moved(before, depth.change);
        self.verbatim(before.saturating_sub(depth.closes), line);
    }

    fn end_conditions(&mut self) {
        if let Some((_, depth)) = self.conditions.first() {
            self.depth = *depth;
        }
        self.conditions.clear();
    }

    fn verbatim(&mut self, indent: usize, line: &Line<'_>) {
        let defines = self.definition.is_some() || matches!(line.kind, Kind::Definition(_));
        let code = match line.code.strip_suffix(b"\\") {
            Some(before) if defines && matches!(before.last(), Some(b' ' | b'\t')) => [trim(before), b" \\"].concat(),
            _ if matches!(line.kind, Kind::Conditional(..)) && !line.torn && !is_delicate(line.code) => {
                // Blanks belong to the name of a file.
                if may_include(line.code) { line.code.to_vec() } else { single_spaced(line.code) }
            }
            _ => line.code.to_vec(),
        };
        self.push(Out { indent, code, comment: line.comment.to_vec(), ..Out::default() });
    }

    fn pieces(&mut self, pieces: &[Piece<'_>], comment: &[u8]) {
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Words(words) => {
                    let code = single_spaced(words);
                    self.push(Out { indent: self.depth, code, takes_brace: true, ..Out::default() });
                }
                Piece::Open => {
                    if !self.brace_at_end_of_head() {
                        self.push(Out { indent: self.depth, code: b"{".to_vec(), opens: true, ..Out::default() });
                    }
                    self.depth += 1;
                }
                Piece::Close => {
                    if self.depth == 0 && !self.uncertain && self.doubt.is_none() {
                        self.doubt = Some((self.number, "a `}` closes nothing"));
                    }
                    self.depth = self.depth.saturating_sub(1);
                    self.push(Out { indent: self.depth, code: b"}".to_vec(), closes: true, ..Out::default() });
                }
            }
            if at + 1 == pieces.len() && !comment.is_empty() {
                self.comment_behind(comment, *piece == Piece::Open);
            }
        }
    }

    /// Puts a `{` behind the words it belongs to, over comments between them.
    fn brace_at_end_of_head(&mut self) -> bool {
        let Some(at) = self.out.iter().rposition(|line| !line.code.is_empty()) else { return false };
        let head = &mut self.out[at];
        if !head.takes_brace {
            return false;
        }
        head.code.extend_from_slice(b" {");
        head.takes_brace = false;
        head.opens = true;
        let indent = self.depth + 1;
        self.out[at + 1..].iter_mut().for_each(|comment| comment.indent = indent);
        self.gap = false;
        true
    }

    /// A comment behind what was just written; on a line of its own where there is one already.
    fn comment_behind(&mut self, comment: &[u8], opens: bool) {
        match self.out.last_mut() {
            Some(last) if last.comment.is_empty() && (!opens || last.opens) => last.comment = comment.to_vec(),
            _ => self.push(Out { indent: self.depth, comment: comment.to_vec(), ..Out::default() }),
        }
    }

    fn push(&mut self, mut line: Out) {
        line.comment.truncate(trim(&line.comment).len());
        let gap = core::mem::take(&mut self.gap);
        let inside = self.definition.is_some();
        let wanted = self.out.last().is_some_and(|last| inside || !(last.opens || line.closes));
        if gap && wanted {
            self.out.push(Out { raw: true, ..Out::default() });
        }
        self.out.push(line);
    }

    fn finish(mut self) -> Formatted {
        self.end_conditions();
        if self.depth > 0 && !self.uncertain && self.doubt.is_none() {
            self.doubt = Some((self.number, "a block is not closed"));
        }
        let mut text = Vec::new();
        let mut at = 0;
        while at < self.out.len() {
            // Comments behind neighbours stand under each other.
            let run = run_of_comments(&self.out[at..]);
            let column = self.out[at..at + run].iter().map(|line| width(&line.code)).max().unwrap_or(0);
            for line in &self.out[at..at + run] {
                write(line, column, &mut text);
            }
            at += run;
        }
        Formatted { text, doubt: self.doubt }
    }
}

/// How many lines from here on have comments behind them at one indentation; at least 1.
fn run_of_comments(lines: &[Out]) -> usize {
    let both = |line: &Out| !line.code.is_empty() && !line.comment.is_empty() && !line.opens && !line.closes;
    let indent = lines.first().map_or(0, |line| line.indent);
    lines.iter().take_while(|line| both(line) && line.indent == indent).count().max(1)
}

/// In characters, where it is UTF-8.
fn width(code: &[u8]) -> usize {
    code.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

fn write(line: &Out, column: usize, text: &mut Vec<u8>) {
    if !line.raw {
        text.extend(core::iter::repeat_n(b' ', 4 * line.indent.min(DEEPEST)));
    }
    text.extend_from_slice(&line.code);
    if !line.comment.is_empty() {
        if !line.code.is_empty() {
            text.extend(core::iter::repeat_n(b' ', column - width(&line.code) + 1));
        }
        text.extend_from_slice(&line.comment);
    }
    text.push(b'\n');
}
