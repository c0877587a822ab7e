//! Through what words came to where they are read, for the diagnostics about them.

use crate::config::diagnostic::{Diagnostic, Severity, Span, Via};
use crate::config::secrets::Secrets;
use crate::config::source::Source;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// How many expansions around each other a diagnostic tells of.
const MAX_TOLD: usize = 5;

/// All expansions, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct Expansions {
    steps: Vec<Step>,
    definitions: Vec<Defined>,
    repeats: Vec<Arc<Turns>>,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    around: Via,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Words in the place of a `$NAME`: the number of the definition.
    Value(u32),
    /// Lines in the place of a `$NAME`, which stands there.
    Lines(u32, Span),
    /// A turn of a `~SEQ` or `~LST`.
    Turn(u32, u64),
}

#[derive(Clone, Debug)]
struct Defined {
    name: Arc<str>,
    place: Span,
}

/// What a `~SEQ` or `~LST` gives its variables.
#[derive(Debug)]
pub(super) struct Turns {
    /// From its `~` to its `)`.
    pub(super) place: Span,
    pub(super) names: Vec<Arc<str>>,
    pub(super) values: Values,
}

/// The values of all turns.
#[derive(Debug)]
pub(super) enum Values {
    /// So many numbers, from the first one in steps.
    Numbers { first: i64, step: i64, count: u64, hex: bool },
    /// A row for each turn, with a value for each name.
    Rows(Vec<Vec<String>>),
}

impl Turns {
    pub(super) fn count(&self) -> u64 {
        match &self.values {
            Values::Numbers { count, .. } => *count,
            Values::Rows(rows) => rows.len() as u64,
        }
    }

    /// The values of a turn, in the order of the names.
    pub(super) fn values(&self, turn: u64) -> Vec<String> {
        match &self.values {
            Values::Numbers { first, step, hex, .. } => {
                let value = i128::from(*first) + i128::from(*step) * i128::from(turn);
                vec![if *hex { format!("{value:x}") } else { value.to_string() }]
            }
            Values::Rows(rows) => {
                usize::try_from(turn).ok().and_then(|turn| rows.get(turn)).cloned().unwrap_or_default()
            }
        }
    }
}

/// Diagnostics about expansions: a mistake in a definition that is used a million times is said once.
#[derive(Debug, Default)]
pub(in crate::config) struct Repeats {
    /// By the words, how bad it is and what is wrong with them, without the values, which differ.
    first: BTreeMap<(&'static str, Severity, usize, usize, String), usize>,
}

impl Repeats {
    /// Adds a diagnostic to `list`, or counts it there.
    pub(in crate::config) fn add(&mut self, diagnostic: Diagnostic, list: &mut Vec<Diagnostic>) {
        let span = diagnostic.span;
        if span.via != Via::NONE {
            // One file that is not there is not the same as another.
            let what = if diagnostic.is_of_a_file() { &diagnostic.message } else { &diagnostic.label };
            match self.first.entry((diagnostic.code, diagnostic.severity, span.file(), span.start(), what.clone())) {
                Entry::Vacant(entry) => drop(entry.insert(list.len())),
                Entry::Occupied(entry) => {
                    if let Some(first) = list.get_mut(*entry.get()) {
                        first.again += 1 + diagnostic.again;
                    }
                    return;
                }
            }
        }
        list.push(diagnostic);
    }
}

impl Expansions {
    /// Notes a definition; what it is called here from now on.
    pub(super) fn defined(&mut self, name: Arc<str>, place: Span) -> u32 {
        self.definitions.push(Defined { name, place });
        number(self.definitions.len() - 1)
    }

    pub(super) fn repeated(&mut self, turns: Arc<Turns>) -> u32 {
        self.repeats.push(turns);
        number(self.repeats.len() - 1)
    }

    /// Words that a definition gives, on a line that came through `around`.
    pub(super) fn value(&mut self, around: Via, definition: u32) -> Via {
        self.step(around, Kind::Value(definition))
    }

    /// Lines that a definition gives where it is `used`.
    pub(super) fn lines(&mut self, around: Via, definition: u32, used: Span) -> Via {
        self.step(around, Kind::Lines(definition, used))
    }

    pub(super) fn turn(&mut self, around: Via, repeat: u32, turn: u64) -> Via {
        self.step(around, Kind::Turn(repeat, turn))
    }

    fn step(&mut self, around: Via, kind: Kind) -> Via {
        self.steps.push(Step { around, kind });
        Via(number(self.steps.len()))
    }

