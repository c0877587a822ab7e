//! `track_interface`: an interface on each line, perhaps with a weight.

use super::values::{integer, interface};
use super::{Context, Given, address};
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::TRACK;
use crate::config::lexer::Phrase;
use crate::config::model::TrackInterface;
use std::collections::BTreeSet;

/// Adds the entries of a block to `out`.
pub(super) fn read(cx: &mut Context<'_, '_>, lines: &[&Phrase], out: &mut Vec<Given<TrackInterface>>) {
    let mut known: BTreeSet<String> = out.iter().map(|t| t.value.name.clone()).collect();
    for line in lines {
        let Some(entry) = entry(cx, line) else { continue };
        if known.insert(entry.name.clone()) {
            out.push(Given { value: entry, span: line.span });
        } else {
            cx.report(
                Diagnostic::warning("repeated", line.span, format!("`{}` is tracked already", entry.name))
                    .label("left out"),
            );
        }
    }
}

fn entry(cx: &mut Context<'_, '_>, line: &Phrase) -> Option<TrackInterface> {
    let mut words = line.words.iter();
    let name = interface(cx, words.next()?, "an interface's name")?.text.clone();
    let mut entry = TrackInterface { name, weight: 0, reverse: false };
    while let Some(word) = words.next() {
        match address::option(cx, TRACK, word)?.name {
            "weight" => {
                let value = address::argument(cx, word, words.next())?;
                let weight = integer(cx, "weight", value, -254, 254)?;
                if weight.abs() == 254 {
                    cx.report(
                        Diagnostic::warning("clamped", value.span, format!("a weight cannot be {weight}"))
                            .label(format!("read as {}", weight.clamp(-253, 253))),
                    );
                }
                entry.weight = i16::try_from(weight.clamp(-253, 253)).unwrap_or(0);
            }
            _ => entry.reverse = true,
        }
    }
    Some(entry)
}
