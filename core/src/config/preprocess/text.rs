//! Text that knows where each of its bytes was written.

use crate::config::diagnostic::{Span, Via};
use std::borrow::Cow;

/// A line, or a part of one. As long as nothing is replaced in it, it is a stretch of a file; afterwards it consists of pieces.
#[derive(Clone, Debug)]
pub(in crate::config) struct Text<'s> {
    text: Cow<'s, str>,
    file: usize,
    start: usize,
    /// Through what the whole line came here.
    pub(super) via: Via,
    pieces: Vec<Piece>,
    /// A quote in it is not closed, and that has been reported.
    pub(in crate::config) torn: bool,
}

/// A stretch of a text.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Piece {
    /// Where it begins in the text.
    pub(in crate::config) at: usize,
    /// Where it was written.
    pub(in crate::config) start: usize,
    /// How long that is. Of what is there as it was written, the piece's own length at least.
    pub(in crate::config) len: usize,
    /// Through what it came here.
    pub(in crate::config) via: Via,
    /// It stands for what was written: all of its bytes have the same place.
    pub(in crate::config) stands: bool,
}

impl<'s> Text<'s> {
    /// A stretch of a file.
    pub(in crate::config) fn new(text: &'s str, file: usize, start: usize) -> Text<'s> {
        Text { text: Cow::Borrowed(text), file, start, via: Via::NONE, pieces: Vec::new(), torn: false }
    }

    /// A value that stands for what is written at `place`.
    pub(super) fn owned(value: String, place: Span) -> Text<'s> {
        let piece =
            Piece { at: 0, start: place.start(), len: place.end() - place.start(), via: place.via, stands: true };
        let (file, start, via) = (place.file(), place.start(), place.via);
        Text { text: Cow::Owned(value), file, start, via, pieces: vec![piece], torn: false }
    }

    /// Words with a blank between them, each where it was written. All are in one file.
    pub(in crate::config) fn joined<'w>(words: impl Iterator<Item = (&'w str, Span)>) -> Text<'s> {
        let mut out = Text::new("", 0, 0);
        for (word, place) in words {
            let text = out.text.to_mut();
            if !text.is_empty() {
                text.push(' ');
            }
            let (at, len) = (text.len(), place.end() - place.start());
            text.push_str(word);
            out.file = place.file();
            out.pieces.push(Piece { at, start: place.start(), len, via: place.via, stands: true });
        }
        out
    }

    /// A text that was taken apart.
    pub(in crate::config) fn from_pieces(
        text: String,
        file: usize,
        start: usize,
        via: Via,
        pieces: Vec<Piece>,
    ) -> Text<'static> {
        Text { text: Cow::Owned(text), file, start, via, pieces, torn: false }
    }

    /// Its file, where it begins, and through what the whole of it came here.
    pub(in crate::config) fn place(&self) -> (usize, usize, Via) {
        (self.file, self.start, self.via)
    }

    /// The stretches it consists of; none where it is simply a stretch of a file.
    pub(in crate::config) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(in crate::config) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// The same, come through another expansion.
    pub(super) fn through(&self, via: Via) -> Text<'s> {
        Text { via, ..self.clone() }
    }

    /// Whether it is not simply a stretch of a file.
    pub(in crate::config) fn is_pieced(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// Through what the whole line came here.
    pub(in crate::config) fn via(&self) -> Via {
        self.via
    }

    /// The same, apart from its source.
    pub(in crate::config) fn into_owned(self, via: Via) -> Text<'static> {
        Text { text: Cow::Owned(self.text.into_owned()), via, ..self }
    }

    /// Where the bytes from `from` to `to` were written.
    pub(in crate::config) fn span(&self, from: usize, to: usize) -> Span {
        if self.pieces.is_empty() {
            return Span::new(self.file, self.start + from, self.start + to).through(self.via);
        }
        let first = self.piece(from);
        let last = self.piece(to.max(from + 1) - 1).max(first);
        let (head, tail) = (&self.pieces[first], &self.pieces[last]);
        let start = if head.stands { head.start } else { head.start + (from - head.at).min(head.len) };
        let end = if tail.stands { tail.start + tail.len } else { tail.start + (to - tail.at).min(tail.len) };
        // The latest expansion is the innermost, and those of one word follow on each other.
        let via = self.pieces[first..=last].iter().map(|piece| piece.via).fold(self.via, Via::max);
        Span::new(self.file, start, end.max(start)).through(via)
    }

    /// Where its first character was written.
    pub(in crate::config) fn first(&self) -> Span {
        self.span(0, self.text.chars().next().map_or(0, char::len_utf8))
    }

    /// The index of the piece that a byte is in.
    fn piece(&self, at: usize) -> usize {
        self.pieces.partition_point(|piece| piece.at <= at).saturating_sub(1)
    }

    /// From `from` to `to`, without the blanks at both ends.
    pub(in crate::config) fn part(&self, from: usize, to: usize) -> Text<'s> {
        let whole = &self.text[from..to];
        let trimmed = whole.trim_start_matches([' ', '\t']);
        let from = from + whole.len() - trimmed.len();
        let to = from + trimmed.trim_end_matches([' ', '\t']).len();
        let text = match &self.text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[from..to]),
            Cow::Owned(text) => Cow::Owned(text[from..to].to_owned()),
        };
        let mut out = Text {
            text,
            file: self.file,
            start: self.start + from,
            via: self.via,
            pieces: Vec::new(),
            torn: self.torn,
        };
        if !self.pieces.is_empty() {
            let end = self.piece(to.max(from + 1) - 1);
            out.pieces.extend(self.pieces[self.piece(from)..=end].iter().map(|piece| piece.moved_left(from)));
        }
        out
    }

    /// Puts `value` in the place of the bytes from `from` to `to`. It stands for what was written there.
    pub(super) fn replace(&mut self, from: usize, to: usize, value: &str, via: Via) {
        let place = self.span(from, to);
        let piece = Piece { at: from, start: place.start(), len: place.end() - place.start(), via, stands: true };
        self.splice(from, to, value, Some(piece));
    }

    /// Takes the bytes from `from` to `to` away.
    pub(super) fn remove(&mut self, from: usize, to: usize) {
        self.splice(from, to, "", None);
    }

    fn splice(&mut self, from: usize, to: usize, value: &str, piece: Option<Piece>) {
        if self.pieces.is_empty() {
            self.pieces.push(Piece { at: 0, start: self.start, len: self.len(), via: self.via, stands: false });
        }
        let first = self.piece(from);
        let keeps_head = self.pieces[first].at < from;
        let after = self.piece(to);
        let mut tail = (to < self.len()).then(|| self.pieces[after].moved_left(to));
        if let Some(tail) = &mut tail {
            tail.at = from + value.len();
        }
        let begin = if keeps_head { first + 1 } else { first };
        let end = (after + 1).max(begin);
        for later in &mut self.pieces[end..] {
            later.at = later.at - to + from + value.len();
        }
        let piece = piece.filter(|_| !value.is_empty());
        self.pieces.splice(begin..end, piece.into_iter().chain(tail));
        self.text.to_mut().replace_range(from..to, value);
        if self.pieces.is_empty() {
            self.pieces.push(Piece { at: 0, start: self.start, len: 0, via: self.via, stands: false });
        }
    }
}

