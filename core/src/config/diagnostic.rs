//! Mistakes, located.

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The daemon goes on as the C version does, and says so. Keywords that are not built yet are of this kind.
    Warning,
    /// The configuration is refused: running it would do something other than was written.
    Error,
}

/// A stretch of a source file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Index into [`Source::files`](super::source::Source::files).
    pub file: usize,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A short stable word for the kind of mistake: `unknown-keyword`, `not-yet`, `out-of-range` ...
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// The exact words it is about.
    pub span: Span,
    /// What was expected there.
    pub label: String,
    /// What follows from it ("the instance is not started"), where it was first defined, and the like.
    pub notes: Vec<String>,
    /// What to do: "did you mean `priority`?"
    pub help: Option<String>,
}
