//! `track_script`, `track_file`, `track_process` and `track_bfd`: what is tracked, and by what weight.

use super::{MOST, weight};
use crate::config::build::{Context, Given, address, unknown};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::TRACK;
use crate::config::lexer::{Phrase, Word};
use crate::config::model::{BfdConfig, FileConfig, ProcessConfig, ScriptConfig, Track, Tracking, Weight};
use crate::net::Name;
use std::collections::{BTreeMap, BTreeSet};

/// A kind of object that can be tracked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config::build) enum Kind {
    Script,
    File,
    Process,
    Bfd,
}

impl Kind {
    /// All of them.
    pub(in crate::config::build) const ALL: [Kind; 4] = [Kind::Script, Kind::File, Kind::Process, Kind::Bfd];

    /// By the keyword whose block lists objects of the kind.
    pub(in crate::config::build) fn listed_by(keyword: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.list() == keyword)
    }

    /// That keyword.
    fn list(self) -> &'static str {
        match self {
            Kind::Script => "track_script",
            Kind::File => "track_file",
            Kind::Process => "track_process",
            Kind::Bfd => "track_bfd",
        }
    }

    /// The greatest weight.
    pub(in crate::config::build) fn most_weight(self) -> i16 {
        match self {
            Kind::Script | Kind::Bfd => MOST,
            Kind::File | Kind::Process => MOST + 1,
        }
    }

    /// The keyword that defines one.
    pub(in crate::config::build) fn keyword(self) -> &'static str {
        match self {
            Kind::Script => "vrrp_script",
            Kind::File => "track_file",
            Kind::Process => "vrrp_track_process",
            Kind::Bfd => "bfd_instance",
        }
    }
}

/// What can be tracked, and what it means by default.
#[derive(Default)]
pub(in crate::config::build) struct Trackables {
    weights: BTreeMap<(Kind, Name), Weight>,
    /// Names that were declared, rightly or not.
    declared: BTreeMap<(Kind, Name), Span>,
    /// BFD sessions that only checkers are told of.
    foreign: BTreeSet<Name>,
    used: BTreeSet<(Kind, Name)>,
}

impl Trackables {
    /// Takes note of what was declared, also of what could not be read.
    pub(in crate::config::build) fn declare(&mut self, kind: Kind, names: impl Iterator<Item = (Name, Span)>) {
        for (name, span) in names {
            self.declared.entry((kind, name)).or_insert(span);
        }
    }

    /// Takes note of what there is.
    pub(in crate::config::build) fn add(
        &mut self,
        scripts: &[ScriptConfig],
        files: &[FileConfig],
        processes: &[ProcessConfig],
        bfd: &[BfdConfig],
    ) {
        self.weights.extend(scripts.iter().map(|c| ((Kind::Script, c.name.clone()), c.weight)));
        self.weights.extend(files.iter().map(|c| ((Kind::File, c.name.clone()), c.weight)));
        self.weights.extend(processes.iter().map(|c| ((Kind::Process, c.name.clone()), c.weight)));
        self.weights.extend(bfd.iter().map(|c| ((Kind::Bfd, c.name.clone()), c.weight)));
        self.foreign.extend(bfd.iter().filter(|c| c.checker && !c.vrrp).map(|c| c.name.clone()));
    }

    /// Warns of scripts that nobody tracks: the C version does not run them.
    pub(in crate::config::build) fn unused(&self, cx: &mut Context<'_, '_>) {
        if cx.partial {
            return;
        }
        for ((kind, name), span) in &self.declared {
            let key = (*kind, name.clone());
            if *kind == Kind::Script && self.weights.contains_key(&key) && !self.used.contains(&key) {
                cx.report(
                    Diagnostic::warning("unused", *span, format!("nobody tracks the script `{name}`"))
                        .label("it is not run")
                        .help("name it in `track_script` of an instance or a group"),
                );
            }
        }
    }
}

/// What is tracked, and the words that say so.
#[derive(Default)]
pub(in crate::config::build) struct Lists {
    pub(in crate::config::build) scripts: Vec<Given<Track>>,
    pub(in crate::config::build) files: Vec<Given<Track>>,
    pub(in crate::config::build) processes: Vec<Given<Track>>,
    pub(in crate::config::build) bfd: Vec<Given<Track>>,
    /// What a block after this one cannot add.
    known: BTreeSet<(Kind, Name)>,
}

