//! One line of text, taken apart no further than its shape needs.

/// A line is kept as it is when it is so long that another indentation could make it too long to be read.
const MOST: usize = 15 * 1024;

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// Nothing.
    Blank,
    /// A comment alone.
    Comment,
    /// Words and braces that may be put on lines of their own.
    Pieces(Vec<Piece<'t>>),
    /// A line whose words and blanks stay as they are. How many braces it closes at its beginning, and by how much it
    /// is deeper after it than before.
    Verbatim(Depth),
    /// The same for one machine only: its `@id`.
    Conditional(&'t [u8], Depth),
    /// It names files.
    Include,
    /// `$NAME=value`, and how deep its value ends.
    Definition(Depth),
    /// It is not touched: it is too long, or ends in something that would be taken for the end of a line.
    Raw,
}

/// How a line moves the depth of blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Depth {
    /// Braces that are closed before anything else.
    pub(super) closes: usize,
    /// Open braces less closing ones.
    pub(super) change: isize,
    /// There is a brace in it.
    pub(super) any: bool,
}

/// Part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Words.
    Words(&'t [u8]),
    /// `{`
    Open,
    /// `}`
    Close,
}

/// A physical line.
#[derive(Debug)]
pub(super) struct Line<'t> {
    /// What stands before the comment, without the blanks around it.
    pub(super) code: &'t [u8],
    /// From its `#` or `!` on; perhaps empty.
    pub(super) comment: &'t [u8],
    /// What it is, were it not part of a definition that goes on.
    pub(super) kind: Kind<'t>,
    /// A `"` has no partner.
    pub(super) torn: bool,
}

impl<'t> Line<'t> {
    /// Whether the value of a definition goes on in the next line.
    pub(super) fn goes_on(&self) -> bool {
        self.code.ends_with(b"\\")
    }

    /// Reads a line without its end.
    pub(super) fn read(body: &'t [u8]) -> Line<'t> {
        let text = trim(body);
        if body.len() > MOST || text.ends_with(b"\r") {
            return Line { code: body, comment: &[], kind: Kind::Raw, torn: false };
        }
        let (end, torn) = end_of_code(text);
        let (code, comment) = (trim(&text[..end]), &text[end..]);
        let kind = if code.is_empty() {
            if comment.is_empty() { Kind::Blank } else { Kind::Comment }
        } else {
            kind(code, torn)
        };
        Line { code, comment, kind, torn }
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Without blanks at both ends.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| !is_blank(*b)).unwrap_or(text.len());
    let end = text.iter().rposition(|b| !is_blank(*b)).map_or(start, |at| at + 1);
    &text[start..end]
}

/// Where the comment begins, and whether a quote is open there. The same rule as that of the preprocessor.
fn end_of_code(text: &[u8]) -> (usize, bool) {
    let mut quoted = false;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => quoted = !quoted,
            b'\\' => at += 1,
            b'#' | b'!' if !quoted => return (at, false),
            _ => {}
        }
        at += 1;
    }
    (text.len(), quoted)
}

fn kind(code: &[u8], torn: bool) -> Kind<'_> {
    if code[0] == b'@' {
        let end = code.iter().position(|b| is_blank(*b)).unwrap_or(code.len());
        let rest = trim(&code[end..]);
        // A definition for one machine goes on like any other.
        return if is_definition(rest) {
            Kind::Definition(depth(rest))
        } else {
            Kind::Conditional(&code[..end], depth(rest))
        };
    }
    if is_definition(code) {
        return Kind::Definition(depth(code));
    }
    if is_include(code) {
        return Kind::Include;
    }
    if torn || code[0] == b'~' || is_delicate(code) {
        return Kind::Verbatim(depth(code));
    }
    let pieces = pieces(code);
    // At the beginning of a line these would mean something else.
    let moved = |piece: &Piece<'_>| matches!(piece, Piece::Words(words) if matches!(words[0], b'@' | b'~') || is_include(words));
    if pieces.iter().any(moved) { Kind::Verbatim(depth(code)) } else { Kind::Pieces(pieces) }
}

/// Whether even its blanks had better stay. What a `$NAME` stands for is not known here; backslashes and single quotes mean
/// something to scripts; and what is no printable ASCII may only look like a blank or a quote.
pub(super) fn is_delicate(code: &[u8]) -> bool {
    code.iter().any(|byte| matches!(byte, b'$' | b'\\' | b'\'') || !matches!(byte, b'\t' | b' '..=b'~'))
}

fn is_definition(code: &[u8]) -> bool {
    let Some(rest) = code.strip_prefix(b"$") else { return false };
    let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    name > 0 && trim(&rest[name..]).starts_with(b"=")
}

fn is_include(code: &[u8]) -> bool {
    let word = code.split(|b| is_blank(*b)).next().unwrap_or_default();
    word.starts_with(b"include") && word.len() <= b"include".len() + 1
}

/// Whether files may be named behind the `@id` of a line.
pub(super) fn may_include(code: &[u8]) -> bool {
    code.split(|b| is_blank(*b)).any(is_include)
}

/// Words and braces, as the lexer sees them.
fn pieces(code: &[u8]) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < code.len() {
        match code[at] {
            b'"' => at = past(code, at + 1, b'"'),
            b'$' if code.get(at + 1) == Some(&b'{') => at = past(code, at + 2, b'}'),
            brace @ (b'{' | b'}') => {
                push_words(&code[start..at], &mut out);
                out.push(if brace == b'{' { Piece::Open } else { Piece::Close });
                at += 1;
                start = at;
            }
            _ => at += 1,
        }
    }
    push_words(&code[start..], &mut out);
    out
}

fn push_words<'t>(text: &'t [u8], out: &mut Vec<Piece<'t>>) {
    let words = trim(text);
    if !words.is_empty() {
        out.push(Piece::Words(words));
    }
}

/// One past the next `byte`, or the end.
fn past(code: &[u8], from: usize, byte: u8) -> usize {
    code[from..].iter().position(|b| *b == byte).map_or(code.len(), |at| from + at + 1)
}

fn depth(code: &[u8]) -> Depth {
    Depth::of(&pieces(code))
}

impl Depth {
    /// What these pieces do.
    pub(super) fn of(pieces: &[Piece<'_>]) -> Depth {
        let mut depth = Depth::default();
        let mut leading = true;
        for piece in pieces {
            match piece {
                Piece::Words(_) => {}
                Piece::Open => depth.change += 1,
                Piece::Close => depth.change -= 1,
            }
            leading &= *piece == Piece::Close;
            depth.closes += usize::from(leading);
            depth.any |= !matches!(piece, Piece::Words(_));
        }
        depth
    }
}

/// Runs of blanks outside quotes become one space.
pub(super) fn single_spaced(words: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(words.len());
    let mut quoted = false;
    for byte in words {
        quoted ^= *byte == b'"';
        if !quoted && is_blank(*byte) {
            if out.last() != Some(&b' ') {
                out.push(b' ');
            }
        } else {
            out.push(*byte);
        }
    }
    out
}
