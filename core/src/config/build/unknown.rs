//! Words that are no keyword where they stand.

use super::Context;
use crate::config::ast::Statement;
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::{self, Keyword, Path, Standing};
use crate::config::lexer::Word;
use crate::net::Name;

/// Nobody reads more of them, and each is a search through the whole table. Blocks do not count: whether one is lost is no matter of taste.
const MAX_SUGGESTIONS: usize = 40;

/// Reports `word`, and what was perhaps meant. What was, where a block that would do something is lost with it.
pub(super) fn keyword(
    cx: &mut Context<'_, '_>,
    block: Path,
    statement: &Statement,
    word: &Word,
) -> Option<&'static Keyword> {
    let name: String = word.text.chars().take(60).collect();
    if cx.partial && !keywords::blocks_of(&word.text).is_empty() {
        // What it should stand in was perhaps on a line that is left out.
        return None;
    }
    let meant = suggestion(cx, block, &word.text, statement.block.is_some());
    let lost = statement.block.as_ref().and_then(|_| lost(&word.text, meant));
    let message = format!("`{name}` is no keyword {}", place(block));
    let mut diagnostic = match (lost, &statement.block) {
        // Without the block nothing is as it was meant.
        (Some(_), _) => Diagnostic::error("unknown-keyword", word.span, message).label("the whole block would be lost"),
        (None, Some(_)) => {
            Diagnostic::warning("unknown-keyword", word.span, message).label("the whole block is skipped")
        }
        (None, None) => Diagnostic::warning("unknown-keyword", word.span, message).label("the line is skipped"),
    };
    if lost.is_some_and(is_check) {
        diagnostic = diagnostic.note("the real server would never be checked, and stay in the pool");
    }
    match (keywords::blocks_of(&word.text), meant) {
        ([], _) if let Some((known, value)) = glued(block, &word.text) => {
            diagnostic =
                diagnostic.help(format!("write `{known} {value}`: a blank stands between a keyword and its value"));
        }
        ([], Some(meant)) => {
            diagnostic = diagnostic.help(format!("did you mean `{}`{}?", meant.name, belongs(block, meant)));
        }
        ([], None) if ["//", "/*", "*", ";", "--"].iter().any(|sign| word.text.starts_with(sign)) => {
            diagnostic = diagnostic.help("comments begin with `#` or `!`, and end with the line");
        }
        ([], None) => {}
        (blocks, meant) => {
            if let Some(meant) = meant.filter(|meant| meant.block == block) {
                diagnostic = diagnostic.help(format!("did you mean `{}`?", meant.name));
            }
            // Where it stands is perhaps deeper than it should be.
            let above = |outer: &&Path| {
                !outer.is_empty() && block.strip_prefix(**outer).is_some_and(|rest| rest.starts_with('/'))
            };
            let blocks = match blocks.iter().filter(above).max_by_key(|outer| outer.len()) {
                Some(nearest) => core::slice::from_ref(nearest),
                None => blocks,
            };
            diagnostic = diagnostic.note(format!("`{name}` belongs {}", list(blocks)));
        }
    }
    cx.report(diagnostic);
    lost
}

/// A keyword and its value with a sign between them, as in other languages.
fn glued(block: Path, word: &str) -> Option<(&'static str, &str)> {
    let (name, value) = word.split_once(['=', ':'])?;
    (!value.is_empty()).then_some((keywords::find(block, name)?.name, value))
}

