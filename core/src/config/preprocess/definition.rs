//! `$NAME=value`, in one line or several.

use super::text::Text;
use super::{Frame, Reader};
use crate::config::diagnostic::{Diagnostic, Span};
use std::sync::Arc;

/// What a name stands for.
pub(super) struct Definition<'s> {
    pub(super) name: Arc<str>,
    /// One line, or more.
    pub(super) lines: Vec<Text<'s>>,
    /// It was written as one of several lines, even if only one was left.
    pub(super) several: bool,
    /// Where it was written.
    pub(super) place: Span,
    /// Its number in the table; `None` for what a `~SEQ` counts.
    pub(super) number: Option<u32>,
}

impl Definition<'_> {
    pub(super) fn recursive(&self, used: Span) -> Diagnostic {
        Diagnostic::error("recursive-definition", used, format!("`${}` is defined by itself", self.name))
            .label("this never ends")
            .note("the line is left out, and the configuration is refused")
            .also(self.place, "defined here")
    }
}

impl<'s> Reader<'s> {
    /// A line of a file, with what is a definition of several lines carried out.
    pub(super) fn physical(
        &mut self,
        file: usize,
        start: usize,
        line: &'s str,
        out: &mut Vec<Diagnostic>,
    ) -> Option<Text<'s>> {
        let text = self.uncommented(file, start, line, out)?;
        if text.as_str().ends_with('\\')
            && text.as_str().starts_with(['$', '@'])
            && let Some((condition, rest)) = self.conditions(&text)
            && definition_name(rest.as_str()).is_some()
        {
            let lines = self.continued(file, rest, out);
            if condition {
                self.define(lines, true, out);
            }
            return None;
        }
        Some(text)
    }

    /// The lines of a definition that goes on.
    fn continued(&mut self, file: usize, first: Text<'s>, out: &mut Vec<Diagnostic>) -> Vec<Text<'s>> {
        let source = self.source;
        let text = source.text(file);
        let mut lines = vec![first];
        let mut offset = match self.frames.last() {
            Some(Frame::File { offset, .. }) => *offset,
            _ => text.len(),
        };
        while offset < text.len() {
            let start = offset;
            let end = text[start..].find('\n').map_or(text.len(), |at| start + at + 1);
            let line = &text[start..end];
            if line.trim_end_matches(['\n', '\r']).is_empty() {
                // As in the C version, an empty line ends it, and lines with nothing but a comment do not.
                self.goes_on_behind(file, end, &lines[0], out);
                break;
            }
            offset = end;
            let Some(line) = self.uncommented(file, start, line, out) else { continue };
            let goes_on = line.as_str().ends_with('\\');
            lines.push(line);
            if !goes_on {
                break;
            }
        }
        if let Some(Frame::File { offset: position, .. }) = self.frames.last_mut() {
            *position = offset;
        }
        lines
    }

    /// Whoever writes `\` at the end of a line behind an empty one thinks that the definition still goes on.
    fn goes_on_behind(&mut self, file: usize, from: usize, definition: &Text<'s>, out: &mut Vec<Diagnostic>) {
        let text = self.source.text(file);
        let start = from + text[from..].find(|c: char| !c.is_ascii_whitespace()).unwrap_or(text.len() - from);
        let next = text[start..].lines().next().unwrap_or_default().trim_end_matches([' ', '\t', '\r']);
        if !next.ends_with('\\') || definition_name(behind_ids(next)).is_some() {
            return;
        }
        let Some(name) = definition_name(definition.as_str()) else { return };
        let d = Diagnostic::error(
            "bad-definition",
            Span::new(file, start, start + next.len()),
            "a line that continues nothing",
        )
        .label(format!("the empty line above ended the definition of `${name}`"))
        .also(definition.span(0, 1 + name.len()), "it begins here")
        .help("remove the empty line, or put a `\\` on it");
        self.partial = true;
        self.report(d, out);
    }

    /// Carries out a `$NAME=value`, which may have more lines.
    pub(super) fn define(&mut self, lines: Vec<Text<'s>>, several: bool, out: &mut Vec<Diagnostic>) {
        let Some(first) = lines.first() else { return };
        let Some(name) = definition_name(first.as_str()) else { return };
        let value = 1 + name.len();
        let place = first.span(0, value);
        let name: Arc<str> = Arc::from(name);
        let equals = first.as_str()[value..].find('=').map_or(value, |at| value + at);
        if equals > value {
            let d = Diagnostic::error(
                "bad-definition",
                first.span(value, equals),
                "a blank before the `=` of a definition",
            )
            .label("no blank may stand here")
            .help(format!("write `${name}=`"));
            self.report(d, out);
        }
        let mut body = Vec::with_capacity(lines.len());
        for (at, line) in lines.iter().enumerate() {
            let from = if at == 0 { equals + 1 } else { 0 };
            let to = if several {
                line.as_str().strip_suffix('\\').map_or(line.len(), str::len).max(from)
            } else {
                line.len()
            };
            let line = line.part(from, to);
            if !several || line.len() > 0 {
                body.push(line);
            }
        }
        let end = if several { None } else { first.len().checked_sub(1) };
        let shown = end.map_or(place, |_| first.span(0, first.len()));
        let number = Some(self.expansions.defined(Arc::clone(&name), shown));
        let several = several && !body.is_empty();
        self.definitions.insert(Arc::clone(&name), Arc::new(Definition { name, lines: body, several, place, number }));
    }
}

/// A line without the `@id` and `@^id` that it begins with.
fn behind_ids(mut line: &str) -> &str {
    while line.starts_with('@') {
        line = line.find([' ', '\t']).map_or("", |end| line[end..].trim_start_matches([' ', '\t']));
    }
    line
}

/// The letters, digits and underscores at the start of `text`, unless a digit is the first.
pub(super) fn variable_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) { "" } else { &text[..end] }
}

/// The name that a `$NAME=value` defines. With blanks before the `=` too: what else could be meant?
pub(in crate::config) fn definition_name(line: &str) -> Option<&str> {
    let name = variable_name(line.strip_prefix('$')?);
    let rest = &line[1 + name.len()..];
    (!name.is_empty() && rest.trim_start_matches([' ', '\t']).starts_with('=')).then_some(name)
}

pub(super) fn is_definition(line: &str) -> bool {
    definition_name(line).is_some()
}
