//! `unicast_peer`: an address on each line, and words about it. And what other lines with words have in common.

use super::ip::address;
use super::values::{expected, integer};
use super::{Context, Given, instance, unknown};
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::{self, Keyword, PEER, Path, Standing, TRACK};
use crate::config::lexer::{Phrase, Word};
use crate::config::model::UnicastPeer;
use core::fmt::Display;
use core::net::IpAddr;

/// Reads a line of `unicast_peer`. The second value: whether a TTL was written.
pub(super) fn peer(cx: &mut Context<'_, '_>, line: &Phrase) -> Option<(Given<UnicastPeer>, bool)> {
    let mut words = line.words.iter();
    let ip = address(cx, words.next()?)?;
    let mut peer = UnicastPeer { ip, min_ttl: 0, max_ttl: 255 };
    let mut written = false;
    while let Some(word) = words.next() {
        let name = option(cx, PEER, word)?.name;
        let value = argument(cx, word, words.next())?;
        let ttl = instance::small(integer(cx, name, value, 0, 255)?);
        written = true;
        if name == "min_ttl" {
            peer.min_ttl = ttl;
        } else {
            peer.max_ttl = ttl;
        }
    }
    if peer.min_ttl > peer.max_ttl {
        cx.report(
            Diagnostic::error("bad-value", line.span, "the smallest TTL is above the greatest")
                .label("no advert can be accepted from this peer"),
        );
        return None;
    }
    Some((Given { value: peer, span: line.span }, written))
}

/// Looks up a word after the first one of a line of `block`. `None`: it says nothing there, and has been reported.
pub(super) fn option(cx: &mut Context<'_, '_>, block: Path, word: &Word) -> Option<&'static Keyword> {
    option_in(cx, block, block.rsplit('/').next().unwrap_or_default(), word)
}

/// The same for a list named `what` whose lines have the words of `block`.
pub(super) fn option_in(cx: &mut Context<'_, '_>, block: Path, what: &str, word: &Word) -> Option<&'static Keyword> {
    match keywords::find(block, &word.text) {
        Some(keyword) => {
            cx.standing(keyword, word.span);
            Some(keyword)
        }
        None => {
            let mut diagnostic =
                Diagnostic::error("unknown-word", word.span, format!("`{}` says nothing in `{what}`", word.text));
            diagnostic = if word.text.parse::<IpAddr>().is_ok() || word.text.contains('/') {
                diagnostic.label("one entry a line is expected")
            } else {
                let known: Vec<String> = keywords::of(block)
                    .filter(|k| k.standing == Standing::Implemented)
                    .map(|k| format!("`{}`", k.name))
                    .collect();
                diagnostic.label(format!("expected one of {}", known.join(", ")))
            };
            if let Some(meant) = unknown::nearest(keywords::of(block), &word.text) {
                diagnostic = diagnostic.help(format!("did you mean `{}`?", meant.name));
            }
            cx.report(diagnostic);
            None
        }
    }
}

/// The word after an option of `unicast_peer` or `track_interface`.
pub(super) fn argument<'a>(cx: &mut Context<'_, '_>, option: &Word, next: Option<&'a Word>) -> Option<&'a Word> {
    next.or_else(|| {
        let keyword = [PEER, TRACK].into_iter().find_map(|block| keywords::find(block, &option.text));
        after(cx, option, None, keyword.map_or_else(|| "a word".to_owned(), |k| expected(k.arg)))
    })
}

/// The word after one that needs another. `None`: it is missing, and that has been reported.
pub(super) fn after<'a>(
    cx: &mut Context<'_, '_>,
    word: &Word,
    next: Option<&'a Word>,
    expected: impl Display,
) -> Option<&'a Word> {
    if next.is_none() {
        cx.report(
            Diagnostic::error("missing-argument", word.span, format!("something is missing after `{}`", word.text))
                .label(format!("expected {expected}")),
        );
    }
    next
}
