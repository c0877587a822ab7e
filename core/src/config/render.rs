//! Mistakes as text: in the manner of rustc for people, in one line for a log.

use super::diagnostic::{Diagnostic, Severity, Span};
use super::secrets::Secrets;
use super::source::Source;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use core::cell::OnceCell;
use core::ops::Range;
use std::borrow::Cow;

/// All of `diagnostics`, each with the lines it is about, and a sentence that counts them. Passwords are blotted out.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], source: &Source, colour: bool) -> String {
    render_strictly(diagnostics, source, colour, false)
}

/// The same; with `strict` the last sentence says that warnings refuse the configuration too.
#[must_use]
pub fn render_strictly(diagnostics: &[Diagnostic], source: &Source, colour: bool, strict: bool) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(120);
    let places = Places::new(source);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&renderer.render(&[report(diagnostic, &places)]));
        out.push_str("\n\n");
    }
    out.push_str(&summary(diagnostics, strict));
    out
}

/// `file:line:column: severity: message; label; note; help`, without a line end.
#[must_use]
pub fn render_line(diagnostic: &Diagnostic, source: &Source) -> String {
    line(diagnostic, &Places::new(source))
}

/// A line for each of `diagnostics`, for a log.
#[must_use]
pub fn render_lines(diagnostics: &[Diagnostic], source: &Source) -> Vec<String> {
    let places = Places::new(source);
    diagnostics.iter().map(|diagnostic| line(diagnostic, &places)).collect()
}

fn line(diagnostic: &Diagnostic, places: &Places<'_>) -> String {
    let (line, column) = places.line_and_column(diagnostic.span.file(), diagnostic.span.start());
    let severity = diagnostic.severity.name();
    let file = places.file_name(diagnostic.span.file());
    let mut out = format!("{file}:{line}:{column}: {severity}: {}", diagnostic.message);
    let label = core::iter::once(&diagnostic.label).filter(|label| !label.is_empty());
    for more in label.chain(&diagnostic.notes).chain(&diagnostic.help) {
        out.push_str("; ");
        out.push_str(more);
    }
    clean(&out)
}

/// What a file contains must neither begin a line of a log nor speak to a terminal.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn summary(diagnostics: &[Diagnostic], strict: bool) -> String {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    let warnings = diagnostics.len() - errors;
    let count = |n: usize, what: &str| match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    };
    match (errors, warnings) {
        (0, 0) => String::new(),
        (0, w) if strict => format!("{}; the configuration is refused (--strict)\n", count(w, "warning")),
        (0, w) => format!("{}; the configuration can be run\n", count(w, "warning")),
        (e, 0) => format!("{}; the configuration is refused\n", count(e, "error")),
        (e, w) => format!("{} and {}; the configuration is refused\n", count(e, "error"), count(w, "warning")),
    }
}

/// Places of a diagnostic that are more lines apart are shown apart: what is between them would have to be looked at for each mistake.
const STRETCH: usize = 100;

fn report<'a>(diagnostic: &'a Diagnostic, places: &Places<'a>) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let title = level.primary_title(clean(&diagnostic.message)).id(diagnostic.code);
    let mut group = Group::with_title(title);
    let mut by_place: Vec<(Span, &str, AnnotationKind)> =
        vec![(diagnostic.span, diagnostic.label.as_str(), AnnotationKind::Primary)];
    by_place.extend(diagnostic.also.iter().map(|(span, label)| (*span, label.as_str(), AnnotationKind::Context)));

    for here in places.stretches(by_place, |(span, ..)| *span) {
        let Some((first, ..)) = here.first() else { continue };
        let file = first.file();
        let excerpt = places.excerpt(file, here.iter().map(|(span, ..)| *span));
        let mut snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line).path(places.file_name(file));
        for (span, label, kind) in here {
            let range = excerpt.range.start;
            let inside = span.start().saturating_sub(range)..span.end().saturating_sub(range);
            snippet = snippet.annotation(kind.span(inside).label((!label.is_empty()).then(|| clean(label))));
        }
        group = group.element(snippet);
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(clean(note)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(clean(help)));
    }
    group
}

