//! Between the text and the lexer: comments are cut off, and the lines that speak about the text itself are carried out:
//! `include`, `@id`, `$NAME=value`, `~SEQ` and `~LST`, and the uses of what is defined.
//!
//! Lines come out one by one, each with the place of every byte of it. What each line may cause is bounded, and so is the whole.

mod bounds;
mod comment;
mod definition;
pub(in crate::config) mod expansion;
mod include;
mod random;
mod repeat;
mod substitute;
pub(in crate::config) mod text;
mod watch;

use super::diagnostic::{Diagnostic, Severity, Span, Via};
use super::plain::{self, Plain};
use super::source::{Need, Source};
pub(super) use bounds::Limits;
pub(super) use definition::definition_name;
use definition::{Definition, is_definition};
pub(super) use expansion::Expansions;
use expansion::Turns;
use include::Checks;
use random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use text::Text;

/// Far more than anybody writes (the C version stops at 1022 bytes); it keeps the work for each byte bounded.
pub(super) const MAX_LINE: usize = 16 * 1024;

/// How many lines may be left out because of what is put into them: nothing can come of a repetition of such lines.
const MAX_LEFT_OUT: usize = 10_000;

/// How deeply files may include each other.
const MAX_FILES: usize = 32;

/// How deeply definitions and repetitions may be in each other.
const MAX_FRAMES: usize = 512;

/// How often one line may turn out to be something else once its values are in place.
const MAX_TURNS: usize = 64;

/// A line of the language proper; never empty.
#[derive(Debug)]
pub(super) struct Line<'s> {
    /// Its text.
    pub(super) text: Text<'s>,
    /// Something in it is wrong and has been reported: nothing can be said about it.
    pub(super) unresolved: bool,
}

/// Reads a source.
pub(super) struct Reader<'s> {
    source: &'s Source,
    frames: Vec<Frame<'s>>,
    definitions: BTreeMap<Arc<str>, Arc<Definition<'s>>>,
    /// Through what lines came.
    pub(super) expansions: Expansions,
    /// Whether anything was left out or undecided: nothing can be said about what is missing.
    pub(super) partial: bool,
    /// What is needed and was not given yet.
    pub(super) needs: BTreeSet<Need>,
    /// What a `random_seed` said.
    seed: Option<u32>,
    random: Random,
    checks: Checks,
    /// Files that were read before.
    known: Vec<bool>,
    limits: Limits,
    lines: usize,
    bytes: usize,
    /// Lines with values that cannot be put in.
    left_out: usize,
    /// What has been said already, and where: a line can be read many times.
    said: BTreeSet<(&'static str, Severity, usize, usize, String)>,
    /// How many files were not found or not read.
    misses: usize,
    /// A file, and blocks of it that were looked through.
    blocks: (usize, plain::Blocks),
}

