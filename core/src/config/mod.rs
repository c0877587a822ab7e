//! Text to a typed configuration, with every mistake located.

mod ast;
mod build;
pub mod diagnostic;
pub mod keywords;
mod lexer;
pub mod model;
mod preprocess;
mod print;
pub mod render;
pub mod source;
#[cfg(test)]
mod tests;

pub use diagnostic::{Diagnostic, Severity, Span};
pub use print::{Secrets, print};
pub use render::{render, render_line, render_lines};
pub use source::{Source, SourceFile};

/// What a source says.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The configuration. Only to be run when [`Parsed::is_usable`].
    pub config: model::Config,
    /// Every mistake, in the order of the source.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether there is no error (warnings are allowed).
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.diagnostics.iter().all(|d| d.severity < Severity::Error)
    }
}

/// Reads a configuration. Total: any text gives a `Parsed`.
#[must_use]
pub fn parse(source: &Source) -> Parsed {
    let mut diagnostics = Vec::new();
    let preprocess::Lines { lines, mut partial } = preprocess::lines(source, &mut diagnostics);
    let tokens = lexer::tokens(&lines, &mut partial, &mut diagnostics);
    let tree = ast::tree(tokens, source, keywords::begins_a_section, partial, &mut diagnostics);
    let config = build::config(&tree, source, partial, &mut diagnostics);
    diagnostics.sort_by_key(|d| (d.span.file, d.span.start));
    Parsed { config, diagnostics }
}
