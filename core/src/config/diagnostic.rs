//! Mistakes, located.

use core::cmp::Ordering;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The daemon goes on as the C version does, and says so. Keywords that are not built yet are of this kind.
    Warning,
    /// The configuration is refused: running it would do something other than was written.
    Error,
}

impl Severity {
    /// In one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A stretch of a source file, in bytes. Every word has one, so it is small: of a file with more than 4 GiB it shows no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    file: u32,
    start: u32,
    end: u32,
    /// The expansions that the words went through to get here.
    pub(super) via: Via,
}

/// An expansion of a definition or a turn of a `~SEQ`, and those around it. Diagnostics that leave the parser speak of them in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Via(pub(super) u32);

impl Via {
    /// Written as it is read.
    pub(super) const NONE: Via = Via(0);
}

impl Span {
    /// Words that are read as they are written.
    #[must_use]
    pub const fn new(file: usize, start: usize, end: usize) -> Span {
        Span { file: small(file), start: small(start), end: small(end), via: Via::NONE }
    }

    /// The same words, come through expansions.
    pub(super) const fn through(self, via: Via) -> Span {
        Span { via, ..self }
    }

    /// Nothing, where these words end.
    pub(super) const fn behind(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// Index into [`Source::files`](super::source::Source::files).
    #[must_use]
    pub const fn file(self) -> usize {
        self.file as usize
    }

    /// The first byte.
    #[must_use]
    pub const fn start(self) -> usize {
        self.start as usize
    }

    /// One past the last byte.
    #[must_use]
    pub const fn end(self) -> usize {
        self.end as usize
    }

    /// From the start of `self` to the end of `last`, which is in the same file and not before `self`.
    #[must_use]
    pub fn to(self, last: Span) -> Span {
        let via = if self.via < last.via { last.via } else { self.via };
        Span { end: last.end.max(self.end), via, ..self }
    }

    /// Whichever begins first.
    pub(super) fn earlier(self, other: Span) -> Span {
        if (other.file, other.start) < (self.file, self.start) { other } else { self }
    }

    /// Whichever begins last.
    pub(super) fn later(self, other: Span) -> Span {
        if (other.file, other.start) < (self.file, self.start) { self } else { other }
    }
}

const fn small(n: usize) -> u32 {
    if n > u32::MAX as usize { u32::MAX } else { n as u32 }
}

/// Where a value was written, beside the value. It is no part of what is said: any two are equal, and a recording does not have it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place(Option<Span>);

impl Place {
    /// Where it was written; `None`: in no source.
    #[must_use]
    pub const fn span(self) -> Option<Span> {
        self.0
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Place(Some(span))
    }
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A short stable word for the kind of mistake: `unknown-keyword`, `not-yet`, `out-of-range` ... All are in
    /// [`codes`](super::codes).
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// The exact words it is about.
    pub span: Span,
    /// What was expected there.
    pub label: String,
    /// Other places that belong to it, each with a label: where a name was first defined, and the like.
    pub also: Vec<(Span, String)>,
    /// What follows from it ("the instance is not started").
    pub notes: Vec<String>,
    /// What to do: "did you mean `priority`?"
    pub help: Option<String>,
    /// How often the same is wrong with the same words in other expansions.
    pub(super) again: usize,
    /// How many more places it is about.
    pub(super) others: usize,
}

impl Diagnostic {
    /// How often it happens: once, and in the other places that it is about, and wherever else the same words are expanded.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.again + self.others + 1
    }

    /// Whether it is about a file that cannot be included.
    pub(super) fn is_of_a_file(&self) -> bool {
        matches!(self.code, "missing-include" | "unreadable-include")
    }

    /// An error about `span`.
    pub(super) fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            span,
            label: String::new(),
            also: Vec::new(),
            notes: Vec::new(),
            help: None,
            again: 0,
            others: 0,
        }
    }

    /// A warning about `span`.
    pub(super) fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// With a label under the words.
    pub(super) fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// With another place.
    pub(super) fn also(mut self, span: Span, label: impl Into<String>) -> Diagnostic {
        self.also.push((span, label.into()));
        self
    }

    /// With what follows from it.
    pub(super) fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// With what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }
}