/// Where lines begin, so that a place is found without reading the file again. A file is looked through when the first of its places is asked for: most have none.
pub(super) struct Places<'a> {
    source: &'a Source,
    starts: Vec<OnceCell<Vec<usize>>>,
    secrets: OnceCell<Secrets<'a>>,
}

struct Excerpt<'a> {
    text: Cow<'a, str>,
    range: Range<usize>,
    first_line: usize,
}

impl<'a> Places<'a> {
    pub(super) fn new(source: &'a Source) -> Places<'a> {
        Places { source, starts: vec![OnceCell::new(); source.files.len()], secrets: OnceCell::new() }
    }

    /// Where the lines of a file begin.
    fn starts(&self, file: usize) -> &[usize] {
        let found = || {
            let after_newlines = self.text(file).match_indices('\n').map(|(at, _)| at + 1);
            core::iter::once(0).chain(after_newlines).collect()
        };
        self.starts.get(file).map_or(&[], |starts| starts.get_or_init(found))
    }

    fn text(&self, file: usize) -> &'a str {
        self.source.files.get(file).map_or("", |file| file.text.as_str())
    }

    pub(super) fn file_name(&self, file: usize) -> &'a str {
        self.source.files.get(file).map_or("", |file| file.name.as_str())
    }

    /// The line of a byte, from 0.
    fn line(&self, file: usize, at: usize) -> usize {
        self.starts(file).partition_point(|start| *start <= at).saturating_sub(1)
    }

    fn start(&self, file: usize, line: usize) -> usize {
        self.starts(file).get(line).copied().unwrap_or(self.text(file).len())
    }

    /// From 1; columns count characters.
    pub(super) fn line_and_column(&self, file: usize, at: usize) -> (usize, usize) {
        let line = self.line(file, at);
        let before = self.text(file).get(self.start(file, line)..at).unwrap_or_default();
        (line + 1, before.chars().count() + 1)
    }

    /// Items that are shown together: those of a file whose lines are near each other. The stretch of the first item comes first.
    fn stretches<T>(&self, items: Vec<T>, span: impl Fn(&T) -> Span) -> Vec<Vec<T>> {
        let mut items: Vec<(usize, T)> = items.into_iter().enumerate().collect();
        items.sort_by_key(|(at, item)| (span(item).file(), span(item).start(), *at));
        let mut out: Vec<Vec<(usize, T)>> = Vec::new();
        for (at, item) in items {
            let here = span(&item);
            let near = |before: Span| {
                before.file() == here.file()
                    && self.line(here.file(), here.start()) <= self.line(before.file(), before.end()) + STRETCH
            };
            match out.last_mut() {
                Some(stretch) if stretch.last().is_some_and(|(_, last)| near(span(last))) => stretch.push((at, item)),
                _ => out.push(vec![(at, item)]),
            }
        }
        out.iter_mut().for_each(|stretch| stretch.sort_by_key(|(at, _)| *at));
        out.sort_by_key(|stretch| stretch.first().map(|(at, _)| *at));
        out.into_iter().map(|stretch| stretch.into_iter().map(|(_, item)| item).collect()).collect()
    }

    /// The whole lines that hold all of `spans`. Only as long as they are: a large file is not copied for each mistake.
    fn excerpt(&self, file: usize, spans: impl Iterator<Item = Span> + Clone) -> Excerpt<'a> {
        let first = spans.clone().map(|span| span.start()).min().unwrap_or(0);
        let last = spans.map(|span| span.end()).max().unwrap_or(first).max(first);
        let first_line = self.line(file, first);
        let start = self.start(file, first_line);
        let end = self.start(file, self.line(file, last.saturating_sub(1).max(first)) + 1);
        let text = self.text(file).get(start..end).unwrap_or_default();
        let secrets = self.secrets.get_or_init(|| Secrets::of(self.source));
        Excerpt { text: secrets.blotted(file, start, text), range: start..end, first_line: first_line + 1 }
    }
}
