//! Text to a typed configuration, with every mistake located.

pub mod again;
mod ast;
mod build;
pub mod codes;
pub mod diagnostic;
pub mod format;
pub mod idle;
pub mod interfaces;
pub mod keywords;
mod lexer;
pub mod manual;
pub mod model;
pub mod origin;
mod pack;
pub mod pattern;
mod plain;
mod preprocess;
mod print;
pub mod regexes;
pub mod render;
pub mod report;
pub mod scripts;
mod secrets;
pub mod source;
#[cfg(test)]
mod tests;
pub mod trust;

pub use diagnostic::{Diagnostic, Place, Severity, Span};
pub use origin::origins;
pub use preprocess::needs;
pub use print::{Secrets, print};
pub use render::{render, render_line, render_lines, render_strictly};
pub use report::{Report, report};
pub use source::{Settings, Source, SourceFile};

/// What a source says.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The configuration. Only to be run when [`Parsed::is_usable`].
    pub config: model::Config,
    /// Every mistake, in the order of the source.
    pub diagnostics: Vec<Diagnostic>,
    interfaces: interfaces::Named,
    /// What can be found again when the next text is read.
    pub sections: again::Sections,
    expansions: preprocess::Expansions,
}

impl Parsed {
    /// Whether there is no error (warnings are allowed).
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.diagnostics.iter().all(|d| d.severity < Severity::Error)
    }

    /// Adds what was found out later, each in its place. `source` is what was parsed.
    fn add(&mut self, mut found: Vec<Diagnostic>, source: &Source) {
        found.sort_by_key(|d| (d.span.file(), d.span.start()));
        self.expansions.tell(source, &mut found);
        self.diagnostics.extend(found);
        self.diagnostics.sort_by_key(|d| (d.span.file(), d.span.start()));
    }
}

/// Text to statements, and the reader that knows what became of the text on the way.
fn syntax<'s>(source: &'s Source, diagnostics: &mut Vec<Diagnostic>) -> (ast::Tree, preprocess::Reader<'s>) {
    let mut reader = preprocess::Reader::new(source);
    let mut builder = ast::Builder::new(source, keywords::begins_a_section);
    let mut tokens = Vec::new();
    loop {
        if builder.is_outside()
            && let Some((file, section)) = reader.plain()
        {
            builder.plain(file, &section);
            continue;
        }
        let Some(line) = reader.next(diagnostics) else { break };
        lexer::tokens(&line, diagnostics, &mut reader.partial, &mut tokens);
        builder.partial = reader.partial;
        tokens.drain(..).for_each(|token| builder.take(token, diagnostics));
        if builder.full {
            reader.partial = true;
            break;
        }
    }
    builder.partial = reader.partial;
    (builder.finish(diagnostics), reader)
}

/// Reads a configuration. Total: any text gives a `Parsed`.
#[must_use]
pub fn parse(source: &Source) -> Parsed {
    parsed(source, None)
}

/// The same for somebody who will read it again, or does so: sooner where something was read before, and [`Parsed::sections`] is filled in.
#[must_use]
pub fn parse_again(source: &Source, before: again::Before<'_>) -> Parsed {
    parsed(source, Some(before))
}

fn parsed(source: &Source, before: Option<again::Before<'_>>) -> Parsed {
    let mut diagnostics = Vec::new();
    let (tree, reader) = syntax(source, &mut diagnostics);
    let (config, interfaces, sections) = build::config(&tree, source, reader.partial, before, &mut diagnostics);
    diagnostics.sort_by_key(|d| (d.span.file(), d.span.start()));
    reader.expansions.tell(source, &mut diagnostics);
    Parsed { config, diagnostics, interfaces, sections, expansions: reader.expansions }
}