/// Where the next line comes from.
enum Frame<'s> {
    /// Files of an `include`, one after the other.
    Files { files: Vec<usize>, next: usize, place: Span, checks: Checks },
    /// A file.
    File { file: usize, offset: usize, again: bool, checks: Checks },
    /// The lines of a definition.
    Lines { definition: Arc<Definition<'s>>, next: usize, via: Via, place: Span },
    /// A line, repeated.
    Repeat { turns: Arc<Turns>, next: u64, number: u32, text: Text<'s> },
    /// What is left of a line.
    Rest(Text<'s>),
}

/// What is still to be read before a source is whole.
#[must_use]
pub fn needs(source: &Source) -> Vec<Need> {
    needs_within(source, Limits::default())
}

pub(super) fn needs_within(source: &Source, limits: Limits) -> Vec<Need> {
    // Most configurations are one file, and are not looked through for nothing.
    if !source.files.iter().any(|file| file.text.contains("include")) {
        return Vec::new();
    }
    let mut reader = Reader::with_limits(source, limits);
    let mut out = Vec::new();
    while reader.plain().is_some() || reader.next(&mut out).is_some() {}
    reader.needs.into_iter().collect()
}

impl<'s> Reader<'s> {
    /// Begins with the main file.
    pub(super) fn new(source: &'s Source) -> Reader<'s> {
        Reader::with_limits(source, Limits::default())
    }

    /// The same with other limits.
    pub(super) fn with_limits(source: &'s Source, limits: Limits) -> Reader<'s> {
        let mut reader = Reader::with_seed(source, limits, source.settings.seed);
        // A `random_seed` counts for what stands above it too.
        let has = |word| source.files.iter().any(|file| file.text.contains(word));
        if has("random_seed") && has("_RANDOM") {
            let mut out = Vec::new();
            while reader.next(&mut out).is_some() {}
            reader = Reader::with_seed(source, limits, reader.seed.unwrap_or(source.settings.seed));
        }
        reader
    }

    fn with_seed(source: &'s Source, limits: Limits, seed: u32) -> Reader<'s> {
        let checks = Checks::new(source.settings.all_files);
        let main = (!source.files.is_empty()).then_some(Frame::File { file: 0, offset: 0, again: false, checks });
        Reader {
            source,
            frames: main.into_iter().collect(),
            definitions: BTreeMap::new(),
            expansions: Expansions::default(),
            partial: false,
            needs: BTreeSet::new(),
            seed: None,
            random: Random::new(seed),
            checks,
            known: vec![false; source.files.len()],
            limits,
            lines: 0,
            bytes: 0,
            left_out: 0,
            said: BTreeSet::new(),
            misses: 0,
            blocks: Default::default(),
        }
    }

    /// The section that begins on the next line, and its file, if it is a plain one: then it is behind us, and no line
    /// of it has anything to say here.
    pub(super) fn plain(&mut self) -> Option<(usize, Plain)> {
        let Some(Frame::File { file, offset, again: false, .. }) = self.frames.last_mut() else { return None };
        if self.blocks.0 != *file {
            self.blocks = (*file, plain::Blocks::default());
        }
        let section = plain::section(self.source.text(*file), *offset, &mut self.blocks.1)?;
        *offset = section.next;
        Some((*file, section))
    }

    /// The next line.
    pub(super) fn next(&mut self, out: &mut Vec<Diagnostic>) -> Option<Line<'s>> {
        loop {
            let text = self.raw(out)?;
            if let Some(text) = text
                && let Some(line) = self.line(text, out)
            {
                self.watch(&line, out);
                return Some(line);
            }
        }
    }

    /// The next line as it is written. The inner `None`: this was none. The outer one: there are no more.
    fn raw(&mut self, out: &mut Vec<Diagnostic>) -> Option<Option<Text<'s>>> {
        let source = self.source;
        let (text, place) = match self.frames.last_mut()? {
            Frame::Files { files, next, place, checks } => {
                let (file, place, checks) = (files.get(*next).copied(), *place, *checks);
                *next += 1;
                self.checks = checks;
                match file {
                    Some(file) => self.open(file, place, out),
                    None => drop(self.frames.pop()),
                }
                return Some(None);
            }
            Frame::File { file, offset, again, checks } => {
                let (file, start, again) = (*file, *offset, *again);
                let text = source.text(file);
                if start >= text.len() {
                    self.checks = *checks;
                    self.frames.pop();
                    return Some(None);
                }
                let end = text[start..].find('\n').map_or(text.len(), |at| start + at + 1);
                *offset = end;
                let line = self.physical(file, start, &text[start..end], out);
                // A definition of several lines has been taken up whole.
                let end = if let Some(Frame::File { offset, .. }) = self.frames.last() { *offset } else { end };
                let lines = text.as_bytes()[start..end].iter().filter(|byte| **byte == b'\n').count().max(1);
                if again && !self.spend(lines, end - start, Span::new(file, start, start), out) {
                    return Some(None);
                }
                return Some(line);
            }
            Frame::Lines { definition, next, via, place } => match definition.lines.get(*next) {
                Some(line) => {
                    *next += 1;
                    (line.through(*via), *place)
                }
                None => {
                    self.frames.pop();
                    return Some(None);
                }
            },
            Frame::Repeat { turns, next, number, text } => {
                let (turns, turn, number, mut text) = (Arc::clone(turns), *next, *number, text.clone());
                *next += 1;
                if turn >= turns.count() {
                    self.frames.pop();
                    return Some(None);
                }
                text.via = self.expansions.turn(text.via, number, turn);
                for (name, value) in turns.names.iter().zip(turns.values(turn)) {
                    let lines = vec![Text::owned(value, turns.place)];
                    let definition =
                        Definition { name: Arc::clone(name), lines, several: false, place: turns.place, number: None };
                    self.definitions.insert(Arc::clone(name), Arc::new(definition));
                }
                (text, turns.place)
            }
            Frame::Rest(text) => {
                let text = text.clone();
                self.frames.pop();
                return Some(Some(text));
            }
        };
        if !self.spend(1, text.len(), place, out) {
            return Some(None);
        }
        Some(Some(text))
    }

    /// The file that is being read.
    fn file(&self) -> usize {
        let file = |frame: &Frame<'_>| if let Frame::File { file, .. } = frame { Some(*file) } else { None };
        self.frames.iter().rev().find_map(file).unwrap_or(0)
    }

    /// Begins with a file of an `include` at `place`.
    fn open(&mut self, file: usize, place: Span, out: &mut Vec<Diagnostic>) {
        let is_open = |frame: &Frame<'_>| matches!(frame, Frame::File { file: open, .. } if *open == file);
        let depth = self.frames.iter().filter(|frame| matches!(frame, Frame::File { .. })).count();
        let name = self.source.files.get(file).map_or("", |file| file.name.as_str());
        let problem = if self.frames.iter().any(is_open) {
            Some(("include-loop", format!("`{name}` includes itself"), "this never ends".to_owned()))
        } else if depth >= MAX_FILES || self.frames.len() >= MAX_FRAMES {
            let label = format!("more than {MAX_FILES} files deep");
            Some(("include-loop", "files include each other too deeply".to_owned(), label))
        } else {
            None
        };
        if let Some((code, message, label)) = problem {
            self.partial = true;
            let d = Diagnostic::error(code, place, message).label(label);
            self.report(d.note("the file is not read again, and the configuration is refused"), out);
            return;
        }
        let again = self.known.get_mut(file).is_some_and(|known| core::mem::replace(known, true)) || file == 0;
        self.frames.push(Frame::File { file, offset: 0, again, checks: self.checks });
    }

    /// What a line comes to, once everything that is not of the language proper is carried out.
    fn line(&mut self, mut text: Text<'s>, out: &mut Vec<Diagnostic>) -> Option<Line<'s>> {
        let mut unresolved = text.torn;
        for _ in 0..MAX_TURNS {
            match text.as_str().as_bytes().first()? {
                b'@' => match self.conditions(&text)? {
                    (true, rest) => {
                        text = rest;
                        continue;
                    }
                    (false, _) => return None,
                },
                b'$' if is_definition(text.as_str()) => {
                    self.define(vec![text], false, out);
                    return None;
                }
                b'~' if repeat::word(text.as_str()).is_some() => {
                    self.repeat(&text, out);
                    return None;
                }
                _ => {}
            }
            let is_include = include::recognise(text.as_str()).is_some();
            // Values may hold an `include`, an `@id` or a `~SEQ`, and these concern the whole line.
            let whole = is_include || text.as_str().starts_with('$');
            if !whole && let Some(at) = fresh_start(text.as_str()) {
                let rest = text.part(at, text.len());
                text = text.part(0, at);
                if !self.push(Frame::Rest(rest), text.first(), out) {
                    return None;
                }
            }
            if text.as_str().contains('$') {
                let result = self.substitute(&mut text, out);
                // What is left out is not missing.
                self.partial |= result.unresolved;
                unresolved |= result.unresolved;
                self.left_out += usize::from(result.unresolved);
                if self.left_out > MAX_LEFT_OUT {
                    self.stop(format!("more than {MAX_LEFT_OUT} lines have been left out by now"), text.first(), out);
                    return None;
                }
                text = text.part(0, text.len());
                if let Some((definition, used)) = result.lines {
                    let around = text.via;
                    let first = result.joined.then_some(Line { text, unresolved });
                    return self.expand(&definition, used, around, first, out);
                }
                if result.changed && !unresolved && !is_include && is_directive(text.as_str()) {
                    continue;
                }
            }
            if is_include {
                if unresolved {
                    self.partial = true;
                } else {
                    self.include(&text, out);
                }
                return None;
            }
            return (text.len() > 0).then_some(Line { text, unresolved });
        }
        let span = text.span(0, text.len());
        self.report(
            Diagnostic::error("expansion-too-large", span, "this expands to too much")
                .label(format!("more than {MAX_TURNS} conditions and definitions in each other")),
            out,
        );
        None
    }

    /// The lines of `definition` in the place of its name. `first`: what stands before the name, with its first line.
    fn expand(
        &mut self,
        definition: &Arc<Definition<'s>>,
        used: Span,
        around: Via,
        first: Option<Line<'s>>,
        out: &mut Vec<Diagnostic>,
    ) -> Option<Line<'s>> {
        let same = |frame: &Frame<'_>| matches!(frame, Frame::Lines { definition: other, .. } if other.name == definition.name);
        if self.frames.iter().any(same) {
            self.partial = true;
            self.report(definition.recursive(used), out);
            return None;
        }
        let via = self.expansions.lines(around, definition.number.unwrap_or(0), used);
        let next = usize::from(first.is_some());
        let frame = Frame::Lines { definition: Arc::clone(definition), next, via, place: used };
        if self.push(frame, used, out) { first } else { None }
    }

    fn push(&mut self, frame: Frame<'s>, place: Span, out: &mut Vec<Diagnostic>) -> bool {
        if self.frames.len() < MAX_FRAMES {
            self.frames.push(frame);
            return true;
        }
        self.partial = true;
        self.report(
            Diagnostic::error("expansion-too-large", place, "this expands to too much")
                .label(format!("more than {MAX_FRAMES} definitions and repetitions in each other")),
            out,
        );
        false
    }

    /// The ids that a line begins with: whether they are this machine's, and what is behind them.
    fn conditions(&self, text: &Text<'s>) -> Option<(bool, Text<'s>)> {
        let line = text.as_str();
        let (mut at, mut holds) = (0, true);
        while line[at..].starts_with('@') {
            let rest = &line[at + 1..];
            let (not, rest) = rest.strip_prefix('^').map_or((false, rest), |rest| (true, rest));
            let id = rest.split([' ', '\t']).next().unwrap_or_default();
            holds &= (id == self.source.settings.id) != not;
            let behind = rest[id.len()..].trim_start_matches([' ', '\t']);
            at = line.len() - behind.len();
        }
        (at < line.len()).then(|| (holds, text.part(at, line.len())))
    }

    /// Carries out a `~SEQ` or `~LST`.
    fn repeat(&mut self, text: &Text<'s>, out: &mut Vec<Diagnostic>) {
        let Some(word) = repeat::word(text.as_str()) else { return };
        let read = repeat::parentheses(text, word).and_then(|(from, to)| {
            let mut inside = text.part(from, to);
            let head = if word == "~LST" {
                repeat::list(&inside)?
            } else {
                if inside.as_str().contains('$') && self.substitute(&mut inside, out).unresolved {
                    return Ok(None);
                }
                repeat::sequence(&inside, text.as_str().starts_with("~SEQx"))?
            };
            Ok(Some((head, to)))
        });
        match read {
            Ok(Some((head, close))) => {
                let place = text.span(0, close + 1);
                let names = head.names.iter().map(|name| Arc::from(name.as_str())).collect();
                let turns = Arc::new(Turns { place, names, values: head.values });
                let number = self.expansions.repeated(Arc::clone(&turns));
                let text = text.part(close + 1, text.len());
                if text.len() == 0 {
                    let d = Diagnostic::error("bad-repeat", place, format!("`{word}` has nothing to repeat"))
                        .label("expected the line to repeat after this");
                    self.report(d, out);
                    return;
                }
                self.push(Frame::Repeat { turns, next: 0, number, text }, place, out);
            }
            Ok(None) => self.partial = true,
            Err(diagnostic) => {
                self.partial = true;
                self.report(*diagnostic, out);
            }
        }
    }

    /// Carries out an `include`.
    fn include(&mut self, text: &Text<'s>, out: &mut Vec<Diagnostic>) {
        let Some(include) = include::recognise(text.as_str()) else { return };
        let mut found = Vec::new();
        let outcome = include.find(text, self.source, self.file(), self.checks, &mut found);
        for diagnostic in found {
            self.report(diagnostic, out);
        }
        let place = text.span(include.at, text.len());
        self.partial |= outcome.partial;
        if outcome.names.0 > 1 && !self.spend(outcome.names.0, outcome.names.1, place, out) {
            return;
        }
        self.needs.extend(outcome.open);
        if !outcome.files.is_empty() {
            let frame = Frame::Files { files: outcome.files, next: 0, place, checks: self.checks };
            self.push(frame, place, out);
        }
    }
}

/// Whether a line is about the text rather than of it.
fn is_directive(line: &str) -> bool {
    line.starts_with('@') || is_definition(line) || repeat::word(line).is_some() || include::recognise(line).is_some()
}

/// Where a line begins anew: behind a brace, where something stands that only counts at the start of a line.
fn fresh_start(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let (mut at, mut quoted) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => quoted = !quoted,
            b'$' if !quoted && bytes.get(at + 1) == Some(&b'{') => {
                at = line[at..].find('}').map_or(bytes.len(), |close| at + close);
            }
            b'{' | b'}' if !quoted => {
                let rest = line[at + 1..].trim_start_matches([' ', '\t']);
                if rest.starts_with(['@', '~', '$']) || include::recognise(rest).is_some() {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}