/// The keyword whose block is lost with `word`, if something would have come of it.
fn lost(word: &str, meant: Option<&'static Keyword>) -> Option<&'static Keyword> {
    let elsewhere = keywords::blocks_of(word).iter().filter_map(|block| keywords::find(block, word));
    let would = |k: &&Keyword| k.arg.has_block() && k.standing == Standing::Implemented;
    elsewhere.chain(meant).find(|k| would(k) && !keywords::is_inside_not_yet(k.block))
}

fn is_check(keyword: &Keyword) -> bool {
    keyword.block == keywords::REAL_SERVER && keyword.arg.has_block()
}

fn place(block: Path) -> String {
    if block.is_empty() { "outside every block".to_owned() } else { format!("in `{block}`") }
}

fn belongs(block: Path, keyword: &Keyword) -> String {
    if keyword.block == block { String::new() } else { format!(", which belongs {}", list(&[keyword.block])) }
}

fn list(blocks: &[Path]) -> String {
    let mut out = blocks.iter().take(3).map(|block| place(block)).collect::<Vec<_>>().join(", ");
    if blocks.len() > 3 {
        out.push_str(" and other blocks");
    }
    out
}

/// The keyword that is most like `word`: one of this block, or else of another. `always`: however many words were looked up before.
fn suggestion(cx: &mut Context<'_, '_>, block: Path, word: &str, always: bool) -> Option<&'static Keyword> {
    let key = (block, word.to_owned());
    if let Some(known) = cx.suggestions.get(&key) {
        return *known;
    }
    if word.len() > MAX_WORD || (!always && cx.suggestions.len() >= MAX_SUGGESTIONS) {
        return None;
    }
    let found = nearest(keywords::of(block), word).or_else(|| nearest(keywords::distinct(), word));
    cx.suggestions.insert(key, found);
    found
}

/// The nearest of `candidates`, when it is near enough to be meant.
pub(super) fn nearest(candidates: impl Iterator<Item = &'static Keyword>, word: &str) -> Option<&'static Keyword> {
    let limit = (word.len() / 3).max(1);
    let begins = |a: &str, b: &str| a.len() > 2 && b.starts_with(a);
    candidates
        .filter(|k| k.name.len().abs_diff(word.len()) <= limit + 1)
        .map(|k| (distance(k.name, word), k))
        .filter(|(d, k)| (*d <= limit && *d < k.name.len()) || begins(k.name, word))
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// The nearest of `names`, when it is near enough to be meant. Only a few are looked at: this is for people, and a list
/// of wrong names must not cost the square of its length.
pub(super) fn nearest_name<'n>(names: impl Iterator<Item = &'n Name>, word: &str) -> Option<&'n Name> {
    let limit = (word.chars().count() / 3).max(1);
    let near = names.take(200).map(|name| (distance(name, word), name)).min_by_key(|(d, _)| *d);
    near.filter(|(d, name)| *d <= limit && *d < name.len()).map(|(_, name)| name)
}

/// The longest words that are compared, in bytes.
const MAX_WORD: usize = 64;

/// How many insertions, deletions, replacements and swaps of neighbouring bytes lie between two words (optimal string
/// alignment). Capitals count as small letters. Long words are far from everything.
pub(in crate::config) fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().max(b.len()) > MAX_WORD {
        return usize::MAX;
    }
    let same = |i: usize, j: usize| a[i].eq_ignore_ascii_case(&b[j]);
    let mut before = [0; MAX_WORD + 1];
    let mut last = [0; MAX_WORD + 1];
    (0..=b.len()).for_each(|j| last[j] = j);
    for i in 1..=a.len() {
        let mut row = [i; MAX_WORD + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(!same(i - 1, j - 1));
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1) {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = last;
        last = row;
    }
    last[b.len()]
}

/// Words at the end of an entry that nobody reads.
pub(super) fn trailing(cx: &mut Context<'_, '_>, what: &str, words: Option<&[Word]>) {
    if let Some([first, rest @ ..]) = words {
        let span = rest.last().map_or(first.span, |last| first.span.to(last.span));
        cx.report(
            Diagnostic::warning("trailing-words", span, format!("an entry of `{what}` takes fewer words"))
                .label("not read; what is this for?"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("priority", "priority"), 0);
        assert_eq!(distance("prioritty", "priority"), 1);
        assert_eq!(distance("prioirty", "priority"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("ABC", "abc"), 0);
        assert_eq!(distance("a", &"b".repeat(65)), usize::MAX);
    }

    #[test]
    fn near_words_are_found() {
        let find = |word| nearest(keywords::of(keywords::INSTANCE), word).map(|k| k.name);
        assert_eq!(find("prioritty"), Some("priority"));
        assert_eq!(find("PRIORITY"), Some("priority"));
        assert_eq!(find("virtual_ipadress"), Some("virtual_ipaddress"));
        assert_eq!(find("frobnicate"), None);
    }
}