impl Lists {
    /// Whether there is nothing in them.
    pub(in crate::config::build) fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// Adds the entries of a block.
    pub(in crate::config::build) fn read(
        &mut self,
        cx: &mut Context<'_, '_>,
        trackables: &mut Trackables,
        kind: Kind,
        lines: &[&Phrase],
    ) {
        let Lists { scripts, files, processes, bfd, known } = self;
        let list = match kind {
            Kind::Script => scripts,
            Kind::File => files,
            Kind::Process => processes,
            Kind::Bfd => bfd,
        };
        for line in lines {
            let Some(track) = entry(cx, trackables, kind, line) else { continue };
            if known.insert((kind, track.name.clone())) {
                list.push(Given { value: track, span: line.span });
            } else {
                cx.report(
                    Diagnostic::warning("repeated", line.span, format!("`{}` is tracked already", track.name))
                        .label("left out"),
                );
            }
        }
    }

    /// All of them.
    pub(in crate::config::build) fn all_mut(&mut self) -> [&mut Vec<Given<Track>>; 4] {
        let Lists { scripts, files, processes, bfd, .. } = self;
        [scripts, files, processes, bfd]
    }

    /// All of them.
    pub(in crate::config::build) fn all(&self) -> impl Iterator<Item = &Given<Track>> {
        [&self.scripts, &self.files, &self.processes, &self.bfd].into_iter().flatten()
    }

    /// Without the places.
    pub(in crate::config::build) fn finish(self) -> Tracking {
        let plain = |list: Vec<Given<Track>>| list.into_iter().map(|given| given.value).collect();
        Tracking {
            scripts: plain(self.scripts),
            files: plain(self.files),
            processes: plain(self.processes),
            bfd: plain(self.bfd),
        }
    }
}

fn entry(cx: &mut Context<'_, '_>, trackables: &mut Trackables, kind: Kind, line: &Phrase) -> Option<Track> {
    let mut words = line.words.iter();
    let first = words.next()?;
    let name = Name::from(first.text.as_str());
    let key = (kind, name);
    let mut out = trackables.weights.get(&key).copied();
    // Whatever is wrong with the words after it.
    trackables.used.insert(key.clone());
    if out.is_none() && !trackables.declared.contains_key(&key) {
        undefined(cx, trackables, kind, first);
    }
    if kind == Kind::Bfd && trackables.foreign.contains(&key.1) {
        cx.report(
            Diagnostic::error(
                "unknown-object",
                first.span,
                format!("the session `{}` is for checkers only", first.text),
            )
            .label("instances are not told of it")
            .help("write `vrrp` in its block, too, or neither `vrrp` nor `checker`"),
        );
        out = None;
    }
    let mut own: Option<Weight> = None;
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "weight" => {
                let number = address::argument(cx, word, words.next())?;
                let value = weight(cx, number, kind.most_weight())?;
                let reverse = out.is_some_and(|weight| weight.reverse);
                own = Some(Weight { value, reverse });
            }
            "reverse" | "noreverse" if own.is_some() => {
                own = own.map(|weight| Weight { reverse: word.text == "reverse", ..weight });
            }
            "reverse" | "noreverse" => {
                cx.report(
                    Diagnostic::error("missing-keyword", word.span, format!("`{}` without a weight", word.text))
                        .label(format!("expected `weight WEIGHT {}`", word.text)),
                );
                return None;
            }
            _ => {
                address::option_in(cx, TRACK, kind.list(), word)?;
            }
        }
    }
    let weight = out.map(|default| own.unwrap_or(default))?;
    Some(Track { name: key.1, weight })
}

fn undefined(cx: &mut Context<'_, '_>, trackables: &Trackables, kind: Kind, word: &Word) {
    if cx.partial {
        return;
    }
    let mut diagnostic =
        Diagnostic::error("unknown-object", word.span, format!("there is no {} `{}`", kind.keyword(), word.text))
            .label("not defined anywhere");
    let names = trackables.declared.keys().filter(|(k, _)| *k == kind).map(|(_, name)| name);
    if let Some(name) = unknown::nearest_name(names, &word.text) {
        diagnostic = diagnostic.help(format!("did you mean `{name}`?"));
    }
    cx.report(diagnostic);
}
