//! Mistakes for machines. Serialised, this is what `keepalived check --format json` prints; docs/check-json.md describes it.

use super::diagnostic::{Diagnostic, Severity, Span};
use super::origin::Object;
use super::render::{Places, clean};
use super::source::Source;
use serde::Serialize;

/// Counts up when a field changes its meaning or goes away. New fields may come without.
pub const FORMAT: u32 = 1;

/// Everything that is said of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// The main file.
    pub file: String,
    /// Whether it can be run.
    pub verdict: Verdict,
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// Each of them, in the order of the text.
    pub diagnostics: Vec<Entry>,
    /// Every value in force, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force: Option<Object>,
}

/// Whether a configuration can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing to complain of.
    Fine,
    /// It can be run, with warnings.
    Warnings,
    /// It is refused.
    Refused,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The word of `keepalived explain`.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// The words it is about; absent where it is about no place in the text.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What was expected there; empty where the message says it all.
    pub label: String,
    /// What follows from it.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
}

/// A stretch of text. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, as it was named.
    pub file: String,
    /// The line of the first character.
    pub line: usize,
    /// The column of the first character.
    pub column: usize,
    /// One past the last character.
    pub end: End,
}

/// Where a stretch of text ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct End {
    /// The line.
    pub line: usize,
    /// The column after the last character.
    pub column: usize,
}

/// Another place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What is there.
    pub label: String,
}

/// The report on a configuration. With `strict` a warning is enough to refuse it.
#[must_use]
pub fn report(diagnostics: &[Diagnostic], source: &Source, strict: bool) -> Report {
    let places = Places::new(source);
    let file = source.files.first().map_or("", |file| file.name.as_str());
    of(file, diagnostics.iter().map(|diagnostic| entry(diagnostic, &places)).collect(), strict)
}

/// The report on a file that cannot be read.
#[must_use]
pub fn unreadable(file: &str, problem: &str) -> Report {
    let entry = Entry {
        code: "unreadable",
        severity: Severity::Error.name(),
        message: clean(problem),
        place: None,
        label: String::new(),
        notes: Vec::new(),
        help: None,
        related: Vec::new(),
    };
    of(file, vec![entry], false)
}

fn of(file: &str, diagnostics: Vec<Entry>, strict: bool) -> Report {
    let errors = diagnostics.iter().filter(|entry| entry.severity == Severity::Error.name()).count();
    let warnings = diagnostics.len() - errors;
    let verdict = match (errors, warnings) {
        (0, 0) => Verdict::Fine,
        (0, _) if !strict => Verdict::Warnings,
        _ => Verdict::Refused,
    };
    Report { format: FORMAT, file: file.to_owned(), verdict, errors, warnings, diagnostics, in_force: None }
}

fn entry(diagnostic: &Diagnostic, places: &Places<'_>) -> Entry {
    Entry {
        code: diagnostic.code,
        severity: diagnostic.severity.name(),
        message: clean(&diagnostic.message),
        place: Some(place(diagnostic.span, places)),
        label: clean(&diagnostic.label),
        notes: diagnostic.notes.iter().map(|note| clean(note)).collect(),
        help: diagnostic.help.as_deref().map(clean),
        related: diagnostic
            .also
            .iter()
            .map(|(span, label)| Related { place: place(*span, places), label: clean(label) })
            .collect(),
    }
}

fn place(span: Span, places: &Places<'_>) -> Place {
    let (line, column) = places.line_and_column(span.file(), span.start());
    let (end_line, end_column) = places.line_and_column(span.file(), span.end());
    let file = places.file_name(span.file()).to_owned();
    Place { file, line, column, end: End { line: end_line, column: end_column } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    fn told(text: &str, strict: bool) -> Report {
        let source = Source::single("keepalived.conf", text);
        report(&parse(&source).diagnostics, &source, strict)
    }

    const GOOD: &str =
        "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 10.0.0.1\n }\n";

    #[test]
    fn verdicts() {
        assert_eq!(told(&format!("{GOOD}}}"), false).verdict, Verdict::Fine);
        assert_eq!(told(&format!("{GOOD}}}"), true).verdict, Verdict::Fine);
        assert_eq!(told(&format!("{GOOD}prioritty 3\n}}"), false).verdict, Verdict::Warnings);
        assert_eq!(told(&format!("{GOOD}prioritty 3\n}}"), true).verdict, Verdict::Refused);
        let refused = told(&format!("{GOOD}prioritty 3\npriority high\n}}"), false);
        assert_eq!((refused.verdict, refused.errors, refused.warnings), (Verdict::Refused, 1, 1));
    }

    #[test]
    fn places_count_characters() {
        let report = told(&format!("{GOOD}\t# ärger\n\u{e4} 3 priority high\npriority  höch\n}}"), false);
        let place = report.diagnostics[1].place.as_ref().unwrap();
        assert_eq!((place.line, place.column, place.end), (9, 11, End { line: 9, column: 15 }));
    }

    #[test]
    fn related_places_are_there() {
        let report = told(&format!("{GOOD}priority 3\npriority 4\n}}"), false);
        let related = &report.diagnostics[0].related[0];
        assert_eq!((related.place.line, related.label.as_str()), (7, "first written here"));
    }
}