    /// Tells in words through what the places of `diagnostics` came. What is wrong in the same words in every expansion is said once.
    pub(in crate::config) fn tell(&self, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
        let mut repeats = Repeats::default();
        let mut kept: Vec<Diagnostic> = Vec::with_capacity(diagnostics.len());
        for diagnostic in diagnostics.drain(..) {
            repeats.add(diagnostic, &mut kept);
        }
        let mut lines = LineNumbers { source, starts: BTreeMap::new() };
        let any = !kept.is_empty() && !self.repeats.is_empty();
        let secrets = if any { Secrets::of(source) } else { Secrets::default() };
        for diagnostic in &mut kept {
            self.tell_one(&mut lines, &secrets, diagnostic);
            if diagnostic.again > 0 {
                let places = if diagnostic.again == 1 { "place" } else { "places" };
                let note = format!("the same happens in {} more {places} where this is expanded", diagnostic.again);
                diagnostic.notes.push(note);
            }
        }
        *diagnostics = kept;
    }

    fn tell_one(&self, lines: &mut LineNumbers<'_>, secrets: &Secrets<'_>, diagnostic: &mut Diagnostic) {
        for (span, label) in &mut diagnostic.also {
            if let Some(told) = self.nearest(span.via, secrets) {
                label.push_str(&told);
            }
        }
        let mut via = diagnostic.span.via;
        for _ in 0..MAX_TOLD {
            let Some(step) = self.get(via) else { break };
            via = step.around;
            let (place, label, note) = match step.kind {
                Kind::Value(definition) => {
                    let Some(defined) = self.definitions.get(definition as usize) else { break };
                    let note = format!("in expansion of `${}`, from {}", defined.name, lines.name(defined.place));
                    (defined.place, format!("`${}` is defined here", defined.name), note)
                }
                Kind::Lines(definition, used) => {
                    let Some(defined) = self.definitions.get(definition as usize) else { break };
                    let note = format!("in expansion of `${}`, used at {}", defined.name, lines.name(used));
                    (used, "expanded here".to_owned(), note)
                }
                Kind::Turn(repeat, turn) => {
                    let Some(turns) = self.repeats.get(repeat as usize) else { break };
                    let given = turn_in_words(turns, turn, secrets);
                    (turns.place, format!("with {given}"), format!("with {given}, from {}", lines.name(turns.place)))
                }
            };
            let new =
                diagnostic.also.iter().all(|(span, _)| (span.file(), span.start()) != (place.file(), place.start()));
            if new && (place.file(), place.start()) != (diagnostic.span.file(), diagnostic.span.start()) {
                diagnostic.also.push((place, label));
            }
            diagnostic.notes.push(note);
        }
    }

    /// The innermost turn or lines, for a label.
    fn nearest(&self, mut via: Via, secrets: &Secrets<'_>) -> Option<String> {
        let mut given = Vec::new();
        while let Some(step) = self.get(via) {
            if let Kind::Turn(repeat, turn) = step.kind
                && let Some(turns) = self.repeats.get(repeat as usize)
            {
                given.push(turn_in_words(turns, turn, secrets));
            }
            if given.len() >= MAX_TOLD {
                break;
            }
            via = step.around;
        }
        given.reverse();
        (!given.is_empty()).then(|| format!(" (with {})", given.join(", ")))
    }

    fn get(&self, via: Via) -> Option<Step> {
        (via.0 as usize).checked_sub(1).and_then(|at| self.steps.get(at)).copied()
    }
}

/// `IF = 0, NUM = 3`
fn turn_in_words(turns: &Turns, turn: u64, secrets: &Secrets<'_>) -> String {
    let values = turns.values(turn);
    let pairs = turns.names.iter().zip(&values);
    let shown = |name: &str, value| if secrets.has(name) { "(a secret)".to_owned() } else { quoted(value) };
    pairs.map(|(name, value)| format!("{name} = {}", shown(name, value))).collect::<Vec<_>>().join(", ")
}

fn quoted(value: &str) -> String {
    if value.is_empty() { "nothing".to_owned() } else { value.chars().take(40).collect() }
}

/// There are never so many that this matters: the preprocessor stops before.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Finds `FILE:LINE` without reading the file anew for each.
struct LineNumbers<'a> {
    source: &'a Source,
    starts: BTreeMap<usize, Vec<usize>>,
}

impl LineNumbers<'_> {
    fn name(&mut self, span: Span) -> String {
        let text = self.source.text(span.file());
        let starts = self
            .starts
            .entry(span.file())
            .or_insert_with(|| text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect());
        let line = starts.partition_point(|newline| *newline < span.start()) + 1;
        let name = self.source.files.get(span.file()).map_or("", |file| file.name.as_str());
        format!("{name}:{line}")
    }
}
