//! What can be tracked, and who tracks it.

pub(super) mod file;
pub(super) mod list;
pub(super) mod process;
pub(super) mod script;

use super::setting::{Said, Setting};
use super::values::{Value, integer, interface};
use super::{Context, Given, Item, Names, Section, Seen, address, is_first};
use crate::config::ast::Block;
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::{Keyword, TRACK};
use crate::config::lexer::{Phrase, Word};
use crate::config::model::{TrackInterface, Weight};
use crate::net::Name;
use list::Kind;
use std::collections::BTreeSet;

/// Reads blocks with names of their own kind.
fn declared<T>(
    cx: &mut Context<'_, '_>,
    sections: &[Section<'_>],
    kind: &str,
    mut read: impl FnMut(&mut Context<'_, '_>, &Given<Name>, &Block) -> Option<T>,
) -> Vec<T> {
    let mut names = Names::new();
    let mut out = Vec::with_capacity(sections.len());
    for section in sections {
        let Some((name, block)) = section.named() else { continue };
        if is_first(cx, &mut names, kind, &name) {
            out.extend(read(cx, &name, block));
        }
    }
    out
}

/// Complains of a keyword without which an object is nothing. `None`: it was not written.
fn require(cx: &mut Context<'_, '_>, name: &Given<Name>, seen: &Seen<'_>, keyword: &str, help: &str) -> Option<()> {
    if seen.contains_key(keyword) {
        return Some(());
    }
    if !cx.partial {
        cx.report(
            Diagnostic::error("missing-keyword", name.span, format!("`{}` has no `{keyword}`", name.value))
                .label(format!("`{keyword}` is missing"))
                .help(help),
        );
    }
    None
}

/// What is tracked by `track_interface`, in as many blocks as there are.
#[derive(Default)]
pub(super) struct Interfaces {
    pub(super) list: Vec<Given<TrackInterface>>,
    known: BTreeSet<String>,
}

/// Adds the entries of a block of `track_interface` to `out`.
pub(super) fn read(cx: &mut Context<'_, '_>, lines: &[&Phrase], out: &mut Interfaces) {
    for line in lines {
        let Some(entry) = entry(cx, line) else { continue };
        if out.known.insert(entry.name.clone()) {
            out.list.push(Given { value: entry, span: line.span });
        } else {
            cx.report(
                Diagnostic::warning("repeated", line.span, format!("`{}` is tracked already", entry.name))
                    .label("left out"),
            );
        }
    }
}

impl Setting for Weight {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        let Value::Words([number, rest @ ..]) = item.value else { return };
        let kind = Kind::ALL.into_iter().find(|kind| item.keyword.block.ends_with(kind.keyword()));
        let Some(value) = weight(cx, number, kind.map_or(MOST, Kind::most_weight)) else { return };
        *self = Weight { value, reverse: false };
        let Some(word) = rest.first() else { return };
        self.reverse = word.text == "reverse";
        if !self.reverse {
            cx.report(
                Diagnostic::error("unknown-word", word.span, format!("`{}` says nothing after a weight", word.text))
                    .label("expected `reverse`, or nothing"),
            );
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(format!("{}{}", self.value, if self.reverse { " reverse" } else { "" }))
    }
}

/// The greatest weight of most objects. The C version's documents once allowed one more, and still do for some.
const MOST: i16 = 253;

/// A weight, up to `most`.
fn weight(cx: &mut Context<'_, '_>, word: &Word, most: i16) -> Option<i16> {
    let weight = i16::try_from(integer(cx, "weight", word, -254, 254)?).ok()?;
    let clamped = weight.clamp(-most, most);
    if clamped != weight {
        cx.report(
            Diagnostic::warning("clamped", word.span, format!("a weight cannot be {weight}"))
                .label(format!("read as {clamped}")),
        );
    }
    Some(clamped)
}

fn entry(cx: &mut Context<'_, '_>, line: &Phrase) -> Option<TrackInterface> {
    let mut words = line.words.iter();
    let name = interface(cx, words.next()?, "an interface's name")?.text.to_string();
    let mut entry = TrackInterface { name, weight: 0, reverse: false };
    while let Some(word) = words.next() {
        match address::option(cx, TRACK, word)?.name {
            "weight" => {
                let value = address::argument(cx, word, words.next())?;
                entry.weight = weight(cx, value, MOST)?;
            }
            _ => entry.reverse = true,
        }
    }
    Some(entry)
}