impl Piece {
    /// As it is in a text that begins at `from`.
    fn moved_left(self, from: usize) -> Piece {
        if self.at >= from {
            return Piece { at: self.at - from, ..self };
        }
        let cut = from - self.at;
        if self.stands {
            return Piece { at: 0, ..self };
        }
        Piece { at: 0, start: self.start + cut, len: self.len.saturating_sub(cut), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &Text<'_>) -> Vec<(usize, usize, u32)> {
        (0..text.len()).map(|at| text.span(at, at + 1)).map(|span| (span.start(), span.end(), span.via.0)).collect()
    }

    #[test]
    fn what_is_not_touched_keeps_its_place() {
        let mut text = Text::new("ab$Xcd", 3, 10);
        assert_eq!(text.span(1, 4), Span::new(3, 11, 14));
        text.replace(2, 4, "123", Via(7));
        assert_eq!(text.as_str(), "ab123cd");
        let x = (12, 14, 7);
        assert_eq!(places(&text), [(10, 11, 0), (11, 12, 0), x, x, x, (14, 15, 0), (15, 16, 0)]);
        assert_eq!(text.span(0, 7), Span::new(3, 10, 16).through(Via(7)));
        text.replace(3, 4, "", Via(8));
        assert_eq!(text.as_str(), "ab13cd");
        assert_eq!(places(&text), [(10, 11, 0), (11, 12, 0), x, x, (14, 15, 0), (15, 16, 0)]);
        text.remove(0, 1);
        assert_eq!(places(&text), [(11, 12, 0), x, x, (14, 15, 0), (15, 16, 0)]);
        let part = text.part(2, 4);
        assert_eq!((part.as_str(), places(&part)), ("3c", vec![x, (14, 15, 0)]));
    }

    #[test]
    fn parts_have_no_blanks_around_them() {
        let text = Text::new("  ab cd  ", 0, 5);
        let part = text.part(1, 9);
        assert_eq!((part.as_str(), part.span(0, 5)), ("ab cd", Span::new(0, 7, 12)));
        assert_eq!(text.part(0, 2).as_str(), "");
    }

    /// Every byte that is not replaced is where it was written, whatever is replaced around it.
    #[test]
    fn replacing_moves_nothing_else() {
        fn property(cuts: Vec<(u8, u8, u8)>) -> bool {
            let source = "abcdefghijklmnopqrstuvwxyz";
            let mut text = Text::new(source, 0, 0);
            for (at, len, more) in cuts {
                let from = at as usize % (text.len() + 1);
                let to = (from + len as usize % 5).min(text.len());
                match more % 4 {
                    0 => text.remove(from, to),
                    n => text.replace(from, to, &"ABC"[..n as usize], Via(1)),
                }
                for (at, b) in text.as_str().bytes().enumerate() {
                    let span = text.span(at, at + 1);
                    if span.end() > source.len() || span.start() > span.end() {
                        return false;
                    }
                    if b.is_ascii_lowercase() && source.as_bytes()[span.start()] != b {
                        return false;
                    }
                }
            }
            true
        }
        quickcheck::quickcheck(property as fn(Vec<(u8, u8, u8)>) -> bool);
    }
}
